"""Indirect standardisation: events observed beside those expected at the reference's rates.

Two indirectly standardised ratios are not comparable with one another: each weighs the strata
by its own people, so two units with the same rates in every stratum may differ in their ratios.
Each is comparable with the reference only; to compare units, standardise directly.
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
)
from equity_pipeline.statistics.rates import (
    EXACT_BELOW,
    garwood_limits,
    poisson_limits,
    require_events,
)
from equity_pipeline.statistics.reading import above_zero, numbers, together


def reference_rates(events: ArrayLike, person_time: ArrayLike) -> FloatArray:
    """Return the reference population's rate in each stratum, NaN where it has no time.

    Parameters
    ----------
    events, person_time
        Of the reference population, per stratum, not negative.

    Raises
    ------
    MethodError
        If events or person-time are negative, or there are events in no time at all.

    Examples
    --------
    >>> reference_rates([10, 30], [1000, 1000])
    array([0.01, 0.03])
    """
    x, time = together(events, person_time, where="reference_rates")
    require_events(x, time, where="reference_rates")
    return divide(x, time)


def expected_events(
    person_time: ArrayLike, reference_rate: ArrayLike, *, axis: int = -1
) -> FloatArray:
    """Return the events that each unit would have at the reference's rates.

    Parameters
    ----------
    person_time
        Per stratum (along ``axis``) and, in the other axes, per unit, not negative.
    reference_rate
        Events per the same person-time in the reference population, per stratum.
    axis
        Where the strata lie; they are summed over.

    Returns
    -------
    ndarray
        NaN for a unit that has people where the reference has none, or whose people are not
        known (NaN).

    Raises
    ------
    MethodError
        If person-time or a rate is negative or infinite.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical methods in cancer research II, chapter 2.

    Examples
    --------
    >>> expected_events([[100, 200], [300, 0]], [0.01, 0.03])
    array([7., 3.])
    """
    time, rate = (
        np.moveaxis(array, axis, -1)
        for array in together(person_time, reference_rate, where="expected_events")
    )
    require(
        ~((time < 0) | (rate < 0)),
        "Person-time or a reference rate is negative.",
        where="expected_events",
        mend="give each stratum its people and the reference's events per person",
    )
    return np.asarray(np.where(time == 0, 0.0, time * rate).sum(axis=-1))


def indirect_ratio(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    offset: ArrayLike = 0.0,
    scale: ArrayLike = 1.0,
    exact: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Return indirectly standardised ratios: observed over expected events, x scale.

    Two such ratios are not comparable with one another, only each with the reference.

    Parameters
    ----------
    observed
        Events per unit, not negative.
    expected
        Events expected at the reference's rates (:func:`expected_events`), above 0; taken as
        known without error. 0 or NaN gives NaN throughout.
    offset
        Events among the observed that are known and not of the population studied (a fixed
        background), per unit; taken off the observed and its limits.
    scale
        100 for "reference = 100".
    exact
        Garwood's exact limits at any count; otherwise Byar's from 10 events.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Units with fewer than 10 observed events are warned of (``FEW_EVENTS``), those whose
        lower limit the offset would take below 0 too (``CUT_AT_BOUND``).

    Raises
    ------
    MethodError
        If observed or expected events are negative or infinite, or an offset lies outside the
        observed events.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical methods in cancer research II, p. 69.
    Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> ratio = indirect_ratio([0, 60], [3.1, 50])
    >>> ratio.value, ratio.lower.round(3), ratio.upper.round(3)
    (array([0. , 1.2]), array([0.   , 0.916]), array([1.19 , 1.545]))
    """
    per = above_zero(scale, where="indirect_ratio, scale")
    x, e, known, per = together(observed, expected, offset, per, where="indirect_ratio")
    require(
        ~((x < 0) | (e < 0)),
        "Observed or expected events are negative.",
        where="indirect_ratio",
        mend="check the numerator, and the reference's rates",
    )
    require(
        ~((known < 0) | (known > x) | (np.isnan(known) & ~np.isnan(x))),
        "An offset is missing, negative, or more than the observed events.",
        where="indirect_ratio, offset",
        mend="give the known events among the observed ones, 0 where there are none",
    )
    low, high = (garwood_limits if exact else poisson_limits)(x, confidence=confidence)
    per = divide(per, e)
    lower, upper = np.maximum(low - known, 0) * per, (high - known) * per
    method = "indirect_garwood" if exact else "indirect_byar_exact"
    made = Estimate((x - known) * per, lower, upper, np.sqrt(x) * per, method)
    made = made.warned(Caution.FEW_EVENTS, (x < EXACT_BELOW) & (e > 0))
    return made.warned(Caution.CUT_AT_BOUND, (low < known) & (e > 0))


def indirect_rate(
    observed: ArrayLike,
    expected: ArrayLike,
    reference_rate: ArrayLike,
    *,
    offset: ArrayLike = 0.0,
    scale: ArrayLike = 1.0,
    exact: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Return indirectly standardised rates: the ratio times the reference's crude rate, x scale.

    Two such rates are not comparable with one another, only each with the reference's.

    Parameters
    ----------
    observed, expected, offset, exact, confidence
        As in :func:`indirect_ratio`.
    reference_rate
        Crude rate of the whole reference population, not negative.
    scale
        1000 for "per 1 000 person-years".

    Raises
    ------
    MethodError
        As in :func:`indirect_ratio`, or if the reference's rate is negative or infinite.

    References
    ----------
    Breslow NE, Day NE (1987), Statistical methods in cancer research II, p. 69.

    Examples
    --------
    >>> rate = indirect_rate(60, 50, 0.02, scale=1000)
    >>> float(rate.value), round(float(rate.lower), 2), round(float(rate.upper), 2)
    (24.0, 18.31, 30.89)
    """
    crude = numbers(reference_rate, where="indirect_rate, reference_rate")
    require(
        ~(crude < 0),
        "The reference's rate is negative.",
        where="indirect_rate, reference_rate",
        mend="give all the reference's events over all its person-time",
    )
    ratio = indirect_ratio(
        observed, expected, offset=offset, scale=scale, exact=exact, confidence=confidence
    )
    sides = (ratio.value, ratio.lower, ratio.upper, ratio.standard_error, crude)
    value, lower, upper, error, per = together(*sides, where="indirect_rate")
    made = Estimate(value * per, lower * per, upper * per, error * per, ratio.method, ratio.n)
    for caution, concerned in ratio.warnings.items():
        made = made.warned(caution, concerned)
    return made
