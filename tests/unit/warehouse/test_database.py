from __future__ import annotations

import os
import subprocess
import sys

import pytest

from equity_pipeline.errors import LockHeld, WarehouseError
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.database import Lock, open_cells, open_person


@pytest.fixture
def settings(tmp_path):
    return Settings(run=RunSettings(home=tmp_path / "out", threads=1, memory_limit="1GB"))


def mode(path) -> int:
    return path.stat().st_mode & 0o777


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_folders_and_files_are_protected_whatever_the_umask(settings, umask):
    before = os.umask(umask)
    try:
        with open_person(settings) as person, open_cells(settings) as cells:
            person.execute("create table a as select 1 as n")
            cells.execute("create table a as select 1 as n")
    finally:
        os.umask(before)
    assert mode(settings.internal) == 0o700
    assert mode(settings.person_database) == 0o600
    assert mode(settings.cells_database) == 0o640


def test_rows_that_are_not_in_the_file_yet_are_the_owners_alone_too(settings):
    before = os.umask(0o000)
    try:
        with open_person(settings) as person:
            person.execute("create table a as select 1 as n")
            beside = settings.person_database.with_name("person.duckdb.wal")
            assert mode(beside) == 0o600
        assert os.umask(0o000) == 0o000
    finally:
        os.umask(before)


def test_limits_and_time_zone_are_set_and_nothing_is_fetched(settings):
    with open_person(settings) as connection:
        row = connection.execute(
            "select current_setting('threads'), current_setting('temp_directory'), "
            "current_setting('TimeZone'), current_setting('autoinstall_known_extensions')"
        ).fetchone()
    assert row == (1, str(settings.internal / "spill"), "Europe/Stockholm", False)


def test_the_database_is_closed_when_the_work_in_it_fails(settings):
    with pytest.raises(ValueError, match="broken"), open_person(settings):
        raise ValueError("broken")
    with open_person(settings, read_only=True) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_reading_what_was_never_made_says_so(settings):
    with (
        pytest.raises(WarehouseError, match="does not exist yet"),
        open_cells(settings, read_only=True),
    ):
        pass


def test_a_file_that_is_no_database_is_named(settings):
    settings.internal.mkdir(parents=True)
    settings.person_database.write_bytes(b"not a database" * 1000)
    with pytest.raises(WarehouseError) as stopped, open_person(settings):
        pass
    assert stopped.value.where == str(settings.person_database)


HOLD = """
import sys
from pathlib import Path
from equity_pipeline.warehouse.lock import Lock
with Lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_is_told_who_holds_the_lock_and_since_when(tmp_path, holder):
    with pytest.raises(LockHeld) as held, Lock(tmp_path):
        pass
    assert f"process {holder.pid}, started 20" in held.value.what
    assert held.value.exit_code == 75


def test_a_killed_run_leaves_no_lock(tmp_path, holder):
    holder.kill()
    holder.wait()
    with Lock(tmp_path):
        pass


def test_a_run_in_another_home_is_not_in_the_way(tmp_path, holder):
    with Lock(tmp_path / "other"):
        pass
