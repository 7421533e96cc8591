"""Raw tables as pandas frames that Great Expectations reads fast and exactly alike.

Dates become days since 1970, decimals doubles, booleans 0 and 1: Great Expectations compares
Python objects one by one, five times slower, and cannot compare a date with text at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from equity_pipeline.quality.suites import DERIVED
from equity_pipeline.vocabulary import vocabulary

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

CHUNK_ROWS = 500_000


def chunks(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    columns: Sequence[str],
    *,
    rows: int = CHUNK_ROWS,
) -> Iterator[pd.DataFrame]:
    """Yield frames of at most ``rows`` rows that together are ``raw.<entity>``.

    Code columns are categorical; a column of numbers with gaps is float with NaN.
    """
    listed = ", ".join(f"{_expression(entity, name)} as {name}" for name in columns)
    query = f"select {listed} from raw.{entity}"
    reader = connection.cursor().sql(query).to_arrow_reader(rows)
    for batch in reader or ():  # the stub says that a query without an answer has no reader
        if batch.num_rows:
            yield _categorical(batch.to_pandas())


def whole(
    connection: duckdb.DuckDBPyConnection, entity: str, columns: Sequence[str]
) -> pd.DataFrame:
    """Return the few columns that an expectation about all rows needs, in one frame."""
    listed = ", ".join(f"{_expression(entity, name)} as {name}" for name in columns)
    table = connection.cursor().sql(f"select {listed} from raw.{entity}").to_arrow_table()
    return _categorical(table.to_pandas())


def _expression(entity: str, name: str) -> str:
    derived = DERIVED.get(entity, {})
    if name in derived:
        return derived[name].sql
    kind = vocabulary().columns[name].type
    if kind == "DATE":
        return f"date_diff('day', date '1970-01-01', {name})"
    if kind.startswith("DECIMAL"):
        return f"cast({name} as double)"
    return f"cast({name} as tinyint)" if kind == "BOOLEAN" else name


def _categorical(frame: pd.DataFrame) -> pd.DataFrame:
    columns = vocabulary().columns
    coded = [n for n in frame.columns if n in columns and columns[n].codes is not None]
    return frame.astype(dict.fromkeys(coded, "category"))
