"""Open data in the books: a line for each source, replaced by its own answers only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.pipeline import open_data
from equity_pipeline.quality.counted import completeness, count_loads
from equity_pipeline.quality.deliveries_seen import accepted_files
from equity_pipeline.sources import OpenData
from equity_pipeline.sources.asking.snapshot import Snapshot
from equity_pipeline.sources.part import Part, entity_schema

DAY, NEXT = date(2026, 6, 20), date(2026, 6, 21)


@pytest.fixture
def raw(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(tmp_path / "person.duckdb")) as connection:
        create_raw_schema(connection)
        yield connection


def part(source: str, value: float, *, asked: str = "a", n: int = 1, day: date = DAY) -> Part:
    """One published value of ``n`` municipalities, answered in one raw answer."""
    rows = [
        {
            "source": source,
            "measure_code": "M1",
            "area_code": f"12{number:02d}",
            "area_kind": "municipality",
            "year": 2022,
            "value": value,
            "value_status": "shown",
        }
        for number in range(n)
    ]
    answer = Snapshot(
        source=source,
        url="https://example.org/data",
        method="GET",
        body_sha256="",
        sha256=hashlib.sha256(f"{source} {value} {n}".encode()).hexdigest(),
        fetched_at=datetime(2026, 6, 20, 4, tzinfo=UTC),
        licence="CC0 1.0",
        path=Path("x.raw"),
        as_of=day,
    )
    table = pa.Table.from_pylist(rows, entity_schema("area_value"))
    return Part({"area_value": table}, snapshots=(answer,), asked=asked)


def land(raw: duckdb.DuckDBPyConnection, day: date = DAY, **parts: Part) -> tuple[str, ...]:
    return open_data.store(raw, OpenData.of(parts), day)


def held(raw: duckdb.DuckDBPyConnection) -> list[tuple[str, float]]:
    return raw.execute("select source, value from raw.area_value order by all").fetchall()


def books(raw: duckdb.DuckDBPyConnection) -> list[tuple[object, ...]]:
    return raw.execute(
        "select file_name, verdict, rows_in, delivered_as_of from raw.delivery order by load_id"
    ).fetchall()


def test_each_source_has_a_line_of_its_own_in_the_books(raw: duckdb.DuckDBPyConnection) -> None:
    assert land(raw, kolada=part("kolada", 1.0), scb=part("scb", 2.0, n=3)) == ()
    assert books(raw) == [("Kolada", "accept", 1, DAY), ("SCB", "accept", 3, DAY)]
    assert held(raw) == [("kolada", 1.0), ("scb", 2.0), ("scb", 2.0), ("scb", 2.0)]
    answers = raw.execute("select source, vintage, url, licence from raw.open_answer").fetchall()
    assert answers == [
        ("kolada", 1, "https://example.org/data", "CC0 1.0"),
        ("scb", 1, "https://example.org/data", "CC0 1.0"),
    ]


def test_the_same_answers_change_nothing_but_how_fresh_they_are(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    land(raw, kolada=part("kolada", 1.0))
    before = raw.execute("from raw.area_value").fetchall()
    assert land(raw, NEXT, kolada=part("kolada", 1.0)) == ()
    assert raw.execute("from raw.area_value").fetchall() == before
    assert books(raw) == [("Kolada", "accept", 1, NEXT)]


def test_a_silent_revision_is_a_new_vintage_and_touches_no_other_source(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    land(raw, kolada=part("kolada", 1.0), scb=part("scb", 2.0))
    scb = raw.execute("from raw.area_value where source = 'scb'").fetchall()
    told = land(raw, NEXT, kolada=part("kolada", 1.5), scb=part("scb", 2.0))
    assert told == ("Kolada has revised its answers: vintage 2",)
    assert held(raw) == [("kolada", 1.5), ("scb", 2.0)]
    assert raw.execute("from raw.area_value where source = 'scb'").fetchall() == scb
    hashes = raw.execute(
        "select vintage, sha256 from raw.open_answer where source = 'kolada' order by vintage"
    ).fetchall()
    assert [vintage for vintage, _ in hashes] == [1, 2] and hashes[0][1] != hashes[1][1]


def test_a_revision_that_is_taken_back_gives_the_first_rows_and_inputs_again(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    land(raw, kolada=part("kolada", 1.0))
    first = list(open_data.inputs(raw, None))
    land(raw, NEXT, kolada=part("kolada", 1.5))
    assert list(open_data.inputs(raw, None)) != first
    land(raw, NEXT, kolada=part("kolada", 1.0))
    assert held(raw) == [("kolada", 1.0)]
    assert list(open_data.inputs(raw, None)) == first


def test_a_source_that_is_no_longer_pulled_is_taken_out(raw: duckdb.DuckDBPyConnection) -> None:
    land(raw, kolada=part("kolada", 1.0), scb=part("scb", 2.0))
    land(raw, NEXT, kolada=part("kolada", 1.0))
    assert held(raw) == [("kolada", 1.0)]
    open_data.store(raw, None, NEXT)
    assert held(raw) == []
    assert {verdict for _, verdict, _, _ in books(raw)} == {"withdrawn"}
    assert list(open_data.inputs(raw, None)) == []


def test_rows_that_were_delivered_stay_when_open_ones_are_replaced(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    raw.execute(
        "insert into raw.delivery by name select 1 as load_id, 'area.csv' as file_name, "
        "'a' as sha256, 'standard' as layout, 'accept' as verdict"
    )
    raw.execute(
        "insert into raw.area_value by name select 'own' as source, 'M1' as measure_code, "
        "'1280' as area_code, 2022 as year, 9.0 as value, 1 as load_id"
    )
    land(raw, kolada=part("kolada", 1.0))
    land(raw, NEXT, kolada=part("kolada", 1.5))
    open_data.store(raw, None, NEXT)
    assert held(raw) == [("own", 9.0)]


def test_fewer_rows_after_a_change_of_settings_are_no_fall_of_the_source(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    land(raw, kolada=part("kolada", 1.0, n=30))
    land(raw, NEXT, kolada=part("kolada", 1.0, n=3))
    assert [one.rows_in for one in accepted_files(raw, "area_value")] == [30, 3]
    land(raw, NEXT, kolada=part("kolada", 1.0, n=2, asked="other"))
    assert [one.rows_in for one in accepted_files(raw, "area_value")] == [2]


def test_stored_answers_that_stand_in_are_inputs_and_date_the_line(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    fresh = part("kolada", 1.0)
    stale = replace(fresh, snapshots=tuple(one.stale() for one in fresh.snapshots))
    land(raw, NEXT, kolada=fresh)
    plain = list(open_data.inputs(raw, OpenData.of({"kolada": fresh})))
    land(raw, NEXT, kolada=stale)
    assert books(raw) == [("Kolada", "accept", 1, DAY)]
    pulled = OpenData.of({"kolada": stale})
    assert list(open_data.inputs(raw, pulled)) == [*plain, "kolada stale since 2026-06-20"]
    (note,) = open_data.notes(pulled)
    assert note.sv.endswith("svar från 2026-06-20 används.")


def test_a_fault_on_the_way_leaves_every_row_as_it_was(raw: duckdb.DuckDBPyConnection) -> None:
    land(raw, kolada=part("kolada", 1.0))
    broken = Part({"area_value": part("scb", 2.0).tables["area_value"].drop(["value"])})
    with pytest.raises(duckdb.Error):
        open_data.store(raw, OpenData({"kolada": part("kolada", 1.5), "scb": broken}), NEXT)
    assert held(raw) == [("kolada", 1.0)]
    assert books(raw) == [("Kolada", "accept", 1, DAY)]


def described(source: str, column: str, told: object) -> Part:
    """A hundred municipalities and more, described in one column alone."""
    rows = [
        {
            "area_code": f"{source[0]}{number:03d}",
            "area_kind": "municipality",
            "vintage": "KOMMUN",
            "year": 2022,
            "population": 1000,
            column: told,
        }
        for number in range(120)
    ]
    answers = part(source, 1.0).snapshots
    return Part({"area": pa.Table.from_pylist(rows, entity_schema("area"))}, snapshots=answers)


def test_a_source_that_leaves_out_what_another_tells_is_no_fault(
    raw: duckdb.DuckDBPyConnection,
) -> None:
    told = described("kolada", "urban_rural", "rural")
    land(raw, kolada=told, scb=described("scb", "share_foreign_born", 0.1))
    found = {
        one.column: one for one in completeness("area", count_loads(raw, "area"), delivered=())
    }
    assert found["urban_rural"].passed and found["share_foreign_born"].passed
    assert not found["area_code"].loads
