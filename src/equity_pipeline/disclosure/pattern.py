"""What a release showed and hid, kept so that the next of the same period shows no difference.

What was hidden stays hidden. A count that was shown and has changed by fewer than the smallest
count would tell, side by side with the old one, of exactly those: it is hidden now, whether it
counts persons or, as some that are published do, their contacts.
A quarter that was hidden with another, so that their year tells of neither, must have room in the
next window as well: that year stands in the earlier release alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.dominance import Floats
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags, Persons

COUNTED = ("n", "n_with", "n_without")
PUBLISHED = ("denominator", "numerator")  # as the forms show them: of persons, or of contacts
PATTERN = pa.schema(
    [(name, pa.date32() if name.startswith("period_") else pa.string()) for name in Cell._fields]
    + [("is_hidden", pa.bool_())]
    + [(name, pa.int64()) for name in COUNTED]
    + [(name, pa.float64()) for name in PUBLISHED]
)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What earlier releases ask of each cell.

    Attributes
    ----------
    hidden
        Cells that one of them hid.
    moved
        Cells that one of them showed with a count a few away.
    leaned_on
        Cells that one of them hid, and of whom it told over a time that overlaps theirs and that
        is not told of now: what protects another there must not be computed here.
    known
        Cells that one of them showed with the counts of now: to hide them protects nothing.
    """

    hidden: Flags
    moved: Flags
    leaned_on: Flags
    known: Flags


def pattern(
    cells: Sequence[Cell], persons: Persons, hidden: Flags, published: Floats | None = None
) -> pa.Table:
    """Return what a release shows and hides; for the internal folder only.

    Parameters
    ----------
    cells, persons
        The cells, and who is in them.
    hidden
        Which are hidden.
    published
        The denominator and the numerator that the forms tell of each (cells, 2); NaN for none.

    Returns
    -------
    pyarrow.Table
        A row a cell with its key; the counts of a cell that is shown, none of a hidden one.

    Examples
    --------
    >>> from datetime import date
    >>> day, n = date(2024, 1, 1), np.array([90, 7])
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", sex) for sex in ("all", "female")]
    >>> made = pattern(cells, Persons(n, n, n, *(n > 0,) * 3), n < 20)
    >>> made["is_hidden"].to_pylist(), made["n"].to_pylist()
    ([False, True], [90, None])
    """
    counts = (persons.n, persons.n_with, persons.n_without)
    keys = list(zip(*cells, strict=True)) or [()] * len(Cell._fields)
    columns = [
        *(
            pa.array(key, PATTERN.field(name).type)
            for name, key in zip(Cell._fields, keys, strict=True)
        ),
        pa.array(hidden, pa.bool_()),
        *(pa.array(values, pa.int64(), mask=hidden) for values in counts),
        *(pa.array(told, mask=hidden | np.isnan(told)) for told in _told(published, len(cells))),
    ]
    return pa.Table.from_arrays(columns, schema=PATTERN)


def _told(published: Floats | None, n_cells: int) -> Floats:
    return np.full((2, n_cells), np.nan) if published is None else published.T


def against(
    earlier: pa.Table,
    cells: Sequence[Cell],
    persons: Persons,
    policy: DisclosurePolicy,
    published: Floats | None = None,
) -> Earlier:
    """Return what earlier releases ask of cells.

    Parameters
    ----------
    earlier
        Patterns of earlier releases, one below the other.
    cells, persons
        The cells now, and who is in them.
    policy
        The smallest count that may be told.
    published
        The denominator and the numerator that the forms tell of each now (cells, 2).

    Examples
    --------
    >>> from datetime import date
    >>> day, n = date(2024, 1, 1), np.array([90, 7])
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", sex) for sex in ("all", "female")]
    >>> held = Persons(n, n, n, *(n > 0,) * 3)
    >>> more = Persons(n + 1, n, n, *(n > 0,) * 3)
    >>> asked = against(pattern(cells, held, n < 20), cells, more, DisclosurePolicy())
    >>> asked.hidden.tolist(), asked.moved.tolist()
    ([False, True], [True, False])
    """
    place = {cell: number for number, cell in enumerate(cells)}
    keys = [
        Cell(*key)
        for key in zip(*(earlier[name].to_pylist() for name in Cell._fields), strict=True)
    ]
    row = np.fromiter((place.get(key, -1) for key in keys), np.int64)
    hid = np.array(earlier["is_hidden"].to_pylist(), bool)
    hidden, moved, known = (np.zeros(len(cells), bool) for _ in range(3))
    hidden[row[(row >= 0) & hid]] = True
    told = np.flatnonzero((row >= 0) & ~hid)
    before = _counts(*(_numbers(earlier, name)[told] for name in (*COUNTED, *PUBLISHED)))
    counts = (persons.n, persons.n_with, persons.n_without)
    now = _counts(*(values[row[told]] for values in (*counts, *_told(published, len(cells)))))
    always = np.ones(len(cells), bool)
    yes, no = persons.counts_with, persons.counts_without
    applies = np.array([always, yes, no, always, always, no])[:, row[told]]
    apart = np.where(applies, np.abs(now - before), 0.0)
    few = (apart > 0) & (apart < policy.smallest_count)
    moved[row[told[few.any(axis=0)]]] = True
    new = applies & np.isnan(before) & ~np.isnan(now)
    known[row[told[~((apart > 0) | new).any(axis=0)]]] = True
    gone = (keys[number] for number in np.flatnonzero(row < 0))
    return Earlier(hidden, moved, hidden & _overlapping(cells, hidden, gone), known & ~hidden)


def _numbers(table: pa.Table, name: str) -> Floats:
    return np.asarray(table[name].to_numpy(), np.float64)


def _counts(n: Floats, yes: Floats, no: Floats, denominator: Floats, numerator: Floats) -> Floats:
    """Return all that a reader can take the difference of, a row each."""
    return np.array([n, yes, no, denominator, numerator, denominator - numerator], np.float64)


def _overlapping(cells: Sequence[Cell], of: Flags, gone: Iterable[Cell]) -> Flags:
    """Return which cells share days with a cell of the same people that is not told of now."""
    spans: dict[Cell, set[tuple[date, date]]] = defaultdict(set)
    for cell in gone:
        spans[_at_any_time(cell)].add((cell.period_start, cell.period_end))
    found = np.zeros(len(cells), bool)
    for number in np.flatnonzero(of).tolist():
        cell = cells[number]
        found[number] = any(
            start < cell.period_end and cell.period_start < end
            for start, end in spans.get(_at_any_time(cell), ())
        )
    return found


def _at_any_time(cell: Cell) -> Cell:
    return cell._replace(period_start=date.min, period_end=date.min)
