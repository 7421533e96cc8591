"""The size of a delivery beside those before it: an extract that lost most of its rows stops."""

from __future__ import annotations

from statistics import median

import duckdb

from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.verdict import Refusal

SMALLEST_SHARE = 0.5  # of the median of the files before
BEFORE = 12  # a year of months
ACCEPTED = ("accept", "quarantine")


def check_volume(
    connection: duckdb.DuckDBPyConnection, layout: str, file: FileLayout, rows: int
) -> None:
    """Refuse a file of a ``steady`` kind that is far smaller than the accepted ones before it.

    Parameters
    ----------
    connection
        With the books in ``raw.delivery``, before this file is written there.
    layout
        The name of the layout that ``file`` is declared in.
    rows
        Rows of the file, good and bad.

    Raises
    ------
    Refusal
        ``volume_drop`` when it has less than half of the median of the last twelve.
    """
    if not file.steady:
        return
    before = rows_before(connection, layout, file)
    if before and rows < SMALLEST_SHARE * median(before):
        raise Refusal("volume_drop", rows=rows)


def rows_before(
    connection: duckdb.DuckDBPyConnection, layout: str, file: FileLayout
) -> tuple[int, ...]:
    """Return the rows of the last accepted files of the same kind, newest first."""
    entities = ",".join(one.entity for one in file.entity)
    found = connection.execute(
        "select rows_in from raw.delivery where layout = ? and entity_names = ? "
        f"and verdict in (?, ?) order by load_id desc limit {BEFORE}",
        [layout, entities, *ACCEPTED],
    ).fetchall()
    return tuple(int(rows) for (rows,) in found)
