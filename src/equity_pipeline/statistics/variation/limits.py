"""Limits about a target at any base: binomial and Poisson, exact, drawn between or normal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import gammaincinv
from scipy.stats import binom, poisson

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.reading import above_zero, together

Kind = Literal["proportion", "rate", "ratio"]
Form = Literal["exact", "interpolated", "score", "garwood"]
KINDS = ("proportion", "rate", "ratio")
FORMS = ("exact", "interpolated", "score", "garwood")


@dataclass(frozen=True, slots=True)
class FunnelCurve:
    """The exact funnel drawn through whole events, where it has no steps.

    Attributes
    ----------
    events
        The events of each point.
    base_lower, lower
        The base at which so many events are just on the lower limit, and the ratio there.
    base_upper, upper
        The base at which so many events are just on the upper limit, and the ratio there.
    """

    events: FloatArray
    base_lower: FloatArray
    lower: FloatArray
    base_upper: FloatArray
    upper: FloatArray


def funnel_limits(
    base: ArrayLike,
    target: ArrayLike,
    *,
    kind: Kind,
    form: Form = "exact",
    confidence: float = 0.95,
) -> Estimate:
    """Return the limits about a target at any bases, also bases that no unit has.

    Parameters
    ----------
    base
        People, person-time or expected events, not negative; 0 or NaN gives NaN limits.
    target
        The centre line: a share between 0 and 1, or a rate or ratio not below 0.
    kind
        ``"proportion"`` is binomial; ``"rate"`` and ``"ratio"`` are Poisson.
    form
        ``"exact"``: the outermost counts that are not too rare; they move in steps, and a value
        beyond them has a one-sided exact probability under half of ``1 - confidence``.
        ``"interpolated"``: between those counts, as Spiegelhalter draws them.
        ``"score"``: target -/+ z standard errors at the target, cut at the bounds; a share is
        beyond them exactly when Wilson's interval for it leaves the target out.
        ``"garwood"``: rates and ratios only, the exact interval of a count equal to the one
        expected; a smooth curve, a little wider than the others for small bases.
    confidence
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    Estimate
        ``value`` is the target, ``n`` the base, the error that of a value at the target.

    Raises
    ------
    MethodError
        If bases or targets are impossible, or exact binomial limits are asked at parts of people.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970 (appendix A.1). Wilson EB (1927),
    doi:10.1080/01621459.1927.10502953. Garwood F (1936), Biometrika 28:437-442.

    Examples
    --------
    >>> drawn = funnel_limits([100, 400], 0.5, kind="proportion")
    >>> drawn.lower, drawn.upper, drawn.method
    (array([0.4 , 0.45]), array([0.6 , 0.55]), 'funnel_exact_binomial')
    """
    size, centre = together(base, target, where="funnel_limits")
    _require_limits(size, centre, kind, form)
    size = np.where(size > 0, size, np.nan)
    bound = 1.0 if kind == "proportion" else np.inf
    error = np.sqrt(centre * (1 - centre if kind == "proportion" else 1) / size)
    law = "binomial" if kind == "proportion" else "poisson"
    if form == "score":
        lower, upper = centre - critical(confidence) * error, centre + critical(confidence) * error
    elif form == "garwood":
        lower, upper = (limit / size for limit in garwood_limits(centre * size, confidence))
    else:
        critical(confidence)
        lower, upper = _quantile_limits(size, centre, law, form, confidence)
    cut = (lower < 0) | (upper > bound)
    lower, upper = np.clip(lower, 0, bound), np.clip(upper, 0, bound)
    made = Estimate(centre, lower, upper, error, f"funnel_{form}_{law}", n=size)
    steps = (form == "exact") & ~np.isnan(size)
    return made.warned(Caution.CUT_AT_BOUND, cut).warned(Caution.STEPS, steps)


def exact_curve(
    events: ArrayLike, *, target: ArrayLike = 1.0, confidence: float = 0.95
) -> FunnelCurve:
    """Return the bases at which these events lie just on the exact Poisson limits.

    Through whole events the exact funnel is a smooth curve: a unit is outside it exactly when
    Garwood's interval for its value leaves the target out.

    Parameters
    ----------
    events
        Whole counts, not negative. At 0 events the upper limit has no base: NaN.
    target
        Rate or ratio of the centre line, above 0.
    confidence
        Coverage, between 0 and 1.

    Raises
    ------
    MethodError
        If counts are negative or the target is not above 0.

    References
    ----------
    Garwood F (1936), Biometrika 28:437-442. Spiegelhalter DJ (2005), doi:10.1002/sim.1970.

    Examples
    --------
    >>> curve = exact_curve([1, 10, 100])
    >>> curve.lower.round(4), curve.upper.round(4)
    (array([0.1795, 0.5438, 0.8222]), array([39.4979,  2.0853,  1.229 ]))
    """
    known = above_zero(target, where="exact_curve, target")
    count, centre = together(events, known, where="exact_curve")
    require(
        ~((count < 0) | (count % 1 > 0)),
        "Counts are negative, or not whole.",
        where="exact_curve",
        mend="give counts of events, NaN where there is none",
    )
    fewest, most = garwood_limits(count, confidence)
    base_lower, base_upper = most / centre, np.where(count > 0, fewest / centre, np.nan)
    return FunnelCurve(count, base_lower, count / base_lower, base_upper, divide(count, base_upper))


def garwood_limits(count: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the exact Poisson interval of counts, which need not be whole."""
    critical(confidence)
    tail = (1 - confidence) / 2
    some = np.where(count > 0, count, np.nan)
    lower = np.where(count == 0, 0.0, gammaincinv(some, tail))
    return lower, np.asarray(gammaincinv(count + 1, 1 - tail))


def _quantile_limits(
    size: FloatArray, centre: FloatArray, law: str, form: str, confidence: float
) -> tuple[FloatArray, FloatArray]:
    spread = binom(size, centre) if law == "binomial" else poisson(centre * size)
    tail = (1 - confidence) / 2
    limits = []
    for share in (tail, 1 - tail):
        count = np.asarray(spread.ppf(share), dtype=np.float64)
        if form == "interpolated":
            upto, before = spread.cdf(count), spread.cdf(count - 1)
            count = count - divide(upto - share, upto - before)
        # at a target of none or all nothing is left to chance
        sure = (centre == 0) | ((law == "binomial") & (centre == 1))
        limits.append(np.where(sure & ~np.isnan(size), centre, count / size))
    return limits[0], limits[1]


def _require_limits(base: FloatArray, target: FloatArray, kind: str, form: str) -> None:
    where = "funnel_limits"
    require(
        kind in KINDS and form in FORMS and not (kind == "proportion" and form == "garwood"),
        f"There are no {form} limits of a {kind}.",
        where=where,
        mend=f"give a kind of {', '.join(KINDS)} and a form of {', '.join(FORMS)}",
    )
    highest = 1.0 if kind == "proportion" else np.inf
    require(
        ~((base < 0) | np.isinf(base) | (target < 0) | (target > highest) | np.isinf(target)),
        "A base is negative or infinite, or a target is out of its range.",
        where=where,
        mend="give people, time or expected events, and a target of the same kind",
    )
    require(
        form not in ("exact", "interpolated") or kind != "proportion" or ~(base % 1 > 0).any(),
        "Exact limits of a share need whole people.",
        where=where,
        mend='give counts of people, or form="score" for weighted sizes',
    )
