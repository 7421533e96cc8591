"""T0b and T0c: what was checked and what was delivered, as tables that readers may have.

They speak of entities and layouts, not of files: the same rows under other file names, cut in
other files or delivered in another order give the same tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from equity_pipeline.quality.results import GateReport, GateResult
from equity_pipeline.quality.standing import Held, standing
from equity_pipeline.quality.words import own_check
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    import duckdb

OF_SINGLE_FILES = {"volume_drop"}  # it stops a night or says nothing, and hangs on names of files
BANDS = ((0.0, "none"), (0.01, "under_1_percent"), (0.05, "from_1_to_5_percent"))


def check_rows(report: GateReport, stamp: Mapping[str, object]) -> list[dict[str, Any]]:
    """Return the rows of the form ``checks``: one for each check of each entity, in their order."""
    places: dict[str, int] = {}
    rows = []
    for result in (one for one in report.results if one.check not in OF_SINGLE_FILES):
        places[result.entity] = places.get(result.entity, 0) + 1
        rows.append(_check(result, places[result.entity]) | dict(stamp))
    return rows


def delivery_rows(
    connection: duckdb.DuckDBPyConnection, stamp: Mapping[str, object]
) -> list[dict[str, Any]]:
    """Return the rows of the form ``deliveries``: one for each layout and entity that stands.

    Files count while at least one of their rows stands; how many rows were set aside is told as
    a band, since a few rows may be a few persons.
    """
    entities = vocabulary().entities
    return [
        _delivery(layout, entity, held) | dict(stamp)
        for entity in entities
        for layout, held in sorted(standing(connection, entity).items())
    ]


def band(share: float) -> str:
    """Return the band of a share of rows, 0 to 1.

    Examples
    --------
    >>> [band(share) for share in (0, 0.009, 0.01, 0.05, 0.051)]
    ['none', 'under_1_percent', 'from_1_to_5_percent', 'from_1_to_5_percent', 'over_5_percent']
    """
    if share <= 0:
        return "none"
    if share < BANDS[1][0]:
        return BANDS[1][1]
    return BANDS[2][1] if share <= BANDS[2][0] else "over_5_percent"


def _delivery(layout: str, entity: str, held: Held) -> dict[str, Any]:
    return _named(entity) | {
        "layout": layout,
        "delivered_as_of": held.newest,
        "quarantine_band": band(held.aside / held.rows_in if held.rows_in else 0),
        "quarantine_reasons": ", ".join(sorted(held.reasons)) or None,
        "n_files": held.files,
        "n_rows": held.rows,
    }


def _check(result: GateResult, place: int) -> dict[str, Any]:
    asked = result.asked or own_check(result)
    unchecked = result.passed and not result.n_checked
    return _named(result.entity) | {
        "check_order": place,
        "check_name": result.check,
        "check_kind": result.kind,
        "check_sv": asked.sv,
        "check_en": asked.en,
        "severity": result.severity,
        "check_result": "not_checked" if unchecked else "passed" if result.passed else "failed",
        "n_checked": result.n_checked,
    }


def _named(entity: str) -> dict[str, Any]:
    held = vocabulary().entities.get(entity)
    return {
        "entity": entity,
        "entity_label_sv": held.label.sv if held else "Leveransen",
        "entity_label_en": held.label.en if held else "The delivery",
        "value_status": "shown",
    }
