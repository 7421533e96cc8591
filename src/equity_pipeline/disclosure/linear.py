"""Which hidden cells all the equations together give away, as an attacker would solve them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.linalg import lsmr

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import Flags
from equity_pipeline.errors import DisclosureStop

FIXED_BELOW = 1e-6  # a free cell moves by about one; a fixed one by rounding only
NOT_CONVERGED = 7


def determined(system: Equations, hidden: Flags) -> Flags:
    """Return which hidden cells have exactly one value that fits every equation.

    Parameters
    ----------
    system
        The equations; one whose total is not published, or whose rest is hidden, binds nothing.
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
    >>> from equity_pipeline.disclosure.equations import Cell, equations
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
    binding = system.has_total & ~system.rest_hidden
    used = hidden[system.cell] & binding[system.equation]
    found = np.zeros(len(hidden), bool)
    if not used.any():
        return found
    rows, row = np.unique(system.equation[used], return_inverse=True)
    columns, column = np.unique(system.cell[used], return_inverse=True)
    sign = np.where(system.is_total[used], -1.0, 1.0)
    matrix = coo_array((sign, (row, column)), shape=(len(rows), len(columns))).tocsr()
    change = np.random.default_rng(1).standard_normal(len(columns))
    bound, stop, *_ = lsmr(matrix, matrix @ change, atol=1e-12, btol=1e-12, maxiter=20_000)
    if stop == NOT_CONVERGED:
        raise DisclosureStop(
            "The hidden cells could not be checked against all equations together.",
            where="disclosure/linear.py",
            mend="publish fewer cells: merge levels or leave out the division by sex",
        )
    found[columns] = np.abs(change - bound) < FIXED_BELOW
    return found
