"""Writes the two workbooks of a release from disclosed tables; the same tables, the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.extracts.workbook import pages
from equity_pipeline.extracts.workbook.cells import Formats, patterns, write_cell, write_text
from equity_pipeline.extracts.workbook.columns import NAMED_FIRST, SheetTable, sheets
from equity_pipeline.vocabulary import Column

FOLDER = "excel"
TABLE_AT = 3
HEAD = {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E3E8EB", "bottom": 1}
SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": "yyyy-mm-dd",
}
WIDTHS = {"BOOLEAN": 12, "DATE": 13, "VARCHAR": 26}
NUMBER_WIDTH, NAME_WIDTH = 14, 44
LINE_HEIGHT, BROKEN, MOST_LINES = 15, 1.3, 10  # bold words, broken where words end


def write_workbooks(
    tables: Mapping[str, DisclosedTable],
    folder: Path,
    facts: Mapping[str, object],
    sources: Sequence[Mapping[str, str]] = (),
) -> tuple[Path, Path]:
    """Write both workbooks of a release below ``excel`` and return their paths.

    Parameters
    ----------
    tables, facts, sources
        As `write_working` takes them.
    folder
        The release.
    """
    name = f"equity_{period_of(tables)}_sv"
    place = folder / FOLDER
    return (
        write_working(tables, place / f"{name}.xlsx", facts, sources),
        write_published(tables, place / f"{name}_publicerad.xlsx", facts, sources),
    )


def period_of(tables: Mapping[str, DisclosedTable]) -> str:
    """Return the last month that the tables report, as 2024-12, as the release is called."""
    ends = [
        pc.max(one.data["period_end"]).as_py()
        for name, one in tables.items()
        if name == "stratified"
    ]
    newest = max((end for end in ends if end is not None), default=None)
    return "empty" if newest is None else f"{newest - timedelta(days=1):%Y-%m}"


def write_working(
    tables: Mapping[str, DisclosedTable],
    path: Path,
    facts: Mapping[str, object],
    sources: Sequence[Mapping[str, str]] = (),
) -> Path:
    """Write the working file and return its path: a sheet a form, with filters and fixed heads.

    Rows are written one by one and never held together, beside the file and nowhere else.

    Parameters
    ----------
    tables
        The disclosed tables by form: those of a release, or one unit's own.
    path
        The file; its folder is made if it is not there.
    facts
        What is to be known of the run: ``run_id``, ``as_of``, ``region_name``, ``synthetic``; and
        ``unit_code`` if the tables are one unit's own.
    sources
        Each with ``title``, and where known ``path`` and ``licence``.
    """
    held = sheets(tables, of_unit="unit_code" in facts)
    path.parent.mkdir(exist_ok=True)
    options = {**SAFE, "constant_memory": True, "tmpdir": str(path.parent)}
    with _book(path, options, facts) as (book, formats):
        pages.cover(book, formats, held, facts, pages.WORKING)
        for one in held:
            sheet = book.add_worksheet(one.name)
            _head(sheet, formats, one, 0)
            _rows(sheet, formats, one, 1)
            sheet.freeze_panes(1, sum(c.column.name in NAMED_FIRST for c in one.columns) or 1)
            sheet.autofilter(0, 0, max(one.rows.num_rows, 1), len(one.columns) - 1)
        _around(book, formats, held, sources)
    return path


def write_published(
    tables: Mapping[str, DisclosedTable],
    path: Path,
    facts: Mapping[str, object],
    sources: Sequence[Mapping[str, str]] = (),
) -> Path:
    """Write the published file and return its path: one marked table a sheet, no merged cells.

    It is made to be read aloud: a title, a note and a table that bears its form's name. It has
    neither filters nor fixed panes, which the guidance for published spreadsheets advises against.

    Parameters
    ----------
    tables, path, facts, sources
        As `write_working` takes them.

    References
    ----------
    Analysis Function (UK), Releasing statistics in spreadsheets.
    """
    held = sheets(tables, to_publish=True)
    path.parent.mkdir(exist_ok=True)
    with _book(path, {**SAFE, "in_memory": True}, facts) as (book, formats):
        pages.cover(book, formats, held, facts, pages.PUBLISHED)
        for one in held:
            sheet = book.add_worksheet(one.name)
            title = formats.text("title")
            write_text(sheet, 0, 0, f"{one.form.code} {one.form.label.sv}", formats, title)
            write_text(sheet, 1, 0, _note(one), formats)
            _marked(sheet, formats, one)
            _rows(sheet, formats, one, TABLE_AT + 1)
        _around(book, formats, held, sources)
    return path


@contextmanager
def _book(
    path: Path, options: Mapping[str, Any], facts: Mapping[str, object]
) -> Iterator[tuple[Workbook, Formats]]:
    """Open a workbook that is dated by its run and not by the clock."""
    with Workbook(str(path), dict(options)) as book:
        day = date.fromisoformat(str(facts.get("as_of", "2000-01-01")))
        words = f"Körning {facts.get('run_id', '')}"
        created = datetime.combine(day, time())
        book.set_properties({"title": pages.TITLE, "comments": words, "created": created})
        yield book, Formats(book)


def _head(sheet: Worksheet, formats: Formats, table: SheetTable, row: int) -> None:
    _size_head(sheet, table, row)
    for place, one in enumerate(table.columns):
        write_text(sheet, row, place, one.heading, formats, formats.text("head", **HEAD))


def _size_head(sheet: Worksheet, table: SheetTable, row: int) -> None:
    """Make columns as wide as what is in them, and the head as high as its longest words."""
    widths = [_width(one.column) for one in table.columns]
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    lines = [
        ceil(BROKEN * len(one.heading) / width)
        for one, width in zip(table.columns, widths, strict=True)
    ]
    sheet.set_row(row, LINE_HEIGHT * min(max(lines, default=1), MOST_LINES))


def _width(column: Column) -> int:
    if column.name in ("indicator_id", "geography_code"):
        return NUMBER_WIDTH
    if column.name.endswith("_name_sv"):
        return NAME_WIDTH
    return WIDTHS.get(column.type, NUMBER_WIDTH)


def _rows(sheet: Worksheet, formats: Formats, table: SheetTable, first: int) -> None:
    patterns_of = patterns(tuple(one.column for one in table.columns))
    rows = zip(table.values(), table.units(), strict=True)
    for number, (row, measure) in enumerate(rows, start=first):
        shown = patterns_of(measure)
        for place, value in enumerate(row):
            if value is not None:
                write_cell(sheet, number, place, value, shown[place], formats)


def _marked(sheet: Worksheet, formats: Formats, table: SheetTable) -> None:
    _size_head(sheet, table, TABLE_AT)
    head = formats.text("head", **HEAD)
    sheet.add_table(
        TABLE_AT,
        0,
        TABLE_AT + table.rows.num_rows,
        len(table.columns) - 1,
        {
            "name": f"{table.form.code}_{table.form.name}",
            "autofilter": False,
            "style": "Table Style Light 1",
            "columns": [{"header": one.heading, "header_format": head} for one in table.columns],
            "title": table.form.label.sv,
            "description": _note(table),
        },
    )


def _note(table: SheetTable) -> str:
    return (
        f"En tabell med {table.rows.num_rows} rader och {len(table.columns)} kolumner. "
        "Tomma celler: se kolumnen om varför ett värde inte redovisas."
    )


def _around(
    book: Workbook,
    formats: Formats,
    tables: Sequence[SheetTable],
    sources: Sequence[Mapping[str, str]],
) -> None:
    pages.dictionary(book, formats, tables)
    pages.codes(book, formats, tables)
    pages.sources(book, formats, sources)
