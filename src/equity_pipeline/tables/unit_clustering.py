"""How much of what differs lies between units, and how much of that goes with a trait of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import maihda, variation
from equity_pipeline.statistics.need import Family
from equity_pipeline.statistics.rates import residual_squares
from equity_pipeline.tables.cells import FloatArray, slices

FEWEST_UNITS = 5  # with fewer, a variance between units is not worth reading


@dataclass(frozen=True, slots=True)
class Clustering:
    """The likeness of people of one unit; NaN where it cannot be told.

    Attributes
    ----------
    icc
        Intraclass correlation of the outcome itself.
    median_ratio
        Median odds ratio of shares, median rate ratio of counts; NaN for amounts.
    explained
        For each trait of units, the share of the variance between units that it tells.
    """

    icc: float
    median_ratio: float
    explained: Mapping[str, float]


def clustering(
    cells: pa.Table, declared: Declaration, traits: Mapping[str, Mapping[str, str]]
) -> Clustering:
    """Return the clustering of one indicator in units.

    Parameters
    ----------
    cells
        ``one_way`` cells of one period, dimension total.
    declared
        The indicator.
    traits
        For each trait the code of each unit; a unit without one is a group of its own kind.
    """
    held = next(iter(slices(cells)), None)
    nothing = Clustering(np.nan, np.nan, dict.fromkeys(traits, np.nan))
    if held is None:
        return nothing
    names = sorted(set(cells["cluster_key"].to_pylist()))
    sums = np.stack(
        [np.bincount(held.cluster, row, len(names)).astype(np.float64) for row in held.sums]
    )
    kept = sums[1] > 0
    if kept.sum() < FEWEST_UNITS:
        return nothing
    sums, units = sums[:, kept], [one for one, k in zip(names, kept, strict=True) if k]
    null = _variance(sums, declared, None)
    explained = {
        trait: _explained(null, sums, declared, [codes.get(one, "") for one in units])
        for trait, codes in traits.items()
    }
    return Clustering(_icc(sums), _median_ratio(null, declared), explained)


def _residual(sums: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return rows, sums and squares of what each row lies from the region's ratio, by unit."""
    n, d, s, ss, sd, dd = sums
    ratio = np.full(len(n), s.sum() / d.sum())
    return n, s - ratio * d, residual_squares(ratio, ss, sd, dd)


def _icc(sums: FloatArray) -> float:
    n, total, squares = _residual(sums)
    least = np.where(n > 0, total**2 / np.maximum(n, 1), 0.0)
    return float(variation.intraclass_correlation(n, total, np.maximum(squares, least)).value)


def _median_ratio(variance: float, declared: Declaration) -> float:
    if not declared.counts_events or np.isnan(variance):
        return np.nan
    of = variation.median_odds_ratio if declared.is_proportion else variation.median_rate_ratio
    return float(of(variance))


def _explained(null: float, sums: FloatArray, declared: Declaration, codes: list[str]) -> float:
    found, place = np.unique(np.array(codes), return_inverse=True)
    if not null > 0 or not 1 < len(found) < len(codes) - 1:
        return np.nan
    design = np.eye(len(found))[place][:, 1:]
    return float(np.clip(1 - _variance(sums, declared, design) / null, 0.0, 1.0))


def _variance(sums: FloatArray, declared: Declaration, design: FloatArray | None) -> float:
    """Return the variance between units by maximum likelihood, NaN where there is none to find."""
    group = np.arange(sums.shape[1])
    try:
        if declared.counts_events:
            family = Family.BINOMIAL if declared.is_proportion else Family.POISSON
            fitted = maihda.random_intercept_counts(sums[2], sums[1], design, group, family=family)
        else:
            n, total, squares = _residual(sums)
            squares = np.maximum(squares, total**2 / n)
            fitted = maihda.random_intercept_linear(total, squares, n, design, group, reml=False)
    except MethodError:
        return np.nan  # nobody, or everybody, in a whole group: there is no finite model
    return float(fitted.variance.value)
