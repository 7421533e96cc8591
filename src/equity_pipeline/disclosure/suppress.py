"""Complementary suppression: hide enough beside each small cell that it cannot be computed."""

from __future__ import annotations

import numpy as np

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.linear import determined
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags, Ints, Persons
from equity_pipeline.errors import DisclosureStop


def protect(primary: Flags, persons: Persons, system: Equations, policy: DisclosurePolicy) -> Flags:
    """Return which cells must be hidden, the small ones and those that would give them away.

    Parameters
    ----------
    primary
        Cells that are too small on their own.
    persons, system
        The persons of each cell, and what adds up to what.
    policy
        The limits: hidden members of one equation must together reach them too, since their sum
        can be computed.

    Notes
    -----
    Within a place smaller than the region all levels of a dimension are hidden, or none. In each
    equation that gives something away another cell is hidden: the one that leaves fewest other
    equations with a single hidden cell, then the smallest; a level of a declared contrast late,
    the total last; of equals the first in the order of the cells. When no single equation does,
    all are solved together and the neighbours of what they determine are hidden, until nothing is.

    Raises
    ------
    DisclosureStop
        If a cell stays computable with all its neighbours hidden.

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
    >>> protect(n < 20, persons, system, DisclosurePolicy()).tolist()
    [False, True, True, False]
    """
    hidden = _whole(primary, system)
    while True:
        more = _smallest_others(
            _gives_away(hidden, persons, system, policy), hidden, persons, system
        )
        if not len(more):
            more = _around_determined(hidden, persons, system)
        if not len(more):
            return hidden
        hidden[more] = True
        hidden = _whole(hidden, system)


def _whole(hidden: Flags, system: Equations) -> Flags:
    """Return the cells with those that are hidden together with them."""
    grouped = system.together >= 0
    made = hidden.copy()
    if not grouped.any():
        return made
    count = np.bincount(system.together[grouped & hidden], minlength=system.together.max() + 1)
    made[grouped] |= count[system.together[grouped]] > 0
    return made


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
