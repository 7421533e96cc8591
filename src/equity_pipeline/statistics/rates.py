"""Events per person-time: events that come once, and repeat events or costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammainccinv, gammaincinv

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    log_estimate,
    require,
)
from equity_pipeline.statistics.reading import above_zero, together

EXACT_BELOW = 10  # Byar's approximation is poor for smaller counts


def rate(
    events: ArrayLike, person_time: ArrayLike, *, scale: float = 1.0, confidence: float = 0.95
) -> Estimate:
    """Return events per person-time x scale, by Byar from 10 events, exact below.

    For events that a person has at most once, or independently; for visits and other repeat
    events use :func:`ratio_of_sums`.

    Parameters
    ----------
    events, person_time
        Per stratum, not negative. ``person_time`` of 0, or NaN, gives NaN throughout.
    scale
        1000 for "per 1 000 person-years".
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        ``n`` is the person-time. Under 10 events strata are warned of (``FEW_EVENTS``).

    Raises
    ------
    MethodError
        If events or person-time are negative, or there are events in no time at all.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical methods in cancer research II, p. 69.
    Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> per_100 = rate([5, 65], 100, scale=100)
    >>> per_100.lower.round(4), per_100.upper.round(4), per_100.method
    (array([ 1.6235, 50.1632]), array([11.6683, 82.8491]), 'byar_exact')
    """
    x, time = together(events, person_time, where="rate")
    require_events(x, time, where="rate")
    low, high = poisson_limits(x, confidence=confidence)
    return _per_time(x, low, high, time, scale, "byar_exact")


def exact_rate(
    events: ArrayLike, person_time: ArrayLike, *, scale: float = 1.0, confidence: float = 0.95
) -> Estimate:
    """Return events per person-time x scale, with Garwood's exact limits at any count.

    Parameters
    ----------
    events, person_time, scale, confidence
        As in :func:`rate`.

    Raises
    ------
    MethodError
        If events or person-time are negative, or there are events in no time at all.

    References
    ----------
    Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> per_100 = exact_rate([0, 65], 100, scale=100)
    >>> per_100.lower.round(4), per_100.upper.round(4), per_100.method
    (array([ 0.    , 50.1656]), array([ 3.6889, 82.8478]), 'garwood')
    """
    x, time = together(events, person_time, where="exact_rate")
    require_events(x, time, where="exact_rate")
    low, high = garwood_limits(x, confidence=confidence)
    return _per_time(x, low, high, time, scale, "garwood")


def _per_time(
    x: FloatArray, low: FloatArray, high: FloatArray, time: FloatArray, scale: float, method: str
) -> Estimate:
    per = divide(above_zero(scale, where="rate, scale"), time)
    made = Estimate(x * per, low * per, high * per, np.sqrt(x) * per, method, time)
    return made.warned(Caution.FEW_EVENTS, (x < EXACT_BELOW) & (time > 0))


def require_events(events: FloatArray, person_time: FloatArray, *, where: str) -> None:
    """Raise :class:`MethodError` if counts cannot be events in that time; NaN passes.

    Parameters
    ----------
    events, person_time, where
        Counts and their time, of one shape; who asks, for messages.

    Examples
    --------
    >>> require_events(np.array(3.0), np.array(10.0), where="example")
    """
    require(
        ~((events < 0) | (person_time < 0) | ((person_time == 0) & (events > 0))),
        "Events or person-time are negative, or events have no person-time.",
        where=where,
        mend="check the numerator and the denominator of the indicator",
    )


def poisson_limits(events: FloatArray, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return limits for expected counts: Byar's from 10 events, Garwood's exact below.

    Parameters
    ----------
    events
        Counts, not negative; NaN passes.
    confidence
        Coverage of the interval, between 0 and 1.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical methods in cancer research II, p. 69.
    Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> low, high = poisson_limits(np.array([9.0, 10.0]), confidence=0.95)
    >>> low.round(3), high.round(3)
    (array([4.115, 4.787]), array([17.085, 18.391]))
    """
    few = events < EXACT_BELOW
    exact = garwood_limits(np.where(few, events, 0.0), confidence=confidence)
    byar = byar_limits(events, confidence=confidence)
    return np.where(few, exact[0], byar[0]), np.where(few, exact[1], byar[1])


def byar_limits(events: FloatArray, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return Byar's limits in the form of Breslow and Day (x below, x + 1 above).

    Other forms go by the same name: one with x + 1/2 in both limits is narrower.

    Parameters as in :func:`poisson_limits`.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical methods in cancer research II, p. 69.

    Examples
    --------
    >>> low, high = byar_limits(np.array(65.0), confidence=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (50.1632, 82.8491)
    """
    z = critical(confidence)
    low = np.where(events > 0, events, np.nan)
    high = events + 1
    lower = low * (1 - 1 / (9 * low) - z / (3 * np.sqrt(low))) ** 3
    upper = high * (1 - 1 / (9 * high) + z / (3 * np.sqrt(high))) ** 3
    return np.where(events == 0, 0.0, np.maximum(lower, 0)), upper


def garwood_limits(events: FloatArray, *, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the exact limits for expected counts, 0 below where there are no events.

    Parameters as in :func:`poisson_limits`.

    References
    ----------
    Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> low, high = garwood_limits(np.array([0.0, 1.0]), confidence=0.95)
    >>> low.round(4), high.round(4)
    (array([0.    , 0.0253]), array([3.6889, 5.5716]))
    """
    critical(confidence)  # refuses what is no coverage
    tail = (1 - confidence) / 2
    some = np.where(events > 0, events, np.nan)
    lower = np.where(events == 0, 0.0, gammaincinv(some, tail))
    return lower, np.asarray(gammainccinv(events + 1, tail), dtype=np.float64)


def ratio_of_sums(
    n: ArrayLike,
    d: ArrayLike,
    s: ArrayLike,
    ss: ArrayLike,
    sd: ArrayLike,
    dd: ArrayLike,
    *,
    scale: float = 1.0,
    confidence: float = 0.95,
) -> Estimate:
    """Return sum y / sum t x scale for repeat events or costs, with the variance over people.

    One person's visits are not independent, so the variance is that of a ratio estimator over
    people: ``(ss - 2 R sd + R^2 dd) / d^2 x n / (n - 1)``. Limits are made on the log scale.

    Parameters
    ----------
    n, d, s, ss, sd, dd
        People, sum t, sum y, sum y^2, sum y t, sum t^2 per stratum.
    scale
        1000 for "per 1 000 person-years".
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        NaN throughout where ``d`` is 0; NaN limits where ``n < 2``, people are all alike or the
        ratio is not above 0: they say nothing about the spread between people.

    Raises
    ------
    MethodError
        If ``n`` or ``d`` is negative.

    References
    ----------
    Cochran WG (1977), Sampling techniques, 3rd ed., section 6.4.
    Stukel TA, Glynn RJ, Fisher ES et al. (1994), Statistics in Medicine 13:1781-1791.

    Examples
    --------
    >>> visits = ratio_of_sums(n=4, d=4, s=8, ss=24, sd=8, dd=4)
    >>> float(visits.value), round(float(visits.standard_error), 4)
    (2.0, 0.8165)
    """
    count, time, total, *squares = together(n, d, s, ss, sd, dd, where="ratio_of_sums")
    require(
        ~((count < 0) | (time < 0)),
        "There are fewer than no people, or negative person-time.",
        where="ratio_of_sums",
        mend="check the denominator of the indicator",
    )
    per = above_zero(scale, where="ratio_of_sums, scale")
    value = divide(total, time)
    residual = residual_squares(value, *squares)
    variance = residual * divide(count, (count - 1) * time**2)
    alike = residual <= 1e-13 * squares[0]  # what rounding alone leaves of equal people
    error = np.sqrt(np.where(count > 1, variance, np.nan))
    made = log_estimate(value * per, error * per, confidence=confidence, method="ratio_of_sums")
    lower, upper = (np.where(alike, np.nan, limit) for limit in (made.lower, made.upper))
    few = (count == 1) | (alike & (count > 0) & (value > 0))
    return replace(made, lower=lower, upper=upper, n=count).warned(Caution.FEW_PEOPLE, few)


def residual_squares(
    ratio: FloatArray, ss: FloatArray, sd: FloatArray, dd: FloatArray
) -> FloatArray:
    """Return sum (y - ratio t)^2 from the sums of squares and products, never below 0.

    Parameters
    ----------
    ratio
        sum y / sum t per stratum.
    ss, sd, dd
        sum y^2, sum y t and sum t^2 per stratum.

    Raises
    ------
    MethodError
        If no people could have such sums: they would make the spread less than nothing.

    References as in :func:`ratio_of_sums`.

    Examples
    --------
    >>> float(residual_squares(*np.array([2.0, 24.0, 8.0, 4.0])))
    8.0
    """
    own, shared = ss + ratio**2 * dd, 2 * ratio * sd
    require(
        ~((ss < 0) | (dd < 0) | (own - shared < -1e-9 * (np.abs(own) + np.abs(shared)))),
        "Sums of squares are negative, or less than the sums of products allow.",
        where="sums of squares",
        mend="check that all sums were made over the same people",
    )
    return np.maximum(own - shared, 0)
