"""Crossed strata of one indicator: what is crossed, and the sums of each stratum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.tables.cells import SUMS, FloatArray, IntArray
from equity_pipeline.tables.largest import of_disjoint
from equity_pipeline.vocabulary import ALL, MISSING, vocabulary

KEYS = ("sex", "age_three", "education", "income_three", "birth_three", "area_class")
TOPS = ("top_1", "top_2")
PERSONS = ("n_persons", "n_persons_with", "n_persons_without")
MOST = 5  # crossed further, strata are single persons
SEPARATOR = "|"


@dataclass(frozen=True, slots=True)
class Crossed:
    """The strata of one indicator that have people.

    Attributes
    ----------
    dimensions
        What is crossed, at most five, those with two levels or more.
    levels
        The level of each stratum in each of `KEYS`, ``all`` where that is not crossed.
    codes
        The same as numbers of the crossed dimensions (G, k).
    sums
        The six sums (6, G).
    persons
        Distinct persons, and those with and without the outcome (3, G).
    left_out
        The same of those whose level of a crossed dimension is not known (3,).
    largest
        Shares of the sum that the two largest persons make (2, G); NaN where only counted.
    largest_of_all
        The same of all strata together, and of those who are left out (2, 2).
    """

    dimensions: tuple[str, ...]
    levels: pd.DataFrame
    codes: IntArray
    sums: FloatArray
    persons: IntArray
    left_out: IntArray
    largest: FloatArray
    largest_of_all: FloatArray

    @property
    def ids(self) -> list[str]:
        """Each stratum's levels in one text."""
        return [SEPARATOR.join(row) for row in self.levels[list(self.dimensions)].to_numpy(str)]

    def words(self, tongue: str) -> list[str]:
        """Return each stratum's levels in words, ``sv`` or ``en``."""
        said = []
        for name in self.dimensions:
            held = {code: getattr(one, tongue) for code, one in vocabulary().codes[name].items()}
            said.append(self.levels[name].map(held))
        return [", ".join(row) for row in zip(*said, strict=True)]


def crossed(rows: pa.Table) -> Crossed:
    """Return the strata of rows of ``cells.strata`` of one indicator, in the order of the words.

    Parameters
    ----------
    rows
        One period; none gives strata without dimensions.
    """
    frame = rows.to_pandas() if rows.num_rows else pd.DataFrame(columns=[*KEYS, *SUMS, *PERSONS])
    frame = frame.astype(dict.fromkeys(KEYS, str))
    dimensions = tuple(name for name in KEYS if len(_known(frame[name])) > 1)[:MOST]
    there = np.ones(len(frame), dtype=bool)
    for name in dimensions:
        there &= (frame[name] != MISSING).to_numpy()
    places = {name: _known(frame.loc[there, name]) for name in dimensions}
    dimensions = tuple(name for name in dimensions if len(places[name]) > 1)
    held = frame[there].copy()
    others = [name for name in KEYS if name not in dimensions]
    held[others] = ALL
    together = held.groupby(list(KEYS), sort=False)
    number, parts = np.asarray(together.ngroup(), np.int64), held
    held = together[[*SUMS, *PERSONS]].sum().reset_index()
    shares = parts.reindex(columns=list(TOPS)).to_numpy(np.float64).T
    largest = of_disjoint(number, len(held), parts["s"].to_numpy(np.float64), shares)
    of_all = frame.reindex(columns=list(TOPS)).to_numpy(np.float64).T
    of_all = of_disjoint((~there).astype(np.int64), 2, frame["s"].to_numpy(np.float64), of_all)
    codes = np.array([held[n].map(places[n].index) for n in dimensions], dtype=np.int64)
    codes = codes.reshape(len(dimensions), len(held))
    order = np.lexsort(codes[::-1]) if len(dimensions) else np.arange(len(held))
    held = held.iloc[order]
    return Crossed(
        dimensions,
        held[list(KEYS)].reset_index(drop=True),
        codes[:, order].T,
        held[list(SUMS)].to_numpy(np.float64).T,
        held[list(PERSONS)].to_numpy(np.int64).T,
        frame.loc[~there, list(PERSONS)].sum().to_numpy(np.int64),
        largest[:, order],
        of_all,
    )


def _known(column: pd.Series[str]) -> list[str]:
    """Return the levels that are there, in the order of the vocabulary."""
    held = set(column) - {ALL, MISSING}
    return [code for code in vocabulary().codes[str(column.name)] if code in held]


def centred(crossed: Crossed) -> tuple[FloatArray, FloatArray, float]:
    """Return sums and squares of each stratum about the ratio of all, and that ratio.

    A mean that is a ratio of sums, kronor over person-years, is made one of people: what each has
    beyond the ratio times their part of it.

    References
    ----------
    Binder DA (1983), doi:10.2307/1402588 (linearised ratios).
    """
    _, d, s, ss, sd, dd = crossed.sums
    ratio = float(s.sum() / d.sum())
    return s - ratio * d, ss - 2 * ratio * sd + ratio**2 * dd, ratio
