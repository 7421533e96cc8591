"""Small cells of one equation together: what the shown ones leave of its total is their sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import (
    SHOWN,
    DisclosurePolicy,
    Flags,
    Ints,
    Persons,
    too_small,
)


@dataclass(frozen=True, slots=True)
class Unions:
    """Small cells of one equation that together are still too small to be told of.

    Attributes
    ----------
    persons
        The persons of each union.
    number, cell
        An entry a cell in a union: both numbers.
    number_of_rest, with_rest
        An entry a union of an equation that has a rest: both numbers.
    """

    persons: Persons
    number: Ints
    cell: Ints
    number_of_rest: Ints
    with_rest: Ints

    @property
    def count(self) -> int:
        """Return how many there are."""
        return len(self.persons.n)


def unions(
    own: Flags,
    hidden: Flags,
    persons: Persons,
    system: Equations,
    policy: DisclosurePolicy,
    rests: Flags,
) -> Unions:
    """Return the hidden cells of each equation that are too few together, and with its rest.

    Parameters
    ----------
    own, hidden
        Cells that are hidden on their own account, and all that are.
    persons, system
        The persons of each cell, and what adds up to what.
    policy
        The limits.
    rests
        Which equations have a rest that the attacker does not know.

    Notes
    -----
    The shown cells of an equation leave of its total what these hold. Where one person may be in
    several cells they are at least as many as the largest holds. A total that is small itself asks
    for room of its own.

    Examples
    --------
    >>> from datetime import date
    >>> from equity_pipeline.disclosure.cell import Cell
    >>> from equity_pipeline.disclosure.equations import equations
    >>> day = date(2024, 1, 1)
    >>> cells = [Cell("VT01", day, day, "12", "total", "all", "all")]
    >>> cells += [Cell("VT01", day, day, "12", "education", level, "all") for level in "abc"]
    >>> n = np.array([90, 7, 8, 75])
    >>> persons = Persons(n, n, n, *(np.zeros(4, bool),) * 3)
    >>> policy = DisclosurePolicy()
    >>> system = equations(cells, persons, policy)
    >>> made = unions(n < 20, n < 20, persons, system, policy, system.rest_n > 0)
    >>> made.persons.n.tolist(), made.cell.tolist()
    ([15], [1, 2])
    """
    member = hidden[system.cell] & ~system.is_total
    members = np.bincount(system.equation[member], minlength=system.count)
    of_total = np.bincount(
        system.equation[own[system.cell] & system.is_total], minlength=len(members)
    )
    several = (members > 0) & (members + rests > 1) & (of_total == 0)
    together = Persons(
        _together(system, member, persons.n, system.rest_n * rests),
        _together(system, member, persons.n_with, system.rest_with * rests),
        _together(system, member, persons.n_without, system.rest_without * rests),
        _any(system, persons.counts_with),
        _any(system, persons.counts_without),
        np.zeros(system.count, bool),
    )
    chosen = several & (too_small(together, policy) != SHOWN)
    number = np.cumsum(chosen) - 1
    entry = member & chosen[system.equation]
    with_rest = np.flatnonzero(chosen & rests)
    return Unions(
        _only(together, chosen),
        number[system.equation[entry]],
        system.cell[entry],
        number[with_rest],
        with_rest,
    )


def joined(*parts: Persons) -> Persons:
    """Return the persons of some cells after those of others.

    Examples
    --------
    >>> n = np.array([1, 2])
    >>> one = Persons(n, n, n, *(np.zeros(2, bool),) * 3)
    >>> joined(one, one).n.tolist()
    [1, 2, 1, 2]
    """
    return Persons(
        np.concatenate([one.n for one in parts]),
        np.concatenate([one.n_with for one in parts]),
        np.concatenate([one.n_without for one in parts]),
        np.concatenate([one.counts_with for one in parts]),
        np.concatenate([one.counts_without for one in parts]),
        np.concatenate([one.sensitive for one in parts]),
    )


def _only(persons: Persons, chosen: Flags) -> Persons:
    return Persons(
        persons.n[chosen],
        persons.n_with[chosen],
        persons.n_without[chosen],
        persons.counts_with[chosen],
        persons.counts_without[chosen],
        persons.sensitive[chosen],
    )


def _together(system: Equations, member: Flags, values: Ints, rest: Ints) -> Ints:
    """Return the persons of members and rest; at least, where they may be the same ones."""
    held = np.where(member, values[system.cell], 0)
    summed = np.bincount(system.equation, held, minlength=system.count).astype(np.int64)
    largest = np.zeros(system.count, np.int64)
    np.maximum.at(largest, system.equation, held)
    return np.where(system.overlapping, largest, summed) + rest


def _any(system: Equations, flags: Flags) -> Flags:
    made = np.zeros(system.count, bool)
    made[system.equation[flags[system.cell]]] = True
    return made
