"""People or cells with an outcome, ranked: read and checked once, used by every rank index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.gradient.ranks import IntArray, RankGroups, rank_groups, read_ranks
from equity_pipeline.statistics.reading import labels, numbers


@dataclass(frozen=True, slots=True)
class Ranked:
    """Records of people or cells in K strata; made by :func:`ranked_people`, `ranked_cells`.

    Attributes
    ----------
    weight, square
        Sum of the record's weights and of their squares, (m,): for cells both are people.
    mean
        The record's mean outcome, (m,).
    within, within_square
        Sums of squares about that mean, weighted once and twice, (m,); 0 for a person.
    people
        How many observations the record is, (m,).
    stratum, cluster
        Numbers of the record's stratum and cluster, (m,); without clusters None.
    groups
        The groups of equal rank.
    n_strata
        How many strata there are, K.
    """

    weight: FloatArray
    square: FloatArray
    mean: FloatArray
    within: FloatArray
    within_square: FloatArray
    people: FloatArray
    stratum: IntArray
    cluster: IntArray | None
    groups: RankGroups
    n_strata: int

    def sums(self, numbers: FloatArray) -> FloatArray:
        """Return numbers of the records (m,) summed by stratum (K,)."""
        if self.n_strata == 1:
            return np.array([numbers.sum()])
        return np.bincount(self.stratum, numbers, self.n_strata).astype(np.float64)

    def spread(self, of_strata: FloatArray) -> FloatArray:
        """Return numbers of the strata (K,) beside each record."""
        return of_strata if self.n_strata == 1 else of_strata[self.stratum]

    @property
    def total(self) -> FloatArray:
        """The strata's weight, NaN where nobody is, (K,)."""
        made = self.sums(self.weight)
        return np.where(made > 0, made, np.nan)

    @property
    def average(self) -> FloatArray:
        """The strata's mean outcome, (K,)."""
        return self.sums(self.weight * self.mean) / self.total


def ranked_people(
    value: ArrayLike,
    rank: ArrayLike,
    *,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    n_strata: int = 1,
) -> Ranked:
    """Return people ranked within their stratum, ready for the rank indices.

    Parameters
    ----------
    value
        Each person's outcome (m,), finite.
    rank
        What people are ranked by (m,), from the most disadvantaged; equal values are ties. The
        outcome itself makes the concentration index a Gini coefficient.
    weight
        The persons' weights (m,), not negative; 1 if None.
    cluster
        Codes or names of, say, the care units (m,): people of a unit are alike.
    stratum, n_strata
        The indices are made for each stratum, 0 to ``n_strata - 1``; one stratum if None.

    Raises
    ------
    MethodError
        If the arrays do not go together, or hold missing or impossible numbers.

    Examples
    --------
    >>> ranked_people([4, 2], rank=[10, 20]).average
    array([3.])
    """
    y = numbers(value, where="ranked_people")
    values, w, place = read_ranks(rank, weight, stratum, n_strata)
    _check_values(y, values)
    nothing = np.zeros(y.shape)
    return Ranked(
        weight=w,
        square=w**2,
        mean=y,
        within=nothing,
        within_square=nothing,
        people=(w > 0).astype(np.float64),
        stratum=place,
        cluster=_read_clusters(cluster, y),
        groups=rank_groups(values, w, place, n_strata),
        n_strata=n_strata,
    )


def ranked_cells(
    n: ArrayLike,
    total: ArrayLike,
    squares: ArrayLike,
    rank: ArrayLike,
    *,
    cluster: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    n_strata: int = 1,
) -> Ranked:
    """Return counted cells ranked within their stratum: the same indices as from their people.

    Parameters
    ----------
    n, total, squares
        People, and the sums of their outcomes and of the squares of these (m,); for yes or no
        both sums are the count of yes. A cell may be empty.
    rank, cluster, stratum, n_strata
        As in :func:`ranked_people`, one for each cell.

    Raises
    ------
    MethodError
        If the arrays do not go together, or hold missing or impossible numbers.

    Examples
    --------
    >>> ranked_cells(n=[2, 3], total=[1, 3], squares=[1, 3], rank=[1, 2]).average
    array([0.8])
    """
    values, size, place = read_ranks(rank, n, stratum, n_strata)
    s, ss = numbers(total, where="ranked_cells"), numbers(squares, where="ranked_cells")
    _check_values(s, values)
    _check_values(ss, values)
    mean = np.divide(s, size, out=np.zeros(s.shape), where=size > 0)
    within = ss - s * mean
    slack = 1e-9 * (np.abs(ss) + 1e-300)
    require(
        bool((within >= -slack).all()) and bool(((size > 0) | ((s == 0) & (ss == 0))).all()),
        "A cell's sum of squares is too small for its sum, or an empty cell has a sum.",
        where="ranked_cells",
        mend="give the sum of the people's squared outcomes, at least total ** 2 / n",
    )
    within = np.maximum(within, 0)
    return Ranked(
        weight=size,
        square=size,
        mean=mean,
        within=within,
        within_square=within,
        people=size,
        stratum=place,
        cluster=_read_clusters(cluster, s),
        groups=rank_groups(values, size, place, n_strata),
        n_strata=n_strata,
    )


def _check_values(y: FloatArray, rank: FloatArray) -> None:
    require(
        y.shape == rank.shape and bool(np.isfinite(y).all()),
        "The outcomes do not go with the ranks, or some are missing.",
        where="ranked",
        mend="give a finite outcome for each rank, and leave out people without one",
    )


def _read_clusters(cluster: ArrayLike | None, y: FloatArray) -> IntArray | None:
    if cluster is None:
        return None
    code = labels(cluster, where="ranked")[1]
    require(
        code.shape == y.shape,
        "The clusters do not go with the outcomes.",
        where="ranked",
        mend="give one code or name for each person or cell",
    )
    return code
