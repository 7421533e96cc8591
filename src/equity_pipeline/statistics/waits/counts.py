"""Waits as counts: who was seen, and who was last known to wait, on each day."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import numbers, together

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WaitCounts:
    """Counts of waits over increasing days (T,); groups on the leading axes (..., T).

    Attributes
    ----------
    days
        Days waited, increasing, 0 or more (T,).
    seen
        Contacts that took place after that many days (..., T).
    censored
        Contacts not known to have taken place, last known to wait on that day (..., T): people
        still waiting when observation ended, and those who gave up. Left out, they would make
        every wait look shorter than it is.
    entered
        Of all these, those followed only from beyond that day on (..., T): they waited already
        when observation began. 0 for waits that are followed from their start.

    Raises
    ------
    MethodError
        If days do not increase, counts are negative or missing, or more were seen on a day than
        were followed.

    Examples
    --------
    >>> two = WaitCounts([3, 7], seen=[[2, 1], [0, 4]], censored=[[0, 1], [1, 0]])
    >>> two.at_risk
    array([[4., 2.],
           [5., 4.]])
    """

    days: FloatArray
    seen: FloatArray
    censored: FloatArray
    entered: FloatArray = field(default_factory=lambda: np.array(0.0))

    def __post_init__(self) -> None:
        days = numbers(self.days, where="WaitCounts, days")
        told = (self.seen, self.censored, self.entered, days)
        seen, censored, entered, _ = together(*told, where="WaitCounts")
        named = {"days": days, "seen": seen, "censored": censored, "entered": entered}
        for name, array in named.items():
            object.__setattr__(self, name, array)
        increasing = days.ndim == 1 and days.size > 0 and bool((np.diff(days) > 0).all())
        require(
            increasing and bool(np.isfinite(days).all()) and days[0] >= 0,
            "Days waited are not increasing numbers from 0 on.",
            where="WaitCounts",
            mend="give every day once, in order",
        )
        counts = np.stack([seen, censored, entered])
        require(
            np.isfinite(counts).all() and (counts >= 0).all() and (seen <= self.at_risk).all(),
            "Counts are negative or missing, or more were seen on a day than were followed.",
            where="WaitCounts",
            mend="count each wait once, on its last day; a wait enters before the day it ends",
        )

    @property
    def at_risk(self) -> FloatArray:
        """Waits followed at the beginning of each day (..., T)."""
        left, entered = self.seen + self.censored, self.entered
        followed = left.sum(-1, keepdims=True) - entered.sum(-1, keepdims=True)
        return np.asarray(followed + _before(entered) - _before(left))


def _before(counts: FloatArray) -> FloatArray:
    """Return sums over earlier days."""
    return np.asarray(np.cumsum(counts, axis=-1) - counts)


def wait_counts(
    days: ArrayLike,
    seen: ArrayLike,
    *,
    group: ArrayLike | None = None,
    n_groups: int | None = None,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
) -> WaitCounts:
    """Return the counts of waits given as rows or as cells, groups on the leading axis (G, T).

    Parameters
    ----------
    days
        Days until seen or, for waits not known to have ended, until last known to wait (m,).
    seen
        Whether the contact took place (m,). Rows that were not seen are kept: they are censored.
    group, n_groups
        Group of each row from 0 (m,), and how many groups there are; one group if None.
    count
        How many waits a row stands for (m,); 1 if None.
    entry
        Day of the wait beyond which a row is followed (m,), before ``days``; NaN, as None, for a
        wait followed from its start.

    Raises
    ------
    MethodError
        If arrays do not go together, days are negative or missing, a row ends before it is
        followed, or a group does not exist.

    Examples
    --------
    >>> told = wait_counts([3, 5, 5, 9], [1, 1, 0, 1])
    >>> told.days, told.seen[0], told.censored[0]
    (array([3., 5., 9.]), array([1., 1., 1.]), array([0., 1., 0.]))
    """
    waited, known, mass = rows(days, seen, 1.0 if count is None else count, where="wait_counts")
    require(
        ((known == 0) | (known == 1)),
        "Whether a contact took place is neither yes nor no.",
        where="wait_counts",
        mend="give 1 for seen and 0 for still waiting or given up",
    )
    place, size = places(group, n_groups, waited.size, where="wait_counts")
    began = np.full(waited.shape, np.nan) if entry is None else rows_like(entry, waited)
    late = ~np.isnan(began)
    require(
        began[late] < waited[late],
        "A wait ends before it is followed.",
        where="wait_counts",
        mend="leave out waits that ended before observation began",
    )
    grid, at = np.unique(np.concatenate([waited, began[late]]), return_inverse=True)
    ends, starts = at[: waited.size], at[waited.size :]

    def tally(which: IntArray, day: IntArray, number: FloatArray) -> FloatArray:
        flat = np.bincount(which * grid.size + day, number, size * grid.size)
        return np.asarray(flat, dtype=np.float64).reshape(size, grid.size)

    return WaitCounts(
        grid,
        tally(place, ends, mass * known),
        tally(place, ends, mass * (1 - known)),
        tally(place[late], starts, mass[late]),
    )


def rows(*columns: ArrayLike, where: str) -> list[FloatArray]:
    """Return columns of one length as float arrays (m,), finite and not negative."""
    made = [np.atleast_1d(column) for column in together(*columns, where=where)]
    require(
        made[0].ndim == 1
        and made[0].size > 0
        and all(bool((np.isfinite(column) & (column >= 0)).all()) for column in made),
        "Rows are missing, or hold missing, endless or negative numbers.",
        where=where,
        mend="give 1-d arrays of numbers, 0 or more",
    )
    return made


def rows_like(column: ArrayLike, like: FloatArray) -> FloatArray:
    """Return a column as a float array of the length of another."""
    return np.atleast_1d(together(column, like, where="rows_like")[0])


def places(
    group: ArrayLike | None, n_groups: int | None, size: int, *, where: str
) -> tuple[IntArray, int]:
    """Return the group number of each of ``size`` rows, and how many groups there are."""
    codes = np.zeros(size) if group is None else numbers(group, where=where)
    groups = int(np.nanmax(codes, initial=0)) + 1 if n_groups is None else n_groups
    inside = (codes >= 0) & (codes < groups) & (codes % 1 == 0)
    require(
        codes.shape == (size,) and bool(inside.all()),
        "Groups are not whole numbers from 0, or not one for each row.",
        where=where,
        mend="number the groups from 0 to n_groups - 1",
    )
    return codes.astype(np.int64), groups
