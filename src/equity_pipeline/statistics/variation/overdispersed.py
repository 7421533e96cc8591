"""Funnel limits that allow for the spread that most units show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.reading import numbers, together
from equity_pipeline.statistics.variation.funnel import Funnel, outside
from equity_pipeline.statistics.variation.limits import Kind
from equity_pipeline.statistics.variation.overdispersion import (
    Outliers,
    Overdispersion,
    Spread,
    overdispersion,
)
from equity_pipeline.statistics.variation.scores import (
    SCALES,
    Transform,
    edges,
    require_scale,
    scores,
)

How = Literal["additive", "multiplicative", "none"]


@dataclass(frozen=True, slots=True)
class OverdispersedFunnel:
    """A funnel whose limits allow for overdispersion, with the overdispersion it allows for."""

    funnel: Funnel
    spread: Overdispersion


def overdispersed_funnel(
    events: ArrayLike,
    base: ArrayLike,
    *,
    kind: Kind,
    transform: Transform,
    outliers: Outliers,
    share: float = 0.1,
    tau2: Spread = "target",
    how: How = "additive",
    target: ArrayLike | None = None,
    confidence: float = 0.95,
    outer_confidence: float = 0.998,
) -> OverdispersedFunnel:
    """Return units beside limits that allow for the spread that most units show.

    A unit outside says that it is unlike the others, more than they are unlike each other. The
    spread itself may be what matters: wide limits about very unlike units are no good news.

    Parameters
    ----------
    events, base, kind, target, confidence, outer_confidence
        As :func:`~equity_pipeline.statistics.variation.funnel.funnel`.
    transform
        As :func:`~equity_pipeline.statistics.variation.scores.scores`.
    outliers, share, tau2
        As :func:`~equity_pipeline.statistics.variation.overdispersion.overdispersion`; the
        choice has no default, since it decides who is outside.
    how
        As :func:`spread_limits`.

    Raises
    ------
    MethodError
        If counts are impossible or a choice is unknown.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970; Spiegelhalter DJ, Sherlaw-Johnson C, Bardsley M
    et al. (2012), doi:10.1111/j.1467-985X.2011.01010.x.

    Examples
    --------
    >>> made = overdispersed_funnel(
    ...     [30, 18, 12, 60], [20, 20, 20, 20], kind="ratio", transform="sqrt",
    ...     outliers="winsorise", target=1,
    ... )
    >>> made.spread.phi.round(2), made.funnel.outer.upper.round(2), made.funnel.outer_side
    (np.float64(8.39), array([4.65, 4.65, 4.65, 4.65]), array([0., 0., 0., 0.]))
    """
    require(
        confidence < outer_confidence,
        "The outer limits do not cover more than the inner ones.",
        where="overdispersed_funnel",
        mend="give confidence below outer_confidence, such as 0.95 and 0.998",
    )
    units = scores(events, base, kind=kind, transform=transform, target=target)
    spread = overdispersion(units, outliers=outliers, share=share, tau2=tau2)
    told = f"{spread.method}_{units.target_from}"
    inner, outer = (
        replace(
            spread_limits(
                units.target, units.error, spread, kind=kind, transform=transform,
                how=how, confidence=covered,
            ),
            method=f"{how}_{told}",
            n=np.broadcast_to(numbers(base, where="overdispersed_funnel"), units.z.shape),
        )
        for covered in (confidence, outer_confidence)
    )  # fmt: skip
    sides = outside(units.value, inner), outside(units.value, outer)
    made = Funnel(units.value, units.target, units.target_from, inner, outer, *sides)
    return OverdispersedFunnel(made, spread)


def spread_limits(
    target: ArrayLike,
    error: ArrayLike,
    spread: Overdispersion,
    *,
    kind: Kind,
    transform: Transform,
    how: How = "additive",
    confidence: float = 0.95,
) -> Estimate:
    """Return limits about a target that allow for overdispersion, at any standard errors.

    Parameters
    ----------
    target
        The centre line on its own scale.
    error
        Standard errors by chance on the transformed scale, from
        :func:`~equity_pipeline.statistics.variation.scores.scale_error`.
    spread
        The overdispersion to allow for.
    kind, transform
        What the value is, and the scale that the errors and the spread are on; the limits come
        back from it, cut at the bounds of a value.
    how
        ``"additive"``: true values spread by tau2, error sqrt(s^2 + tau2). ``"multiplicative"``:
        all errors are too small alike, s sqrt(phi) where phi is above 1. ``"none"``: s.
    confidence
        Coverage, between 0 and 1.

    Raises
    ------
    MethodError
        If the choices are unknown or the shapes do not go together.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970.

    Examples
    --------
    >>> units = scores([30, 18, 12], [20, 20, 20], kind="ratio", transform="log", target=1)
    >>> wide = overdispersion(units, outliers="keep")
    >>> made = spread_limits(1.0, units.error, wide, kind="ratio", transform="log")
    >>> made.lower.round(3), made.upper.round(3), made.method
    (array([0.4, 0.4, 0.4]), array([2.498, 2.498, 2.498]), 'additive_log_kept_target')
    """
    require(
        how in ("additive", "multiplicative", "none") and transform in SCALES,
        "The way to allow for overdispersion, or the scale, is unknown.",
        where="spread_limits",
        mend=f"give additive, multiplicative or none, and one of {', '.join(SCALES)}",
    )
    scale = SCALES[transform]
    centre, alone = together(target, error, where="spread_limits")
    require_scale(centre, kind, transform)
    require(
        ~(alone < 0),
        "A standard error is negative.",
        where="spread_limits",
        mend="give the standard errors of values at the target",
    )
    if how == "additive":
        wide = np.sqrt(alone**2 + np.expand_dims(spread.tau2, -1))
    else:
        factor = np.maximum(spread.phi, 1.0) if how == "multiplicative" else 1 + 0 * spread.phi
        wide = alone * np.sqrt(np.expand_dims(factor, -1))
    reach, middle = critical(confidence) * wide, scale.forward(centre)
    lowest, highest = edges(kind, transform)
    lower, upper = np.maximum(middle - reach, lowest), np.minimum(middle + reach, highest)
    made = Estimate(
        centre,
        scale.back(lower),
        scale.back(upper),
        divide(wide, scale.slope(centre)),
        f"{how}_{spread.method}",
    )
    cut = (middle - reach < lowest) | (middle + reach > highest)
    return made.warned(Caution.CUT_AT_BOUND, cut)
