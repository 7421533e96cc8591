"""What ``raw.delivery`` tells of accepted files: names, ages, and a volume that fell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from equity_pipeline.quality.results import GateResult

if TYPE_CHECKING:
    import duckdb

SMALLEST_SHARE = 0.50  # of the rows of the delivery before
FEW_ROWS = 20  # smaller files jump by chance
ACCEPTED = ("accept", "quarantine")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One accepted file: its load, its kind (the name without its period) and its rows."""

    load_id: int
    file_name: str
    kind: str
    rows_in: int
    rows_loaded: int
    delivered_as_of: date | None


def accepted_files(connection: duckdb.DuckDBPyConnection, entity: str) -> tuple[Accepted, ...]:
    """Return the accepted files of an entity, in the order of period and load."""
    rows = connection.execute(
        "select load_id, file_name, rows_in, rows_loaded, delivered_as_of, entity_names "
        "from raw.delivery where verdict in (?, ?) order by delivered_as_of, file_name, load_id",
        ACCEPTED,
    ).fetchall()
    names = re.compile(rf"\b{entity}\b")
    return tuple(
        Accepted(load, name, kind_of(name), int(in_ or 0), int(loaded or 0), as_of)
        for load, name, in_, loaded, as_of, entities in rows
        if names.search(str(entities))
    )


def kind_of(file_name: str) -> str:
    """Return the name with each figure of a period as #: a month is never held against a year.

    Examples
    --------
    >>> kind_of("ehalsa/202501/contact_2024.parquet"), kind_of("contact_202412.parquet")
    ('contact_####.parquet', 'contact_######.parquet')
    """
    return re.sub(r"\d", "#", file_name.replace("\\", "/").rpartition("/")[2])


def volume(entity: str, files: tuple[Accepted, ...]) -> tuple[GateResult, ...]:
    """Return whether the newest file of each kind has half the rows of the one before, or more."""
    kinds: dict[str, list[Accepted]] = {}
    for one in files:
        kinds.setdefault(one.kind, []).append(one)
    return tuple(_volume(entity, *same[-2:]) for same in kinds.values() if len(same) > 1)


def _volume(entity: str, before: Accepted, newest: Accepted) -> GateResult:
    fell = before.rows_in >= FEW_ROWS and newest.rows_in < SMALLEST_SHARE * before.rows_in
    return GateResult(
        entity=entity,
        check="volume_drop",
        kind="own",
        severity="critical",
        passed=not fell,
        n_checked=newest.rows_in,
        detail=f"{newest.rows_in} rows, {before.rows_in} in the delivery before",
        files=(newest.file_name,),
    )
