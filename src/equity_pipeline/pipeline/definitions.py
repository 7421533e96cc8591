"""Remembers the definitions that data have been seen under, so that a later one can say so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import duckdb

from equity_pipeline.indicators.declaration import Declaration

TABLE = """
create table if not exists meta.definition (
    indicator_id varchar, definition_hash varchar, first_as_of date,
    primary key (indicator_id, definition_hash)
)
"""
CHANGED = """
select indicator_id, first_as_of
from meta.definition
where (indicator_id, definition_hash) in (select unnest($ids), unnest($hashes))
    and first_as_of > (
        select min(first_as_of) from meta.definition as older
        where older.indicator_id = definition.indicator_id
    )
order by indicator_id
"""


def changed_since(
    connection: duckdb.DuckDBPyConnection, declared: Iterable[Declaration], as_of: date
) -> dict[str, date]:
    """Return the indicators whose definition is not the first here, and from when it is theirs.

    What is seen for the first time is remembered. A period that began before the day stands under
    a definition that was written when its data could be seen.

    Parameters
    ----------
    connection
        The database of persons, opened for writing.
    """
    now = sorted((one.id, one.definition_hash) for one in declared)
    connection.execute("create schema if not exists meta")
    connection.execute(TABLE)
    connection.executemany(
        "insert or ignore into meta.definition values (?, ?, ?)",
        [(name, held, as_of) for name, held in now],
    )
    found = connection.execute(
        CHANGED, {"ids": [name for name, _ in now], "hashes": [held for _, held in now]}
    ).fetchall()
    return dict(found)
