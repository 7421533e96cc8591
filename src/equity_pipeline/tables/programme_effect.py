"""T8: programmes against matched units - outcome, process and cost - and how alike these were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.monthly_sums import month_start, monthly
from equity_pipeline.tables.programme_costs import economics
from equity_pipeline.tables.programme_estimate import Effect
from equity_pipeline.tables.programme_matching import LARGEST_SMD, Matched, balance
from equity_pipeline.tables.programme_panel import PLACES
from equity_pipeline.tables.programme_persons import fewest_persons
from equity_pipeline.tables.programme_study import ESTIMANDS, ITT, Study, study
from equity_pipeline.tables.programmes import Programme, programmes
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.tables.unit_facts import unit_facts
from equity_pipeline.vocabulary import ALL, TOTAL

FORM, BALANCE = "programme_effect", "programme_balance"
PROCESS = "programme_process"  # stands for an indicator where activities are counted
OUTCOME, ECONOMICS = "outcome", "health_economics"
POPULATION = "programme_population"
Row = dict[str, Any]


def programme_effect(given: Given) -> Made:
    """Return T8 and its balance table: a programme's strands on each of its indicators.

    A programme is evaluated on the indicators that the configuration names, else on those of its
    target areas; each must be counted by month. Where periods, units or costs do not suffice the
    row says so and holds no number.
    """
    facts = unit_facts(given)
    rows: list[Row] = []
    alike: list[pd.DataFrame] = []
    counts: list[Row] = []
    for one in programmes(given):
        rows.append(_process(one, given))
        for declared in _indicators(one, given):
            cells = monthly(given.cells.of("monthly", declared.id))
            if cells is None:
                continue
            made = study(one, declared, cells, facts, given.options.fewest_programme_periods)
            alike.append(_balance(made))
            rows += _rows(made, given)
            counts += fewest_persons(made, cells, given.cells.of("programme_persons", declared.id))
    frame = _complete(pd.DataFrame(rows), given) if rows else pd.DataFrame()
    told = pd.concat(alike, ignore_index=True) if alike else pd.DataFrame()
    tables = {
        FORM: StratifiedTable.of(FORM, frame),
        BALANCE: StratifiedTable.of(BALANCE, _complete(told, given) if len(told) else told),
    }
    persons = PersonCounts.of(pd.DataFrame(counts)) if counts else None
    return Made(tables, persons, {PROCESS: "published"})


def _indicators(one: Programme, given: Given) -> Iterable[Declaration]:
    named = one.settings.indicators
    for declared in given.context.declared.values():
        if declared.id in named or (not named and one.target_areas & set(declared.target_area)):
            yield declared


def _process(one: Programme, given: Given) -> Row:
    return _about(one, given) | {
        "strand": "process",
        "indicator_id": PROCESS,
        "programme_population": ALL,
        "population_dimension": TOTAL,
        "approach_code": ALL,
        "estimand": ITT,
        "geography_code": one.id,
        "period_start": month_start(one.start),
        "value_status": "shown" if one.n_activities else "not_reported",
        "n_activities": one.n_activities,
        "n_units_with_activity": one.n_units_with_activity,
        "retention": len(one.active) / len(one.units),
    }


def _about(one: Programme, given: Given) -> Row:
    active, options = len(one.active), given.options
    size = "under_8" if active < options.cohort_fewest else "ok"
    return {
        "programme_id": one.id,
        "n_units_enrolled": len(one.units),
        "n_units_active": active,
        "cohort_size_flag": "over_15" if active > options.cohort_most else size,
        "stop_reasons": one.stop_reasons or None,
        "continuation_assessment": one.settings.continuation or None,
    }


def _rows(made: Study, given: Given) -> Iterator[Row]:
    for approach in made.programme.approach_codes:
        for estimand in ESTIMANDS:
            sets = made.chosen(estimand, approach)
            about = _about(made.programme, given) | _of_sets(made, sets, estimand, approach)
            found = made.on_level(ALL, sets)
            for population in PLACES:
                here = found if population == ALL else made.on_level(population, sets)
                yield about | _outcome(made, sets, population, here)
            yield about | {
                "strand": ECONOMICS,
                "programme_population": ALL,
                "population_dimension": TOTAL,
                **economics(made, estimand, approach, found),
            }


def _of_sets(made: Study, sets: Matched, estimand: str, approach: str) -> Row:
    pool = np.flatnonzero(made.usable & ~made.is_treated)
    told = balance(made.covariates, sets.treated, sets.others, pool)["smd"].abs()
    largest = float(told.max()) if told.notna().any() else np.nan
    return {
        "indicator_id": made.declared.id,
        "approach_code": approach,
        "estimand": estimand,
        "geography_code": f"{made.programme.id}/{approach}/{estimand}",
        "period_start": month_start(made.held.first),
        "period_end": month_start(made.held.last),
        "n_pre_periods": made.n_before,
        "n_post_periods": made.n_after,
        "n_units_compared": len(sets.treated),
        "n_comparison_units": len(sets.others),
        "matching_max_smd": largest,
        "is_balanced": None if np.isnan(largest) else largest <= LARGEST_SMD,
    }


def _outcome(made: Study, sets: Matched, population: str, found: Effect | None) -> Row:
    row: Row = {
        "strand": OUTCOME,
        "programme_population": population,
        "population_dimension": TOTAL if population == ALL else POPULATION,
    }
    if found is None:
        return row | {"value_status": "not_estimated", **_target(made, None)}
    scale, one = made.declared.scale, found.permuted.effect
    row |= {
        "value_status": "shown",
        "pre_pilot": found.before_treated * scale,
        "post_pilot": found.after_treated * scale,
        "pre_comp": found.before_others * scale,
        "post_comp": found.after_others * scale,
        "did": float(one.value) * scale,
        "did_lower": float(one.lower) * scale,
        "did_upper": float(one.upper) * scale,
        "did_unadjusted": found.unadjusted * scale,
        "p_permutation": found.permuted.p_value,
        "n_assignments": found.permuted.assignments,
        "ci_method": one.method,
        "effect_heterogeneity": found.heterogeneity * scale,
    }
    if population == ALL:
        row |= {"pre_trend_p": made.trend_before(sets), **_gap(made.on_gap(sets), scale)}
        row |= _target(made, found.after_treated * scale)
    return _finite(row)


def _gap(found: Effect | None, scale: float) -> Row:
    if found is None:
        return {}
    one = found.permuted.effect
    return {
        "equity_did": float(one.value) * scale,
        "equity_did_lower": float(one.lower) * scale,
        "equity_did_upper": float(one.upper) * scale,
    }


def _target(made: Study, reached: float | None) -> Row:
    """Return the target, whether it was met, and whether the reason that must be given is."""
    told = made.programme.settings
    target = told.targets.get(made.declared.id)
    if target is None:
        return {"reason_status": "no_target"}
    row: Row = {"target_value": target, "reason_text": told.reason or None}
    if reached is None:
        return row | {"reason_status": "not_judged"}
    is_met = reached >= target if made.declared.direction == "higher" else reached <= target
    missing = "given" if told.reason else "lacking"
    return row | {"target_met": is_met, "reason_status": "not_needed" if is_met else missing}


def _finite(row: Row) -> Row:
    """Return the row with limits that no assignment could set left empty."""
    return {
        name: None if isinstance(value, float) and np.isinf(value) else value
        for name, value in row.items()
    }


def _balance(made: Study) -> pd.DataFrame:
    pool = np.flatnonzero(made.usable & ~made.is_treated)
    frame = balance(made.covariates, made.sets.treated, made.sets.others, pool)
    known = frame["smd"].notna()
    return frame.assign(
        programme_id=made.programme.id,
        indicator_id=made.declared.id,
        period_start=month_start(made.held.first),
        period_end=month_start(made.held.last),
        n_units_compared=len(made.sets.treated),
        n_comparison_units=len(made.sets.others),
        geography_code=f"{made.programme.id}/{made.programme.approach_codes[0]}/{ITT}",
        is_imbalanced=(frame["smd"].abs() > LARGEST_SMD).where(known),
        value_status=np.where(known, "shown", "not_reported"),
    )


def _complete(frame: pd.DataFrame, given: Given) -> pd.DataFrame:
    spans = ("period_start", "period_end")
    held = frame.drop(columns=[name for name in spans if name in frame])
    made = given.context.complete(held.assign(period_code=None, dimension=TOTAL))
    for name in spans:
        made[name] = frame[name].to_numpy() if name in frame else None
    made["geography_level"] = "programme"
    made["geography_name"] = made["programme_id"]
    made["ses_measurement_level"] = "not_applicable"
    return made
