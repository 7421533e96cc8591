"""The ``raw`` schema of the internal database: one table for each entity, and what was loaded."""

from __future__ import annotations

import duckdb

from equity_pipeline.deliveries import upgrade
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
        ("extracted_at", "TIMESTAMP"),
        ("seen", "BIGINT"),
        ("replaced_by", "BIGINT"),
    ),
    "delivery_name": (
        ("sha256", "VARCHAR"),
        ("file_name", "VARCHAR"),
        ("series", "VARCHAR"),
    ),
    "delivery_month": (
        ("load_id", "BIGINT"),
        ("entity", "VARCHAR"),
        ("event_month", "DATE"),
        ("n_rows", "BIGINT"),
        ("content_hash", "VARCHAR"),
    ),
    "quarantine": (
        ("load_id", "BIGINT"),
        ("row_number", "BIGINT"),
        ("reason", "VARCHAR"),
        ("row_hash", "VARCHAR"),
    ),
}

BENEATH = "beneath"  # the schema of rows whose key a newer delivery holds
HISTORY = """
create schema if not exists meta;
create or replace view meta.delivery_history as
select
    load_id, file_name, layout, entity_names, delivered_as_of, extracted_at, rows_in, rows_loaded,
    rows_quarantined, rows_refused, verdict,
    if(verdict in ('reject_file', 'withdrawn', 'purged'), verdict,
        if(replaced_by is null, 'stands', 'replaced')) as delivery_state,
    replaced_by,
    (select list(file_name order by file_name) from raw.delivery_name as named
        where named.sha256 = delivery.sha256) as delivered_as,
    (select coalesce(sum(n_rows), 0)::bigint from raw.delivery_month as held
        where held.load_id = delivery.load_id) as rows_good
from raw.delivery
"""


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
    """Create every table of ``raw`` that is not there yet, and of what waits beneath its rows.

    The tables of an older database are brought up to today's.
    ``meta.delivery_history`` tells of each load whether it stands and what replaced it.

    Raises
    ------
    WarehouseError
        If later code has made the database, or a table of today's version, or one that cannot be
        carried over, has other columns than the vocabulary gives it.
    """
    # As one transaction: a hundred tables would else be a hundred writes to the disk.
    connection.execute("begin transaction")
    try:
        _create(connection)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _create(connection: duckdb.DuckDBPyConnection) -> None:
    tables = {name: raw_columns(entity) for name, entity in vocabulary().entities.items()}
    is_older = upgrade.stop_if_newer(connection) < upgrade.VERSION
    there = _columns(connection)
    for schema, held in (("raw", BOOKS | tables), (BENEATH, tables)):
        connection.execute(f"create schema if not exists {schema}")
        for name, columns in held.items():
            if (schema, name) in there:
                if is_older and name in tables:
                    upgrade.widen(connection, f"{schema}.{name}", there[schema, name], columns)
                    continue
                _check(f"{schema}.{name}", there[schema, name], [column for column, _ in columns])
                continue
            typed = ", ".join(f"{column} {kind}" for column, kind in columns)
            connection.execute(f"create table {schema}.{name} ({typed})")
    connection.execute(HISTORY)
    upgrade.stamp(connection)


def count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one whole number that a query gives.

    Examples
    --------
    >>> count(duckdb.connect(), "select 1 + 1")
    2
    """
    # All rows are fetched: a result that is not read to its end blocks the connection.
    return int(connection.execute(query).fetchall()[0][0])


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], list[str]]:
    """Return the columns of each table that is there, by schema and name."""
    rows = connection.execute(
        "select table_schema, table_name, list(column_name order by ordinal_position) "
        "from information_schema.columns where table_schema in ('raw', $1) group by all",
        [BENEATH],
    ).fetchall()
    return {(schema, name): columns for schema, name, columns in rows}


def _check(table: str, found: list[str], expected: list[str]) -> None:
    if found != expected:
        raise WarehouseError(
            "A table of the internal database has other columns than the vocabulary.",
            where=table,
            mend="move the internal database away; the deliveries are loaded again from the folder",
        )


def _inside(column: str) -> str:
    return "person_key" if column == "person_id" else column
