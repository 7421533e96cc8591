"""A need model with an effect for each unit, the units' effects taken out block by block.

Each unit's effect meets only its own people, so the normal equations have a diagonal block as wide
as there are units; what is left after it (its Schur complement) is as small as without units.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.cells import Patterns
from equity_pipeline.statistics.need.columns import Columns, Term
from equity_pipeline.statistics.need.design import IntArray, fold
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import (
    ITERATIONS,
    SETTLED,
    SETTLED_BY_NEWTON,
    independent,
    scaled_terms,
    start,
    terms_of,
)
from equity_pipeline.statistics.need.influence import table_by_group

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of unit, pattern and level with a denominator (R,); levels numbered 0 to K - 1."""

    unit: IntArray
    pattern: IntArray
    level: IntArray
    s: FloatArray
    d: FloatArray


@dataclass(frozen=True, slots=True)
class UnitFit:
    """A settled fit within units.

    ``position`` is each level's place (L,), -1 where it cannot be compared with the reference
    within units; ``effect`` each unit's (G,), infinite where nobody or everybody had the outcome
    and NaN where it is unknown; ``free`` says which coefficients (p,) are estimated. ``cross`` is
    (G, p) and ``weight`` (G,): the units' blocks of the information that ``inner`` is left of.
    """

    family: Family
    position: IntArray
    terms: tuple[Term, ...]
    coefficients: FloatArray
    effect: FloatArray
    free: BoolArray
    inner: FloatArray
    cross: FloatArray
    weight: FloatArray

    @property
    def levels(self) -> int:
        """How many levels have an effect, K."""
        return int((self.position >= 0).sum())


def unit_rows(patterns: Patterns) -> Rows:
    """Return the cells as rows of unit, pattern and level."""
    cells = patterns.cells
    keys = [cells.cluster, patterns.of_cell, cells.level]
    row, size = fold(keys, [cells.n_clusters, patterns.size, cells.n_levels], len(cells.s))
    place = np.zeros(size, dtype=np.int64)
    place[row] = np.arange(len(row))
    s, d = (np.bincount(row, x, size).astype(np.float64) for x in (cells.s, cells.d))
    held = d > 0
    unit, pattern, level = (key[place][held] for key in keys)
    return Rows(unit, pattern, level, s[held], d[held])


def comparable(
    rows: Rows, family: Family, reference: int, n_levels: int, units: int
) -> tuple[BoolArray, FloatArray]:
    """Return the rows that tell of levels within units, and effects known to be infinite (G,).

    A unit where nobody or everybody had the outcome says nothing; a level where that is so, or
    that shares no chain of units with the reference, cannot be compared with it.
    """
    used, effect = np.ones(len(rows.s), dtype=bool), np.full(units, np.nan)
    while True:
        silent, limit = _silent(rows, used, family, units)
        effect = np.where(np.isnan(effect) & silent, limit, effect)
        level_silent, _ = _silent(
            replace(rows, unit=rows.level), used & ~silent[rows.unit], family, n_levels
        )
        kept = used & ~silent[rows.unit] & ~level_silent[rows.level]
        kept &= _reached(rows, kept, reference, n_levels, units)[rows.level]
        if np.array_equal(kept, used):
            return used, effect
        used = kept


def _silent(
    rows: Rows, used: BoolArray, family: Family, units: int
) -> tuple[BoolArray, FloatArray]:
    """Return units with people but no finite effect, and its infinite value."""
    s, d = (np.bincount(rows.unit, np.where(used, x, 0.0), units) for x in (rows.s, rows.d))
    if family is Family.GAUSSIAN:
        return np.zeros(units, dtype=bool), np.full(units, np.nan)
    none = (d > 0) & (s <= 0)
    every = (d > 0) & (s >= d * (1 - 1e-12)) if family.is_share else np.zeros_like(none)
    return none | every, np.where(none, -np.inf, np.inf)


def _reached(rows: Rows, used: BoolArray, reference: int, n_levels: int, units: int) -> BoolArray:
    levels = np.zeros(n_levels, dtype=bool)
    levels[reference] = True
    for _ in range(n_levels):
        seen = np.zeros(units, dtype=bool)
        seen[rows.unit[used & levels[rows.level]]] = True
        levels[rows.level[used & seen[rows.unit]]] = True
    return levels


def fit_within(patterns: Patterns, rows: Rows, family: Family, reference: int) -> UnitFit | None:
    """Return the fit within units, or None when no two levels can be compared in it."""
    n_levels, units = patterns.cells.n_levels, patterns.cells.n_clusters
    used, effect = comparable(rows, family, reference, n_levels, units)
    held = np.zeros(n_levels, dtype=bool)
    held[rows.level[used]] = True
    if held.sum() < 2 or not held[reference]:
        return None
    position = np.where(held, np.cumsum(held) - 1, -1).astype(np.int64)
    unit, pattern = rows.unit[used], rows.pattern[used]
    kept = Rows(unit, pattern, position[rows.level[used]], rows.s[used], rows.d[used])
    made = _Absorbed(patterns, kept, int(held.sum()), int(position[reference]), units)
    settled = made.settle(family)
    if settled is None:
        return None
    beta, by_unit, blocks = settled
    present = np.bincount(unit, minlength=units) > 0
    effect = np.where(present, by_unit, effect)
    return UnitFit(family, position, made.columns.terms, beta, effect, made.free, *blocks)


class _Absorbed:
    """The columns of a need model beside an effect of each unit."""

    def __init__(
        self, patterns: Patterns, rows: Rows, levels: int, reference: int, units: int
    ) -> None:
        self.rows, self.units = rows, units
        place = (rows.pattern, rows.level)
        terms, _, _ = scaled_terms(terms_of(patterns, (), levels), patterns, place, rows.d, levels)
        self.columns = Columns(*place, patterns.codes, terms, levels, patterns.size)
        self.codes = [patterns.codes[term.variable][rows.pattern] for term in terms]
        self.free = np.ones(self.columns.size, dtype=bool)
        self.free[reference] = False
        inner, _, _ = self.blocks(rows.d / rows.d.sum())
        self.free[levels:] = independent(inner, levels - 1)

    def by_unit(self, numbers: FloatArray) -> FloatArray:
        """Return numbers times columns, summed by unit (G, p)."""
        made = np.empty((self.units, self.columns.size))
        k, unit = self.columns.levels, self.rows.unit
        made[:, :k] = table_by_group(unit, self.units, self.rows.level, k, numbers)
        for term, code in zip(self.columns.terms, self.codes, strict=True):
            made[:, term.where] = table_by_group(
                unit, self.units, code, len(term.basis), numbers, term.basis
            )
        return made

    def blocks(self, weight: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the information left after the units' (free, free), and the units' blocks."""
        whole, cross = self.columns.information(weight), self.by_unit(weight)
        own = np.bincount(self.rows.unit, weight, self.units).astype(np.float64)
        scaled = cross / np.where(own > 0, own, 1)[:, np.newaxis]
        return (whole - cross.T @ scaled)[np.ix_(self.free, self.free)], cross, own

    def settle(
        self, family: Family
    ) -> tuple[FloatArray, FloatArray, tuple[FloatArray, FloatArray, FloatArray]] | None:
        """Return coefficients (p,), unit effects (G,) and blocks; None if they run away."""
        s, d, unit = self.rows.s, self.rows.d, self.rows.unit
        home = float(family.link(s.sum(keepdims=True) / d.sum())[0])
        beta, effect = np.zeros(self.columns.size), np.full(self.units, home)
        fitted, eta = np.full(s.shape, home), start(s, d, family, home)
        longest_step, settled = np.inf, SETTLED_BY_NEWTON if family.is_canonical else SETTLED
        for _ in range(ITERATIONS):
            mean = family.mean(eta)
            weight = d * family.weight(mean)
            working = (s - d * mean) * family.factor(mean) + weight * (eta - fitted)
            step, by_unit = self._step(weight, working)
            move = self.columns.predict(step) + by_unit[unit]
            longest = np.abs(move).max()
            if not np.isfinite(longest):
                return None
            part = min(1.0, longest_step / max(longest, SETTLED))
            beta, effect = beta + part * step, effect + part * by_unit
            eta = fitted = fitted + part * move
            longest_step = family.longest_step
            if np.abs(eta - home).max() > family.farthest:
                return None
            if longest < settled * max(1.0, np.abs(eta).max()):
                mean = family.mean(eta)
                observed = d * family.weight(mean) if family.is_canonical else s / mean
                return beta, effect, self.blocks(observed)
        return None

    def _step(self, weight: FloatArray, working: FloatArray) -> tuple[FloatArray, FloatArray]:
        inner, cross, own = self.blocks(weight)
        divisor = np.where(own > 0, own, 1)
        by_unit = np.bincount(self.rows.unit, working, self.units) / divisor
        score = self.columns.score(working) - cross.T @ by_unit
        step = np.zeros(self.columns.size)
        try:
            step[self.free] = np.linalg.solve(inner, score[self.free])
        except np.linalg.LinAlgError:
            step[:] = np.nan
        return step, by_unit - cross @ step / divisor
