"""What of an entity stands: rows, files and quarantine of the loads that still have rows.

Nothing here knows the name of a file, so that the same rows under other names, cut in other files
or delivered in another order are told of alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

OPEN_DATA = "open_data"  # the layout of what was pulled; its files are named by their source
SUPERSEDED = "superseded"  # an older row that a newer delivery had replaced: no fault of a row
LEFT_ASIDE = "left_aside:"  # a row that the layout says is not ours


@dataclass(slots=True)
class Held:
    """The loads of one layout from which rows of an entity stand."""

    files: int = 0
    rows: int = 0
    rows_in: int = 0
    aside: int = 0
    newest: date | None = None
    reasons: set[str] = field(default_factory=set)

    def add(self, rows: int, rows_in: int, told: dict[str, int], day: date | None) -> None:
        """Count one load more."""
        self.files += 1
        self.rows += rows
        self.rows_in += rows_in
        self.aside += sum(told.values())
        self.reasons |= set(told)
        self.newest = max(filter(None, (self.newest, day)), default=None)


def standing(connection: duckdb.DuckDBPyConnection, entity: str) -> dict[str, Held]:
    """Return what stands of an entity, by layout; of open data by the name of the source."""
    found: dict[str, Held] = {}
    rows = connection.execute(f"""
        with standing as (select load_id, count(*) as n from raw.{entity} group by load_id)
        select if(layout = '{OPEN_DATA}', file_name, layout), n, rows_in, reasons, delivered_as_of
        from standing join raw.delivery using (load_id) order by load_id
    """).fetchall()
    for layout, n, rows_in, reasons, day in rows:
        told = {why: k for why, k in json.loads(reasons).items() if _is_fault(why)}
        found.setdefault(layout, Held()).add(n, rows_in, told, day)
    return found


def _is_fault(reason: str) -> bool:
    return reason != SUPERSEDED and not reason.startswith(LEFT_ASIDE)
