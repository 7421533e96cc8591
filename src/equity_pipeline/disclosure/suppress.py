"""Complementary suppression: hide enough beside each small cell that it cannot be computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from equity_pipeline.disclosure.attacker import clock
from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.interval import Checked, check
from equity_pipeline.disclosure.linear import determined
from equity_pipeline.disclosure.linked import Linked, linked
from equity_pipeline.disclosure.parts import labels
from equity_pipeline.disclosure.repair import repaired
from equity_pipeline.disclosure.rules import DisclosurePolicy, Flags, Persons

ATTEMPTS = 10  # what is hidden may be too few together with what was hidden before
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
    known: Flags | None = None,
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
        The limits: the interval that can be derived of a small count must be as wide as they ask.
    before
        Cells that were hidden in an earlier release of the period: they stay hidden.
    moved
        Cells that differ by a few persons from an earlier release: hidden, with room.
    known
        Cells that an earlier release shows with the same counts: they protect nothing, unless
        nothing else can.
    seconds
        Time for the solver; what is not judged then is withheld.

    Notes
    -----
    The interval of every small count, and of what several hidden cells of one equation are
    together, is judged with all equations at once. What is too narrow gets the cheapest cells that
    give it room, again and again until all have theirs: what is hidden then may be too few
    together with what was before. What lacks room even then is withheld.
    A larger cell that any reader could compute is hidden in vain, and shown.

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
    own = primary | moved
    room = partial(linked, primary, persons, system, policy, moved=moved)
    hidden, whole, found = _hiding(partial(room, known=known), own | before, left)
    if found.lacks.any() and known is not None and known.any():
        hidden, whole, found = _hiding(room, own | before, left)
    in_vain = determined(system, hidden) & ~own & ~before
    return _withheld(whole, hidden & ~in_vain, found, system, left)


def _hiding(
    room: Callable[..., Linked], hidden: Flags, left: Callable[[], float]
) -> tuple[Flags, Linked, Checked]:
    """Return what must be hidden, with the system that says so and what lacks room even then."""
    whole = room(hidden=hidden)
    found = check(whole, hidden, left, at_a_glance=True)
    for attempt in range(ATTEMPTS):
        if not found.lacks.any():
            break
        more, found = repaired(whole, hidden, found, left, whole=attempt > 1)
        if attempt > 1 and (more == hidden).all():
            break
        hidden = more
        whole = room(hidden=hidden)
        found = check(whole, hidden, left, proven=found)
    return hidden, whole, found


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
        found = check(whole, hidden | withheld, left, proven=found)
    label = labels(whole, np.ones(whole.n_variables, bool))
    of = label[found.lacks | found.unjudged]
    linked_too = np.isin(label, of)[: whole.n_cells]
    withheld = withheld | np.isin(system.table, system.table[linked_too])
    return Protected(hidden | withheld, withheld)
