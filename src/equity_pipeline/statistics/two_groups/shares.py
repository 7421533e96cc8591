"""Two independent shares: difference, ratio and odds ratio with score limits.

Wald limits fail where a group has no events, or nothing but events; these do not. Newcombe's
hybrid limits of the difference, which need no search, are :func:`gaps.newcombe`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    divide,
    require,
    require_counts,
)
from equity_pipeline.statistics.gaps import newcombe
from equity_pipeline.statistics.reading import together
from equity_pipeline.statistics.two_groups.limits import score_limits, score_limits_of_ratio
from equity_pipeline.statistics.two_groups.scores import (
    difference_of_shares,
    ratio_of_odds,
    ratio_of_shares,
)

__all__ = ["newcombe", "score_difference", "score_odds_ratio", "score_risk_ratio"]

Groups = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


def score_difference(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    bias_corrected: bool = True,
    confidence: float = 0.95,
) -> Estimate:
    """Return share 1 minus share 0, with Miettinen and Nurminen's score limits.

    Parameters
    ----------
    events1, n1, events0, n0
        Counts of the two groups per stratum, ``0 <= events <= n``; weighted sums need not be
        whole. An empty group, or NaN, gives NaN throughout.
    bias_corrected
        Whether the variance is taken times N / (N - 1), as Miettinen and Nurminen do; without it
        the limits are Mee's.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Limits within -1 and 1 for any counts; the standard error is that of the shares as seen,
        0 where both are 0 % or 100 %: the limits are not made from it.

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Miettinen O, Nurminen M (1985), Statistics in Medicine 4:213-226.
    Mee RW (1984), Biometrics 40:1175-1176.

    Examples
    --------
    >>> gap = score_difference([56, 0], [70, 20], [48, 0], [80, 20])
    >>> gap.value.round(4), gap.lower.round(4), gap.upper.round(4)
    (array([0.2, 0. ]), array([ 0.0528, -0.1646]), array([0.3382, 0.1646]))
    """
    x1, m1, x0, m0 = _groups(events1, n1, events0, n0, where="score_difference")
    p1, p0 = divide(x1, m1), divide(x0, m0)
    gap = p1 - p0
    one = np.ones(gap.shape)
    lower, upper = score_limits(
        difference_of_shares,
        (-one, gap),
        (gap, one),
        (x1, m1, x0, m0, _inflation(m1 + m0, bias_corrected)),
        confidence=confidence,
    )
    error = np.sqrt(divide(p1 * (1 - p1), m1) + divide(p0 * (1 - p0), m0))
    # a difference of 100 points is its own limit, and leaves no bracket
    lower, upper = np.where(gap == -1, gap, lower), np.where(gap == 1, gap, upper)
    method = "miettinen_nurminen" if bias_corrected else "mee"
    made = Estimate(gap, lower, upper, error, method, n=m1 + m0)
    return made.warned(Caution.AT_BOUND, np.abs(gap) == 1)


def score_risk_ratio(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    bias_corrected: bool = True,
    confidence: float = 0.95,
) -> Estimate:
    """Return share 1 over share 0, with score limits.

    Parameters
    ----------
    events1, n1, events0, n0, confidence
        As in :func:`score_difference`.
    bias_corrected
        Whether the variance is taken times N / (N - 1) (Miettinen and Nurminen); without it the
        limits are Koopman's.

    Returns
    -------
    Estimate
        No events in group 1: value and lower limit 0, upper limit finite. No events in group 0:
        the lower limit alone is known. The caution AT_BOUND marks both. The standard error is
        that of the ratio itself (delta method).

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Miettinen O, Nurminen M (1985), Statistics in Medicine 4:213-226.
    Koopman PAR (1984), Biometrics 40:513-517.

    Examples
    --------
    >>> less = score_risk_ratio([56, 0, 5], [70, 20, 56], [48, 2, 0], [80, 20, 29])
    >>> less.value.round(3), less.lower.round(3), less.upper.round(3)
    (array([1.333, 0.   ,   nan]), array([1.079, 0.   , 0.717]), array([1.672, 1.845,   nan]))
    """
    x1, m1, x0, m0 = _groups(events1, n1, events0, n0, where="score_risk_ratio")
    p1, p0 = divide(x1, m1), divide(x0, m0)
    given = (x1, m1, x0, m0, _inflation(m1 + m0, bias_corrected))
    lower, upper = score_limits_of_ratio(ratio_of_shares, given, confidence=confidence)
    made = divide(p1, p0)
    spread = divide(1, x1) - divide(1, m1) + divide(1, x0) - divide(1, m0)
    method = "miettinen_nurminen_ratio" if bias_corrected else "koopman"
    whole = Estimate(made, lower, upper, made * np.sqrt(spread), method, n=m1 + m0)
    return one_sided(whole, x1 == 0, x0 == 0)


def score_odds_ratio(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    bias_corrected: bool = True,
    centred: bool = True,
    confidence: float = 0.95,
) -> Estimate:
    """Return the odds of group 1 over those of group 0, with score limits.

    An odds ratio is farther from 1 than the risk ratio wherever events are common: for readers
    prefer :func:`score_risk_ratio`.

    Parameters
    ----------
    events1, n1, events0, n0, confidence
        As in :func:`score_difference`.
    bias_corrected
        Whether the variance is taken times N / (N - 1).
    centred
        Whether the score is freed of its small-sample bias, (p1 - p0) / (n1 p1 q1 + n0 p0 q0),
        which pulls the limits away from 1; without it the limits are Miettinen and Nurminen's.

    Returns
    -------
    Estimate
        One-sided (AT_BOUND) where a cell of the two-by-two table is 0; the standard error is
        that of the odds ratio itself (delta method).

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Miettinen O, Nurminen M (1985), Statistics in Medicine 4:213-226.
    Gart JJ (1985), Biometrika 72:673-677.
    Laud PJ (2017), Pharmaceutical Statistics 16:334-348.

    Examples
    --------
    >>> odds = score_odds_ratio([56, 0], [70, 20], [48, 2], [80, 20])
    >>> odds.value.round(3), odds.lower.round(3), odds.upper.round(3)
    (array([2.667, 0.   ]), array([1.279, 0.   ]), array([5.484, 1.92 ]))
    """
    x1, m1, x0, m0 = _groups(events1, n1, events0, n0, where="score_odds_ratio")
    y1, y0 = m1 - x1, m0 - x0
    pull = np.full(x1.shape, float(centred))
    given = (x1, m1, x0, m0, _inflation(m1 + m0, bias_corrected), pull)
    lower, upper = score_limits_of_ratio(ratio_of_odds, given, confidence=confidence)
    made = divide(x1 * y0, y1 * x0)
    spread = divide(1, x1) + divide(1, y1) + divide(1, x0) + divide(1, y0)
    method = "score_odds" + "_bias_corrected" * bias_corrected + "_centred" * centred
    whole = Estimate(made, lower, upper, made * np.sqrt(spread), method, n=m1 + m0)
    return one_sided(whole, (x1 == 0) | (y0 == 0), (x0 == 0) | (y1 == 0))


def one_sided(made: Estimate, no_lower: ArrayLike, no_upper: ArrayLike) -> Estimate:
    """Return a ratio whose lower limit is 0, and whose upper is not known, where so told."""
    low, high = np.asarray(no_lower, dtype=bool), np.asarray(no_upper, dtype=bool)
    lower = np.where(low & ~np.isnan(made.n), 0, made.lower)
    upper = np.where(high, np.nan, made.upper)
    value = np.where(high, np.nan, made.value)
    cut = Estimate(value, lower, upper, made.standard_error, made.method, n=made.n)
    return cut.warned(Caution.AT_BOUND, (low | high) & ~np.isnan(made.n))


def _groups(
    events1: ArrayLike, n1: ArrayLike, events0: ArrayLike, n0: ArrayLike, *, where: str
) -> Groups:
    """Return the checked counts, all four NaN where a group is empty or not known."""
    x1, m1, x0, m0 = together(events1, n1, events0, n0, where=where)
    require_counts(x1, m1, where=where)
    require_counts(x0, m0, where=where)
    require(
        ~(np.isinf(m1) | np.isinf(m0)),
        "A group has no end of people.",
        where=where,
        mend="give finite counts",
    )
    known = (m1 > 0) & (m0 > 0) & ~np.isnan(x1 + x0)
    x1, m1, x0, m0 = (np.where(known, x, np.nan) for x in (x1, m1, x0, m0))
    return x1, m1, x0, m0


def _inflation(total: FloatArray, bias_corrected: bool) -> FloatArray:
    return divide(total, total - 1) if bias_corrected else np.ones(total.shape)
