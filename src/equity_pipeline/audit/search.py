"""The narrowest interval of a hidden count, by integer programming; certificates come first.

A count is safe when two solutions of the system are found in which it differs by the protection,
or one in which it is so large that it is either as wide or not small. One solution of a whole
system is such a witness for thousands of counts at once, and one that cannot make any of many
counts more than nobody settles all of them; so a solver is asked for single counts only where
neither was found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from equity_pipeline.audit.bounds import SMALL, Floats, Ints, System, blocks, part, tightened
from equity_pipeline.audit.finding import CouldNotJudge
from equity_pipeline.audit.solver import Clock, Program, whole_solution
from equity_pipeline.audit.witness import (
    SEED,
    SPREAD,
    Asked,
    Seen,
    look_for_witnesses,
    settle_nobody,
)

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Narrow:
    """The cells whose interval is too narrow, with it; arrays of one length."""

    cell: Ints
    low: Floats
    high: Floats


def too_narrow(made: System, wanted: Ints, limit: Floats, width: float, clock: Clock) -> Narrow:
    """Return which of the wanted cells the system holds between too narrow bounds.

    Parameters
    ----------
    made
        The equations.
    wanted
        Numbers of the cells that must not be found.
    limit
        For each of them the count from which it may be known.
    width
        What the interval of a smaller one must at least be wide.
    clock
        How long that may take.

    Raises
    ------
    CouldNotJudge
        If the time is up, or nothing fulfils the equations.

    Examples
    --------
    >>> from equity_pipeline.audit.bounds import BIG, system
    >>> made = system([(0, [1, 2])], np.array([9.0, 6, 0]), np.array([9.0, 6, BIG]))
    >>> one = too_narrow(made, np.array([2]), np.array([5.0]), 4, Clock(1))
    >>> one.cell.tolist(), one.low.tolist(), one.high.tolist()
    ([2], [3.0], [3.0])
    """
    clock.left()
    tight = tightened(made)
    found = blocks(tight)
    low, high = tight.low[wanted], tight.high[wanted]
    open_ = (high - low >= width) & (low < limit) & (found.of_cell[wanted] >= 0)
    open_[open_] = found.circles[found.of_cell[wanted[open_]]]
    if open_.any():
        asked = Asked(wanted[open_], limit[open_], width)
        low[open_], high[open_] = _searched(tight, found.of_cell, asked, clock)
    narrow = (high - low < width) & (low < limit)
    return Narrow(wanted[narrow], low[narrow], high[narrow])


def intervals(made: System, wanted: Ints, clock: Clock) -> tuple[Floats, Floats]:
    """Return the exact lowest and highest count of each wanted cell.

    Examples
    --------
    >>> from equity_pipeline.audit.bounds import BIG, system
    >>> made = system([(0, [1, 2])], np.array([9.0, 0, 0]), np.array([9.0, BIG, BIG]))
    >>> low, high = intervals(made, np.array([1, 2]), Clock(5))
    >>> low.tolist(), high.tolist()
    ([0.0, 0.0], [9.0, 9.0])
    """
    clock.left()
    tight = tightened(made)
    of_cell = blocks(tight).of_cell
    low, high = tight.low[wanted].copy(), tight.high[wanted].copy()
    for number in np.flatnonzero(of_cell[wanted] >= 0):
        cells = np.flatnonzero(of_cell == of_cell[wanted[number]])
        at = int(np.searchsorted(cells, wanted[number]))
        low[number], high[number] = _exact(Program(part(tight, cells), clock), at, clock)
    return low, high


def _searched(tight: System, of_cell: Ints, asked: Asked, clock: Clock) -> tuple[Floats, Floats]:
    """Return bounds of cells in blocks with circles: wide enough by witness, or exact."""
    cells = np.flatnonzero(np.isin(of_cell, np.unique(of_cell[asked.cell])))
    small = part(tight, cells)
    asked = asked._replace(cell=np.searchsorted(cells, asked.cell))
    seen = Seen(small, of_cell[cells], asked)
    settle_nobody(seen, clock)
    look_for_witnesses(seen, clock)
    for number in np.unique(seen.block[seen.place[seen.unsure()]]):
        _one_by_one(seen, np.flatnonzero(seen.block == number), clock)
    return seen.low, seen.high


def _one_by_one(seen: Seen, cells: Ints, clock: Clock) -> None:
    """Settle each unsure cell of a block; what is seen on the way serves the others."""
    block = part(seen.made, cells)
    program = Program(block, clock)
    inside = np.full(seen.made.n_cells, -1, np.int64)
    inside[cells] = np.arange(len(cells))
    mine = np.flatnonzero(inside[seen.place] >= 0)
    chance = np.random.default_rng(SEED)

    def look(point: Floats) -> None:
        values = point[inside[seen.place[mine]]]
        seen.low[mine] = np.fmin(seen.low[mine], values)
        seen.high[mine] = np.fmax(seen.high[mine], values)

    for number in mine:
        cell = int(inside[seen.place[number]])
        if not np.isfinite(seen.low[number]):
            look(_end(program, cell, 1.0, clock))
        if seen.sure(np.array([number])).all():
            continue
        aim = np.zeros(block.n_cells)
        aim[: len(cells)] = -chance.lognormal(0, SPREAD, len(cells))
        for ends in _apart(block, cell, seen.low[number], seen.high[number], seen.width):
            point = _some(program, cell, ends, aim, clock)
            if point is not None:
                look(point)
                break
        else:
            seen.low[number], seen.high[number] = _exact(program, cell, clock)
            seen.exact[number] = True


def _apart(block: System, cell: int, low: float, high: float, width: float) -> Iterator[Ends]:
    """Yield bounds that hold a cell further than the width from what was seen of it."""
    for lower, upper in ((low + width, block.high[cell]), (block.low[cell], high - width)):
        if lower <= upper:
            yield float(lower), float(upper)


def _some(program: Program, cell: int, ends: Ends, aim: Floats, clock: Clock) -> Floats | None:
    """Return some solution with a cell held, preferably with the least of ``aim``."""
    made = program.made
    program.held(cell, *ends)
    point = program.least(aim)
    program.held(cell, float(made.low[cell]), float(made.high[cell]))
    if point is None or not made.whole or _is_whole(point):
        return point
    low, high = made.low.copy(), made.high.copy()
    low[cell], high[cell] = ends
    return whole_solution(replace(made, low=low, high=high), np.zeros(made.n_cells), clock)


def _is_whole(point: Floats) -> bool:
    return bool(np.abs(point - np.round(point)).max() <= SMALL)


def _end(program: Program, cell: int, sign: float, clock: Clock) -> Floats:
    """Return a solution with the least (sign 1) or the most (-1) of one cell."""
    made = program.made
    aim = np.zeros(made.n_cells)
    aim[cell] = sign
    point = program.least(aim)
    if point is not None and made.whole and not _is_whole(point):
        point = whole_solution(made, aim, clock)
    if point is None:
        raise CouldNotJudge(
            "The published sums contradict each other.",
            where="the search for intervals",
            mend="see which table does not add up; nothing can be said of what it hides",
        )
    return np.asarray(np.round(point) if made.whole else point) + 0.0  # no minus zero


def _exact(program: Program, cell: int, clock: Clock) -> Ends:
    """Return the lowest and highest value of one cell, whole where the block is."""
    low, high = (float(_end(program, cell, sign, clock)[cell]) for sign in (1.0, -1.0))
    return low, high
