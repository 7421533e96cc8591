"""A home that cannot be written stops the night before it reads anything, and says where."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.faults.conftest import COMMAND, STANDING
from tests.faults.small_disk import mounted, on_closed_disk

NOBODY = 65_534
TOLD = ("ConfigurationError (exit 2)", "may not read or write here", "To mend: run as the owner")


def night(config: Path) -> list[str]:
    return [*COMMAND, "run", "--config", str(config), "--as-of", "2026-11-01"]


def all_of(home: Path) -> dict[str, int]:
    """Every file and folder of a home, with when it was changed."""
    return {str(path): path.lstat().st_mtime_ns for path in sorted(home.rglob("*"))}


@mounted
@pytest.mark.parametrize("name", ["", "internal", "candidates"])
def test_a_disk_that_can_only_be_read_stops_the_night_before_it_reads_a_row(name, small):
    home = small.settings.run.home
    (small.config.parent / "in" / "visits_1.csv").write_text("this would be refused with 16")
    before = all_of(home)
    ended = on_closed_disk(home / name, night(small.config))
    assert ended.returncode == 2, ended.stderr
    assert [words for words in TOLD if words not in ended.stderr] == []
    assert f"Where: {home / name}" in ended.stderr
    changed = {path for path, at in all_of(home).items() if before.get(path) != at}
    assert changed <= {str(home / ".lock")}
    assert small.release() == STANDING


POWERS = "-dac_override,-dac_read_search,-fowner,-chown"
PLAIN = ["setpriv", f"--bounding-set={POWERS}"]  # root without the powers that pass every mode


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None,
    reason="only root can give a home away: run as root where setpriv (util-linux) is installed",
)
@pytest.mark.parametrize("mode", [0o700, 0o755], ids=["shut", "to be read"])
def test_a_home_of_another_owner_stops_the_night_and_is_left_as_it_is(mode, small):
    home = small.settings.run.home
    for path in (home, *home.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    home.chmod(mode)
    before = all_of(home)
    ended = subprocess.run(
        [*PLAIN, *night(small.config)],
        capture_output=True, text=True, env=small.environment(), check=False,
    )  # fmt: skip
    assert ended.returncode == 2, ended.stderr
    assert [words for words in TOLD if words not in ended.stderr] == []
    assert f"Where: {home}" in ended.stderr and "Traceback" not in ended.stderr
    assert all_of(home) == before
    assert small.release() == STANDING
