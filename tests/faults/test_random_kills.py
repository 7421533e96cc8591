"""Two hundred kills at moments of chance, while rows are loaded and while releases are published.

One process has everything imported and forks a worker for each kill, so that most of a worker's
life is work. After each kill what it left is read from here.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.extracts.durable import write_text
from equity_pipeline.extracts.manifest import verify
from equity_pipeline.extracts.release import (
    build_candidate,
    current_release,
    promote,
    sweep_unfinished,
    switch,
)
from equity_pipeline.pipeline import stages
from equity_pipeline.settings import ReleaseSettings, RunSettings, Settings
from tests.flows.conftest import ROOT
from tests.hostile.more import rows, written

KILLS = 100
LONGEST = 0.8  # seconds of work before a kill
FORKING = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from tests.faults import test_random_kills as work
home = Path(sys.argv[3])
for line in sys.stdin:
    worker = os.fork()
    if worker == 0:
        getattr(work, sys.argv[2])(home)
    time.sleep(float(line))
    ended, _ = os.waitpid(worker, os.WNOHANG)
    if not ended:
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    print("ended" if ended else "killed", flush=True)
"""


def settings_of(home: Path) -> Settings:
    return Settings.model_validate(
        {
            "run": RunSettings(home=home / "out"),
            "release": ReleaseSettings(keep=3),
            "deliveries": {
                "folder": home / "in",
                "layouts": [ROOT / "configs" / "layouts" / "flat_visits.toml"],
                "owner": "the region",
                "purpose": "tests",
                "legal_basis": "none",
                "settle_seconds": 0,
            },
        }
    )


def publishing(home: Path) -> None:
    """Publish one release after the other, each of two files that say the same."""
    settings = settings_of(home)
    sweep_unfinished(settings)
    number = sum(1 for _ in (home / "out").rglob("SHA256SUMS"))
    while True:
        number += 1
        text = f"{random.random()}-{number}" * 2000

        def fill(folder: Path, text: str = text) -> None:
            for name in ("a.parquet", "b.parquet"):
                write_text(folder / name, text)

        promote(build_candidate(settings, f"run-{number}", fill), settings, f"p{number % 5}")


def loading(home: Path) -> None:
    """Deliver one file after the other, and load each."""
    settings = settings_of(home)
    number = sum(1 for _ in (home / "in").iterdir())
    if number:  # what the last worker delivered and did not live to load
        stages.load(settings, date(2026, 11, 1), None)
    while True:
        number += 1
        deliver_one(home, number)
        stages.load(settings, date(2026, 11, 1), None)


def deliver_one(home: Path, number: int) -> None:
    """Put a whole file into the folder of deliveries."""
    held = [row | {"contact_id": f"K{number:04d}{place:02d}"} for place, row in enumerate(rows())]
    beside = home / "beside.csv"
    beside.write_text(written(held), "utf-8")
    beside.rename(home / "in" / f"visits_{number:04d}.csv")


def switching(home: Path) -> None:
    """Point `current` at one release and the other for as long as it lives."""
    settings = settings_of(home)
    places = [settings.releases / name for name in ("one", "two")]
    while True:
        for place in places:
            switch(settings, place)


@contextmanager
def killer(work: str, home: Path) -> Iterator[Callable[[float], str]]:
    """Give what lets a worker work for some seconds and kills it."""
    words = [sys.executable, "-c", FORKING, str(ROOT), work, str(home)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        to, answers = process.stdin, process.stdout

        def kill_after(seconds: float) -> str:
            to.write(f"{seconds}\n")
            to.flush()
            return answers.readline().strip()

        yield kill_after
        to.close()
    assert process.returncode != -signal.SIGKILL


READING = """
import sys
from pathlib import Path
told = Path(sys.argv[1])
n = 0
print("reading", flush=True)
while not Path(sys.argv[2]).exists():
    assert told.read_text() in ("one", "two")
    n += 1
print(n)
"""


def test_whoever_reads_finds_a_release_while_those_who_switch_it_are_killed(tmp_path):
    """Thirty workers that only switch are killed, one after the other, while a process reads."""
    settings, rng, done = settings_of(tmp_path), random.Random(3), tmp_path / "done"
    for name in ("one", "two"):

        def fill(folder: Path, name: str = name) -> None:
            write_text(folder / "a.parquet", name)

        promote(build_candidate(settings, name, fill), settings, name)
    words = [sys.executable, "-c", READING, str(settings.current / "a.parquet"), str(done)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdout is not None and reader.stdout.readline() == "reading\n"
        with killer("switching", tmp_path) as kill_after:
            assert {kill_after(rng.uniform(0.005, 0.05)) for _ in range(30)} == {"killed"}
        done.touch()
        read = int(reader.stdout.readline())
    assert reader.returncode == 0 and read > 1_000


@pytest.mark.long
def test_a_hundred_kills_of_publishing_leave_a_whole_release_each_time(tmp_path):
    settings, rng = settings_of(tmp_path), random.Random(1)
    seen = set()
    with killer("publishing", tmp_path) as kill_after:
        for _ in range(KILLS):
            assert kill_after(rng.uniform(0.02, LONGEST)) == "killed"
            if current_release(settings) is None:
                continue  # before the first
            verify(settings.current)
            texts = {(settings.current / name).read_text() for name in ("a.parquet", "b.parquet")}
            assert len(texts) == 1
            seen |= texts
    assert len(seen) > KILLS / 10
    sweep_unfinished(settings)
    assert list(settings.run.home.rglob(".tmp-*")) == []


def a_load_takes(home: Path) -> float:
    """Return the seconds in which an idle or a busy machine loads a file, once all is there."""
    deliver_one(home, 1)
    stages.load(settings_of(home), date(2026, 11, 1), None)
    deliver_one(home, 2)
    began = time.perf_counter()
    stages.load(settings_of(home), date(2026, 11, 1), None)
    return time.perf_counter() - began


@pytest.mark.long
def test_a_hundred_kills_of_loading_leave_no_file_half_loaded(tmp_path):
    (tmp_path / "in").mkdir()
    settings, rng = settings_of(tmp_path), random.Random(2)
    longest = max(2 * LONGEST, 3 * a_load_takes(tmp_path))
    loaded = 0
    with killer("loading", tmp_path) as kill_after:
        for _ in range(KILLS):
            assert kill_after(rng.uniform(0.1, longest)) == "killed"
            if not settings.person_database.exists():
                continue
            with duckdb.connect(str(settings.person_database), read_only=False) as connection:
                held = dict(
                    connection.execute(
                        "select load_id, count(*) from raw.contact group by all"
                    ).fetchall()
                    if connection.execute(
                        "from duckdb_tables() where schema_name = 'raw'"
                    ).fetchall()
                    else []
                )
                books = (
                    connection.execute(
                        "select load_id, rows_in, rows_loaded, rows_quarantined, rows_refused "
                        "from raw.delivery"
                    ).fetchall()
                    if held
                    else []
                )
            assert all(one[1] == sum(one[2:]) for one in books)
            assert {one[0]: one[2] for one in books if one[2]} == held
            assert len(held) >= loaded  # what was loaded stays
            loaded = len(held)
    assert loaded > KILLS / 10
