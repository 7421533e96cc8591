"""Candidates and releases: built beside, verified, named in one step; `current` never breaks.

A crash at any point leaves `current` where it was, on a whole release. What was half made bears
the name ``.tmp-...`` and is swept when the next run starts. `promote` and `rollback` are called
by the one run that holds the lock.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.extracts import history
from equity_pipeline.extracts.durable import (
    FOLDER_MODE,
    TEMPORARY,
    flush_folder,
    flush_tree,
    none_left,
    rename_into_place,
    restrict,
    sweep,
)
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.extracts.manifest import CHANGES, HASHES, all_hashes, seal, verify
from equity_pipeline.extracts.places import UNITS
from equity_pipeline.extracts.share import share_release
from equity_pipeline.settings import Settings

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def sweep_unfinished(settings: Settings) -> None:
    """Remove what an interrupted run left behind; call it at the start, under the lock."""
    for folder in (settings.run.home, settings.candidates, settings.releases):
        sweep(folder)


def build_candidate(settings: Settings, run_id: str, fill: Callable[[Path], None]) -> Path:
    """Build ``candidates/<run_id>`` and return it; nobody sees it before it is whole.

    Parameters
    ----------
    settings
        Where the home is.
    run_id
        The run; a candidate of the same run is replaced.
    fill
        Writes every file but ``SHA256SUMS`` into the folder that it is given.

    Raises
    ------
    EquityError
        What ``fill`` raises; nothing is left behind.
    """
    _checked(run_id)
    settings.candidates.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    made = settings.candidates / f"{TEMPORARY}{run_id}"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    failpoint("publish:before_build")
    try:
        fill(made)
        seal(made)
        failpoint("publish:before_verify")
        verify(made)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    restrict(made, alone=made / UNITS)
    flush_tree(made)
    failpoint("publish:before_candidate")
    place = rename_into_place(made, settings.candidates / run_id)
    _keep_latest(settings)
    return place


def promote(candidate: Path, settings: Settings, name: str) -> Path:
    """Make a candidate the release that readers see, and return its folder.

    Parameters
    ----------
    candidate
        A whole candidate; it stays where it is.
    settings
        Where the home is, how many releases are kept, where copies go.
    name
        What the release is called, usually its period. A name that is taken by other content gets
        ``-r2``, ``-r3``: a published period is never overwritten.

    Raises
    ------
    ConfigurationError
        If the name cannot be a folder's.
    WarehouseError
        If the candidate is not whole; `current` stays as it was.
    """
    verify(candidate)
    settings.releases.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    place = _place(candidate, settings.releases, _checked(name))
    if not place.exists():
        made = settings.releases / f"{TEMPORARY}{place.name}"
        shutil.rmtree(made, ignore_errors=True)
        failpoint("release:before_copy")
        with none_left(made):
            shutil.copytree(candidate, made)
            verify(made)
            restrict(made, alone=made / UNITS)
            flush_tree(made)
        failpoint("release:before_rename")
        rename_into_place(made, place)
    failpoint("release:before_history")
    history.append(settings.releases, "promote", place.name)
    switch(settings, place)
    _prune(settings)
    if settings.release.share is not None:
        share_release(place, settings.release.share)
    return place


def rollback(settings: Settings) -> Path:
    """Point `current` back to the release before, and return its folder.

    Raises
    ------
    ConfigurationError
        If there is no release before the current one.
    """
    name = history.before(settings.releases, current_release(settings))
    if name is None:
        raise ConfigurationError(
            "There is no earlier release to go back to.",
            where=str(settings.releases),
            mend="publish one with `equity release`",
        )
    place = settings.releases / name
    verify(place)
    history.append(settings.releases, "rollback", name)
    switch(settings, place)
    if settings.release.share is not None:
        share_release(place, settings.release.share)
    return place


def switch(settings: Settings, place: Path) -> None:
    """Point `current` at a release in one step."""
    beside = settings.current.with_name(f"{TEMPORARY}{settings.current.name}")
    beside.unlink(missing_ok=True)
    failpoint("publish:before_switch")
    beside.symlink_to(place.relative_to(settings.run.home), target_is_directory=True)
    failpoint("publish:during_switch")
    beside.replace(settings.current)
    flush_folder(settings.run.home)
    failpoint("publish:after_switch")


def current_release(settings: Settings) -> str | None:
    """Return the name of the release that `current` points at; None before the first."""
    return settings.current.readlink().name if settings.current.is_symlink() else None


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ConfigurationError(
            "A release or run cannot have that name.",
            where=repr(name)[:100],
            mend="use letters, digits, dot, dash and underscore, beginning with a letter or digit",
        )
    return name


def _place(candidate: Path, releases: Path, name: str) -> Path:
    """Return the folder for a release: one that holds the same already, or the first free name."""
    place, number = releases / name, 1
    while place.exists() and _content(place) != _content(candidate):
        number += 1
        place = releases / f"{name}-r{number}"
    return place


def _content(folder: Path) -> dict[str, str]:
    # a database file differs in its bytes each time, the changes in what they are held against,
    # and with them the lists of hashes; the parquet beside them holds the rows
    return {
        name: digest
        for name, digest in all_hashes(folder).items()
        if not name.endswith((".duckdb", CHANGES, HASHES))
    }


def _prune(settings: Settings) -> None:
    """Remove the oldest releases beyond those that are kept; never the current one."""
    names = history.in_order(settings.releases)
    kept = {*names[-settings.release.keep :], current_release(settings)}
    for name in names:
        if name not in kept and (settings.releases / name).is_dir():
            gone = settings.releases / f"{TEMPORARY}gone-{name}"
            (settings.releases / name).rename(gone)
            shutil.rmtree(gone)


def _keep_latest(settings: Settings) -> None:
    made = [path for path in settings.candidates.iterdir() if not path.name.startswith(TEMPORARY)]
    made.sort(key=lambda path: (path.stat().st_mtime_ns, path.name))
    for old in made[: -settings.release.keep]:
        shutil.rmtree(old)
