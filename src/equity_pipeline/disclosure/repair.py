"""The cheapest cells to hide so that a cell gets the room it lacks: a linear program for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.sparse import hstack

from equity_pipeline.disclosure.attacker import OutOfTimeError, Solver, each_at_once, is_whole
from equity_pipeline.disclosure.interval import Checked
from equity_pipeline.disclosure.linked import SYSTEMS, Floats, Linked
from equity_pipeline.disclosure.parts import Part, labels, parts
from equity_pipeline.disclosure.rules import Flags

MOVED = 1e-7  # of a person; less is rounding
NEXT_TO_NOTHING = 1e-4  # what a cell that is hidden already costs: the shortest way of equals


def repaired(
    system: Linked,
    cells: Flags,
    found: Checked,
    left: Callable[[], float],
    *,
    whole: bool = False,
) -> tuple[Flags, Checked]:
    """Return the hidden cells with those that give each lacking count its room, and what proves it.

    Parameters
    ----------
    system
        The linked system.
    cells
        Which cells are hidden.
    found
        What a check says that they lack.
    left
        Returns the seconds that are left.
    whole
        Look at changes of whole persons only: slower, for what parts of persons did not help.

    Notes
    -----
    For one count after the other, those that lack most first, the change that gives it room is
    found that costs least to hide; cells that are hidden already cost next to nothing
    (Fischetti M, Salazar-Gonzalez JJ 2001, doi:10.1287/mnsc.47.7.1008.9805, use the same programs
    exactly). A cell that no change gives its room stays as it is: the check tells of it.

    Examples
    --------
    >>> import numpy as np
    >>> line = np.array([[90.0, 3.0, 30.0, 57.0]] * 3)
    >>> one = Linked(np.zeros(4, int), np.arange(4), np.array([-1.0, 1, 1, 1]), line, line,
    ...              np.array([[0.0, 4, 0, 0]] * 3), np.array([9.0, 1, 1, 2]), 4, 1)
    >>> small = np.array([False, True, False, False])
    >>> none = np.zeros((3, 4))
    >>> repaired(one, small, Checked(one.need, small, none, none), lambda: 9.0)[0].tolist()
    [False, True, True, False]
    """
    hidden = system.hidden(cells)
    made = replace(found, fallen=found.fallen.copy(), risen=found.risen.copy())
    label = labels(system, np.ones(system.n_variables, bool))
    asked = parts(system, np.isin(label, label[found.lacks]), at_most=1)
    each_at_once(lambda part: _mend(system, part, hidden, made, left, whole), asked)
    return hidden[: system.n_cells], made


def _mend(
    system: Linked,
    part: Part,
    hidden: Flags,
    found: Checked,
    left: Callable[[], float],
    whole: bool,
) -> None:
    """Hide what one part lacks, and note what that proves."""
    which = part.variable
    for number in SYSTEMS:
        lacking = found.lacking[number, which]
        if lacking.any():
            way = _Cheapest(system, number, part, hidden, left)
            if whole:
                way.solver.whole()
            _one_part(way, lacking)
            found.fallen[number, which] = np.maximum(found.fallen[number, which], way.fallen)
            found.risen[number, which] = np.maximum(found.risen[number, which], way.risen)


def _one_part(way: _Cheapest, lacking: Floats) -> None:
    """Hide what gives every lacking count of one part its room."""
    for place in np.lexsort((way.variable, -lacking)):
        if not lacking[place]:
            return
        try:
            way.give(int(place))
        except OutOfTimeError:
            return


class _Cheapest:
    """Changes of one part, each variable's fall and rise apart, with what each costs."""

    def __init__(
        self, system: Linked, number: int, part: Part, hidden: Flags, left: Callable[[], float]
    ) -> None:
        self.variable, self.hidden = part.variable, hidden
        self.need = system.need[number, part.variable]
        self.down = system.down[number, part.variable]
        self.up = system.up[number, part.variable]
        self.size = len(part.variable)
        self.fallen, self.risen = np.zeros(self.size), np.zeros(self.size)
        self.cost = np.where(hidden[part.variable], 0.0, system.cost[part.variable])
        both = hstack([part.matrix, -part.matrix]).tocsc()
        nothing = np.zeros(2 * self.size)
        self.solver = Solver(both, nothing, np.concatenate([self.up, self.down]), left)

    def give(self, place: int) -> None:
        """Hide what gives one variable the width it needs, by the way that costs least."""
        need = self.need[place]
        if need <= self.fallen[place] + self.risen[place]:
            return
        best: list[Floats] = []
        least = np.inf
        for moves in _ways(need, self.up[place], self.down[place]):
            found, cost = self._way(place, moves, least)
            if cost < least:
                best, least = found, cost
            if least == 0:
                break
        for change in best:
            self._hide(change)

    def _way(
        self, place: int, moves: list[tuple[float, float]], least: float
    ) -> tuple[list[Floats], float]:
        """Return the changes of one way with what they cost, as far as that is under the least."""
        found, cost = [], 0.0
        for rise, fall in moves:
            change = self._change(place, rise, fall)
            if change is None:
                return [], np.inf
            found.append(change)
            cost += float(self.cost[self._moved(change)].sum())
            if cost >= least:
                break
        return found, cost

    def _change(self, place: int, rise: float, fall: float) -> Floats | None:
        """Return the cheapest change by which a variable moves so far; None where there is none."""
        which = np.array([place, self.size + place])
        amount = np.array([rise, fall])
        self.solver.bound(which, -amount, amount)
        costs = self.cost + NEXT_TO_NOTHING
        change = self.solver.most(-np.concatenate([costs, costs]))
        self.solver.bound(which, np.zeros(2), np.array([self.up[place], self.down[place]]))
        return change

    def _moved(self, change: Floats) -> Flags:
        moved: Flags = change[: self.size] + change[self.size :] > MOVED
        return moved

    def _hide(self, change: Floats) -> None:
        moved = self._moved(change)
        self.hidden[self.variable[moved]] = True
        self.cost[moved] = 0.0
        net = change[: self.size] - change[self.size :]
        if is_whole(net).all():
            self.risen = np.maximum(self.risen, np.round(net))
            self.fallen = np.maximum(self.fallen, -np.round(net))


def _ways(need: float, up: float, down: float) -> list[list[tuple[float, float]]]:
    """Return how a width can be had: all upwards, all downwards, some of each."""
    found = [[(need, 0.0)]] if up >= need else []
    found += [[(0.0, need)]] if down >= need else []
    for rise in np.arange(np.floor(min(up, need - 1)), 0, -1):
        if need - rise <= down:
            found.append([(float(rise), 0.0), (0.0, float(need - rise))])
    return found
