"""Which hidden cells the shown ones give away with all equations together, to any reader."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import Flags
from equity_pipeline.errors import DisclosureStop

FIXED_BELOW = 1e-6  # a free cell moves by about one; a fixed one by rounding only
CONVERGED_BELOW = 1e-12  # of the first gradient
STEPS_AT_MOST = 20_000


def determined(system: Equations, hidden: Flags) -> Flags:
    """Return which hidden cells have exactly one value that fits every equation.

    Parameters
    ----------
    system
        The equations; one whose total is not published, or has persons in no level, binds nothing.
    hidden
        Which cells are hidden.

    Notes
    -----
    A random change of the hidden cells is projected on the changes that break no equation
    (the null space); a cell that cannot move is determined.

    Raises
    ------
    DisclosureStop
        If the projection does not converge: what cannot be judged is not published.

    Examples
    --------
    >>> from datetime import date
    >>> from equity_pipeline.disclosure.cell import Cell
    >>> from equity_pipeline.disclosure.equations import equations
    >>> from equity_pipeline.disclosure.rules import DisclosurePolicy, Persons
    >>> day = date(2024, 1, 1)
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", s) for s in ("all", "female", "male")]
    >>> n = np.array([90, 50, 40])
    >>> made = equations(cells, Persons(n, n, n, *(np.zeros(3, bool),) * 3), DisclosurePolicy())
    >>> determined(made, np.array([False, True, False])).tolist()
    [False, True, False]
    >>> determined(made, np.array([False, True, True])).tolist()
    [False, False, False]
    """
    unknown = system.rest_hidden | system.rest_open | (system.rest_n > 0)
    binding = system.has_total & ~unknown
    used = hidden[system.cell] & binding[system.equation]
    found = np.zeros(len(hidden), bool)
    if not used.any():
        return found
    rows, row = np.unique(system.equation[used], return_inverse=True)
    columns, column = np.unique(system.cell[used], return_inverse=True)
    sign = np.where(system.is_total[used], -1.0, 1.0)
    matrix = coo_array((sign, (row, column)), shape=(len(rows), len(columns))).tocsr()
    change = np.random.default_rng(1).standard_normal(len(columns))
    found[columns] = np.abs(change - _projected(matrix, change)) < FIXED_BELOW
    return found


def _projected(matrix: csr_array, change: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a change that the equations see, by conjugate gradients.

    Sums are numpy's own and not those of a linear algebra library: the same on any number of
    threads, and not slowed by other work on the machine.
    """
    left = matrix @ change
    made = np.zeros(len(change))
    gradient = matrix.T @ left
    direction, size = gradient, (gradient * gradient).sum()
    enough = CONVERGED_BELOW**2 * size
    for _ in range(STEPS_AT_MOST):
        if size <= enough:
            return made
        seen = matrix @ direction
        step = size / (seen * seen).sum()
        made = made + step * direction
        left = left - step * seen
        gradient = matrix.T @ left
        before, size = size, (gradient * gradient).sum()
        direction = gradient + size / before * direction
    raise DisclosureStop(
        "The hidden cells could not be checked against all equations together.",
        where="disclosure/linear.py",
        mend="publish fewer cells: merge levels or leave out the division by sex",
    )
