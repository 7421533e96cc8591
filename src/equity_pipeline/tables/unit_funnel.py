"""Funnel limits about the region's value, allowing for overdispersion, and values drawn inwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import variation
from equity_pipeline.statistics.estimate import Estimate, divide
from equity_pipeline.statistics.variation.limits import Kind
from equity_pipeline.statistics.variation.overdispersed import How
from equity_pipeline.statistics.variation.overdispersion import Outliers
from equity_pipeline.tables.cells import FloatArray
from equity_pipeline.tables.place_values import PlaceValues

INNER, OUTER = 0.95, 0.998
# a tenth at each end is two units or more: fewer are all kept
FEWEST_TO_WINSORISE = 20
CRUDE = "crude"
ALONE: How = "none"


@dataclass(frozen=True, slots=True)
class Judged:
    """P places beside the funnel, on the indicator's scale.

    Attributes
    ----------
    adjustment
        ``crude``, or the need set whose value is judged.
    value
        The judged value with its own limits.
    inner, outer
        The limits in use: they allow for overdispersion where ``phi`` is above 1.
    chance_inner, chance_outer
        The limits of chance alone.
    phi
        Mean of the squared scores: 1 by chance alone.
    side, chance_side
        ``within``, ``above_95`` and so on, by either pair of limits; None where not known.
    """

    adjustment: str
    value: Estimate
    inner: Estimate
    outer: Estimate
    chance_inner: Estimate
    chance_outer: Estimate
    phi: float
    side: list[str | None]
    chance_side: list[str | None]


def judged(values: PlaceValues, declared: Declaration) -> Judged:
    """Return the places beside the funnel of the indicator's own adjustment.

    Notes
    -----
    The funnel is about the region's value by the normal approximation. With 20 places or more
    the scores of the outermost tenths are pulled in before overdispersion is reckoned.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970.
    """
    is_crude = declared.headline_adjustment == CRUDE or not values.is_adjusted
    value = values.crude if is_crude else values.std
    error = values.error_crude if is_crude else values.error_std
    adjustment = CRUDE if is_crude else ("need_b" if "morbidity" in values.need_model else "need_a")
    scale = declared.scale
    target = values.target / scale
    kind: Kind = "proportion" if declared.is_proportion else "rate"
    usable = np.isfinite(value.value) & (error > 0)
    if not (0 < target < (1.0 if declared.is_proportion else np.inf)) or usable.sum() < 2:
        return _nothing(adjustment, value, len(values.places))
    natural = np.where(usable, value.value / scale, np.nan)
    chance = np.where(usable, error / scale, np.nan)
    units = variation.Scores(
        value=natural,
        z=divide(natural - target, chance),
        transformed=natural,
        error=chance,
        target=np.array([target]),
        target_transformed=np.array([target]),
        target_from="pooled",
        transform="identity",
    )
    outliers: Outliers = "winsorise" if usable.sum() >= FEWEST_TO_WINSORISE else "keep"
    spread = variation.overdispersion(units, outliers=outliers)
    how: How = "additive" if float(spread.phi) > 1 else "none"
    made = [
        variation.spread_limits(
            target, chance, spread, kind=kind, transform="identity", how=one, confidence=covered
        )
        for one in (how, ALONE)
        for covered in (INNER, OUTER)
    ]
    inner, outer, chance_inner, chance_outer = (_scaled(one, scale) for one in made)
    return Judged(
        adjustment=adjustment,
        value=value,
        inner=inner,
        outer=outer,
        chance_inner=chance_inner,
        chance_outer=chance_outer,
        phi=float(spread.phi),
        side=_side(natural, made[0], made[1]),
        chance_side=_side(natural, made[2], made[3]),
    )


def shrunken(values: PlaceValues, given: Judged, declared: Declaration) -> Estimate:
    """Return the judged values drawn towards their mean, the more the fewer people they rest on.

    No verdict rests on them: the own value stands beside.
    """
    n, d, s = values.sums[:3]
    size = len(values.places)
    nothing = _empty(size, "not_shrunken")
    held = np.isfinite(given.value.value) & (n > 0)
    if held.sum() < 2:
        return nothing
    if declared.is_proportion and given.adjustment == CRUDE:
        drawn = variation.beta_binomial(np.where(held, s, np.nan), np.where(held, d, np.nan))
        return _scaled(drawn.shrunken, declared.scale)
    if declared.counts_events:
        expected = values.expected if given.adjustment != CRUDE else np.full(size, values.target)
        events = np.where(held, expected / declared.scale * d, np.nan)
        return _scaled(variation.poisson_gamma(s, events).shrunken, values.target)
    error = values.error_crude if given.adjustment == CRUDE else values.error_std
    usable = held & (error > 0)
    if usable.sum() < 2:
        return nothing
    own = np.where(usable, given.value.value, np.nan)
    return variation.normal_normal(own, np.where(usable, error, 1.0) ** 2).shrunken


def _side(value: FloatArray, inner: Estimate, outer: Estimate) -> list[str | None]:
    near, far = variation.outside(value, inner), variation.outside(value, outer)
    words = {1.0: "above", -1.0: "below"}
    return [
        None if np.isnan(a) else (f"{words[b]}_998" if b else (f"{words[a]}_95" if a else "within"))
        for a, b in zip(near.tolist(), far.tolist(), strict=True)
    ]


def _scaled(made: Estimate, scale: float) -> Estimate:
    return Estimate(
        made.value * scale,
        made.lower * scale,
        made.upper * scale,
        made.standard_error * scale,
        made.method,
    )


def _nothing(adjustment: str, value: Estimate, size: int) -> Judged:
    empty = _empty(size, "no_funnel")
    unknown: list[str | None] = [None] * size
    return Judged(adjustment, value, empty, empty, empty, empty, np.nan, unknown, unknown)


def _empty(size: int, method: str) -> Estimate:
    nothing = np.full(size, np.nan)
    return Estimate(nothing, nothing, nothing, nothing, method)
