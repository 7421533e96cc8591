"""A release is whole or not there; `current` always points at one; a crash changes nothing."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.extracts.durable import write_text
from equity_pipeline.extracts.failpoint import FAILPOINTS
from equity_pipeline.extracts.manifest import verify
from equity_pipeline.extracts.release import (
    build_candidate,
    current_release,
    promote,
    rollback,
    sweep_unfinished,
    switch,
)
from equity_pipeline.settings import ReleaseSettings, RunSettings, Settings

PUBLISH = """
import sys
from pathlib import Path
from equity_pipeline.extracts.durable import write_text
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.extracts.release import build_candidate, promote, sweep_unfinished
from equity_pipeline.settings import ReleaseSettings, RunSettings, Settings
home, share, run = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
settings = Settings(run=RunSettings(home=home), release=ReleaseSettings(share=share))
sweep_unfinished(settings)
def fill(folder):
    for name in ("a.parquet", "b.parquet"):
        write_text(folder / name, run)
        failpoint("publish:between_files")
    failpoint("publish:before_database")
promote(build_candidate(settings, run, fill), settings, "period-" + run)
"""


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A home with a shared folder beside it."""
    (tmp_path / "share").mkdir()
    return Settings(
        run=RunSettings(home=tmp_path / "out"), release=ReleaseSettings(share=tmp_path / "share")
    )


def publish(settings: Settings, run: str, name: str, changes: str = "first") -> Path:
    def fill(folder: Path) -> None:
        (folder / "report").mkdir()
        write_text(folder / "a.parquet", run)
        write_text(folder / "CHANGES.md", changes)
        write_text(folder / "report" / "index.html", run)

    return promote(build_candidate(settings, run, fill), settings, name)


def in_another_process(settings: Settings, run: str, failpoint: str = "") -> int:
    environment = os.environ | ({"EQUITY_FAILPOINT": failpoint} if failpoint else {})
    command = [sys.executable, "-c", PUBLISH, str(settings.run.home), str(settings.release.share)]
    return subprocess.run([*command, run], env=environment, check=False).returncode


def test_current_leads_to_the_files_of_the_release(settings):
    place = publish(settings, "one", "2024")
    assert settings.current.is_symlink() and (settings.current / "a.parquet").read_text() == "one"
    assert settings.current.resolve() == place.resolve()


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_kill_at_any_point_leaves_readers_with_a_whole_release(failpoint, settings):
    assert in_another_process(settings, "one") == 0
    assert in_another_process(settings, "two", failpoint) == -signal.SIGKILL
    switched = failpoint in ("publish:after_switch", "share:before_rename", "share:before_latest")
    assert current_release(settings) == ("period-two" if switched else "period-one")
    verify(settings.current)
    assert in_another_process(settings, "two") == 0
    assert (settings.current / "b.parquet").read_text() == "two"
    assert list(settings.run.home.rglob(".tmp-*")) == []
    assert '"period-two"' in (settings.release.share / "latest.json").read_text()
    assert rollback(settings).name == "period-one"


def test_a_reader_always_finds_a_release_while_it_is_switched(settings):
    places = [publish(settings, run, run) for run in ("one", "two")]
    seen, done = set(), threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.add((settings.current / "a.parquet").read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(1000):
        switch(settings, places[number % 2])
    done.set()
    reader.join()
    assert seen <= {"one", "two"} and current_release(settings) == "two"


def test_a_fault_while_filling_leaves_nothing_and_touches_nothing(settings):
    publish(settings, "one", "2024")

    def fill(folder: Path) -> None:
        write_text(folder / "a.parquet", "half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        build_candidate(settings, "two", fill)
    assert [p.name for p in settings.candidates.iterdir()] == ["one"]
    assert current_release(settings) == "2024"


def test_a_candidate_that_was_changed_is_not_released(settings):
    publish(settings, "one", "2024")
    candidate = build_candidate(settings, "two", lambda f: write_text(f / "a", "2") and None)
    (candidate / "a").write_text("3")
    with pytest.raises(WarehouseError, match="not what was written"):
        promote(candidate, settings, "2025")
    assert current_release(settings) == "2024"


def test_rollback_goes_one_release_back_and_says_when_there_is_none(settings):
    for run in ("one", "two", "three"):
        publish(settings, run, run)
    assert [rollback(settings).name, rollback(settings).name] == ["two", "one"]
    with pytest.raises(ConfigurationError, match="no earlier release"):
        rollback(settings)
    assert (settings.current / "a.parquet").read_text() == "one"
    publish(settings, "four", "four")
    assert rollback(settings).name == "three"


def test_a_published_period_is_never_overwritten(settings):
    publish(settings, "one", "2024")
    assert publish(settings, "one", "2024", changes="against the first").name == "2024"
    assert publish(settings, "two", "2024").name == "2024-r2"
    assert (settings.releases / "2024" / "a.parquet").read_text() == "one"


def test_only_owner_and_group_read_a_release(settings):
    place = publish(settings, "one", "2024")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in place.rglob("*") if p.is_file()}
    folders = {stat.S_IMODE(p.stat().st_mode) for p in (place, place / "report")}
    assert (modes, folders) == ({0o640}, {0o750})


def test_the_oldest_releases_go_when_more_than_those_kept(settings):
    few = settings.model_copy(update={"release": ReleaseSettings(keep=2)})
    for run in ("one", "two", "three"):
        publish(few, run, run)
    left = sorted(p.name for p in few.releases.iterdir() if p.is_dir())
    assert left == ["three", "two"]
    assert sorted(p.name for p in few.candidates.iterdir()) == ["three", "two"]


def test_the_shared_copy_is_whole_and_latest_names_it(settings):
    publish(settings, "one", "2024")
    verify(settings.release.share / "2024")
    assert (settings.release.share / "latest.json").read_text() == '{"release": "2024"}\n'
    assert not any(p.is_symlink() for p in settings.release.share.rglob("*"))


def test_a_shared_folder_that_is_not_there_is_named_and_the_release_stands(settings, tmp_path):
    gone = settings.model_copy(update={"release": ReleaseSettings(share=tmp_path / "gone")})
    with pytest.raises(ConfigurationError, match="does not exist"):
        publish(gone, "one", "2024")
    assert current_release(gone) == "2024"


@pytest.mark.parametrize("name", ["../x", ".tmp-x", "a/b", "", "x" * 81])
def test_a_name_that_leaves_the_folder_is_refused(name, settings):
    candidate = build_candidate(settings, "one", lambda f: write_text(f / "a", "1") and None)
    with pytest.raises(ConfigurationError):
        promote(candidate, settings, name)


def test_what_was_half_made_is_swept_at_the_next_start(settings):
    publish(settings, "one", "2024")
    for folder in (settings.run.home, settings.candidates, settings.releases):
        (folder / ".tmp-left").mkdir()
    sweep_unfinished(settings)
    assert list(settings.run.home.rglob(".tmp-*")) == []
