"""Runs the nights of past months one after the other, and goes on where it was cut off."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.pipeline import past_runs
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.pipeline.night import night
from equity_pipeline.settings import Settings

MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
DAY = 10  # of the month after: when a month has been delivered
LAST_DAY = 28  # that every month has
DONE = "done_before"


@dataclass(frozen=True, slots=True)
class Month:
    """What became of a month: the night's own status, or that it was done before."""

    month: str
    as_of: date
    status: str
    run_id: str = ""
    release: str | None = None


def backfill(
    settings: Settings,
    first: str,
    last: str,
    *,
    day: int = DAY,
    progress: Callable[[str], None] | None = None,
    **ways: Any,
) -> list[Month]:
    """Run the night of each month, as of a day of the month after, the first first.

    A month whose night has ended well with this code and these settings is not run again, so that
    the same call goes on where a fault or a kill has stopped it. Each night is that of `equity
    run`, and its bytes are too.

    Parameters
    ----------
    first, last
        Months as 2023-01, both included.
    day
        The day of the month after on which each is reported, from 1 to 28.
    progress
        Told what each stage did, and which months were done before.
    ways
        How the nights are run otherwise, as :func:`night` takes it.

    Raises
    ------
    ConfigurationError
        If a month cannot be read, or readers have a later period now: `current` would go back.
    """
    asked = [(month, _reported(month, day)) for month in _months(first, last)]
    _stop_unless_onward(settings, asked[0][1])
    told = []
    for month, as_of in asked:
        if (as_of.isoformat(), code_version(), settings.digest()) in past_runs.done(settings):
            told.append(Month(month, as_of, DONE))
        else:
            made = night(settings, as_of=as_of, progress=progress, **ways)
            told.append(Month(month, as_of, made.status, made.run_id, made.release))
        if progress is not None:
            progress(f"{month}      {told[-1].status}")
    return told


def _months(first: str, last: str) -> list[str]:
    """Return the months from one to another.

    Examples
    --------
    >>> _months("2023-11", "2024-01")
    ['2023-11', '2023-12', '2024-01']
    """
    if not (MONTH.fullmatch(first) and MONTH.fullmatch(last)) or first > last:
        raise ConfigurationError(
            f"There are no months from {first!r} to {last!r}.",
            mend="name two months as 2023-01, the earlier first",
        )
    begin, end = (int(one[:4]) * 12 + int(one[5:]) - 1 for one in (first, last))
    return [f"{n // 12}-{n % 12 + 1:02}" for n in range(begin, end + 1)]


def _reported(month: str, day: int) -> date:
    if not 1 <= day <= LAST_DAY:
        raise ConfigurationError(
            f"Day {day} is not in every month.", mend=f"choose a day from 1 to {LAST_DAY}"
        )
    number = int(month[:4]) * 12 + int(month[5:])
    return date(number // 12, number % 12 + 1, day)


def _stop_unless_onward(settings: Settings, as_of: date) -> None:
    package = settings.current / "datapackage.json"
    if settings.release.policy == "manual" or not package.exists():
        return
    run = json.loads(package.read_text("utf-8"))["run"]
    started = (as_of.isoformat(), run["code"], run["configuration"])
    if date.fromisoformat(run["as_of"]) > as_of and started not in past_runs.done(settings):
        raise ConfigurationError(
            f"Readers have a release as of {run['as_of']}, and an earlier one would take its "
            "place.",
            where=str(settings.current),
            mend="work in another home (--out), or set release.policy to manual",
        )
