"""Rows of the published tables as a page gets them, made through the disclosure door."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa

from equity_pipeline.disclosure.disclose import DisclosedTable, disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

YEAR = {
    "period_start": date(2024, 1, 1),
    "period_end": date(2025, 1, 1),
    "period_kind": "rolling_12_months",
}
SHARE = {
    **YEAR, "run_id": "run-1", "indicator_id": "VT01", "geography_code": "12",
    "indicator_name_sv": "Medicinsk bedömning inom 3 dagar",
    "indicator_name_en": "Medical assessment within 3 days", "unit_of_measure": "percent",
    "dimension": "sex", "dimension_label_sv": "Kön", "dimension_label_en": "Sex",
    "ses_measurement_level": "individual",
    "focus_level": "female", "focus_label_sv": "Kvinnor", "focus_label_en": "Women",
    "reference_level": "male", "reference_label_sv": "Män", "reference_label_en": "Men",
    "adjustment": "crude", "adjustment_label_sv": "ojusterat", "adjustment_label_en": "crude",
    "is_headline": True, "is_declared_contrast": True, "value_status": "shown",
    "focus_value": 0.801, "reference_value": 0.889,
    "gap_abs": -0.088, "gap_abs_lower": -0.11, "gap_abs_upper": -0.066,
    "gap_harm": 0.088, "gap_harm_lower": 0.066, "gap_harm_upper": 0.11,
    "mid": 0.03, "evidence_state": "established_important",
}  # fmt: skip
READY = {
    "run_id": "run-1", "indicator_id": "VT01", "dimension": "sex", "dimension_label_sv": "Kön",
    "dimension_label_en": "Sex", "source_file": "contact", "value_status": "shown",
    "readiness": "green", "obstacle_sv": None, "obstacle_en": None,
}  # fmt: skip
RED = {
    "readiness": "red", "dimension": "education", "dimension_label_sv": "Utbildning",
    "dimension_label_en": "Education",
    "obstacle_sv": "Individuell uppgift om utbildning är inte levererad.",
    "obstacle_en": "Education of persons is not delivered.",
}  # fmt: skip
CHECKS = [
    {"run_id": "run-1", "entity": "contact", "entity_label_sv": "Vårdkontakter",
     "entity_label_en": "Care contacts", "check_order": place, "check_name": "row_count",
     "check_kind": "own", "check_sv": words, "check_en": english, "severity": "warning",
     "check_result": result, "value_status": "shown", "n_checked": rows}
    for place, (words, english, result, rows) in enumerate(
        [("Det finns rader", "There are rows", "passed", 12_000),
         ("Få <rader>", "Few <rows>", "failed", 3),
         ("Mål är ifyllt", "The target is given", "not_checked", 0)], start=1)
]  # fmt: skip
CHECKS.append(
    CHECKS[0] | {"entity": "screening", "entity_label_sv": "Screening",
                 "entity_label_en": "Invitations to screening", "check_order": 1,
                 "check_result": "not_checked", "n_checked": 0}
)  # fmt: skip
DELIVERED = {
    "run_id": "run-1", "layout": "standard", "entity": "contact",
    "entity_label_sv": "Vårdkontakter", "entity_label_en": "Care contacts",
    "delivered_as_of": date(2025, 1, 2), "quarantine_band": "under_1_percent",
    "quarantine_reasons": "wait_negative", "value_status": "shown", "n_files": 5,
    "n_rows": 12_000,
}  # fmt: skip
LEVELS = (("total", "all", 400), ("sex", "female", 200), ("sex", "male", 200))


FACTS = PageFacts("Region Norr", "run-1", True, "Nämnare under 20 visas inte.", 0)


def disclosed_tables(
    gaps: Iterable[dict[str, Any]] = (SHARE,),
    *,
    n_with: int = 100,
    cases: Iterable[dict[str, Any]] = (),
) -> dict[str, DisclosedTable]:
    """Make disclosed tables: each sex with ``n_with`` persons who had the outcome."""
    forms, persons = before_the_door(gaps, n_with=n_with)
    if cases:
        rows = pa.Table.from_pylist(list(cases))
        forms["decision_register"] = StratifiedTable.of("decision_register", rows)
    return dict(disclose(forms, persons, DisclosurePolicy(), kinds={"VT01": "proportion"}).tables)


def before_the_door(
    gaps: Iterable[dict[str, Any]] = (SHARE,),
    *,
    n_with: int = 100,
    levels: Iterable[tuple[str, str, int]] = LEVELS,
) -> tuple[dict[str, StratifiedTable], PersonCounts]:
    """Make the same tables as they are before the door, and the persons behind their cells."""
    cells = [
        {
            **YEAR, "run_id": "run-1", "indicator_id": "VT01", "geography_code": "12",
            "dimension": dimension, "level": level, "strat2_dimension": "total",
            "strat2_level": "all", "value_status": "shown", "n_denominator": n,
            "n_numerator": n_with, "value_crude": n_with / n, "headline_adjustment": "crude",
        }
        for dimension, level, n in levels
    ]  # fmt: skip
    persons = [
        {**row, "n_persons": row["n_denominator"], "n_persons_with": n_with,
         "n_persons_without": row["n_denominator"] - n_with}
        for row in cells
    ]  # fmt: skip
    forms = {
        "stratified": cells,
        "gap": list(gaps),
        "readiness": [READY, READY | RED],
        "checks": CHECKS,
        "deliveries": [
            DELIVERED,
            DELIVERED
            | {
                "entity": "unit",
                "entity_label_sv": "Vårdenheter",
                "entity_label_en": "Care units",
                "n_files": 1,
                "n_rows": 4,
                "quarantine_band": "none",
                "quarantine_reasons": None,
            },
        ],
    }
    made = {
        form: StratifiedTable.of(form, pa.Table.from_pylist(rows)) for form, rows in forms.items()
    }
    return made, PersonCounts.of(pa.Table.from_pylist(persons))
