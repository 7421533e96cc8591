"""What the shown parts of a sum leave of its total: how many the hidden ones are together."""

from __future__ import annotations

import numpy as np

from equity_pipeline.audit.bounds import Floats, Ints, System


def together(made: System, limit: float) -> tuple[Ints, Floats]:
    """Return the sums whose hidden parts are together a count that may not be known.

    Parameters
    ----------
    made
        The equations; a rest that nobody tells of is a part like any other.
    limit
        The count from which it may be known.

    Returns
    -------
    rows, counts
        The numbers of the equations, and how many their hidden parts are together.

    Notes
    -----
    A single hidden part is no matter of this one: its own interval is empty then. Nobody is not
    told of either: each of the parts is seen to be nobody.

    Examples
    --------
    >>> from equity_pipeline.audit.bounds import BIG, system
    >>> made = system([(0, [1, 2, 3])], np.array([90.0, 75, 0, 0]), np.array([90.0, 75, BIG, BIG]))
    >>> rows, counts = together(made, 20.0)
    >>> rows.tolist(), counts.tolist()
    ([0], [15.0])
    """
    free = made.free[made.column]
    known = np.where(free, 0.0, made.sign * made.low[made.column])
    left = np.bincount(made.row, known, made.n_rows)
    hidden = np.bincount(made.row[free & (made.sign < 0)], minlength=made.n_rows)
    of_total = np.bincount(made.row[free & (made.sign > 0)], minlength=made.n_rows)
    found = np.flatnonzero((hidden > 1) & (of_total == 0) & (left > 0) & (left < limit))
    return found.astype(np.int64), left[found].astype(np.float64)
