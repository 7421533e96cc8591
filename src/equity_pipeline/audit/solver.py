"""The solver: one solution of a system, in the time that is left, or none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy import optimize

from equity_pipeline.audit.bounds import BIG, SMALL, Floats, Ints, System
from equity_pipeline.audit.finding import CouldNotJudge

DONE, INFEASIBLE = 0, 2  # what scipy's face of the solver says
OPTIONS: Mapping[str, bool | int | str] = {
    "output_flag": False,
    "threads": 1,
    "random_seed": 1,
    "solver": "simplex",  # its solutions lie in corners, which are nearly always whole
    "parallel": "off",
}


@dataclass(frozen=True, slots=True)
class Clock:
    """How long the solver may still work."""

    seconds: float
    started: float = field(default_factory=time.monotonic)

    def left(self) -> float:
        """Return the seconds that are left.

        Raises
        ------
        CouldNotJudge
            If there are none: what was not proved is never taken as proved.
        """
        left = self.seconds - (time.monotonic() - self.started)
        if left <= 0:
            raise CouldNotJudge(
                "The time limit was reached before every hidden cell was judged.",
                where="the search for intervals",
                mend="give more time with --time-limit",
            )
        return left


class Program:
    """A system that is solved again and again: each time from where the last solution stood.

    Examples
    --------
    >>> from equity_pipeline.audit.bounds import system
    >>> made = system([(0, [1, 2])], np.array([9.0, 0, 0]), np.array([9.0, BIG, 4]))
    >>> Program(made, Clock(1)).least(np.array([0.0, 1.0, 0.0])).tolist()
    [9.0, 5.0, 4.0]
    """

    def __init__(self, made: System, clock: Clock) -> None:
        """Give the solver its system; nothing is solved yet."""
        self.made, self._clock = made, clock
        self._all = np.arange(made.n_cells, dtype=np.int32)
        self._aim = np.zeros(made.n_cells)
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._highs.disableCallbacks()  # type: ignore[no-untyped-call]  # each waits for its turn
        for option, value in OPTIONS.items():
            self._highs.setOptionValue(option, value)
        self._highs.passModel(_model(made))

    def least(self, aim: Floats) -> Floats | None:
        """Return the solution with the least of ``aim``; None if nothing fulfils the equations.

        Raises
        ------
        CouldNotJudge
            If there is no time left, or the solver did not come to an end.
        """
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + self._clock.left())
        other = np.flatnonzero(aim != self._aim).astype(np.int32)
        self._highs.changeColsCost(len(other), other, aim[other])
        self._aim = aim.copy()
        self._highs.run()
        status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        if status != highspy.HighsModelStatus.kOptimal:
            self._clock.left()
            raise _no_answer(str(status))
        return np.array(self._highs.getSolution().col_value)

    def held(self, cell: int, low: float, high: float) -> None:
        """Hold one cell between other bounds than the system's."""
        self._highs.changeColBounds(cell, low, high)

    def bounded(self, low: Floats, high: Floats) -> None:
        """Hold every cell between other bounds than the system's."""
        self._highs.changeColsBounds(self.made.n_cells, self._all, low, high)


def _model(made: System) -> highspy.HighsLp:
    matrix = made.matrix().tocsc()
    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = np.zeros(made.n_cells)
    model.col_lower_, model.col_upper_ = made.low, made.high
    model.row_lower_ = model.row_upper_ = np.zeros(made.n_rows)
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = matrix.indptr
    model.a_matrix_.index_ = matrix.indices
    model.a_matrix_.value_ = matrix.data
    return model


def _no_answer(why: str) -> CouldNotJudge:
    return CouldNotJudge(
        f"The solver gave no answer: {why}",
        where="the search for intervals",
        mend="give more time with --time-limit",
    )


def whole_solution(made: System, aim: Floats, clock: Clock) -> Floats | None:
    """Return the solution in whole numbers with the least of ``aim``; None if there is none."""
    zero = np.zeros(made.n_rows)
    answer = optimize.milp(
        aim,
        integrality=np.ones(made.n_cells, np.int64),
        bounds=optimize.Bounds(made.low, made.high),
        constraints=optimize.LinearConstraint(made.matrix(), zero, zero),
        options={"time_limit": clock.left()},
    )
    if answer.status == INFEASIBLE:
        return None
    if answer.status != DONE or answer.x is None:
        clock.left()
        raise _no_answer(str(answer.message))
    return np.asarray(np.round(answer.x), np.float64)


def refuted(made: System, clock: Clock) -> tuple[Ints, Ints]:
    """Return the equations that cannot hold: those with a rest, and those with too much in them.

    Of all ways to mend the system the one that changes the counts least is taken.

    Examples
    --------
    >>> from equity_pipeline.audit.bounds import system
    >>> told = np.array([9.0, 4.0, 3.0])
    >>> rest, much = refuted(system([(0, [1, 2])], told, told), Clock(1))
    >>> rest.tolist(), much.tolist()
    ([0], [])
    """
    n, rows = made.n_cells, np.arange(made.n_rows)
    loose = np.full(2 * len(rows), BIG)
    wider = System(
        np.concatenate([made.row, rows, rows]),
        np.concatenate([made.column, n + rows, n + len(rows) + rows]),
        np.concatenate([made.sign, -np.ones(len(rows)), np.ones(len(rows))]),
        np.concatenate([made.low, np.zeros(len(loose))]),
        np.concatenate([made.high, loose]),
    )
    aim = np.concatenate([np.zeros(n), np.ones(len(loose))])
    point = Program(wider, clock).least(aim)
    slack = np.zeros(len(loose)) if point is None else point[n:]
    over = slack > SMALL
    return np.flatnonzero(over[: len(rows)]), np.flatnonzero(over[len(rows) :])
