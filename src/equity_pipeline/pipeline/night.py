"""The night: the stages in order, under one lock, ending in a candidate and perhaps a release."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from equity_pipeline.pipeline import (
    auditing,
    open_data,
    releasing,
    reporting_back,
    stages,
    standing,
    visibility,
)
from equity_pipeline.pipeline.identity import code_version, run_identity
from equity_pipeline.pipeline.publisher import Publisher
from equity_pipeline.pipeline.run_log import RunLog
from equity_pipeline.pipeline.tabulated import Tabulated
from equity_pipeline.pipeline.unforeseen import spoken, without_values
from equity_pipeline.pipeline.writable import stop_unless_writable
from equity_pipeline.settings import Settings, as_of_or_today
from equity_pipeline.warehouse.access_log import NIGHTLY, occasion
from equity_pipeline.warehouse.database import Lock

if TYPE_CHECKING:
    from equity_pipeline.sources.open_data import OpenData

Stage = Callable[..., Any]
RELEASED, CANDIDATE, NOTHING_NEW = "released", "candidate", "nothing_new"


@dataclass(frozen=True, slots=True)
class NightReport:
    """How a night ended, in words and numbers; no value from a person's row is in it."""

    status: str
    run_id: str
    as_of: date
    seconds: float
    headline: str
    lines: tuple[str, ...]
    release: str | None
    candidate: str | None
    rows: dict[str, int]
    readiness: tuple[dict[str, Any], ...]
    largest_gaps: tuple[dict[str, Any], ...]


def night(
    settings: Settings,
    *,
    as_of: date | None = None,
    as_task: Callable[[Stage], Stage] = lambda stage: stage,
    progress: Callable[[str], None] | None = None,
    detail: Callable[[str], None] | None = None,
) -> NightReport:
    """Run a night and return how it ended; a fault leaves the old release as it was.

    Parameters
    ----------
    settings
        The run's settings.
    as_of
        The date the run is for; today in the region's time zone if None.
    as_task
        Wraps each stage: the identity here, a Prefect task in the flow.
    progress
        Told what each stage did.
    detail
        Told what a stage is at, often: for a line that is written over.

    Raises
    ------
    EquityError
        Each kind with its own exit code; LockHeld if another run works in the same home.
    """
    day = as_of_or_today(as_of, settings)
    try:
        stop_unless_writable(settings)
        means = {"code": code_version(), "configuration": settings.digest()}
        with Lock(settings.run.home), RunLog(settings.logs, as_of=day, **means) as log:
            releasing.sweep(settings)

            def stage(function: Stage, *arguments: Any) -> Any:
                name = function.__name__
                why = {"purpose": NIGHTLY, "run": log.path.stem, "run_id": log.run_id or ""}
                with log.stage(name), occasion(**why, command=name):
                    return as_task(without_values(function))(*arguments)

            return _stages(settings, day, stage, log, progress or _silent, detail or _silent)
    except Exception as error:
        fault = spoken(error)
        fault.add_note(standing.in_words(settings))
    raise fault


def _silent(_: str) -> None:
    """Tell nobody."""


def _stages(
    settings: Settings,
    day: date,
    stage: Callable[..., Any],
    log: RunLog,
    tell: Callable[[str], None],
    detail: Callable[[str], None],
) -> NightReport:
    began = time.perf_counter()
    pulled = stage(stages.fetch, settings, day)
    if pulled is not None:
        tell(f"sources     {len(pulled.snapshots)} raw answers, {len(pulled.stale)} stale")
    stale = open_data.stood_in(pulled)
    _tell_sources(log, pulled, stale)
    for name, since in stale.items():
        tell(f"sources     {name}: stale_since {since}")
    loaded = stage(stages.load, settings, day, pulled, detail)
    for words in loaded.revised:
        tell(f"sources     {words}")
    rows = standing.delivered(settings)
    loaded_rows = rows["rows_loaded"]
    log.counts("load", rows, given=rows["rows_in"], made=loaded_rows)
    tell(f"load        {standing.rows_in_words(rows)}")
    run_id = run_identity((*loaded.inputs, *reporting_back.inputs(settings)), settings, day)
    log.run_id = run_id
    if standing.current_run(settings) == run_id:
        releasing.share_again(settings)
        tell("nothing new: the same input, code and settings as the current release")
        return _report(settings, NOTHING_NEW, run_id, day, began, rows)
    for words in reporting_back.warnings(settings):
        log.event("warning", stage="reports", words=words)
        tell(f"reports     {words}")
    gate = stage(stages.check, settings, day, detail)
    held = {"checks": len(gate.results), "failed_warning": len(gate.failed_warning)}
    log.counts("check", held, given=loaded_rows, made=loaded_rows)
    tell(f"check       {gate.summary()}")
    built = stage(stages.build, settings, day, detail)
    built_rows = sum(built.rows.values())
    log.counts("build", built.rows, given=loaded_rows, made=built_rows)
    tell(f"build       {len(built.rows)} models")
    with Publisher(settings, day, run_id, detail) as apart:  # it starts while the forms are made
        tabulated = stage(stages.tabulate, settings, day, run_id, gate, pulled, detail)
        candidate = _published(apart, tabulated, built_rows, stage, log, tell)

    def audited() -> auditing.Passed:
        judged: auditing.Judged = stage(auditing.audit, settings, candidate, detail)
        cells = judged.counts.get("cells", 0)
        log.counts("audit", judged.counts, given=cells, made=cells - judged.counts.get("found", 0))
        tell(f"audit       {judged.words}")
        return judged.passed(settings.disclosure.audit)

    released = releasing.by_policy(settings, candidate, audited)
    tell(f"publish     {released or candidate}")
    return _report(settings, RELEASED if released else CANDIDATE, run_id, day, began, rows)


def _published(
    apart: Publisher,
    tabulated: Tabulated,
    built_rows: int,
    stage: Callable[..., Any],
    log: RunLog,
    tell: Callable[[str], None],
) -> Path:
    """Protect and publish in the publisher's process, and return the candidate."""
    sizes = {form: table.data.num_rows for form, table in tabulated.tables.items()}
    n_rows = sum(sizes.values())
    log.counts("tabulate", sizes, given=built_rows, made=n_rows)
    log.event("seconds", stage="tabulate", forms=tabulated.seconds)
    tell("tabulate    " + ", ".join(f"{form} {size}" for form, size in sizes.items()))
    hidden = stage(apart.disclose, tabulated)
    shown = n_rows - visibility.n_suppressed(hidden)
    log.counts("disclose", hidden, given=n_rows, made=shown)
    tell(f"protect     {hidden['primary']} cells small, {hidden['secondary']} to protect others")
    for words in visibility.in_words(hidden):
        tell(words)
    if hidden["withheld"]:
        tell(f"withheld    {hidden['withheld']} tables that could not be protected")
    made: Path = stage(apart.publish)
    files = sum(1 for path in made.rglob("*") if path.is_file())
    log.counts("publish", {"files": files}, given=shown, made=files)
    return made


def _tell_sources(log: RunLog, pulled: OpenData | None, stale: Mapping[str, date]) -> None:
    """Write what the open sources answered, and for which of them stored answers stood in."""
    log.event("sources", stale={name: since.isoformat() for name, since in stale.items()})
    answers = len(pulled.snapshots) if pulled is not None else 0
    rows = sum(table.num_rows for table in pulled.tables.values()) if pulled is not None else 0
    log.counts("fetch", {"answers": answers, "stale": len(stale)}, given=answers, made=rows)


def _report(
    settings: Settings, status: str, run_id: str, day: date, began: float, rows: dict[str, int]
) -> NightReport:
    folder = settings.current if status != CANDIDATE else settings.candidates / run_id
    summary = standing.summary(folder)
    seconds = time.perf_counter() - began
    current = standing.current_name(settings)
    words = {
        RELEASED: f"Released {current}",
        CANDIDATE: f"Candidate {run_id} is built; current is {current or 'nothing yet'}",
        NOTHING_NEW: f"Nothing new; current is {current}",
    }
    return NightReport(
        status=status,
        run_id=run_id,
        as_of=day,
        seconds=round(seconds, 1),
        headline=f"{words[status]} ({seconds:.0f} s)",
        lines=(standing.rows_in_words(rows), *summary.lines),
        release=current if status != CANDIDATE else None,
        candidate=run_id if status == CANDIDATE else None,
        rows=rows,
        readiness=summary.readiness,
        largest_gaps=summary.largest_gaps,
    )
