"""Examines what protects internal data: modes, umask, encryption beneath, the access log."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from equity_pipeline.pipeline.encryption import Seal, Volume, swap, volume_of
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
VOLUME_MEND = "put it on a LUKS volume, or have those who run the disk confirm that it encrypts"
SWAP_MEND = "encrypt the swap (crypttab, random key), or turn it off"
GROUP, OTHERS = 0o070, 0o007


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: fine, doubtful or wrong, in words, and how to mend it."""

    name: str
    state: str
    words: str
    mend: str = ""


def findings(settings: Settings) -> Iterator[Finding]:
    """Yield what protects the internal data of a home, or does not; nothing is changed."""
    yield from _modes(settings)
    yield _files(settings)
    yield _umask()
    yield _encryption("encryption", settings.internal)
    if settings.deliveries.folder is not None:
        yield _encryption("encryption of deliveries", settings.deliveries.folder)
    swapped = swap()
    yield Finding("swap", STATES[swapped.seal], swapped.words, _unless_sealed(swapped, SWAP_MEND))
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
        words = f"mode {mode:04o}, at most {most:04o}"
        if mode & ~most:
            yield Finding(str(path.name), WRONG, words, f"chmod {most:o} {path}")
        else:
            yield Finding(str(path.name), FINE, words)
    home = settings.run.home
    if home.exists() and not os.access(home, os.W_OK):
        yield Finding(
            "home",
            WRONG,
            f"{home} cannot be written",
            "run as the owner of the home, or mend the owner, the mode or the mount",
        )


def _files(settings: Settings) -> Finding:
    """Return whether files of rows, whoever made them, are closed to others."""
    held = [*settings.internal.glob("*"), *settings.quarantine.rglob("*")]
    cells = settings.cells_database.name
    open_ = [path.name for path in held if path.is_file() and _is_open(path, cells)]
    if not open_:
        return Finding("internal files", FINE, f"{len(held)} closed to others")
    words = f"others may read: {', '.join(sorted(open_))}"
    return Finding("internal files", WRONG, words, f"chmod go-rwx in {settings.internal}")


def _is_open(path: Path, cells: str) -> bool:
    """Return whether others may read a file of rows; without the folder's help, its group neither.

    The cells, and what counts the log's lines, are for the group that the settings name.
    """
    closed_to = OTHERS if path.name.startswith(cells) or path.suffix == ".count" else GROUP | OTHERS
    return bool(path.stat().st_mode & closed_to)


def _umask() -> Finding:
    mask = os.umask(0)
    os.umask(mask)
    words = f"{mask:04o}; internal files are given their modes outright"
    if mask & OTHERS == OTHERS:
        return Finding("umask", FINE, words)
    return Finding("umask", DOUBTFUL, words, "set UMask=0027 in the service, or umask 027")


def _encryption(name: str, path: Path) -> Finding:
    volume = volume_of(path)
    words = f"{volume.seal}: {volume.words}"
    return Finding(name, STATES[volume.seal], words, _unless_sealed(volume, VOLUME_MEND))


def _unless_sealed(volume: Volume, mend: str) -> str:
    return "" if volume.seal is Seal.ENCRYPTED else mend


def _access_log(settings: Settings) -> Finding:
    told = log_of(settings).faults()
    if told:
        mend = "compare with the collector's copy, and write down when and by whom it was changed"
        return Finding("access log", WRONG, "; ".join(told), mend)
    there = settings.access_log.exists()
    return Finding("access log", FINE, "whole" if there else "nobody has opened anything yet")
