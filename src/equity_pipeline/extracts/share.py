"""A copy of a release for readers on a Windows share: copied, verified, renamed; no links."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.extracts.durable import (
    TEMPORARY,
    flush_tree,
    none_left,
    rename_into_place,
    replace_text,
    sweep,
)
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.extracts.manifest import verify
from equity_pipeline.extracts.places import UNITS

LATEST = "latest.json"


def share_release(release: Path, share: Path) -> Path:
    """Copy a release to a shared folder and point ``latest.json`` at it; return the copy.

    The units' own folders stay behind: each is handed to its unit, not to all readers.

    Parameters
    ----------
    release
        A whole release.
    share
        An existing folder that readers reach.

    Raises
    ------
    ConfigurationError
        If the shared folder does not exist.
    WarehouseError
        If the copy is not what was released; ``latest.json`` stays as it was.
    """
    if not share.is_dir():
        raise ConfigurationError(
            "The shared folder does not exist.",
            where=f"release.share = {share}",
            mend="mount or make the folder; the release itself is published",
        )
    sweep(share)
    place = share / release.name
    if not _is_whole(place, release):
        made = share / f"{TEMPORARY}{release.name}"
        with none_left(made):
            left = _own_to_units(release)
            shutil.copytree(release, made, copy_function=shutil.copyfile, ignore=left)
            verify(made)
            flush_tree(made)
        failpoint("share:before_rename")
        rename_into_place(made, place)
    failpoint("share:before_latest")
    replace_text(share / LATEST, json.dumps({"release": release.name}) + "\n")
    return place


def _own_to_units(release: Path) -> Callable[[str, list[str]], set[str]]:
    """Return what tells the copying which names of a folder it leaves out."""
    return lambda folder, names: {UNITS} & set(names) if Path(folder) == release else set()


def _is_whole(place: Path, release: Path) -> bool:
    if not place.is_dir():
        return False
    try:
        verify(place)
    except WarehouseError:
        return False
    return (place / "SHA256SUMS").read_bytes() == (release / "SHA256SUMS").read_bytes()
