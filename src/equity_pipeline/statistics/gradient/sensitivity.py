"""Rank indices that weigh the bottom, or both ends, more: extended and symmetric."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equity_pipeline.statistics.estimate import Estimate, FloatArray, divide, require
from equity_pipeline.statistics.gradient.concentration import finished, over_people
from equity_pipeline.statistics.gradient.rank_error import Influence, Robust, influence
from equity_pipeline.statistics.gradient.ranked import Ranked

Curve = Callable[[FloatArray], FloatArray]


def extended_concentration(
    ranked: Ranked,
    *,
    aversion: float,
    generalised: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Return the extended concentration index of each stratum (K,): 2 is the standard index.

    Parameters
    ----------
    ranked
        From :func:`ranked_people` or :func:`ranked_cells`.
    aversion
        Above 1; the larger, the more the index is about the lowest ranks alone.
    generalised
        Whether to return the absolute index, ``v ** (v / (v - 1)) / (v - 1)`` times the rank
        total, instead of the rank total over the mean.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Standard errors are those of the whole influence, ranks included; NaN where nobody is
        or the mean is 0.

    Raises
    ------
    MethodError
        If ``aversion`` is not above 1.

    References
    ----------
    Wagstaff A (2002), Journal of Health Economics 21:627-641.
    Erreygers G, Clarke P, Van Ourti T (2012), Journal of Health Economics 31:257-270.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> ill = ranked_people([3, 1, 1, 1], rank=[1, 2, 3, 4])
    >>> extended_concentration(ill, aversion=2).value.round(4)
    array([-0.25])
    >>> extended_concentration(ill, aversion=4).value.round(4)
    array([-0.5781])
    """
    v = _above_one(aversion, "extended_concentration")
    scale = v ** (v / (v - 1)) / (v - 1) if generalised else 1.0
    return _made(
        ranked,
        lambda r: r + (1 - r) ** v,
        lambda r: 1 - v * (1 - r) ** (v - 1),
        scale,
        f"extended_{v:g}",
        relative=not generalised,
        confidence=confidence,
    )


def symmetric_concentration(
    ranked: Ranked,
    *,
    sensitivity: float,
    generalised: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Return the symmetric concentration index of each stratum (K,): 2 is the standard index.

    Parameters
    ----------
    ranked
        From :func:`ranked_people` or :func:`ranked_cells`.
    sensitivity
        Above 1; the larger, the more the index is about the lowest and highest ranks alone.
    generalised
        Whether to return the absolute index, four times the rank total, instead of the rank
        total over the mean.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        As of :func:`extended_concentration`.

    Raises
    ------
    MethodError
        If ``sensitivity`` is not above 1.

    References
    ----------
    Erreygers G, Clarke P, Van Ourti T (2012), Journal of Health Economics 31:257-270.

    Examples
    --------
    >>> from equity_pipeline.statistics.gradient import ranked_people
    >>> ill = ranked_people([3, 1, 1, 1], rank=[1, 2, 3, 4])
    >>> symmetric_concentration(ill, sensitivity=3).value.round(4)
    array([-0.2917])
    """
    b = _above_one(sensitivity, "symmetric_concentration")
    return _made(
        ranked,
        lambda r: np.abs(2 * r - 1) ** b / 4,
        lambda r: b / 2 * np.sign(r - 0.5) * np.abs(2 * r - 1) ** (b - 1),
        4.0 if generalised else 1.0,
        f"symmetric_{b:g}",
        relative=not generalised,
        confidence=confidence,
    )


def _made(
    ranked: Ranked,
    curve: Curve,
    slope: Curve,
    scale: float,
    name: str,
    *,
    relative: bool,
    confidence: float,
) -> Estimate:
    """Return the index whose rank weights are the steps of a curve, ``slope`` its derivative."""
    groups = ranked.groups
    lower, upper = np.maximum(groups.lower, 0), np.minimum(groups.upper, 1)
    step = np.where(groups.share > 0, groups.share, 1)
    weigh = np.where(groups.share > 0, (curve(upper) - curve(lower)) / step, 0)
    mean = ranked.average
    weights = weigh[groups.of_record]
    total = ranked.sums(ranked.weight * ranked.mean * weights) / ranked.total
    moved = influence(ranked, weigh, (slope(lower), slope(upper)))
    value, factor, to_mean = scale * total, scale * np.ones_like(mean), np.zeros_like(mean)
    if relative:
        value, factor, to_mean = divide(total, mean), divide(1, mean), -divide(total, mean**2)
    both = Influence(
        ranked.spread(factor) * moved.base - ranked.spread(to_mean * mean),
        ranked.spread(factor) * moved.factor + ranked.spread(to_mean),
    )
    spread = over_people(ranked, both, Robust.HC1)
    return finished(value, spread, f"{name}_influence", confidence)


def _above_one(number: float, where: str) -> float:
    require(
        np.isfinite(number) and number > 1,
        f"{number} is no weight of ranks: it must be above 1.",
        where=where,
        mend="give 2 for the standard index, more for the ends of the ranking",
    )
    return float(number)
