"""Empirical Bayes for counts: units' rates drawn towards the mean, the more the less they say.

A shrunken value is steadier than the unit's own, and for small units it is mostly the mean of the
others: a small group that truly differs is drawn towards the majority. No verdict is ever based on
the shrunken value alone; results carry the own value beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.reading import numbers
from equity_pipeline.statistics.variation.gamma_prior import prior_spread
from equity_pipeline.statistics.variation.systematic import counted


@dataclass(frozen=True, slots=True)
class PoissonGamma:
    """Units' rates or ratios drawn towards a gamma prior.

    Attributes
    ----------
    shrunken
        Posterior mean, standard deviation and equal-tailed limits of each unit.
    own
        The unit's own value, events over base: always to be shown beside the shrunken one.
    factor
        Weight of the own value, 0 to 1; the rest is the prior mean's.
    prior_mean, prior_variance
        Of the true values. Where the variance is 0 no spread could be told from chance: all
        shrunken values are the mean, and limits and error are NaN.
    shape, rate
        Of the gamma prior; NaN where its variance is 0.
    variance_found
        The variance before it was cut at 0.
    """

    shrunken: Estimate
    own: FloatArray
    factor: FloatArray
    prior_mean: FloatArray
    prior_variance: FloatArray
    shape: FloatArray
    rate: FloatArray
    variance_found: FloatArray


def poisson_gamma(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    prior_mean: ArrayLike = 1.0,
    confidence: float = 0.95,
) -> PoissonGamma:
    """Return units' ratios drawn towards a known mean, the prior's spread by maximum likelihood.

    Never base a verdict on the shrunken value alone: show the own value too.

    Parameters
    ----------
    observed, expected
        Events per unit, on the last axis; a unit with nothing expected or a NaN does not count.
    prior_mean
        Mean of the true ratios, above 0: 1 where the expected events are indirectly standardised
        on these same units.
    confidence
        Coverage of the limits, between 0 and 1, given the fitted prior.

    Raises
    ------
    MethodError
        If counts are impossible or the mean is not above 0.

    References
    ----------
    Clayton D, Kaldor J (1987), doi:10.2307/2532003. Lawless JF (1987), doi:10.2307/3314912.

    Examples
    --------
    >>> made = poisson_gamma([30, 18, 12, 24, 4], [20, 20, 20, 20, 5])
    >>> made.shrunken.value.round(3), made.prior_variance.round(4)
    (array([1.259, 0.948, 0.793, 1.104, 0.958]), np.float64(0.0537))
    """
    o, e = counted(observed, expected, where="poisson_gamma")
    mean = numbers(prior_mean, where="poisson_gamma")
    require(
        mean > 0,
        "The prior's mean is not above 0.",
        where="poisson_gamma",
        mend="give the mean ratio of the units, 1 for indirectly standardised ones",
    )
    mean = np.broadcast_to(mean, o.shape[:-1])
    spread = prior_spread(o, e * np.expand_dims(mean, -1))
    return drawn_in(o, e, mean, spread * mean**2, confidence=confidence, method="poisson_gamma_ml")


def clayton_kaldor(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    tolerance: float = 1e-10,
    steps: int = 1000,
    confidence: float = 0.95,
) -> PoissonGamma:
    """Return units' ratios drawn towards a gamma prior fitted by Clayton and Kaldor's iteration.

    Never base a verdict on the shrunken value alone: show the own value too.

    Parameters
    ----------
    observed, expected, confidence
        As :func:`poisson_gamma`.
    tolerance, steps
        The iteration ends when mean and variance of the prior move by less than this share of
        their sum, or after so many steps.

    Returns
    -------
    PoissonGamma
        NaN where it did not settle. Where units vary no more than chance (Pearson's chi-squared
        at most its degrees of freedom) the variance is 0.

    Raises
    ------
    MethodError
        If counts are impossible.

    References
    ----------
    Clayton D, Kaldor J (1987), doi:10.2307/2532003.

    Examples
    --------
    >>> made = clayton_kaldor([30, 18, 12, 24, 4], [20, 20, 20, 20, 5])
    >>> made.shape.round(2), made.rate.round(2), made.shrunken.value.round(3)
    (np.float64(15.61), np.float64(15.22), array([1.295, 0.954, 0.784, 1.125, 0.97 ]))
    """
    o, e = counted(observed, expected, where="clayton_kaldor")
    require(
        tolerance > 0 and steps >= 1,
        "The tolerance or the number of steps is not above 0.",
        where="clayton_kaldor",
        mend="leave them out for 1e-10 and 1000",
    )
    count = (~np.isnan(o)).sum(axis=-1).astype(np.float64)
    mean = _mean(o / e, count)
    variance = _mean((o / e - np.expand_dims(mean, -1)) ** 2, count - 1)
    settled = np.zeros(mean.shape, dtype=bool)
    for _ in range(steps + 1):
        rate = np.expand_dims(divide(mean, variance), -1)
        ratio = (o + np.expand_dims(mean, -1) * rate) / (e + rate)
        mean_next = _mean(ratio, count)
        apart = (1 + rate / e) * (ratio - np.expand_dims(mean_next, -1)) ** 2
        variance_next = _mean(apart, count - 1)
        settled |= _still(mean, mean_next, tolerance) & _still(variance, variance_next, tolerance)
        if settled.all():
            break
        mean = np.where(settled, mean, mean_next)
        variance = np.where(settled, variance, variance_next)
    level = divide(np.nansum(o, axis=-1), np.nansum(e, axis=-1))
    squares = np.nansum((o - e * np.expand_dims(level, -1)) ** 2 / e, axis=-1)
    alike = (count > 1) & (squares <= level * (count - 1))
    settled &= count > 1
    mean = np.where(alike, level, np.where(settled, mean, np.nan))
    variance = np.where(alike, 0.0, np.where(settled, variance, np.nan))
    return drawn_in(o, e, mean, variance, confidence=confidence, method="clayton_kaldor")


def marshall(events: ArrayLike, base: ArrayLike, *, confidence: float = 0.95) -> PoissonGamma:
    """Return units' rates drawn towards the pooled rate, the prior's spread by moments.

    Never base a verdict on the shrunken value alone: show the own value too.

    Parameters
    ----------
    events, base
        Events and person-time (or expected events) per unit, on the last axis; a unit with no
        base or a NaN does not count.
    confidence
        Coverage of the limits, between 0 and 1.

    Raises
    ------
    MethodError
        If counts are impossible.

    References
    ----------
    Marshall RJ (1991), doi:10.2307/2347593.

    Examples
    --------
    >>> made = marshall([30, 18, 12, 24, 4], [20, 20, 20, 20, 5])
    >>> made.prior_mean.round(4), made.prior_variance.round(4), made.factor.round(2)
    (np.float64(1.0353), np.float64(0.0484), array([0.48, 0.48, 0.48, 0.48, 0.19]))
    """
    o, e = counted(events, base, where="marshall")
    total = np.nansum(e, axis=-1)
    mean = divide(np.nansum(o, axis=-1), total)
    count = (~np.isnan(o)).sum(axis=-1)
    seen = divide(np.nansum(e * (o / e - np.expand_dims(mean, -1)) ** 2, axis=-1), total)
    variance = seen - mean * divide(count, total)
    variance = np.where(count > 1, variance, np.nan)
    return drawn_in(o, e, mean, variance, confidence=confidence, method="marshall")


def drawn_in(
    events: FloatArray,
    base: FloatArray,
    mean: FloatArray,
    variance: FloatArray,
    *,
    confidence: float,
    method: str,
) -> PoissonGamma:
    """Return units drawn towards a gamma prior of this mean and variance, cut at 0."""
    critical(confidence)
    kept = np.maximum(variance, 0)
    m, v = np.expand_dims(mean, -1), np.expand_dims(kept, -1)
    factor = divide(base * v, base * v + m)
    own = events / base
    value = factor * own + (1 - factor) * m
    shape, rate = divide(mean**2, kept), divide(mean, kept)
    after, exposed = events + np.expand_dims(shape, -1), base + np.expand_dims(rate, -1)
    tail = (1 - confidence) / 2
    lower, upper = (gammaincinv(after, share) / exposed for share in (tail, 1 - tail))
    error = np.sqrt(after) / exposed
    made = Estimate(value, lower, upper, error, method, n=base)
    made = made.warned(Caution.AT_BOUND, (v == 0) & ~np.isnan(base))
    made = made.warned(Caution.NOT_CONVERGED, np.isnan(m) & ~np.isnan(base))
    return PoissonGamma(made, own, factor, mean, kept, shape, rate, variance)


def _mean(values: FloatArray, count: FloatArray) -> FloatArray:
    return divide(np.nansum(values, axis=-1), np.where(count > 0, count, np.nan))


def _still(before: FloatArray, after: FloatArray, tolerance: float) -> BoolArray:
    return np.asarray(np.abs(after - before) <= tolerance * (after + before))
