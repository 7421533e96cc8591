"""Complementary suppression: hide enough beside each small cell that it cannot be computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equity_pipeline.disclosure.attacker import clock
from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.interval import Checked, check
from equity_pipeline.disclosure.linear import determined
from equity_pipeline.disclosure.linked import Linked, labels, linked
from equity_pipeline.disclosure.repair import repaired
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags, Ints, Persons
from equity_pipeline.errors import DisclosureStop

SECONDS_AT_MOST = 900.0  # for the solver; a night has more, and a shared machine may be slow


@dataclass(frozen=True, slots=True)
class Protected:
    """Which cells are hidden.

    Attributes
    ----------
    hidden
        All of them.
    withheld
        Those of tables (an indicator's period) that could not be protected, or not be judged in
        time: all their cells are hidden, none was published unaudited.
    """

    hidden: Flags
    withheld: Flags


def protected(
    primary: Flags,
    persons: Persons,
    system: Equations,
    policy: DisclosurePolicy,
    *,
    before: Flags | None = None,
    moved: Flags | None = None,
    seconds: float = SECONDS_AT_MOST,
) -> Protected:
    """Return which cells must be hidden, the small ones and those that would give them away.

    Parameters
    ----------
    primary
        Cells that are too small on their own.
    persons, system
        The persons of each cell, and what adds up to what.
    policy
        The limits: the interval that can be derived of a small count must be as wide as they ask;
        hidden members of one equation must together reach them too, since their sum can be
        computed.
    before
        Cells that were hidden in an earlier release of the period: they stay hidden.
    moved
        Cells that differ by a few persons from an earlier release: hidden, with room.
    seconds
        Time for the solver; what is not judged then is withheld.

    Notes
    -----
    In each equation that gives something away another cell is hidden: the one that leaves fewest
    other equations with a single hidden cell, then the smallest; a level of a declared contrast
    late, the total last; of equals the first in the order of the cells. Then the interval of every
    small count is judged with all equations together, and what is still too narrow gets the
    cheapest cells that give it room: first as if the attacker knew how many persons are in no
    level, then as one who reads only what is published. What lacks room even then is withheld.

    Examples
    --------
    >>> from datetime import date
    >>> from equity_pipeline.disclosure.cell import Cell
    >>> from equity_pipeline.disclosure.equations import equations
    >>> day = date(2024, 1, 1)
    >>> levels = ("pre_secondary", "upper_secondary", "post_secondary")
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", "all")]
    >>> cells += [Cell("VT01", day, day, "12", "education", level, "all") for level in levels]
    >>> n = np.array([312, 12, 100, 200])
    >>> persons = Persons(n, n, n, *(np.zeros(4, bool),) * 3)
    >>> system = equations(cells, persons, DisclosurePolicy())
    >>> protected(n < 20, persons, system, DisclosurePolicy()).hidden.tolist()
    [False, True, True, False]
    """
    none = np.zeros(len(primary), bool)
    moved, before = (none if one is None else one for one in (moved, before))
    left = clock(seconds)
    hidden = nothing_alone(primary | moved | before, persons, system, policy)
    near = None
    for rests_known, attempts in ((True, 1), (False, 2)):
        whole = linked(primary, persons, system, policy, moved=moved, rests_known=rests_known)
        found = check(whole, hidden, left, near=near)
        for attempt in range(attempts):
            if not found.lacks.any():
                break
            more = repaired(whole, hidden, found.lacking, left, whole=attempt > 0)
            more = nothing_alone(more, persons, system, policy)
            near = (more & ~hidden) | _around(whole, hidden, found)
            hidden, found = more, check(whole, more, left, near=near)
        near = _around(whole, hidden, found)
    return _withheld(whole, hidden, found, system, left)


def _around(whole: Linked, hidden: Flags, found: Checked) -> Flags:
    """Return the hidden cells that are connected with what lacks room or is not judged."""
    label = labels(whole, whole.hidden(hidden))
    wrong = label[found.lacks | found.unjudged]
    chosen: Flags = np.isin(label, wrong)[: whole.n_cells] & hidden
    return chosen


def _withheld(
    whole: Linked, hidden: Flags, found: Checked, system: Equations, left: Callable[[], float]
) -> Protected:
    """Return the hidden cells with the tables of those that could not be protected.

    First the table of the cell, its indicator's period. If that is not enough, or nobody knows,
    all tables that are linked with it: nothing is shown then that anything could be derived from.
    """
    withheld = np.zeros(len(hidden), bool)
    lacks = _around(whole, hidden, found)
    if lacks.any():
        wrong = found.lacks[: whole.n_cells]
        withheld = np.isin(system.table, system.table[wrong if wrong.any() else lacks])
        found = check(whole, hidden | withheld, left, near=lacks)
    label = labels(whole, np.ones(whole.n_variables, bool))
    of = label[found.lacks | found.unjudged]
    linked_too = np.isin(label, of)[: whole.n_cells]
    withheld = withheld | np.isin(system.table, system.table[linked_too])
    return Protected(hidden | withheld, withheld)


def nothing_alone(
    primary: Flags, persons: Persons, system: Equations, policy: DisclosurePolicy
) -> Flags:
    """Return the hidden cells with those that keep each from being computed exactly.

    Raises
    ------
    DisclosureStop
        If a cell stays computable with all its neighbours hidden.
    """
    hidden = primary.copy()
    while True:
        more = _smallest_others(
            _gives_away(hidden, persons, system, policy), hidden, persons, system
        )
        if not len(more):
            more = _around_determined(hidden, persons, system)
        if not len(more):
            return hidden
        hidden[more] = True


def _around_determined(hidden: Flags, persons: Persons, system: Equations) -> Ints:
    """Return cells to hide around what all equations together determine.

    The equations of a determined cell first; if they have nothing left to give, those that share
    a cell with them, and so on outwards; cells of nobody last. A whole connected part can always
    be hidden, and then determines nothing.
    """
    loose = determined(system, hidden)
    if not loose.any():
        return np.array([], np.int64)
    touched = np.zeros(system.count, bool)
    reached = loose
    while True:
        wider = touched.copy()
        wider[system.equation[reached[system.cell]]] = True
        if (wider == touched).all():
            break
        touched = wider
        more = _smallest_others(touched, hidden, persons, system)
        if len(more):
            return more
        reached = np.zeros(len(hidden), bool)
        reached[system.cell[touched[system.equation]]] = True
    empty = reached & ~hidden
    if empty.any():
        return np.flatnonzero(empty)
    raise DisclosureStop(
        f"{int(loose.sum())} hidden cells can be computed with all that is near them hidden.",
        where="disclosure/suppress.py",
        mend="merge levels, or leave the indicator's division by sex out of the table",
    )


def _gives_away(
    hidden: Flags, persons: Persons, system: Equations, policy: DisclosurePolicy
) -> Flags:
    """Return which equations leave one cell alone, or a sum that is itself too small."""
    in_equation = hidden[system.cell]
    alone = _count(system, in_equation) + system.rest_hidden
    total_hidden = _count(system, in_equation & system.is_total) > 0
    limits = (
        (persons.n, system.rest_n, policy.smallest_denominator, np.ones_like(hidden)),
        (persons.n_with, system.rest_with, policy.smallest_count, persons.counts_with),
        (persons.n_without, system.rest_without, policy.smallest_count, persons.counts_without),
    )
    small = np.zeros(system.count, bool)
    for values, rest, limit, applies in limits:
        together = _together(system, values * hidden, rest * system.rest_hidden)
        whole = _together(system, values, rest)
        counted = _count(system, applies[system.cell]) > 0
        small |= counted & (together < limit) & (whole >= limit)
    gives: Flags = (alone == 1) | ((alone > 1) & ~total_hidden & small)
    return gives


def _count(system: Equations, flags: Flags) -> Ints:
    return np.bincount(system.equation[flags], minlength=system.count).astype(np.int64)


def _together(system: Equations, values: Ints, rest: Ints) -> Ints:
    """Return the persons of an equation's members; at least, where they may be the same ones."""
    held = np.where(system.is_total, 0, values[system.cell])
    summed = np.bincount(system.equation, held, minlength=system.count).astype(np.int64)
    largest = np.zeros(system.count, np.int64)
    np.maximum.at(largest, system.equation, held)
    return np.where(system.overlapping, largest, summed) + rest


def _smallest_others(wanted: Flags, hidden: Flags, persons: Persons, system: Equations) -> Ints:
    """Return one cell to hide in each block: the one that opens fewest others, then the smallest.

    A level of a declared contrast is taken only where its equation has none other to give, a total
    only where it has no other cell.
    """
    can = wanted[system.equation] & ~hidden[system.cell] & (persons.n[system.cell] > 0)
    untouched = (_count(system, hidden[system.cell]) + system.rest_hidden) == 0
    opened = np.bincount(
        system.cell[untouched[system.equation]], minlength=len(hidden)
    )  # equations that would be left with this cell alone
    equation, cell = system.equation[can], system.cell[can]
    block = system.block[equation]
    last = np.maximum(2 * system.is_total[can], system.dear[cell])
    order = np.lexsort((cell, persons.n[cell], opened[cell], last, equation, block))
    _, first = np.unique(block[order], return_index=True)
    return np.unique(cell[order][first])
