"""Every opening of internal data stands in the log, and a log that was touched is told."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import equity_pipeline
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.access_log import Occasion, log_of, occasion, said
from equity_pipeline.warehouse.counted_log import CountedLog
from equity_pipeline.warehouse.database import open_cells, open_person, open_to_look


@pytest.fixture
def settings(tmp_path):
    return Settings(run=RunSettings(home=tmp_path / "out", threads=1, memory_limit="1GB"))


@pytest.fixture
def log(tmp_path):
    held = CountedLog(tmp_path / "access" / "log.jsonl", tmp_path / "apart" / "count")
    for word in ("one", "two", "three"):
        held.append({"word": word})
    return held


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_a_command_is_the_purpose_of_its_own_openings_alone():
    from typer.testing import CliRunner

    from equity_pipeline.cli import app

    assert CliRunner().invoke(app, ["catalogue"]).exit_code == 0
    assert said() == Occasion()


def test_each_opening_says_who_when_what_and_why(settings):
    with open_person(settings), occasion(purpose="nightly run", run_id="abc"), open_cells(settings):
        pass
    first, second = log_of(settings).lines()
    assert (first["database"], first["mode"], first["purpose"]) == (
        "person", "write", "code of the pipeline",
    )  # fmt: skip
    assert (second["database"], second["purpose"], second["run_id"]) == (
        "cells", "nightly run", "abc",
    )  # fmt: skip
    assert first["pid"] == os.getpid()
    assert first["whose"] == "everybody in the database"
    assert datetime.fromisoformat(first["time"]) <= datetime.fromisoformat(second["time"])
    assert log_of(settings).faults() == []


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_log_and_count_are_the_owners_alone_whatever_the_umask(settings, umask):
    before = os.umask(umask)
    try:
        with open_person(settings):
            pass
    finally:
        os.umask(before)
    assert mode(settings.access_log) == mode(settings.access_count) == 0o600
    assert mode(settings.access_log.parent) == mode(settings.internal) == 0o700


def test_nothing_is_opened_when_the_line_cannot_be_written(settings):
    settings.access_log.mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="nothing was opened"), open_person(settings):
        pass
    assert not settings.person_database.exists()


def test_a_log_that_is_a_link_is_not_followed(settings, tmp_path):
    settings.access_log.parent.mkdir(parents=True)
    settings.access_log.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="nothing was opened"), open_person(settings):
        pass


def test_a_purpose_of_many_lines_is_one_line(log):
    log.append({"purpose": 'a\nb\r\u2028c\x85"}\n{"number": 99}'})
    assert len(log.path.read_bytes().splitlines()) == 4
    assert [one["number"] for one in log.lines()] == [1, 2, 3, 4]
    assert log.faults() == []


def lines_of(log) -> list[bytes]:
    return log.path.read_bytes().splitlines(keepends=True)


def test_an_end_that_was_cut_off_is_told_and_stays_told(log):
    log.path.write_bytes(lines_of(log)[0])
    assert log.faults() == ["lines 2 to 3 are cut off at the end"]
    assert log.append({}) == 4
    assert log.faults() == ["lines 2 to 3 are missing"]


def test_a_line_that_was_cut_out_is_told(log):
    first, _, third = lines_of(log)
    log.path.write_bytes(first + third)
    assert log.faults() == ["lines 2 to 2 are missing"]


def test_lines_that_changed_places_are_told(log):
    first, second, third = lines_of(log)
    log.path.write_bytes(second + first + third)
    assert "line 1 stands after line 2" in log.faults()


def test_words_that_were_changed_are_told_by_the_size(log):
    log.path.write_bytes(log.path.read_bytes().replace(b'"two"', b'"somebody else"'))
    [told] = log.faults()
    assert "bytes" in told


def test_a_log_that_is_gone_is_told(log):
    log.path.unlink()
    assert log.faults() == ["the log is gone; 3 lines were counted"]
    assert log.append({}) == 4
    assert log.faults() == ["lines 1 to 3 are missing"]


def test_a_count_that_is_gone_is_told_and_stands_in_the_next_line(log):
    log.count_path.unlink()
    assert log.faults() == ["the count is gone: whether the end is missing cannot be told"]
    assert log.append({}) == 4
    assert [one.get("count_was_lost") for one in log.lines()] == [None, None, None, True]


def test_a_line_that_the_power_cut_off_is_told_and_harms_no_later_one(log):
    with log.path.open("ab") as file:
        file.write(b'{"number": 4, "wo')
    assert log.append({"word": "after"}) == 4
    assert [one["word"] for one in log.lines()] == ["one", "two", "three", "after"]
    assert log.faults() == ["line 4 of the file cannot be read"]


def test_a_power_cut_between_line_and_count_is_no_fault(log):
    before = log.count_path.read_bytes()
    log.append({})
    log.count_path.write_bytes(before)
    assert log.faults() == []
    assert log.append({}) == 5
    assert log.faults() == []


def test_old_lines_go_from_the_beginning_and_the_rest_is_whole(tmp_path):
    log = CountedLog(tmp_path / "log.jsonl", tmp_path / "apart" / "count")
    now = datetime(2031, 6, 1, tzinfo=UTC)
    for years in (6, 5.5, 1):
        log.append({"time": (now - timedelta(days=365.25 * years)).isoformat()})
    assert log.forget_before(now - timedelta(days=365.25 * 5)) == 2
    assert [one["number"] for one in log.lines()] == [3]
    assert (log.faults(), mode(log.path)) == ([], 0o600)
    assert log.append({"time": now.isoformat()}) == 4
    assert log.faults() == []


def test_lines_are_kept_for_five_years_at_least():
    with pytest.raises(ValueError, match="greater than or equal to 5"):
        Settings.model_validate({"access": {"keep_years": 4}})


def test_who_looks_reaches_no_file_and_changes_nothing(settings, tmp_path):
    with open_cells(settings) as connection:
        connection.execute("create table a as select 1 as n")
    (tmp_path / "secret.csv").write_text("a\n1\n")
    for statement in (
        f"select * from read_csv('{tmp_path / 'secret.csv'}')",
        f"copy a to '{tmp_path / 'out.csv'}'",
        f"attach '{settings.person_database}'",
        "set enable_external_access = true",
        "set threads = 64",
        "insert into a values (2)",
        "create table b as select 1",
    ):
        with open_to_look(settings, "cells") as connection, pytest.raises(duckdb.Error):
            connection.execute(statement)
    assert not (tmp_path / "out.csv").exists()


# whoever opens a DuckDB file elsewhere must be known here: not internal data, or logged already
CONNECTS = {
    "cli/runs.py",  # words for people
    "deliveries/check.py",  # a trial load in a folder that goes with it
    "deliveries/reading/prepare.py",  # in memory
    "extracts/database.py",  # what is published
    "indicators/stored.py",  # beside the new cells, inside the night's logged opening
    "pipeline/counting.py",  # likewise
    "pipeline/premises.py",  # in memory
    "pipeline/rebuilding.py",  # purge, which has a line of its own
    "warehouse/database.py",
    "warehouse/models.py",  # in memory
}


def test_nobody_else_opens_a_database():
    package = Path(equity_pipeline.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if any(
            "duckdb.connect(" in line and ">>>" not in line and "..." not in line
            for line in path.read_text("utf-8").splitlines()
        )
    }
    known = {one for one in found if not one.startswith(("audit/", "extracts/"))}
    assert known <= CONNECTS


def test_a_line_is_json_that_any_tool_reads(settings):
    with open_person(settings):
        pass
    [text] = settings.access_log.read_text("ascii").splitlines()
    assert json.loads(text)["number"] == 1
