"""Archives are opened in memory, and only when they can do no harm."""

from __future__ import annotations

import stat
import zipfile
import zlib
from io import BytesIO
from pathlib import PurePosixPath

from equity_pipeline.deliveries.verdict import Refusal

LARGEST_RATIO = 100
LARGEST_TOTAL = 4 * 2**30  # bytes unpacked
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError)


def members(data: bytes) -> list[tuple[str, bytes]]:
    """Return the files of a zip archive, by name in sorted order.

    Raises
    ------
    Refusal
        ``archive_path`` for links and paths that lead out, ``archive_ratio`` for bombs,
        ``archive_broken`` for what cannot be unpacked.
    """
    broken = False
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            check(archive.infolist())
            found = sorted((one.filename, archive.read(one)) for one in entries)
    except BROKEN:
        broken = True
    if broken:
        raise Refusal("archive_broken")
    return found


def check(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse paths that lead out, links, duplicates and bombs, before anything is unpacked."""
    names = [one.filename for one in entries]
    if any(_leads_out(one) for one in entries) or len(set(names)) != len(names):
        raise Refusal("archive_path")
    if any(one.flag_bits & 0x1 for one in entries):
        raise Refusal("archive_encrypted")
    sizes = [(one.file_size, max(one.compress_size, 1)) for one in entries]
    if any(large / small > LARGEST_RATIO for large, small in sizes):
        raise Refusal("archive_ratio")
    if sum(large for large, _ in sizes) > LARGEST_TOTAL:
        raise Refusal("archive_ratio")


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
