"""The machine: how many may work at once, and its faults in our words.

A full disk, a closed folder, a damaged database say nothing of the rows. Whoever makes room, mends
the permissions or moves the damaged file away can run again, and what stood before still stands.
"""

from __future__ import annotations

import errno
import os
import re

import duckdb

from equity_pipeline.errors import ConfigurationError, EquityError, WarehouseError

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)
# as libraries beneath say it, which keep no number of the fault
FULL_IN_WORDS = ("No space left on device", "Disk quota exceeded", "failed to offload data block")
DAMAGED_IN_WORDS = ("Corrupt database file", "is not a valid DuckDB database file")
NAMED = re.compile(r'\\?"(/[^"\\]+)')
LONG_NUMBER = re.compile(r"\d[\d+-]{8,}\d")  # a name that might be a person's is not told


def processors() -> int:
    """Return how many processors this process may use: more threads that reckon only wait.

    Examples
    --------
    >>> processors() >= 1
    True
    """
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def of_the_machine(error: BaseException, place: str = "") -> EquityError | None:
    """Return a fault of the machine in our words; None if it is of another kind.

    ``place`` is where it happened if the fault itself does not tell.

    Examples
    --------
    >>> of_the_machine(OSError(errno.ENOSPC, "No space left on device", "/srv/a")).what
    'The disk is full.'
    >>> of_the_machine(ValueError("No space left on device")) is None
    True
    """
    if not isinstance(error, OSError | duckdb.Error):
        return None
    words, number = str(error), getattr(error, "errno", None)
    where = _place(error, words) or place
    if number in FULL or any(one in words for one in FULL_IN_WORDS):
        return _full(where)
    if isinstance(error, duckdb.Error) and any(one in words for one in DAMAGED_IN_WORDS):
        return _damaged(where)
    return closed(where) if number in CLOSED and where else None


def closed(where: str) -> ConfigurationError:
    """Return the fault that this user may not read or write somewhere."""
    return ConfigurationError(
        "This user may not read or write here.",
        where=where,
        mend="run as the owner of the home, or mend the owner, the mode or the mount",
    )


def _full(where: str) -> WarehouseError:
    return WarehouseError(
        "The disk is full.",
        where=where,
        mend="make room and run again; what stood before still stands",
    )


def _damaged(where: str) -> WarehouseError:
    return WarehouseError(
        "The database is damaged: it does not hold what was written.",
        where=where,
        mend="have the disk looked at, move the file away and run again: it is built anew from "
        "the delivered files",
    )


def _place(error: BaseException, words: str) -> str:
    """Return the path that a fault is about, if it tells one that may be told."""
    named = NAMED.search(words)
    told = getattr(error, "filename", None) or (named.group(1) if named else "")
    place = os.fsdecode(told) if isinstance(told, str | bytes) else ""
    return "" if LONG_NUMBER.search(place) else place
