"""The books of ``raw.delivery``: what was loaded when, from which bytes, in which layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from equity_pipeline.deliveries.find import Delivered, series_of
from equity_pipeline.deliveries.layout import FileLayout, Layout
from equity_pipeline.deliveries.schema import count
from equity_pipeline.deliveries.verdict import FileReport

REFUSED = "reject_file"


@dataclass(frozen=True, slots=True)
class Line:
    """One load that stands in the books."""

    load_id: int
    file_name: str
    sha256: str
    layout_digest: str
    delivered_as_of: date
    rows_in: int


def loaded_lines(connection: duckdb.DuckDBPyConnection) -> list[Line]:
    """Return every load that was not refused, oldest first."""
    rows = connection.execute(
        "select load_id, file_name, sha256, layout_digest, delivered_as_of, rows_in "
        f"from raw.delivery where verdict <> '{REFUSED}' order by load_id"
    ).fetchall()
    return [Line(*row) for row in rows]


def loaded_before(lines: list[Line], file: Delivered, layout: Layout) -> Line | None:
    """Return the load of the same bytes in the same layout, if there is one."""
    wanted = (file.sha256, layout.digest)
    same = (line for line in lines if (line.sha256, line.layout_digest) == wanted)
    return next(same, None)


def replaced_by(lines: list[Line], file: Delivered) -> list[Line]:
    """Return the loads that a file takes the place of: same bytes, or same name but the date."""
    series = series_of(file.name)
    return [
        line for line in lines if line.sha256 == file.sha256 or series_of(line.file_name) == series
    ]


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the next load, from 1."""
    return count(connection, "select coalesce(max(load_id), 0) + 1 from raw.delivery")


def write_line(
    connection: duckdb.DuckDBPyConnection,
    report: FileReport,
    *,
    load_id: int,
    sha256: str,
    on: date,
    declared: tuple[Layout, FileLayout] | None,
    period: str | None = None,
    key_id: str | None = None,
) -> None:
    """Write one line; a refusal of the same bytes under the same name takes its earlier place."""
    connection.execute(
        f"delete from raw.delivery where verdict = '{REFUSED}' and file_name = ? and sha256 = ?",
        [report.name, sha256],
    )
    layout, file = declared or (None, None)
    entities = ",".join(_made(report, file)) if file else ""
    reasons = json.dumps(dict(report.reasons), sort_keys=True, ensure_ascii=False)
    name, digest = (layout.name, layout.digest) if layout else ("", "")
    values = {
        "load_id": load_id,
        "file_name": report.name,
        "sha256": sha256,
        "layout": name,
        "entity_names": entities,
        "delivered_as_of": on,
        "rows_in": report.rows_in,
        "rows_loaded": report.rows_loaded,
        "rows_quarantined": report.rows_quarantined,
        "rows_refused": report.rows_refused,
        "verdict": report.verdict,
        "reasons": reasons,
        "layout_digest": digest,
        "period": period,
        "key_id": key_id,
    }
    connection.execute(
        f"insert into raw.delivery ({', '.join(values)}) values ({', '.join('?' * len(values))})",
        list(values.values()),
    )


def _made(report: FileReport, file: FileLayout) -> list[str]:
    """Return the entities that a file is of; one that takes only some rows may have got none."""
    got = report.entities
    return [
        one.entity
        for one in file.entity
        if got.get(one.entity) or not (one.when or file.may_be_empty)
    ]


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Run a block as a whole: everything in it stands afterwards, or nothing does."""
    connection.execute("begin transaction")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")
