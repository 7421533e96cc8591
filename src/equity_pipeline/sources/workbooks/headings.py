"""The table in a sheet: its header row found by declared words, nothing by its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.workbooks.workbook import EMPTY, Cell, Sheet

DEEPEST_HEADER = 60  # rows; titles and notes above a table are never more


@dataclass(frozen=True, slots=True)
class Headings:
    """The words that a column may be called by, and the fields that a table must have.

    Parameters
    ----------
    words
        Headings by field; capitals and spaces do not matter, all else does.
    required
        The fields without which a row is no header.
    one_of
        Fields of which a header must have one; empty for no such demand.
    period_of
        Reads a heading that is a period, for wide tables with a column for each; None for no such.
    required_wide
        The fields without which a row with periods is no header.
    """

    words: Mapping[str, Sequence[str]]
    required: frozenset[str]
    one_of: frozenset[str] = frozenset()
    period_of: Callable[[object], dt.date | None] | None = None
    required_wide: frozenset[str] = frozenset()

    def is_long(self, fields: frozenset[str]) -> bool:
        """Return whether fields make the header of a table with a row for each period."""
        return self.required <= fields and (not self.one_of or bool(self.one_of & fields))


@dataclass(frozen=True, slots=True)
class Found:
    """A table in a sheet.

    ``columns`` are places by field, ``periods`` places by period for a wide table, ``unknown``
    headings that no word declares, ``above`` the rows over the header, and ``body`` rows with
    their numbers in the sheet; ``first_day`` is the day 0 of the calendar.
    """

    sheet: str
    header_row: int
    columns: Mapping[str, int]
    periods: Mapping[int, dt.date]
    unknown: tuple[str, ...]
    above: tuple[tuple[Cell, ...], ...]
    body: tuple[tuple[int, tuple[Cell, ...]], ...]
    first_day: dt.date

    def cell(self, row: Sequence[Cell], field: str) -> Cell:
        """Return a row's cell of a field; an empty one where the table lacks the field."""
        return at(row, self.columns[field]) if field in self.columns else EMPTY


def plain(text: str) -> str:
    """Return a heading for comparing: one space, small letters, no colon or star at its end.

    Examples
    --------
    >>> plain("  Antal  svar *")
    'antal svar'
    """
    return " ".join(text.casefold().split()).rstrip(" :*")


def at(row: Sequence[Cell], place: int) -> Cell:
    """Return the cell at a place, an empty one beyond the end of the row."""
    return row[place] if place < len(row) else EMPTY


def find_table(sheet: Sheet, headings: Headings) -> Found | None:
    """Return the table of a sheet, or None where no row is a header by the declared words.

    Raises
    ------
    SourceError
        Two columns of the header are called by words of the same field.
    """
    meant = {plain(word): name for name, words in headings.words.items() for word in words}
    for number, row in enumerate(sheet.rows[:DEEPEST_HEADER], start=1):
        fields = {place: meant[key] for place, key in _keys(row) if key in meant}
        named = frozenset(fields.values())
        if headings.is_long(named):
            return _found(sheet, number, row, fields, {})
        periods = _periods(row, headings)
        if periods and headings.required_wide <= named:
            return _found(sheet, number, row, fields, periods)
    return None


def _found(
    sheet: Sheet,
    number: int,
    row: Sequence[Cell],
    fields: Mapping[int, str],
    periods: Mapping[int, dt.date],
) -> Found:
    columns: dict[str, int] = {}
    for place, name in fields.items():
        if name in columns:
            raise _twice(sheet, number, at(row, place).text)
        columns[name] = place
    if len(set(periods.values())) < len(periods) and not _is_grouped(sheet.rows[: number - 1]):
        raise _twice(sheet, number, "the same month")
    known = fields.keys() | periods.keys()
    return Found(
        sheet=sheet.name,
        header_row=number,
        columns=columns,
        periods=periods,
        unknown=tuple(one.text for place, one in enumerate(row) if one.text and place not in known),
        above=sheet.rows[: number - 1],
        body=tuple(enumerate(sheet.rows[number:], start=number + 1)),
        first_day=sheet.first_day,
    )


def _is_grouped(above: Sequence[Sequence[Cell]]) -> bool:
    return any(one.is_spread for row in above for one in row)


def _keys(row: Sequence[Cell]) -> list[tuple[int, str]]:
    return [(place, plain(one.text)) for place, one in enumerate(row) if one.text]


def _periods(row: Sequence[Cell], headings: Headings) -> dict[int, dt.date]:
    if headings.period_of is None:
        return {}
    read = {place: headings.period_of(one.value) for place, one in enumerate(row) if one.text}
    return {place: period for place, period in read.items() if period is not None}


def _twice(sheet: Sheet, number: int, what: str) -> SourceError:
    return SourceError(
        f"Two columns of the table mean the same: {what}.",
        where=f"sheet {sheet.name!r}, row {number}",
        mend="take one of the two words out of the source's `words` in [sources]",
    )
