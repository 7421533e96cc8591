"""The gap of two groups with the levels of chosen factors weighed as in a target population."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.decompose.group_cells import SIGN, GroupCells, Part, read_cells
from equity_pipeline.statistics.estimate import BoolArray, FloatArray, divide, require
from equity_pipeline.statistics.reading import numbers, together


@dataclass(frozen=True, slots=True)
class StandardTable:
    """Cells (..., 2, L1, ..., LF), and the target's people (..., L1, ..., LF)."""

    cells: GroupCells
    people: FloatArray
    value: FloatArray
    target: FloatArray
    factors: int
    is_pooled: bool

    def usable(self, chosen: frozenset[int]) -> tuple[FloatArray, BoolArray]:
        """Return the people of the chosen factors' levels, and the levels that both groups have."""
        axes = tuple(k - self.factors for k in range(self.factors) if k not in chosen)
        people = self.people.sum(axis=axes, keepdims=True)
        return people, (people > 0).all(axis=-1 - self.factors)

    def lacking(self) -> FloatArray:
        """Return the target's share of levels that not both groups have, (...)."""
        axes = tuple(range(-self.factors, 0))
        held = self.usable(frozenset(range(self.factors)))[1]
        return divide((self.target * ~held).sum(axis=axes), self.target.sum(axis=axes))

    def gap(self, chosen: frozenset[int]) -> Part:
        """Return the gap with the levels of the chosen factors weighed as in the target."""
        across = tuple(range(-self.factors, 0))
        axes = tuple(k - self.factors for k in range(self.factors) if k not in chosen)
        people, held = self.usable(chosen)
        mean = divide((self.people * self.value).sum(axis=axes, keepdims=True), people)
        focus, reference = np.moveaxis(mean, -1 - self.factors, 0)
        apart = np.where(held, focus - reference, 0.0)
        mass = np.where(held, self.target.sum(axis=axes, keepdims=True), 0.0)
        whole = mass.sum(axis=across, keepdims=True)
        value = divide((mass * apart).sum(axis=across, keepdims=True), whole)
        # beside the axis of the two groups
        wide, side = -1 - self.factors, SIGN.reshape(2, *[1] * self.factors)
        levels = np.expand_dims(np.where(held, divide(mass, whole), 0.0), wide) * side
        by_people = np.where(people > 0, levels * divide(self.value - mean, people), 0.0)
        if self.is_pooled:
            moved = np.where(held, divide(apart - value, whole), 0.0)
            by_people = by_people + np.expand_dims(moved, wide)
        by_value = np.where(people > 0, levels * divide(self.people, people), 0.0)
        flat = self.cells.people.shape
        return Part(value.reshape(flat[:-2]), by_people.reshape(flat), by_value.reshape(flat))


def read_table(
    people: ArrayLike,
    value: ArrayLike,
    variance: ArrayLike | None,
    target: ArrayLike | None,
    factors: int,
    where: str,
) -> StandardTable:
    """Return checked cells of two groups by the levels of F factors."""
    n, y = together(people, value, where=where)
    spread = n if variance is None else together(n, variance, where=where)[1]
    shape = n.shape
    require(
        len(shape) > factors and shape[-1 - factors] == 2 and 0 not in shape,
        "The cells are not those of two groups by the levels of the factors.",
        where=where,
        mend="give arrays of shape (..., 2, L1, ..., LF), focus group first",
    )
    require(
        spread.shape == shape,
        "The variances are not those of the cells.",
        where=where,
        mend="give a variance for each cell",
    )
    flat = (*shape[:-factors], -1)
    cells = read_cells(
        n.reshape(flat),
        y.reshape(flat),
        None if variance is None else spread.reshape(flat),
        where=where,
    )
    n = cells.people.reshape(shape)
    pooled = n.sum(axis=-1 - factors)
    weights = pooled if target is None else numbers(target, where=where)
    require(
        weights.shape[-factors:] == shape[-factors:]
        and bool((np.isfinite(weights) & (weights >= 0)).all())
        and bool((weights.sum() > 0) or target is None),
        "The target's people are negative, missing, all 0, or not those of the factors' levels.",
        where=where,
        mend="give a number of people for each combination of levels",
    )
    whole = np.broadcast_to(weights, pooled.shape)
    return StandardTable(cells, n, cells.value.reshape(shape), whole, factors, target is None)


def order_share(before: int, players: int) -> float:
    """Return the share of orders of the players in which just these ``before`` go before one.

    Examples
    --------
    >>> order_share(0, 2), round(order_share(1, 3), 4)
    (0.5, 0.1667)
    """
    return factorial(before) * factorial(players - before - 1) / factorial(players)
