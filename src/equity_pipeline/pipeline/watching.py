"""Watches over the nights: whether one is late, and whether what readers have still stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from equity_pipeline import clock
from equity_pipeline.pipeline import past_runs, schedule, standing
from equity_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Watch:
    """How the nights stand at a moment.

    ``is_late`` when the latest night should have ended well by now and has not.
    """

    is_late: bool
    last_good: datetime | None
    last_run: str | None
    next_run: datetime
    subject: str
    body: str


def watch(settings: Settings, now: datetime | None = None) -> Watch:
    """Return whether a night is late, in words that say what readers still have.

    A night is late from ``operation.late`` of the day it was due until one has ended well; before
    that hour the night before is judged.

    Parameters
    ----------
    now
        The moment to judge at, with its zone; the present if None.
    """
    now = now or clock.now()
    asked = schedule.judged_due(settings, now)
    good = past_runs.last_good(settings)
    is_late = good is None or good.time < asked
    ending = past_runs.last(settings)
    hour = f"{asked:%Y-%m-%d %H:%M}"
    subject = f"No good night since {hour}" if is_late else "The night has ended well"
    return Watch(
        is_late,
        good.time if good else None,
        past_runs.in_words(ending),
        schedule.next_due(settings, now),
        f"{settings.region.name}: {subject}",
        "\n".join(_lines(settings, good, ending)),
    )


def status(settings: Settings) -> dict[str, Any]:
    """Return what `equity status` tells: what stands, how the nights go, and the main values.

    Raises
    ------
    ConfigurationError
        If nothing has ever run in this home.
    """
    told = standing.standing(settings)
    seen = watch(settings)
    return {
        **{name: told.pop(name) for name in ("release", "run_id", "as_of", "age_days")},
        "last_good_run": seen.last_good.isoformat(timespec="seconds") if seen.last_good else None,
        "last_run": seen.last_run,
        "next_run": seen.next_run.isoformat(timespec="minutes"),
        "is_late": seen.is_late,
        "stale_sources": past_runs.stale_sources(settings),
        **told,
    }


def failed(settings: Settings, fault: str) -> tuple[str, str]:
    """Return subject and words for a night that has failed; the fault is told as it is.

    Parameters
    ----------
    fault
        The words of the error, which hold no value from a person's row.
    """
    subject = f"{settings.region.name}: the night failed"
    return subject, f"{fault}\n\n{standing.in_words(settings)}\n{NEXT}"


NEXT = "Next: `equity status`, then `equity doctor`."


def _lines(
    settings: Settings, good: past_runs.Ending | None, ending: past_runs.Ending | None
) -> list[str]:
    told = [standing.in_words(settings)]
    told.append(f"Last good night: {good.time:%Y-%m-%d %H:%M} UTC." if good else "No good night.")
    if ending is not None and ending.event != past_runs.GOOD:
        told.append(f"Last run: {past_runs.in_words(ending)}. {ending.words}".rstrip())
    return [*told, NEXT]
