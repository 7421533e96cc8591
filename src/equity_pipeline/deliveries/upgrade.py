"""Brings the tables of an older database of persons up to today's, and refuses a newer one.

The database tells the version of its tables in ``meta.schema_version``; one that tells none is
older than that table. A delivered column that is new since is made, empty, and the files that may
hold it are read once more where they lie, so that nothing is guessed. Whatever cannot be carried
over without a guess is refused by name, and can be built anew from the delivered files.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from equity_pipeline.errors import WarehouseError

VERSION = 1  # of the tables of raw; a test says when a change of theirs asks for the next
UNTOLD = 0  # a database that was made before versions were told
TABLE = "meta.schema_version"
Columns = Sequence[tuple[str, str]]


def version_of(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the version that a database tells of its tables; 0 if it tells none.

    Examples
    --------
    >>> version_of(duckdb.connect())
    0
    """
    [(told,)] = connection.execute(
        "select count(*) from information_schema.tables "
        "where table_schema = 'meta' and table_name = 'schema_version'"
    ).fetchall()
    if not told:
        return UNTOLD
    [(version,)] = connection.execute(f"select max(schema_version) from {TABLE}").fetchall()
    return int(version)


def stop_if_newer(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the version of a database that this code can read.

    Raises
    ------
    WarehouseError
        If later code has made it: what that code meant by its tables is not known here.
    """
    version = version_of(connection)
    if version > VERSION:
        raise WarehouseError(
            f"The database was made by a later version of equity_pipeline: its tables are of "
            f"version {version}, and this code knows {VERSION} and earlier.",
            where=TABLE,
            mend="install the version that made it, or a later one; nothing was changed",
        )
    return version


def stamp(connection: duckdb.DuckDBPyConnection) -> None:
    """Write that the tables are of today's version."""
    if version_of(connection) == VERSION:
        return
    connection.execute("create schema if not exists meta")
    connection.execute(
        f"create or replace table {TABLE} as select {VERSION}::bigint as schema_version"
    )


def widen(
    connection: duckdb.DuckDBPyConnection, table: str, found: Sequence[str], expected: Columns
) -> None:
    """Give an older table of delivered rows the columns, and their order, that it has today.

    The loads that its rows may come from are to be read again, as soon as a night finds the files.

    Parameters
    ----------
    table
        With its schema, as ``raw.contact``.
    found
        The columns that it has, in order.
    expected
        Names and types of those that it must have, in order.

    Raises
    ------
    WarehouseError
        If it has a column that nobody knows now: its values would be lost.
    """
    names = [name for name, _ in expected]
    if list(found) == names:
        return
    if lost := sorted(set(found) - set(names)):
        raise WarehouseError(
            f"A table of the internal database has columns that are no longer known: "
            f"{', '.join(lost)}.",
            where=table,
            mend="move the internal database away; the deliveries are loaded again from the folder",
        )
    typed = ", ".join(f"{column} {kind}" for column, kind in expected)
    name = table.partition(".")[2]
    connection.execute(f"create table {table}__widened ({typed})")
    connection.execute(f"insert into {table}__widened by name select * from {table}")
    connection.execute(f"drop table {table}")
    connection.execute(f"alter table {table}__widened rename to {name}")
    if set(found) != set(names):
        _read_again(connection, name)


def _read_again(connection: duckdb.DuckDBPyConnection, entity: str) -> None:
    connection.execute(
        "update raw.delivery set layout_digest = '' where verdict not in ('purged', 'withdrawn') "
        "and list_contains(string_split(entity_names, ','), $1)",
        [entity],
    )
