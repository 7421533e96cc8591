"""A released database beside its rows: other schemas, comments, and what rows taken away left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb

from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.release import open_database
from equity_pipeline.vocabulary import vocabulary

EXTRA, COMMENT, LEFT = "extra_column", "comment", "unreferenced_rows"
SCHEMAS = {"mart", "ref", "quality", "meta"}
TABLES = "select schema_name, table_name from duckdb_tables() where not internal order by all"
COMMENTS = """
    select table_name, column_name, comment from duckdb_columns()
    where not internal and comment is not null
    union all select table_name, '', comment from duckdb_tables() where comment is not null
    union all select view_name, '', comment from duckdb_views()
    where not internal and comment is not null
    order by all
"""
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")
CODES = re.compile(r"\bT\d+[a-z]?\b|\bT0-T12\b")  # of forms


def of_database(path: Path, name: str) -> Iterator[Finding]:
    """Yield what a database holds beside the rows of its tables.

    Parameters
    ----------
    path
        The database.
    name
        Its name below the release.
    """
    with open_database(path) as connection:
        for schema, table in connection.execute(TABLES).fetchall():
            if schema in SCHEMAS:
                yield from _left(connection, f'"{schema}"."{table}"', table, name)
            else:
                words = f"a table in the schema {schema!r}, which a release does not have"
                yield Finding(EXTRA, Key(), table, name, words)
        for table, column, comment in connection.execute(COMMENTS).fetchall():
            if re.search(r"\d", _unsaid(table, column, comment)):
                words = f"a comment of {table!r} holds numbers that the dictionary does not have"
                yield Finding(COMMENT, Key(), column, name, words)


def _unsaid(table: str, column: str, comment: str) -> str:
    """Return what a comment says beyond the words of the vocabulary."""
    known, form = vocabulary().columns.get(column), vocabulary().forms.get(table)
    words = [known.label.sv, known.label.en, known.unit or ""] if known else []
    words += [form.label.sv, form.label.en] if form and not column else []
    for one in words:
        comment = comment.replace(one, "")
    return CODES.sub("", comment)


def _left(
    connection: duckdb.DuckDBPyConnection, table: str, form: str, name: str
) -> Iterator[Finding]:
    """Yield what rows that were deleted, or emptied, left in the file of a database."""
    rows: dict[str, int] = {}
    told: dict[str, list[Mapping[str, Any]]] = {}
    query = "select column_name, segment_type, count, stats from pragma_storage_info(?)"
    for column, kind, count, stats in connection.execute(query, [table]).fetchall():
        if kind != "VALIDITY":
            rows[column] = rows.get(column, 0) + count
        if kind in NUMBERS and isinstance(stats, Mapping) and stats.get("has_no_null"):
            told.setdefault(column, []).append(stats)
    n, ends = _seen(connection, table, list(told))
    if max(rows.values(), default=0) > n:
        words = f"rows of {form!r} that were deleted still lie in the file"
        yield Finding(LEFT, Key(), "", name, words)
    for (column, held), (low, high) in zip(told.items(), ends, strict=True):
        if low is None or any(one["min"] < low or one["max"] > high for one in held):
            words = f"values of {form!r} that no row shows still lie in the file"
            yield Finding(LEFT, Key(), column, name, words)


def _seen(
    connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]
) -> tuple[int, list[tuple[Any, Any]]]:
    """Return how many rows a table has, and between what the values of some columns lie."""
    parts = [f'min("{one}"), max("{one}")' for one in columns]
    query = f"select {', '.join(['count(*)', *parts])} from {table}"
    ((n, *ends),) = connection.execute(query).fetchall()
    return n, list(zip(ends[::2], ends[1::2], strict=True))
