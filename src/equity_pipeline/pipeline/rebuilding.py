"""Writes the database of persons anew without some loads: what has gone is in none of its bytes.

DuckDB marks deleted rows and keeps their bytes, so rows are not deleted: those that stay are copied
into a new file, which takes the place of the old one in one step.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from equity_pipeline.deliveries.schema import BENEATH
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.database import PERSON_MODE, SPILL_FOLDER

PURGED = "purged"  # the verdict of a delivery whose rows have gone
KEPT = ("raw", BENEATH, "meta")  # all other schemas are built by the night, and come out empty
BY_LOAD = ("quarantine", "delivery_month")


@dataclass(frozen=True, slots=True)
class Gone:
    """How much is no longer in the database."""

    rows: int = 0
    persons: int = 0
    set_aside: int = 0


def rebuild(settings: Settings, loads: Sequence[int], set_aside: Sequence[int]) -> Gone:
    """Write the database without the rows of some loads, and return how much has gone.

    The lines of the loads stay in ``raw.delivery`` as purged, so that the same bytes are not
    loaded once more. Persons of whom no row is left lose their pseudonym. The database must be
    closed and the home locked; a kill leaves the old file or the new one.

    Parameters
    ----------
    loads
        The ids of the loads that go.
    set_aside
        Loads of which only what was set aside goes.
    """
    path = settings.person_database
    beside = path.with_name(f"{path.name}.purging")
    for left in (beside, _wal(beside)):
        left.unlink(missing_ok=True)
    with duckdb.connect(config=_limits(settings)) as connection:
        connection.execute(f"attach {_quoted(path)} as old (read_only)")
        os.close(os.open(beside, os.O_CREAT | os.O_WRONLY, PERSON_MODE))
        beside.unlink()  # tried: the folder can be written
        connection.execute(f"attach {_quoted(beside)} as fresh")
        beside.chmod(PERSON_MODE)
        connection.execute("copy from database old to fresh (schema)")
        gone = _fill(connection, loads, set_aside)
        connection.execute("checkpoint fresh")
        connection.execute("detach fresh")
    _sync(beside)
    beside.replace(path)
    _wal(path).unlink(missing_ok=True)
    _sync(path.parent)
    return gone


def _fill(
    connection: duckdb.DuckDBPyConnection, loads: Sequence[int], set_aside: Sequence[int]
) -> Gone:
    connection.execute("create temp table gone as select unnest($1::bigint[]) as load_id", [loads])
    connection.execute(
        "create temp table aside as select unnest($1::bigint[]) as load_id",
        [sorted({*loads, *set_aside})],
    )
    rows = sum(_copy(connection, schema, name) for schema, name in _tables(connection))
    aside = _change(connection, "quarantine")
    persons = _forget_persons(connection)
    connection.execute(
        f"update fresh.raw.delivery set verdict = '{PURGED}', reasons = '{{}}' "
        "where load_id in (from gone)"
    )
    return Gone(rows, persons, aside)


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'old' "
        "and schema_name in (select unnest($1)) order by all",
        [list(KEPT)],
    ).fetchall()


def _copy(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    """Copy what stays of a table, and return how many delivered rows do not."""
    table = f"{schema}.{name}"
    if schema == "raw" and name == "person_surrogate":
        return 0  # last, when it is known who is left
    kept = "true"
    if name in vocabulary().entities and schema in ("raw", BENEATH):
        kept = "load_id not in (from gone)"
    elif schema == "raw" and name in BY_LOAD:
        kept = (
            "load_id not in (from aside)" if name == "quarantine" else "load_id not in (from gone)"
        )
    connection.execute(f"insert into fresh.{table} select * from old.{table} where {kept}")
    return _change(connection, name, schema) if name in vocabulary().entities else 0


def _change(connection: duckdb.DuckDBPyConnection, name: str, schema: str = "raw") -> int:
    [(lost,)] = connection.execute(
        f"select (select count(*) from old.{schema}.{name})"
        f" - (select count(*) from fresh.{schema}.{name})"
    ).fetchall()
    return int(lost)


def _forget_persons(connection: duckdb.DuckDBPyConnection) -> int:
    """Copy the pseudonyms of persons of whom rows are left, and return how many are not."""
    holders = connection.execute(
        "select schema_name || '.' || table_name from duckdb_columns() "
        "where database_name = 'fresh' and column_name = 'person_key' "
        "and schema_name in ('raw', $1) and table_name <> 'person_surrogate'",
        [BENEATH],
    ).fetchall()
    left = " union ".join(f"select person_key from fresh.{one}" for (one,) in holders)
    connection.execute(
        "insert into fresh.raw.person_surrogate select * from old.raw.person_surrogate "
        f"where person_key in ({left or 'select null'})"
    )
    return _change(connection, "person_surrogate")


def _limits(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    return {
        "threads": settings.run.threads,
        "memory_limit": settings.run.memory_limit,
        "temp_directory": str(settings.internal / SPILL_FOLDER),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
