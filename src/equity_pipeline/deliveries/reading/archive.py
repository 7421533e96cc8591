"""Archives are unpacked one file at a time, and only when they can do no harm."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO

from equity_pipeline.deliveries.reading.rowcount import BROKEN, rows_of_archive
from equity_pipeline.deliveries.reading.spool import BLOCK
from equity_pipeline.deliveries.verdict import Refusal

LARGEST_RATIO = 100
LARGEST_TOTAL = 16 * 2**30  # bytes unpacked
MOST_ENTRIES = 10_000
LARGEST_LIST = 4 * 2**20  # bytes of the archive's own list of its files
NESTED = frozenset((".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".zst", ".jar"))
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x06"
_LONGEST_END = 66_000  # the end record, its comment and the record of large archives


def members(held: BinaryIO) -> list[tuple[str, Iterator[bytes]]]:
    """Return the files of a zip archive, by name in sorted order; each is unpacked when iterated.

    Raises
    ------
    Refusal
        ``archive_path`` for links and paths that lead out, ``archive_ratio`` for bombs,
        ``archive_encrypted``, ``archive_nested``, ``archive_broken`` for what cannot be unpacked.
    """
    archive = _opened(held)
    entries = [one for one in archive.infolist() if not one.is_dir()]
    ordered = sorted(entries, key=lambda one: one.filename)
    return [(entry.filename, _unpacked(archive, entry)) for entry in ordered]


def check(entries: list[zipfile.ZipInfo], size: int | None = None) -> None:
    """Refuse what can do harm, before anything is unpacked; ``size`` is the archive's own."""
    names = [one.filename for one in entries]
    if any(_leads_out(one) for one in entries) or len(set(names)) != len(names):
        raise Refusal("archive_path")
    if any(one.flag_bits & 0x1 for one in entries):
        raise Refusal("archive_encrypted")
    sizes = [(one.file_size, max(one.compress_size, 1)) for one in entries]
    if len(entries) > MOST_ENTRIES or any(a / b > LARGEST_RATIO for a, b in sizes):
        raise Refusal("archive_ratio")
    total = sum(large for large, _ in sizes)
    # Entries that share their packed bytes have a harmless ratio each.
    if total > LARGEST_TOTAL or (size is not None and total > LARGEST_RATIO * size):
        raise Refusal("archive_ratio")


def check_list(held: BinaryIO) -> None:
    """Refuse an archive whose list of files would fill the memory, before it is read."""
    size = held.seek(0, os.SEEK_END)
    held.seek(max(size - _LONGEST_END, 0))
    tail = held.read()
    held.seek(0)
    last, last_64 = tail.rfind(_END), tail.rfind(_END_64)
    listed = [int.from_bytes(tail[last + 12 : last + 16], "little")] if last >= 0 else []
    if last_64 >= 0:
        listed.append(int.from_bytes(tail[last_64 + 40 : last_64 + 48], "little"))
    if any(LARGEST_LIST < one != 0xFFFFFFFF for one in listed):
        raise Refusal("archive_ratio")


def _opened(held: BinaryIO) -> zipfile.ZipFile:
    check_list(held)
    archive: zipfile.ZipFile | None = None
    try:
        archive = zipfile.ZipFile(held)
    except BROKEN:
        archive = None
    if archive is None:
        raise Refusal("archive_broken")
    entries = archive.infolist()
    if any(_leads_out(one) for one in entries):
        raise Refusal("archive_path", rows=rows_of_archive(archive), is_counted=True)
    check(entries, held.seek(0, os.SEEK_END))
    if any(PurePosixPath(one.filename).suffix.lower() in NESTED for one in entries):
        raise Refusal("archive_nested")
    return archive


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    # The list can lie about a size, so that what really comes out is counted too.
    broken, total = False, 0
    try:
        with archive.open(entry) as member:
            while part := member.read(BLOCK):
                total += len(part)
                if total > entry.file_size:
                    raise Refusal("archive_ratio")
                yield part
    except BROKEN:
        broken = True
    if broken or total != entry.file_size:
        raise Refusal("archive_broken")


def _leads_out(entry: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    return (
        path.is_absolute()
        or ".." in path.parts
        or "\\" in entry.filename
        or ":" in entry.filename
        or kind not in (0, stat.S_IFREG, stat.S_IFDIR)
    )
