"""The command tells what was found, by its exit code and as JSON of a fixed shape."""

from __future__ import annotations

import json
import sys
from typing import NamedTuple

import pytest

from equity_pipeline.cli import main
from tests.unit.audit.conftest import RECTANGLE, rows_of

UNDONE = RECTANGLE - {("upper_secondary", "male")}
NUMERATOR = {"attack": "margins", "column": "numerator", "file": "stratified.parquet"}


class Done(NamedTuple):
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(monkeypatch, capsys):
    """Return what runs the command as the entry point does."""

    def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["equity", "audit", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return Done(int(ended.value.code or 0), told.out, told.err)

    return command


@pytest.mark.parametrize(
    ("hidden", "options", "code", "verdict"),
    [
        (RECTANGLE, (), 0, "clean"),
        (UNDONE, (), 1, "leak"),
        (RECTANGLE, ("--time-limit", "0"), 2, "could_not_judge"),
    ],
)
def test_the_exit_code_says_clean_leak_or_could_not_judge(
    released, run, hidden, options, code, verdict
):
    done = run(released(stratified=rows_of(hidden)), "--json", *options)
    told = json.loads(done.stdout)
    assert (done.returncode, told["verdict"], told["exit_code"]) == (code, verdict, code)


def test_the_json_names_the_attack_the_cell_and_the_interval(released, run):
    told = json.loads(run(released(stratified=rows_of(UNDONE)), "--json").stdout)
    assert sorted(told) == [
        "attacks", "exit_code", "findings", "n_cells", "n_hidden", "unjudged", "verdict",
    ]  # fmt: skip
    (one,) = told["findings"]
    key = one.pop("key")
    assert one.pop("found")
    assert one == NUMERATOR | {"low": 3.0, "high": 3.0}
    assert key == {
        "indicator": "VT01", "period_start": "2024-01-01", "period_end": "2025-01-01",
        "place": "12", "dimension": "education", "level": "pre_secondary", "sex": "male",
    }  # fmt: skip


def test_people_are_told_the_cell_and_what_it_must_lie_between(released, run):
    done = run(released(stratified=rows_of(UNDONE)))
    assert done.returncode == 1
    assert "margins" in done.stdout
    assert "Leak. 12 cells, of which 3 hidden." in done.stdout


def test_earlier_releases_are_named_with_an_option(released, run):
    before = released("before", stratified=rows_of(UNDONE))
    now = released("now", stratified=rows_of())
    told = json.loads(run(now, "--previous", before, "--json").stdout)
    assert {one["attack"] for one in told["findings"]} == {"earlier_release"}


def test_a_folder_that_cannot_be_read_is_exit_code_2_with_what_to_do(tmp_path, run):
    done = run(tmp_path)
    assert done.returncode == 2
    assert "no table was found" in done.stderr
    assert "To mend" in done.stderr
