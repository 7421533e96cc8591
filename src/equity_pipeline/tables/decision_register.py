"""T10: what the machine nominates, what people have judged of it, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.decision_candidates import (
    case_id,
    declared_rows,
    grade_words,
    nominated,
)
from equity_pipeline.tables.decision_follow_up import followed_up
from equity_pipeline.tables.decision_persons import concerned
from equity_pipeline.tables.decision_power import detectable
from equity_pipeline.tables.decision_rules import (
    IMPORTANCE,
    PERIOD_STEPS,
    PERSON_STEPS,
    SIZE_STEPS,
    grade,
    importance_class,
    steps,
)
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.table import StratifiedTable, conform, form_of
from equity_pipeline.vocabulary import vocabulary

FORM = "decision_register"
#: what people write; all of it is published
JUDGED = (
    "evidence_of_benefit", "evidence_of_benefit_ref", "medical_explanation_tested",
    "preference_tested", "ethical_platform", "verdict", "importance_persons",
    "importance_severity", "reviewer_1_role", "reviewer_2_role", "reviewed_date",
    "recommendation_sv", "action_level", "equality_impact_gains", "equality_impact_widening",
    "equality_impact_stigma", "equality_impact_level", "equality_impact_displacement", "owner",
    "status", "decision_ref", "decision_paragraph", "decision_body", "decision_date",
    "target_value", "report_back_by", "reported_back_date", "result", "reason_if_not_reached",
    "qualitative_ref", "qualitative_date",
)  # fmt: skip
#: what is known by name; it stays in the register and is never published
NAMES = ("reviewer_1_name", "reviewer_2_name", "owner_name")
IDENTITY = ("indicator_id", "dimension", "focus_level", "reference_level", "population_base")
NOMINATED = ("candidate_a", "candidate_b")


def decision_register(
    gaps: StratifiedTable,
    readiness: StratifiedTable | None,
    context: FormContext,
    register: pd.DataFrame | None = None,
    *,
    burden: StratifiedTable | None = None,
    days_until_known: int = 31,
) -> StratifiedTable:
    """Return T10: version 0 of every case is tonight's nomination, the others what people judged.

    Parameters
    ----------
    gaps, readiness
        T2 and T0.
    context
        What stands in every row.
    register
        All versions of all cases that people have judged.
    burden
        T7, for how many a case concerns.
    days_until_known
        Days from the end of a period until its figures are there.

    Notes
    -----
    Cases of indicators that are not counted in this run stay in the register and have no row.
    """
    frame = gaps.data.to_pandas()
    ready = None if readiness is None else readiness.data.to_pandas()
    found = nominated(frame, ready, context.declared, context.region_code)
    cases = _cases(found, context, None if burden is None else burden.data.to_pandas())
    if cases.empty:
        return StratifiedTable(FORM, conform(FORM, pd.DataFrame()))
    cases = _with_power(cases, days_until_known)
    versions = _versions(register, cases, context)
    made = pd.concat([_machine(cases, versions), versions], ignore_index=True)
    headlines = _headlines(frame, context)
    made = _with_follow_up(made, register, headlines)
    return StratifiedTable.of(FORM, _with_words(made))


def decisions(given: Given) -> Made:
    """Return T10 from what the night has made and what people have decided."""
    held = given.beside.get("decisions")
    made = decision_register(
        given.made["gap"],
        given.made.get("readiness"),
        given.context,
        None if held is None else pd.DataFrame(held.to_pandas()),
        burden=given.made.get("excess_burden"),
        days_until_known=given.options.days_until_known,
    )
    return Made({FORM: made})


def _cases(found: pd.DataFrame, context: FormContext, burden: pd.DataFrame | None) -> pd.DataFrame:
    if found.empty:
        return found
    made = _named(found, context)
    made["evidence_ref"] = [context.declared[one].evidence_ref for one in made["indicator_id"]]
    parts = (
        "indicator_id", "period_start", "period_end", "geography_code", "dimension",
        "focus_level", "reference_level", "adjustment",
    )  # fmt: skip
    made["gap_ref"] = made[list(parts)].astype(str).agg("|".join, axis=1)
    made["importance_size"] = steps(
        (made["gap_harm"].abs() / made["mid"]).astype(float), SIZE_STEPS
    )
    made["importance_duration"] = steps(made["n_periods_established"], PERIOD_STEPS)
    made["importance_persons"] = steps(concerned(made, context.declared, burden), PERSON_STEPS)
    return made


def _named(rows: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    bases = {one.id: one.population_base for one in context.declared.values()}
    made = rows.assign(population_base=rows["indicator_id"].map(bases))
    made["case_id"] = [case_id(_known(row)) for row in made[list(IDENTITY)].to_dict("records")]
    return made


def _with_power(cases: pd.DataFrame, days_until_known: int) -> pd.DataFrame:
    """Add the smallest narrowing that would be seen, and the day by which it would be known."""
    made = cases.copy()
    found = detectable(
        made["gap_harm"].to_numpy(dtype=np.float64),
        made["error"].to_numpy(dtype=np.float64),
        made["freedom"].to_numpy(dtype=np.float64),
    )
    has_rhythm = (made["period_kind"] != "whole_delivery").to_numpy()
    made["detectable_narrowing"] = np.where(has_rhythm, found.narrowing, np.nan)
    spans = zip(
        pd.to_datetime(made["period_start"]),
        pd.to_datetime(made["period_end"]),
        np.where(has_rhythm, found.periods, np.nan),
        strict=True,
    )
    made["detectable_by"] = [_known_by(*span, days_until_known) for span in spans]
    return made


def _known_by(start: pd.Timestamp, end: pd.Timestamp, periods: float, days: int) -> Any:
    if np.isnan(periods):
        return None
    months = (end.year - start.year) * 12 + end.month - start.month
    shown = end + pd.DateOffset(months=months * int(periods)) + pd.Timedelta(days=days)
    return shown.date()


def _machine(cases: pd.DataFrame, versions: pd.DataFrame) -> pd.DataFrame:
    made = cases.assign(version=0)
    made["is_newest"] = ~made["case_id"].isin(versions.get("case_id", []))
    made["status"] = ["candidate" if one in NOMINATED else None for one in made["auto_grade"]]
    return made


def _versions(
    register: pd.DataFrame | None, cases: pd.DataFrame, context: FormContext
) -> pd.DataFrame:
    """Return a row a version of the register, with what the case looks like tonight."""
    if register is None or register.empty:
        return cases.head(0).assign(version=[], is_newest=[])
    held = register[register["indicator_id"].isin(list(context.declared))]
    judged = pd.DataFrame(held[["case_id", "version", *JUDGED, *_stored(held), *IDENTITY]])
    own = [name for name in cases.columns if name not in judged.columns or name == "case_id"]
    made = judged.merge(cases[own], on="case_id", how="left")
    made["is_newest"] = made["version"] == made.groupby("case_id")["version"].transform("max")
    made["importance_class"] = [
        importance_class(_known(row)) for row in made[list(IMPORTANCE)].to_dict("records")
    ]
    pairs = zip(_plain(made["verdict"]), made["importance_class"], strict=True)
    made["grade"] = [grade(verdict, importance) for verdict, importance in pairs]
    return _without_row_tonight(made, cases, context)


def _stored(held: pd.DataFrame) -> list[str]:
    return [name for name in ("importance_size", "importance_duration") if name in held]


def _known(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): None if pd.isna(value) else value for name, value in row.items()}


def _plain(column: pd.Series[Any]) -> list[Any]:
    return [None if pd.isna(value) else value for value in column]


def _without_row_tonight(
    made: pd.DataFrame, cases: pd.DataFrame, context: FormContext
) -> pd.DataFrame:
    """Fill the words of versions whose case has no row tonight."""
    lost = made["period_end"].isna()
    if not lost.any():
        return made
    is_newest = context.periods["period_end"] == cases["period_end"].max()
    code = context.periods[is_newest]["period_code"].iloc[-1]
    bare = made.loc[lost, ["indicator_id", "dimension"]].assign(period_code=code)
    filled = context.complete(bare).set_axis(bare.index)
    for name in form_of(FORM).columns:
        if name in filled and name in made:
            made[name] = made[name].where(~lost, filled[name].reindex(made.index))
    made["value_status"] = made["value_status"].where(~lost, "not_estimated")
    return made


def _headlines(gaps: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    long = declared_rows(gaps, context.declared, context.region_code)
    return _named(pd.DataFrame(long[long["is_headline"]]), context)


def _with_follow_up(
    made: pd.DataFrame, register: pd.DataFrame | None, headlines: pd.DataFrame
) -> pd.DataFrame:
    if register is None or register.empty:
        return made
    found = followed_up(register, headlines)
    told = [name for name in found if name == "case_id" or name in form_of(FORM).columns]
    joined = made.merge(found[told], on="case_id", how="left")
    for name in told[1:]:
        joined[name] = joined[name].where(joined["is_newest"].astype(bool), None)
    return joined


def _with_words(made: pd.DataFrame) -> pd.DataFrame:
    made = made.copy()
    words = vocabulary().codes["follow_up"]
    for language in ("sv", "en"):
        made[f"auto_grade_label_{language}"] = made["auto_grade"].map(grade_words(language))
        if "follow_up" in made:
            told = {code: getattr(label, language) for code, label in words.items()}
            made[f"follow_up_label_{language}"] = made["follow_up"].map(told)
    return made
