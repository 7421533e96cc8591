"""Comments of the published database: the vocabulary's words, in Swedish and in English."""

from __future__ import annotations

import duckdb

from equity_pipeline.extracts import readers
from equity_pipeline.vocabulary import Label, vocabulary

TABLES = "select schema_name, table_name from duckdb_tables() where database_name = 'built'"


def comment_tables(con: duckdb.DuckDBPyConnection, forms: list[str]) -> None:
    """Comment every table and every column of one, those of the forms with the forms' names."""
    schemas = {name: Label(sv, en) for name, sv, en in readers.SCHEMAS}
    for schema, table in con.execute(f"{TABLES} order by all").fetchall():
        is_form = schema == "mart" and table in forms
        label = vocabulary().forms[table].label if is_form else schemas[schema]
        comment(con, f"table {schema}.{table}", label)
        comment_columns(con, f"{schema}.{table}")


def comment_columns(con: duckdb.DuckDBPyConnection, name: str) -> None:
    """Comment the columns of a table or view that the vocabulary knows, with their units."""
    known = vocabulary().columns
    for row in con.execute(f"describe {name}").fetchall():
        if row[0] in known:
            column = known[row[0]]
            unit = f" [{column.unit}]" if column.unit else ""
            words = Label(column.label.sv, f"{column.label.en}{unit}")
            comment(con, f"column {name}.{row[0]}", words)


def comment(con: duckdb.DuckDBPyConnection, what: str, label: Label) -> None:
    """Comment one thing in both languages."""
    con.execute(f"comment on {what} is '{readers.both(label).replace(chr(39), chr(39) * 2)}'")
