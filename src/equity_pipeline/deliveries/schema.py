"""The ``raw`` schema of the internal database: one table for each entity, and what was loaded."""

from __future__ import annotations

import duckdb

from equity_pipeline.errors import WarehouseError
from equity_pipeline.vocabulary import Entity, vocabulary

BOOKS = {
    "person_surrogate": (
        ("person_id", "VARCHAR"),
        ("person_key", "BIGINT"),
        ("key_id", "VARCHAR"),
    ),
    "delivery": (
        ("load_id", "BIGINT"),
        ("file_name", "VARCHAR"),
        ("sha256", "VARCHAR"),
        ("layout", "VARCHAR"),
        ("entity_names", "VARCHAR"),
        ("delivered_as_of", "DATE"),
        ("rows_in", "BIGINT"),
        ("rows_loaded", "BIGINT"),
        ("rows_quarantined", "BIGINT"),
        ("rows_refused", "BIGINT"),
        ("verdict", "VARCHAR"),
        ("reasons", "VARCHAR"),
        ("layout_digest", "VARCHAR"),
        ("period", "VARCHAR"),
        ("key_id", "VARCHAR"),
    ),
    "quarantine": (
        ("load_id", "BIGINT"),
        ("row_number", "BIGINT"),
        ("reason", "VARCHAR"),
        ("row_hash", "VARCHAR"),
    ),
}


def raw_columns(entity: Entity) -> tuple[tuple[str, str], ...]:
    """Return name and DuckDB type of each column of ``raw.<entity>``.

    Examples
    --------
    >>> raw_columns(vocabulary().entities["telephony"])[0]
    ('unit_hsa_id', 'VARCHAR')
    >>> raw_columns(vocabulary().entities["person"])[0]
    ('person_key', 'BIGINT')
    """
    names = [_inside(column) for column in entity.columns]
    own = [(name, vocabulary().column(name).type) for name in names]
    return (*own, ("load_id", "BIGINT"), ("row_number", "BIGINT"))


def create_raw_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Create every table of ``raw`` that is not there yet.

    Raises
    ------
    WarehouseError
        If a table is there with other columns than the vocabulary gives it.
    """
    connection.execute("create schema if not exists raw")
    tables = {name: raw_columns(entity) for name, entity in vocabulary().entities.items()}
    for name, columns in (tables | BOOKS).items():
        typed = ", ".join(f"{column} {kind}" for column, kind in columns)
        connection.execute(f"create table if not exists raw.{name} ({typed})")
        _check(connection, name, [column for column, _ in columns])


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one whole number that a query gives.

    Examples
    --------
    >>> count(duckdb.connect(), "select 1 + 1")
    2
    """
    # All rows are fetched: a result that is not read to its end blocks the connection.
    return int(connection.execute(query).fetchall()[0][0])


def _check(connection: duckdb.DuckDBPyConnection, name: str, expected: list[str]) -> None:
    rows = connection.execute(
        "select column_name from information_schema.columns "
        "where table_schema = 'raw' and table_name = ? order by ordinal_position",
        [name],
    ).fetchall()
    if [row[0] for row in rows] != expected:
        raise WarehouseError(
            "A table of the internal database has other columns than the vocabulary.",
            where=f"raw.{name}",
            mend="move the internal database away; the deliveries are loaded again from the folder",
        )


def _inside(column: str) -> str:
    return "person_key" if column == "person_id" else column
