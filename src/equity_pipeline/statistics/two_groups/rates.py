"""Two independent rates: difference and ratio with score limits, ratio with exact limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv
from scipy.stats import binom

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.reading import above_zero, together
from equity_pipeline.statistics.two_groups.limits import score_limits, score_limits_of_ratio
from equity_pipeline.statistics.two_groups.scores import difference_of_rates, ratio_of_rates
from equity_pipeline.statistics.two_groups.shares import one_sided

__all__ = ["ExactRatio", "exact_rate_ratio", "score_rate_difference", "score_rate_ratio"]

ALMOST = 1 + 1e-7  # two outcomes whose probabilities differ by less are equally probable

Groups = tuple[FloatArray, FloatArray, FloatArray, FloatArray]


@dataclass(frozen=True, slots=True)
class ExactRatio:
    """A rate ratio with exact limits, and the exact two-sided p value of one assumed ratio."""

    ratio: Estimate
    p: FloatArray


def score_rate_difference(
    events1: ArrayLike,
    time1: ArrayLike,
    events0: ArrayLike,
    time0: ArrayLike,
    *,
    scale: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Return rate 1 minus rate 0, x scale, with Miettinen and Nurminen's score limits.

    Parameters
    ----------
    events1, time1, events0, time0
        Events that come independently, and person-time, of the two groups per stratum. Repeat
        events of one person are not independent. No time, or NaN, gives NaN throughout.
    scale
        1000 for "per 1 000 person-years".
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If events or person-time are negative, or there are events in no time at all.

    References
    ----------
    Miettinen O, Nurminen M (1985), Statistics in Medicine 4:213-226.

    Examples
    --------
    >>> gap = score_rate_difference([7, 0], [120, 500], [3, 4], [200, 610], scale=1000)
    >>> gap.value.round(2), gap.lower.round(2), gap.upper.round(2)
    (array([43.33, -6.56]), array([  3.44, -16.86]), array([106.59,   1.13]))
    """
    x1, t1, x0, t0 = _groups(events1, time1, events0, time0, where="score_rate_difference")
    gap = divide(x1, t1) - divide(x0, t0)
    reach = _reach(gap, x1 + x0, t1, t0, critical(confidence))
    lower, upper = score_limits(
        difference_of_rates,
        (gap - reach, gap),
        (gap, gap + reach),
        (x1, t1, x0, t0),
        confidence=confidence,
    )
    error = np.sqrt(divide(x1, t1**2) + divide(x0, t0**2))
    per = above_zero(scale, where="score_rate_difference, scale")
    value, low, high, spread = (per * part for part in (gap, lower, upper, error))
    return Estimate(value, low, high, spread, "score_rate_difference", n=t1 + t0)


def _reach(gap: FloatArray, x: FloatArray, t1: FloatArray, t0: FloatArray, z: float) -> FloatArray:
    """Return a distance from the value beyond which the score is surely past critical."""
    per = divide(1, t1) + divide(1, t0)
    return z**2 * per + z * np.sqrt((divide(x, t1 + t0) + np.abs(gap)) * per)


def score_rate_ratio(
    events1: ArrayLike,
    time1: ArrayLike,
    events0: ArrayLike,
    time0: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return rate 1 over rate 0, with score limits.

    Parameters
    ----------
    events1, time1, events0, time0, confidence
        As in :func:`score_rate_difference`.

    Returns
    -------
    Estimate
        No events in group 1: value and lower limit 0, upper limit finite. No events in group 0:
        the lower limit alone is known. The caution AT_BOUND marks both.

    Raises
    ------
    MethodError
        As in :func:`score_rate_difference`.

    References
    ----------
    Miettinen O, Nurminen M (1985), Statistics in Medicine 4:213-226.

    Examples
    --------
    >>> more = score_rate_ratio([7, 0], [120, 500], [3, 4], [200, 610])
    >>> more.value.round(3), more.lower.round(3), more.upper.round(3)
    (array([3.889, 0.   ]), array([1.096, 0.   ]), array([13.795,  1.172]))
    """
    given = _groups(events1, time1, events0, time0, where="score_rate_ratio")
    lower, upper = score_limits_of_ratio(ratio_of_rates, given, confidence=confidence)
    return _ratio(given, lower, upper, "score_rate_ratio")


def exact_rate_ratio(
    events1: ArrayLike,
    time1: ArrayLike,
    events0: ArrayLike,
    time0: ArrayLike,
    *,
    assumed: float = 1.0,
    confidence: float = 0.95,
) -> ExactRatio:
    """Return rate 1 over rate 0 with exact limits, given how many events there were in all.

    Given their sum, the events of group 1 are binomial: the limits are Clopper and Pearson's of
    that share. They are wider than the score limits, since events move in steps.

    Parameters
    ----------
    events1, time1, events0, time0, confidence
        As in :func:`score_rate_difference`; events are whole numbers.
    assumed
        The ratio that the p value tests, above 0.

    Returns
    -------
    ExactRatio
        ``p`` adds up all outcomes that are no more probable than the one seen.

    Raises
    ------
    MethodError
        As in :func:`score_rate_difference`, and for events that are not whole.

    References
    ----------
    Clopper CJ, Pearson ES (1934), Biometrika 26:404-413.
    Przyborowski J, Wilenski H (1940), Biometrika 31:313-323.

    Examples
    --------
    >>> exact = exact_rate_ratio(7, 120, 3, 200)
    >>> [round(float(x), 4) for x in (exact.ratio.lower, exact.ratio.upper, exact.p)]
    [0.8878, 23.306, 0.0475]
    """
    given = _groups(events1, time1, events0, time0, where="exact_rate_ratio")
    ratio = above_zero(assumed, where="exact_rate_ratio, assumed")
    x1, t1, x0, t0 = given
    require(
        np.isnan(x1) | ((x1 % 1 == 0) & (x0 % 1 == 0)),
        "Exact limits need whole events.",
        where="exact_rate_ratio",
        mend="give counts, or use score_rate_ratio for weighted events",
    )
    critical(confidence)  # refuses what is no coverage
    tail = (1 - confidence) / 2
    low, high = betaincinv(x1, x0 + 1, tail), betaincinv(x1 + 1, x0, 1 - tail)
    lower, upper = (divide(share * t0, (1 - share) * t1) for share in (low, high))
    p = _two_sided(x1, x1 + x0, divide(ratio * t1, ratio * t1 + t0))
    return ExactRatio(_ratio(given, lower, upper, "exact_rate_ratio").warned(Caution.STEPS), p)


def _ratio(given: Groups, lower: FloatArray, upper: FloatArray, method: str) -> Estimate:
    x1, t1, x0, t0 = given
    made = divide(x1 * t0, x0 * t1)
    error = made * np.sqrt(divide(1, x1) + divide(1, x0))
    return one_sided(Estimate(made, lower, upper, error, method, n=t1 + t0), x1 == 0, x0 == 0)


def _two_sided(x: FloatArray, n: FloatArray, share: FloatArray) -> FloatArray:
    """Return the probability of all outcomes no more probable than x, each from its own tail."""
    known = ~np.isnan(x + n + share)
    k, m, p = (np.where(known, part, filler) for part, filler in ((x, 0), (n, 0), (share, 0.5)))
    near = binom.pmf(k, m, p) * ALMOST
    below = k < m * p

    def counts(i: FloatArray) -> BoolArray:
        """Say whether the i-th outcome from the far end of the other tail is improbable too."""
        return np.asarray(binom.pmf(np.where(below, m - i + 1, i - 1), m, p) <= near)

    most = np.where(below, m - np.ceil(m * p) + 1, np.floor(m * p) + 1)
    many = _last_true(counts, most)
    own = np.where(below, binom.cdf(k, m, p), binom.sf(k - 1, m, p))
    other = np.where(below, binom.sf(m - many, m, p), binom.cdf(many - 1, m, p))
    total = np.where(k == m * p, 1, np.minimum(own + other, 1))
    return np.asarray(np.where(known, total, np.nan), dtype=np.float64)


def _last_true(holds: Callable[[FloatArray], BoolArray], most: FloatArray) -> FloatArray:
    """Return the last of 1 ... most at which a rule that turns false once still holds, else 0."""
    low, high = np.zeros(most.shape), most
    while (low < high).any():
        middle = np.ceil((low + high) / 2)
        true = holds(middle) | (low == high)
        low, high = np.where(true, middle, low), np.where(true, high, middle - 1)
    return low


def _groups(
    events1: ArrayLike, time1: ArrayLike, events0: ArrayLike, time0: ArrayLike, *, where: str
) -> Groups:
    """Return the checked counts, all four NaN where a group has no time or is not known."""
    x1, t1, x0, t0 = together(events1, time1, events0, time0, where=where)
    for x, t in ((x1, t1), (x0, t0)):
        require(
            ~((x < 0) | (t < 0) | ((t == 0) & (x > 0)) | np.isinf(x) | np.isinf(t)),
            "Events or person-time are negative or endless, or events have no person-time.",
            where=where,
            mend="check the numerator and the denominator of the indicator",
        )
    known = (t1 > 0) & (t0 > 0) & ~np.isnan(x1 + x0)
    x1, t1, x0, t0 = (np.where(known, part, np.nan) for part in (x1, t1, x0, t0))
    return x1, t1, x0, t0
