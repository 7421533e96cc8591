"""Medians and other quantiles of waits that have ended, from rows or from counted days.

For waits that have not ended use :mod:`survival`: leaving them out shortens every quantile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    require,
)
from equity_pipeline.statistics.reading import numbers
from equity_pipeline.statistics.waits.counts import IntArray, places, rows

_PLOTTING = {4: (0, 1), 5: (0.5, 0.5), 6: (0, 0), 7: (1, 1), 8: (1 / 3, 1 / 3), 9: (3 / 8, 3 / 8)}
TIE = 1e-9  # cumulative shares closer to the probability than this are at it


@dataclass(frozen=True, slots=True)
class _Ordered:
    """Rows by group and day: their days, numbers up to each, and the groups' starts and sizes."""

    days: FloatArray
    cumulative: FloatArray
    start: FloatArray
    size: FloatArray

    def at(self, rank: FloatArray) -> FloatArray:
        """Return each group's order statistics of ranks (G, P) from 1; NaN for empty groups."""
        inside = np.clip(rank, 1, np.maximum(self.size, 1)[:, np.newaxis])
        target = self.start[:, np.newaxis] + inside
        found = np.searchsorted(self.cumulative, target)
        day = self.days[np.minimum(found, self.days.size - 1)]
        return np.asarray(np.where(self.size[:, np.newaxis] > 0, day, np.nan))


def quantiles(
    days: ArrayLike,
    probability: ArrayLike,
    *,
    count: ArrayLike | None = None,
    group: ArrayLike | None = None,
    n_groups: int | None = None,
    r_type: int = 2,
    confidence: float = 0.95,
) -> Estimate:
    """Return quantiles of ended waits per group (G, P), with limits by order statistics.

    Parameters
    ----------
    days
        Days waited (m,), 0 or more: one row per wait, or per distinct number of days.
    probability
        Which quantiles (P,), from 0 to 1: 0.5 for the median.
    count
        How many waits a row stands for (m,), whole numbers; 1 if None.
    group, n_groups
        Group of each row from 0 (m,), and how many groups there are; one group if None.
    r_type
        Hyndman and Fan's definition 1 to 9, numbered as in R. The usual ones: 2 (the middle of a
        flat stretch, as for censored waits), 7 (R's default), 6, 8. On whole days they differ.
    confidence
        Least coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Limits are two waits that occurred: they do not depend on ``r_type``, and their coverage
        is at least as told (STEPS). A limit that even the first or last wait cannot be is NaN
        (FEW_PEOPLE). NaN throughout for groups without waits.

    Raises
    ------
    MethodError
        If arrays do not go together, days or counts are negative, or a probability is outside.

    References
    ----------
    Hyndman RJ, Fan Y (1996), The American Statistician 50:361-365.
    Conover WJ (1999), Practical nonparametric statistics, 3rd ed., section 3.2.

    Examples
    --------
    >>> median = quantiles([0, 3, 7, 14], 0.5, count=[10, 30, 40, 20])
    >>> median.value.tolist(), median.lower.tolist(), median.upper.tolist()
    ([[7.0]], [[3.0]], [[7.0]])
    """
    p = probabilities(probability, where="quantiles")
    critical(confidence)  # refuses what is no coverage
    waited, number = rows(days, 1.0 if count is None else count, where="quantiles")
    require(
        number % 1 == 0,
        "A row stands for a part of a wait.",
        where="quantiles",
        mend="give whole counts, or use weighted_quantiles",
    )
    ordered = _order(waited, number, *places(group, n_groups, waited.size, where="quantiles"))
    n = ordered.size[:, np.newaxis]
    tail = (1 - confidence) / 2
    low = np.asarray(binom.ppf(tail, n, p))
    high = n + 1 - np.asarray(binom.ppf(tail, n, 1 - p))
    lower = np.where((low >= 1) & (n > 0), ordered.at(low), np.nan)
    upper = np.where((high <= n) & (n > 0), ordered.at(high), np.nan)
    value = _by_type(ordered, p, r_type)
    made = Estimate(value, lower, upper, np.array(np.nan), f"quantile_type_{r_type}", n=n)
    told = made.warned(Caution.STEPS, n > 0)
    return told.warned(Caution.FEW_PEOPLE, np.isnan(lower) | np.isnan(upper))


def _by_type(ordered: _Ordered, p: FloatArray, r_type: int) -> FloatArray:
    """Return the quantiles by one of Hyndman and Fan's definitions."""
    n = ordered.size[:, np.newaxis]
    if r_type in (1, 2):
        rank = _whole(n * p)
    elif r_type == 3:
        rank = _whole(n * p - 0.5)
    elif r_type in _PLOTTING:
        a, b = _PLOTTING[r_type]
        rank = _whole(a + p * (n + 1 - a - b))
    else:
        raise MethodError(
            f"There is no quantile of type {r_type}.",
            where="quantiles",
            mend="use a type from 1 to 9",
        )
    below = np.floor(rank)
    beyond = rank - below
    if r_type == 1:
        beyond = np.where(beyond > 0, 1.0, 0.0)
    elif r_type == 2:
        beyond = np.where(beyond > 0, 1.0, 0.5)
    elif r_type == 3:
        beyond = np.where((beyond > 0) | (below % 2 == 1), 1.0, 0.0)
    first, second = ordered.at(below), ordered.at(below + 1)
    return np.asarray(first + beyond * (second - first))


def _whole(rank: FloatArray) -> FloatArray:
    """Return ranks, whole where only rounding made them otherwise."""
    near = np.round(rank)
    return np.asarray(np.where(np.abs(rank - near) < 1e-12 * np.maximum(1, near), near, rank))


def weighted_quantiles(
    days: ArrayLike,
    probability: ArrayLike,
    *,
    weight: ArrayLike,
    group: ArrayLike | None = None,
    n_groups: int | None = None,
    rule: Literal["math", "school"] = "math",
) -> Estimate:
    """Return quantiles of weighted waits per group (G, P), without limits.

    Parameters
    ----------
    days, probability, group, n_groups
        As in :func:`quantiles`.
    weight
        Weight of each row (m,), 0 or more; a group without weight has NaN.
    rule
        ``math``: the least day up to which at least that share of the weight has been seen;
        ``school``: half-way to the next day where it is exactly that share.

    Raises
    ------
    MethodError
        As in :func:`quantiles`, and if the rule is unknown.

    References
    ----------
    Lumley T (2010), Complex surveys: a guide to analysis using R.

    Examples
    --------
    >>> weighted_quantiles([3, 7, 14], [0.5, 0.9], weight=[2, 1.5, 0.5]).value.tolist()
    [[3.0, 14.0]]
    """
    p = probabilities(probability, where="weighted_quantiles")
    waited, mass = rows(days, weight, where="weighted_quantiles")
    require(
        rule in ("math", "school"),
        f"{rule!r} is no rule for weighted quantiles.",
        where="weighted_quantiles",
        mend="use 'math' or 'school'",
    )
    place, size = places(group, n_groups, waited.size, where="weighted_quantiles")
    some = mass > 0
    if not some.any():
        return _without_limits(np.full((size, p.size), np.nan), f"weighted_{rule}")
    ordered = _order(waited[some], mass[some], place[some], size)
    value = _at_share(ordered, p, place[some], TIE)
    if rule == "school":
        value = (value + _at_share(ordered, p, place[some], -TIE)) / 2
    return _without_limits(value, f"weighted_{rule}")


def _without_limits(value: FloatArray, method: str) -> Estimate:
    unknown = np.full(value.shape, np.nan)
    return Estimate(value, unknown, unknown, unknown, method)


def _at_share(ordered: _Ordered, p: FloatArray, place: IntArray, slack: float) -> FloatArray:
    """Return each group's first day at which the share seen is at least p - slack (G, P)."""
    of_row = np.sort(place)
    share = (ordered.cumulative - ordered.start[of_row]) / ordered.size[of_row]
    groups = np.arange(ordered.size.size)[:, np.newaxis]
    # one increasing key over all groups: the group's number, then the share within it
    found = np.searchsorted(of_row + np.minimum(share, 1), groups + np.minimum(p - slack, 1))
    last = np.cumsum(np.bincount(of_row, minlength=ordered.size.size))[:, np.newaxis] - 1
    day = ordered.days[np.clip(np.minimum(found, last), 0, None)]
    return np.asarray(np.where(ordered.size[:, np.newaxis] > 0, day, np.nan))


def probabilities(probability: ArrayLike, *, where: str) -> FloatArray:
    """Return probabilities (P,), each from 0 to 1."""
    p = np.atleast_1d(numbers(probability, where=where))
    require(
        p.ndim == 1 and bool(((p >= 0) & (p <= 1)).all()),
        "A quantile is asked for at no probability.",
        where=where,
        mend="give numbers from 0 to 1, such as 0.5",
    )
    return p


def _order(days: FloatArray, number: FloatArray, group: IntArray, groups: int) -> _Ordered:
    order = np.lexsort((days, group))
    cumulative = np.cumsum(number[order])
    size = np.bincount(group, number, groups).astype(np.float64)
    ends = np.cumsum(np.bincount(group, minlength=groups))
    # where each group starts, read off the sums themselves so that no rounding comes between
    sums = np.concatenate([[0.0], cumulative])
    start = sums[np.concatenate([[0], ends[:-1]])]
    return _Ordered(days[order], cumulative, start, size)
