"""Units' z scores about a target, on a scale where chance has one spread for all values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.reading import together
from equity_pipeline.statistics.variation.funnel import centre_line, require_units
from equity_pipeline.statistics.variation.limits import KINDS, Kind

Transform = Literal["identity", "log", "sqrt", "arcsine", "logit"]
HALF = 0.5  # an event: what log and logit take for none, and for none without


@dataclass(frozen=True, slots=True)
class Scores:
    """How far units lie from a target, in standard errors on a transformed scale.

    Attributes
    ----------
    value
        The units' own values, on their own scale.
    z, transformed, error
        z score, transformed value and its standard error at the target; NaN without a base.
    target, target_transformed, target_from
        The centre line on both scales, and whether it was ``"given"`` or is the ``"pooled"`` mean.
    transform
        The scale's name.
    """

    value: FloatArray
    z: FloatArray
    transformed: FloatArray
    error: FloatArray
    target: FloatArray
    target_transformed: FloatArray
    target_from: str
    transform: str


def scores(
    events: ArrayLike,
    base: ArrayLike,
    *,
    kind: Kind,
    transform: Transform,
    target: ArrayLike | None = None,
) -> Scores:
    """Return the z scores of units about a target.

    Parameters
    ----------
    events, base, kind, target
        As :func:`~equity_pipeline.statistics.variation.funnel.funnel`.
    transform
        ``"identity"``; ``"log"`` or ``"sqrt"`` (rates and ratios); ``"arcsine"`` (of the root) or
        ``"logit"`` for proportions. Errors are those at the target, so that a unit's own luck
        does not set its weight. Under log and logit a unit with no event, or none without, is
        taken as half an event: its score is finite.

    Raises
    ------
    MethodError
        If counts are impossible, or a share is asked for the scale of a rate or the reverse.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970 (appendix A.2).

    Examples
    --------
    >>> units = scores([30, 18, 12], [20, 20, 20], kind="ratio", transform="log", target=1)
    >>> units.z.round(3)
    array([ 1.813, -0.471, -2.284])
    """
    x, size = together(events, base, where="scores")
    require_units(x, size, kind)
    centre, told = centre_line(x, size, target)
    require_scale(centre, kind, transform)
    held = np.where(size > 0, size, np.nan)
    least = HALF if transform in ("log", "logit") else 0.0
    most = held - HALF if transform == "logit" else np.inf
    moved = SCALES[transform].forward(np.minimum(np.maximum(x, least), most) / held)
    middle = SCALES[transform].forward(centre)
    error = scale_error(held, centre, kind=kind, transform=transform)
    z = divide(moved - middle, error)
    return Scores(x / held, z, moved, error, centre, middle, told, transform)


def count_ratio_scores(
    counts: ArrayLike, base_counts: ArrayLike, *, target: ArrayLike | None = None
) -> Scores:
    """Return the z scores of ratios of two counts, both subject to chance, on the log scale.

    Parameters
    ----------
    counts, base_counts
        Counts above and below the line of each unit, on the last axis; half an event is added to
        both, so that 0 gives a finite score.
    target
        The ratio of the centre line, above 0; None takes the ratio of the sums.

    Raises
    ------
    MethodError
        If counts are negative, or the target is not above 0.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970 (appendix A.2).

    Examples
    --------
    >>> count_ratio_scores([40, 10, 25], [30, 30, 30], target=0.9).z.round(3)
    array([ 1.634, -2.741, -0.277])
    """
    above, below = together(counts, base_counts, where="count_ratio_scores")
    require(
        above.ndim >= 1 and not ((above < 0) | (below < 0)).any(),
        "Counts are negative, or there are no units.",
        where="count_ratio_scores",
        mend="give arrays of two counts with the units on the last axis",
    )
    centre, told = centre_line(above, below, target)
    require_scale(centre, "ratio", "log")
    moved = np.log((above + HALF) / (below + HALF))
    error = np.sqrt(above / (above + HALF) ** 2 + below / (below + HALF) ** 2)
    z = divide(moved - np.log(centre), error)
    value = divide(above, below)
    return Scores(value, z, moved, error, centre, np.log(centre), told, "log")


def scale_error(
    base: ArrayLike, target: ArrayLike, *, kind: Kind, transform: Transform
) -> FloatArray:
    """Return the standard error of a value at the target, on the transformed scale.

    Parameters
    ----------
    base, target, kind, transform
        As in :func:`scores`; a base of 0 gives NaN.

    Raises
    ------
    MethodError
        As in :func:`scores`, or if a base is negative.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970 (appendix A.2).

    Examples
    --------
    >>> scale_error([25, 100], 1.0, kind="ratio", transform="sqrt")
    array([0.1 , 0.05])
    """
    size, centre = together(base, target, where="scale_error")
    require_scale(centre, kind, transform)
    require(
        ~(size < 0),
        "A base is negative.",
        where="scale_error",
        mend="give people, time or expected events",
    )
    chance = centre * (1 - centre) if kind == "proportion" else centre
    held = np.where(size > 0, size, np.nan)
    return np.asarray(SCALES[transform].slope(centre) * np.sqrt(chance / held))


def edges(kind: Kind, transform: Transform) -> tuple[float, float]:
    """Return the least and the greatest that a value can be, on the transformed scale.

    Examples
    --------
    >>> edges("proportion", "identity"), edges("ratio", "log")
    ((0.0, 1.0), (-inf, inf))
    """
    lowest = -np.inf if transform in ("log", "logit") else 0.0
    tops = {"identity": 1.0, "arcsine": np.pi / 2}
    return lowest, (tops.get(transform, np.inf) if kind == "proportion" else np.inf)


@dataclass(frozen=True, slots=True)
class Scale:
    """A transformation, its inverse between the edges, and its slope."""

    forward: Callable[[FloatArray], FloatArray]
    back: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


def _logit_back(y: FloatArray) -> FloatArray:
    return np.asarray(1 / (1 + np.exp(-np.clip(y, -700, 700))))


SCALES = {
    "identity": Scale(lambda v: v, lambda y: y, np.ones_like),
    "log": Scale(np.log, lambda y: np.exp(np.minimum(y, 700)), lambda v: 1 / v),
    "sqrt": Scale(np.sqrt, np.square, lambda v: 0.5 / np.sqrt(v)),
    "arcsine": Scale(
        lambda v: np.arcsin(np.sqrt(v)),
        lambda y: np.sin(y) ** 2,
        lambda v: 0.5 / np.sqrt(v * (1 - v)),
    ),
    "logit": Scale(lambda v: np.log(v / (1 - v)), _logit_back, lambda v: 1 / (v * (1 - v))),
}


def require_scale(target: FloatArray, kind: str, transform: str) -> None:
    """Refuse a scale that values of this kind do not have, and targets at its ends.

    Examples
    --------
    >>> require_scale(np.array(1.0), "ratio", "log")
    """
    shares = ("identity", "arcsine", "logit")
    fits = transform in (shares if kind == "proportion" else ("identity", "log", "sqrt"))
    require(
        kind in KINDS and transform in SCALES and fits,
        f"A {kind} has no scale {transform!r} here.",
        where="scores",
        mend="give identity, arcsine or logit for proportions; identity, log or sqrt otherwise",
    )
    highest = 1.0 if kind == "proportion" else np.inf
    require(
        ~((target <= 0) | (target >= highest)),
        "The target leaves no room for chance.",
        where="scores",
        mend="give a target above 0, and of a share below 1; or units with some events",
    )
