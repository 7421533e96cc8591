"""Indirectly standardised ratios and rates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.statistics.estimate import Estimate, log_estimate
from equity_pipeline.statistics.standardise.indirect import (
    expected_events,
    indirect_rate,
    indirect_ratio,
    reference_rates,
)
from tests.reference.peer_tables import (
    arguments,
    keys_of,
    places,
    roles,
    scale_of,
    told,
    with_limits,
)
from tests.reference.vectors import Case

COUNT = ("count", "x", "observed", "obs", "events")
POPULATION = ("pop", "n", "person_time", "py")
REFERENCE = ("refcount", "x_ref", "ref_count", "stdcount", "ref_x")
REFERENCE_POPULATION = ("refpop", "n_ref", "ref_pop", "stdpop", "ref_n")


def run(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    keys = keys_of(case, given, rows)
    where = places(given, rows, keys)
    columns = roles(case, given, keys, COUNT, POPULATION, REFERENCE, REFERENCE_POPULATION)
    cells = [given.iloc[at][columns].fillna(0).to_numpy(dtype=float).T for at in where]
    observed = np.array([cell[0].sum() for cell in cells])
    expected = np.array([expected_events(n, reference_rates(rx, rn)) for _, n, rx, rn in cells])
    crude = np.array([rx.sum() / rn.sum() for _, _, rx, rn in cells])
    is_rate = _is_rate(case, rows)
    scale = np.where(is_rate, scale_of(case, rows, 100_000.0), scale_of(case, rows, 1.0))
    on_logs = "ageadjust.indirect" in case.call

    def ours(confidence: float) -> Estimate:
        ratio = indirect_ratio(observed, expected, scale=scale, confidence=confidence)
        rate = indirect_rate(observed, expected, crude, scale=scale, confidence=confidence)
        parts = (
            np.where(is_rate, getattr(rate, a), getattr(ratio, a))
            for a in ("value", "lower", "upper", "standard_error")
        )
        made = Estimate(*parts, method="mixed")
        if on_logs:
            error = made.standard_error
            return log_estimate(made.value, error, confidence=confidence, method="log")
        return made

    values = ours(0.95).value
    told(case, rows, observed=observed, expected=expected, exp=expected)
    told(case, rows, ref_rate=np.where(is_rate, crude * scale, np.nan))
    told(case, rows, value=values, sir=values, smr=values, isr=values, estimate=values, rate=values)
    with_limits(case, rows, ours)
    if "method" in rows and set(rows["method"]) <= {"Exact", "Byars"}:
        case.same("method", np.where(observed < 10, "Exact", "Byars"))


def _is_rate(case: Case, rows: pd.DataFrame) -> np.ndarray:
    """Which rows are rates: by their own words, by a reference rate, or by the call."""
    if "statistic" in rows:
        return rows["statistic"].str.contains("rate").to_numpy(dtype=bool)
    if "ref_rate" in rows:
        return rows["ref_rate"].notna().to_numpy()
    says = f"{case.call} {case.param('type', 'method', default='')}".lower()
    rate = "israte" in says or ("isratio" not in says and "multiplier" in arguments(case.call)[1])
    return np.full(len(rows), rate)
