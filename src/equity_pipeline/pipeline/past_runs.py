"""How the runs before this one ended, as their logs tell it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from equity_pipeline.settings import Settings

NOTHING = "wrote nothing"
GOOD = "end"  # the last event of a run that did all that it should


@dataclass(frozen=True, slots=True)
class Ending:
    """The last that a run wrote: when, what, and the words of the fault if there was one."""

    time: datetime
    event: str
    words: str = ""
    exit_code: int | None = None


def last(settings: Settings) -> Ending | None:
    """Return how the last run ended, or how far it has come; None if none has written anything."""
    return next(_endings(settings), None)


def last_good(settings: Settings) -> Ending | None:
    """Return the end of the last run that ended well, None if none is left in the logs."""
    return next((one for one in _endings(settings) if one.event == GOOD), None)


def stale_sources(settings: Settings) -> dict[str, str]:
    """Return the open sources that stored answers stood in for at the last night, and since when.

    A night that was stopped before it asked tells nothing; the one before it does.
    """
    for path in _logs(settings):
        for line in _whole(path):
            if b'"event": "sources"' in line:
                return dict(json.loads(line)["stale"])
    return {}


def done(settings: Settings) -> set[tuple[str, str, str]]:
    """Return date, code and configuration of each night that has ended well."""
    found = set()
    for path in _logs(settings):
        if _last(path).get("event") == GOOD:
            start = json.loads(_whole(path)[0])
            found.add(tuple(start.get(name, "") for name in ("as_of", "code", "configuration")))
    return found


def in_words(ending: Ending | None) -> str | None:
    """Return when a run ended and how.

    Examples
    --------
    >>> in_words(Ending(datetime(2025, 1, 15, 3, 20), "end"))
    '2025-01-15T03:20:00 end'
    """
    return None if ending is None else f"{ending.time.isoformat()[:19]} {ending.event}"


def _endings(settings: Settings) -> Iterator[Ending]:
    """Yield the last whole line of each log, the newest first."""
    for path in _logs(settings):
        told = _last(path)
        if "event" not in told:
            began = datetime.strptime(path.stem.split("-")[1], "%Y%m%dT%H%M%S")
            yield Ending(began.replace(tzinfo=UTC), NOTHING)
            continue
        words = told.get("words") or told.get("kind", "")
        when = datetime.fromisoformat(told["time"])
        yield Ending(when, told["event"], words, told.get("exit_code"))


def _logs(settings: Settings) -> list[Path]:
    return sorted(settings.logs.glob("run-*.jsonl"), reverse=True)


def _last(path: Path) -> dict[str, Any]:
    """Return the last whole line of a log, empty if there is none."""
    lines = _whole(path)
    told: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return told


def _whole(path: Path) -> list[bytes]:
    """Return the whole lines of a log: a kill or a full disk leaves the last one torn."""
    lines = path.read_bytes().splitlines(keepends=True)
    return [line for line in lines if line.endswith(b"}\n")]
