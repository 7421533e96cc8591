"""Each expectation of each suite is broken by a row, and then that check fails and no other."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from equity_pipeline.quality.results import GateResult
from equity_pipeline.quality.suites import load_suite
from equity_pipeline.quality.validate import run_suite
from equity_pipeline.vocabulary import vocabulary
from tests.good_rows import good_rows, raw_columns

AS_OF = date(2025, 1, 15)
N = 200  # one row is a two-hundredth, three are more than one in a hundred
CASES: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("broken_rows.toml").read_text("utf-8")
)
# a broken text is told from every word that a result may hold
CANARY = "Kanariefågel"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as made:
        made.execute("create schema raw")
        for entity in vocabulary().entities:
            columns = ", ".join(
                f"{name} {vocabulary().column(name).type}" for name in raw_columns(entity)
            )
            made.execute(f"create table raw.{entity} ({columns})")
        yield made


def broken(entity: str, case: dict[str, Any]) -> list[dict[str, Any]]:
    """Return good rows, of which the first ``rows`` (or all) are changed as the case says."""
    rows = good_rows(entity, N)
    number = {"all": N}.get(case.get("rows", 1), case.get("rows", 1))
    changes = {name: None if value == "" else value for name, value in case["row"].items()}
    wanted = case.get("where", {})
    chosen = [at for at, row in enumerate(rows) if row.items() >= wanted.items()][:number]
    for at in chosen:
        rows[at] |= changes
    return rows


def results(
    connection: duckdb.DuckDBPyConnection, entity: str, rows: list[dict[str, Any]]
) -> tuple[GateResult, ...]:
    table = pa.table({name: [row.get(name) for row in rows] for name in rows[0]})
    connection.execute(f"delete from raw.{entity}")
    connection.register("rows", table)
    connection.execute(f"insert into raw.{entity} by name select * from rows")
    connection.unregister("rows")
    return run_suite(load_suite(entity, as_of=AS_OF), connection)


def told(result: GateResult) -> str:
    return f"{result.severity}: {result.column}: {result.check}"


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_rows_as_they_should_be_pass_every_check(connection, entity):
    assert [
        told(one) for one in results(connection, entity, good_rows(entity, N)) if not one.passed
    ] == []


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_each_expectation_fails_by_its_broken_row_and_no_other_does(connection, entity):
    seen: set[int] = set()
    for case in CASES[entity]:
        found = results(connection, entity, broken(entity, case))
        failed = [at for at, one in enumerate(found) if not one.passed]
        assert sorted(told(found[at]) for at in failed) == sorted(case["fails"]), case["row"]
        assert CANARY not in repr(found)
        seen |= set(failed)
    unbroken = set(range(len(load_suite(entity).expectations))) - seen
    assert [told(found[at]) for at in sorted(unbroken)] == []


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_only_a_check_that_another_implies_fails_beside_it(entity):
    """A case with two failures is one where the stricter of two rules on the same columns falls."""
    for case in CASES[entity]:
        columns = {one.split(": ")[1] for one in case["fails"]}
        assert len(columns) == 1 or case.get("because"), case["row"]


def test_no_case_is_written_for_an_entity_that_is_not_delivered():
    assert set(CASES) == set(vocabulary().entities)
