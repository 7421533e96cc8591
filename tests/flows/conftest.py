"""Whole nights: a small synthetic region, real material, and the command line as a user has it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from equity_pipeline.cli import app
from equity_pipeline.pipeline import NightReport, night
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.synthetic import generate
from tests.beside import beside
from tests.flows.packing import VARIANTS
from tests.once import once

ROOT = Path(__file__).resolve().parents[2]
REAL = beside("real")
AS_OF = "2025-01-15"
PERSONS, SEED = 5_000, 7
# what the indicators below are counted from; the other files would only take time
WANTED = (
    "person_",
    "ses_",
    "area_",
    "listing_",
    "unit_",
    "contact_2023",
    "contact_2024",
    "diagnosis_",
)
CONFIG = """
[region]
code = "12"
name = "Syntetiska Skåne"
synthetic = true

[run]
home = "home"
threads = 1
indicators = [{indicators}]
forms = [{forms}]
declared = [{declared}]

[deliveries]
folder = "{incoming}"
layouts = ["{layouts}/standard.toml"]
owner = "The project"
purpose = "Tests"
legal_basis = "None: synthetic"

[periods]
count = {periods}
quarters = {quarters}

[areas]
kind = "regso"

[release]
policy = "every_run"
tiers = [{tiers}]
"""
# what a night makes where the promise is about files, books and exit codes, not about tables
LITTLE: Mapping[str, Any] = {
    "indicators": ("TG05",), "periods": 1, "forms": ("trend",), "tiers": (),
}  # fmt: skip
ALL_TIERS = ("open", "unit")


@dataclass(frozen=True)
class Night:
    """A night that has run: its configuration file, settings and report."""

    config: Path
    settings: Settings
    report: NightReport

    @property
    def current(self) -> Path:
        return self.settings.current


def write_config(
    folder: Path,
    incoming: Path,
    *,
    indicators: tuple[str, ...] = ("VT01", "TG05", "TG07"),
    declared: tuple[Path, ...] = (),
    periods: int = 2,
    quarters: int = 0,
    forms: tuple[str, ...] = (),
    tiers: tuple[str, ...] = ALL_TIERS,
) -> Path:
    """Write a configuration for a small night and return its path; the home is beside it.

    All forms are made if none is named, and all tiers: what a test is not about costs it seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "equity.toml"
    text = CONFIG.format(
        indicators=", ".join(f'"{one}"' for one in indicators),
        forms=", ".join(f'"{one}"' for one in forms),
        declared=", ".join(f'"{one}"' for one in declared),
        incoming=incoming,
        layouts=ROOT / "configs" / "layouts",
        periods=periods,
        quarters=quarters,
        tiers=", ".join(f'"{one}"' for one in tiers),
    )
    path.write_text(text, "utf-8")
    return path


def run_night(config: Path, as_of: str = AS_OF, home: Path | None = None) -> Night:
    """Run a night in this process."""
    settings = load_settings(config).settings
    if home is not None:
        run = settings.run.model_copy(update={"home": home})
        settings = settings.model_copy(update={"run": run})
    return Night(config, settings, night(settings, as_of=date.fromisoformat(as_of)))


def first_night(factory: pytest.TempPathFactory, name: str, incoming: Path, **chosen: Any) -> Night:
    """Return a copy of a night that is run once for all workers, in a folder of this worker."""

    def run(folder: Path) -> None:
        report = run_night(write_config(folder / "night", incoming, **chosen)).report
        (folder / "report").write_bytes(pickle.dumps(report))

    made = once(factory, name, run)
    folder = factory.mktemp(name) / "night"
    shutil.copytree(made / "night", folder, symlinks=True)
    config = folder / "equity.toml"
    report: NightReport = pickle.loads((made / "report").read_bytes())
    return Night(config, load_settings(config).settings, report)


def thin(incoming: Path) -> Path:
    """Leave only the wanted files in a delivery, in folders and manifests alike."""
    for manifest in incoming.rglob("manifest.json"):
        told = json.loads(manifest.read_text("utf-8"))
        kept = [one for one in told["files"] if one["name"].startswith(WANTED)]
        for path in manifest.parent.iterdir():
            if path != manifest and path.name not in {one["name"] for one in kept}:
                path.unlink()
        if kept:
            manifest.write_text(json.dumps(told | {"files": kept}), "utf-8")
        else:
            manifest.unlink()
    return incoming


@pytest.fixture(scope="session")
def equity() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The command line in a process of its own, with more environment where it is given."""

    def call(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from equity_pipeline.cli import main; main()"]
            + [str(word) for word in words],
            capture_output=True,
            text=True,
            env={**os.environ, "COLUMNS": "200", **environment},
            check=False,
        )

    return call


def said(*words: object) -> str:
    """Return what a command prints, run in this process: looking costs no new one."""
    ended = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.stdout


@pytest.fixture(scope="session")
def incoming(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The delivery of a region of 5 000 persons, contacts of two years."""

    def make(folder: Path) -> None:
        generate(PERSONS, SEED, folder)
        thin(folder / "incoming")

    return once(tmp_path_factory, "region", make) / "incoming"


@pytest.fixture(scope="session")
def small_night(tmp_path_factory: pytest.TempPathFactory, incoming: Path) -> Night:
    """A night on the small region; no test changes its home but by a night that finds nothing."""
    return first_night(tmp_path_factory, "small_night", incoming)


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home that `make run` makes from nothing; no test changes it."""

    def make(folder: Path) -> None:
        words = ["-c", "from equity_pipeline.cli import main; main()", "demo", "--out"]
        subprocess.run([sys.executable, *words, str(folder / "out")], cwd=ROOT, check=True)

    return once(tmp_path_factory, "demonstration", make) / "out"


@dataclass(frozen=True)
class Elsewhere:
    """What a night somewhere else made: its release, and the run that it says it was."""

    current: Path
    run_id: str


@pytest.fixture(scope="session")
def elsewhere(
    equity: Callable[..., subprocess.CompletedProcess[str]],
    incoming: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Elsewhere:
    """The small night in a process that differs in all that must not count; nothing changes it.

    Names and order of what is delivered, zone, hash seed, threads and blocks.
    """

    def run(folder: Path) -> None:
        renamed, environment = VARIANTS["renamed"]
        renamed(incoming, folder / "sent")
        config = write_config(folder, folder / "sent")
        ended = equity("run", "--config", config, "--as-of", AS_OF, "--json", **environment)
        assert ended.returncode == 0, ended.stderr
        (folder / "told.json").write_text(ended.stdout, "utf-8")

    made = once(tmp_path_factory, "elsewhere", run)
    told = json.loads((made / "told.json").read_text("utf-8"))
    return Elsewhere(made / "home" / "current", told["run_id"])
