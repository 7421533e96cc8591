"""The share still waiting after each number of days, when some waits have not ended.

People still waiting, and people who gave up, are censored: they count as waiting for as long as
they are known to wait. Leaving them out would show only the shorter waits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

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
from equity_pipeline.statistics.waits.counts import WaitCounts

Transform = Literal["log-log", "log", "plain", "logit", "arcsin"]


@dataclass(frozen=True, slots=True)
class WaitCurve:
    """Kaplan and Meier's curve of the share still waiting, groups on the leading axes.

    Attributes
    ----------
    days
        Days (T,) on which the curve may fall.
    at_risk, seen
        Waits followed at the beginning of each day, and seen on it (..., T).
    share
        Share that waits longer than each day (..., T), with Greenwood's error.
    log_variance
        Greenwood's sum: the variance of the logarithm of the share (..., T).
    last_day
        Last day on which anybody was followed (...); NaN for groups without waits.
    transform, confidence
        How the limits were made.
    """

    days: FloatArray
    at_risk: FloatArray
    seen: FloatArray
    share: Estimate
    log_variance: FloatArray
    last_day: FloatArray
    transform: Transform
    confidence: float


def kaplan_meier(
    counts: WaitCounts, *, transform: Transform = "log-log", confidence: float = 0.95
) -> WaitCurve:
    """Return the share still waiting after each day, with limits.

    Parameters
    ----------
    counts
        Seen and censored waits per day, one or more groups; late entry is taken account of.
    transform
        Scale on which limits are symmetric; ``log-log`` keeps them within 0 and 1.
    confidence
        Coverage of the pointwise intervals, between 0 and 1.

    Returns
    -------
    WaitCurve
        Before anybody is seen, and after the last one is, Greenwood's variance says nothing: a
        limit is then Wilson's for none of those followed that day (AT_BOUND).

    Raises
    ------
    MethodError
        If the transform or the coverage is unknown.

    References
    ----------
    Kaplan EL, Meier P (1958), Journal of the American Statistical Association 53:457-481.
    Kalbfleisch JD, Prentice RL (2002), The statistical analysis of failure time data, 2nd ed.

    Examples
    --------
    >>> curve = kaplan_meier(WaitCounts([3, 7, 14], seen=[20, 30, 10], censored=[0, 5, 15]))
    >>> curve.share.value.round(3), curve.share.lower.round(3), curve.share.upper.round(3)
    (array([0.75 , 0.375, 0.225]), array([0.64 , 0.27 , 0.137]), array([0.831, 0.479, 0.326]))
    """
    require(
        transform in get_args(Transform),
        f"{transform!r} is no scale for the limits of a curve.",
        where="kaplan_meier",
        mend=f"use one of {', '.join(get_args(Transform))}",
    )
    n, d = counts.at_risk, counts.seen
    stays = np.where(n > 0, 1 - d / np.where(n > 0, n, 1), 1.0)
    none = np.where((n > 0).any(axis=-1, keepdims=True), 0.0, np.nan)
    terms = np.where(d == 0, 0.0, divide(d, n * (n - d)))
    value = np.asarray(np.cumprod(stays, axis=-1) + none, dtype=np.float64)
    variance = np.asarray(np.cumsum(terms, axis=-1) + none, dtype=np.float64)
    lower, upper = curve_limits(value, variance, transform, confidence)
    error, method = value * np.sqrt(variance), f"kaplan_meier_{transform}"
    share = Estimate(value, lower, upper, error, method, n=n)
    last = np.where(n > 0, counts.days, -np.inf).max(axis=-1)
    return WaitCurve(
        days=counts.days,
        at_risk=n,
        seen=d,
        share=_with_bounds(share, d, confidence),
        log_variance=variance,
        last_day=np.where(np.isinf(last), np.nan, last),
        transform=transform,
        confidence=confidence,
    )


def curve_limits(
    share: FloatArray, log_variance: FloatArray, transform: Transform, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return pointwise limits; NaN where the transform is endless (shares of 0, often of 1)."""
    z = critical(confidence)
    s = np.where(share > 0, share, np.nan)
    inner = np.where(s < 1, s, np.nan)
    reach = z * np.sqrt(log_variance)
    if transform == "plain":
        return np.maximum(s * (1 - reach), 0), np.minimum(s * (1 + reach), 1)
    if transform == "log":
        return s * np.exp(-reach), np.minimum(s * np.exp(reach), 1)
    if transform == "log-log":
        bend = np.exp(reach / -np.log(inner))
        return inner**bend, inner ** (1 / bend)
    if transform == "logit":
        odds, factor = inner / (1 - inner), np.exp(reach / (1 - inner))
        return odds / (odds + factor), odds * factor / (1 + odds * factor)
    angle, turn = np.arcsin(np.sqrt(inner)), reach / 2 * np.sqrt(inner / (1 - inner))
    lower, upper = np.maximum(angle - turn, 0), np.minimum(angle + turn, np.pi / 2)
    return np.sin(lower) ** 2, np.sin(upper) ** 2


def _with_bounds(share: Estimate, seen: FloatArray, confidence: float) -> Estimate:
    """Return the curve with Wilson's one-sided limits where it is at 1 or at 0."""
    z2 = critical(confidence) ** 2
    n = np.where(share.n > 0, share.n, np.nan)
    all_wait, none_wait = share.value == 1, share.value == 0
    one = np.ones(n.shape)
    least = np.where(all_wait, _carried(n / (n + z2), ~np.isnan(n)), share.lower)
    # the upper limit before the last was seen, times what none of the last may still mean
    before = np.concatenate([one[..., :1], np.where(none_wait, np.nan, share.upper)], -1)
    before = np.where(np.isnan(before), 1, before)[..., :-1]
    fall = none_wait & (seen > 0)
    most = _carried(np.where(fall, before * z2 / (n + z2), np.nan), fall)
    return replace(
        share,
        lower=np.where(none_wait, 0, least),
        upper=np.where(all_wait, 1, np.where(none_wait, most, share.upper)),
    ).warned(Caution.AT_BOUND, all_wait | none_wait)


def _carried(values: FloatArray, told: BoolArray) -> FloatArray:
    """Return values (..., T) with the last one told carried on; NaN before the first."""
    place = np.maximum.accumulate(np.where(told, np.arange(values.shape[-1]), -1), axis=-1)
    found = np.take_along_axis(values, np.maximum(place, 0), axis=-1)
    return np.asarray(np.where(place >= 0, found, np.nan))


def still_waiting(curve: WaitCurve, days: ArrayLike) -> Estimate:
    """Return the share that waits longer than each of some numbers of days (..., K).

    Parameters
    ----------
    curve
        From :func:`kaplan_meier`.
    days
        Numbers of days (K,), 0 or more.

    Returns
    -------
    Estimate
        NaN where nobody was followed for that long, unless everybody had been seen
        (NOT_REACHED). ``n`` is how many were followed at the beginning of that day.

    Raises
    ------
    MethodError
        If a number of days is negative or missing.

    References
    ----------
    Kaplan EL, Meier P (1958), Journal of the American Statistical Association 53:457-481.

    Examples
    --------
    >>> curve = kaplan_meier(WaitCounts([3, 7, 14], seen=[20, 30, 10], censored=[0, 5, 15]))
    >>> still_waiting(curve, [0, 7, 30]).value.round(3)
    array([1.   , 0.375,   nan])
    """
    asked = days_asked(days, where="still_waiting")
    at = np.searchsorted(curve.days, asked, side="right") - 1
    start, place = at < 0, np.maximum(at, 0)
    n = curve.at_risk[..., place]
    z2 = critical(curve.confidence) ** 2
    made = curve.share
    known = (asked <= curve.last_day[..., np.newaxis]) | (made.value[..., place] == 0)
    # before the first day nobody has been seen: the limits are those of none of the followed
    first = curve.at_risk.max(axis=-1, keepdims=True)
    picked = Estimate(
        np.where(start, 1, made.value[..., place]),
        np.where(start, divide(first, first + z2), made.lower[..., place]),
        np.where(start, 1, made.upper[..., place]),
        np.where(start, 0, made.standard_error[..., place]),
        made.method,
        n=n,
    )
    everybody = ~np.isnan(curve.last_day[..., np.newaxis])
    bound = (picked.value == 1) | (picked.value == 0)
    told = picked.where(known & everybody).warned(Caution.AT_BOUND, bound & known & everybody)
    return told.warned(Caution.NOT_REACHED, ~known & everybody)


def seen_within(curve: WaitCurve, days: ArrayLike) -> Estimate:
    """Return the share seen within each of some numbers of days (..., K): 3 for the guarantee.

    Parameters, values that are NaN, errors and references as in :func:`still_waiting`.

    Examples
    --------
    >>> curve = kaplan_meier(WaitCounts([3, 7, 14], seen=[20, 30, 10], censored=[0, 5, 15]))
    >>> soon = seen_within(curve, 3)
    >>> [round(float(x), 3) for x in (soon.value[0], soon.lower[0], soon.upper[0])]
    [0.25, 0.169, 0.36]
    """
    wait = still_waiting(curve, days)
    return replace(wait, value=1 - wait.value, lower=1 - wait.upper, upper=1 - wait.lower)


def days_asked(days: ArrayLike, *, where: str) -> FloatArray:
    """Return numbers of days (K,), finite and not negative."""
    asked = np.atleast_1d(numbers(days, where=where))
    require(
        asked.ndim == 1 and bool((np.isfinite(asked) & (asked >= 0)).all()),
        "A share is asked for at no number of days.",
        where=where,
        mend="give numbers of days, 0 or more",
    )
    return asked
