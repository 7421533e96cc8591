"""The systematic component of variation between units, and quotients of high and low units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.reading import above_zero, numbers, together

Component = Literal["diehr", "log"]
Quotient = Literal["extremes", "percentiles", "shares"]


@dataclass(frozen=True, slots=True)
class SystematicVariation:
    """How much units vary beyond chance.

    Attributes
    ----------
    scv
        The component, 0 where it came out negative.
    raw
        The component as it came out: negative where units vary less than chance lets them.
    """

    scv: Estimate
    raw: FloatArray


def systematic_variation(
    observed: ArrayLike,
    expected: ArrayLike,
    *,
    form: Component = "diehr",
    scale: float = 1.0,
    confidence: float = 0.95,
) -> SystematicVariation:
    """Return the systematic component of variation (SCV), chance taken off.

    Parameters
    ----------
    observed, expected
        Events per unit, on the last axis; expected ones from indirect standardisation. A unit
        with nothing expected or a NaN does not count.
    form
        ``"diehr"``: mean of ((O - E)/E)^2 - 1/E. ``"log"``: McPherson's mean of ln(O/E)^2 - 1/E,
        which has no value when a unit has no event.
    scale
        1 for the variance of the ratios itself; 10 and 100 are in use elsewhere, so say which.
    confidence
        Coverage, between 0 and 1. The error is that of a mean over units (the jackknife's).

    Returns
    -------
    SystematicVariation
        NaN where fewer than two units count. Use the chance band to see what no true variation
        gives with units of these sizes.

    Raises
    ------
    MethodError
        If counts are impossible, the form is unknown, or a unit without events meets the log.

    References
    ----------
    McPherson K, Wennberg JE, Hovind OB, Clifford P (1982), doi:10.1056/NEJM198211183072104.
    Diehr P, Cain K, Connell F, Volinn E (1990), Health Services Research 24:741-771.

    Examples
    --------
    >>> made = systematic_variation([30, 18, 12, 24], [20, 20, 20, 20])
    >>> made.scv.value.round(4), made.raw.round(4), made.scv.method
    (np.float64(0.065), np.float64(0.065), 'scv_diehr_scale_1')
    """
    o, e = counted(observed, expected, where="systematic_variation")
    above_zero(scale, where="systematic_variation, scale")
    require(
        form in ("diehr", "log") and not (form == "log" and (o == 0).any()),
        "The form is unknown, or a unit without events has no logarithm.",
        where="systematic_variation",
        mend='give form="diehr", which takes units without events, or leave them out as NaN',
    )
    terms = scale * component_terms(o, e, form)
    held = ~np.isnan(terms)
    count = held.sum(axis=-1).astype(np.float64)
    count = np.where(count > 1, count, np.nan)
    raw = np.where(held, terms, 0.0).sum(axis=-1) / count
    apart = np.where(held, terms - np.expand_dims(raw, -1), 0.0)
    error = np.sqrt((apart**2).sum(axis=-1) / (count - 1) / count)
    reach = critical(confidence) * error
    made = Estimate(
        np.maximum(raw, 0),
        np.maximum(raw - reach, 0),
        np.maximum(raw + reach, 0),
        error,
        f"scv_{form}_scale_{scale:g}",
        n=count,
    )
    cut = made.warned(Caution.CUT_AT_BOUND, raw - reach < 0)
    return SystematicVariation(cut.warned(Caution.AT_BOUND, raw < 0), raw)


def component_terms(observed: FloatArray, expected: FloatArray, form: str) -> FloatArray:
    """Return each unit's part of the component: its squared distance less what chance gives."""
    ratio = observed / expected
    if form == "diehr":
        return (ratio - 1) ** 2 - 1 / expected
    return np.asarray(np.log(np.where(ratio > 0, ratio, np.nan)) ** 2 - 1 / expected)


def quotient(values: ArrayLike, *, form: Quotient, share: float = 0.2) -> FloatArray:
    """Return how many times higher high units lie than low ones.

    Of raw values the quotient of extremes measures chance more than care: the more and the
    smaller the units, the larger it is. Give shrunken values, or show the chance band beside it.

    Parameters
    ----------
    values
        Rates or ratios of units, not negative, on the last axis; NaN leaves a unit out.
    form
        ``"extremes"``: highest over lowest. ``"percentiles"``: quantile ``1 - share`` over
        quantile ``share``, linear between units. ``"shares"``: mean of the units at or above the
        one quantile over mean of those at or below the other.
    share
        Above 0 and below one half; 0.2 is the 80/20 quotient. Not used with ``"extremes"``.

    Returns
    -------
    FloatArray
        Of the leading axes' shape; NaN where the low end is 0 or there is no unit.

    Raises
    ------
    MethodError
        If values are negative or infinite, or the form or share unknown.

    References
    ----------
    Coory M, Gibberd R (1998), Statistics in Medicine 17:2625-2634.

    Examples
    --------
    >>> ratios = [0.5, 0.8, 1.0, 1.2, 1.5, 2.0]
    >>> [round(float(quotient(ratios, form=f)), 3) for f in ("extremes", "percentiles", "shares")]
    [4.0, 1.875, 2.692]
    """
    y = np.atleast_1d(numbers(values, where="quotient"))
    require(
        y.shape[-1] > 0 and not ((y < 0) | np.isinf(y)).any(),
        "A rate or ratio is negative or infinite, or there is no unit.",
        where="quotient",
        mend="give rates or ratios; NaN leaves a unit out",
    )
    require(
        form in ("extremes", "percentiles", "shares") and 0 < share < 0.5,
        "The form of the quotient is unknown, or the share out of range.",
        where="quotient",
        mend="give extremes, percentiles or shares, and a share above 0 and below 0.5",
    )
    low, high = _ends(y, form, share)
    return np.where(low > 0, divide(high, low), np.nan)


def _ends(y: FloatArray, form: str, share: float) -> tuple[FloatArray, FloatArray]:
    empty = np.isnan(y).all(axis=-1, keepdims=True)
    cuts = (0.0, 1.0) if form == "extremes" else (share, 1 - share)
    low, high = np.nanquantile(np.where(empty, 0.0, y), cuts, axis=-1, keepdims=True)
    if form == "shares":
        low, high = (
            divide(np.where(among, y, 0.0).sum(axis=-1, keepdims=True),
                   among.sum(axis=-1, keepdims=True))
            for among in (y <= low, y >= high)
        )  # fmt: skip
    return (np.where(empty, np.nan, end)[..., 0] for end in (low, high))  # type: ignore[return-value]


def counted(
    observed: ArrayLike, expected: ArrayLike, *, where: str
) -> tuple[FloatArray, FloatArray]:
    """Return counts of units with NaN for those that do not count, or raise if impossible."""
    o, e = together(observed, expected, where=where)
    require(
        o.ndim >= 1 and o.shape[-1] >= 2,
        "One unit says nothing of the variation between units.",
        where=where,
        mend="give two units or more on the last axis",
    )
    require(
        ~((o < 0) | (e < 0) | np.isinf(o) | np.isinf(e) | ((e == 0) & (o > 0))),
        "Events are negative or infinite, or happened where none were expected.",
        where=where,
        mend="check observed and expected events of the units",
    )
    held = (e > 0) & ~np.isnan(o)
    return np.where(held, o, np.nan), np.where(held, e, np.nan)
