"""Cells of a need model: read once, then summed over clusters to unique need patterns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.need.design import (
    Design,
    IntArray,
    Merged,
    NeedVariable,
    fold,
    merged,
    need_variables,
)
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import codes, numbers


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells with a denominator; ``cluster`` renumbered 0 to ``n_clusters - 1``.

    ``within`` is the sum of squares of people's outcomes about their cell's own mean, where each
    person is a row of the variance.
    """

    s: FloatArray
    d: FloatArray
    level: IntArray
    variables: tuple[NeedVariable, ...]
    cluster: IntArray
    weight: FloatArray
    n_levels: int
    n_clusters: int
    within: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Patterns:
    """Unique need patterns (P) with their share of the population, and rows: pattern by level.

    ``variables`` are the cells', small ones merged, and ``codes`` their codes per pattern;
    ``s`` and ``d`` are sums per row (R,).
    """

    cells: Cells
    variables: tuple[Merged, ...]
    codes: tuple[IntArray, ...]
    of_cell: IntArray
    share: FloatArray
    row_pattern: IntArray
    row_level: IntArray
    s: FloatArray
    d: FloatArray

    @property
    def size(self) -> int:
        """How many patterns there are."""
        return len(self.share)

    def level_sums(self) -> tuple[FloatArray, FloatArray]:
        """Return numerators and denominators per level (L,)."""
        levels = self.cells.n_levels
        made = (np.bincount(self.row_level, x, levels) for x in (self.s, self.d))
        s, d = (x.astype(np.float64) for x in made)
        return s, d


def read_cells(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: Design,
    cluster: ArrayLike,
    n_levels: int,
    weight: ArrayLike | None,
    family: Family,
    names: Sequence[str] | None = None,
    within: ArrayLike | None = None,
) -> Cells:
    """Return checked cells; those without denominator and weight are left out."""
    top, bottom = numbers(s, where="marginal_standardisation"), numbers(d, where="read_cells")
    mass = bottom if weight is None else numbers(weight, where="marginal_standardisation")
    places = codes(level, where="marginal_standardisation, level")
    units = codes(cluster, where="marginal_standardisation, cluster")
    inner = None if within is None else numbers(within, where="marginal_standardisation")
    told = (top, mass, places, units) if inner is None else (top, mass, places, units, inner)
    shapes = {array.shape for array in (bottom, *told)}
    require(
        len(shapes) == 1 and top.ndim == 1,
        "The cells' arrays have different lengths.",
        where="marginal_standardisation",
        mend="give 1-d arrays of one length m, and a design of shape (m, q)",
    )
    variables = need_variables(design, names, len(top))
    _check_values(top, bottom, mass, places, n_levels, family)
    _check_within(inner)
    used = (bottom > 0) | (mass > 0)
    if not used.all():
        top, bottom, mass = top[used], bottom[used], mass[used]
        places, units = places[used], units[used]
        variables = tuple(NeedVariable(v.name, v.code[used], v.basis) for v in variables)
        inner = None if inner is None else inner[used]
    cluster_number, n_clusters = _numbered(units)
    return Cells(top, bottom, places, variables, cluster_number, mass, n_levels, n_clusters, inner)


def _check_within(within: FloatArray | None) -> None:
    require(
        within is None or (np.isfinite(within) & (within >= 0)).all(),
        "Sums of squares about the cells' means are missing or negative.",
        where="marginal_standardisation",
        mend="give within, the sum over people of (outcome - the cell's mean) squared",
    )


def _numbered(units: IntArray) -> tuple[IntArray, int]:
    if not len(units):
        return units, 0
    lowest = int(units.min())
    return fold([units - lowest], [int(units.max()) - lowest + 1], len(units))


def _check_values(
    s: FloatArray,
    d: FloatArray,
    weight: FloatArray,
    level: IntArray,
    n_levels: int,
    family: Family,
) -> None:
    finite = all(np.isfinite(array).all() for array in (s, d, weight))
    counts = (d >= 0) & (weight >= 0) & ((d > 0) | (s == 0))
    if family.is_count:
        counts &= s >= 0
    if family.is_share:
        # sums of weights that were added in another order may differ in the last digits
        counts &= s <= d * (1 + 1e-9)
    require(
        finite and bool(counts.all()) and bool(((level >= 0) & (level < n_levels)).all()),
        "Cells hold missing or impossible numbers, or a level that does not exist.",
        where="marginal_standardisation",
        mend="give finite sums, d >= 0, s = 0 where d = 0, s <= d for shares, level < n_levels",
    )
    require(
        weight.sum() > 0 or d.sum() == 0,
        "All weights of the population are 0.",
        where="marginal_standardisation",
        mend="give the weights of the population that values are averaged over",
    )


def compress(cells: Cells, apart: Collection[str] = ()) -> Patterns:
    """Return the cells summed over clusters to unique need patterns, per level.

    Variables named apart are not merged with others.
    """
    codes = [variable.code for variable in cells.variables]
    sizes = [len(variable.basis) for variable in cells.variables]
    of_cell, size = fold(codes, sizes, len(cells.s))
    member = _member(of_cell, size)
    mass = np.bincount(of_cell, cells.weight, size).astype(np.float64)
    row, rows = fold([of_cell, cells.level], [size, cells.n_levels], len(cells.s))
    place = _member(row, rows)
    total, groups = mass.sum(), merged(cells.variables, apart)
    return Patterns(
        cells=cells,
        variables=groups,
        codes=tuple(_joint([codes[i][member] for i in g.members], g, sizes) for g in groups),
        of_cell=of_cell,
        share=mass / total if total > 0 else mass,
        row_pattern=of_cell[place],
        row_level=cells.level[place],
        s=np.bincount(row, cells.s, rows).astype(np.float64),
        d=np.bincount(row, cells.d, rows).astype(np.float64),
    )


def _joint(codes: Sequence[IntArray], group: Merged, sizes: Sequence[int]) -> IntArray:
    made = codes[0]
    for code, member in zip(codes[1:], group.members[1:], strict=True):
        made = made * sizes[member] + code
    return made


def _member(number: IntArray, size: int) -> IntArray:
    """Return one place of each number."""
    place = np.zeros(size, dtype=np.int64)
    place[number] = np.arange(len(number))
    return place
