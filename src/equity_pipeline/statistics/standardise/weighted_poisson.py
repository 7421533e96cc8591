"""Limits of weighted sums of counts - standardised rates - by Dobson, and by Fay and Feuer."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from scipy.special import gammainccinv, gammaincinv

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution, Estimate, FloatArray, critical, divide
from equity_pipeline.statistics.rates import EXACT_BELOW, poisson_limits
from equity_pipeline.statistics.reading import above_zero
from equity_pipeline.statistics.standardise.weights import dot, people_in_use, weigh


class RateLimits(StrEnum):
    """How the limits of a standardised rate are made.

    ``dobson_fay_feuer`` is Dobson's from ten events and Fay and Feuer's below; the other two
    hold at any count. With no events at all Dobson's limits have no width: there, Fay and
    Feuer's stand in under every choice.
    """

    DOBSON_FAY_FEUER = "dobson_fay_feuer"
    DOBSON = "dobson"
    FAY_FEUER = "fay_feuer"


def rate_limits(choice: str) -> RateLimits:
    """Return the choice as a :class:`RateLimits`, or say which there are.

    Raises
    ------
    MethodError
        If there is no such choice.

    Examples
    --------
    >>> rate_limits("dobson").value
    'dobson'
    """
    try:
        return RateLimits(choice)
    except ValueError:
        raise MethodError(
            f"{choice!r} is no way to make the limits of a standardised rate.",
            where="standardised rate, limits",
            mend="choose one of " + ", ".join(RateLimits),
        ) from None


def weighted_rate(
    events: FloatArray,
    squares: FloatArray,
    time: FloatArray,
    weights: FloatArray,
    *,
    scale: float,
    limits: str,
    confidence: float,
) -> Estimate:
    """Return standardised rates of counts, the standard strata along the last axis.

    Parameters
    ----------
    events, squares, time
        Counts, their variances (the counts themselves where events are independent, the sums of
        squares over people where not) and person-time, all of one shape.
    weights
        Standard population, of the same shape; normalised here.
    scale, limits, confidence
        As in ``standardise.direct_rate``.

    Examples
    --------
    >>> cells = np.array([30.0, 50.0]), np.array([30.0, 50.0]), np.array([100.0, 80.0])
    >>> made = weighted_rate(*cells, np.ones(2), scale=100, limits="dobson", confidence=0.95)
    >>> round(float(made.value), 2), round(float(made.lower), 2), round(float(made.upper), 2)
    (46.25, 36.62, 57.62)
    """
    choice, scale = rate_limits(limits), float(above_zero(scale, where="standardised rate, scale"))
    rates = divide(events, time)
    chosen = weigh(rates, weights)
    value = np.where(chosen.enough, dot(chosen.weights, rates), np.nan)
    variance = np.where(chosen.enough, dot(chosen.weights**2, divide(squares, time**2)), np.nan)
    total = np.where(chosen.weights > 0, events, 0).sum(axis=-1)
    largest = np.nan_to_num(divide(chosen.weights, time)).max(axis=-1)
    lower, upper = weighted_limits(
        value, variance, total, largest, limits=choice, confidence=confidence
    )
    error, n = np.sqrt(variance) * scale, people_in_use(time, chosen)
    method = choice.value + chosen.suffix
    made = Estimate(value * scale, lower * scale, upper * scale, error, method, n)
    few = made.warned(Caution.FEW_EVENTS, chosen.enough & (total < EXACT_BELOW))
    return few.warned(Caution.LEFT_OUT, chosen.left_out)


def weighted_limits(
    value: FloatArray,
    variance: FloatArray,
    events: FloatArray,
    largest: FloatArray,
    *,
    limits: RateLimits,
    confidence: float,
) -> tuple[FloatArray, FloatArray]:
    """Return limits of weighted sums of counts.

    Parameters
    ----------
    value, variance
        The weighted sums and their variances.
    events
        Counts behind each sum.
    largest
        The largest weight of one event: what one more event at the worst place would add.
    limits
        Which limits; see :class:`RateLimits`.
    confidence
        Coverage of the interval, between 0 and 1.

    References
    ----------
    Dobson AJ, Kuulasmaa K, Eberle E, Scherer J (1991), Statistics in Medicine 10:457-462.
    Fay MP, Feuer EJ (1997), Statistics in Medicine 16:791-801.

    Examples
    --------
    >>> four = np.array(0.04), np.array(0.0004), np.array(4.0), np.array(0.01)
    >>> low, high = weighted_limits(*four, limits=RateLimits.FAY_FEUER, confidence=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0109, 0.1024)
    """
    gamma = fay_feuer_limits(value, variance, largest, confidence=confidence)
    dobson = dobson_limits(value, np.sqrt(variance), events, confidence=confidence)
    below = {
        RateLimits.DOBSON_FAY_FEUER: float(EXACT_BELOW),
        RateLimits.DOBSON: np.nextafter(0.0, 1.0),
        RateLimits.FAY_FEUER: np.inf,
    }[rate_limits(limits)]
    few = events < below
    return np.where(few, gamma[0], dobson[0]), np.where(few, gamma[1], dobson[1])


def dobson_limits(
    value: FloatArray, error: FloatArray, events: FloatArray, *, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the count's own limits stretched to the standard error; NaN with no events.

    References
    ----------
    Dobson AJ, Kuulasmaa K, Eberle E, Scherer J (1991), Statistics in Medicine 10:457-462.

    Examples
    --------
    >>> twenty = np.array(2.0), np.array(0.5), np.array(20.0)
    >>> low, high = dobson_limits(*twenty, confidence=0.95)
    >>> round(float(low), 3), round(float(high), 3)
    (1.129, 3.218)
    """
    low, high = poisson_limits(events, confidence=confidence)
    per = error / np.sqrt(np.where(events > 0, events, np.nan))
    return value + per * (low - events), value + per * (high - events)


def fay_feuer_limits(
    value: FloatArray, variance: FloatArray, largest: FloatArray, *, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return the gamma limits; at no events the lower one is 0.

    References
    ----------
    Fay MP, Feuer EJ (1997), Statistics in Medicine 16:791-801.

    Examples
    --------
    >>> low, high = fay_feuer_limits(*np.array([0.0, 0.0, 0.01]), confidence=0.95)
    >>> round(float(low), 4), round(float(high), 4)
    (0.0, 0.0369)
    """
    critical(confidence)  # refuses what is no coverage
    tail = (1 - confidence) / 2
    some = np.where(value > 0, value, np.nan)
    shape = divide(some**2, np.where(value > 0, variance, 1.0))
    lower = np.where(value == 0, 0.0, gammaincinv(shape, tail) * divide(variance, some))
    mean, spread = value + largest, variance + largest**2
    upper = gammainccinv(divide(mean**2, spread), tail) * divide(spread, mean)
    return lower, upper
