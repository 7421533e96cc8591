"""How wide an interval an attacker can derive of each hidden count, and which are too narrow.

A change that breaks no equation is a certificate for every cell that it moves: most cells are
proven by a few changes that move many at once, and only what is left is solved one by one. A
certificate counts only where it moves whole persons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from equity_pipeline.disclosure.attacker import OutOfTimeError, Solver, each_at_once, is_whole
from equity_pipeline.disclosure.linked import (
    KNOWN_DENOMINATOR,
    SYSTEMS,
    WITHOUT,
    Floats,
    Linked,
)
from equity_pipeline.disclosure.parts import Part, labels, parts
from equity_pipeline.disclosure.rules import Flags, Ints

ROUNDS = 60  # of changes that move many cells at once; what they miss is solved one by one
IDLE = 4  # rounds that prove nothing new before the rest is solved one by one
A_LITTLE = 1e-6
SOME = 1e3  # persons; what is implied moves with all the cells that it is of
MANY = 1e7  # persons; as good as without a bound


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of hidden cells found.

    Attributes
    ----------
    lacking
        How much width each count lacks, shape (3, variables); nothing where it has what it needs.
    unjudged
        Variables that the solver was not done with.
    fallen, risen
        How far each count was seen to be able to fall and to rise, shape (3, variables).
    """

    lacking: Floats
    unjudged: Flags
    fallen: Floats
    risen: Floats

    @property
    def lacks(self) -> Flags:
        """Return which variables lack width in one count or another."""
        found: Flags = np.max(self.lacking, axis=0) > 0
        return found


def check(
    system: Linked,
    cells: Flags,
    left: Callable[[], float],
    *,
    proven: Checked | None = None,
    at_a_glance: bool = False,
) -> Checked:
    """Return what hidden cells lack, by what an attacker can derive of each.

    Parameters
    ----------
    system
        The linked system.
    cells
        Which cells are hidden.
    left
        Returns the seconds that are left; with none all that asks for room is unjudged.
    proven
        What a check with fewer cells hidden found: a change nobody would see then is one that
        nobody sees now.
    at_a_glance
        Prove only what changes prove that move many cells at once: what lacks then may have its
        room.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.array([[9.0, 3.0, 6.0]] * 3)
    >>> one = Linked(np.zeros(3, int), np.arange(3), np.array([-1.0, 1.0, 1.0]), line, line,
    ...              np.array([[0.0, 4.0, 0.0]] * 3), np.ones(3), 3, 1)
    >>> check(one, np.array([False, True, False]), lambda: 9.0).lacking[0].tolist()
    [0.0, 4.0, 0.0]
    >>> check(one, np.array([False, True, True]), lambda: 9.0).lacking[0].tolist()
    [0.0, 0.0, 0.0]
    """
    found = Checked(
        np.zeros_like(system.need),
        np.zeros(system.n_variables, bool),
        np.zeros_like(system.need),
        np.zeros_like(system.need),
    )
    if proven is not None:  # what is implied, but no cell, has other numbers there
        found.fallen[:, : system.n_cells] = proven.fallen[:, : system.n_cells]
        found.risen[:, : system.n_cells] = proven.risen[:, : system.n_cells]
    asked = parts(system, _asking(system, system.hidden(cells), found))
    each_at_once(lambda part: _judge(system, part, left, found, at_a_glance), asked)
    return found


def _asking(system: Linked, hidden: Flags, found: Checked) -> Flags:
    """Return the unknowns of connected parts in which something asks for room still."""
    label = labels(system, hidden)
    asks = (system.need > found.fallen + found.risen).any(axis=0) & hidden
    chosen: Flags = hidden & np.isin(label, label[asks])
    return chosen


def _judge(
    system: Linked, part: Part, left: Callable[[], float], found: Checked, at_a_glance: bool
) -> None:
    """Fill in what one part lacks.

    What is proven with the denominator known is proven without it: the complement's changes are
    the same ones turned round.
    """
    which = part.variable
    for number in SYSTEMS:
        room = _Room(system, number, part, left)
        room.fallen, room.risen = found.fallen[number, which], found.risen[number, which]
        if number != KNOWN_DENOMINATOR:
            known = found.fallen[KNOWN_DENOMINATOR, which], found.risen[KNOWN_DENOMINATOR, which]
            fell, rose = known if number < WITHOUT else known[::-1]
            room.fallen, room.risen = np.maximum(room.fallen, fell), np.maximum(room.risen, rose)
        try:
            found.lacking[number, which] = room.lacking(at_a_glance)
        except OutOfTimeError:
            found.unjudged[which] |= room.open > 0
        found.fallen[number, which], found.risen[number, which] = room.fallen, room.risen


def intervals(
    system: Linked, cells: Flags, left: Callable[[], float], *, asked: Flags | None = None
) -> tuple[Floats, Floats]:
    """Return how far each count can fall and rise without a reader seeing it, in whole persons.

    Parameters
    ----------
    system, cells, left
        The linked system, which cells are hidden, and the seconds that are left.
    asked
        The cells to look at; None looks at all.

    Returns
    -------
    lower, upper
        Changes (at most nothing, at least nothing), shape (3, variables); nothing for what is
        shown, at most ten million.
    """
    lower, upper = np.zeros_like(system.need), np.zeros_like(system.need)
    for part in parts(system, system.hidden(cells)):
        for number in SYSTEMS:
            down = np.minimum(system.down[number, part.variable], MANY)
            up = np.minimum(system.up[number, part.variable], MANY)
            solver = Solver(part.matrix, down, up, left)
            solver.whole()
            for place, variable in enumerate(part.variable.tolist()):
                if asked is not None and not (variable < len(asked) and asked[variable]):
                    continue
                gain = np.zeros(len(part.variable))
                for sign, found in ((1.0, upper), (-1.0, lower)):
                    gain[place] = sign
                    change = solver.most(gain)
                    found[number, variable] = 0.0 if change is None else change[place]
    return np.round(lower), np.round(upper)


class _Room:
    """What has been proven of one count in one part."""

    def __init__(self, system: Linked, number: int, part: Part, left: Callable[[], float]) -> None:
        self.need = system.need[number, part.variable]
        self.down = system.down[number, part.variable]
        self.up = system.up[number, part.variable]
        self.group, self.is_cell = part.group, part.variable < system.n_cells
        self.fallen, self.risen = np.zeros(len(self.need)), np.zeros(len(self.need))
        self.solver = Solver(part.matrix, self.down, self.up, left)
        self.matrix, self.left = part.matrix, left

    @property
    def open(self) -> Floats:
        """Return the width that is not proven yet."""
        left: Floats = np.maximum(self.need - self.fallen - self.risen, 0.0)
        return left

    def lacking(self, at_a_glance: bool) -> Floats:
        """Return the width that each variable lacks."""
        if not self.open.any():
            return self.open
        self._many()
        if at_a_glance:
            return self.open
        for place in np.flatnonzero(self.open):
            if self.open[place] and self._one(int(place), self.solver) > self._enough(int(place)):
                self._one(int(place), self._of_whole())
        return self.open

    def _enough(self, place: int) -> float:
        """Return the width in parts of persons below which there is none in whole persons."""
        return float(self.need[place]) - A_LITTLE

    def _many(self) -> None:
        """Prove what changes prove that move as many open cells as they can, this way or that."""
        asked = np.flatnonzero(self.need)
        self._cap(asked, self.solver)
        random = np.random.default_rng(1)
        idle = 0
        for number in range(ROUNDS):
            before = self.open.sum()
            if not before or idle == IDLE:
                break
            signs = random.choice([-1.0, 1.0], len(self.need))
            sign = (1.0, -1.0)[number] if number < 2 else signs
            self._prove(self.solver.most((self.open > 0) * sign))
            idle = idle + 1 if self.open.sum() == before else 0
        self.solver.bound(asked, self.down[asked], self.up[asked])

    def _cap(self, which: Ints, solver: Solver) -> None:
        need = np.where(self.is_cell[which], self.need[which], SOME)
        solver.bound(which, np.minimum(self.down[which], need), np.minimum(self.up[which], need))

    def _one(self, place: int, solver: Solver) -> float:
        """Prove as much as can be of one variable; return its width, in parts of persons too."""
        which, gain, width = np.array([place]), np.zeros(len(self.need)), 0.0
        self._cap(which, solver)
        for sign in (1.0, -1.0):
            gain[place] = sign
            change = solver.most(gain) if self.open[place] else None
            self._prove(change)
            width += 0.0 if change is None else abs(float(change[place]))
        solver.bound(which, self.down[which], self.up[which])
        return width if self.open[place] else 0.0

    def _prove(self, change: Floats | None) -> None:
        if change is None:
            return
        broken = np.zeros(int(self.group.max()) + 1, bool)
        broken[self.group[~is_whole(change)]] = True
        sound = np.where(broken[self.group], 0.0, np.round(change))
        self.risen = np.maximum(self.risen, sound)
        self.fallen = np.maximum(self.fallen, -sound)

    def _of_whole(self) -> Solver:
        solver = Solver(self.matrix, self.down, self.up, self.left)
        solver.whole()
        return solver
