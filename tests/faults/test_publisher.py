"""The publisher is a process of its own: it has no way to persons and never outlives its night.

The tables are made by hand; the process, its pipes, the kills and the files are real.
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from equity_pipeline.errors import DisclosureStop, EquityError, QualityStop, exit_code_of
from equity_pipeline.extracts.manifest import read_hashes
from equity_pipeline.extracts.release import promote
from equity_pipeline.pipeline import publisher_handover as handover
from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.publisher import Publisher
from equity_pipeline.pipeline.tabulating import Tabulated
from equity_pipeline.settings import DeliverySettings, RunSettings, Settings
from equity_pipeline.warehouse.database import open_cells, open_person
from tests.disclosed import before_the_door
from tests.flows.conftest import ROOT

DAY, RUN = date(2025, 1, 15), "run-1"
KEY = "5ec2e7" * 10 + "abcd"
LAST = "publish:before_candidate"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home with persons in it, and an environment that names what must stay here."""
    made = Settings(
        run=RunSettings(home=tmp_path / "home", indicators=("VT01",)),
        deliveries=DeliverySettings(folder=tmp_path / "in", layouts=(tmp_path / "layout.toml",)),
    )
    with open_person(made) as connection:
        connection.execute("create table persons as select 'nobody else' as person")
    with open_cells(made) as connection:
        connection.execute("create table cells as select 3 as n")
    monkeypatch.setenv("PSEUDONYM_KEY", KEY)
    monkeypatch.setenv("EQUITY_RUN__HOME", str(made.run.home))
    monkeypatch.setenv("PERSONS", str(made.person_database))
    return made


def tabulated(n_with: int = 100) -> Tabulated:
    """What the stage before the door makes; three with the outcome must be hidden."""
    forms, persons = before_the_door(n_with=n_with)
    source = {"title": "Kolada", "path": "https://www.kolada.se"}
    return Tabulated(
        forms, persons, {"VT01": "proportion"}, (source,), {"cells": 0.5}, {"u1": ("unit", "12")}
    )


def published(settings: Settings) -> Path:
    with Publisher(settings, DAY, RUN) as apart:
        apart.disclose(tabulated())
        return apart.publish()


def test_what_is_handed_over_arrives_as_it_was() -> None:
    sent, pipe = tabulated(), io.BytesIO()
    handover.write_tabulated(pipe, sent)
    pipe.seek(0)
    got = handover.read_tabulated(pipe, json.loads(pipe.readline()))
    assert pipe.read() == b""
    for field in dataclasses.fields(Tabulated):
        assert getattr(got, field.name) == getattr(sent, field.name), field.name


def test_the_process_makes_the_bytes_that_the_stages_make_here(settings, tmp_path) -> None:
    with Publisher(settings, DAY, RUN) as apart:
        told = apart.disclose(tabulated(3))
        assert {name: told[name] for name in ("primary", "secondary", "withheld")} == {
            "primary": 3,
            "secondary": 0,
            "withheld": 0,
        }
        assert told["hidden.small_count"] == 3
        there = apart.publish()
    run = settings.run.model_copy(update={"home": tmp_path / "here"})
    own = settings.model_copy(update={"run": run})
    disclosed = stages.disclose(own, tabulated(3))
    here = stages.publish(own, DAY, RUN, disclosed, tabulated(3))
    assert there == settings.candidates / RUN
    theirs, ours = read_hashes(there), read_hashes(here)
    assert theirs.keys() == ours.keys() >= {"stratified.parquet", "index.html", "equity.duckdb"}
    assert [name for name in ours if ours[name] != theirs[name]] in ([], ["equity.duckdb"])


def test_a_release_tells_what_was_withheld_and_by_which_limits(settings) -> None:
    disclosed = stages.disclose(settings, tabulated(3))
    late = dataclasses.replace(disclosed, withheld=(("VT01", "2024-01-01"),))
    made = stages.publish(settings, DAY, RUN, late, tabulated(3))
    told = json.loads((made / "datapackage.json").read_text("utf-8"))["run"]
    assert told["withheld"] == "VT01 from 2024-01-01"
    assert (told["smallest_count"], told["smallest_denominator"]) == (5, 20)
    assert told["sensitive_dimensions"] == "country_of_birth,disability_proxy"


def seen_of(pid: int) -> str:
    """All that the system tells of a process: arguments, environment, maps, open files."""
    place = Path(f"/proc/{pid}")
    told = [(place / name).read_text("utf-8", "replace") for name in ("cmdline", "environ", "maps")]
    for one in list((place / "fd").iterdir()):
        with suppress(FileNotFoundError):  # the one that listed them
            told.append(str(one.readlink()))
    return "\n".join(told)


def test_the_process_holds_neither_the_file_of_persons_nor_the_key(settings) -> None:
    with open_person(settings) as connection, Publisher(settings, DAY, RUN) as apart:
        connection.execute("select * from persons").fetchall()
        pid = apart._process.pid
        assert pid != os.getpid()
        seen = []
        for step in (lambda: time.sleep(0.3), lambda: apart.disclose(tabulated()), apart.publish):
            step()
            seen.append(seen_of(pid))
        ours = seen_of(os.getpid())
    for never in ("person.duckdb", "cells.duckdb", str(settings.internal), KEY):
        assert [never in told for told in seen] == [False, False, False]
    assert "person.duckdb" in ours


REACHING = """
import socket, subprocess, sys
from pathlib import Path
import duckdb, pyarrow.parquet as parquet
from equity_pipeline.pipeline.publisher_fence import close_the_way
internal = Path(sys.argv[1])
close_the_way(internal)
tried = {
    "text": lambda: (internal / "a.txt").read_text(),
    "bent": lambda: open(internal.parent / "candidates" / ".." / "internal" / "a.txt").read(),
    "link": lambda: (internal.parent / "link.txt").read_text(),
    "new": lambda: (internal / "b.txt").write_text("b"),
    "network": lambda: socket.create_connection(("127.0.0.1", 9), 1),
    "name": lambda: socket.getaddrinfo("example.org", 443),
    "process": lambda: subprocess.run(["true"]),
    "database": lambda: duckdb.connect(str(internal / "person.duckdb"), read_only=True),
    "sql": lambda: duckdb.sql(f"from read_text('{internal}/a.txt')").fetchall(),
    "parquet": lambda: parquet.read_table(str(internal / "a.parquet")),
    "beside": lambda: (internal.parent / "c.txt").read_text(),
    "release": lambda: (internal.parent / "candidates" / "new.txt").write_text("new"),
}
for name, attempt in tried.items():
    try:
        attempt()
        print(name, "done")
    except (OSError, duckdb.Error) as error:
        print(name, type(error).__name__)
"""
LIBRARIES = {"database": "IOException", "sql": "IOException", "parquet": "PermissionError"}


def has_landlock() -> bool:
    known = Path("/sys/kernel/security/lsm")
    return not known.exists() or "landlock" in known.read_text()


def test_a_process_behind_the_fence_reaches_no_network_no_process_and_nothing_protected(settings):
    for name in ("internal/a.txt", "c.txt"):
        (settings.run.home / name).write_text("text")
    settings.candidates.mkdir()
    (settings.run.home / "link.txt").symlink_to(settings.internal / "a.txt")
    (settings.internal / "a.parquet").write_bytes(b"PAR1")
    told = subprocess.run(
        [sys.executable, "-c", REACHING, str(settings.internal)],
        capture_output=True,
        text=True,
        check=True,
    )
    heard = dict(line.split() for line in told.stdout.splitlines())
    assert {heard.pop(name) for name in ("beside", "release")} == {"done"}
    if not has_landlock():
        heard = {name: how for name, how in heard.items() if name not in LIBRARIES}
    assert set(heard.values()) <= {"PermissionError", "IOException"}, heard
    assert len(heard) in (7, 10)


def test_a_fault_at_the_door_comes_back_as_the_same_error_with_its_exit_code(settings) -> None:
    _, persons = before_the_door()
    nobody = dataclasses.replace(persons, data=persons.data.slice(0, 0))
    lacking = dataclasses.replace(tabulated(), counts=nobody)
    with pytest.raises(DisclosureStop) as here:
        stages.disclose(settings, lacking)
    with pytest.raises(DisclosureStop) as there, Publisher(settings, DAY, RUN) as apart:
        apart.disclose(lacking)
    assert str(there.value) == str(here.value) and exit_code_of(there.value) == 15
    assert not settings.candidates.exists() or list(settings.candidates.iterdir()) == []


def test_several_faults_come_back_together_with_their_notes() -> None:
    group = ExceptionGroup("two", [DisclosureStop("a", where="b"), QualityStop("c", mend="d")])
    group.add_note("The release 2024-12 still stands.")
    again = handover.as_raised(json.loads(json.dumps(handover.told(group))))
    assert isinstance(again, ExceptionGroup) and exit_code_of(again) == 15
    assert [str(one) for one in again.exceptions] == ["a\nWhere: b", "c\nTo mend: d"]
    assert again.__notes__ == ["The release 2024-12 still stands."]


def test_a_fault_that_nobody_foresaw_comes_back_without_its_words(settings) -> None:
    odd = dataclasses.replace(tabulated(), kinds={"VT01": "19121212-1212"})
    with pytest.raises(EquityError) as stop, Publisher(settings, DAY, RUN) as apart:
        apart.disclose(odd)
    assert "Traceback" not in str(stop.value)


@pytest.mark.long
@pytest.mark.parametrize("failpoint", ["publish:before_build", LAST])
def test_a_publisher_that_is_killed_alone_is_told_and_the_old_release_stands(
    failpoint, settings, monkeypatch
) -> None:
    first = promote(published(settings), settings, "2024-12")
    before = read_hashes(first)
    monkeypatch.setenv("EQUITY_FAILPOINT", f"{failpoint}:alone")
    with (
        pytest.raises(EquityError, match="was killed by SIGKILL") as stop,
        Publisher(settings, DAY, "run-2") as apart,
    ):
        apart.disclose(tabulated(50))
        apart.publish()
    assert "the stage publish" in str(stop.value) and exit_code_of(stop.value) == 1
    assert settings.current.resolve() == first and read_hashes(settings.current) == before
    assert list(settings.run.home.rglob(".tmp-*")) == []
    assert [path.name for path in settings.candidates.iterdir()] == [RUN]


NIGHT = """
import json, os, signal, sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from equity_pipeline.pipeline.publisher import Publisher
from equity_pipeline.settings import Settings
from tests.faults.test_publisher import DAY, tabulated
settings = Settings.model_validate_json(sys.argv[1])
with Publisher(settings, DAY, "run-2") as apart:
    apart.disclose(tabulated(50))
    print(apart._process.pid, flush=True)
    os.kill(apart._process.pid, signal.SIGSTOP)
    apart.publish()
"""


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.long
def test_a_publisher_never_outlives_the_night_that_is_killed(settings) -> None:
    first = promote(published(settings), settings, "2024-12")
    words = [sys.executable, "-c", NIGHT, settings.model_dump_json(), str(ROOT)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as night:
        assert night.stdout is not None
        pid = int(night.stdout.readline())
        assert not gone(pid)
        night.kill()
    until = time.monotonic() + 20
    while not gone(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert gone(pid) and night.returncode == -signal.SIGKILL
    assert settings.current.resolve() == first
    assert [path.name for path in settings.candidates.iterdir()] == [RUN]
