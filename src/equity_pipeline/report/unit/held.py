"""What a release holds of each care unit, and how all units are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.picking import latest
from equity_pipeline.report.reading import Row, rows_of

Spread = tuple[float, float, float, float]
FEWEST = 8  # fewer units say little of how units are spread
SHOWN = "shown"


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: its code and name, what describes it, and its indicators."""

    code: str
    name: str
    items: list[Row]
    indicators: list[Row]


@dataclass(frozen=True, slots=True)
class Units:
    """All units by code, and the spread of every item and indicator among those shown."""

    units: Mapping[str, Unit]
    spreads: Mapping[str, Spread]


def units_of(tables: Mapping[str, DisclosedTable]) -> Units:
    """Return the units of the newest year that are described."""
    items = rows_of(tables, "area_description")
    newest = max((row["year"] for row in items), default=None)
    items = [row for row in items if row["year"] == newest]
    judged = rows_of(tables, "unit_variation", _units)
    by_unit: dict[str, list[Row]] = {}
    for row in items:
        by_unit.setdefault(row["unit_hsa_id"], []).append(row)
    theirs: dict[str, list[Row]] = {}
    for row in judged:
        theirs.setdefault(row["geography_code"], []).append(row)
    units = {
        code: Unit(
            code,
            next((row["unit_name"] for row in rows if row["unit_name"]), code),
            sorted(rows, key=lambda row: row["item_order"]),
            sorted(theirs.get(code, []), key=lambda row: row["indicator_id"]),
        )
        for code, rows in sorted(by_unit.items())
    }
    return Units(units, _spreads(items, "item_id", "value") | _spreads(judged, "indicator_id", ""))


def judged_value(row: Row) -> float | None:
    """Return the value that is held against the limits; None where it is not shown.

    Examples
    --------
    >>> judged_value({"value_status": "suppressed"}) is None
    True
    """
    if row["value_status"] != SHOWN:
        return None
    found = row.get("value_crude" if row["adjustment"] == "crude" else "value_std")
    return None if found is None else float(found)


def spread(values: Sequence[float]) -> Spread | None:
    """Return least, lower quarter, upper quarter and greatest, None of too few.

    Examples
    --------
    >>> spread([1.0] * 3) is None, spread([float(n) for n in range(9)])
    (True, (0.0, 2.0, 6.0, 8.0))
    """
    if len(values) < FEWEST:
        return None
    lower, _, upper = quantiles(values, n=4, method="inclusive")
    return min(values), lower, upper, max(values)


def _spreads(rows: Sequence[Row], key: str, name: str) -> dict[str, Spread]:
    held: dict[str, list[float]] = {}
    for row in rows:
        value = row.get(name) if name and row["value_status"] == SHOWN else None
        value = value if name else judged_value(row)
        if value is not None:
            held.setdefault(row[key], []).append(float(value))
    found = {one: spread(values) for one, values in held.items()}
    return {one: made for one, made in found.items() if made is not None}


def _units(rows: pd.DataFrame) -> pd.DataFrame:
    return latest(rows[rows["geography_level"] == "unit"])
