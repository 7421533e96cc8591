"""What differs between two releases of one table, and why: definition, suppression, or values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.errors import WarehouseError
from equity_pipeline.vocabulary import vocabulary

NOT_COMPARED = {"run_id"}
DEFINED = ("indicator_version", "definition_hash")
INDICATOR, STATUS, SUPPRESSED = "indicator_id", "value_status", "'suppressed'"
COUNTS = ("new", "removed", "definition", "hidden", "shown", "values")
NOTHING_ELSE: dict[str, str | int | float | list[str]] = {
    "enable_external_access": "false",
    "threads": 1,
}
NO_ROWS = dict.fromkeys(COUNTS, 0)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many rows differ, each counted once, under the first that holds of it.

    Attributes
    ----------
    new, removed
        Keys that only the newer, or only the older release has.
    definition
        The indicator is defined in another way.
    hidden, shown
        Suppressed only in the newer, or only in the older.
    values
        Anything else in the row: it rests on other data, code or settings.
    """

    new: int = 0
    removed: int = 0
    definition: int = 0
    hidden: int = 0
    shown: int = 0
    values: int = 0

    @property
    def changed(self) -> int:
        """Return how many rows stand in both and differ."""
        return self.definition + self.hidden + self.shown + self.values

    @property
    def all(self) -> int:
        """Return how many rows differ."""
        return sum(self.told())

    def told(self) -> tuple[int, ...]:
        """Return the counts in the order of `COUNTS`."""
        return tuple(asdict(self).values())

    def __add__(self, other: Counted) -> Counted:
        """Return both together."""
        return Counted(*(one + two for one, two in zip(self.told(), other.told(), strict=True)))


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one table.

    Attributes
    ----------
    form
        The table.
    rows
        How many rows differ.
    indicators
        The same for each indicator that differs; empty where the table has none.
    columns
        Columns that only one of the releases has, with a sign before: ``+`` new, ``-`` gone.
    definitions
        Indicators that are new, gone, or defined in another way, in words.
    """

    form: str
    rows: Counted
    indicators: tuple[tuple[str, Counted], ...]
    columns: tuple[str, ...]
    definitions: tuple[str, ...]


def change_of(path: Path, before: Path) -> Change:
    """Return what differs between a table's file and that of the release before.

    Parameters
    ----------
    path
        The new file, named as its form; one that does not exist has no rows.
    before
        The old file, likewise.

    Raises
    ------
    WarehouseError
        If a file cannot be read.
    """
    now, old = _both(path, before)
    with duckdb.connect(config=NOTHING_ELSE) as con:
        con.register("now", now)
        con.register("old", old)
        counted = dict(_counted(con, path.stem, now.column_names, old.column_names))
        definitions = _definitions(con, now.column_names, old.column_names)
    total = sum(counted.values(), Counted())
    del counted[None]
    told = tuple((str(one), rows) for one, rows in sorted(counted.items()))
    return Change(path.stem, total, told, _moved(now.column_names, old.column_names), definitions)


def _both(path: Path, before: Path) -> tuple[pa.Table, pa.Table]:
    """Return both tables; one that is not there has the columns of the other and no rows."""
    now, old = (_read(one) for one in (path, before))
    if now is None and old is None:
        raise WarehouseError("The table is in neither release.", where=f"{before}, {path}")
    return (
        old.slice(0, 0) if now is None and old is not None else now,
        now.slice(0, 0) if old is None and now is not None else old,
    )


def _read(path: Path) -> pa.Table | None:
    if not path.exists():
        return None
    try:
        return pq.ParquetFile(path).read().replace_schema_metadata(None)
    except (OSError, pa.ArrowException) as error:
        raise WarehouseError(
            f"A table cannot be read ({type(error).__name__}).",
            where=str(path),
            mend="name the folder of a whole release",
        ) from None


def _moved(now: list[str], old: list[str]) -> tuple[str, ...]:
    gone = [f"-{name}" for name in old if name not in now]
    return (*(f"+{name}" for name in now if name not in old), *gone)


def _counted(
    con: duckdb.DuckDBPyConnection, form: str, now: list[str], old: list[str]
) -> Iterator[tuple[str | None, Counted]]:
    """Yield for each indicator, or for None if the table has none, how many rows differ."""
    both = [name for name in now if name in old]
    key = [name for name in vocabulary().forms[form].key if name in both]
    rest = [name for name in both if name not in {*key, *NOT_COMPARED}]
    same_key = " and ".join(_pair(name, "is not distinct from") for name in key) or "false"
    differs = " or ".join(_pair(name, "is distinct from") for name in rest) or "false"
    defined = " or ".join(_pair(name, "is distinct from") for name in DEFINED if name in rest)
    hidden = _only("now", "old") if STATUS in rest else "false"
    shown = _only("old", "now") if STATUS in rest else "false"
    of_which = f"coalesce(now.{INDICATOR}, old.{INDICATOR})" if INDICATOR in both else "null"
    query = f"""
        select indicator, why, count(*) from (
            select {of_which} as indicator, case
                when old.there is null then 'new'
                when now.there is null then 'removed'
                when {defined or "false"} then 'definition'
                when {hidden} then 'hidden'
                when {shown} then 'shown'
                when {differs} then 'values' end as why
            from (select *, true as there from now) as now
            full join (select *, true as there from old) as old on {same_key}
        ) where why is not null group by all order by all"""
    found: dict[str | None, dict[str, int]] = {None: dict(NO_ROWS)}
    for indicator, why, rows in con.execute(query).fetchall():
        found.setdefault(indicator, dict(NO_ROWS))[why] = rows
    for indicator, counts in found.items():
        yield indicator, Counted(**counts)


def _only(one: str, other: str) -> str:
    return f"{one}.{STATUS} = {SUPPRESSED} and {other}.{STATUS} is distinct from {SUPPRESSED}"


def _pair(name: str, is_: str) -> str:
    return f"now.{_quoted(name)} {is_} old.{_quoted(name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _definitions(con: duckdb.DuckDBPyConnection, now: list[str], old: list[str]) -> tuple[str, ...]:
    new, before = (_versions(con, one, held) for one, held in (("now", now), ("old", old)))
    told = [
        f"{one}: {before[one]} -> {new[one]}"
        for one in new
        if before.get(one, new[one]) != new[one]
    ]
    told += [f"{one}: new, {new[one]}" for one in new.keys() - before.keys()]
    told += [f"{one}: removed" for one in before.keys() - new.keys()]
    return tuple(sorted(told))


def _versions(con: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> dict[str, str]:
    names = (INDICATOR, *DEFINED)
    if any(name not in columns for name in names):
        return {}
    query = f"select distinct {', '.join(names)} from {table} order by all"
    rows: list[tuple[Any, ...]] = con.execute(query).fetchall()
    return {str(one): f"{version} ({digest})" for one, version, digest in rows if one is not None}
