"""What changed between two releases is told, each row once, with what stands behind it."""

from __future__ import annotations

import json
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.cli import main
from equity_pipeline.extracts.changes import Counted, change_of
from equity_pipeline.extracts.difference import difference
from equity_pipeline.extracts.manifest import write_datapackage
from equity_pipeline.extracts.parquet import write_parquet

RUN = {"run_id": "run-1", "code": "1", "configuration": "c", "as_of": "2025-01-15"}
LATER = {**RUN, "run_id": "run-2"}


@pytest.fixture
def released(disclosed, tmp_path):
    """Write a small release as a candidate of a home, with columns of one table replaced."""

    def write(name, run, *, share=0.5, form="stratified", **columns):
        folder = tmp_path / "candidates" / name
        folder.mkdir(parents=True)
        for table in disclosed(run["run_id"], share).tables.values():
            write_parquet(table, folder)
        path = folder / f"{form}.parquet"
        rows = pq.read_table(path)
        for column, values in columns.items():
            place, field = rows.schema.get_field_index(column), rows.schema.field(column)
            rows = rows.set_column(place, field, pa.array(values, field.type))
        pq.write_table(rows, path)
        write_datapackage(folder, run)
        return folder

    return write


def told(before, after):
    made = difference(before, after).told()
    return made["why"], {one["table"]: one for one in made["tables"]}


def test_another_run_of_the_same_tables_differs_in_nothing(released):
    made = difference(released("a", RUN), released("b", LATER)).told()
    assert (made["identical"], made["why"], made["tables"]) == (True, [], [])
    assert made["facts"] == {"run_id": {"before": "run-1", "after": "run-2"}}


def test_values_alone_rest_on_data_where_code_and_configuration_are_the_same(released):
    why, tables = told(released("a", RUN), released("b", LATER, share=0.4))
    assert why == ["data"]
    assert {name: tables["stratified"][name] for name in ("new", "values", "definition")} == {
        "new": 0, "values": 3, "definition": 0,
    }  # fmt: skip
    assert set(tables) == {"stratified"}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"code": "2"}, ["code"]),
        ({"configuration": "d"}, ["configuration"]),
        ({"code": "2", "as_of": "2025-02-15"}, ["data", "code"]),
    ],
)
def test_what_else_values_can_rest_on_is_named(facts, why, released):
    assert told(released("a", RUN), released("b", LATER | facts, share=0.4))[0] == why


def test_another_definition_is_told_with_both_and_not_as_other_values(released):
    after = released("b", LATER, share=0.4, definition_hash=["new"] * 3)
    why, tables = told(released("a", RUN), after)
    assert why == ["data", "definition"]
    counted = {name: tables["stratified"][name] for name in ("definition", "values")}
    assert counted == {"definition": 3, "values": 0}
    assert tables["stratified"]["definitions"] == ["VT01: VT01@1.0.0 (abc) -> VT01@1.0.0 (new)"]


def test_a_cell_that_is_hidden_or_shown_now_is_told_apart(released):
    hidden = ["shown", "suppressed", "shown"]
    before, after = released("a", RUN), released("b", LATER, value_status=hidden)
    why, tables = told(before, after)
    assert why == ["data", "suppression"]
    assert (tables["stratified"]["hidden"], tables["stratified"]["shown"]) == (1, 0)
    _, back = told(after, before)
    assert (back["stratified"]["hidden"], back["stratified"]["shown"]) == (0, 1)


def test_each_row_is_counted_once_under_its_indicator(released):
    after = released("b", LATER, level=["female", "other", "all"])
    change = change_of(after / "stratified.parquet", released("a", RUN) / "stratified.parquet")
    assert change.rows == Counted(new=1, removed=1)
    assert change.indicators == (("VT01", change.rows),)
    made = difference(after.parent / "a", after)
    assert made.by_indicator() == {"VT01": Counted(new=1, removed=1)}


def test_a_table_that_is_new_or_gone_is_told_with_all_its_rows(released):
    before, after = released("a", RUN), released("b", LATER)
    (before / "gap.parquet").unlink()
    assert told(before, after)[1]["gap"]["new"] == 1
    assert told(after, before)[1]["gap"]["removed"] == 1


def test_a_column_that_is_new_is_a_definition(released):
    before, after = released("a", RUN), released("b", LATER)
    path = before / "stratified.parquet"
    pq.write_table(pq.read_table(path).drop(["missing_share"]), path)
    why, tables = told(before, after)
    assert (why, tables["stratified"]["columns"]) == (["data", "definition"], ["+missing_share"])


def test_a_declared_contrast_that_is_judged_in_another_way_is_named(released):
    before = released("a", RUN, form="gap", evidence_state=["uncertain"])
    after = released("b", LATER, form="gap", evidence_state=["established_important"])
    (verdict,) = difference(before, after).verdicts
    assert (verdict["indicator_id"], verdict["before"], verdict["after"]) == (
        "VT01", "uncertain", "established_important",
    )  # fmt: skip


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command as the entry point does, in the home that the releases stand in."""

    def command(*arguments):
        words = ["equity", "diff", *map(str, arguments), "--out", str(tmp_path)]
        monkeypatch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as ended:
            main()
        heard = capsys.readouterr()
        return int(ended.value.code or 0), heard.out, heard.err

    return command


def test_the_command_finds_releases_by_name_and_says_why_they_differ(released, run):
    released("a", RUN)
    after = released("b", LATER, share=0.4)
    code, out, _ = run("a", after)
    assert code == 0
    assert "data: other data were delivered" in out and "stratified" in out and "VT01" in out
    code, out, _ = run("a", "a")
    assert (code, out.strip()) == (0, "a and a hold the same tables.")


def test_the_json_says_whether_they_are_identical(released, run):
    released("a", RUN)
    released("b", LATER, share=0.4)
    code, out, _ = run("a", "b", "--json")
    made = json.loads(out)
    assert (code, made["identical"], made["why"]) == (0, False, ["data"])
    assert sorted(made) == [
        "after", "before", "behind_values", "facts", "identical", "tables", "verdicts", "why",
    ]  # fmt: skip


def test_a_release_that_is_not_there_ends_with_the_names_of_those_that_are(released, run):
    released("a", RUN)
    code, _, err = run("a", "c")
    assert code == 2
    assert "There is no release 'c'" in err and "current, a" in err


def test_a_folder_without_a_release_and_a_torn_table_are_named(released, run, tmp_path):
    torn = released("a", RUN)
    (torn / "gap.parquet").write_bytes(b"PAR1")
    assert run("a", "a")[0] == 12
    (tmp_path / "empty").mkdir()
    code, _, err = run("a", "empty")
    assert code == 2 and "holds no release" in err
