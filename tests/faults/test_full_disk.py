"""A disk that is full: a clear message, nothing half loaded or half published, the release stands.

The disks are real file systems of a few megabytes.
"""

from __future__ import annotations

import json
import os
import zipfile
from datetime import date
from pathlib import Path

import pytest

from equity_pipeline.errors import QualityStop
from equity_pipeline.extracts.manifest import verify
from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.run_log import RunLog
from tests.faults import publishing
from tests.faults.conftest import COMMAND, STANDING, Place, deliver
from tests.faults.small_disk import PAGE, mounted, on_small_disk

pytestmark = pytest.mark.long

AS_OF = "2026-11-01"
MANY = 6_000
FULL = ("WarehouseError (exit 12)", "The disk is full.", "To mend: make room and run again")
STANDS = f"The release {STANDING} still stands and can be used."


def night(place: Place) -> list[str]:
    return [*COMMAND, "run", "--config", str(place.config), "--as-of", AS_OF]


def zipped(path: Path) -> None:
    """Pack a delivered file in an archive in its place."""
    with zipfile.ZipFile(path.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, path.name)
    path.unlink()


@mounted
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "zip"])
def test_a_disk_that_fills_while_rows_are_loaded_keeps_the_old_rows_and_takes_the_new_when_mended(
    packed, small
):
    sent = deliver(small.config.parent / "in", "visits_2.csv", MANY, first=20)
    if packed:
        zipped(sent)
    ended = on_small_disk(small.settings.internal, 300_000, night(small))
    assert ended.returncode == 12, ended.stderr
    assert [words for words in (*FULL, STANDS) if words not in ended.stderr] == []
    assert small.rows() == (20, 20) and small.release() == STANDING
    stages.load(small.settings, date(2026, 11, 1), None)
    assert small.rows() == (20 + MANY, 20 + MANY)


def until(folder: Path, name: str) -> int:
    """Return the bytes that a release takes before a file is written, in whole pages."""
    order = ["*.parquet", "equity.duckdb", "index.html", "kvalitet.html", "datapackage.json"]
    before = [path for one in order[: order.index(name)] for path in folder.glob(one)]
    return sum(-(-path.stat().st_size // PAGE) * PAGE for path in before)


def not_published(place: Place, folder: Path, room: int) -> str:
    """Publish on a disk with too little room, and hold that nothing came of it."""
    ended = on_small_disk(folder, room, publishing.command(place.config, "run-3", "2025-02", 50))
    assert ended.returncode == 12, ended.stderr
    assert [words for words in FULL if words not in ended.stderr] == []
    assert place.release() == STANDING
    assert [*place.settings.run.home.rglob(".tmp-*")] == []
    return ended.stderr


@mounted
@pytest.mark.parametrize(
    "name",
    [
        "*.parquet",
        "index.html",
        pytest.param("equity.duckdb"),
        pytest.param("datapackage.json"),
    ],
)
def test_a_disk_that_fills_at_any_file_of_a_candidate_leaves_the_release_and_no_half_of_another(
    name, small
):
    candidates = small.settings.candidates
    not_published(small, candidates, until(small.settings.current, name) + PAGE)
    assert sorted(path.name for path in candidates.iterdir()) == ["run-1", "run-2"]


@mounted
def test_a_disk_that_fills_while_a_release_is_copied_leaves_current_and_the_candidate_waits(small):
    not_published(small, small.settings.releases, 3 * PAGE)
    verify(small.settings.candidates / "run-3")
    again = small.call("release")
    assert again.returncode == 0, again.stderr
    verify(small.settings.current)
    assert small.settings.current.resolve().name != STANDING


@mounted
def test_a_share_that_is_full_keeps_its_latest_release_whole(small, tmp_path):
    share = tmp_path / "share"
    share.mkdir()
    sharing = {"EQUITY_RELEASE__SHARE": str(share)}
    ended = on_small_disk(share, 5 * PAGE, publishing.command(small.config, "run-3", "2025-02"),
                          **sharing)  # fmt: skip
    assert (ended.returncode, [*share.iterdir()]) == (12, []), ended.stderr
    assert small.release() == "2025-02"  # readers of the home have it


@mounted
def test_a_run_log_that_cannot_be_written_stops_the_night_and_says_so(small):
    small.settings.logs.mkdir()
    (small.settings.logs / "run-19990101T000000-1.jsonl").write_text("{}\n")
    ended = on_small_disk(small.settings.logs, 0, night(small))
    assert ended.returncode == 12, ended.stderr
    assert [
        words for words in (*FULL, STANDS, "Where: ", "/logs\n") if words not in ended.stderr
    ] == []
    told = small.call("status", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["last_run"].endswith("wrote nothing")


def test_a_full_log_never_hides_the_fault_that_stopped_the_night(tmp_path):
    full = os.open("/dev/full", os.O_WRONLY)
    with (
        pytest.raises(QualityStop, match="too few rows") as stop,
        RunLog(tmp_path, as_of=date(2026, 11, 1)) as log,
    ):
        os.dup2(full, log._file)
        raise QualityStop("There are too few rows.")
    os.close(full)
    assert stop.value.__notes__ == [
        "This could not be written to the run log: No space left on device."
    ]
