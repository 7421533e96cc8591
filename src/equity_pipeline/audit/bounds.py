"""What a system of sums says of its unknown counts, without a solver.

A system holds one row an equation and one column a cell: the total has the coefficient one, what
it is made of minus one, and every row sums to zero. `tightened` carries the bounds of some cells
over to others until nothing moves. In a block without circles that is all there is to know: every
whole number between the two bounds is then taken in some solution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from equity_pipeline.audit.finding import CouldNotJudge

BIG = 1e7  # no region has as many persons or contacts in a cell
SMALL = 1e-6  # of rounding in sums of floats
ROUNDS = 200

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class System:
    """Sums over cells, and between what each cell must lie.

    Attributes
    ----------
    row, column, sign
        One entry a cell in an equation: the equation, the cell, and 1 for the total, -1 for a part.
    low, high
        For each cell: equal where it is published, 0 and `BIG` where nothing is known.
    whole
        Whether the cells are counts; only tables of amounts are not.
    """

    row: Ints
    column: Ints
    sign: Floats
    low: Floats
    high: Floats
    whole: bool = True

    @property
    def n_cells(self) -> int:
        """Return how many cells there are."""
        return len(self.low)

    @cached_property
    def n_rows(self) -> int:
        """Return how many equations there are."""
        return int(self.row.max()) + 1 if len(self.row) else 0

    @property
    def free(self) -> Flags:
        """Return which cells are not known to the last one."""
        return self.high - self.low > SMALL

    def matrix(self) -> sparse.csr_array:
        """Return the equations as a matrix, shape (equations, cells)."""
        entries = (self.sign, (self.row, self.column))
        return sparse.csr_array(entries, shape=(self.n_rows, self.n_cells))


@dataclass(frozen=True, slots=True)
class Blocks:
    """Which free cells hang together.

    Attributes
    ----------
    of_cell
        The number of each cell's block; -1 where the cell is known.
    circles
        For each block whether some cells can be reached in two ways.
    """

    of_cell: Ints
    circles: Flags


def system(sums: list[tuple[int, list[int]]], low: Floats, high: Floats) -> System:
    """Return the system of some totals and their parts.

    Parameters
    ----------
    sums
        The number of each total with the numbers of its parts.
    low, high
        Between what each cell lies.

    Examples
    --------
    >>> made = system([(0, [1, 2])], np.array([9.0, 0, 0]), np.array([9.0, BIG, 4]))
    >>> tight = tightened(made)
    >>> tight.low.tolist(), tight.high.tolist()
    ([9.0, 5.0, 0.0], [9.0, 9.0, 4.0])
    """
    row = [number for number, (_, parts) in enumerate(sums) for _ in range(len(parts) + 1)]
    column = [cell for total, parts in sums for cell in (total, *parts)]
    sign = [one for _, parts in sums for one in (1.0, *(-1.0 for _ in parts))]
    return System(
        np.array(row, np.int64), np.array(column, np.int64), np.array(sign, np.float64), low, high
    )


def tightened(made: System) -> System:
    """Return the system with bounds as narrow as equation after equation makes them.

    Raises
    ------
    CouldNotJudge
        If no counts at all fulfil the equations.
    """
    low, high = made.low.copy(), made.high.copy()
    for _ in range(ROUNDS):
        before = (high - low).sum()
        _once(made, low, high)
        if bool((low > high + SMALL).any()):
            raise CouldNotJudge(
                "The published sums contradict each other.",
                where="the equations of the release",
                mend="see which table does not add up; nothing can be said of what it hides",
            )
        if (high - low).sum() >= before - SMALL:
            break
    return replace(made, low=low + 0.0, high=np.maximum(low, high) + 0.0)  # no minus zero


def _once(made: System, low: Floats, high: Floats) -> None:
    """Narrow the bounds in place by what each equation says of each of its cells."""
    up = made.sign > 0
    ends = low[made.column], high[made.column]
    least = np.where(up, ends[0], -ends[1])
    most = np.where(up, ends[1], -ends[0])
    others_least = np.bincount(made.row, least, made.n_rows)[made.row] - least
    others_most = np.bincount(made.row, most, made.n_rows)[made.row] - most
    lower = np.where(up, -others_most, others_least)
    upper = np.where(up, -others_least, others_most)
    if made.whole:
        lower, upper = np.ceil(lower - SMALL), np.floor(upper + SMALL)
    np.maximum.at(low, made.column, lower)
    np.minimum.at(high, made.column, upper)


def blocks(made: System) -> Blocks:
    """Return which free cells hang together, and where they do so in circles.

    Examples
    --------
    >>> made = system([(0, [1, 2])], np.array([9.0, 0, 0]), np.array([9.0, 9, 9]))
    >>> blocks(made).of_cell.tolist(), blocks(made).circles.tolist()
    ([-1, 0, 0], [False])
    """
    free = made.free
    kept = free[made.column]
    row, column = made.row[kept], made.column[kept]
    size = made.n_cells + made.n_rows
    edges = (np.ones(len(row)), (column, made.n_cells + row))
    _, label = connected_components(sparse.csr_array(edges, shape=(size, size)), directed=False)
    used = np.concatenate([free, np.bincount(row, minlength=made.n_rows) > 0])
    names, number = np.unique(label[used], return_inverse=True)
    of_node = np.full(size, -1, np.int64)
    of_node[used] = number
    n_nodes = np.bincount(number, minlength=len(names))
    n_edges = np.bincount(of_node[column], minlength=len(names))
    return Blocks(of_node[: made.n_cells], n_edges >= n_nodes)


def part(made: System, cells: Ints) -> System:
    """Return the system of some whole blocks alone, its cells in the order given.

    What is known beside them in their equations comes along behind them.
    """
    wanted = np.zeros(made.n_cells, bool)
    wanted[cells] = True
    rows = np.zeros(made.n_rows, bool)
    rows[made.row[wanted[made.column]]] = True
    kept = rows[made.row]
    beside = np.setdiff1d(made.column[kept], cells)
    order = np.concatenate([cells, beside])
    place = np.zeros(made.n_cells, np.int64)
    place[order] = np.arange(len(order))
    _, row = np.unique(made.row[kept], return_inverse=True)
    return System(
        row,
        place[made.column[kept]],
        made.sign[kept],
        made.low[order],
        made.high[order],
        made.whole,
    )
