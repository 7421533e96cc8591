"""Rows of a programme and of a care chain as a release holds them, enough for their pages."""

from __future__ import annotations

from datetime import date
from typing import Any

NAMED = {
    "indicator_id": "VT01", "indicator_name_sv": "Medicinsk bedömning inom 3 dagar",
    "indicator_name_en": "Medical assessment within 3 days", "unit_of_measure": "percent",
    "value_status": "shown",
}  # fmt: skip
MEMBERS = ((1, date(2023, 1, 1), None), (2, date(2023, 3, 1), date(2023, 10, 1)))
MONTHS = 36
OF_OTHERS = (
    "programme_cost_sek", "delta_cost_per_person", "delta_effect", "delta_effect_lower",
    "delta_effect_upper", "icer", "icer_lower", "icer_upper", "icer_quadrant", "n_activities",
    "n_units_with_activity",
)  # fmt: skip


def effect_row(population: str = "all", **changes: Any) -> dict[str, Any]:
    """Return a row of an effect: from 83 to 87 per cent beside 84.4 and 84.2."""
    return NAMED | {
        "programme_id": "A", "strand": "outcome", "programme_population": population,
        "approach_code": "all", "estimand": "itt", "n_units_enrolled": 2, "n_units_active": 1,
        "cohort_size_flag": "under_8", "stop_reasons": "Personalbrist (1)",
        "n_comparison_units": 18.0, "n_units_compared": 2.0,
        "effect_heterogeneity": 0.012, "is_balanced": False, "pre_pilot": 0.83, "post_pilot": 0.87,
        "pre_comp": 0.844, "post_comp": 0.842, "did": 0.035, "did_lower": 0.021,
        "did_upper": 0.049, "p_permutation": 0.0002, "n_assignments": 19_683.0,
        "pre_trend_p": 0.66, "equity_did": 0.003, "equity_did_lower": -0.039,
        "equity_did_upper": 0.045, "target_value": None, "reason_status": "no_target",
        "reason_text": None, "continuation_assessment": None, **dict.fromkeys(OF_OTHERS),
    } | changes  # fmt: skip


def cost_row(**changes: Any) -> dict[str, Any]:
    """Return the costs beside the effect, turned so that better is above zero."""
    return effect_row() | {
        "strand": "health_economics", "programme_cost_sek": 1_665_000.0,
        "delta_cost_per_person": 180.0, "delta_effect": 0.035, "delta_effect_lower": 0.021,
        "delta_effect_upper": 0.049, "icer": 5_089.0, "icer_lower": 3_763.0,
        "icer_upper": 7_861.0, "icer_quadrant": "better_dearer",
    } | changes  # fmt: skip


def process_row(**changes: Any) -> dict[str, Any]:
    """Return the row of what the units logged."""
    return effect_row() | {
        "strand": "process", "indicator_id": "programme_process", "n_activities": 27.0,
        "n_units_with_activity": 2.0, "did": None,
    } | changes  # fmt: skip


def balance_row(covariate: str = "pre_level", **changes: Any) -> dict[str, Any]:
    """Return how alike the units were in one prerequisite."""
    return NAMED | {
        "programme_id": "A", "covariate": covariate, "mean_treated": 0.83,
        "mean_comparison": 0.845, "smd": -0.99, "smd_before_matching": -1.07,
    } | changes  # fmt: skip


def log_rows() -> list[dict[str, Any]]:
    """Return what happened: two units began, each tried something, one left."""
    made = []
    for at, began, left in MEMBERS:
        unit = {"programme_id": "A", "unit_hsa_id": f"SE-{at:04d}", "approach_code": "visit",
                "unit_name": f"Enhetsnamn {at}", "value_status": "shown"}  # fmt: skip
        tried = {"programme_event": "activity", "event_id": f"ACT-{at}",
                 "event_date": date(2023, 5, 1), "event_words": "Tolk bokas"}  # fmt: skip
        events = [
            {"programme_event": "began", "event_id": "began", "event_date": began,
             "event_words": None},
            tried,
        ]  # fmt: skip
        if left is not None:
            events.append({"programme_event": "left", "event_id": "left", "event_date": left,
                           "event_words": "Personalbrist"})  # fmt: skip
        made += [unit | one for one in events]
    return made


def month_rows(at: int, **changes: Any) -> list[dict[str, Any]]:
    """Return three years of a unit: a shift of a year since its start."""
    found = []
    for month in range(MONTHS):
        since = month >= 12
        found.append(
            NAMED | {
                "unit_hsa_id": f"SE-{at:04d}", "unit_name": f"Enhetsnamn {at}",
                "month": date(2022 + month // 12, month % 12 + 1, 1), "window_months": 1,
                "n": 120.0, "value": 0.80 + 0.01 * (month % 3) + 0.05 * since,
                "centre_line": 0.81, "lcl": 0.72, "ucl": 0.90,
                "spc_signal": "shift" if 12 <= month < 24 else "none",
                "period_kind": "month", "period_end": date(2025, 1, 1),
            } | changes
        )  # fmt: skip
    return found


def programme_tables(**others: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of one programme by form; each form may be given in another's place."""
    return {
        "programme_effect": [
            process_row(), cost_row(),
            *(effect_row(one) for one in ("all", "focus_group", "others")),
        ],
        "programme_balance": [balance_row()],
        "programme_log": log_rows(),
        "run_chart": [*month_rows(1), *month_rows(2)],
    } | others  # fmt: skip


STEPS = (
    ("Smokes", True, 0.87), ("Spirometry", False, 0.58), ("Return visit", True, 0.66),
    ("No admission", False, 0.84),
)  # fmt: skip


def chain_rows(
    dimension: str = "total", level: str = "all", **changes: Any
) -> list[dict[str, Any]]:
    """Return the steps of a chain for a group; the second step is where it loses most."""
    found = []
    for at, (name, anew, share) in enumerate(STEPS):
        found.append(
            {
                "pathway": "copd", "pathway_label_sv": "Vårdkedja KOL",
                "pathway_label_en": "Care chain COPD", "period_end": date(2025, 1, 1),
                "period_kind": "rolling_12_months", "geography_level": "region",
                "indicator_id": f"CC0{at}", "dimension": dimension, "level": level,
                "level_label_sv": f"{level} sv", "level_label_en": f"{level} en",
                "reference_label_sv": "Högsta", "reference_label_en": "Highest",
                "is_declared_contrast": dimension != "total", "step_no": at + 1,
                "starts_anew": anew, "step_label_sv": f"{name} sv", "step_label_en": name,
                "value_status": "shown", "n_in": 1000.0, "n_out": 1000 * share,
                "conditional_rate": share, "conditional_rate_lower": share - 0.02,
                "conditional_rate_upper": share + 0.02, "cumulative_rate": share,
                "ref_conditional_rate": share + 0.03, "step_contribution_to_gap": 0.1 * at,
                "step_contribution_to_gap_lower": 0.1 * at - 0.05,
                "step_contribution_to_gap_upper": 0.1 * at + 0.05, "bottleneck_flag": at == 1,
            } | changes
        )  # fmt: skip
    return found


def chains() -> dict[str, list[dict[str, Any]]]:
    """Return the rows of one chain for all and for two groups."""
    return {
        "care_chain": [
            *chain_rows(), *chain_rows("income_quintile", "q1"), *chain_rows("sex", "female"),
        ]
    }  # fmt: skip
