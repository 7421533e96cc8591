"""How long it takes until a share has been seen, and the mean wait within so many days."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    divide,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.waits.quantiles import probabilities
from equity_pipeline.statistics.waits.survival import WaitCurve, curve_limits

TIE = float(np.sqrt(np.finfo(np.float64).eps))  # a curve as near a level as this is at it


def days_until_seen(curve: WaitCurve, probability: ArrayLike) -> Estimate:
    """Return the days until shares of the waits have been seen (..., P), with limits.

    Parameters
    ----------
    curve
        From :func:`kaplan_meier`; its transform and coverage make the limits.
    probability
        Shares seen (P,), from 0 to 1: 0.5 for the median wait.

    Returns
    -------
    Estimate
        The day on which the curve falls past the share; the middle of the flat stretch where it
        lies on it exactly. NaN where so many were not seen before observation ended
        (NOT_REACHED): longer than the last day, not short. So for each limit.

    Raises
    ------
    MethodError
        If a probability is outside 0 to 1.

    References
    ----------
    Brookmeyer R, Crowley J (1982), Biometrics 38:29-41.

    Examples
    --------
    >>> from equity_pipeline.statistics.waits.counts import WaitCounts
    >>> from equity_pipeline.statistics.waits.survival import kaplan_meier
    >>> curve = kaplan_meier(WaitCounts([3, 7, 14], seen=[20, 30, 10], censored=[0, 5, 15]))
    >>> half = days_until_seen(curve, [0.5, 0.9])
    >>> half.value.tolist(), half.lower.tolist(), half.upper.tolist()
    ([7.0, nan], [7.0, nan], [7.0, nan])
    """
    p = probabilities(probability, where="days_until_seen")
    lower, upper = curve_limits(
        curve.share.value, curve.log_variance, curve.transform, curve.confidence
    )
    value, first, last = (_falls(curve, 1 - s, p) for s in (curve.share.value, lower, upper))
    made = Estimate(
        value,
        first,
        last,
        np.array(np.nan),
        f"kaplan_meier_quantile_{curve.transform}",
        n=curve.at_risk.max(axis=-1)[..., np.newaxis],
    )
    return made.warned(
        Caution.NOT_REACHED, np.isnan(value) & ~np.isnan(curve.last_day)[..., np.newaxis]
    )


def _falls(curve: WaitCurve, gone: FloatArray, p: FloatArray) -> FloatArray:
    """Return the days (..., P) at which the share gone passes p, mid-way where it is p."""
    start = np.zeros((*gone.shape[:-1], 1))
    level = np.concatenate([start, gone], axis=-1)[..., np.newaxis, :]
    days = np.concatenate([[0.0], curve.days])
    aim = p[:, np.newaxis]
    reached, passed = level >= aim - TIE, level >= aim + TIE
    at = days[np.argmax(reached, axis=-1)]
    # a curve that ends on the level is flat until the last day on which anybody was followed
    end = np.where(np.isnan(level[..., -1]), np.nan, curve.last_day[..., np.newaxis])
    after = np.where(passed.any(axis=-1), days[np.argmax(passed, axis=-1)], end)
    made = np.where(reached.any(axis=-1), (at + after) / 2, np.nan)
    return np.asarray(np.where(np.isnan(curve.last_day)[..., np.newaxis], np.nan, made))


def mean_wait(curve: WaitCurve, within: float) -> Estimate:
    """Return the mean days waited, no wait counted as longer than ``within`` (...).

    Parameters
    ----------
    curve
        From :func:`kaplan_meier`.
    within
        The most days that a wait may count, above 0: the area under the curve up to there.

    Returns
    -------
    Estimate
        NaN where nobody was followed for that long and not all had been seen (NOT_REACHED). If
        nobody was seen so soon, the value is ``within`` and the lower limit is as if those who
        may have been seen, by Wilson's limit, had not waited at all (AT_BOUND); without any
        spread to measure otherwise, limits are NaN.

    Raises
    ------
    MethodError
        If ``within`` is not above 0.

    References
    ----------
    Royston P, Parmar MKB (2013), BMC Medical Research Methodology 13:152.

    Examples
    --------
    >>> from equity_pipeline.statistics.waits.counts import WaitCounts
    >>> from equity_pipeline.statistics.waits.survival import kaplan_meier
    >>> curve = kaplan_meier(WaitCounts([3, 7, 14], seen=[20, 30, 10], censored=[0, 5, 15]))
    >>> mean = mean_wait(curve, 10)
    >>> round(float(mean.value), 3), round(float(mean.standard_error), 3)
    (7.125, 0.303)
    """
    require(
        bool(np.isfinite(within)) and within > 0,
        "A mean wait is asked for within no days.",
        where="mean_wait",
        mend="give a number of days above 0, such as 90",
    )
    edges = np.minimum(np.concatenate([[0.0], curve.days, [np.inf]]), within)
    wait = curve.share.value
    heights = np.concatenate([np.ones((*wait.shape[:-1], 1)), wait], axis=-1)
    area = heights * np.diff(edges)
    value = area.sum(axis=-1)
    beyond = np.cumsum(area[..., ::-1], axis=-1)[..., ::-1][..., 1:]
    n, d = curve.at_risk, curve.seen
    # the last seen leave no area behind them, so their endless variance does not count
    terms = np.where((d > 0) & (beyond > 0), beyond**2 * divide(d, n * (n - d)), 0)
    known = (curve.last_day >= within) | (wait[..., -1] == 0)
    error = np.sqrt(terms.sum(axis=-1))
    made = normal_estimate(
        value, np.where(error > 0, error, np.nan), confidence=curve.confidence, method="mean_within"
    ).where(known)
    return _if_nobody_was_seen(made, curve, within, known)


def _if_nobody_was_seen(
    made: Estimate, curve: WaitCurve, within: float, known: BoolArray
) -> Estimate:
    place = max(int(np.searchsorted(curve.days, within, side="left")) - 1, 0)
    nobody = known & (made.value == within)
    lower = np.where(nobody, within * curve.share.lower[..., place], made.lower)
    upper = np.where(nobody, within, made.upper)
    told = Estimate(
        made.value,
        np.maximum(lower, 0),
        np.minimum(upper, within),
        made.standard_error,
        made.method,
        n=curve.at_risk.max(axis=-1),
    )
    someone = ~np.isnan(curve.last_day)
    return told.warned(Caution.AT_BOUND, nobody).warned(Caution.NOT_REACHED, ~known & someone)
