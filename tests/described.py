"""Tables of one indicator as a release holds them, complete enough for its whole page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from equity_pipeline.report.figures.tiles import layout
from equity_pipeline.vocabulary import vocabulary

YEARS = (2020, 2021, 2022, 2023, 2024)
FIVE = (0.801, 0.822, 0.842, 0.870, 0.889)


@dataclass(frozen=True, slots=True)
class Published:
    """Stands in for a table that has passed the door, for what reads its data alone."""

    data: pa.Table


def _base(year: int = 2024, indicator: str = "VT01") -> dict[str, Any]:
    return {
        "run_id": "run-1", "indicator_id": indicator, "unit_of_measure": "percent",
        "period_start": date(year, 1, 1), "period_end": date(year + 1, 1, 1),
        "period_kind": "rolling_12_months", "data_status": "preliminary",
        "geography_level": "region", "geography_code": "12", "value_status": "shown",
        "definition_status": "pre_specified",
    }  # fmt: skip


def _labels(dimension: str) -> dict[str, Any]:
    label = vocabulary().dimensions[dimension].label
    return {
        "dimension": dimension,
        "dimension_label_sv": label.sv,
        "dimension_label_en": label.en,
    }


def level_row(dimension: str, level: str, value: float | None, **changes: Any) -> dict[str, Any]:
    """Return a row of the stratified table; None is a hidden value."""
    label = vocabulary().level_label(dimension, level)
    half = 0.01
    return {
        **_base(), **_labels(dimension), "level": level, "level_label_sv": label.sv,
        "level_label_en": label.en, "strat2_dimension": "total", "headline_adjustment": "crude",
        "n_denominator": None if value is None else 1000.0,
        "n_numerator": None if value is None else round(1000 * value),
        "value_crude": value, "value_crude_lower": None if value is None else value - half,
        "value_crude_upper": None if value is None else value + half,
        "value_status": "suppressed" if value is None else "shown",
    } | changes  # fmt: skip


def gap_row(dimension: str = "income_quintile", **changes: Any) -> dict[str, Any]:
    """Return a row of the gap table between the two declared groups of a dimension."""
    held = vocabulary().dimensions[dimension]
    words = vocabulary()
    focus, reference = str(held.focus), str(held.reference)
    named = {"focus": focus, "reference": reference}
    labels = {
        f"{name}_label_{code}": getattr(words.level_label(dimension, level), code)
        for name, level in named.items()
        for code in ("sv", "en")
    }
    return {
        **_base(), **_labels(dimension), **labels, "focus_level": focus,
        "reference_level": reference, "adjustment": "crude", "adjustment_label_sv": "ojusterat",
        "adjustment_label_en": "crude", "is_headline": True, "is_declared_contrast": True,
        "focus_value": 0.801, "reference_value": 0.889, "gap_abs": -0.088,
        "gap_abs_lower": -0.11, "gap_abs_upper": -0.066, "gap_harm": 0.088,
        "gap_harm_lower": 0.066, "gap_harm_upper": 0.11, "sii": 0.11, "sii_lower": 0.09,
        "sii_upper": 0.13, "rii": 1.14, "rii_lower": 1.1, "rii_upper": 1.18, "mid": 0.03,
        "evidence_state": "established_important",
    } | changes  # fmt: skip


def trend_row(year: int, **changes: Any) -> dict[str, Any]:
    """Return a row of the trend, the difference a little smaller each year."""
    gap = 0.12 - 0.008 * (year - 2020)
    return {
        **_base(year), **_labels("income_quintile"), "level_focus": 0.889 - gap,
        "level_ref": 0.889, "gap_abs": -gap, "gap_harm": gap, "gap_harm_lower": gap - 0.02,
        "gap_harm_upper": gap + 0.02, "base_year": 2020, "change_from_base": gap - 0.12,
        "change_from_base_lower": gap - 0.15, "change_from_base_upper": gap - 0.09,
    } | changes  # fmt: skip


def part_row(adjustment: str, component: str, value: float) -> dict[str, Any]:
    """Return a row of the decomposition, in the sign of the plain difference."""
    return {
        **_base(), **_labels("income_quintile"), "adjustment": adjustment,
        "is_headline": adjustment == "need_b", "component": component, "contribution": value,
        "contribution_lower": value - 0.02, "contribution_upper": value + 0.02,
    }  # fmt: skip


def unit_row(at: int, **changes: Any) -> dict[str, Any]:
    """Return a row of a care unit beside the funnel."""
    size = 200.0 + 37 * at
    far = 3 / size**0.5
    sides = {3: "above_998", 7: "below_998"}
    offset = {3: far, 7: -far}.get(at, far / 4 * (-1) ** at)
    return {
        **_base(), "geography_level": "unit", "geography_code": f"SE-{at:04d}",
        "unit_name": f"Enhetsnamn {at}", "adjustment": "crude", "n_denominator": size,
        "value_crude": 0.84 + offset, "value_region": 0.84,
        "funnel_low95": 0.84 - 0.6 * far, "funnel_high95": 0.84 + 0.6 * far,
        "funnel_low998": 0.84 - 0.9 * far, "funnel_high998": 0.84 + 0.9 * far,
        "funnel_class": sides.get(at, "within"), "indicator_name_sv": "Bedömning",
        "indicator_name_en": "Assessment", "within_gap_harm": 0.01 * at,
        "within_gap_harm_lower": 0.01 * at - 0.02, "within_gap_harm_upper": 0.01 * at + 0.02,
        "positive_deviant_flag": at == 3,
    } | changes  # fmt: skip


def case(**changes: Any) -> dict[str, Any]:
    """Return a row of the decision register: a candidate that nobody has judged."""
    return gap_row() | {
        "indicator_name_sv": "Medicinsk bedömning", "indicator_name_en": "Medical assessment",
        "version": 0, "is_newest": True, "auto_grade": "candidate_a", "n_comparisons": 552.0,
        "auto_grade_label_sv": "Kandidat", "auto_grade_label_en": "Candidate",
        "detectable_narrowing": 0.047, "detectable_by": date(2026, 2, 1), "verdict": None,
        "status": "candidate", "reviewer_1_role": None, "reviewer_2_role": None,
        "decision_body": None, "decision_ref": None, "decision_date": None,
        "report_back_by": None,
    } | changes  # fmt: skip


ITEMS = (
    ("AD_N", "demography_listed", "persons", 500.0),
    ("AD_AGE_0_17", "demography_listed", "percent", 0.2),
    ("AD_AGE_18_44", "demography_listed", "percent", 0.35),
    ("AD_AGE_45_64", "demography_listed", "percent", 0.25),
    ("AD_AGE_65_79", "demography_listed", "percent", 0.15),
    ("AD_AGE_80", "demography_listed", "percent", 0.05),
    ("AD_WOMEN", "demography_listed", "percent", 0.5),
    ("AD_LOW_INCOME", "demography_listed", "percent", 0.15),
    ("AN_CNI", "need", "index", 1.0),
    ("AO_FOUNDED", "organisation", "year", 1990.0),
    ("AA_CLASS", "demography_area", "word", None),
)


def item_rows(at: int, **changes: Any) -> list[dict[str, Any]]:
    """Return what describes a unit: counts, shares, a year and a word."""
    found = []
    for order, (item, group, measure, value) in enumerate(ITEMS):
        more = at / 100 if measure == "percent" else at
        labels = {f"item_group_label_{code}": f"{group} {code}" for code in ("sv", "en")} | {
            f"item_label_{code}": f"{item} {code}" for code in ("sv", "en")
        }
        found.append(
            _base() | labels | {
                "indicator_id": item, "year": 2024, "unit_hsa_id": f"SE-{at:04d}",
                "unit_name": f"Enhetsnamn {at}", "n_peers": 11.0, "item_id": item,
                "peer_group_id": "other:large" if at < 8 else "other:small",
                "item_group": group, "item_order": order, "unit_of_measure": measure,
                "value": None if value is None else value + more,
                "value_word_sv": "övriga områden" if measure == "word" else None,
                "value_word_en": "other areas" if measure == "word" else None,
                "value_region": value, "value_peer_group": value, "n": 500.0,
            } | changes
        )  # fmt: skip
    return found


def levels() -> list[dict[str, Any]]:
    """Return the region's rows: every group of every published dimension, one group hidden."""
    words = vocabulary()
    rows = [level_row("total", "all", 0.843, n_denominator=5000.0)]
    for name, held in words.dimensions.items():
        if name == "total" or name.endswith(("_second", "_cumulative")):
            continue
        codes = list(words.levels(name))
        rows += [
            level_row(name, code, FIVE[at % 5] - 0.002 * len(name), level_order=held.label.order)
            for at, code in enumerate(codes)
        ]
    hidden = level_row("sex", "female", None, value_crude=None)
    return [hidden if (r["dimension"], r["level"]) == ("sex", "female") else r for r in rows]


def places() -> list[dict[str, Any]]:
    """Return the municipalities, each third hidden."""
    return [
        level_row("total", "all", None if at % 3 == 0 else 0.78 + 0.003 * at)
        | {"geography_level": "municipality", "geography_code": tile.code}
        for at, tile in enumerate(layout("12"))
    ]


def published(
    *,
    strata: list[dict[str, Any]] | None = None,
    gaps: list[dict[str, Any]] | None = None,
    **others: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return the tables of a release by form; each may be given in another's place."""
    made = {
        "stratified": levels() + places() if strata is None else strata,
        "gap": _gaps() if gaps is None else gaps,
        "trend": [trend_row(year) for year in YEARS],
        "decomposition": [
            part_row(adjustment, component, value)
            for adjustment in ("need_a", "need_b")
            for component, value in (
                ("total_crude", -0.101),
                ("remaining", -0.087 if adjustment == "need_a" else -0.072),
                ("within_units", -0.044),
            )
        ],
        "unit_variation": [unit_row(at) for at in range(12)],
        "area_description": [row for at in range(12) for row in item_rows(at)],
    } | others
    return {form: Published(pa.Table.from_pylist(rows)) for form, rows in made.items() if rows}


def _gaps() -> list[dict[str, Any]]:
    hidden = {
        "value_status": "suppressed", "evidence_state": None, "focus_value": None,
        "reference_value": None, "gap_abs": None, "gap_abs_lower": None, "gap_abs_upper": None,
        "gap_harm": None, "gap_harm_lower": None, "gap_harm_upper": None, "sii": None,
        "sii_lower": None, "sii_upper": None, "rii": None, "rii_lower": None, "rii_upper": None,
    }  # fmt: skip
    return [gap_row(), gap_row("education"), gap_row("area_type"), gap_row("sex", **hidden)]
