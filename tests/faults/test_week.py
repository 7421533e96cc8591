"""A week of scheduled nights with a fault in almost each: what stands, who is told, no row lost.

The clock is turned; the flows, the server, the listeners, the source, the kill and the disk are
real. Monday to Sunday: a good night, a source that is down, a delivery that is late, one that is
damaged on its way, a kill, a full disk, and the night in which the clocks change, which takes a
correction and all that came before it.
"""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.pipeline import past_runs
from equity_pipeline.settings import load_settings
from tests.faults.small_disk import mounted
from tests.faults.test_kill import parquet
from tests.faults.week import Inbox, Source, Week, clean_night, content, first_deliveries, home
from tests.listeners import mailbox, webhook
from tests.prefect_server import serving

FIRST, STALE, LAST = "2025-02", "2025-02-r2", "2025-02-r3"
NOVEMBER, DECEMBER = "contact_202411.parquet", "contact_202412.parquet"
BAD, MISSED = 3, 100  # rows of November with a code that there is none of; missed after all
LITTLE_ROOM = 300_000
REGION = "Syntetiska Skåne"
FAILED, LATE = f"{REGION}: the night failed", f"{REGION}: No good night since "
WELL = f"{REGION}: The night has ended well"
NOT_GOOD = (26, 27, 28, 29)
SUNDAY = 30  # at two the clocks go forward to three


@dataclass
class Scene:
    """The week, and what it is played with."""

    week: Week
    inbox: Inbox
    source: Source


@pytest.fixture
def scene(incoming: Path, tmp_path: Path) -> Iterator[Scene]:
    """A home with its first deliveries, a source, a server and two ways to be told."""
    inbox = first_deliveries(incoming, tmp_path / "incoming", ("2024-11", "2024-12"))
    source = Source()
    config = home(tmp_path / "week", inbox, source)
    with (
        mailbox() as (mail, letters),
        webhook() as (hook, posted),
        serving(tmp_path / "prefect") as server,
    ):
        server.save(hook, mail)
        yield Scene(Week.of(config, server, posted, letters), inbox, source)
    source.shut()


def at(day: int, hour: str) -> str:
    """An hour of a day in March 2025 by the region's clock."""
    return f"2025-03-{day}T{hour}:00+{'02' if day >= SUNDAY else '01'}:00"


def nightly(day: int) -> tuple[tuple[str, str], ...]:
    """The night of a day, and its watches a minute before six and at six."""
    return ("nightly", at(day, "04:00")), ("late", at(day, "05:59")), ("late", at(day, "06:00"))


def ended(
    week: Week,
    day: int,
    told: list[dict[str, str]],
    *,
    release: str,
    code: int | None = 0,
    why: str = "",
) -> dict[str, Any]:
    """Hold what a night left: the release, what was told, the alarm; return the status at six."""
    assert week.place.release() == release  # every file of it against its hash
    last = past_runs.last(week.settings)
    assert last is not None and last.exit_code == code
    alarm, words = week.alarm(at(day, "06:00"))
    status = week.status(at(day, "06:00"))
    assert (status["release"], status["is_late"], alarm) == (release, code != 0, int(code != 0))
    assert status["next_run"] == at(day + 1, "04:00").replace(":00+", "+")
    stands = f"The release {release} still stands and can be used."
    assert stands in words
    if code == 0:
        assert (told, words.splitlines()[0]) == ([], WELL)
        return status
    *at_night, at_six = told
    still = [f"{LATE}2025-03-{day - 1} 04:00"] if day - 1 in NOT_GOOD else []  # until six
    assert [one["subject"] for one in at_night] == [FAILED] * (code is not None) + still
    assert at_six["subject"] == words.splitlines()[0] == f"{LATE}2025-03-{day} 04:00"
    assert "Last good night: 2025-03-25 03:" in at_six["body"]
    assert [one["body"] for one in told if why not in one["body"]] == []
    assert [one["body"] for one in told if stands not in one["body"]] == []
    return status


@mounted
@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_week_of_faults_keeps_a_release_tells_each_and_ends_as_a_week_without(scene, tmp_path):
    week, inbox, source = scene.week, scene.inbox, scene.source
    november = inbox.month("2024-11", bad=BAD)

    status = ended(week, 24, week.day(*nightly(24)), release=FIRST)
    assert status["stale_sources"] == {}
    before_november = inbox.n_rows
    assert week.account() == (before_november, 0, 0)
    # what was released before is remembered and hides more: the home without faults has had it too
    clean = tmp_path / "clean"
    shutil.copytree(week.settings.run.home, clean / "home", symlinks=True)

    with source.down():
        told = week.day(*nightly(25))
    status = ended(week, 25, told, release=STALE)
    assert status["stale_sources"] == {source.name: "2025-03-24"}

    told = week.day(*nightly(26))  # the contacts of November have not come
    ended(week, 26, told, release=STALE, code=13, why="the newest delivery is 70 days old")

    inbox.send(f"care/202503/{NOVEMBER}", november, "2025-03-26T20:00:00", harmed=True)
    told = week.day(*nightly(27))
    ended(week, 27, told, release=STALE, code=16, why=NOVEMBER)
    assert week.account() == (before_november, 0, 0)  # a file that cannot be read has no rows

    inbox.send(f"care/202503/{NOVEMBER}", november, "2025-03-27T09:00:00")
    assert week.killed(at(28, "04:00"), "build") == -signal.SIGKILL
    assert week.told() == []  # nobody is left to tell it: the watch of six does
    told = week.day(*nightly(28)[1:])
    ended(week, 28, told, release=STALE, code=None, why="stage_start")
    assert week.account() == (before_november + november.num_rows, BAD, 0)

    inbox.send(f"care/202504/{DECEMBER}", inbox.month("2024-12"), "2025-03-28T12:00:00")
    told = week.day(*nightly(29), room=LITTLE_ROOM)
    ended(week, 29, told, release=STALE, code=12, why="The disk is full.")

    inbox.send(f"care/2/{NOVEMBER}", inbox.month("2024-11", missed=MISSED), "2025-03-29T12:00:00")
    early = [week.alarm(at(SUNDAY, hour))[1].splitlines()[0] for hour in ("05:59", "06:00")]
    assert early == [f"{LATE}2025-03-29 04:00", f"{LATE}2025-03-30 04:00"]
    status = ended(week, SUNDAY, week.day(*nightly(SUNDAY)), release=LAST)
    assert week.account() == (inbox.n_rows - november.num_rows, BAD, 0)  # it was sent twice
    assert status["stale_sources"] == {}
    assert [one["file"] for one in status["replaced"]] == [f"care/202503/{NOVEMBER}"]

    one_night = clean_night(home(clean, inbox, source), at(SUNDAY, "04:00"))
    assert one_night.returncode == 0, one_night.stderr
    without = load_settings(clean / "equity.toml").settings
    assert content(week.settings) == content(without)
    assert parquet(week.settings.current) == parquet(without.current)
