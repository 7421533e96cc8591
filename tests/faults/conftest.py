"""A small region with a good release, copied for each test that harms it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.extracts.manifest import verify
from equity_pipeline.settings import Settings, load_settings
from tests.flows.conftest import Night, incoming, run_night, write_config

__all__ = ["incoming"]

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

    def _start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"COLUMNS": "200"} | environment,
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
    """A good night of one indicator and one period; no test changes it."""
    folder = tmp_path_factory.mktemp("good")
    return run_night(write_config(folder, incoming, indicators=("TG05",), periods=1))


@pytest.fixture
def place(good: Night, tmp_path: Path) -> Place:
    """A copy of the good night, to be harmed."""
    folder = tmp_path / "night"
    shutil.copytree(good.config.parent, folder, symlinks=True)
    config = folder / good.config.name
    return Place(config, load_settings(config).settings)
