"""Workbooks as publishers save them, made for tests; every name in them is invented."""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from equity_pipeline.settings import HttpSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.pace import Limits
from equity_pipeline.sources.asking.snapshot import SnapshotStore

NIGHT = dt.datetime(2026, 6, 20, 4, tzinfo=dt.UTC)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Rows = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Percent:
    """A number that Excel shows as per cent."""

    value: float


def book(
    sheets: Mapping[str, Rows] | Rows,
    *,
    hidden: Iterable[str] = (),
    merged: Mapping[str, Sequence[str]] | None = None,
    mac: bool = False,
) -> bytes:
    """Return the bytes of a workbook; a sole sheet is called Blad1."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    if mac:
        made.epoch = CALENDAR_MAC_1904
    for name, rows in (sheets if isinstance(sheets, Mapping) else {"Blad1": sheets}).items():
        sheet = made.create_sheet(name)
        for number, row in enumerate(rows, start=1):
            for place, value in enumerate(row, start=1):
                cell = sheet.cell(number, place)
                cell.value = value.value if isinstance(value, Percent) else value
                if isinstance(value, Percent):
                    cell.number_format = "0 %"
        for area in (merged or {}).get(name, ()):
            sheet.merge_cells(area)
        if name in hidden:
            sheet.sheet_state = "hidden"
    return saved(made)


def saved(made: openpyxl.Workbook) -> bytes:
    """Return a workbook's bytes."""
    out = BytesIO()
    made.save(out)
    return out.getvalue()


def bomb() -> bytes:
    """A workbook with a sheet that unpacks to a thousand times what it is."""
    out = BytesIO(book([["a"]]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet2.xml", b"<c/>" * (20 * 2**18))
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """Return a workbook with one of its parts replaced."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for one in old.infolist():
            new.writestr(one, part if one.filename == name else old.read(one))
    return out.getvalue()


def part(content: bytes, name: str) -> bytes:
    """Return one part of a workbook."""
    with zipfile.ZipFile(BytesIO(content)) as packed:
        return packed.read(name)


def asking(folder: Path, source: str) -> Answers:
    """Return answers of a source that keep what they get in a folder."""
    http = HttpSettings(timeout_seconds=5, attempts=2, longest_wait_seconds=0.1)
    client = PoliteClient(http, sleep=lambda _: None)
    client.allow("http://localhost", Limits(1000, 1.0))
    return Answers(client, SnapshotStore(folder), source, 400, NIGHT)
