"""How one cell is written: text as text, numbers as numbers with a format, nothing where hidden."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from equity_pipeline.extracts.decision_cells import FORMULA_SIGNS
from equity_pipeline.vocabulary import Column

DAY = "yyyy-mm-dd"
PERCENT, WHOLE, ONE, TWO, YEAR = "0.0%", "#,##0", "#,##0.0", "0.00", "0"
#: a decimal says nothing of what is counted in hundreds: 1 145, but 11,4
BY_SIZE = f"[>=100]{WHOLE};[<=-100]-{WHOLE};{ONE}"
#: how values in the indicator's own unit are shown
BY_MEASURE = {"percent": PERCENT, "sek": WHOLE, "sek_per_1000": WHOLE, "persons": WHOLE}
BY_MEASURE |= {"index": TWO, "ratio": TWO}
BY_UNIT = {
    "share": PERCENT, "SEK": WHOLE, "ratio": TWO, "probability": "0.000", "p": "0.000",
    "year": YEAR, "index": "0.0000", "variance": "0.0000", "days": ONE, "rank": ONE,
}  # fmt: skip
IN_MEASURE = ("indicator", "indicator per year", "item")
QUOTED = "quoted"
LONGEST_TEXT = 32_767  # Excel's own limit


class Formats:
    """The formats of one workbook, each made once."""

    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._held: dict[str, Format] = {}

    def number(self, pattern: str) -> Format:
        """Return the format of numbers with a pattern."""
        return self._made(pattern, {"num_format": pattern})

    def text(self, name: str, **properties: Any) -> Format:
        """Return a format of text by a name of ours."""
        return self._made(name, properties)

    def _made(self, name: str, properties: dict[str, Any]) -> Format:
        if name not in self._held:
            self._held[name] = self._book.add_format(properties)
        return self._held[name]


def pattern_of(column: Column, measure: str | None) -> str:
    """Return the pattern that a number is shown with; Excel puts in the reader's own signs.

    Parameters
    ----------
    column
        Its column.
    measure
        The unit of measure of its row.

    Examples
    --------
    >>> from equity_pipeline.vocabulary import vocabulary
    >>> pattern_of(vocabulary().column("gap_harm"), "percent")
    '0.0%'
    >>> pattern_of(vocabulary().column("n_denominator"), "percent")
    '#,##0'
    >>> pattern_of(vocabulary().column("gap_harm"), "per_1000")
    '[>=100]#,##0;[<=-100]-#,##0;#,##0.0'
    """
    if column.type in ("BIGINT", "INTEGER", "SMALLINT"):
        return YEAR if column.unit == "year" else WHOLE
    if column.unit in IN_MEASURE:
        return BY_MEASURE.get(measure or "", BY_SIZE)
    if column.unit in BY_UNIT:
        return BY_UNIT[column.unit]
    return f"0.{'0' * (column.decimals or 2)}"


def write_cell(
    sheet: Worksheet, row: int, place: int, value: Any, pattern: str, formats: Formats
) -> None:
    """Write a value; what is missing, or is no number, stays an empty cell.

    Text is never taken for a formula, a number or a link, whatever it begins with.

    Examples
    --------
    >>> import tempfile
    >>> book = Workbook(tempfile.mktemp())
    >>> write_cell(book.add_worksheet(), 0, 0, "=1+1", ONE, Formats(book)); book.close()
    """
    if value is None:
        return
    if isinstance(value, str):
        if value:
            write_text(sheet, row, place, value, formats)
    elif isinstance(value, bool):
        sheet.write_boolean(row, place, value)
    elif isinstance(value, date):
        sheet.write_datetime(row, place, value, formats.number(DAY))
    elif math.isfinite(value):
        sheet.write_number(row, place, value, formats.number(pattern))


def write_text(
    sheet: Worksheet,
    row: int,
    place: int,
    value: str,
    formats: Formats,
    style: Format | None = None,
) -> None:
    """Write text; one that begins like a formula is marked as text for careless programs too."""
    if value.startswith(FORMULA_SIGNS):
        style = formats.text(QUOTED, quote_prefix=True)
    sheet.write_string(row, place, value[:LONGEST_TEXT], style)


def patterns(columns: tuple[Column, ...]) -> Callable[[str | None], tuple[str, ...]]:
    """Return what gives the patterns of a row by its unit of measure."""
    held: dict[str | None, tuple[str, ...]] = {}

    def of(measure: str | None) -> tuple[str, ...]:
        if measure not in held:
            held[measure] = tuple(pattern_of(one, measure) for one in columns)
        return held[measure]

    return of
