"""What the tables of a release hold of each indicator, once for all its pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.picking import latest
from equity_pipeline.report.reading import Row, rows_of
from equity_pipeline.vocabulary import LONG_PERIODS, vocabulary

FIRST_ASKED = (
    "income_quintile", "area_income_quintile", "area_type", "area_class", "education",
    "country_of_birth", "sex",
)  # fmt: skip
VALUE = {
    "crude": "value_crude", "standardised": "value_std", "need_a": "value_need_a",
    "need_b": "value_need_b", "need_c": "value_need_c",
}  # fmt: skip
COLUMNS = (
    "indicator_id", "period_start", "period_end", "data_status", "definition_status",
    "unit_of_measure", "geography_level", "geography_code", "geography_name",
    "value_status", "headline_adjustment",
    "dimension", "dimension_label_sv", "dimension_label_en", "level", "level_label_sv",
    "level_label_en", "n_denominator", "n_numerator",
    *(f"{name}{end}" for name in (*VALUE.values(), "gap_abs", "gap_harm", "sii", "rii",
      "change_from_base", "contribution") for end in ("", "_lower", "_upper")),
    "focus_level", "focus_label_sv", "focus_label_en", "focus_value", "reference_level",
    "reference_label_sv", "reference_label_en", "reference_value", "is_declared_contrast",
    "adjustment", "adjustment_label_sv", "adjustment_label_en", "mid", "evidence_state",
    "level_focus", "level_ref", "base_year", "component", "value_region", "funnel_class",
    "funnel_low95", "funnel_high95", "funnel_low998", "funnel_high998",
)  # fmt: skip
SECOND = "total"
REGION, UNIT, MUNICIPALITY = "region", "unit", "municipality"
SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Held:
    """The disclosed rows of one indicator's newest long period, and of the years before.

    Attributes
    ----------
    levels
        The region's rows by dimension, in the order of the dictionary and of the levels.
    whole
        The region's row of all together; None where there is none.
    gaps
        The headline comparisons that were declared beforehand, by dimension.
    compared
        Every headline comparison, by dimension and the level that is compared.
    trend, parts
        Rows of the trend and of the decomposition, by dimension.
    units, places
        Rows of the care units and the municipalities.
    """

    indicator_id: str
    levels: Mapping[str, list[Row]]
    whole: Row | None
    gaps: Mapping[str, Row]
    compared: Mapping[tuple[str, str], Row]
    trend: Mapping[str, list[Row]]
    parts: Mapping[str, list[Row]]
    units: list[Row]
    places: list[Row]

    @property
    def asked(self) -> str | None:
        """The dimension of the headline: the first of a fixed order that is shown, else declared.

        Chosen without a look at any difference.
        """
        declared = [one for one in FIRST_ASKED if one in self.gaps]
        shown = [one for one in declared if self.gaps[one]["value_status"] == SHOWN]
        return next(iter([*shown, *declared]), None)


def value_of(row: Row) -> tuple[float | None, float | None, float | None]:
    """Return the headline value of a row of the stratified table with its limits.

    Examples
    --------
    >>> value_of({"value_status": "suppressed"})
    (None, None, None)
    """
    if row["value_status"] != SHOWN:
        return None, None, None
    name = VALUE.get(row["headline_adjustment"], "value_crude")
    value, low, high = (row.get(f"{name}{end}") for end in ("", "_lower", "_upper"))
    return value, low, high


def held_of(tables: Mapping[str, DisclosedTable]) -> dict[str, Held]:
    """Return what the release holds of each indicator, by id in order."""
    found = {
        "levels": rows_of(tables, "stratified", _told, columns=COLUMNS),
        "gaps": rows_of(tables, "gap", _asked, columns=COLUMNS),
        "trend": rows_of(tables, "trend", _long, columns=COLUMNS),
        "parts": rows_of(tables, "decomposition", latest, columns=COLUMNS),
        "units": rows_of(tables, "unit_variation", _units, columns=COLUMNS),
    }
    grouped = {name: _by_indicator(rows) for name, rows in found.items()}
    return {one: _held(one, grouped) for one in sorted(grouped["levels"])}


def _held(one: str, grouped: Mapping[str, Mapping[str, list[Row]]]) -> Held:
    rows = grouped["levels"][one]
    region = [row for row in rows if row.get("geography_level", REGION) == REGION]
    levels = _by_dimension([row for row in region if row["dimension"] != SECOND])
    compared = grouped["gaps"].get(one, [])
    whole = [row for row in region if row["dimension"] == SECOND]
    return Held(
        indicator_id=one,
        levels=levels,
        whole=whole[0] if whole else None,
        gaps={row["dimension"]: row for row in compared if row["is_declared_contrast"]},
        compared={(row["dimension"], row["focus_level"]): row for row in compared},
        trend=_by_dimension(grouped["trend"].get(one, [])),
        parts=_by_dimension(grouped["parts"].get(one, [])),
        units=grouped["units"].get(one, []),
        places=[
            row for row in rows
            if row.get("geography_level") == MUNICIPALITY and row["dimension"] == SECOND
        ],
    )  # fmt: skip


def _by_dimension(rows: list[Row]) -> dict[str, list[Row]]:
    place = {name: one.label.order for name, one in vocabulary().dimensions.items()}
    found: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: place.get(row["dimension"], 0)):
        found.setdefault(row["dimension"], []).append(row)
    for name, held in found.items():
        order = {level: at for at, level in enumerate(vocabulary().levels(name))}
        held.sort(key=lambda row: order.get(row.get("level", ""), 99))
    return found


def _told(rows: pd.DataFrame) -> pd.DataFrame:
    once = latest(rows[rows["strat2_dimension"] == SECOND])
    if "geography_level" not in once:
        return once
    whole = once["geography_level"] == REGION
    return once[whole | ((once["geography_level"] == MUNICIPALITY) & (once["dimension"] == SECOND))]


def _asked(gaps: pd.DataFrame) -> pd.DataFrame:
    newest = latest(gaps)
    return newest[newest["is_headline"]]


def _units(rows: pd.DataFrame) -> pd.DataFrame:
    return latest(rows[rows["geography_level"] == UNIT])


def _long(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["period_kind"].isin(LONG_PERIODS)].sort_values("period_end", kind="stable")


def _by_indicator(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["indicator_id"], []).append(row)
    return found
