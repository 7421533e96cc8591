"""What an attacker can derive of hidden cells: linear programs over changes nobody would see."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import highspy
import numpy as np
from scipy.sparse import csc_array

from equity_pipeline.disclosure.linked import Floats
from equity_pipeline.disclosure.parts import Part
from equity_pipeline.disclosure.rules import Flags, Ints
from equity_pipeline.machine import processors

WHOLE_WITHIN = 1e-6  # a number of persons, as far as a solver tells it apart
PIVOTS_AT_MOST = 50_000  # the same on a slow machine and a fast one


class OutOfTimeError(Exception):
    """The solver was not done when its time was over."""


class Solver:
    """Changes that break no equation, each between its bounds; solved again from where it stood.

    Parameters
    ----------
    matrix
        Signs, shape (equations, variables); every row sums to nothing.
    down, up
        How far each variable can fall and rise.
    clock
        Returns the seconds that are left.

    Examples
    --------
    >>> two = Solver(csc_array(np.array([[1.0, 1.0]])), np.array([3.0, 9.0]), np.full(2, np.inf),
    ...              lambda: 10.0)
    >>> two.most(np.array([1.0, 0.0])).tolist()
    [9.0, -9.0]
    """

    def __init__(
        self, matrix: csc_array, down: Floats, up: Floats, clock: Callable[[], float]
    ) -> None:
        """Give the solver its system; nothing is solved yet."""
        self._clock = clock
        self._size = matrix.shape[1]
        self._gain = np.zeros(self._size)
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.disableCallbacks()  # type: ignore[no-untyped-call]  # each waits for its turn
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("random_seed", 1),
            ("solver", "simplex"),
            ("parallel", "off"),
            ("simplex_iteration_limit", PIVOTS_AT_MOST),
            ("mip_max_nodes", PIVOTS_AT_MOST),
        ):
            self._highs.setOptionValue(option, value)
        self._highs.passModel(_model(matrix, down, up))

    def bound(self, which: Ints, down: Floats, up: Floats) -> None:
        """Set how far some variables can fall and rise."""
        chosen = which.astype(np.int32)
        self._highs.changeColsBounds(len(chosen), chosen, -down, up)

    def whole(self) -> None:
        """Let variables move by whole persons only."""
        kind = np.full(self._size, int(highspy.HighsVarType.kInteger), np.uint8)
        self._highs.changeColsIntegrality(self._size, np.arange(self._size, dtype=np.int32), kind)

    def most(self, gain: Floats) -> Floats | None:
        """Return the change with the largest gain; None where no change is possible.

        Raises
        ------
        OutOfTimeError
            If there is no time left, or the solver did not come to an end.
        """
        left = self._clock()
        if left <= 0:
            raise OutOfTimeError
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + left)
        other = np.flatnonzero(gain != self._gain).astype(np.int32)
        self._highs.changeColsCost(len(other), other, -gain[other])
        self._gain = gain.copy()
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            raise OutOfTimeError
        return np.array(self._highs.getSolution().col_value)


def _model(matrix: csc_array, down: Floats, up: Floats) -> highspy.HighsLp:
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.zeros(matrix.shape[1])
    model.col_lower_, model.col_upper_ = -down, up
    model.row_lower_ = model.row_upper_ = np.zeros(matrix.shape[0])
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    return model


def each_at_once(work: Callable[[Part], None], of: Iterable[Part]) -> None:
    """Do the work for each part, several at once.

    Parts share no variable: each has its own places to fill, whoever comes first. More threads than
    processors would only wait for each other.
    """
    with ThreadPoolExecutor(processors()) as pool:
        for _ in pool.map(work, of):
            pass


def clock(seconds: float) -> Callable[[], float]:
    """Return what tells how many of these seconds are left.

    Examples
    --------
    >>> clock(0)() <= 0
    True
    """
    end = time.monotonic() + seconds
    return lambda: end - time.monotonic()


def is_whole(change: Floats) -> Flags:
    """Return which variables moved by a whole number of persons."""
    found: Flags = np.abs(change - np.round(change)) < WHOLE_WITHIN
    return found
