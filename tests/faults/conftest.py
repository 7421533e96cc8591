"""A small region with a good release, copied for each test that harms it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.extracts.manifest import verify
from equity_pipeline.pipeline import stages
from equity_pipeline.settings import Settings, load_settings
from tests.faults.publishing import publish
from tests.flows.conftest import (
    ALL_TIERS,
    LITTLE,
    ROOT,
    Night,
    demonstration,
    first_night,
    incoming,
    small_night,
)
from tests.hostile.more import rows, written

__all__ = ["demonstration", "incoming", "small_night"]

STANDING = "2025-01"
CONFIG = """
[run]
home = "home"
threads = 1

[deliveries]
folder = "in"
layouts = ["{layouts}/flat_visits.toml"]
owner = "The project"
purpose = "Tests"
legal_basis = "None: invented"
settle_seconds = 0
"""
COMMAND = [sys.executable, "-c", "from equity_pipeline.cli import main; main()"]


@dataclass(frozen=True)
class Place:
    """A home where a release stands, and the command that works in it."""

    config: Path
    settings: Settings

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        """Start a command with the configuration of this place in a process of its own."""
        return self._start(*words, "--config", str(self.config), **environment)

    def call(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command with the configuration of this place to its end."""
        return _ended(self.start(*words, **environment))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command that takes no configuration to its end."""
        return _ended(self._start(*words))

    @staticmethod
    def environment(**more: str) -> dict[str, str]:
        """What a process is started with; lines are long, so that words stand on one."""
        return os.environ | {"COLUMNS": "200"} | more

    def _start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment(**environment),
        )

    def release(self) -> str:
        """The name of the current release, every file of it held against its hash."""
        verify(self.settings.current)
        return self.settings.current.resolve().name

    def rows(self) -> tuple[int, int]:
        """Rows in by the books of deliveries, and rows loaded, quarantined and refused."""
        with duckdb.connect(str(self.settings.person_database), read_only=True) as connection:
            row = connection.execute(
                "select sum(rows_in)::bigint, "
                "sum(rows_loaded + rows_quarantined + rows_refused)::bigint from raw.delivery"
            ).fetchone()
        assert row is not None
        return row


def _ended(process: subprocess.Popen[str]) -> subprocess.CompletedProcess[str]:
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory, incoming: Path) -> Night:
    """A good night that makes little, in the tier of the region; no test changes it."""
    return first_night(tmp_path_factory, "good", incoming, **LITTLE)


@pytest.fixture(scope="session")
def good_in_all_tiers(tmp_path_factory: pytest.TempPathFactory, incoming: Path) -> Night:
    """The same in all tiers, where every published byte is looked at; no test changes it."""
    chosen = dict(LITTLE) | {"tiers": ALL_TIERS}
    return first_night(tmp_path_factory, "good_in_all_tiers", incoming, **chosen)


@pytest.fixture
def place(good: Night, tmp_path: Path) -> Place:
    """A copy of the good night, to be harmed."""
    folder = tmp_path / "night"
    shutil.copytree(good.config.parent, folder, symlinks=True)
    config = folder / good.config.name
    return Place(config, load_settings(config).settings)


@pytest.fixture(scope="session")
def made_small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of twenty loaded rows, and two releases of made-up tables."""
    folder = tmp_path_factory.mktemp("small")
    config = folder / "equity.toml"
    config.write_text(CONFIG.format(layouts=ROOT / "configs" / "layouts"), "utf-8")
    (folder / "in").mkdir()
    deliver(folder / "in", "visits_1.csv", 20)
    settings = load_settings(config).settings
    stages.load(settings, date(2026, 11, 1), None)
    publish(settings, "run-1", "2024-12", 150)
    publish(settings, "run-2", STANDING, 100)
    return folder


@pytest.fixture
def small(made_small: Path, tmp_path: Path) -> Place:
    """A copy of the small home, to be harmed: its commands take seconds."""
    shutil.copytree(made_small, tmp_path / "small", symlinks=True)
    config = tmp_path / "small" / "equity.toml"
    return Place(config, load_settings(config).settings)


def deliver(folder: Path, name: str, number: int, first: int = 0) -> Path:
    """Write a file of so many visits, numbered from the first."""
    path = folder / name
    held = [row | {"contact_id": f"K{first + i:06d}"} for i, row in enumerate(rows(number))]
    path.write_text(written(held), "utf-8")
    return path
