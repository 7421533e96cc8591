"""The workbook in which people judge: candidates pre-filled, computed columns locked, lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from equity_pipeline.errors import DeliveryRefused
from equity_pipeline.extracts.decision_cells import (
    COMPUTED,
    FORMULA_SIGNS,
    WRITTEN,
    bounds,
    choices,
    heading,
    shown,
)
from equity_pipeline.vocabulary import vocabulary

SHEET, GUIDE, LISTS = "Ärenden", "Läs mig", "Listor"
RUN_CELL, FIRST_ROW = "B2", 2
MOST_ROWS, WIDTH = 20_000, 22
GREY = PatternFill("solid", fgColor="EEEEEE")
INSTRUCTION = (
    "Grå kolumner är ifyllda av systemet och låsta. Skriv i de vita kolumnerna.",
    "Systemet föreslår kandidater; människor bedömer. Ordet omotiverad skrivs bara av granskare.",
    "Två granskare av olika kompetens krävs för bedömningen omotiverad eller troligen omotiverad.",
    "För bedömningen krävs också: stöd för nyttan med källa, prövad medicinsk förklaring, prövade "
    "önskemål, den etiska plattformen, och hur många som berörs och hur allvarligt det är.",
    "Graderingen A-E och betydelseklassen räknas fram vid inläsningen och skrivs aldrig in.",
    "Innan ett ärende blir Beslutad ska de fem jämlikhetskonsekvenserna, rekommendation, nivå, "
    "ansvarig funktion, diarienummer (som 2024-POL000185), beslutande organ, dag, mål och sista "
    "dag för återrapportering vara ifyllda.",
    "Ett ärende blir inte Klar utan resultat, och inte utan orsak om målet inte är nått.",
    "Minsta minskning som data kan visa: en verklig minskning av den storleken syns minst 9 gånger "
    "av 10 den dag som står bredvid.",
    "Granskarnas och ansvarigas namn sparas internt och publiceras aldrig. Skriv inga "
    "personuppgifter om patienter.",
    "Läs in med: equity decisions import FIL. Alla fel visas på en gång med blad, rad och kolumn. "
    "Inget skrivs över: varje inläsning ger en ny version.",
)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row of the workbook as it is in the file: its number, values and which are formulas."""

    number: int
    values: Mapping[str, Any]
    formulas: frozenset[str]


@dataclass(frozen=True, slots=True)
class Judgements:
    """A workbook as read: the run that it was made from, and its rows."""

    run_id: str
    rows: tuple[SheetRow, ...]


def write_workbook(path: Path, rows: Iterable[Mapping[str, Any]], run_id: str) -> Path:
    """Write the workbook and return its path.

    Parameters
    ----------
    path
        The file; its folder exists.
    rows
        A row a case: the columns of ``COMPUTED`` and of ``WRITTEN``, and ``unit_of_measure``.
    run_id
        The run whose figures stand in it.
    """
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    _guide(book, run_id)
    held = list(rows)
    _headings(sheet)
    for number, row in enumerate(held, start=FIRST_ROW):
        _row(sheet, number, row)
    _validated(book, sheet, max(len(held), 1))
    sheet.freeze_panes = "C2"
    for one in book.worksheets:
        one.protection.sheet = True
        one.protection.formatColumns = False
    book.save(path)
    return path


def expected(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the locked columns of a case hold in the workbook."""
    return {name: _plain(shown(name, row.get(name))) for name in COMPUTED}


def read_workbook(path: Path) -> Judgements:
    """Return the rows of a workbook that `write_workbook` made and people filled.

    Raises
    ------
    DeliveryRefused
        If the file is no workbook, or a sheet or heading is not there.
    """
    book = _opened(path)
    lacking = [name for name in (SHEET, GUIDE) if name not in book.sheetnames]
    if lacking:
        raise _refused(path, f"It has no sheet {' or '.join(lacking)}.")
    sheet = book[SHEET]
    places = _places(sheet, path)
    if sheet.max_row > MOST_ROWS:
        raise _refused(path, f"It has more than {MOST_ROWS} rows.")
    rows = [
        _read_row(number, cells, places)
        for number, cells in enumerate(sheet.iter_rows(min_row=FIRST_ROW), start=FIRST_ROW)
        if any(cell.value is not None for cell in cells)
    ]
    return Judgements(str(book[GUIDE][RUN_CELL].value or ""), tuple(rows))


def place_of(row: int, name: str) -> str:
    """Return where a cell is, as people find it.

    Examples
    --------
    >>> place_of(7, "verdict")
    'sheet Ärenden, row 7, column Granskarnas bedömning'
    """
    return f"sheet {SHEET}, row {row}, column {heading(name)}"


def _opened(path: Path) -> Workbook:
    try:
        return openpyxl.load_workbook(path)
    except FileNotFoundError:
        raise _refused(path, "The file is not there.") from None
    except (InvalidFileException, BadZipFile, KeyError, ValueError, OSError, EOFError):
        raise _refused(path, "The file is no workbook.") from None


def _refused(path: Path, what: str) -> DeliveryRefused:
    return DeliveryRefused(
        f"The decisions cannot be read. {what}",
        where=str(path),
        mend="write a new workbook with `equity decisions export` and fill it in",
    )


def _places(sheet: Worksheet, path: Path) -> dict[str, int]:
    found = {cell.value: place for place, cell in enumerate(sheet[1])}
    lacking = [heading(name) for name in (*COMPUTED, *WRITTEN) if heading(name) not in found]
    if lacking:
        raise _refused(path, f"Sheet {SHEET}, row 1 lacks the columns: {'; '.join(lacking)}.")
    return {name: found[heading(name)] for name in (*COMPUTED, *WRITTEN)}


def _read_row(number: int, cells: Sequence[Any], places: Mapping[str, int]) -> SheetRow:
    values = {name: cells[place].value for name, place in places.items()}
    formulas = {name for name, place in places.items() if cells[place].data_type == "f"}
    return SheetRow(number, {n: _plain(v) for n, v in values.items()}, frozenset(formulas))


def _plain(value: Any) -> Any:
    return value.date() if hasattr(value, "date") and callable(value.date) else value


def _guide(book: Workbook, run_id: str) -> None:
    guide = book.create_sheet(GUIDE)
    guide["A1"], guide["A2"] = "Bedömning av skillnader i vården", "Körning"
    guide["A1"].font = Font(bold=True, size=14)
    _fill(guide[RUN_CELL], run_id)
    for number, line in enumerate(INSTRUCTION, start=4):
        guide.cell(number, 1, line).alignment = Alignment(wrap_text=True, vertical="top")
    guide.column_dimensions["A"].width = 100


def _headings(sheet: Worksheet) -> None:
    for place, name in enumerate((*COMPUTED, *WRITTEN), start=1):
        cell = sheet.cell(1, place, heading(name))
        cell.font = Font(bold=True)
        cell.fill = GREY
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(place)].width = WIDTH


def _row(sheet: Worksheet, number: int, row: Mapping[str, Any]) -> None:
    is_share = row.get("unit_of_measure") == "percent"
    for place, name in enumerate((*COMPUTED, *WRITTEN), start=1):
        cell = sheet.cell(number, place)
        _fill(cell, shown(name, row.get(name)))
        column = vocabulary().column(name)
        if is_share and column.unit == "indicator":
            cell.number_format = "0.0%"
        if column.type == "DATE":
            cell.number_format = "yyyy-mm-dd"
        if name in WRITTEN:
            cell.protection = Protection(locked=False)
        else:
            cell.fill = GREY


def _fill(cell: Any, value: Any) -> None:
    """Put a value in a cell; text is text, whatever sign it begins with."""
    cell.value = value
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS) and isinstance(cell, Cell):
        cell.data_type = "s"
        cell.quotePrefix = True


def _validated(book: Workbook, sheet: Worksheet, n: int) -> None:
    lists = book.create_sheet(LISTS)
    lists.sheet_state = "hidden"
    for place, name in enumerate(WRITTEN, start=1):
        rule = _rule(lists, place, name)
        if rule is not None:
            letter = get_column_letter(len(COMPUTED) + place)
            rule.add(f"{letter}{FIRST_ROW}:{letter}{FIRST_ROW + n - 1}")
            sheet.add_data_validation(rule)


def _rule(lists: Worksheet, place: int, name: str) -> DataValidation | None:
    words, limits = list(choices(name)), bounds(name)
    if words:
        for number, word in enumerate(words, start=1):
            lists.cell(number, place, word)
        letter = get_column_letter(place)
        where = f"{LISTS}!${letter}$1:${letter}${len(words)}"
        rule = DataValidation(type="list", formula1=where, allow_blank=True)
    elif limits is not None:
        least, most = limits
        rule = DataValidation(
            type="whole", operator="between", formula1=str(least), formula2=str(most)
        )
    elif vocabulary().column(name).type == "DATE":
        rule = DataValidation(type="date", operator="greaterThan", formula1="36526")
    else:
        return None
    rule.error, rule.errorTitle = "Välj i listan eller skriv ett tillåtet värde.", heading(name)
    rule.showErrorMessage = True
    return rule
