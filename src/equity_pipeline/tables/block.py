"""All cells of one indicator side by side: what every form's arrays are made from at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.tables.cells import (
    N_STANDARD_STRATA,
    STANDARD_BAND,
    SUMS,
    FloatArray,
    IntArray,
    coded,
    encoded,
    floats,
)
from equity_pipeline.vocabulary import vocabulary

BoolArray = NDArray[np.bool_]
TextArray = NDArray[np.object_]


@dataclass(frozen=True)
class Block:
    """The cells of one indicator, ordered by slice: a period and a dimension of it.

    Attributes
    ----------
    period_code, dimension
        Of each of the S slices.
    names
        The slices' levels in the vocabulary's order (S, L); None beyond a slice's last level.
    slice, level, sex, age, morbidity, cluster
        Codes of the cells (m,): as those of ``Slice``, and which slice.
    sums
        (6, m): n rows, d denominator, s numerator, and the sums of squares and products.
    """

    period_code: TextArray
    dimension: TextArray
    names: TextArray
    slice: IntArray
    level: IntArray
    sex: IntArray
    age: IntArray
    morbidity: IntArray
    cluster: IntArray
    sums: FloatArray

    @property
    def shape(self) -> tuple[int, int]:
        """How many slices there are, and how many levels the widest has."""
        return self.names.shape[0], self.names.shape[1]

    @cached_property
    def held(self) -> BoolArray:
        """Which places are a level of their slice (S, L)."""
        return np.asarray(self.names != None, dtype=bool)  # noqa: E711 - element by element

    @cached_property
    def ends(self) -> IntArray:
        """Where the slices' cells begin, and the last ends (S + 1,)."""
        return np.searchsorted(self.slice, np.arange(self.shape[0] + 1))

    @cached_property
    def n_clusters(self) -> int:
        """How many clusters the indicator has in all."""
        return int(self.cluster.max(initial=-1)) + 1

    @cached_property
    def stratum(self) -> IntArray:
        """The stratum for direct standardisation: five age bands by sex, 0-9."""
        return np.asarray(STANDARD_BAND[self.age] * 2 + self.sex, dtype=np.int64)

    @cached_property
    def by_stratum(self) -> FloatArray:
        """The six sums by level and standard stratum, (6, S, L, 10)."""
        slices, levels = self.shape
        code = (self.slice * levels + self.level) * N_STANDARD_STRATA + self.stratum
        size = slices * levels * N_STANDARD_STRATA
        made = [np.bincount(code, row, size).astype(np.float64) for row in self.sums]
        return np.stack(made).reshape(len(SUMS), slices, levels, N_STANDARD_STRATA)

    @cached_property
    def by_level(self) -> FloatArray:
        """The six sums by level, (6, S, L)."""
        return np.asarray(self.by_stratum.sum(axis=-1))

    def of_sex(self, code: int) -> FloatArray:
        """Return the six sums of one sex by level and age band, (6, S, L, 5)."""
        return self.by_stratum[..., code::2]

    def varies(self, codes: IntArray) -> BoolArray:
        """Return in which slices a code of the cells has more than one value (S,)."""
        first = self.ends[:-1]
        lowest = np.minimum.reduceat(codes, first)
        return np.asarray(lowest != np.maximum.reduceat(codes, first), dtype=bool)


def block(cells: pa.Table) -> Block | None:
    """Return one indicator's rows of ``cells.one_way`` as a block; None without rows."""
    if cells.num_rows == 0:
        return None
    table = cells.combine_chunks()
    periods, period = encoded(table["period_code"])
    dimensions, dimension = encoded(table["dimension"])
    names, level = encoded(table["level"])
    group = period * len(dimensions) + dimension
    rows: slice | IntArray = slice(None)
    if (np.diff(group) < 0).any():
        rows = np.argsort(group, kind="stable")
        group = group[rows]
    begins = np.flatnonzero(np.diff(group, prepend=-1))
    number = np.zeros(len(group), dtype=np.int64)
    number[begins[1:]] = 1
    number = np.cumsum(number)
    here = np.array(dimensions, object)[group[begins] % len(dimensions)]
    told, place = _levels(here, names, number, level[rows])
    codes = coded(table)
    return Block(
        period_code=np.array(periods, object)[group[begins] // len(dimensions)],
        dimension=here,
        names=told,
        slice=number,
        level=place[number, level[rows]],
        sex=codes["sex"][rows],
        age=codes["age_group"][rows],
        morbidity=codes["morbidity"][rows],
        cluster=codes["cluster_key"][rows],
        sums=np.stack([floats(table[name])[rows] for name in SUMS]),
    )


def _levels(
    dimensions: TextArray, names: list[str], number: IntArray, level: IntArray
) -> tuple[TextArray, IntArray]:
    """Return the slices' levels (S, L), and where each name lies in each slice (S, names)."""
    size = len(dimensions) * len(names)
    seen = np.bincount(number * len(names) + level, minlength=size) > 0
    seen = seen.reshape(len(dimensions), len(names))
    made: list[tuple[str, ...]] = []
    place = np.full(seen.shape, -1, dtype=np.int64)
    for i, dimension in enumerate(dimensions):
        held = {names[j] for j in np.flatnonzero(seen[i])}
        made.append(tuple(code for code in vocabulary().levels(dimension) if code in held))
        place[i, [names.index(name) for name in made[-1]]] = np.arange(len(made[-1]))
    told = np.full((len(made), max(map(len, made))), None, object)
    for i, levels in enumerate(made):
        told[i, : len(levels)] = levels
    return told, place
