"""Fractional ranks of people or cells, with mid-ranks for ties, and their groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import numbers

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RankGroups:
    """Everybody with one rank value in one stratum; g groups of m records in K strata.

    Attributes
    ----------
    of_record
        Number of the record's group, (m,).
    stratum
        The groups' strata, (g,), in order.
    share, upper
        The groups' share of their stratum, and the share up to and with them, (g,).
    """

    of_record: IntArray
    stratum: IntArray
    share: FloatArray
    upper: FloatArray

    @property
    def lower(self) -> FloatArray:
        """The share before each group, (g,)."""
        return self.upper - self.share

    @property
    def middle(self) -> FloatArray:
        """The mid-rank of each group, (g,)."""
        return self.upper - self.share / 2


def rank_groups(
    rank: FloatArray, weight: FloatArray, stratum: IntArray, n_strata: int
) -> RankGroups:
    """Return the groups of equal rank of each stratum, lowest first.

    Examples
    --------
    >>> none = np.zeros(3, dtype=np.int64)
    >>> rank_groups(np.array([5.0, 1.0, 5.0]), np.ones(3), none, 1).of_record
    array([1, 0, 1])
    """
    order = np.argsort(rank) if n_strata == 1 else np.lexsort((rank, stratum))
    value, place = rank[order], stratum[order]
    opens = np.ones(len(order), dtype=bool)
    opens[1:] = (value[1:] != value[:-1]) | (place[1:] != place[:-1])
    of_record = np.empty(len(order), dtype=np.int64)
    of_record[order] = np.cumsum(opens) - 1
    mass, where = np.bincount(of_record, weight), place[opens]
    total = np.bincount(where, mass, n_strata)
    running = np.cumsum(mass)
    before = np.concatenate([[0.0], np.cumsum(total)[:-1]])
    size = np.where(total > 0, total, np.nan)[where]
    return RankGroups(of_record, where, mass / size, (running - before[where]) / size)


def fractional_ranks(
    rank: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    stratum: ArrayLike | None = None,
    n_strata: int = 1,
) -> FloatArray:
    """Return the mid-ranks (m,) of people or cells in their stratum, from 0 (lowest) to 1.

    All with one value share the middle of the part of the population that they fill: ties are
    never broken by their order.

    Parameters
    ----------
    rank
        What people are ranked by (m,), such as income; finite.
    weight
        People in the cell, or a person's weight (m,), not negative; 1 if None.
    stratum
        Whole numbers from 0 to ``n_strata - 1`` (m,); people are ranked within theirs.
    n_strata
        How many strata there are.

    Raises
    ------
    MethodError
        If the arrays do not go together, or hold missing or impossible numbers.

    References
    ----------
    Lerman RI, Yitzhaki S (1989), Journal of Econometrics 42:43-47.

    Examples
    --------
    >>> fractional_ranks([300, 100, 300, 200])
    array([0.75 , 0.125, 0.75 , 0.375])
    """
    order, w, place = read_ranks(rank, weight, stratum, n_strata)
    groups = rank_groups(order, w, place, n_strata)
    return groups.middle[groups.of_record]


def read_ranks(
    rank: ArrayLike, weight: ArrayLike | None, stratum: ArrayLike | None, n_strata: int
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return checked rank values, weights and strata of the records, (m,) each.

    Examples
    --------
    >>> read_ranks([3, 1], None, None, 1)[1]
    array([1., 1.])
    """
    value = numbers(rank, where="ranks")
    w = np.ones(value.shape) if weight is None else numbers(weight, where="ranks")
    place = np.zeros(value.shape) if stratum is None else numbers(stratum, where="ranks")
    require(
        value.ndim == 1 and value.size > 0 and value.shape == w.shape == place.shape,
        "The ranks, weights and strata do not go together.",
        where="ranks",
        mend="give arrays of one length, one number for each person or cell",
    )
    require(
        bool((np.isfinite(value) & np.isfinite(w) & (w >= 0)).all()) and bool((w > 0).any()),
        "Ranks or weights are missing or negative, or all weights are 0.",
        where="ranks",
        mend="leave out people without a rank, and give weights that are not negative",
    )
    require(
        bool(((place >= 0) & (place < n_strata) & (place == np.floor(place))).all()),
        "There is a stratum that does not exist.",
        where="ranks",
        mend="number the strata from 0 to n_strata - 1",
    )
    return value, w, place.astype(np.int64)
