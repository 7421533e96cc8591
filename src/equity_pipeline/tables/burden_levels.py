"""Levels of a dimension with their sizes and covariance, as the excess over a level needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.clustered import few_events, ratio_by_level
from equity_pipeline.statistics.estimate import student
from equity_pipeline.tables.cells import FloatArray, IntArray, Slice
from equity_pipeline.tables.effects import UNADJUSTED
from equity_pipeline.vocabulary import MISSING

NUMBERS = ("value", "lower", "upper", "n_clusters")
# dimension, adjustment, measure -> level -> its `NUMBERS`
Known = Mapping[tuple[str, str, str], Mapping[str, tuple[float, float, float, float]]]


@dataclass(frozen=True, slots=True)
class Levels:
    """Levels of one dimension under one adjustment, (L,), without those whose level is missing.

    ``sizes`` are people, contacts or person-time in the unit that values are per; ``d`` the same
    uncounted; ``covariance`` is (L, L), and ``clusters`` how many hold people of the level.
    """

    names: tuple[str, ...]
    values: FloatArray
    sizes: FloatArray
    d: FloatArray
    n: FloatArray
    covariance: FloatArray
    clusters: IntArray
    reference: int


def known_of(estimates: pd.DataFrame) -> Known:
    """Return estimates of one indicator and period as `Known`: frames are slow to look into."""
    made: dict[tuple[str, str, str], dict[str, tuple[float, float, float, float]]] = {}
    keys = zip(*(estimates[name] for name in ("dimension", "adjustment", "measure")), strict=True)
    held = zip(*(estimates[name] for name in NUMBERS), strict=True)
    for key, level, numbers in zip(keys, estimates["level"], held, strict=True):
        made.setdefault(key, {})[level] = numbers
    return made


def levels_of(
    cells: Slice, declared: Declaration, known: Known, adjustment: str, reference: str
) -> Levels:
    """Return the known levels with their values, and a covariance whose gaps have T2's errors.

    Parameters
    ----------
    cells
        One indicator, period and dimension.
    declared
        The indicator.
    known
        Its estimates of the period.
    adjustment
        Under which the levels are taken.
    reference
        The level that gaps are to.
    """
    place = np.array([i for i, name in enumerate(cells.levels) if name != MISSING], dtype=np.int64)
    names = tuple(cells.levels[i] for i in place)
    n, d, s, *_ = cells.by_level()[:, place]
    robust = ratio_by_level(
        cells.sums[2], cells.sums[1], cells.level, cells.cluster, n_levels=cells.n_levels
    )
    covariance = robust.covariance[np.ix_(place, place)]
    if declared.counts_events and declared.population_base not in UNADJUSTED:
        covariance = few_events(covariance, s, d, bounded=declared.is_proportion)
    value, *_ = _numbers(known, cells.dimension, adjustment, "value", names)
    at = names.index(reference)
    errors = _errors(_numbers(known, cells.dimension, adjustment, "gap_abs", names))
    return Levels(
        names=names,
        values=value,
        sizes=d / declared.scale,
        d=d,
        n=d if declared.population_base == "calls" else n,
        covariance=_rescaled(covariance * declared.scale**2, at, errors),
        clusters=robust.n_clusters[place],
        reference=at,
    )


def _numbers(
    known: Known, dimension: str, adjustment: str, measure: str, names: tuple[str, ...]
) -> FloatArray:
    """Return value, limits and clusters of the levels, (4, L); NaN where there are none."""
    held = known.get((dimension, adjustment, measure), {})
    return np.array([held.get(name, (np.nan,) * len(NUMBERS)) for name in names], np.float64).T


def _errors(gaps: FloatArray) -> FloatArray:
    """Return the error of each level's gap to the reference, out of T2's limits by Student's t."""
    _, lower, upper, clusters = gaps
    return np.asarray((upper - lower) / 2 / student(0.95, clusters - 1), dtype=np.float64)


def _rescaled(covariance: FloatArray, at: int, errors: FloatArray) -> FloatArray:
    """Return the covariance with these errors of gaps to one level, correlations as they were.

    The crude groups share units as the adjusted ones do: how the gaps hang together is taken from
    there, how large their errors are from the adjusted gaps themselves.
    """
    size = len(covariance)
    to_gaps = np.eye(size)
    to_gaps[:, at] -= 1.0
    to_gaps[at, at] = 1.0
    crude = np.sqrt(np.maximum(np.diag(to_gaps @ covariance @ to_gaps.T), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(np.isfinite(errors) & (crude > 0), errors / crude, 1.0)
    factor[at] = 1.0
    back = np.linalg.inv(to_gaps) @ np.diag(factor) @ to_gaps
    return np.asarray(back @ covariance @ back.T)
