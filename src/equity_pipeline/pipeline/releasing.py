"""When a candidate becomes the release that readers see, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.extracts import history
from equity_pipeline.extracts import release as shelf
from equity_pipeline.extracts.share import share_release
from equity_pipeline.pipeline.auditing import Passed, audit
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.database import Lock


def sweep(settings: Settings) -> None:
    """Remove what an interrupted run, or its publisher, left behind."""
    shelf.sweep_unfinished(settings)


def by_policy(settings: Settings, candidate: Path, audited: Callable[[], Passed]) -> Path | None:
    """Promote the candidate if the policy says so now, and return the release; else None.

    Parameters
    ----------
    settings
        Where the home is, and the policy.
    candidate
        A whole candidate.
    audited
        Attacks it and returns it if that came to nothing; asked only if it is to be released.

    Notes
    -----

    ``every_run`` always does, ``manual`` never. ``when_period_closes`` does when no release of the
    candidate's period exists: a published period stays until it is released again on purpose.

    Raises
    ------
    DisclosureStop
        If an attack worked or could not be carried through; `current` stays as it was.
    """
    policy = settings.release.policy
    held = policy == "when_period_closes" and _is_released(settings, period_of(candidate))
    if policy == "manual" or held:
        share_again(settings)
        return None
    return _promoted(settings, audited())


def share_again(settings: Settings) -> None:
    """Finish the copy of the current release for readers, if a kill cut it short."""
    if settings.release.share is not None and settings.current.exists():
        share_release(settings.current.resolve(), settings.release.share)


def release(
    settings: Settings,
    *,
    period: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Promote the newest candidate, of a period if one is named, on purpose.

    Raises
    ------
    ConfigurationError
        If there is no such candidate.
    DisclosureStop
        If the audit found a leak in it, or could not judge.
    """
    with Lock(settings.run.home):
        found = [
            path for path in _candidates(settings) if period is None or period_of(path) == period
        ]
        if not found:
            raise ConfigurationError(
                f"There is no candidate{f' of the period {period}' if period else ''}.",
                where=str(settings.candidates),
                mend="run `equity run` first; `equity status` names the newest candidate",
            )
        place = _promoted(
            settings, audit(settings, found[-1], progress).passed(settings.disclosure.audit)
        )
    return {"release": place.name, "run_id": found[-1].name, "folder": str(place)}


def rollback(settings: Settings) -> dict[str, Any]:
    """Point `current` back to the release before."""
    with Lock(settings.run.home):
        place = shelf.rollback(settings)
    return {"release": place.name, "folder": str(place)}


def named(settings: Settings, name: str) -> Path:
    """Return the folder of a release: `current`, a release's or candidate's name, or a path.

    Raises
    ------
    ConfigurationError
        If there is none; those that there are, are named.
    """
    places = (settings.run.home, settings.releases, settings.candidates, Path())
    for place in places:
        if (place / name).is_dir():
            return (place / name).resolve()
    known = [
        path.name
        for shelf_ in (settings.releases, settings.candidates)
        if shelf_.is_dir()
        for path in sorted(shelf_.iterdir())
        if not path.name.startswith(".")
    ]
    raise ConfigurationError(
        f"There is no release {name!r}.",
        where=str(settings.run.home),
        mend=f"name one of: {', '.join(['current', *known])}; or the folder of a release",
    )


def _promoted(settings: Settings, passed: Passed) -> Path:
    passed.check()
    return shelf.promote(passed.candidate, settings, period_of(passed.candidate))


def period_of(folder: Path) -> str:
    """Return the last month that a candidate reports, as 2024-12."""
    ends = pq.read_table(folder / "stratified.parquet", columns=["period_end"])["period_end"]
    newest = pc.max(ends).as_py()
    if newest is None:
        return "empty"
    return f"{newest - timedelta(days=1):%Y-%m}"


def _candidates(settings: Settings) -> list[Path]:
    """Return the candidates, oldest first."""
    if not settings.candidates.is_dir():
        return []
    made = [path for path in settings.candidates.iterdir() if not path.name.startswith(".")]
    return sorted(made, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _is_released(settings: Settings, period: str) -> bool:
    """Return whether readers have had a release of a period; one cut short they have not."""
    cut_short = history.cut_short(settings.releases, shelf.current_release(settings))
    return any(
        name == period or name.startswith(f"{period}-r")
        for name in history.in_order(settings.releases)
        if name != cut_short
    )
