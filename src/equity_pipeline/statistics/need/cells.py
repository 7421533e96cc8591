"""Cells of a need model: read once, then summed over clusters to unique need patterns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.need.family import Family

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells with a denominator; ``cluster`` renumbered 0 to ``n_clusters - 1``."""

    s: FloatArray
    d: FloatArray
    level: IntArray
    design: FloatArray
    cluster: IntArray
    weight: FloatArray
    n_levels: int
    n_clusters: int


@dataclass(frozen=True, slots=True)
class Patterns:
    """Unique need patterns (P): their share of the population, and s and d per level (P, L)."""

    cells: Cells
    design: FloatArray
    of_cell: IntArray
    share: FloatArray
    s: FloatArray
    d: FloatArray


def read_cells(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: ArrayLike,
    cluster: ArrayLike,
    n_levels: int,
    weight: ArrayLike | None,
    family: Family,
) -> Cells:
    """Return checked cells; those without denominator and weight are left out."""
    top, bottom = np.asarray(s, dtype=np.float64), np.asarray(d, dtype=np.float64)
    mass = bottom if weight is None else np.asarray(weight, dtype=np.float64)
    need = np.asarray(design, dtype=np.float64)
    codes = np.asarray(level, dtype=np.int64)
    units = np.asarray(cluster, dtype=np.int64)
    _check_shapes(top, bottom, mass, codes, units, need)
    _check_values(top, bottom, mass, codes, need, n_levels, family)
    used = (bottom > 0) | (mass > 0)
    names, numbered = np.unique(units[used], return_inverse=True)
    return Cells(
        s=top[used],
        d=bottom[used],
        level=codes[used],
        design=need[used],
        cluster=numbered.astype(np.int64),
        weight=mass[used],
        n_levels=n_levels,
        n_clusters=len(names),
    )


def _check_shapes(
    s: FloatArray,
    d: FloatArray,
    weight: FloatArray,
    level: IntArray,
    cluster: IntArray,
    design: FloatArray,
) -> None:
    shapes = {array.shape for array in (s, d, weight, level, cluster)}
    require(
        len(shapes) == 1 and s.ndim == 1 and design.ndim == 2 and len(design) == len(s),
        "The cells' arrays have different lengths.",
        where="marginal_standardisation",
        mend="give 1-d arrays of one length m, and a design of shape (m, q)",
    )


def _check_values(
    s: FloatArray,
    d: FloatArray,
    weight: FloatArray,
    level: IntArray,
    design: FloatArray,
    n_levels: int,
    family: Family,
) -> None:
    finite = all(np.isfinite(array).all() for array in (s, d, weight, design))
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


def compress(cells: Cells) -> Patterns:
    """Return the cells summed over clusters to unique rows of the design, per level."""
    first, of_cell = _unique_rows(cells.design)
    size, levels = len(first), cells.n_levels
    place = of_cell * levels + cells.level
    mass = np.bincount(of_cell, cells.weight, size).astype(np.float64)
    total = mass.sum()

    def summed(numbers: FloatArray) -> FloatArray:
        cube = np.bincount(place, numbers, size * levels).astype(np.float64)
        return cube.reshape(size, levels)

    return Patterns(
        cells=cells,
        design=cells.design[first],
        of_cell=of_cell,
        share=mass / total if total > 0 else mass,
        s=summed(cells.s),
        d=summed(cells.d),
    )


def _unique_rows(rows: FloatArray) -> tuple[IntArray, IntArray]:
    """Return one place of each unique row, and for each row the number of its unique one."""
    # a weighted sum of the columns tells rows apart ten times faster than comparing them all;
    # two different rows with one sum would fail the check and be compared in full
    mix = np.random.default_rng(2013).normal(size=rows.shape[1])
    key = (rows * mix).sum(axis=1)
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(rows[first][inverse], rows):
        _, first, inverse = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first.astype(np.int64), inverse.reshape(-1).astype(np.int64)


def sums(codes: IntArray, columns: FloatArray, size: int) -> FloatArray:
    """Return the columns (m, c) summed by code (size, c)."""
    made = np.empty((size, columns.shape[1]))
    for number, column in enumerate(columns.T):
        made[:, number] = np.bincount(codes, column, size)
    return made
