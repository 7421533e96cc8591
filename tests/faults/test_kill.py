"""A night that is killed leaves `current` as it was, and the next night finishes."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path

import pytest

from equity_pipeline.extracts.failpoint import FAILPOINTS
from equity_pipeline.extracts.manifest import read_hashes
from equity_pipeline.pipeline.releasing import rollback
from tests.faults.conftest import Place
from tests.repeats import repeated

FIRST, CHANGED = "2024-12", "2024-11"
CHANGED_AS_OF = "2024-12-15"
POLICY = {"EQUITY_RELEASE__POLICY": "when_period_closes"}
SWITCHED = ("publish:after_switch", "share:before_rename", "share:before_latest")
SEEDS = repeated(range(5), 2)
# a whole night is killed once in each of its steps; a release at every point, in test_release
IN_A_NIGHT = (
    "publish:between_files",
    "publish:before_candidate",
    "release:before_rename",
    "publish:during_switch",
    "share:before_latest",
)


assert {*IN_A_NIGHT} <= {*FAILPOINTS}


def parquet(folder: Path) -> dict[str, str]:
    """The hashes of the extracts."""
    return {name: sha for name, sha in read_hashes(folder).items() if name.endswith(".parquet")}


def half_made(place: Place) -> list[Path]:
    return list(place.settings.run.home.rglob(".tmp-*"))


def killed_and_run_again(place: Place, failpoint: str, **environment: str) -> None:
    night = ("run", "--as-of", CHANGED_AS_OF)
    assert place.release() == FIRST
    killed = place.call(*night, EQUITY_FAILPOINT=failpoint, **POLICY, **environment)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert place.release() == (CHANGED if failpoint in SWITCHED else FIRST)
    again = place.call(*night, **POLICY, **environment)
    assert again.returncode == 0, again.stderr
    assert place.release() == CHANGED and half_made(place) == []
    rollback(place.settings)
    assert place.release() == FIRST


@pytest.mark.long
def test_a_night_killed_while_it_publishes_leaves_current_and_the_next_releases(place):
    killed_and_run_again(place, "publish:before_switch")


@pytest.mark.long
@pytest.mark.parametrize("failpoint", IN_A_NIGHT)
def test_a_kill_anywhere_in_publishing_leaves_a_whole_release_and_is_made_good(
    failpoint, place, tmp_path
):
    share = tmp_path / "share"
    share.mkdir()
    killed_and_run_again(place, failpoint, EQUITY_RELEASE__SHARE=str(share))
    assert json.loads((share / "latest.json").read_text())["release"] == CHANGED
    assert parquet(share / CHANGED) == parquet(place.settings.releases / CHANGED)
    assert list(share.glob(".tmp-*")) == []


@pytest.mark.long
def test_a_night_killed_while_it_loads_loses_and_doubles_no_row(place):
    """All is deleted but the first release, so that the night loads everything anew."""
    loaded = place.rows()
    place.settings.person_database.unlink()
    night = place.start("run", "--as-of", CHANGED_AS_OF)
    while not place.settings.person_database.exists():
        time.sleep(0.02)
    time.sleep(0.5)
    night.kill()
    assert night.wait() == -signal.SIGKILL
    assert place.release() == FIRST
    assert place.call("run", "--as-of", CHANGED_AS_OF).returncode == 0
    assert place.rows() == loaded and place.release() == CHANGED


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
def test_a_kill_at_any_moment_changes_nothing_in_what_the_next_night_makes(seed, place, good):
    rng = random.Random(seed)
    place.settings.person_database.unlink()
    began = time.monotonic()
    night = place.start("run", "--as-of", "2025-01-15")
    time.sleep(rng.uniform(1.0, 14.0))
    night.kill()
    night.wait()
    took = time.monotonic() - began
    assert place.release() == FIRST, f"killed after {took:.1f} s"
    assert place.call("run", "--as-of", "2025-01-15").returncode == 0
    assert parquet(place.settings.current) == parquet(good.current)
    assert place.rows()[0] == place.rows()[1] and half_made(place) == []
