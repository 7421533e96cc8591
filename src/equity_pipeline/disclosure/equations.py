"""What adds up to what among the published cells: the equations that an attacker would subtract.

Five kinds: the levels of a dimension sum to the total, the sexes of a cell sum to the cell, the
places of a larger place sum to it, the units of an ownership or a financing to the region's cell of
it, and the shorter periods that tile a longer one sum to it. What a total holds beyond its
published levels (persons outside the dimension's population) is kept as the *rest* of the equation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

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
from equity_pipeline.disclosure.sums import Sum, sums_of
from equity_pipeline.vocabulary import ALL


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
    rest_open
        Whether a level of nobody has no cell there: that it is nobody is not told of one sex.
    absent
        For each equation whose total is not published the number of that total, which other
        equations may share; else -1.
    table
        For each cell a number that those of one indicator and period share.
    dear
        For each cell whether it is of a declared contrast or of everybody: hidden to protect
        another only where others would not do, or far too many of them would have to go.
    events
        For each cell its published numerator, infinite where there is none: what adds up over
        periods, also where persons do not.
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
    rest_open: Flags
    absent: Ints
    table: Ints
    dear: Flags
    events: NDArray[np.float64]

    @property
    def count(self) -> int:
        """Return how many equations there are."""
        return len(self.has_total)


def equations(
    cells: Sequence[Cell],
    persons: Persons,
    policy: DisclosurePolicy,
    *,
    published: NDArray[np.float64] | None = None,
    small: Flags | None = None,
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
    small
        Cells that are hidden on their own account: nobody sees that a total of theirs does not
        add up.
    nesting
        For the code of each place: what kind of place it is, and the code of the larger one.
    of_kinds
        For the code of each unit: its level of ownership and of financing.

    Examples
    --------
    >>> from datetime import date
    >>> first, last = date(2024, 1, 1), date(2025, 1, 1)
    >>> cells = [Cell("VT01", first, last, "12", "total", "all", sex) for sex in
    ...          ("all", "female", "male")]
    >>> n = np.array([90, 50, 30])
    >>> made = equations(cells, Persons(n, n, n, *(np.zeros(3, bool),) * 3), DisclosurePolicy())
    >>> made.cell.tolist(), made.is_total.tolist(), made.rest_n.tolist()
    ([0, 1, 2], [True, False, False], [10])
    """
    index = {cell: number for number, cell in enumerate(cells)}
    sums = sums_of(index, _seen(published, small), nesting, of_kinds)
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
    few = too_small(_rest_persons(held, equation, cell, persons), policy) != SHOWN
    of_cells = _tables(cells), of_contrasts(cells), _events(published, len(cells))
    return Equations(
        equation,
        cell,
        is_total,
        has_total,
        overlapping,
        *held,
        few,
        _open(cells, persons, sums),
        _absent(sums),
        *of_cells,
    )


def _tables(cells: Sequence[Cell]) -> Ints:
    numbers: dict[tuple[object, ...], int] = {}
    return np.fromiter((numbers.setdefault(cell[:3], len(numbers)) for cell in cells), np.int64)


def _seen(published: NDArray[np.float64] | None, small: Flags | None) -> NDArray[np.float64] | None:
    """Return the published numbers; infinite numerators where a reader sees none."""
    if published is None or small is None:
        return published
    numerator = np.where(small & ~np.isnan(published[:, 1]), np.inf, published[:, 1])
    return np.column_stack([published[:, 0], numerator])


def _events(published: NDArray[np.float64] | None, n_cells: int) -> NDArray[np.float64]:
    numerator = np.full(n_cells, np.nan) if published is None else published[:, 1]
    return np.where(np.isnan(numerator), np.inf, numerator)


def _open(cells: Sequence[Cell], persons: Persons, sums: Sequence[Sum]) -> Flags:
    """Return which sums of one sex lack the cell of a level that is nobody of both."""
    levels: dict[Cell, set[str]] = defaultdict(set)
    for number in np.flatnonzero(persons.n == 0).tolist():
        if cells[number].strat2_level == ALL:
            levels[_division(cells[number])].add(cells[number].level)

    def lacks(one: Sum) -> bool:
        of_nobody = levels[_division(cells[one.members[0]])]
        told = {cells[member].level for member in one.members}
        return one.whole.strat2_level != ALL and bool(of_nobody - told)

    return np.fromiter((lacks(one) for one in sums), bool, len(sums))


def _division(cell: Cell) -> Cell:
    return cell._replace(level=ALL, strat2_level=ALL)


def _absent(sums: Sequence[Sum]) -> Ints:
    numbers: dict[Cell, int] = {}
    found = (
        -1 if one.total is not None else numbers.setdefault(one.whole, len(numbers)) for one in sums
    )
    return np.fromiter(found, np.int64)


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


def _entries(one: Sum) -> list[tuple[int, bool]]:
    total = [] if one.total is None else [(one.total, True)]
    return total + [(member, False) for member in one.members]
