"""What ``raw.delivery`` tells of accepted files: names, ages, and a volume that fell."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from equity_pipeline.quality.results import GateResult
from equity_pipeline.quality.standing import Held

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
    rows_quarantined: int
    delivered_as_of: date | None

    @property
    def series(self) -> str:
        """The name without its folders: a correction takes the place of the file before it."""
        return _base(self.file_name)

    def still_grows(self, as_of: date) -> bool:
        """Return whether this is the file of the year that the run is in."""
        return "####" in self.kind and re.findall(r"\d+", self.series) == [str(as_of.year)]


def accepted_files(connection: duckdb.DuckDBPyConnection, entity: str) -> tuple[Accepted, ...]:
    """Return the accepted files of an entity, in the order of period and load."""
    rows = connection.execute(
        "select load_id, file_name, rows_in, rows_quarantined, delivered_as_of, entity_names "
        "from raw.delivery where verdict in (?, ?) order by delivered_as_of, file_name, load_id",
        ACCEPTED,
    ).fetchall()
    names = re.compile(rf"\b{entity}\b")
    return tuple(
        Accepted(load, name, kind_of(name), int(in_ or 0), int(aside or 0), as_of)
        for load, name, in_, aside, as_of, entities in rows
        if names.search(str(entities))
    )


def kind_of(file_name: str) -> str:
    """Return the name with each figure of a period as #: a month is never held against a year.

    Examples
    --------
    >>> kind_of("ehalsa/202501/contact_2024.parquet"), kind_of("contact_202412.parquet")
    ('contact_####.parquet', 'contact_######.parquet')
    """
    return re.sub(r"\d", "#", _base(file_name))


def volume(entity: str, files: tuple[Accepted, ...], *, as_of: date) -> tuple[GateResult, ...]:
    """Return whether the newest file of each kind has half the rows of the one before, or more.

    The one before is the file that it corrects, else the one of the period before; a file of the
    year that the run is in has no such, since it still grows.
    """
    kinds: dict[str, list[Accepted]] = {}
    for one in files:
        kinds.setdefault(one.kind, []).append(one)
    pairs = ((_before(same, as_of), same[-1]) for same in kinds.values())
    return tuple(_volume(entity, before, newest) for before, newest in pairs if before)


def _before(same: list[Accepted], as_of: date) -> Accepted | None:
    *earlier, newest = same
    corrected = [one for one in earlier if one.series == newest.series]
    if newest.still_grows(as_of):
        earlier = []
    return next(reversed(corrected or earlier), None)


def delivery_age(entity: str, held: Collection[Held], *, most: int, as_of: date) -> GateResult:
    """Return whether the newest delivery that an expected entity stands from is young enough.

    Examples
    --------
    >>> held = [Held(files=1, rows=9, newest=date(2025, 1, 1))]
    >>> late = delivery_age("contact", held, most=30, as_of=date(2025, 3, 1))
    >>> late.passed, late.detail
    (False, 'the newest delivery is 59 days old; 30 are allowed')
    """
    newest = max((one.newest for one in held if one.newest), default=None)
    rows = sum(one.rows for one in held)
    if newest is None:
        why = "nothing of it has been delivered"
        return GateResult(entity, "delivery_age", "own", "critical", False, rows, why)
    days = (as_of - newest).days
    told = f"the newest delivery is {days} days old; {most} are allowed"
    return GateResult(entity, "delivery_age", "own", "critical", days <= most, rows, told)


def _base(file_name: str) -> str:
    return file_name.replace("\\", "/").rpartition("/")[2]


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
