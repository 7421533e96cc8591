"""What a night would read, write and hide, told without doing any of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from equity_pipeline.errors import EquityError
from equity_pipeline.pipeline import stages, standing
from equity_pipeline.pipeline.identity import code_version
from equity_pipeline.settings import Settings, as_of_or_today
from equity_pipeline.warehouse.access_log import occasion
from equity_pipeline.warehouse.database import open_to_look

AT_WORK = "cannot be told while a run is at work, or the database is closed to this user"


def plan(settings: Settings, *, as_of: date | None = None) -> dict[str, Any]:
    """Return what a night would read and write, and which indicators it would make."""
    folder = settings.deliveries.folder
    waiting = sorted(p for p in folder.rglob("*") if p.is_file()) if folder else []
    policy = settings.disclosure
    return {
        "as_of": as_of_or_today(as_of, settings).isoformat(),
        "code": code_version(),
        "delivery files found": len(waiting),
        "of these under a name not seen before": _unseen(settings, waiting),
        "open sources": ", ".join(settings.sources.enabled) or "none",
        "would ask": ", ".join(_asked(settings)) or "nobody",
        "indicators": ", ".join(one.id for one in stages.chosen(settings)),
        "forms": ", ".join(settings.run.forms) or "all",
        "would write": ", ".join(str(path) for path in _written(settings)),
        "would release": settings.release.policy,
        "tiers": ", ".join(settings.release.tiers) or "none",
        "hides": f"denominators under {policy.smallest_denominator}, "
        f"1-{policy.smallest_count - 1} persons with or without the outcome, "
        "and what these could be computed from",
        "audit": f"attacked before release: {policy.audit}",
        "current release": standing.current_name(settings) or "none",
    }


def _written(settings: Settings) -> Iterator[Path]:
    yield from (settings.internal, settings.candidates, settings.logs, settings.access_log.parent)
    if settings.release.policy != "manual":
        yield from (settings.releases, settings.current)
        if settings.release.share is not None:
            yield settings.release.share


def _asked(settings: Settings) -> Iterator[str]:
    """Yield the addresses that the open sources would be asked at."""
    if settings.sources.offline or settings.sources.replay:
        return
    for name in settings.sources.enabled:
        section = settings.sources.sections[name]
        if section.base_url and section.folder is None:
            yield section.base_url


def _unseen(settings: Settings, waiting: list[Path]) -> int | str:
    """Return how many delivered files bear a name that no load has had."""
    folder = settings.deliveries.folder
    if folder is None or not settings.person_database.exists():
        return len(waiting)
    try:
        with (
            occasion(purpose="equity run --dry-run"),
            open_to_look(settings, "person") as connection,
        ):
            rows = connection.execute("select distinct file_name from raw.delivery_name").fetchall()
    except EquityError:
        return AT_WORK
    seen = {name for (name,) in rows}
    names = [path.relative_to(folder).as_posix() for path in waiting if path.suffix != ".json"]
    packed = {name.rpartition("/")[0] for name in seen}  # members of an archive bear its name
    return sum(name not in seen and name not in packed for name in names)
