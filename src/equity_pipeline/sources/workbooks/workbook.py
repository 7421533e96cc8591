"""Workbooks read safely: bytes become sheets of cells, or it is said why they cannot."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import zipfile
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries

from equity_pipeline.errors import SourceError

MAGIC = b"PK\x03\x04"
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
LARGEST_UNPACKED = 256 * 1024 * 1024
LARGE_PART = 8 * 1024 * 1024
LARGEST_RATIO = 100  # a part of a workbook that unpacks to more than this is a bomb
MOST_CELLS = 5_000_000
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([A-Z]+\d+:[A-Z]+\d+)\"")


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell.

    ``is_percent`` tells of the cell's own number format; ``is_unfinished`` of a formula that was
    saved without its result; ``is_spread`` of a cell inside a merged range, whose first cell
    holds the value.
    """

    value: Any = None
    is_percent: bool = False
    is_unfinished: bool = False
    is_spread: bool = False

    @property
    def text(self) -> str:
        """Return the cell as one line of text, NFC; a whole number without decimals.

        Examples
        --------
        >>> Cell(" Antal\\u00a0 svar ").text, Cell(2024.0).text, Cell().text
        ('Antal svar', '2024', '')
        """
        if self.value is None:
            return ""
        if isinstance(self.value, float) and self.value.is_integer():
            return str(int(self.value))
        return " ".join(unicodedata.normalize("NFC", str(self.value)).split())


EMPTY = Cell()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name, whether the workbook hides it, and its rows from the first.

    ``first_day`` is the day 0 of the workbook's calendar, 1899-12-30 or 1904-01-01.
    """

    name: str
    is_hidden: bool
    rows: tuple[tuple[Cell, ...], ...]
    first_day: dt.date = dt.date(1899, 12, 30)


def read_workbook(content: bytes, where: str) -> tuple[Sheet, ...]:
    """Return the sheets of an .xlsx file with the values that were saved in it.

    Parameters
    ----------
    content
        The bytes of the file.
    where
        What the messages call it.

    Raises
    ------
    SourceError
        A web page or an old .xls file under the name of a workbook, a bomb, a document type
        declaration, more cells than any publication has, or a file that is damaged.
    """
    _look_at(content, where)
    try:
        return _sheets(content, where)
    except SourceError:
        raise
    except Exception:  # openpyxl lets the errors of its parsers through, of many kinds
        raise _refuse("The workbook is damaged and cannot be read.", where) from None


def _look_at(content: bytes, where: str) -> None:
    if content.startswith(OLD_EXCEL):
        raise _refuse("The file is an old .xls workbook, or one locked with a password.", where)
    if content.lstrip()[:1] == b"<":
        raise _refuse("The file is a web page saved under the name of a workbook.", where)
    if not content.startswith(MAGIC):
        raise _refuse("The file is not a workbook.", where)
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            _measure(packed, where)
    except (zipfile.BadZipFile, OSError, RuntimeError, EOFError):
        raise _refuse("The workbook is damaged and cannot be read.", where) from None


def _measure(packed: zipfile.ZipFile, where: str) -> None:
    parts = packed.infolist()
    names = [one.filename for one in parts]
    bombs = [
        one
        for one in parts
        if one.file_size > LARGE_PART and one.file_size > LARGEST_RATIO * max(one.compress_size, 1)
    ]
    if bombs or sum(one.file_size for one in parts) > LARGEST_UNPACKED:
        raise _refuse("The workbook unpacks to far more than it is: it may be a bomb.", where)
    if len(set(names)) != len(names):
        raise _refuse("The workbook holds the same part twice.", where)
    for one in parts:
        if one.filename.endswith((".xml", ".rels")) and _declares_type(packed, one):
            raise _refuse("The workbook holds a document type declaration.", where)


def _declares_type(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with packed.open(part) as held:
        return b"<!DOCTYPE" in held.read(4096).upper()


def _sheets(content: bytes, where: str) -> tuple[Sheet, ...]:
    book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True)
    formulas = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=False)
    left = MOST_CELLS
    found: list[Sheet] = []
    with zipfile.ZipFile(BytesIO(content)) as packed:
        for sheet, written in zip(book.worksheets, formulas.worksheets, strict=True):
            part = packed.read(_path(sheet))
            rows = _rows(sheet, left, where)
            left -= sum(len(row) for row in rows)
            if b"<f" in part or b":f" in part:
                _mark_unfinished(rows, written)
            _spread(rows, _MERGED.findall(part))
            kept = tuple(tuple(row) for row in rows)
            hidden = sheet.sheet_state != "visible"
            found.append(Sheet(sheet.title, hidden, kept, book.epoch.date()))
    book.close()
    formulas.close()
    return tuple(found)


def _path(sheet: Any) -> str:
    return str(sheet._worksheet_path).lstrip("/")


def _rows(sheet: Any, left: int, where: str) -> list[list[Cell]]:
    sheet.reset_dimensions()  # what a file says of its own size is not to be trusted
    rows: list[list[Cell]] = []
    for row in sheet.iter_rows():
        cells = [_cell(one) for one in row]
        while cells and cells[-1] is EMPTY:
            cells.pop()
        left -= len(cells) + 1
        if left < 0:
            raise _refuse(f"The workbook has more than {MOST_CELLS} cells.", where)
        rows.append(cells)
    return rows


def _cell(one: Any) -> Cell:
    if one.value is None or (isinstance(one.value, str) and not one.value.strip()):
        return EMPTY
    return Cell(one.value, is_percent="%" in str(one.number_format or ""))


def _mark_unfinished(rows: list[list[Cell]], written: Any) -> None:
    written.reset_dimensions()
    for cells, row in zip(rows, written.iter_rows(), strict=False):
        for at, one in enumerate(row):
            if one.data_type == "f" and (at >= len(cells) or cells[at] is EMPTY):
                cells.extend([EMPTY] * (at + 1 - len(cells)))
                cells[at] = Cell(is_unfinished=True)


def _spread(rows: list[list[Cell]], merged: list[bytes]) -> None:
    for area in merged:
        left, top, right, bottom = (int(one or 0) for one in range_boundaries(area.decode("ascii")))
        if top > len(rows) or left > len(rows[top - 1]):
            continue
        first = replace(rows[top - 1][left - 1], is_spread=True)
        for number in range(top, min(bottom, len(rows)) + 1):
            row = rows[number - 1]
            row.extend([EMPTY] * (min(right, left + 999) - len(row)))
            for at in range(left, min(right, left + 999) + 1):
                if (number, at) != (top, left):
                    row[at - 1] = first


def _refuse(what: str, where: str) -> SourceError:
    return SourceError(
        what,
        where=where,
        mend="open the file, see that it is the publisher's workbook, and save or fetch it anew "
        "as .xlsx",
    )
