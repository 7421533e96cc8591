"""Delivered bytes on disk: opened without following links, hashed in blocks, kept in private."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from equity_pipeline.deliveries.verdict import Refusal

BLOCK = 1 << 20  # bytes read at a time where nothing else is said
LOOKS = 4  # at a file that grows, before it is refused
FOLDER = "staging"


def private_folder(folder: Path) -> Path:
    """Return a folder that only its owner may enter, made if it is not there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file for reading.

    Raises
    ------
    Refusal
        ``not_a_file`` for links, folders, pipes and devices.
    """
    fault = False
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        fault = True
    if fault:
        raise Refusal("not_a_file")
    with os.fdopen(descriptor, "rb") as held:
        if not stat.S_ISREG(os.fstat(held.fileno()).st_mode):
            raise Refusal("not_a_file")
        yield held


def blocks(held: BinaryIO, size: int = BLOCK) -> Iterator[bytes]:
    """Yield the bytes of an open file, at most ``size`` at a time."""
    while block := held.read(size):
        yield block


def digest_of(path: Path) -> str:
    """Return the sha256 of a plain file."""
    found = hashlib.sha256()
    with opened(path) as held:
        for block in blocks(held):
            found.update(block)
    return found.hexdigest()


def wait_until_written(path: Path, seconds: float, *, largest: int) -> None:
    """Return when a file has kept its size and time for some seconds.

    Raises
    ------
    Refusal
        ``still_written`` if it goes on changing, ``too_large`` beyond ``largest`` bytes.
    """
    for _ in range(LOOKS):
        with opened(path) as held:
            before = os.fstat(held.fileno())
        if before.st_size > largest:
            raise Refusal("too_large")
        quiet = time.time() - before.st_mtime
        if quiet >= seconds:
            return
        # A time that lies ahead is another machine's clock: it is looked at once more, no longer.
        time.sleep(min(seconds, max(seconds - quiet, 0)))
        with opened(path) as held:
            after = os.fstat(held.fileno())
        if (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns):
            return
    raise Refusal("still_written")


@contextmanager
def staged(folder: Path, parts: Iterable[bytes]) -> Iterator[tuple[Path, str]]:
    """Keep some bytes in a private file while a block runs; give its path and sha256."""
    descriptor, name = tempfile.mkstemp(dir=private_folder(folder))  # made with mode 0600
    path, found = Path(name), hashlib.sha256()
    try:
        with os.fdopen(descriptor, "wb") as held:
            for part in parts:
                found.update(part)
                held.write(part)
        yield path, found.hexdigest()
    finally:
        path.unlink(missing_ok=True)


def empty(folder: Path) -> None:
    """Delete what an earlier run left in a staging folder when it was cut off."""
    if folder.is_dir():
        for path in folder.iterdir():
            path.unlink()
