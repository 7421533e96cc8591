"""Solutions that show of many hidden counts at once that they can be small and large.

A vertex of a system that makes a sum of cells large has all of it in one of them. Here a cell is
worth no more than is enough for its own protection, so that one solution serves many.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from equity_pipeline.audit.bounds import SMALL, Flags, Floats, Ints, System
from equity_pipeline.audit.solver import Clock, Program

WITNESSES = 80  # solutions looked at before cells are asked for one by one
PATIENCE, STALLED = 4, 0.97  # so many in a row must leave fewer than this share unsure
SPREAD = 2.0  # of the weights: a few cells are wanted much more than the others
SEED = 20
A_LITTLE = 2.0**-6  # so that one solution can give a little to all that can have any


class Asked(NamedTuple):
    """The cells that must not be found, from where on they may be, how wide they must be."""

    cell: Ints
    limit: Floats
    width: float


class Seen:
    """The least and the most that each wanted cell is in any solution seen so far.

    Attributes
    ----------
    made, block
        The system, and the number of each cell's block; what is known comes behind them.
    place, low, high
        The wanted cells, and between what they were seen.
    exact
        Whether that is all there is.
    enough
        From where on a cell is either as wide as it must be or not small.
    """

    def __init__(self, made: System, block: Ints, asked: Asked) -> None:
        """Nothing has been seen yet."""
        self.made, self.block, self.place, self.width = made, block, asked.cell, asked.width
        self.low, self.high = np.full(len(self.place), np.inf), np.full(len(self.place), -np.inf)
        self.exact: Flags = np.zeros(len(self.place), bool)
        self.enough = asked.limit + asked.width - (1 if made.whole else 0)

    def unsure(self) -> Ints:
        """Return the wanted cells that neither differed enough nor were large, by their place."""
        return np.flatnonzero(~self.sure(np.arange(len(self.place))))

    def sure(self, at: Ints) -> Flags:
        """Return which of some wanted cells, by their place, are settled."""
        wide = self.high[at] - self.low[at] >= self.width
        return np.asarray(wide | (self.high[at] >= self.enough[at]) | self.exact[at], bool)

    def take(self, point: Floats) -> None:
        """Take a solution, but for the blocks in which it is not whole."""
        inside = point[: len(self.block)]
        usable = np.ones(len(inside), bool)
        if self.made.whole:
            broken = np.abs(inside - np.round(inside)) > SMALL
            usable = ~np.isin(self.block, self.block[broken])
            inside = np.round(inside)
        mine, known = inside[self.place], usable[self.place]
        self.low = np.where(known, np.minimum(self.low, mine), self.low)
        self.high = np.where(known, np.maximum(self.high, mine), self.high)


def settle_nobody(seen: Seen, clock: Clock) -> None:
    """Settle the cells that are nobody in every solution: together they cannot be anybody."""
    left = np.arange(len(seen.place))
    program = _Capped(seen.made, seen.place, np.full(len(left), A_LITTLE), clock)
    while len(left):
        point = program.most(seen.place[left], np.ones(len(left)))
        if point is None:
            return  # told by whoever asks for a single cell
        nobody = point[seen.place[left]] <= SMALL
        if nobody.all():
            seen.low[left] = seen.high[left] = 0.0
            seen.exact[left] = True
        left = left[nobody & ~seen.exact[left]]


class _Capped:
    """A system in which it is of no use to make a cell larger than is enough.

    Without that, a solution with the most of many cells has all that a sum leaves in one of them.
    """

    def __init__(self, made: System, cell: Ints, enough: Floats, clock: Clock) -> None:
        """Give the solver its system, with a second part of each cell that is worth nothing."""
        self._cell, self._made = cell, made
        more = np.full(made.n_cells, -1, np.int64)
        more[cell] = made.n_cells + np.arange(len(cell))
        entry = more[made.column] >= 0
        wider = System(
            np.append(made.row, made.row[entry]),
            np.append(made.column, more[made.column[entry]]),
            np.append(made.sign, made.sign[entry]),
            *self._bounds(enough),
            made.whole,
        )
        self._program = Program(wider, clock)

    def _bounds(self, enough: Floats) -> tuple[Floats, Floats]:
        made, cell = self._made, self._cell
        high = made.high.copy()
        high[cell] = np.maximum(np.minimum(high[cell], enough), made.low[cell])
        more = made.high[cell] - high[cell]
        return np.append(made.low, np.zeros(len(cell))), np.append(high, more)

    def enough(self, enough: Floats) -> None:
        """Say anew from where on more of each cell is of no use."""
        self._program.bounded(*self._bounds(enough))

    def most(self, cell: Ints, weight: Floats) -> Floats | None:
        """Return a solution with as much of some cells as is of use; None if there is none."""
        size = self._made.n_cells
        aim = np.zeros(size + len(self._cell))
        aim[cell] = -weight
        point = self._program.least(aim)
        if point is None:
            return None
        made = point[:size]
        made[self._cell] += point[size:]
        return made


def look_for_witnesses(seen: Seen, clock: Clock) -> None:
    """Look at solutions that make many of the unsure cells large, or small, at once."""
    chance = np.random.default_rng(SEED)
    left = [len(seen.place)]
    program = _Capped(seen.made, seen.place, seen.enough, clock)
    for turn in range(WITNESSES):
        unsure = seen.unsure()
        left.append(len(unsure))
        if not len(unsure) or (turn > PATIENCE and left[-1] > left[-PATIENCE] * STALLED):
            return
        weight = chance.lognormal(0, SPREAD, len(unsure))
        program.enough(np.minimum(seen.enough, seen.low + seen.width))
        sign = np.ones(len(unsure))
        if turn % PATIENCE == PATIENCE - 1:
            sign[seen.low[unsure] > seen.made.low[seen.place[unsure]]] = -1
        point = program.most(seen.place[unsure], sign * weight)
        if point is None:
            return  # told by whoever asks for a single cell
        seen.take(point)
