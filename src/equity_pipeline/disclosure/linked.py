"""All cells and all equations of a release as one system of changes that an attacker cannot see.

An attacker who knows every shown number knows the hidden ones up to a *change* that breaks no
equation. Three changes are looked at, one for each count that a number is made of: persons with
the outcome where the denominator is known from elsewhere, persons with, and persons without it
(all persons, where no complement is counted). Cells of one indicator are linked through sexes,
levels, places and periods; what is implied but never published is an unknown like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags, Ints, Persons
from equity_pipeline.disclosure.unions import Unions, joined, unions

Floats = NDArray[np.float64]

KNOWN_DENOMINATOR, WITH, WITHOUT = range(3)
SYSTEMS = (KNOWN_DENOMINATOR, WITH, WITHOUT)
WORTH_ONE_MORE = 100  # persons: a cell of so many costs twice what one of nobody costs
WORTH_AT_MOST = 10.0
DEAR = 2 * WORTH_AT_MOST  # a level of a declared contrast: more than others cost for their size


@dataclass(frozen=True, slots=True)
class Linked:
    """The linked system; the cells first, then what is implied but not published.

    Attributes
    ----------
    equation, variable, sign
        An entry a term: members count once, the total counts minus once, the sum is nothing.
    down, up
        How far each count can fall and rise at most, shape (3, variables).
    need
        How wide the interval of each count must be, shape (3, variables); 0 asks nothing.
    cost
        What it costs to hide each variable; 0 for what is never shown.
    n_cells, n_equations
        How many of the variables are cells, and how many equations there are.
    """

    equation: Ints
    variable: Ints
    sign: Floats
    down: Floats
    up: Floats
    need: Floats
    cost: Floats
    n_cells: int
    n_equations: int

    @property
    def n_variables(self) -> int:
        """Return how many unknowns there would be if every cell were hidden."""
        return int(self.down.shape[1])

    def hidden(self, cells: Flags) -> Flags:
        """Return which variables are unknown to a reader when these cells are hidden."""
        never_shown = np.ones(self.n_variables - self.n_cells, bool)
        return np.concatenate([cells, never_shown])


def linked(
    primary: Flags,
    persons: Persons,
    system: Equations,
    policy: DisclosurePolicy,
    *,
    moved: Flags | None = None,
    hidden: Flags | None = None,
    known: Flags | None = None,
) -> Linked:
    """Return the linked system of all cells.

    Parameters
    ----------
    primary
        Cells that are hidden on their own account: only they ask for room.
    persons, system
        The persons of each cell, and what adds up to what.
    policy
        The limits that say how much room.
    moved
        Cells that differ by a few persons from what was published before: all their counts ask
        for room, whatever their size.
    hidden
        Cells that are hidden by now: with a small one they may be too few together, as one of
        whom nobody has the outcome is. None looks at those alone that ask for room themselves.
    known
        Cells that a reader knows, hidden or not: they have no room, and ask for none.

    Notes
    -----
    A rest that is itself too small is an unknown with its own need, and so is what several small
    cells of one equation are together where that is too small to be told; the total of an equation
    that is never published is an unknown without one.

    Examples
    --------
    >>> from datetime import date
    >>> from equity_pipeline.disclosure.cell import Cell
    >>> from equity_pipeline.disclosure.equations import equations
    >>> day = date(2024, 1, 1)
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", s) for s in ("all", "female", "male")]
    >>> one = lambda *values: np.array(values)
    >>> persons = Persons(one(90, 12, 78), one(40, 5, 35), one(50, 7, 43), np.ones(3, bool),
    ...                   np.ones(3, bool), np.zeros(3, bool))
    >>> made = linked(persons.n < 20, persons, equations(cells, persons, DisclosurePolicy()),
    ...               DisclosurePolicy())
    >>> made.sign.tolist(), made.need[:, 1].tolist()
    ([-1.0, 1.0, 1.0], [0.0, 0.0, 4.0])
    """
    rests = system.rest_open | (system.rest_n > 0)
    rest = np.flatnonzero(rests)
    own = primary if moved is None else primary | moved
    union = unions(own, own if hidden is None else hidden, persons, system, policy, rests)
    counts = joined(persons, _of_rests(persons, system, rest), union.persons)
    n_cells, n_totals = len(persons.n), len(_never_published(system))
    first = n_cells, n_cells + len(rest), len(counts.n)  # of the rests, the unions, the totals
    asks_of_cells = primary & ~_of_nobody(persons, system)
    asks = np.concatenate([asks_of_cells, system.rest_hidden[rest], np.ones(union.count, bool)])
    differs = np.zeros(len(asks), bool)
    differs[:n_cells] = False if moved is None else moved
    need = _need(counts, asks, differs, policy, n_totals)
    # nobody knows how many are in a rest
    need[KNOWN_DENOMINATOR, first[0] : first[1]] = 0.0
    need[KNOWN_DENOMINATOR, first[1] + union.number_of_rest] = 0.0
    terms = list(_terms(system, rest, union, first))
    down, up = _down(counts, system, n_totals), _up(counts, n_totals)
    if known is not None:
        for values in (down, up, need):
            values[:, np.flatnonzero(known)] = 0.0
    return Linked(
        equation=np.concatenate([one for one, _, _ in terms]).astype(np.int64),
        variable=np.concatenate([one for _, one, _ in terms]).astype(np.int64),
        sign=np.concatenate([one for _, _, one in terms]),
        down=down,
        up=up,
        need=need,
        cost=_cost(persons, system, len(asks) - n_cells + n_totals),
        n_cells=n_cells,
        n_equations=system.count + union.count,
    )


def _of_nobody(persons: Persons, system: Equations) -> Flags:
    """Return the cells of a total of nobody: men who are asked to a screening of women."""
    total = system.is_total & (persons.n[system.cell] == 0)
    empty = np.isin(system.equation, system.equation[total])
    found = np.zeros(len(persons.n), bool)
    found[system.cell[empty & ~system.is_total]] = True
    return found


def _never_published(system: Equations) -> Ints:
    return np.unique(system.absent[system.absent >= 0])


def _terms(
    system: Equations, rest: Ints, union: Unions, first: tuple[int, int, int]
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Yield equation, variable and sign of the terms: those of the cells, and of what is implied.

    The equations of the unions, each the sum of its cells, come after the others.
    """
    yield system.equation, system.cell, np.where(system.is_total, -1.0, 1.0)
    yield rest, first[0] + np.arange(len(rest)), np.ones(len(rest))
    with_total = np.flatnonzero(system.absent >= 0)
    total = np.searchsorted(_never_published(system), system.absent[with_total])
    yield with_total, first[2] + total, -np.ones(len(total))
    yield system.count + union.number, union.cell, np.ones(len(union.cell))
    of_rest = first[0] + np.searchsorted(rest, union.with_rest)
    yield system.count + union.number_of_rest, of_rest, np.ones(len(of_rest))
    each = np.arange(union.count)
    yield system.count + each, first[1] + each, -np.ones(union.count)


def _of_rests(persons: Persons, system: Equations, rest: Ints) -> Persons:
    """Return the persons of rests; they count what the cells of their equation count."""
    first = np.zeros(system.count, np.int64)
    first[system.equation[::-1]] = system.cell[::-1]
    of = first[rest]
    return Persons(
        system.rest_n[rest],
        system.rest_with[rest],
        system.rest_without[rest],
        persons.counts_with[of],
        persons.counts_without[of],
        np.zeros(len(rest), bool),
    )


def _others(counts: Persons) -> Ints:
    """Return the complement where it is counted, all persons where it is not."""
    return np.where(counts.counts_without, counts.n_without, counts.n)


def _down(counts: Persons, system: Equations, n_totals: int) -> Floats:
    """Return how far counts can fall: to nothing, of persons and of what they are behind."""
    n_with = counts.n_with.astype(np.float64)
    n_with[: len(system.events)] = np.minimum(n_with[: len(system.events)], system.events)
    found = np.array([n_with, n_with, _others(counts)], np.float64)
    return np.concatenate([found, np.full((3, n_totals), np.inf)], axis=1)


def _up(counts: Persons, n_totals: int) -> Floats:
    free = np.full(len(counts.n), np.inf)
    others = np.maximum(counts.n - counts.n_with, 0).astype(np.float64)
    found = np.array([others, free, free])
    return np.concatenate([found, np.full((3, n_totals), np.inf)], axis=1)


def _need(
    counts: Persons, primary: Flags, moved: Flags, policy: DisclosurePolicy, n_totals: int
) -> Floats:
    """Return the width that the interval of each count must have.

    One less than the smallest count, for a count that is itself too small, and for the larger of
    the two where the persons are too few or the cell is hidden for another reason; with a known
    denominator no more than that denominator.
    """
    enough = float(policy.smallest_count - 1)
    few = counts.n < policy.smallest_denominator

    def small(values: Ints, applies: Flags) -> Flags:
        some = (values > 0) | counts.sensitive
        return applies & some & (values < policy.smallest_count)

    small_with = small(counts.n_with, counts.counts_with)
    small_without = small(counts.n_without, counts.counts_without)
    small_with |= moved & counts.counts_with
    small_without |= moved
    few |= primary & ~small_with & ~small_without  # hidden for what it is, not for its size
    primary = primary | moved
    larger = ~counts.counts_without | (counts.n_without >= counts.n_with)
    either = (small_with | small_without) & counts.counts_with
    known = np.where(either, np.minimum(enough, counts.n), 0.0)
    asked = [
        known,
        enough * (small_with | (few & ~larger)),
        enough * (small_without | (few & larger)),
    ]
    found = np.array(asked) * (primary & ((counts.n > 0) | counts.sensitive))
    return np.concatenate([found, np.zeros((3, n_totals))], axis=1)


def _cost(persons: Persons, system: Equations, n_free: int) -> Floats:
    """Return what hiding each cell costs: one, and more for its size and for what is dear.

    A level of a declared contrast costs more than the largest of the others: without it there is
    no gap to tell. So does everybody, and a total costs as many more as it has cells below it.
    """
    below = np.bincount(
        system.cell[system.is_total],
        weights=np.bincount(system.equation, minlength=system.count)[
            system.equation[system.is_total]
        ],
        minlength=len(persons.n),
    )
    found = 1 + np.minimum(persons.n / WORTH_ONE_MORE, WORTH_AT_MOST) + DEAR * system.dear + below
    return np.concatenate([found, np.zeros(n_free)])
