"""Figures by place, period and measure, read from the sheets of a published workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.sources.workbooks.accounts import Account, Ledger
from equity_pipeline.sources.workbooks.figures import Figure, Scale, Unreadable, count_of, share_of
from equity_pipeline.sources.workbooks.headings import Found, Headings, at, find_table, plain
from equity_pipeline.sources.workbooks.manner import Edition, Manner
from equity_pipeline.sources.workbooks.places import Gazetteer, Place
from equity_pipeline.sources.workbooks.workbook import Cell, Sheet

MANY = 5  # so many figures, all at most 1, are no per cent
FILTERS = ("profession", "contact_form", "ownership")
PLACE, PERIOD, MEASURE, VALUE, N = "place", "period", "measure", "value", "n"
MEASURED = "measure:"  # before the code of a measure that has a column of its own
Sought = tuple[str, Cell, dt.date | None]


@dataclass(frozen=True, slots=True)
class PlaceFigure:
    """One published figure; ``n`` is the number behind it where it is told."""

    measure_code: str
    place: Place
    period_start: dt.date
    period_end: dt.date
    sex_group: str
    figure: Figure
    n: int | None = None

    @property
    def key(self) -> tuple[str, str, str, dt.date, str]:
        """Return what may stand once."""
        place = self.place.unit_code if self.place.kind == "unit" else self.place.code
        return self.measure_code, self.place.kind, place, self.period_start, self.sex_group


def read_figures(
    sheets: Sequence[Sheet], manner: Manner, file: str
) -> tuple[tuple[PlaceFigure, ...], Account]:
    """Return the figures of a workbook and the account of every one of them.

    Raises
    ------
    ConfigurationError
        The scale of an edition that the workbook has figures of is not declared.
    SourceError
        No sheet holds a table by the declared words, or the figures contradict their scale.
    """
    ledger: Ledger[PlaceFigure] = Ledger(file)
    for sheet in sheets:
        _read_sheet(sheet, manner, ledger)
    if len(ledger.unread) + len(ledger.hidden) == len(sheets):
        raise SourceError(
            "No sheet has a table by the declared words.",
            where=file,
            mend="compare the headings of the workbook with `words` and `measures` of the source",
        )
    _weigh(ledger, manner)
    return ledger.close(lambda one: one.key)


def _read_sheet(sheet: Sheet, manner: Manner, ledger: Ledger[PlaceFigure]) -> None:
    if sheet.is_hidden:
        ledger.hidden.append(sheet.name)
        return
    found = _table(sheet, manner)
    if found is None:
        ledger.unread.append(sheet.name)
        return
    ledger.unknown.extend([*found.unknown, *_beside(found, manner)])
    for number, row in found.body:
        if any(one.text or one.is_unfinished for one in row):  # an empty row holds no figure
            _read_row(found, number, row, manner, ledger)


def _table(sheet: Sheet, manner: Manner) -> Found | None:
    said = {f"{MEASURED}{code}": words for code, words in manner.measures.items()}
    periods = frozenset() if manner.year is not None else frozenset({PERIOD})
    return find_table(
        sheet,
        Headings(
            words={**manner.words, **said},
            required=frozenset({PLACE}) | periods,
            one_of=frozenset({*said, VALUE}),
            period_of=None if manner.year is not None else manner.period_of,
            required_wide=frozenset({PLACE}),
        ),
    )


def _sought(found: Found, row: Sequence[Cell], manner: Manner) -> Iterator[Sought]:
    """Yield measure, cell and period of each figure that a row holds; "" is an unclear measure."""
    if found.periods:
        told = _told_measure(found, row, manner)
        for place, period in found.periods.items():
            yield told if told is not None else _above(found, place, manner), at(row, place), period
        return
    first = _row_period(found, row, manner)
    if VALUE in found.columns:
        yield _told_measure(found, row, manner) or "", found.cell(row, VALUE), first
        return
    for name, place in found.columns.items():
        if name.startswith(MEASURED):
            yield name.removeprefix(MEASURED), at(row, place), first


def _beside(found: Found, manner: Manner) -> list[str]:
    """Return measures with a column of their own where each row is of one measure: not read."""
    counts = {f"{MEASURED}{one}" for one in manner.counts}
    own = [name for name in found.columns if name.startswith(MEASURED) and name not in counts]
    return [name.removeprefix(MEASURED) for name in own] if VALUE in found.columns else []


def _row_period(found: Found, row: Sequence[Cell], manner: Manner) -> dt.date | None:
    if PERIOD in found.columns:
        return manner.period_of(found.cell(row, PERIOD).value)
    return None if manner.year is None else dt.date(manner.year, 1, 1)


def _told_measure(found: Found, row: Sequence[Cell], manner: Manner) -> str | None:
    if MEASURE not in found.columns:
        return None
    return manner.measure_called(found.cell(row, MEASURE).text) or ""


def _above(found: Found, place: int, manner: Manner) -> str:
    """Return the measure that the heading over a column names, else the one named anywhere."""
    for over in reversed(found.above):
        code = manner.measure_called(at(over, place).text)
        if code is not None:
            return code
    texts = [cell.text for row in found.above for cell in row] + [found.sheet]
    named = {manner.measure_called(text) for text in texts} - {None}
    (only,) = named if len(named) == 1 else ("",)
    return only or ""


def _read_row(
    found: Found, number: int, row: Sequence[Cell], manner: Manner, ledger: Ledger[PlaceFigure]
) -> None:
    sought = list(_sought(found, row, manner))
    try:
        whose = _whose(found, row, sought, manner)
    except Unreadable as fault:
        ledger.refuse(fault.reason, found.sheet, number, max(len(sought), 1))
        return
    for one in sought:
        try:
            n = _n(found, row, one[0], manner, is_alone=len(sought) == 1)
            ledger.take(_place_figure(one, whose, n, manner), found.sheet, number)
        except Unreadable as fault:
            ledger.refuse(fault.reason, found.sheet, number)


def _whose(
    found: Found, row: Sequence[Cell], sought: Sequence[Sought], manner: Manner
) -> tuple[Place, str, str]:
    """Return the place, the sex and the parts that a row is of."""
    is_bare = not any(cell.text or cell.is_unfinished for _, cell, _ in sought)
    if is_bare and _is_note(row):
        raise Unreadable("note")
    place = _place(found, row, manner.gazetteer)
    return place, _sex(found, row, manner), _suffix(found, row, manner)


def _place_figure(
    sought: Sought, whose: tuple[Place, str, str], n: int | None, manner: Manner
) -> PlaceFigure:
    (code, cell, first), (place, sex, suffix) = sought, whose
    if not code:
        raise Unreadable("measure_unclear")
    if first is None:
        raise Unreadable("period_unreadable")
    edition = manner.edition(first)
    return PlaceFigure(
        f"{code}{suffix}@{edition.version}" if edition.version else f"{code}{suffix}",
        place,
        first,
        manner.period_end(first),
        sex,
        _figure(code, cell, edition, manner),
        n,
    )


def _n(
    found: Found, row: Sequence[Cell], code: str, manner: Manner, *, is_alone: bool
) -> int | None:
    """Return the number behind a figure: from its own column, or the row's where it is alone."""
    shared = [N, *(f"{MEASURED}{one}" for one in manner.counts)] if is_alone else []
    for name in (f"{N}:{code}", *shared):
        if name in found.columns and name != f"{MEASURED}{code}":
            return count_of(found.cell(row, name), manner.writing)
    return None


def _is_note(row: Sequence[Cell]) -> bool:
    return sum(bool(cell.text) for cell in row if not cell.is_spread) <= 1


def _figure(code: str, cell: Cell, edition: Edition, manner: Manner) -> Figure:
    if code not in manner.counts:
        return share_of(cell, _declared(edition), manner.writing)
    count = count_of(cell, manner.writing)
    if count is None:
        return Figure(None, manner.writing.marked(cell) or "not_reported")
    return Figure(float(count))


def _declared(edition: Edition) -> Scale:
    if edition.scale is None:
        raise ConfigurationError(
            "Whether figures are 0-1, 0-100 or text with a sign of per cent is not declared"
            f"{f' for {edition.version}' if edition.version else ''}.",
            where="scale of the source in [sources]",
            mend="open the workbook, look, and set it to share, percent or percent_text",
        )
    return edition.scale


def _place(found: Found, row: Sequence[Cell], gazetteer: Gazetteer) -> Place:
    return gazetteer.place(
        found.cell(row, "place").text,
        code=found.cell(row, "unit_code").text,
        municipality=found.cell(row, "municipality").text,
    )


def _sex(found: Found, row: Sequence[Cell], manner: Manner) -> str:
    text = plain(found.cell(row, "sex").text)
    if "sex" not in found.columns or text in {plain(word) for word in manner.whole}:
        return "total"
    for code, words in manner.sexes.items():
        if text in {plain(word) for word in words}:
            return code
    raise Unreadable("sex_unknown")


def _suffix(found: Found, row: Sequence[Cell], manner: Manner) -> str:
    return "".join(_part(found, row, name, manner) for name in FILTERS)


def _part(found: Found, row: Sequence[Cell], name: str, manner: Manner) -> str:
    text = plain(found.cell(row, name).text)
    if name not in found.columns or text in {plain(word) for word in manner.whole}:
        return ""
    for code, words in manner.parts.items():
        if text in {plain(word) for word in words}:
            return f":{code}"
    raise Unreadable("part_undeclared")


def _weigh(ledger: Ledger[PlaceFigure], manner: Manner) -> None:
    for edition in manner.editions:
        held = [
            one.figure.value
            for one, _, _ in ledger.entries
            if one.figure.value
            and manner.edition(one.period_start) == edition
            and one.measure_code.partition("@")[0].partition(":")[0] not in manner.counts
        ]
        if edition.scale == "percent" and len(held) >= MANY and max(held) <= 0.01:
            raise SourceError(
                "The figures are declared as 0-100, and none of them is above 1.",
                where=ledger.file,
                mend="set `scale` of the source to what the workbook has: most likely share",
            )
