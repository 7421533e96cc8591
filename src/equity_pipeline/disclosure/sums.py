"""Which published cells sum to which: sexes, levels, places, units of a kind, and periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import ALONE, Cell, Nesting, UnitKinds
from equity_pipeline.vocabulary import ALL, MISSING, STRATA, TOTAL

DAYS_IN_A_MONTH = 30.4


class Sum(NamedTuple):
    """Some cells that sum to another.

    Attributes
    ----------
    whole, total
        The cell that they sum to, and its number; None where it is not published.
    members
        The numbers of the cells.
    overlapping
        Whether one person may be in several of them.
    """

    whole: Cell
    total: int | None
    members: tuple[int, ...]
    overlapping: bool


def sums_of(
    index: Mapping[Cell, int],
    published: NDArray[np.float64] | None,
    nesting: Nesting,
    of_kinds: UnitKinds,
) -> list[Sum]:
    """Return every sum among the cells, which have these numbers.

    Examples
    --------
    >>> day = date(2024, 1, 1)
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", s) for s in ("all", "female", "male")]
    >>> [one.members for one in sums_of({c: n for n, c in enumerate(cells)}, None, {}, {})]
    [(1, 2)]
    """
    of_places = [*_places(index, nesting), *_kinds(index, nesting, of_kinds)]
    untold = {one.whole: one.members for one in reversed(of_places) if one.total is None}
    found = [*_sexes(index), *_levels(index), *of_places]
    return [*found, *_periods(index, published, untold)]


def _sexes(index: Mapping[Cell, int]) -> Iterator[Sum]:
    members: dict[Cell, list[int]] = defaultdict(list)
    for cell, number in index.items():
        if cell.strat2_level != ALL:
            members[Cell(*cell[:6], ALL)].append(number)
    for whole, found in members.items():
        yield Sum(whole, index.get(whole), tuple(found), False)


def _levels(index: Mapping[Cell, int]) -> Iterator[Sum]:
    members: dict[tuple[Cell, str], list[int]] = defaultdict(list)
    for cell, number in index.items():
        whole = cell.of_all_levels()
        if cell.dimension == STRATA and cell.level in (ALL, MISSING):
            whole = whole._replace(dimension=TOTAL)  # everybody is in a stratum or in none
        if cell != whole:
            members[whole, cell.dimension].append(number)
    for (whole, _), found in members.items():
        yield Sum(whole, index.get(whole), tuple(found), False)


def _places(index: Mapping[Cell, int], nesting: Nesting) -> Iterator[Sum]:
    members: dict[tuple[Cell, str], list[int]] = defaultdict(list)
    for cell, number in index.items():
        if cell.geography_code in nesting:
            kind, code = nesting[cell.geography_code]
            while _at(cell, code) not in index and code in nesting:
                code = nesting[code][1]  # a municipality that is not told of: the region then
            members[_at(cell, code), kind].append(number)
    for (whole, _), found in members.items():
        yield Sum(whole, index.get(whole), tuple(found), False)


def _at(cell: Cell, code: str) -> Cell:
    return Cell(*cell[:3], code, *cell[4:])


def _kinds(index: Mapping[Cell, int], nesting: Nesting, of_kinds: UnitKinds) -> Iterator[Sum]:
    members: dict[Cell, list[int]] = defaultdict(list)
    for cell, number in index.items():
        code = cell.geography_code
        if cell.dimension == TOTAL and code in nesting:
            region = nesting[code][1]
            for dimension, level in of_kinds.get(code, {}).items():
                whole = cell._replace(geography_code=region, dimension=dimension, level=level)
                members[whole].append(number)
    for whole, found in members.items():
        yield Sum(whole, index.get(whole), tuple(found), False)


Span = tuple[date, date]


def _periods(
    index: Mapping[Cell, int],
    published: NDArray[np.float64] | None,
    untold: Mapping[Cell, tuple[int, ...]],
) -> Iterator[Sum]:
    """Yield the shorter periods that a longer one is the sum of.

    A month that is not told of the region is the sum of its units' months.
    """
    spans: dict[tuple[str, str], set[Span]] = defaultdict(set)
    for cell in (*index, *untold):
        spans[cell.indicator_id, cell.geography_code].add((cell.period_start, cell.period_end))
    tiles = {key: list(_tilings(found)) for key, found in spans.items()}
    adding: dict[tuple[Cell, tuple[Span, ...]], bool] = {}
    for cell, number in index.items():
        for long, parts in tiles[cell.indicator_id, cell.geography_code]:
            if long != (cell.period_start, cell.period_end):
                continue
            whole = Cell(*cell[:4], *ALONE, ALL)
            if (whole, parts) not in adding:
                adding[whole, parts] = _adds_up(whole, parts, index, published)
            if not adding[whole, parts]:
                continue
            told = [(index[one],) if one in index else untold.get(one, ())
                    for one in _in_spans(cell, parts)]  # fmt: skip
            found = [number for numbers in told for number in numbers]
            if found:  # what is told of the long period alone is held against nothing
                yield Sum(cell, number, tuple(found), True)


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
        yield Cell(cell.indicator_id, start, end, *cell[3:])


def _adds_up(
    whole: Cell,
    parts: Sequence[Span],
    index: Mapping[Cell, int],
    published: NDArray[np.float64] | None,
) -> bool:
    """Return whether the total's numbers add up over the parts, or nobody sees that they do not."""
    shorter = list(_in_spans(whole, parts))
    if published is None or any(one not in index for one in (whole, *shorter)):
        return True
    summed, total = published[[index[one] for one in shorter]].sum(axis=0), published[index[whole]]
    return bool(np.any((summed == total) | np.isposinf(summed)))
