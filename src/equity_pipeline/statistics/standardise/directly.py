"""Direct standardisation: what the value would be with everybody's mix of ages and sexes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    divide,
    log_estimate,
    normal_estimate,
    require,
    require_counts,
)
from equity_pipeline.statistics.proportions import wilson_limits
from equity_pipeline.statistics.rates import require_events, residual_squares
from equity_pipeline.statistics.reading import above_zero, together
from equity_pipeline.statistics.standardise.weighted_poisson import (
    RateLimits,
    dobson_limits,
    weighted_rate,
)
from equity_pipeline.statistics.standardise.weights import (
    ESP2013,
    dot,
    esp2013,
    own_region,
    people_in_use,
    weigh,
)

__all__ = [
    "ESP2013",
    "RateLimits",
    "direct",
    "direct_mean",
    "direct_proportion",
    "direct_rate",
    "esp2013",
    "own_region",
]


def _last(axis: int, *values: ArrayLike, where: str) -> list[FloatArray]:
    return [np.moveaxis(np.atleast_1d(a), axis, -1) for a in together(*values, where=where)]


def direct(
    value: ArrayLike,
    variance: ArrayLike,
    weights: ArrayLike,
    *,
    axis: int = -1,
    events: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return weighted means of stratum values, with limits from their variances.

    Parameters
    ----------
    value, variance
        Per standard stratum (along ``axis``) and, in the other axes, per group.
    weights
        Standard population per stratum; need not sum to 1.
    axis
        Where the standard strata lie.
    events
        Counts behind the values: limits are then Dobson's (method ``dobson``), else normal
        (method ``direct``).
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Strata without a value that hold at most 5 % of the weight are left out and the rest
        renormalised (the method ends in ``_renormalised`` if that happened in any group);
        where they hold more, NaN. Groups that were renormalised are warned of (``LEFT_OUT``).
        With no events Dobson's limits are NaN.

    Raises
    ------
    MethodError
        If a weight is negative or missing, or all are 0.

    References
    ----------
    Dobson AJ, Kuulasmaa K, Eberle E, Scherer J (1991), Statistics in Medicine 10:457-462.

    Examples
    --------
    >>> std = direct([0.1, 0.3], [0.0004, 0.0009], [3, 1])
    >>> round(float(std.value), 3), round(float(std.standard_error), 5), std.method
    (0.15, 0.01677, 'direct')
    """
    y, v, w = _last(axis, value, variance, weights, where="direct")
    x = np.zeros_like(y) if events is None else _last(axis, events, value, where="direct")[0]
    require(
        ~((v < 0) | (x < 0)),
        "A variance or a number of events is negative.",
        where="direct",
        mend="give squared standard errors, and counts",
    )
    chosen = weigh(y, w)
    centre = np.where(chosen.enough, dot(chosen.weights, y), np.nan)
    error = np.sqrt(np.where(chosen.enough, dot(chosen.weights**2, v), np.nan))
    if events is None:
        method = "direct" + chosen.suffix
        made = normal_estimate(centre, error, confidence=confidence, method=method)
        return made.warned(Caution.LEFT_OUT, chosen.left_out)
    total = np.where(chosen.weights > 0, x, 0).sum(axis=-1)
    lower, upper = dobson_limits(centre, error, total, confidence=confidence)
    made = Estimate(centre, lower, upper, error, "dobson" + chosen.suffix)
    return made.warned(Caution.LEFT_OUT, chosen.left_out)


def direct_proportion(
    s: ArrayLike, d: ArrayLike, weights: ArrayLike, *, axis: int = -1, confidence: float = 0.95
) -> Estimate:
    """Return directly standardised shares, with Wilson's limits at the effective sample size.

    The effective size is that of the simple sample with the same standard error; where no
    stratum varies (0 % or 100 %) it is ``1 / sum(w^2 / d)``. Limits stay within 0 and 1.

    Parameters
    ----------
    s, d
        Events and people per standard stratum (along ``axis``), ``0 <= s <= d``.
    weights, axis, confidence
        As in :func:`direct`, also for strata with nobody in them.

    Raises
    ------
    MethodError
        If counts cannot be shares, or a weight is negative or missing.

    References
    ----------
    Korn EL, Graubard BI (1998), Survey Methodology 24:193-201.

    Examples
    --------
    >>> low = direct_proportion([1800, 960, 510], [2400, 1200, 600], [0.42, 0.32, 0.26])
    >>> round(float(low.value), 4), round(float(low.standard_error), 6)
    (0.792, 0.006465)
    """
    x, n, w = _last(axis, s, d, weights, where="direct_proportion")
    require_counts(x, n, where="direct_proportion")
    share = divide(x, n)
    plain = direct(share, share * divide(1 - share, n), w, confidence=confidence)
    chosen = weigh(share, w)
    spread = dot(chosen.weights**2, divide(1.0, n))
    within = plain.value * (1 - plain.value)
    varies = plain.standard_error > 0
    size = np.where(varies, divide(within, plain.standard_error**2), divide(1.0, spread))
    lower, upper = wilson_limits(plain.value, size, confidence=confidence)
    method = "wilson_effective_size" + chosen.suffix
    made = Estimate(
        plain.value, lower, upper, plain.standard_error, method, people_in_use(n, chosen)
    )
    return made.warned(Caution.LEFT_OUT, chosen.left_out)


def direct_rate(
    s: ArrayLike,
    d: ArrayLike,
    weights: ArrayLike,
    *,
    scale: float = 1.0,
    axis: int = -1,
    limits: str = RateLimits.DOBSON_FAY_FEUER,
    confidence: float = 0.95,
) -> Estimate:
    """Return directly standardised rates: Dobson's limits, Fay and Feuer's under 10 events.

    Parameters
    ----------
    s, d
        Events and person-time per standard stratum (along ``axis``), not negative. Events of
        which one person may have several are for :func:`repeats.direct_repeat_rate`.
    weights, axis, confidence
        As in :func:`direct`.
    limits
        ``dobson_fay_feuer``, or one of the two at any count: ``dobson``, ``fay_feuer``.
    scale
        1000 for "per 1 000 person-years".

    Returns
    -------
    Estimate
        ``n`` is the person-time. Groups under 10 events are warned of (``FEW_EVENTS``), never
        deleted; with no events the lower limit is 0 and the upper one Fay and Feuer's.

    Raises
    ------
    MethodError
        If events or person-time are negative, a weight is negative or missing, all weights are
        0, or there is no such choice of limits.

    References
    ----------
    Dobson AJ et al. (1991), Statistics in Medicine 10:457-462.
    Fay MP, Feuer EJ (1997), Statistics in Medicine 16:791-801.

    Examples
    --------
    >>> std = direct_rate([[30, 50], [0, 0]], [[100, 80], [100, 80]], [1, 1], scale=100)
    >>> std.value, std.lower.round(2), std.upper.round(2)
    (array([46.25,  0.  ]), array([36.62,  0.  ]), array([57.62,  2.31]))
    """
    x, time, w = _last(axis, s, d, weights, where="direct_rate")
    require_events(x, time, where="direct_rate")
    return weighted_rate(x, x, time, w, scale=scale, limits=limits, confidence=confidence)


def direct_mean(
    n: ArrayLike,
    d: ArrayLike,
    s: ArrayLike,
    ss: ArrayLike,
    sd: ArrayLike,
    dd: ArrayLike,
    weights: ArrayLike,
    *,
    scale: float = 1.0,
    axis: int = -1,
    confidence: float = 0.95,
) -> Estimate:
    """Return directly standardised means or repeat-event rates, with limits on the log scale.

    The stratum values are ratios of sums (see ``rates.ratio_of_sums``). A stratum with one
    person has no spread of its own; it is given the group's spread over the other strata.

    Parameters
    ----------
    n, d, s, ss, sd, dd
        People, sum t, sum y, sum y^2, sum y t, sum t^2 per standard stratum (along ``axis``);
        for means per row t is 1, so ``d = dd = n`` and ``sd = s``.
    weights, axis, confidence
        As in :func:`direct`.
    scale
        1000 for "per 1 000 person-years".

    Returns
    -------
    Estimate
        NaN limits where the value is not above 0 or nobody's spread is known.

    Raises
    ------
    MethodError
        If ``n`` or ``d`` is negative, or a weight is negative or missing.

    References
    ----------
    Cochran WG (1977), Sampling techniques, 3rd ed., sections 5.3 and 6.4.

    Examples
    --------
    >>> cells = dict(n=[4, 2], d=[4, 2], s=[8, 10], ss=[24, 52], sd=[8, 10], dd=[4, 2])
    >>> std = direct_mean(**cells, weights=[1, 1])
    >>> round(float(std.value), 2), round(float(std.standard_error), 4)
    (3.5, 0.6455)
    """
    sums = _last(axis, n, d, s, ss, sd, dd, weights, where="direct_mean")
    count, time, total, s2, st, t2, w = sums
    per = above_zero(scale, where="direct_mean, scale")
    require(
        ~((count < 0) | (time < 0)),
        "There are fewer than no people, or negative person-time.",
        where="direct_mean",
        mend="check the denominator of the indicator",
    )
    value = divide(total, time)
    residual = residual_squares(value, s2, st, t2)
    freedom = np.maximum(count - 1, 0)
    pooled = divide(np.nansum(residual, axis=-1), freedom.sum(axis=-1))[..., np.newaxis]
    spread = np.where(count > 1, divide(residual, np.where(count > 1, freedom, 1)), pooled)
    made = direct(value, spread * divide(count, time**2), w, confidence=confidence)
    # groups in which nobody differs say nothing about the spread
    varies = (residual > 1e-13 * s2).any(axis=-1)
    method = "direct_ratio_of_sums" + made.method.removeprefix("direct")
    onlog = log_estimate(
        made.value * per, made.standard_error * per, confidence=confidence, method=method
    )
    lower, upper = (np.where(varies, limit, np.nan) for limit in (onlog.lower, onlog.upper))
    onlog = replace(onlog, lower=lower, upper=upper)
    return replace(onlog, n=people_in_use(count, weigh(value, w)), warnings=made.warnings)
