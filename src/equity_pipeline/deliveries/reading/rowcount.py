"""How many rows a refused file has, as far as that can be told without reading what it holds."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from equity_pipeline.deliveries.layouts.layout import FileLayout

LARGEST = 64 * 2**20  # bytes unpacked to count the lines of a refused archive
_HINT = re.compile("sep=.?", re.IGNORECASE)
_AROUND = " \t'\""
_SIGNS = re.compile(r"[;,\t|]")
_TABLES = re.compile(r"xl/worksheets/|\.(csv|txt|tsv|parquet|xls[xb]?|json)$", re.IGNORECASE)
# what an archive that is cut or made up can raise; RuntimeError also where a method is unknown
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)


def rows_below(header: Sequence[str], layout: FileLayout, lines: int) -> int:
    """Return the rows of a file whose first line is not the declared header.

    ``lines`` are those below the first. It may be a hint for spreadsheets with the header below,
    the header with other delimiters or letters, or already a row.
    """
    if _HINT.fullmatch("".join(header)):
        return max(lines - 1, 0)
    names = {part.strip(_AROUND).casefold() for one in header for part in _SIGNS.split(one)}
    known = {name.casefold() for name in layout.known}
    return lines if len(names & known) * 2 >= len(layout.obliged) else lines + 1


def has_no_table(path: Path) -> bool:
    """Return whether a file is a zip (or workbook) in which no table is listed."""
    try:
        with zipfile.ZipFile(path) as archive:
            return not any(_TABLES.search(name) for name in archive.namelist())
    except BROKEN:
        return False


def rows_of_archive(archive: zipfile.ZipFile) -> int:
    """Return the rows of the plain text files of an archive; nothing is written anywhere.

    Links and folders have none. An archive that is too large to be counted counts none either.
    """
    plain = [one for one in archive.infolist() if _is_plain(one)]
    if sum(one.file_size for one in plain) > LARGEST:
        return 0
    try:
        return sum(_rows(archive, one) for one in plain)
    except BROKEN:
        return 0


def _is_plain(entry: zipfile.ZipInfo) -> bool:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    is_text = PurePosixPath(entry.filename).suffix.lower() in (".csv", ".txt", ".tsv")
    return is_text and kind in (0, stat.S_IFREG) and not entry.flag_bits & 0x1


def _rows(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    breaks, total, last = 0, 0, b""
    with archive.open(entry) as held:
        while (part := held.read(2**20)) and total <= entry.file_size:
            breaks, total, last = breaks + part.count(b"\n"), total + len(part), part[-1:]
    return max(breaks - (last == b"\n"), 0)
