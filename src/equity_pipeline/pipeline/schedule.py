"""When the next night is due, and whether anybody will start it: systemd, cron or Prefect."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from getpass import getuser
from pathlib import Path
from zoneinfo import ZoneInfo

from equity_pipeline.pipeline.protection import DOUBTFUL, FINE, WRONG, Finding
from equity_pipeline.settings import Settings

RUN = "equity run"
UNITS = ("etc/systemd/system", "usr/lib/systemd/system")
TABLES = ("etc/crontab", "etc/cron.d/*", "var/spool/cron/crontabs/{user}", "var/spool/cron/{user}")
SERVER = "PREFECT_API_URL"
ASK_SECONDS = 5.0


def next_due(settings: Settings, now: datetime) -> datetime:
    """Return when the next night is due, by the region's clock.

    Examples
    --------
    >>> from datetime import UTC
    >>> next_due(Settings(), datetime(2025, 3, 29, 12, tzinfo=UTC)).isoformat()
    '2025-03-30T04:00:00+02:00'
    """
    there, today = _today(settings, now)
    return today if today > there else today + timedelta(days=1)  # a day of the clock on the wall


def last_due(settings: Settings, now: datetime) -> datetime:
    """Return when the latest night was due, by the region's clock."""
    there, today = _today(settings, now)
    return today if today <= there else today - timedelta(days=1)


def judged_due(settings: Settings, now: datetime) -> datetime:
    """Return when the latest night was due that must have ended by now.

    Examples
    --------
    >>> from datetime import UTC
    >>> judged_due(Settings(), datetime(2025, 1, 15, 4, 30, tzinfo=UTC)).isoformat()
    '2025-01-14T04:00:00+01:00'
    """
    due = last_due(settings, now)
    is_late = now >= _at(due, settings.operation.late)
    return due if is_late else due - timedelta(days=1)


def registered(*, root: Path = Path("/"), server: str | None = None) -> Finding:
    """Return whether something starts the nights, as far as it can be seen from here.

    Parameters
    ----------
    root
        Where ``etc`` and ``var`` are found.
    server
        The address of Prefect's API; that of the environment if None.
    """
    found = [*_timers(root), *_cron(root), *_prefect(server or os.environ.get(SERVER, ""))]
    for state in (FINE, WRONG):
        if of_state := [one for one in found if one.state == state]:
            return of_state[0]
    return Finding(
        "schedule",
        DOUBTFUL,
        "none is seen from here, of systemd, cron or Prefect: who starts the night?",
        "register the timer, the line of cron or the deployment, as docs/operations.md says",
    )


def _today(settings: Settings, now: datetime) -> tuple[datetime, datetime]:
    """Return the time in the region, and the hour of that day's night."""
    there = now.astimezone(ZoneInfo(settings.region.time_zone))
    return there, _at(there, settings.operation.night)


def _at(day: datetime, at: time) -> datetime:
    """Return an hour of a day by its own clock, also on the days when clocks change."""
    return datetime.combine(day.date(), at, tzinfo=day.tzinfo)


def _timers(root: Path) -> Iterator[Finding]:
    for folder in (root / one for one in UNITS):
        for timer in sorted(folder.glob("*.timer")):
            if RUN not in _text(timer.with_suffix(".service")):
                continue
            if any(folder.glob(f"*.wants/{timer.name}")):
                yield Finding("schedule", FINE, f"systemd: {timer.name}, enabled")
            else:
                words = f"systemd: {timer.name} is there and not enabled"
                yield Finding("schedule", WRONG, words, f"systemctl enable --now {timer.name}")


def _cron(root: Path) -> Iterator[Finding]:
    for pattern in TABLES:
        for path in sorted(root.glob(pattern.format(user=getuser()))):
            lines = _text(path).splitlines()
            if any(RUN in line and not line.lstrip().startswith("#") for line in lines):
                yield Finding("schedule", FINE, f"cron: a line in {path}")


def _prefect(server: str) -> Iterator[Finding]:
    if not server:
        return
    import httpx  # asked only where nights are Prefect's

    asked = {"deployments": {"name": {"any_": ["nightly"]}}}
    try:
        answer = httpx.post(f"{server}/deployments/filter", json=asked, timeout=ASK_SECONDS)
        held = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        words = f"Prefect's server at {server} does not answer"
        yield Finding("schedule", WRONG, words, f"start it, or correct or unset {SERVER}")
        return
    yield _deployed(held)


def _deployed(held: list[dict[str, object]]) -> Finding:
    if not held:
        words = "Prefect: there is no deployment called nightly"
        return Finding("schedule", WRONG, words, "prefect --no-prompt deploy --all")
    schedules = held[0].get("schedules")
    active = [one for one in schedules if one["active"]] if isinstance(schedules, list) else []
    if held[0].get("paused") or not active:
        words = "Prefect: the deployment nightly has no active schedule"
        mend = (
            "resume it on Prefect's page, or prefect deployment schedule resume nightly/nightly ID"
        )
        return Finding("schedule", WRONG, words, mend)
    return Finding("schedule", FINE, "Prefect: the deployment nightly, active")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
