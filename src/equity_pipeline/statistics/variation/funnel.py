"""Funnels: who strays further from a target than chance alone lets units of a size; no ranking."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate, FloatArray, arrays, divide, require
from equity_pipeline.statistics.reading import numbers, together
from equity_pipeline.statistics.variation.limits import Form, Kind, funnel_limits


@dataclass(frozen=True, slots=True)
class Funnel:
    """Units' values beside two sets of limits about one target.

    Attributes
    ----------
    value
        Events per base of each unit, NaN where the base is 0 or missing.
    target, target_from
        The centre line, with an axis of length 1 for the units, and whether it was ``"given"``
        or is the ``"pooled"`` mean.
    inner, outer
        Limits at the two coverages for each unit's own base; their value is the target.
    inner_side, outer_side
        -1 below the limits, 0 within, 1 above; NaN where there is no value.
    """

    value: FloatArray
    target: FloatArray
    target_from: str
    inner: Estimate
    outer: Estimate
    inner_side: FloatArray
    outer_side: FloatArray


def funnel(
    events: ArrayLike,
    base: ArrayLike,
    *,
    kind: Kind,
    target: ArrayLike | None = None,
    form: Form = "exact",
    confidence: float = 0.95,
    outer_confidence: float = 0.998,
) -> Funnel:
    """Return units beside their funnel limits at two coverages, and who lies outside.

    Outside the limits says that chance alone seldom does this where all units truly are at the
    target; it does not say why. With many units look at
    :func:`~equity_pipeline.statistics.variation.overdispersion.overdispersed_funnel` as well.

    Parameters
    ----------
    events, base
        Per unit, on the last axis: people with the event and at risk (proportion), events and
        person-time (rate), observed and expected events (ratio).
    kind
        What the base is; it decides the distribution.
    target
        The value that units are held against, one for each leading place; None takes the pooled
        mean, sum of events over sum of base. For a ratio that need not be 1.
    form
        As :func:`~equity_pipeline.statistics.variation.limits.funnel_limits`.
    confidence, outer_confidence
        Coverages of the inner and the outer limits, the first smaller than the second.

    Raises
    ------
    MethodError
        If counts are impossible, no unit has a base, or a coverage or choice is unknown.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970.

    Examples
    --------
    >>> units = funnel([1290, 2592, 480], [1500, 3200, 600], kind="proportion", form="score")
    >>> units.target.round(4), units.target_from, units.inner_side
    (array([0.823]), 'pooled', array([1., 0., 0.]))
    """
    x, size = together(events, base, where="funnel")
    require_units(x, size, kind)
    require(
        confidence < outer_confidence,
        "The outer limits do not cover more than the inner ones.",
        where="funnel",
        mend="give confidence below outer_confidence, such as 0.95 and 0.998",
    )
    centre, told = centre_line(x, size, target)
    value = divide(x, np.where(size > 0, size, np.nan))
    limits = [
        funnel_limits(size, centre, kind=kind, form=form, confidence=covered)
        for covered in (confidence, outer_confidence)
    ]
    inner, outer = (replace(limit, method=f"{limit.method}_{told}") for limit in limits)
    return Funnel(value, centre, told, inner, outer, outside(value, inner), outside(value, outer))


def outside(value: ArrayLike, limits: Estimate) -> FloatArray:
    """Return -1 for values below the limits, 1 above, 0 within, NaN where either is missing.

    Parameters
    ----------
    value
        Of the units, of the limits' shape.
    limits
        From :func:`~equity_pipeline.statistics.variation.limits.funnel_limits` or its kin.

    Raises
    ------
    MethodError
        If the values do not go with the limits.

    Examples
    --------
    >>> outside([0.3, 0.5, 0.7], funnel_limits(100, 0.5, kind="proportion"))
    array([-1.,  0.,  1.])
    """
    seen, lower, upper = arrays(
        numbers(value, where="outside"), limits.lower, limits.upper, where="outside"
    )
    side = np.where(seen < lower, -1.0, np.where(seen > upper, 1.0, 0.0))
    return np.where(np.isnan(seen) | np.isnan(lower), np.nan, side)


def beside(interval: Estimate, target: ArrayLike) -> FloatArray:
    """Return on which side of a target each unit's own interval lies: -1, 0 (holds it), 1.

    Parameters
    ----------
    interval
        Each unit's value with its own limits, such as a rate's.
    target
        What the units are held against, single or one for each.

    Raises
    ------
    MethodError
        If the targets do not go with the units.

    Examples
    --------
    >>> from equity_pipeline.statistics.rates import rate
    >>> beside(rate([80, 100, 150], 100), 1.0)
    array([-1.,  0.,  1.])
    """
    limits = (interval.value, interval.lower, interval.upper)
    centre, value, lower, upper = arrays(numbers(target, where="beside"), *limits, where="beside")
    side = np.where(upper < centre, -1.0, np.where(lower > centre, 1.0, 0.0))
    return np.where(np.isnan(value) | np.isnan(centre), np.nan, side)


def centre_line(
    events: FloatArray, base: FloatArray, target: ArrayLike | None
) -> tuple[FloatArray, str]:
    """Return the target with an axis for the units, and whether it was given or pooled."""
    if target is not None:
        given, places = together(target, np.zeros(events.shape[:-1]), where="funnel, target")
        require(
            places.shape == events.shape[:-1] and not np.isnan(given).any(),
            "There are more targets than groups of units, or a target is missing.",
            where="funnel",
            mend="give one target, or one for each leading place of the events",
        )
        return np.expand_dims(given, -1), "given"
    held = (base > 0) & ~np.isnan(events)
    pooled = divide(
        np.where(held, events, 0).sum(axis=-1, keepdims=True),
        np.where(held, base, 0).sum(axis=-1, keepdims=True),
    )
    require(
        ~np.isnan(pooled),
        "No unit has a base, so there is no pooled mean.",
        where="funnel",
        mend="give units with people, time or expected events, or a target",
    )
    return pooled, "pooled"


def require_units(events: FloatArray, base: FloatArray, kind: str) -> None:
    """Raise :class:`MethodError` unless these can be units' counts of this kind; NaN passes."""
    require(
        events.ndim >= 1,
        "A funnel needs units.",
        where="funnel",
        mend="give arrays with the units on the last axis",
    )
    impossible = (events < 0) | (base < 0) | np.isinf(events) | np.isinf(base)
    impossible |= (events > base) if kind == "proportion" else ((base == 0) & (events > 0))
    require(
        ~impossible,
        "Events or bases are negative or infinite, or events lie outside their base.",
        where="funnel",
        mend="check the numerator and the denominator of the units, and the kind",
    )
