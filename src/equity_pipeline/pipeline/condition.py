"""Examines what a night rests on: versions, disk, permissions, clock, sources, the last release."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

from equity_pipeline.pipeline import protection
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.protection import DOUBTFUL, FINE, WRONG, Finding
from equity_pipeline.pipeline.standing import current_name
from equity_pipeline.settings import Settings

# package: the first version that breaks the night, and how
BREAKS_AT = {
    "fastapi": ((0, 151), "prefect 3.8 flows die with it"),
    "sqlalchemy": ((2, 1), "prefect 3.8 schedules nothing with it"),
    "duckdb": ((2, 1), "not tried"),
}
SHOWN = ("duckdb", "pandas", "pyarrow", "great_expectations", "prefect", "fastapi", "sqlalchemy")
LEAST_FREE_GB = 2.0


def examine(settings: Settings, *, ask: bool = False) -> list[Finding]:
    """Return what was found; nothing is changed, and open sources are asked only on ``ask``."""
    return [
        Finding("python", FINE, sys.version.split()[0]),
        Finding("code", FINE, code_version()),
        *(_package(name) for name in SHOWN),
        _disk(settings.run.home),
        *protection.findings(settings),
        _clock(settings),
        _deliveries(settings),
        _release(settings),
        *(_reached(settings) if ask else ()),
    ]


def _reached(settings: Settings) -> Iterator[Finding]:
    from equity_pipeline.sources.asking.reach import reached

    for name, fault in reached(settings.sources).items():
        yield Finding(name, DOUBTFUL if fault else FINE, fault or "answers")


def _package(name: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, WRONG, "is not installed; install from requirements.lock")
    breaks = BREAKS_AT.get(name)
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if breaks and numbers >= breaks[0]:
        return Finding(name, WRONG, f"{found}: {breaks[1]}; install from requirements.lock")
    return Finding(name, FINE, found)


def _disk(home: Path) -> Finding:
    held = next(path for path in (home, *home.resolve().parents) if path.exists())
    free = shutil.disk_usage(held).free / 1e9
    state = FINE if free >= LEAST_FREE_GB else WRONG
    return Finding("disk", state, f"{free:.1f} GB free; a release is built beside the old one")


def _clock(settings: Settings) -> Finding:
    now = datetime.now(ZoneInfo(settings.region.time_zone))
    return Finding("clock", FINE, f"{now:%Y-%m-%d %H:%M} {settings.region.time_zone}")


def _deliveries(settings: Settings) -> Finding:
    folder = settings.deliveries.folder
    if folder is None:
        return Finding("deliveries", FINE, "no delivery folder; open sources only")
    if not folder.is_dir():
        return Finding("deliveries", WRONG, f"{folder} does not exist")
    count = sum(1 for path in folder.rglob("*") if path.is_file())
    return Finding("deliveries", FINE if count else DOUBTFUL, f"{count} files in {folder}")


def _release(settings: Settings) -> Finding:
    name = current_name(settings)
    return Finding("release", FINE if name else DOUBTFUL, name or "none yet")
