"""Examines what protects internal data: modes, umask, encryption beneath, the access log."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from equity_pipeline.pipeline.encryption import Seal, swap, volume_of
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.access_log import log_of
from equity_pipeline.warehouse.database import (
    CELLS_MODE,
    FOLDER_MODE,
    PERSON_MODE,
    SHARED_FOLDER_MODE,
)

FINE, DOUBTFUL, WRONG = "fine", "doubtful", "wrong"
STATES = {Seal.ENCRYPTED: FINE, Seal.NONE_SEEN: DOUBTFUL, Seal.UNKNOWN: DOUBTFUL}
GROUP, OTHERS = 0o070, 0o007


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: fine, doubtful or wrong, in words."""

    name: str
    state: str
    words: str


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what protects the internal data of a home, or does not; nothing is changed."""
    yield from _modes(settings)
    yield _files(settings)
    yield _umask()
    yield _encryption("encryption", settings.internal)
    if settings.deliveries.folder is not None:
        yield _encryption("encryption of deliveries", settings.deliveries.folder)
    swapped = swap()
    yield Finding("swap", STATES[swapped.seal], swapped.words)
    yield _access_log(settings)


def _modes(settings: Settings) -> Iterator[Finding]:
    shared = SHARED_FOLDER_MODE if settings.access.group else FOLDER_MODE
    for path, most in (
        (settings.internal, shared),
        (settings.person_database, PERSON_MODE),
        (settings.cells_database, CELLS_MODE),
    ):
        if not path.exists():
            yield Finding(str(path.name), FINE, "not made yet")
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        state = FINE if mode & ~most == 0 else WRONG
        yield Finding(str(path.name), state, f"mode {mode:04o}, at most {most:04o}")
    home = settings.run.home
    if home.exists() and not os.access(home, os.W_OK):
        yield Finding("home", WRONG, f"{home} cannot be written")


def _files(settings: Settings) -> Finding:
    """Return whether files of rows, whoever made them, are closed to others."""
    held = [*settings.internal.glob("*"), *settings.quarantine.rglob("*")]
    cells = settings.cells_database.name
    open_ = [path.name for path in held if path.is_file() and _is_open(path, cells)]
    if not open_:
        return Finding("internal files", FINE, f"{len(held)} closed to others")
    return Finding("internal files", WRONG, f"others may read: {', '.join(sorted(open_))}")


def _is_open(path: Path, cells: str) -> bool:
    """Return whether others may read a file of rows; without the folder's help, its group neither.

    The cells, and what counts the log's lines, are for the group that the settings name.
    """
    closed_to = OTHERS if path.name.startswith(cells) or path.suffix == ".count" else GROUP | OTHERS
    return bool(path.stat().st_mode & closed_to)


def _umask() -> Finding:
    mask = os.umask(0)
    os.umask(mask)
    state = FINE if mask & OTHERS == OTHERS else DOUBTFUL
    return Finding("umask", state, f"{mask:04o}; internal files are given their modes outright")


def _encryption(name: str, path: Path) -> Finding:
    volume = volume_of(path)
    return Finding(name, STATES[volume.seal], f"{volume.seal}: {volume.words}")


def _access_log(settings: Settings) -> Finding:
    told = log_of(settings).faults()
    if told:
        return Finding("access log", WRONG, "; ".join(told))
    there = settings.access_log.exists()
    return Finding("access log", FINE, "whole" if there else "nobody has opened anything yet")
