"""Shares: Wilson's and Clopper and Pearson's limits."""

from __future__ import annotations

import re

import numpy as np

from equity_pipeline.statistics.estimate import Estimate, normal_estimate
from equity_pipeline.statistics.proportions import exact_proportion, proportion
from tests.reference.peer_tables import (
    arguments,
    echoed,
    keys_of,
    places,
    roles,
    scale_of,
    told,
    with_limits,
)
from tests.reference.vectors import Case

EVENTS = ("numerator", "x", "events", "count", "successes", "obs")
AT_RISK = ("denominator", "n", "at_risk", "pop", "trials", "total")


def run(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    keys = keys_of(case, given, rows)
    columns = roles(case, given, keys, EVENTS, AT_RISK)
    where = places(given, rows, keys, columns)
    x, n = (np.array([given[c].to_numpy()[at].sum() for at in where]) for c in columns)
    scale = scale_of(case, rows, 1.0)
    says = f"{case.param('method', default='')} {case.call}".lower()
    make = exact_proportion if re.search(r"clopper|exact|binom\.test", says) else proportion
    side = case.param("alternative", default=arguments(case.call)[1].get("alternative", ""))

    def ours(confidence: float) -> Estimate:
        if "binom.approx" in says:
            share = x / n
            error = np.sqrt(share * (1 - share) / n)
            return normal_estimate(share, error, confidence=confidence, method="normal")
        if side in ("less", "greater"):
            one = make(x, n, confidence=2 * confidence - 1)
            open_low, open_high = side == "less", side == "greater"
            low = np.where(open_low, 0.0, one.lower)
            high = np.where(open_high, 1.0, one.upper)
            return Estimate(one.value, low, high, one.standard_error, one.method)
        return make(x, n, confidence=confidence)

    values = ours(0.95).value * scale
    told(case, rows, value=values, estimate=values, proportion=values, prop=values, p=values)
    echoed(case, rows, (EVENTS, x), (AT_RISK, n))
    with_limits(case, rows, ours, scale)
