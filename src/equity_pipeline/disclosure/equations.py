"""What adds up to what among the published cells: the equations that an attacker would subtract.

Five kinds: the levels of a dimension sum to the total, the sexes of a cell sum to the cell, the
places of a larger place sum to it, the units of an ownership or a financing to the region's cell of
it, and the shorter periods that tile a longer one sum to it. What
a total holds beyond its published levels (persons outside the dimension's population) is kept as
the *rest* of the equation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import (
    FLAT,
    NO_KINDS,
    Cell,
    Nesting,
    UnitKinds,
    of_contrasts,
)
from equity_pipeline.disclosure.rules import (
    SHOWN,
    DisclosurePolicy,
    Flags,
    Ints,
    Persons,
    too_small,
)
from equity_pipeline.vocabulary import ALL, TOTAL

DAYS_IN_A_MONTH = 30.4


@dataclass(frozen=True, slots=True)
class Equations:
    """Many equations, an entry a cell: the members sum to the total, the rest filled up.

    Attributes
    ----------
    equation, cell, is_total
        One entry a cell in an equation: both numbers, and whether it is the total.
    has_total
        For each equation, whether its total is published.
    overlapping
        For each equation, whether one person may be in several members.
    rest_n, rest_with, rest_without
        Persons of the total that are in no published member.
    rest_hidden
        Whether the rest would itself be too small to show.
    block
        For each equation a number that those of one indicator, place and period share.
    absent
        For each equation whose total is not published the number of that total, which other
        equations may share; else -1.
    table
        For each cell a number that those of one indicator and period share.
    dear
        For each cell whether it is of a declared contrast: hidden to protect another only where
        the equation has nothing else to give.
    """

    equation: Ints
    cell: Ints
    is_total: Flags
    has_total: Flags
    overlapping: Flags
    rest_n: Ints
    rest_with: Ints
    rest_without: Ints
    rest_hidden: Flags
    block: Ints
    absent: Ints
    table: Ints
    dear: Flags

    @property
    def count(self) -> int:
        """Return how many equations there are."""
        return len(self.has_total)


class _Sum(NamedTuple):
    whole: Cell
    total: int | None
    members: tuple[int, ...]
    overlapping: bool


def equations(
    cells: Sequence[Cell],
    persons: Persons,
    policy: DisclosurePolicy,
    *,
    published: NDArray[np.float64] | None = None,
    nesting: Nesting = FLAT,
    of_kinds: UnitKinds = NO_KINDS,
) -> Equations:
    """Return every equation that holds among the cells.

    Parameters
    ----------
    cells
        Canonical keys, without repetition.
    persons
        The persons of each cell, in the same order.
    policy
        The limits, for the rest.
    published
        Columns ``n_denominator`` and ``n_numerator`` of each cell (NaN where absent), shape
        (cells, 2): a year is held against its quarters only where one of them adds up for the
        total; None holds every year against its quarters.
    nesting
        For the code of each place: what kind of place it is, and the code of the larger one.
    of_kinds
        For the code of each unit: its level of ownership and of financing.

    Examples
    --------
    >>> first, last = date(2024, 1, 1), date(2025, 1, 1)
    >>> cells = [Cell("VT01", first, last, "12", "total", "all", sex) for sex in
    ...          ("all", "female", "male")]
    >>> n = np.array([90, 50, 30])
    >>> made = equations(cells, Persons(n, n, n, *(np.zeros(3, bool),) * 3), DisclosurePolicy())
    >>> made.cell.tolist(), made.is_total.tolist(), made.rest_n.tolist()
    ([0, 1, 2], [True, False, False], [10])
    """
    index = {cell: number for number, cell in enumerate(cells)}
    sums = [*_sexes(index), *_levels(index), *_places(index, nesting)]
    sums += [*_kinds(index, nesting, of_kinds), *_periods(index, published)]
    sizes = np.array([len(_entries(one)) for one in sums], np.int64)
    equation = np.repeat(np.arange(len(sums)), sizes)
    cell = np.array([entry for one in sums for entry, _ in _entries(one)], np.int64)
    is_total = np.array([flag for one in sums for _, flag in _entries(one)], bool)
    sign = np.where(is_total, 1, -1)
    has_total = np.array([one.total is not None for one in sums], bool)

    def rest(values: Ints) -> Ints:
        left = np.bincount(equation, sign * values[cell], minlength=len(sums))
        return np.where(has_total, left, 0).astype(np.int64)

    n = rest(persons.n)
    overlapping = np.array([one.overlapping for one in sums], bool) | (n < 0)

    def left_over(values: Ints) -> Ints:
        return np.where(overlapping, 0, np.maximum(rest(values), 0))

    held = left_over(persons.n), left_over(persons.n_with), left_over(persons.n_without)
    small = too_small(_rest_persons(held, equation, cell, persons), policy) != SHOWN
    block = _blocks(cells, sums)
    of_cells = _absent(sums), _tables(cells), of_contrasts(cells)
    return Equations(
        equation, cell, is_total, has_total, overlapping, *held, small, block, *of_cells
    )


def _tables(cells: Sequence[Cell]) -> Ints:
    numbers: dict[tuple[object, ...], int] = {}
    return np.fromiter((numbers.setdefault(cell[:3], len(numbers)) for cell in cells), np.int64)


def _absent(sums: Sequence[_Sum]) -> Ints:
    numbers: dict[Cell, int] = {}
    found = (
        -1 if one.total is not None else numbers.setdefault(one.whole, len(numbers)) for one in sums
    )
    return np.fromiter(found, np.int64)


def _blocks(cells: Sequence[Cell], sums: Sequence[_Sum]) -> Ints:
    numbers: dict[tuple[object, ...], int] = {}
    firsts = (cells[_entries(one)[0][0]][:4] for one in sums)
    return np.array([numbers.setdefault(first, len(numbers)) for first in firsts], np.int64)


def _rest_persons(
    held: tuple[Ints, Ints, Ints], equation: Ints, cell: Ints, persons: Persons
) -> Persons:
    def of_first(flags: Flags) -> Flags:
        made = np.zeros(len(held[0]), bool)
        made[equation] = flags[cell]
        return made

    nobody = np.zeros(len(held[0]), bool)
    kinds = of_first(persons.counts_with), of_first(persons.counts_without)
    return Persons(held[0], held[1], held[2], *kinds, nobody)


def _entries(one: _Sum) -> list[tuple[int, bool]]:
    total = [] if one.total is None else [(one.total, True)]
    return total + [(member, False) for member in one.members]


def _sexes(index: Mapping[Cell, int]) -> Iterator[_Sum]:
    members: dict[Cell, list[int]] = defaultdict(list)
    for cell, number in index.items():
        if cell.strat2_level != ALL:
            members[cell._replace(strat2_level=ALL)].append(number)
    for whole, found in members.items():
        yield _Sum(whole, index.get(whole), tuple(found), False)


def _levels(index: Mapping[Cell, int]) -> Iterator[_Sum]:
    members: dict[tuple[Cell, str], list[int]] = defaultdict(list)
    for cell, number in index.items():
        if cell.dimension != TOTAL:
            whole = cell._replace(dimension=TOTAL, level=ALL)
            members[whole, cell.dimension].append(number)
    for (whole, _), found in members.items():
        yield _Sum(whole, index.get(whole), tuple(found), False)


def _places(index: Mapping[Cell, int], nesting: Nesting) -> Iterator[_Sum]:
    members: dict[tuple[Cell, str], list[int]] = defaultdict(list)
    for cell, number in index.items():
        if cell.geography_code in nesting:
            kind, code = nesting[cell.geography_code]
            while cell._replace(geography_code=code) not in index and code in nesting:
                code = nesting[code][1]  # a municipality that is not told of: the region then
            members[cell._replace(geography_code=code), kind].append(number)
    for (whole, _), found in members.items():
        yield _Sum(whole, index.get(whole), tuple(found), False)


def _kinds(index: Mapping[Cell, int], nesting: Nesting, of_kinds: UnitKinds) -> Iterator[_Sum]:
    members: dict[Cell, list[int]] = defaultdict(list)
    for cell, number in index.items():
        code = cell.geography_code
        if cell.dimension == TOTAL and code in nesting:
            region = nesting[code][1]
            for dimension, level in of_kinds.get(code, {}).items():
                whole = cell._replace(geography_code=region, dimension=dimension, level=level)
                members[whole].append(number)
    for whole, found in members.items():
        yield _Sum(whole, index.get(whole), tuple(found), False)


Span = tuple[date, date]


def _periods(index: Mapping[Cell, int], published: NDArray[np.float64] | None) -> Iterator[_Sum]:
    spans: dict[tuple[str, str], set[Span]] = defaultdict(set)
    for cell in index:
        spans[cell.indicator_id, cell.geography_code].add((cell.period_start, cell.period_end))
    tiles = {key: list(_tilings(found)) for key, found in spans.items()}
    for cell, number in index.items():
        for long, parts in tiles[cell.indicator_id, cell.geography_code]:
            if long != (cell.period_start, cell.period_end) or not _adds_up(
                cell, parts, index, published
            ):
                continue
            found = [index[part] for part in _in_spans(cell, parts) if part in index]
            if found:  # what is told of the long period alone is held against nothing
                yield _Sum(cell, number, tuple(found), True)


def _tilings(spans: Iterable[Span]) -> Iterator[tuple[Span, tuple[Span, ...]]]:
    """Yield each span with the shorter ones of one length that tile it."""
    by_months: dict[int, list[Span]] = defaultdict(list)
    for span in sorted(spans):
        by_months[round((span[1] - span[0]).days / DAYS_IN_A_MONTH)].append(span)
    for months, longs in by_months.items():
        for long in longs:
            for shorter, shorts in by_months.items():
                parts = tuple(s for s in shorts if long[0] <= s[0] and s[1] <= long[1])
                if shorter < months and _tile(long, parts):
                    yield long, parts


def _tile(long: Span, parts: Sequence[Span]) -> bool:
    borders = [long[0], *(end for _, end in parts)]
    return bool(parts) and borders[-1] == long[1] and borders[:-1] == [start for start, _ in parts]


def _in_spans(cell: Cell, parts: Iterable[Span]) -> Iterator[Cell]:
    for start, end in parts:
        yield cell._replace(period_start=start, period_end=end)


def _adds_up(
    cell: Cell,
    parts: Sequence[Span],
    index: Mapping[Cell, int],
    published: NDArray[np.float64] | None,
) -> bool:
    whole = cell._replace(dimension=TOTAL, level=ALL, strat2_level=ALL)
    shorter = list(_in_spans(whole, parts))
    if published is None or any(one not in index for one in (whole, *shorter)):
        return True
    left = published[index[whole]] - published[[index[one] for one in shorter]].sum(axis=0)
    return bool(np.any(left == 0))
