"""A small made-up release for the notebooks: one indicator of COPD and one programme, by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from equity_pipeline.extracts.database import build_database
from equity_pipeline.tables.table import StratifiedTable

Row = dict[str, Any]
YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
REGION = {"geography_level": "region", "geography_code": "12", "geography_name": "Region Norr"}
COMMON: Row = {
    **YEAR, **REGION, "run_id": "run-1", "period_kind": "rolling_12_months",
    "indicator_id": "BR02", "indicator_name_sv": "Spirometri vid KOL",
    "unit_of_measure": "percent", "dimension": "education", "value_status": "shown",
}  # fmt: skip
GROUPS = (("low", "Förgymnasial utbildning"), ("medium", "Gymnasial utbildning"),
          ("high", "Eftergymnasial utbildning"))  # fmt: skip
PAIR: Row = {
    "focus_level": "low", "focus_label_sv": GROUPS[0][1], "reference_level": "high",
    "reference_label_sv": GROUPS[2][1], "is_declared_contrast": True,
}  # fmt: skip


@dataclass(frozen=True)
class Written:
    """Rows as the writers take them; what is here has not been through the door."""

    form: str
    data: pa.Table


def around(name: str, value: float, half: float) -> Row:
    """A value with its interval."""
    return {name: value, f"{name}_lower": value - half, f"{name}_upper": value + half}


def groups() -> list[Row]:
    values = {"low": 0.545, "high": 0.674}
    return [
        COMMON
        | {"level": code, "level_label_sv": words, "level_order": place, "strat2_level": "all",
           "strat2_dimension": "total", "headline_adjustment": "crude"}
        | ({"n_denominator": 300, **around("value_crude", values[code], 0.06)}
           if code in values else {"value_status": "suppressed"})
        for place, (code, words) in enumerate(GROUPS, start=1)
    ]  # fmt: skip


def gaps(lower: float) -> list[Row]:
    return [
        COMMON | PAIR
        | {"adjustment": code, "adjustment_label_sv": words, "is_headline": code == "crude",
           "mid": 0.05, "gap_harm": 0.129, "gap_harm_lower": lower, "gap_harm_upper": 0.238}
        for code, words in (("crude", "ojusterat"), ("need_a", "efter hänsyn till ålder och kön"))
    ]  # fmt: skip


def steps() -> list[Row]:
    parts = ("Ojusterad skillnad", "Kvarstår efter hänsyn till ålder, kön och uppmätt behov")
    return [
        COMMON | PAIR
        | {"adjustment": "crude", "is_headline": True, "component": code, "component_order": place,
           "component_label_sv": words, **around("contribution", -0.1, 0.05)}
        for place, (code, words) in enumerate(
            zip(("total_crude", "remaining"), parts, strict=True), start=1)
    ]  # fmt: skip


def crossed() -> tuple[list[Row], list[Row]]:
    defined = {**COMMON, "strata_definition": "sex+education"}
    model = defined | {
        "n_persons": 894, "n_strata": 6, "n_strata_under_20": 2, **around("vpc_null", 0.02, 0.01),
        "pcv": 0.8, "mor_null": 1.21, "reading_sv": "Gruppindelningen säger lite.",
    }  # fmt: skip
    strata = [
        defined
        | {"stratum_id": str(n), "pred_main_only": 0.5, "interaction_flag": "none",
           **around("pred_total", 0.5 + n / 50, 0.05)}
        for n in range(4)
    ]  # fmt: skip
    return [model], strata


def chain() -> list[Row]:
    return [
        COMMON
        | {"pathway": "copd", "level": code, "level_label_sv": words, "level_order": place,
           "step_no": step, "step_label_sv": f"Steg {step}",
           **around("conditional_rate", 0.7, 0.05)}
        for step in (1, 2)
        for place, (code, words) in enumerate(GROUPS, start=1)
    ]  # fmt: skip


def programme() -> dict[str, list[Row]]:
    at = {
        **COMMON, "programme_id": "A", "indicator_id": "VT01", "strand": "outcome",
        "indicator_name_sv": "Medicinsk bedömning inom 3 dagar", "estimand": "itt",
        "approach_code": "all", "geography_level": "programme", "geography_code": "A/all/itt",
    }  # fmt: skip
    effects = [
        at | {"programme_population": who, "n_units_compared": 9, "n_comparison_units": 18,
              "n_pre_periods": 12, "n_post_periods": 8, "is_balanced": False, "pre_trend_p": 0.66,
              "p_permutation": 0.0001, **around("did", 0.035, 0.014),
              **around("equity_did", -0.01, 0.02)}
        for who in ("all", "focus_group", "others")
    ]  # fmt: skip
    balance = [
        at | {"covariate": name, "smd": 0.05, "smd_before_matching": 0.4}
        for name in ("pre_level", "acg_mean")
    ]
    charts = [
        at | {"unit_hsa_id": "E01", "unit_name": "Linden (syntetisk)", "window_months": 1,
              "month": date(2024, month, 1), "period_start": date(2024, month, 1),
              "value": 0.8, "centre_line": 0.79, "lcl": 0.7, "ucl": 0.88,
              "spc_signal": "shift" if month > 8 else "none"}
        for month in range(1, 13)
    ]  # fmt: skip
    return {"programme_effect": effects, "programme_balance": balance, "run_chart": charts}


def write_release(folder: Path, *, gap_lower: float = 0.02) -> Path:
    """Write the database of the made-up release, with a gap whose interval begins there."""
    model, strata = crossed()
    ready = {"run_id": "run-1", "indicator_id": "BR02", "dimension": "education",
             "source_file": "standard", "value_status": "shown", "readiness": "green",
             "completeness": 0.983}  # fmt: skip
    forms: dict[str, list[Row]] = {
        "stratified": groups(), "gap": gaps(gap_lower), "decomposition": steps(),
        "maihda_model": model, "maihda_strata": strata, "care_chain": chain(),
        "readiness": [ready], **programme(),
    }  # fmt: skip
    made: dict[str, Any] = {
        form: Written(form, StratifiedTable.of(form, pa.Table.from_pylist(rows)).data)
        for form, rows in forms.items()
    }
    catalogue = pa.table(
        {"id": ["BR02"], "sv": ["Spirometri vid KOL"], "definition_sv": ["Andel listade med KOL."]}
    )
    build_database(made, catalogue, {"run_id": "run-1", "synthetic": True}, folder)
    return folder
