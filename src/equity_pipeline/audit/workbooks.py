"""Workbooks: hidden sheets, rows and columns, comments, names, formulas, caches."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import CouldNotJudge, Finding, Key

ATTACK = "workbook"
SUFFIXES = (".xlsx", ".xlsm")
PARTS = re.compile(
    r"xl/(pivotCache|externalLinks|embeddings|media|queryTables)/|customXml/|vba", re.I
)
INVISIBLE = (";;;", '"";"";""')  # number formats


def attack(by: Attacker) -> list[Finding]:
    """Return what a workbook holds and does not show.

    Raises
    ------
    CouldNotJudge
        If a workbook cannot be read.
    """
    found = []
    for path in by.release.files():
        if path.suffix.lower() in SUFFIXES:
            name = path.relative_to(by.release.folder).as_posix()
            found += [Finding(ATTACK, Key(), what, name, words) for what, words in _read(path)]
    return found


def _read(path: Path) -> list[tuple[str, str]]:
    try:
        return sorted({*_parts(path), *_of_book(path)})
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise CouldNotJudge(
            f"A workbook cannot be read ({type(error).__name__}).",
            where=path.name,
            mend="publish the release again",
        ) from None


def _parts(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as book:
        for name in book.namelist():
            if PARTS.search(name):
                yield name, "a part of the workbook that no sheet shows"


def _of_book(path: Path) -> Iterator[tuple[str, str]]:
    book = load_workbook(path)
    for name in book.defined_names:
        yield name, "a defined name"
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            yield sheet.title, "a sheet that is not shown"
        yield from _of_sheet(sheet)


def _of_sheet(sheet: Worksheet) -> Iterator[tuple[str, str]]:
    for name in sheet.defined_names:
        yield name, "a defined name"
    if any(one.hidden for one in sheet.row_dimensions.values()):
        yield sheet.title, "rows that are not shown"
    if any(one.hidden for one in sheet.column_dimensions.values()):
        yield sheet.title, "columns that are not shown"
    for row in sheet.iter_rows():
        for one in row:
            for words in _of_field(one):
                yield f"{sheet.title}!{one.coordinate}", words


def _of_field(one: Any) -> Iterator[str]:
    if one.comment is not None:
        yield "a comment"
    if one.data_type == "f":
        yield "a formula, which keeps what it was made of"
    if one.number_format in INVISIBLE:
        yield "a number in a format that shows nothing"
