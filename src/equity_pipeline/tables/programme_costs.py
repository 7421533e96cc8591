"""Cost and effect of a programme beside each other; divided only where there is an effect."""

from __future__ import annotations

from typing import Any

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.evaluate import cost_per_effect
from equity_pipeline.tables.programme_estimate import Effect
from equity_pipeline.tables.programme_study import PER_PROTOCOL, Study

UNDECIDED = "undecided"
QUADRANTS = {
    (True, True): "better_dearer",
    (True, False): "better_cheaper",
    (False, True): "worse_dearer",
    (False, False): "worse_cheaper",
}


def economics(study: Study, estimand: str, approach: str, found: Effect | None) -> dict[str, Any]:
    """Return the columns of a health-economic row.

    The cost is spread over the programme's denominator after the start. The extra cost per extra
    effect has Fieller's limits, and is left out where the permutation limits of the effect hold 0.

    References
    ----------
    Fieller EC (1954), Journal of the Royal Statistical Society B 16:175-185.
    """
    programme, held = study.programme, study.held
    units = [
        one
        for one in programme.of_approach(approach)
        if one in programme.cost and (estimand != PER_PROTOCOL or one in programme.active)
    ]
    if not units:
        return {"value_status": "not_reported"}
    cost = sum(programme.cost[one] for one in units)
    at = [held.units.index(one) for one in units if one in held.units]
    served = float(held.of("all")[1][at][:, held.is_after].sum())
    made: dict[str, Any] = {
        "value_status": "shown",
        "programme_cost_sek": cost,
        "delta_cost_per_person": cost / served if served > 0 else np.nan,
        "icer_unit": _unit(study.declared),
    }
    if found is None or served <= 0 or study.declared.direction not in {"higher", "lower"}:
        return made | {"icer_quadrant": UNDECIDED}
    return made | _beside(found, study.declared, made["delta_cost_per_person"])


def _beside(found: Effect, declared: Declaration, cost: float) -> dict[str, Any]:
    """Return the effect turned so that above 0 is better, and the cost of one more."""
    sign = 1.0 if declared.direction == "higher" else -1.0
    one = found.permuted.effect
    ends = sorted((sign * float(one.lower), sign * float(one.upper)))
    better = sign * float(one.value)
    made: dict[str, Any] = {
        "delta_effect": better * declared.scale,
        "delta_effect_lower": ends[0] * declared.scale,
        "delta_effect_upper": ends[1] * declared.scale,
        "icer_quadrant": UNDECIDED,
    }
    if ends[0] <= 0 <= ends[1]:
        return made
    price = cost_per_effect(cost, better, 0.0, float(one.standard_error)).cost_per_effect
    return made | {
        "icer": float(price.value),
        "icer_lower": float(price.lower),
        "icer_upper": float(price.upper),
        "icer_quadrant": QUADRANTS[better > 0, cost > 0],
    }


def _unit(declared: Declaration) -> str:
    return "sek_per_case" if declared.counts_events else "sek_per_unit"
