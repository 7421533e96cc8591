"""Examines what a night rests on: versions, disk, permissions, clock, sources, the last release."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo

from equity_pipeline import clock
from equity_pipeline.deliveries.upgrade import VERSION, stop_if_newer
from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline import past_runs, premises, protection, schedule, standing
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.protection import DOUBTFUL, FINE, WRONG, Finding
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.access_log import occasion
from equity_pipeline.warehouse.database import open_to_look

# package: the first version that breaks the night, and how
BREAKS_AT = {
    "fastapi": ((0, 151), "prefect 3.8 flows die with it"),
    "sqlalchemy": ((2, 1), "prefect 3.8 schedules nothing with it"),
    "duckdb": ((2, 1), "not tried"),
}
SHOWN = ("duckdb", "pandas", "pyarrow", "great_expectations", "prefect", "fastapi", "sqlalchemy")
LOCKED = "pip install --require-hashes -r requirements.lock"
LEAST_FREE_GB = 2.0
CLOCKS_APART = timedelta(minutes=5)


def examine(settings: Settings, *, ask: bool = False) -> list[Finding]:
    """Return what was found; nothing is changed, and open sources are asked only on ``ask``."""
    now = clock.now()
    return [
        Finding("python", FINE, sys.version.split()[0]),
        Finding("code", FINE, code_version()),
        *(_package(name) for name in SHOWN),
        _disk(settings.run.home),
        *protection.findings(settings),
        _clock(settings, now),
        _zone(settings, now),
        *premises.findings(settings),
        _tables(settings),
        schedule.registered(),
        _release(settings),
        *(_reached(settings) if ask else ()),
    ]


def _reached(settings: Settings) -> Iterator[Finding]:
    from equity_pipeline.sources.asking.reach import reached

    for name, fault in reached(settings.sources).items():
        if not fault:
            yield Finding(name, FINE, "answers")
            continue
        stored = any((settings.snapshots / name).rglob("*"))
        words = f"does not answer{'; its stored answer stands in' if stored else ''}: {fault}"
        mend = f"look at sources.http.proxy and sources.{name}.base_url, or leave the source out"
        yield Finding(name, DOUBTFUL if stored else WRONG, words, mend)


def _package(name: str) -> Finding:
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding(name, WRONG, "is not installed", LOCKED)
    breaks = BREAKS_AT.get(name)
    numbers = tuple(int(part) for part in found.split(".")[:2] if part.isdigit())
    if breaks and numbers >= breaks[0]:
        return Finding(name, WRONG, f"{found}: {breaks[1]}", LOCKED)
    return Finding(name, FINE, found)


def _disk(home: Path) -> Finding:
    held = next(path for path in (home, *home.resolve().parents) if path.exists())
    free = shutil.disk_usage(held).free / 1e9
    words = f"{free:.1f} GB free; a release is built beside the old one"
    if free >= LEAST_FREE_GB:
        return Finding("disk", FINE, words)
    return Finding("disk", WRONG, words, f"make room, or lower release.keep: {LEAST_FREE_GB} GB")


def _clock(settings: Settings, now: datetime) -> Finding:
    """Return the time, held against the last line that a run has written."""
    there = f"{now.astimezone(ZoneInfo(settings.region.time_zone)):%Y-%m-%d %H:%M}"
    words = f"{there} {settings.region.time_zone}"
    if clock.set_to() is not None:
        words = f"{words}, as {clock.VARIABLE} has set it"
        return Finding("clock", WRONG, words, f"unset {clock.VARIABLE}: it is for rehearsals")
    last = past_runs.last(settings)
    if last is not None and last.time > now + CLOCKS_APART:
        words = f"{words}, but a run has written at {last.time:%Y-%m-%d %H:%M} UTC"
        return Finding("clock", WRONG, words, "timedatectl set-ntp true, and look at the date")
    return Finding("clock", FINE, words)


def _zone(settings: Settings, now: datetime) -> Finding:
    ours, region = now.astimezone(), now.astimezone(ZoneInfo(settings.region.time_zone))
    words = f"this machine's own clock is {ours:%H:%M %Z}"
    if ours.utcoffset() == region.utcoffset():
        return Finding("time zone", FINE, words)
    return Finding(
        "time zone",
        DOUBTFUL,
        f"{words}, the region's {region:%H:%M}: a schedule that names no zone starts then",
        f"name {settings.region.time_zone} in the schedule, or timedatectl set-timezone",
    )


def _tables(settings: Settings) -> Finding:
    """Return the version of the tables of the database of persons."""
    if not settings.person_database.exists():
        return Finding("tables", FINE, f"not made yet; version {VERSION}")
    try:
        with (
            occasion(command="doctor", purpose="equity doctor"),
            open_to_look(settings, "person") as connection,
        ):
            found = stop_if_newer(connection)
    except EquityError as error:
        state = DOUBTFUL if "set lock on file" in error.what else WRONG  # a run is at work
        return Finding("tables", state, error.what, error.mend)
    except (LookupError, OSError) as error:  # the opening cannot be logged, so nothing is opened
        words = f"not looked into: the access log takes no line ({type(error).__name__})"
        return Finding("tables", DOUBTFUL, words, "mend access.group and the folder of the log")
    older = "" if found == VERSION else f", brought up to {VERSION} by the next night"
    return Finding("tables", FINE, f"version {found}{older}")


def _release(settings: Settings) -> Finding:
    name = standing.current_name(settings)
    if name:
        return Finding("release", FINE, name)
    return Finding("release", DOUBTFUL, "none yet", "equity run, and equity release")
