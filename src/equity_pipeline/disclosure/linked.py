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
from scipy.sparse import coo_array, csc_array
from scipy.sparse.csgraph import connected_components

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags, Ints, Persons

Floats = NDArray[np.float64]

KNOWN_DENOMINATOR, WITH, WITHOUT = range(3)
SYSTEMS = (KNOWN_DENOMINATOR, WITH, WITHOUT)


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
    rests_known: bool = True,
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
    rests_known
        Whether the attacker knows the persons of a total that are in no published level where
        they are many; False is one who reads what is published, and nothing else.

    Notes
    -----
    A rest that is itself too small is an unknown with its own need; the total of an equation that
    is never published is an unknown without one.

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
    n_cells = len(persons.n)
    some = system.rest_hidden | ((system.rest_n > 0) & (not rests_known))
    rest = np.flatnonzero(some)
    total = np.unique(system.absent[system.absent >= 0])
    equation = np.concatenate([system.equation, rest, np.flatnonzero(system.absent >= 0)])
    rests = n_cells + np.arange(len(rest))
    of_total = np.searchsorted(total, system.absent[system.absent >= 0]) + n_cells + len(rest)
    sign = np.where(system.is_total, -1.0, 1.0)
    counts = _counts(persons, system, rest)
    none = np.zeros(n_cells, bool)
    of_cells = primary, none if moved is None else moved
    asks, differs = (
        np.concatenate([one, of_rest])
        for one, of_rest in zip(of_cells, (system.rest_hidden[rest], rest < 0), strict=True)
    )
    need = _need(counts, asks, differs, policy, len(total))
    if not rests_known:  # nor how many of them there are
        need[KNOWN_DENOMINATOR, n_cells:] = 0.0
    return Linked(
        equation=equation,
        variable=np.concatenate([system.cell, rests, of_total]).astype(np.int64),
        sign=np.concatenate([sign, np.ones(len(rest)), -np.ones(len(of_total))]),
        down=_down(counts, len(total)),
        up=_up(counts, len(total)),
        need=need,
        cost=_cost(persons, system, len(rest) + len(total)),
        n_cells=n_cells,
        n_equations=system.count,
    )


def _counts(persons: Persons, system: Equations, rest: Ints) -> Persons:
    """Return the persons of cells and hidden rests, one after the other."""
    first = np.zeros(system.count, np.int64)
    first[system.equation[::-1]] = system.cell[::-1]
    of = first[rest]
    return Persons(
        np.concatenate([persons.n, system.rest_n[rest]]),
        np.concatenate([persons.n_with, system.rest_with[rest]]),
        np.concatenate([persons.n_without, system.rest_without[rest]]),
        np.concatenate([persons.counts_with, persons.counts_with[of]]),
        np.concatenate([persons.counts_without, persons.counts_without[of]]),
        np.concatenate([persons.sensitive, np.zeros(len(rest), bool)]),
    )


def _others(counts: Persons) -> Ints:
    """Return the complement where it is counted, all persons where it is not."""
    return np.where(counts.counts_without, counts.n_without, counts.n)


def _down(counts: Persons, n_totals: int) -> Floats:
    found = np.array([counts.n_with, counts.n_with, _others(counts)], np.float64)
    return np.concatenate([found, np.full((3, n_totals), np.inf)], axis=1)


def _up(counts: Persons, n_totals: int) -> Floats:
    free = np.full(len(counts.n), np.inf)
    found = np.array([counts.n_without.astype(np.float64), free, free])
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
    found = np.array(asked) * (primary & (counts.n > 0))
    return np.concatenate([found, np.zeros((3, n_totals))], axis=1)


def _cost(persons: Persons, system: Equations, n_free: int) -> Floats:
    """Return what hiding each cell costs: one, a little for its size, more for what is dear.

    A level of a declared contrast costs three, a total as many as it has cells below it.
    """
    size = np.log1p(persons.n) / 20  # of two that would do, the smaller
    below = np.bincount(
        system.cell[system.is_total],
        weights=np.bincount(system.equation, minlength=system.count)[
            system.equation[system.is_total]
        ],
        minlength=len(persons.n),
    )
    found = 1 + size + 2 * system.dear + below
    return np.concatenate([found, np.zeros(n_free)])


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the variables with every equation that binds them, each in its own number.

    Attributes
    ----------
    variable
        The variables' numbers in the linked system.
    matrix
        The signs, shape (equations, variables).
    group
        A number that the variables of one connected part share.
    """

    variable: Ints
    matrix: csc_array
    group: Ints


def parts(system: Linked, among: Flags, *, at_most: int = 1500) -> Iterator[Part]:
    """Yield the connected parts of some variables, small ones together up to a size.

    Examples
    --------
    >>> import numpy as np
    >>> none = np.zeros((3, 4))
    >>> two = Linked(np.array([0, 0, 1, 1]), np.arange(4), np.ones(4), none, none, none,
    ...              np.ones(4), 4, 2)
    >>> [one.variable.tolist() for one in parts(two, np.ones(4, bool), at_most=2)]
    [[0, 1], [2, 3]]
    >>> [one.group.tolist() for one in parts(two, np.ones(4, bool))]
    [[0, 0, 1, 1]]
    """
    used = among[system.variable]
    if not among.any():
        return
    label = labels(system, among)
    chosen = np.flatnonzero(among)
    chosen = chosen[np.lexsort((chosen, label[chosen]))]
    sizes = np.bincount(label[chosen])
    bundle = _bundles(sizes, at_most)[label]
    for number in range(int(bundle[chosen].max(initial=-1)) + 1):
        variable = chosen[bundle[chosen] == number]
        place = np.full(system.n_variables, -1)
        place[variable] = np.arange(len(variable))
        inside = used & (place[system.variable] >= 0)
        rows, row = np.unique(system.equation[inside], return_inverse=True)
        entries = (system.sign[inside], (row, place[system.variable[inside]]))
        matrix = coo_array(entries, shape=(len(rows), len(variable))).tocsc()
        yield Part(variable, matrix, label[variable] - label[variable[0]])


def labels(system: Linked, among: Flags) -> Ints:
    """Return for each variable the number of its connected part among some, in their order."""
    used = among[system.variable]
    ends = system.equation[used], system.variable[used] + system.n_equations
    size = system.n_equations + system.n_variables
    graph = coo_array((np.ones(len(ends[0])), ends), shape=(size, size))
    _, found = connected_components(graph, directed=False)
    label = np.full(system.n_variables, -1)
    _, label[among] = np.unique(found[system.n_equations :][among], return_inverse=True)
    return label


def _bundles(sizes: Ints, at_most: int) -> Ints:
    """Return the bundle of each part, filled in their order."""
    made, number, held = np.zeros(len(sizes), np.int64), 0, 0
    for one, size in enumerate(sizes.tolist()):
        if held and held + size > at_most:
            number, held = number + 1, 0
        made[one], held = number, held + size
    return made
