"""Inequality between people split into what lies within groups and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.inequality.entropy import People, Weights, people
from equity_pipeline.statistics.reading import labels, together


@dataclass(frozen=True, slots=True)
class Split:
    """An index of people's values and its exact parts; arrays over groups have them last.

    Attributes
    ----------
    total, within, between, overlap
        ``total = within + between + overlap``; the overlap of Theil and mean log deviation is 0,
        that of Gini is what the groups' ranges share.
    groups
        The groups' names, sorted.
    index, contribution
        The index inside each group, and what it adds to ``within``.
    mean, share, value_share
        Each group's mean, its share of the people, and its share of all value.
    rows, weight
        Rows and sum of weights of each group.
    left_out
        Rows with value 0 or weight 0.
    """

    total: FloatArray
    within: FloatArray
    between: FloatArray
    overlap: FloatArray
    groups: np.ndarray
    index: FloatArray
    contribution: FloatArray
    mean: FloatArray
    share: FloatArray
    value_share: FloatArray
    rows: FloatArray
    weight: FloatArray
    left_out: int


def split_theil(
    values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None, *, zeros: str
) -> Split:
    """Return Theil's index of people's values within and between groups.

    Parameters
    ----------
    values
        One for each person or cell, from 0 and up.
    groups
        The group of each, as numbers or text.
    weights
        Of each value; all 1 if None.
    zeros
        ``refuse`` or ``drop`` values of 0; ``left_out`` counts those dropped.

    Raises
    ------
    MethodError
        If values or weights cannot be, a group is missing, or a 0 is refused.

    References
    ----------
    Shorrocks AF (1980), Econometrica 48:613-625.

    Examples
    --------
    >>> split = split_theil([1, 2, 3, 4], ["a", "a", "b", "b"], zeros="refuse")
    >>> float(split.within.round(6)), float(split.between.round(6)), split.groups.tolist()
    (0.024157, 0.082283, ['a', 'b'])
    """
    given, names, code = _coded(values, groups, weights, zeros, "split_theil")
    return _theil(_summed(given, names, code))


def split_mld(
    values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None, *, zeros: str
) -> Split:
    """Return the mean log deviation of people's values within and between groups.

    Parameters, errors and references as in :func:`split_theil`.

    Examples
    --------
    >>> split = split_mld([1, 2, 3, 4], ["a", "a", "b", "b"], zeros="refuse")
    >>> float(split.within.round(6)), float(split.between.round(6))
    (0.034601, 0.087177)
    """
    given, names, code = _coded(values, groups, weights, zeros, "split_mld")
    return _mld(_summed(given, names, code))


def split_gini(values: ArrayLike, groups: ArrayLike, weights: ArrayLike | None = None) -> Split:
    """Return Gini's index of people's values within and between groups, and their overlap.

    Parameters and errors as in :func:`split_theil`; values of 0 count.

    References
    ----------
    Mookherjee D, Shorrocks A (1982), Economic Journal 92:886-902.

    Examples
    --------
    >>> split = split_gini([1, 2, 3, 4], ["a", "b", "a", "b"])
    >>> [float(x.round(4)) for x in (split.within, split.between, split.overlap)]
    [0.1, 0.1, 0.05]
    """
    given, names, code = _coded(values, groups, weights, None, "split_gini")
    y, w = given.values, given.weights
    n, total = _sum(code, w), _sum(code, w * y)
    inner = _gini(y, w, code)
    share, value_share = n / n.sum(), total / total.sum()
    whole = _gini(y, w, np.zeros_like(code))[0]
    between = _gini(total / n, n, np.zeros(n.size, dtype=np.int64))[0]
    part = share * value_share * np.where(np.isnan(inner), 0, inner)
    return Split(
        total=whole,
        within=part.sum(),
        between=between,
        overlap=whole - part.sum() - between,
        groups=names,
        index=inner,
        contribution=part,
        mean=total / n,
        share=share,
        value_share=value_share,
        rows=_sum(code, np.ones_like(w)),
        weight=n,
        left_out=int((~given.kept).sum()),
    )


def split_sums(
    n: ArrayLike, total: ArrayLike, log_sum: ArrayLike, value_log_sum: ArrayLike
) -> tuple[Split, Split]:
    """Return Theil's index and the mean log deviation split by group, from the groups' sums.

    The sums can be made where the rows are; values of 0 must have been left out of all four.

    Parameters
    ----------
    n, total, log_sum, value_log_sum
        People and sums of y, log(y) and y log(y), groups on the last axis (..., G).

    Returns
    -------
    tuple
        Theil's index, then the mean log deviation; groups are named by their places.

    Raises
    ------
    MethodError
        If a group has no people or no value, or a sum is missing.

    References
    ----------
    Shorrocks AF (1980), Econometrica 48:613-625.

    Examples
    --------
    >>> import numpy as np
    >>> logs = np.log([2, 12]), [2 * np.log(2), 3 * np.log(3) + 4 * np.log(4)]
    >>> theil, mld = split_sums([2, 2], [3, 7], *logs)
    >>> float(theil.within.round(6)), float(mld.between.round(6))
    (0.024157, 0.087177)
    """
    sums = together(n, total, log_sum, value_log_sum, where="split_sums")
    require(
        sums[0].ndim > 0
        and all(np.isfinite(part).all() for part in sums)
        and bool((sums[0] > 0).all() and (sums[1] > 0).all()),
        "A group has no people or no value, or a sum is missing.",
        where="split_sums",
        mend="leave empty groups out, and values of 0 out of all four sums",
    )
    people_sum, value_sum, logs, value_logs = sums
    names = np.arange(people_sum.shape[-1])
    made = _Sums(people_sum, value_sum, logs, value_logs, names, people_sum, 0)
    return _theil(made), _mld(made)


@dataclass(frozen=True, slots=True)
class _Sums:
    """People and sums of y, log(y) and y log(y) of the groups, and who they are."""

    n: FloatArray
    total: FloatArray
    logs: FloatArray
    value_logs: FloatArray
    groups: np.ndarray
    rows: FloatArray
    left_out: int

    @property
    def mean(self) -> FloatArray:
        return self.total / self.n

    @property
    def share(self) -> FloatArray:
        return np.asarray(self.n / self.n.sum(axis=-1, keepdims=True))

    @property
    def value_share(self) -> FloatArray:
        return np.asarray(self.total / self.total.sum(axis=-1, keepdims=True))

    @property
    def beside(self) -> FloatArray:
        """The groups' means over the mean of all."""
        return self.value_share / self.share


def _summed(given: People, names: np.ndarray, code: np.ndarray) -> _Sums:
    y, w = given.values, given.weights
    logs = np.log(y)
    n, total, log_sum, value_log_sum = (_sum(code, x) for x in (w, w * y, w * logs, w * y * logs))
    left_out = int((~given.kept).sum())
    return _Sums(n, total, log_sum, value_log_sum, names, _sum(code, np.ones_like(w)), left_out)


def _theil(sums: _Sums) -> Split:
    index = sums.value_logs / sums.total - np.log(sums.mean)
    between = (sums.value_share * np.log(sums.beside)).sum(axis=-1)
    return _exact(index, sums.value_share, between, sums)


def _mld(sums: _Sums) -> Split:
    index = np.log(sums.mean) - sums.logs / sums.n
    between = -(sums.share * np.log(sums.beside)).sum(axis=-1)
    return _exact(index, sums.share, between, sums)


def _exact(index: FloatArray, weight: FloatArray, between: FloatArray, sums: _Sums) -> Split:
    within = (weight * index).sum(axis=-1)
    return Split(
        total=within + between,
        within=within,
        between=between,
        overlap=np.zeros_like(within),
        groups=sums.groups,
        index=index,
        contribution=weight * index,
        mean=sums.mean,
        share=sums.share,
        value_share=sums.value_share,
        rows=sums.rows,
        weight=sums.n,
        left_out=sums.left_out,
    )


def _sum(code: np.ndarray, values: FloatArray) -> FloatArray:
    return np.asarray(np.bincount(code, values), dtype=np.float64)


def _gini(values: FloatArray, weights: FloatArray, code: np.ndarray) -> FloatArray:
    """Return Gini's index of each group, coded 0, 1, ...: twice the covariance with the rank."""
    order = np.lexsort((values, code))
    y, w, g = values[order], weights[order], code[order]
    n, total = _sum(g, w), _sum(g, w * y)
    below = np.cumsum(w) - w / 2 - (np.cumsum(n) - n)[g]
    spread = _sum(g, w * y * (below / n[g] - 0.5))
    return np.asarray(2 * divide(spread, total))


def _coded(
    values: ArrayLike,
    groups: ArrayLike,
    weights: ArrayLike | None,
    zeros: str | None,
    where: str,
) -> tuple[People, np.ndarray, np.ndarray]:
    """Return checked people, the names of their groups and each one's place among them."""
    given = people(values, weights, zeros=zeros, told=Weights.PEOPLE, where=where)
    told, code = labels(groups, where=where)
    require(
        code.shape == given.kept.shape,
        "There is not one group for each value.",
        where=where,
        mend="give two columns of one length",
    )
    held, code = labels(code[given.kept], where=where)
    return given, told[held], code
