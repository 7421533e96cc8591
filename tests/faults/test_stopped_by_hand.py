"""A night that is stopped while it loads, by whoever started it or by a terminal that goes away."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest

from equity_pipeline.pipeline import stages
from equity_pipeline.warehouse.database import Lock
from tests.faults.conftest import COMMAND, STANDING, Place, deliver
from tests.faults.test_damage import DAY

MANY = 20_000
RUN = ("run", "--as-of", DAY.isoformat())


def loading(place: Place) -> subprocess.Popen[str]:
    """Start a night, and return it when it is reading a large file."""
    deliver(place.config.parent / "in", "visits_2.csv", MANY, first=20)
    before = {*place.settings.logs.glob("run-*")} if place.settings.logs.exists() else set()
    night = place.start(*RUN)
    while not [one for one in {*place.settings.logs.glob("run-*")} - before
               if '"stage": "load"' in one.read_text("utf-8")]:  # fmt: skip
        assert night.poll() is None
        time.sleep(0.02)
    return night


def stands(place: Place) -> None:
    """Hold that the lock is free, nothing is half loaded, and the rest comes with the next run."""
    with Lock(place.settings.run.home):
        assert place.rows() == (20, 20) and place.release() == STANDING
    assert [*place.settings.run.home.rglob(".tmp-*")] == []
    stages.load(place.settings, DAY, None)
    assert place.rows() == (20 + MANY, 20 + MANY)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_night_stopped_while_it_loads_frees_the_lock_and_loads_all_next_time(number, small):
    night = loading(small)
    night.send_signal(number)
    _, said = night.communicate()
    assert night.returncode == 128 + number, said
    assert "What stood before the run still stands." in said and "Traceback" not in said
    stands(small)


def test_a_lock_whose_holder_was_killed_is_free_at_once_though_its_file_still_names_it(small):
    night = loading(small)
    night.kill()
    night.communicate()
    assert str(night.pid) in (small.settings.run.home / ".lock").read_text()
    stands(small)


def test_a_night_whose_output_nobody_reads_still_ends_with_its_exit_code(small):
    """As when it is started with ``| head`` or from a terminal that is closed."""
    (small.config.parent / "in" / "visits_2.csv").write_text("no visits", "utf-8")
    words = [*COMMAND, *RUN, "--config", str(small.config)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as night:
        for pipe in (night.stdout, night.stderr):
            assert pipe is not None
            pipe.close()
    last = max(small.settings.logs.glob("run-*")).read_text("utf-8").splitlines()[-1]
    assert (night.returncode, json.loads(last)["exit_code"]) == (16, 16)
    assert small.release() == STANDING
