"""What indicators tell of each other: the same people under several names, and some less others.

Many indicators are of one population. Each would hide a small cell of it beside a neighbour of its
own choice, and together they would show every cell but the small one. And where one population lies
within another, the larger less the smaller is a count of people that nobody published.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import SHOWN, DisclosurePolicy, Flags, Ints, Persons
from equity_pipeline.disclosure.suppress import protected
from equity_pipeline.vocabulary import ALL

Pairs = Collection[tuple[str, str]]
Wholes = Collection[Collection[str]]
NOBODY = -1
BEGUN = "wait_begun"
NEARLY_ALL = 0.95  # of the cells of two indicators have the same people: a reader takes all to


class Populations:
    """The persons of each indicator by cell: rows are indicators, columns are cells of periods.

    Parameters
    ----------
    cells
        Canonical keys, without repetition.
    n
        The persons of each.
    """

    def __init__(self, cells: Sequence[Cell], n: Ints) -> None:
        self.names = sorted({cell.indicator_id for cell in cells})
        rows = {name: number for number, name in enumerate(self.names)}
        places: dict[tuple[object, ...], int] = {}
        self.row = np.fromiter((rows[cell.indicator_id] for cell in cells), np.int64, len(cells))
        self.column = np.fromiter(
            (places.setdefault(cell[1:], len(places)) for cell in cells), np.int64, len(cells)
        )
        periods: dict[tuple[object, ...], int] = {}
        self.period = np.fromiter(
            (periods.setdefault(place[:2], len(periods)) for place in places), np.int64, len(places)
        )
        self.n_periods = len(periods)
        self.n = np.full((len(self.names), len(places)), NOBODY, np.int64)
        self.n[self.row, self.column] = n
        self.cell = np.full(self.n.shape, NOBODY, np.int64)
        self.cell[self.row, self.column] = np.arange(len(cells))

    def groups(self) -> Ints:
        """Return for each indicator and period the first that has the same people there.

        The same in nearly all cells of both: a reader who sees the same in all that is shown does
        not know of the cell where they differ.
        """
        group = np.repeat(np.arange(len(self.names))[:, None], self.n_periods, axis=1)
        for one, other in combinations(range(len(self.names)), 2):
            same = np.flatnonzero(self._are_same(one, other))
            both = group[[one, other]][:, same]
            merged = np.where(group[:, same] == both.max(axis=0), both.min(axis=0), group[:, same])
            group[:, same] = merged
        return group

    def _are_same(self, one: int, other: int) -> Flags:
        known = self.n[[one, other]] != NOBODY
        both = known.all(axis=0)
        n_both, n_one, n_other = (self._by_period(flags) for flags in (both, *known))
        alike = self._by_period(both & (self.n[one] == self.n[other]))
        enough = 2 * n_both >= np.minimum(n_one, n_other)  # not two that meet in the total alone
        same: Flags = (n_both > 0) & enough & (alike >= NEARLY_ALL * n_both)
        return same

    def _by_period(self, flags: Flags) -> Ints:
        return np.bincount(self.period[flags], minlength=self.n_periods)


def hidden_together(
    cells: Sequence[Cell],
    persons: Persons,
    policy: DisclosurePolicy,
    equations_of: Callable[..., Equations],
) -> Flags:
    """Return the cells that all indicators of the same people hide, so that none tells for others.

    The people of such indicators are protected once, as a table of its own without outcomes.

    Parameters
    ----------
    cells, persons
        The cells of all indicators, and who is in them.
    policy
        The limits: cells with fewer persons than the smallest denominator are protected.
    equations_of
        Returns what adds up to what among cells: ``equations`` with all but cells, persons and what
        is published of them.
    """
    known = Populations(cells, persons.n)
    group = known.groups()
    shared = (group[:, None] == group[None]).sum(axis=0) > 1
    of_group = np.where(shared, group, NOBODY)[known.row, known.period[known.column]]
    at = np.flatnonzero(of_group != NOBODY)
    hidden = np.zeros(len(cells), bool)
    keys = [cells[one]._replace(indicator_id=known.names[of_group[one]]) for one in at.tolist()]
    held = dict(zip(reversed(keys), reversed(persons.n[at].tolist()), strict=True))
    people = sorted(held)
    n = np.fromiter((held[key] for key in people), np.int64, len(people))
    small = (n > 0) & (n < policy.smallest_denominator)
    if not small.any():
        return hidden
    none = np.zeros(len(people), bool)
    of_people = Persons(n, np.zeros_like(n), n, none, none, none)
    system = equations_of(people, of_people, published=np.column_stack([n, n]).astype(np.float64))
    found = protected(small, of_people, system, policy).hidden
    told = dict(zip(people, found.tolist(), strict=True))
    hidden[at] = [told[key] for key in keys]
    return hidden


def beside_the_only_one(
    cells: Sequence[Cell], persons: Persons, reason: NDArray[np.str_], wholes: Wholes
) -> Flags:
    """Return the cells to hide where of parts that make a whole one alone is hidden: the smallest.

    All the others less the whole would be the hidden one.

    Parameters
    ----------
    cells, persons
        The cells, and who is in them.
    reason
        Why each is hidden already.
    wholes
        Measures whose shares of the same people add up to one.
    """
    found = np.zeros(len(cells), bool)
    for parts in wholes:
        places: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for number, cell in enumerate(cells):
            if cell.indicator_id in parts:
                places[cell[1:]].append(number)
        for held in places.values():
            shown = [one for one in held if reason[one] == SHOWN]
            if len(held) - len(shown) == 1 and len(held) == len(parts):
                found[min(shown, key=lambda one: (persons.n_with[one], one))] = True
    return found


def too_near(
    cells: Sequence[Cell],
    persons: Persons,
    reason: NDArray[np.str_],
    numbers: NDArray[np.float64],
    pairs: Pairs,
    policy: DisclosurePolicy,
) -> Flags:
    """Return the cells that a larger population, less them, would make a count of few persons.

    Parameters
    ----------
    cells, persons
        The cells, and who is in them.
    reason
        Why each is hidden already; nothing is to be had from a cell that is.
    numbers
        Columns ``n_denominator`` and ``n_numerator`` of each cell; contacts, where these are
        counted.
    pairs
        Indicators whose people are all among those of another. It is believed of a dimension
        unless a cell of it that both show has more persons in the first: what is hidden refutes
        nothing to a reader, nor do the periods of a programme what is told of a year.
    policy
        Fewer persons than its smallest count are not told.
    """
    near = np.zeros(len(cells), bool)
    known = Populations(cells, persons.n)
    dimension = np.array([cell.dimension for cell in cells], object)
    rows = {name: number for number, name in enumerate(known.names)}
    for inner, outer in sorted(pairs):
        if not {inner, outer} <= rows.keys():
            continue
        of_inner, of_outer = known.cell[rows[inner]], known.cell[rows[outer]]
        both = (of_inner != NOBODY) & (of_outer != NOBODY)
        one, other = of_inner[both], of_outer[both]
        seen = (reason[one] == SHOWN) & (reason[other] == SHOWN)
        refuted = dimension[one[seen & (persons.n[one] > persons.n[other])]]
        seen &= ~np.isin(dimension[one], refuted)
        left = persons.n[other] - persons.n[one], numbers[other, 0] - numbers[one, 0]
        few = np.any([(one > 0) & (one < policy.smallest_count) for one in left], axis=0)
        near[one[few & seen]] = True
    return near


def begun_and_seen(
    cells: Sequence[Cell],
    persons: Persons,
    reason: NDArray[np.str_],
    policy: DisclosurePolicy,
) -> Flags:
    """Return the cells of all who began to wait that tell of the few who were never seen.

    The indicator's own cell is of those who were seen: all who began less them are people too.

    Parameters
    ----------
    cells, persons
        The cells, and who is in them.
    reason
        Why each is hidden already; nothing is to be had from a cell that is.
    policy
        Fewer persons than its smallest count are not told.
    """
    place = {cell: number for number, cell in enumerate(cells)}
    found = np.zeros(len(cells), bool)
    for number, cell in enumerate(cells):
        if cell.indicator_id == BEGUN:  # which wait stands where a sex would
            seen = place.get(cell._replace(indicator_id=cell.strat2_level, strat2_level=ALL))
            if seen is not None and reason[number] == reason[seen] == SHOWN:
                found[number] = 0 < persons.n[number] - persons.n[seen] < policy.smallest_count
    return found


def uncounted(
    cells: Sequence[Cell],
    persons: Persons,
    near: Flags,
    hidden: Flags,
    policy: DisclosurePolicy,
    equations_of: Callable[..., Equations],
) -> frozenset[Cell]:
    """Return the cells of means that are told without their persons, those of ``near`` first.

    A mean says nothing of how many it is of: only the counts beside it must not be had, neither
    from the row nor from those of the other levels, sexes and places. They are protected as a table
    of counts alone, in which what is hidden stays hidden.

    Parameters
    ----------
    cells, persons
        All cells, and who is in them.
    near
        Cells of means that a larger population, less them, would make a count of few persons.
    hidden
        Cells that are not told at all.
    policy
        How wide the interval of a count must be.
    equations_of
        Returns what adds up to what among cells.
    """
    named = {cells[one].indicator_id for one in np.flatnonzero(near).tolist()}
    at = [number for number, cell in enumerate(cells) if cell.indicator_id in named]
    if not at:
        return frozenset()
    chosen, n = [cells[one] for one in at], persons.n[at]
    none = np.zeros(len(at), bool)
    of_people = Persons(n, np.zeros_like(n), n, none, none, none)
    system = equations_of(chosen, of_people, published=np.column_stack([n, n]).astype(np.float64))
    made = protected(none, of_people, system, policy, before=hidden[at], moved=near[at])
    untold = made.hidden & ~hidden[at]
    return frozenset(chosen[one] for one in np.flatnonzero(untold).tolist())
