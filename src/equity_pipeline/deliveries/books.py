"""The books of ``raw.delivery``: what was loaded when, from which bytes, in which layout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import date, datetime

import duckdb

from equity_pipeline.deliveries.beneath import NEWEST_LAST, OPEN_DATA
from equity_pipeline.deliveries.layouts.layout import FileLayout, Layout
from equity_pipeline.deliveries.order import Rank
from equity_pipeline.deliveries.reading.find import Delivered, series_of
from equity_pipeline.deliveries.schema import count
from equity_pipeline.deliveries.verdict import FileReport

REFUSED = "reject_file"
AGAIN = ""  # the layout digest of a load that must be read once more


@dataclass(frozen=True, slots=True)
class Line:
    """One load that stands in the books; its series are of all names that its bytes came under."""

    load_id: int
    file_name: str
    sha256: str
    layout: str
    layout_digest: str
    delivered_as_of: date
    extracted_at: datetime
    seen: int
    rows_in: int
    series: frozenset[str]

    @property
    def rank(self) -> Rank:
        """Its place in the order of deliveries."""
        return Rank(self.delivered_as_of, self.extracted_at, self.seen, self.sha256)


def loaded_lines(connection: duckdb.DuckDBPyConnection) -> list[Line]:
    """Return every load that was not refused, in the order in which they were loaded."""
    rows = connection.execute(f"""
        with named as (
            select sha256, list(distinct series) as series from raw.delivery_name group by sha256
        )
        select load_id, file_name, sha256, layout, layout_digest, delivered_as_of,
            coalesce(extracted_at, delivered_as_of)::timestamp, coalesce(seen, 0), rows_in, series
        from raw.delivery left join named using (sha256)
        where verdict <> '{REFUSED}' order by load_id
    """).fetchall()
    names = [one.name for one in fields(Line)]
    found = (dict(zip(names, row, strict=True)) for row in rows)
    return [Line(**one | {"series": frozenset(one["series"] or ())}) for one in found]


def loaded_before(lines: list[Line], file: Delivered, layout: Layout) -> Line | None:
    """Return the load of the same bytes in the same layout, if there is one."""
    wanted = (file.sha256, layout.digest)
    same = (line for line in lines if (line.sha256, line.layout_digest) == wanted)
    return next(same, None)


def of_the_same(lines: list[Line], file: Delivered) -> list[Line]:
    """Return the loads that a file replaces or is replaced by: same bytes, or of one series.

    A series is a name without the date of its folder, so ``pas/202502/contact_202501.csv`` is the
    correction of ``pas/202501/contact_202501.csv``: of a series only the newest file stands, whole,
    and what it leaves out is gone. Between files of other names the newest row of a key stands.
    """
    series = {series_of(file.name)}.union(
        *(line.series for line in lines if line.sha256 == file.sha256)
    )
    delivered = (line for line in lines if line.layout != OPEN_DATA)
    return [line for line in delivered if line.sha256 == file.sha256 or line.series & series]


def name(connection: duckdb.DuckDBPyConnection, file: Delivered) -> bool:
    """Write down under which name some bytes came, and return whether that is new."""
    [(known,)] = connection.execute(
        "select count(*) from raw.delivery_name where sha256 = ? and file_name = ?",
        [file.sha256, file.name],
    ).fetchall()
    if not known:
        connection.execute(
            "insert into raw.delivery_name values (?, ?, ?)",
            [file.sha256, file.name, series_of(file.name)],
        )
    return not known


def is_purged(connection: duckdb.DuckDBPyConnection, file_name: str) -> bool:
    """Return whether a file, or all that was packed in an archive of the name, has been purged."""
    [(purged, others)] = connection.execute(
        "select count_if(verdict = 'purged'), count_if(verdict <> 'purged') "
        "from raw.delivery join (select sha256, file_name from raw.delivery_name union "
        "select sha256, file_name from raw.delivery) as named using (sha256) "
        "where named.file_name = $1 or starts_with(named.file_name, $1 || '/')",
        [file_name],
    ).fetchall()
    return bool(purged) and not others


def make_older(connection: duckdb.DuckDBPyConnection, rank: Rank) -> None:
    """Let the loads of some bytes be as old as the oldest delivery of them."""
    connection.execute(
        "update raw.delivery set delivered_as_of = ?, extracted_at = ?, seen = ? where sha256 = ?",
        [rank.day, rank.extracted_at, rank.seen, rank.sha256],
    )


def find_replaced(connection: duckdb.DuckDBPyConnection) -> tuple[list[int], list[int]]:
    """Write down which load replaces which; return those that were replaced by it, and freed.

    A load is replaced by the next newer one of any series that it is of.
    """
    before = dict(_replaced(connection))
    connection.execute(f"""
        with places as (
            select load_id, sha256, row_number() over (order by {NEWEST_LAST}) as place
            from raw.delivery where verdict <> '{REFUSED}' and layout <> '{OPEN_DATA}'
        ),
        next as (
            select load_id, series, lead(load_id) over ordered as newer,
                lead(place) over ordered as newer_place
            from places join (select distinct sha256, series from raw.delivery_name)
                using (sha256)
            window ordered as (partition by series order by place)
        ),
        found as (select load_id, arg_min(newer, newer_place) as newer from next group by load_id)
        update raw.delivery set replaced_by = found.newer from found
        where found.load_id = delivery.load_id
            and delivery.replaced_by is distinct from found.newer
    """)
    after = dict(_replaced(connection))
    return sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys())


def read_again(connection: duckdb.DuckDBPyConnection, load_ids: list[int]) -> None:
    """Let loads that stand again, and have no rows left, be read once more where they lie."""
    connection.execute(
        "update raw.delivery set layout_digest = ? where verdict <> 'purged' and load_id in "
        f"(select unnest({load_ids}::bigint[]))",
        [AGAIN],
    )


def waits_to_be_read_again(connection: duckdb.DuckDBPyConnection) -> bool:
    """Return whether a load stands in the books without the rows that it should have."""
    asked = (
        f"select count(*) from raw.delivery where layout_digest = '{AGAIN}' "
        f"and verdict <> '{REFUSED}' and replaced_by is null"
    )
    return count(connection, asked) > 0


def _replaced(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    return connection.execute(
        "select load_id, replaced_by from raw.delivery where replaced_by is not null"
    ).fetchall()


def next_load_id(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the number of the next load, from 1."""
    return count(connection, "select coalesce(max(load_id), 0) + 1 from raw.delivery")


def next_night(connection: duckdb.DuckDBPyConnection) -> int:
    """Return a number, from 1, that is greater than that of any file that nobody dated."""
    return count(connection, "select coalesce(max(seen), 0) + 1 from raw.delivery")


def write_line(
    connection: duckdb.DuckDBPyConnection,
    report: FileReport,
    *,
    load_id: int,
    rank: Rank,
    declared: tuple[Layout, FileLayout] | None,
    period: str | None = None,
    key_id: str | None = None,
) -> None:
    """Write one line; a refusal of the same bytes under the same name takes its earlier place."""
    connection.execute(
        f"delete from raw.delivery where verdict = '{REFUSED}' and file_name = ? and sha256 = ?",
        [report.name, rank.sha256],
    )
    layout, file = declared or (None, None)
    entities = ",".join(_made(report, file)) if file else ""
    reasons = json.dumps(dict(report.reasons), sort_keys=True, ensure_ascii=False)
    name, digest = (layout.name, layout.digest) if layout else ("", "")
    values = {
        "load_id": load_id,
        "file_name": report.name,
        "sha256": rank.sha256,
        "layout": name,
        "entity_names": entities,
        "delivered_as_of": rank.day,
        "rows_in": report.rows_in,
        "rows_loaded": report.rows_loaded,
        "rows_quarantined": report.rows_quarantined,
        "rows_refused": report.rows_refused,
        "verdict": report.verdict,
        "reasons": reasons,
        "layout_digest": digest,
        "period": period,
        "key_id": key_id,
        "extracted_at": rank.extracted_at,
        "seen": rank.seen,
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
