"""Small tables of counts with margins, as the disclosure room sees them: cells and what adds up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from equity_pipeline.disclosure.equations import Equations
from equity_pipeline.disclosure.rules import DisclosurePolicy, Persons

TOTAL = "tot"
FIVE = DisclosurePolicy(smallest_denominator=5)  # the benchmarks know one limit


class Crossed(NamedTuple):
    """Keys in their order, the persons of each, and the sums."""

    keys: tuple[object, ...]
    persons: Persons
    system: Equations

    def hides(self, *keys: object) -> np.ndarray:
        """Return the flags of some keys."""
        return np.array([key in keys for key in self.keys])

    def shown_by(self, hidden: np.ndarray) -> set[object]:
        """Return the keys of flags."""
        return {key for key, flag in zip(self.keys, hidden, strict=True) if flag}


def crossed(n: Mapping[tuple[str, ...], int]) -> Crossed:
    """Return the full table of inner cells with every margin, each line a sum."""
    shape = range(len(next(iter(n))))
    levels = [sorted({key[one] for key in n}) for one in shape]
    whole = {
        key: sum(
            count
            for inner, count in n.items()
            if all(k in (TOTAL, i) for k, i in zip(key, inner, strict=True))
        )
        for key in itertools.product(*([TOTAL, *one] for one in levels))
    }
    lines = [
        (key, [(*key[:one], level, *key[one + 1 :]) for level in levels[one]])
        for key in whole
        for one in shape
        if key[one] == TOTAL
    ]
    return summed(whole, lines)


def summed(n: Mapping, sums: Sequence[tuple[object, Sequence[object]]]) -> Crossed:
    """Return cells with sums, each a total and its members; persons are counted, nothing else."""
    keys = tuple(n)
    place = {key: number for number, key in enumerate(keys)}
    entries = [
        (number, place[key], at == 0)
        for number, (total, members) in enumerate(sums)
        for at, key in enumerate((total, *members))
    ]
    equation, cell, is_total = (np.array(one) for one in zip(*entries, strict=True))
    size, nothing = len(sums), np.zeros(len(sums), np.int64)
    no, of_cells = np.zeros(size, bool), np.zeros(len(keys), np.int64)
    system = Equations(
        equation, cell, is_total.astype(bool), ~no, no, nothing, nothing, nothing, no, no,
        np.full(size, -1), of_cells, of_cells.astype(bool),
        np.full(len(keys), np.inf),
    )  # fmt: skip
    count = np.array([n[key] for key in keys], np.int64)
    never = np.zeros(len(keys), bool)
    return Crossed(keys, Persons(count, 0 * count, 0 * count, never, never, never), system)


def fewest(table: Crossed, primary: np.ndarray, room: int) -> int:
    """Return how few cells can be hidden: the exact optimum, all primaries in one program.

    For each primary one change upwards and one downwards that only hidden cells take part in
    (Fischetti and Salazar-Gonzalez 2001, written out instead of cut by cut).
    """
    size, counts = len(table.keys), table.persons.n.astype(float)
    asked = np.flatnonzero(primary)
    matrix = np.zeros((table.system.count, size))
    signs = np.where(table.system.is_total, -1.0, 1.0)
    matrix[table.system.equation, table.system.cell] = signs
    copies = 2 * len(asked)
    columns = size * (1 + copies)
    rows, low, high = [], [], []

    def ask(row: np.ndarray, least: float, most: float) -> None:
        rows.append(row), low.append(least), high.append(most)

    large = counts.sum()
    for copy in range(copies):
        at = size * (1 + copy)
        for line in matrix:
            row = np.zeros(columns)
            row[at : at + size] = line
            ask(row, 0, 0)
        for one in range(size):
            up, down = np.zeros(columns), np.zeros(columns)
            up[at + one], up[one] = 1, -large
            down[at + one], down[one] = 1, counts[one]
            ask(up, -np.inf, 0), ask(down, 0, np.inf)
    for number, one in enumerate(asked):
        row = np.zeros(columns)
        row[size * (1 + 2 * number) + one], row[size * (2 + 2 * number) + one] = 1, -1
        ask(row, room, np.inf)
    cost = np.concatenate([np.ones(size), np.zeros(size * copies)])
    least = np.concatenate([primary.astype(float), np.full(size * copies, -large)])
    most = np.concatenate([np.ones(size), np.full(size * copies, large)])
    found = milp(
        cost,
        integrality=cost > 0,
        bounds=Bounds(least, most),
        constraints=LinearConstraint(np.array(rows), low, high),
    )
    return round(found.fun)
