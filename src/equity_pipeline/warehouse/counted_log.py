"""A log of JSON lines that only grows, with a count of its lines kept apart from it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

ALONE, SHARED = 0o600, 0o660
TAIL = 1 << 16  # bytes; no line is near as long


@dataclass(frozen=True, slots=True)
class Count:
    """What the second file says: the first and the last line that there are, and the bytes."""

    first: int = 1
    last: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class CountedLog:
    """A log and its count; members of ``group``, if it has one, append as well.

    Examples
    --------
    >>> import tempfile
    >>> home = Path(tempfile.mkdtemp())
    >>> log = CountedLog(home / "a" / "log.jsonl", home / "b" / "count")
    >>> log.append({"what": "first"}), log.append({"what": "two\\nlines"}), log.faults()
    (1, 2, [])
    """

    path: Path
    count_path: Path
    group: str = ""

    def append(self, facts: Mapping[str, Any]) -> int:
        """Add one line, flush it to the disk, then the count, and return the line's number.

        Raises
        ------
        OSError
            If either cannot be written.
        """
        with self._locked() as file:
            counted, found = self._count(), _last_number(file)
            number = max(counted.last if counted else 0, found) + 1
            lost = {"count_was_lost": True} if counted is None and found else {}
            line = json.dumps({"number": number} | dict(facts) | lost, default=str)
            _write(file, ("" if _ends_whole(file) else "\n") + line + "\n")
            first = counted.first if counted else 1
            self._set(Count(first, number, os.fstat(file).st_size))
            return number

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield every line that can be read, oldest first."""
        for _, line in self._parsed():
            if line is not None:
                yield line

    def faults(self) -> list[str]:
        """Return in words what is missing, torn or not as it was counted; nothing if all is well.

        A last line that the count does not know is none: the power may go between the two.
        """
        counted = self._count()
        if not self.path.exists():
            return [f"the log is gone; {counted.last} lines were counted"] if counted else []
        told, numbers = [], []
        for place, line in self._parsed():
            if line is None:
                told.append(f"line {place} of the file cannot be read")
            else:
                numbers.append(int(line["number"]))
        if counted is None:
            return [*told, "the count is gone: whether the end is missing cannot be told"]
        told += _gaps([counted.first - 1, *numbers])
        if (numbers[-1] if numbers else 0) < counted.last:
            newest = numbers[-1] if numbers else counted.first - 1
            told.append(f"lines {newest + 1} to {counted.last} are cut off at the end")
        elif not told and numbers[-1] == counted.last and self._size() != counted.size:
            told.append(f"the log has {self._size()} bytes, not the {counted.size} counted")
        return told

    def forget_before(self, moment: datetime) -> int:
        """Drop the lines older than a moment, from the beginning on, and return how many.

        The rest is written beside and put in place whole; the count says where the log begins.
        """
        with self._locked():
            kept = list(self.lines())
            old = next((at for at, one in enumerate(kept) if _moment(one) >= moment), len(kept))
            if not old:
                return 0
            beside = self.path.with_name(f".{self.path.name}.kept")
            beside.write_text("".join(json.dumps(one) + "\n" for one in kept[old:]), "ascii")
            shutil.copymode(self.path, beside)
            beside.replace(self.path)
            self._set(
                Count(int(kept[old - 1]["number"]) + 1, int(kept[-1]["number"]), self._size())
            )
            return old

    @contextmanager
    def _locked(self) -> Iterator[int]:
        _folder(self.path.parent, self.group)
        while True:
            file = _open(self.path, os.O_APPEND, self.group)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if _still(file, self.path):  # old lines may have been dropped while we waited
                    yield file
                    return
            finally:
                os.close(file)

    def _count(self) -> Count | None:
        try:
            first, last, size = (int(one) for one in self.count_path.read_text("ascii").split())
        except (OSError, ValueError):
            return None
        return Count(first, last, size)

    def _set(self, count: Count) -> None:
        self.count_path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _open(self.count_path, 0, self.group)
        try:
            # always as long, and less than a sector: there is no half of it
            os.pwrite(file, f"{count.first:020d} {count.last:020d} {count.size:020d}\n".encode(), 0)
            os.fsync(file)
        finally:
            os.close(file)

    def _parsed(self) -> Iterator[tuple[int, dict[str, Any] | None]]:
        if not self.path.exists():
            return
        for place, text in enumerate(self.path.read_bytes().split(b"\n"), 1):
            if text:
                yield place, _line(text)

    def _size(self) -> int:
        return self.path.stat().st_size


def _open(path: Path, flags: int, group: str) -> int:
    mode = SHARED if group else ALONE
    how = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | flags
    file = os.open(path, how, mode)
    if os.fstat(file).st_uid == os.getuid():
        os.fchmod(file, mode)
        if group:
            shutil.chown(path, group=group)
    return file


def _folder(folder: Path, group: str) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid == os.getuid():
        if group:
            shutil.chown(folder, group=group)
        folder.chmod(0o2710 if group else 0o700)


def _still(file: int, path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    held = os.fstat(file)
    return (held.st_dev, held.st_ino) == (there.st_dev, there.st_ino)


def _write(file: int, text: str) -> None:
    left = text.encode("ascii")
    while left:
        left = left[os.write(file, left) :]
    os.fsync(file)


def _ends_whole(file: int) -> bool:
    size = os.fstat(file).st_size
    return size == 0 or os.pread(file, 1, size - 1) == b"\n"


def _last_number(file: int) -> int:
    size = os.fstat(file).st_size
    tail = os.pread(file, TAIL, max(0, size - TAIL)).split(b"\n")
    found = (line["number"] for text in reversed(tail) if (line := _line(text)) is not None)
    return int(next(found, 0))


def _line(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) and isinstance(line.get("number"), int) else None


def _gaps(numbers: list[int]) -> list[str]:
    return [
        f"lines {before + 1} to {after - 1} are missing"
        if after > before + 1
        else f"line {after} stands after line {before}"
        for before, after in pairwise(numbers)
        if after != before + 1
    ]


def _moment(line: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(str(line["time"]))
