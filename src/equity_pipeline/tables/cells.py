"""Counted cells of one indicator, as arrays that the statistics take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_pipeline.vocabulary import vocabulary

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

AGE_GROUPS = (*(f"{low:02d}-{low + 4:02d}" for low in range(0, 85, 5)), "85+")
AGE_MIDPOINTS = np.array([low + 2.5 for low in range(0, 85, 5)] + [90.0])
MORBIDITIES = ("none", "one", "two", "three_or_more")
# five bands that hold enough people in a region's smaller groups: 0-19, 20-39, 40-64, 65-79, 80+
STANDARD_BAND = np.array([0] * 4 + [1] * 4 + [2] * 5 + [3] * 3 + [4] * 2)
N_STANDARD_STRATA = 10
SUMS = ("n", "d", "s", "ss", "sd", "dd")


@dataclass(frozen=True, slots=True)
class Slice:
    """The cells of one indicator, period and dimension; arrays of one length ``m``.

    ``level``, ``sex`` (1 woman, 0 man), ``age`` (0-17), ``morbidity`` (0-3) and ``cluster`` are
    codes; ``sums`` is (6, m): n rows, d denominator, s numerator, and the sums of squares and
    products ss, sd, dd.
    """

    period_code: str
    dimension: str
    levels: tuple[str, ...]
    level: IntArray
    sex: IntArray
    age: IntArray
    morbidity: IntArray
    cluster: IntArray
    sums: FloatArray

    @property
    def n_levels(self) -> int:
        """How many levels have cells."""
        return len(self.levels)

    def by_level(self, only_sex: int | None = None) -> FloatArray:
        """Return the six sums for each level, (6, n_levels), of all or of one sex."""
        chosen = np.ones(len(self.level), bool) if only_sex is None else self.sex == only_sex
        return np.stack(
            [
                np.bincount(self.level[chosen], row[chosen], minlength=self.n_levels)
                for row in self.sums
            ]
        )

    @property
    def stratum(self) -> IntArray:
        """The stratum for direct standardisation: five age bands by sex, 0-9."""
        return np.asarray(STANDARD_BAND[self.age] * 2 + self.sex, dtype=np.int64)


def slices(cells: pa.Table) -> Iterator[Slice]:
    """Yield the slices of one indicator's cells, ordered by period and dimension.

    Parameters
    ----------
    cells
        Rows of ``cells.one_way`` for one indicator.
    """
    if cells.num_rows == 0:
        return
    table = cells.combine_chunks()
    periods, period = encoded(table["period_code"])
    dimensions, dimension = encoded(table["dimension"])
    names, level = encoded(table["level"])
    group = period * len(dimensions) + dimension
    order = np.argsort(group, kind="stable")
    ends = np.flatnonzero(np.diff(group[order], append=-1)) + 1
    columns = coded(table)
    sums = np.stack([floats(table[name]) for name in SUMS])
    for start, end in zip(np.r_[0, ends[:-1]], ends, strict=True):
        rows = order[start:end]
        held = {names[code] for code in np.unique(level[rows])}
        here = dimensions[dimension[rows[0]]]
        levels = tuple(code for code in vocabulary().levels(here) if code in held)
        position = np.array([levels.index(name) if name in levels else -1 for name in names])
        yield Slice(
            period_code=periods[period[rows[0]]],
            dimension=here,
            levels=levels,
            level=position[level[rows]].astype(np.int64),
            sex=columns["sex"][rows],
            age=columns["age_group"][rows],
            morbidity=columns["morbidity"][rows],
            cluster=columns["cluster_key"][rows],
            sums=sums[:, rows],
        )


def encoded(column: pa.ChunkedArray) -> tuple[list[str], IntArray]:
    """Return the different texts of a column in order, and each row's place among them."""
    coded = pc.dictionary_encode(column.combine_chunks())
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    told, rows = coded.dictionary.to_pylist(), np.asarray(coded.indices)
    # a dictionary made for more rows than these holds texts that none of these has
    names = sorted({told[at] for at in np.unique(rows)})
    order = {name: at for at, name in enumerate(names)}
    place = np.array([order.get(name, -1) for name in told], dtype=np.int64)
    return names, place[rows]


def floats(column: pa.ChunkedArray) -> FloatArray:
    """Return a column of numbers as float64."""
    return np.asarray(pc.cast(column, pa.float64()).to_numpy(), dtype=np.float64)


def coded(table: pa.Table) -> dict[str, IntArray]:
    """Return sex, age, morbidity and cluster as codes; what is unknown takes the first code."""
    known = {
        "sex": ("male", "female"),
        "age_group": AGE_GROUPS,
        "morbidity": MORBIDITIES,
    }
    coded = {
        name: np.maximum(
            np.asarray(
                pc.fill_null(pc.index_in(table[name], pa.array(codes)), 0).to_numpy(), np.int64
            ),
            0,
        )
        for name, codes in known.items()
    }
    coded["cluster_key"] = encoded(table["cluster_key"])[1]
    return coded
