"""What was checked and delivered, as published rows: by entity, without names of files."""

from __future__ import annotations

import ast
import inspect
import json
from datetime import date

import duckdb
import pytest

from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.quality import areas_built, counted, deliveries_seen, gate
from equity_pipeline.quality.published import check_rows, delivery_rows
from equity_pipeline.quality.results import GateReport, GateResult
from equity_pipeline.quality.suites import load_suite
from equity_pipeline.quality.words import _SENTENCES, OWN, expectation
from equity_pipeline.vocabulary import vocabulary

DAY = date(2025, 1, 2)


@pytest.fixture
def raw():
    connection = duckdb.connect()
    create_raw_schema(connection)
    yield connection
    connection.close()


def deliver(raw, load_id: int, rows: int, *, aside: dict[str, int], name: str) -> None:
    """A load of telephony of which some rows stand and some were set aside."""
    raw.execute(
        "insert into raw.delivery by name select $1 as load_id, $2 as file_name, "
        "'standard' as layout, 'telephony' as entity_names, $3::date as delivered_as_of, "
        "$4 as rows_in, $5 as rows_loaded, $6 as rows_quarantined, 0 as rows_refused, "
        "'accept' as verdict, $7 as reasons",
        [load_id, name, DAY, rows + sum(aside.values()), rows, sum(aside.values()),
         json.dumps(aside)],
    )  # fmt: skip
    raw.execute(
        "insert into raw.telephony by name select 'E' || i as unit_hsa_id, "
        "date '2024-01-01' as call_month, $1 as load_id from range($2) as made(i)",
        [load_id, rows],
    )


def test_files_and_rows_count_while_a_row_of_them_stands(raw):
    deliver(raw, 1, 0, aside={}, name="telephony_2023.csv")
    deliver(raw, 2, 96, aside={"code_unknown:x": 4}, name="telephony_2024.csv")
    deliver(raw, 3, 100, aside={"superseded": 50}, name="telephony_2025.csv")
    (row,) = delivery_rows(raw, {"run_id": "r"})
    assert (row["n_files"], row["n_rows"]) == (2, 196)
    assert (row["quarantine_band"], row["quarantine_reasons"]) == (
        "from_1_to_5_percent",
        "code_unknown:x",
    )
    assert row["delivered_as_of"] == DAY


def test_no_name_of_a_file_is_published(raw):
    deliver(raw, 1, 30, aside={}, name="a-name-of-a-file.csv")
    assert "a-name-of-a-file" not in str(delivery_rows(raw, {}))


def test_checks_are_numbered_within_their_entity_and_told_in_swedish():
    report = GateReport(
        (
            GateResult("contact", "row_count", "own", "critical", True, 9, "9 rows"),
            GateResult("person", "row_count", "own", "critical", True, 5, "5 rows"),
            GateResult("contact", "completeness", "own", "info", True, 0, "x", "target_date"),
        )
    )
    rows = check_rows(report, {})
    assert [(row["entity"], row["check_order"]) for row in rows] == [
        ("contact", 1),
        ("person", 1),
        ("contact", 2),
    ]
    assert [row["check_result"] for row in rows] == ["passed", "passed", "not_checked"]
    assert rows[0]["check_sv"] == "Det finns rader"


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_every_expectation_of_every_suite_has_a_sentence_of_its_own(entity):
    lacking = {one.type for one in load_suite(entity).expectations} - set(_SENTENCES)
    assert lacking == set()
    for one in load_suite(entity).expectations:
        assert expectation(one).sv[0].isupper()


def names_of_own_checks() -> set[str]:
    """The second argument, or ``check=``, of every result that our own gates make."""
    found = set()
    for module in (areas_built, counted, deliveries_seen, gate):
        for call in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "GateResult":
                named = {one.arg: one.value for one in call.keywords}
                held = named.get("check") or call.args[1]
                found.add(ast.literal_eval(held))
    return found


def test_every_check_of_our_own_has_words():
    assert names_of_own_checks() == set(OWN)
