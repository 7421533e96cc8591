"""Ratios of sums by level for many groupings at once, with cluster-robust covariances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.clustered import LARGEST_MISSING_WEIGHT
from equity_pipeline.statistics.estimate import divide

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TableValues:
    """Values (T, L) of the levels of T groupings, covariances (T, L, L), clusters (T, L)."""

    value: FloatArray
    covariance: FloatArray
    n_clusters: IntArray


def ratios_by_level(
    s: FloatArray,
    d: FloatArray,
    table: IntArray,
    level: IntArray,
    cluster: IntArray,
    *,
    shape: tuple[int, int],
    stratum: IntArray | None = None,
    weights: FloatArray | None = None,
) -> TableValues:
    """Return what ``clustered.ratio_by_level`` gives for each of many groupings.

    Parameters
    ----------
    s, d, level, cluster, stratum
        As there, of the cells of all groupings (m,).
    table
        Which grouping the cell is of (m,).
    shape
        How many groupings, and how many levels the one with most has: (T, L).
    weights
        The standard's weight of each stratum in each grouping (T, K).

    References
    ----------
    Binder DA (1983), doi:10.2307/1402588 (linearised variance of ratios).

    Examples
    --------
    >>> one = ratios_by_level(
    ...     np.array([8.0, 9.0]), np.array([10.0, 10.0]), np.array([0, 1]), np.array([0, 0]),
    ...     np.array([0, 1]), shape=(2, 1),
    ... )
    >>> one.value.tolist()
    [[0.8], [0.9]]
    """
    tables, levels = shape
    stratum = np.zeros(len(level), dtype=np.int64) if stratum is None else stratum
    weights = np.ones((tables, 1)) if weights is None else weights
    place = table * levels + level
    cell = place * weights.shape[1] + stratum
    every = (tables, levels, weights.shape[1])
    top, bottom = (np.bincount(cell, x, int(np.prod(every))).reshape(every) for x in (s, d))
    used = _usable_weights(weights[:, np.newaxis], bottom > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(bottom > 0, top / bottom, 0.0)
        factor = np.where(bottom > 0, used / bottom, 0.0)
    value = np.where(used == 0, 0.0, used * rate).sum(axis=-1)
    influence = (s - rate.ravel()[cell] * d) * np.nan_to_num(factor).ravel()[cell]
    return _Clusters.of(table, level, cluster, shape).values(value, influence, d)


@dataclass(frozen=True, slots=True)
class _Clusters:
    """Where each cell lies in a table of groupings by clusters by levels."""

    place: IntArray
    shape: tuple[int, int, int]
    present: IntArray

    @classmethod
    def of(
        cls, table: IntArray, level: IntArray, cluster: IntArray, shape: tuple[int, int]
    ) -> _Clusters:
        clusters = int(cluster.max(initial=0)) + 1
        group = table * clusters + cluster
        seen = np.bincount(group, minlength=shape[0] * clusters).reshape(shape[0], clusters) > 0
        return cls(group * shape[1] + level, (shape[0], clusters, shape[1]), seen.sum(axis=1))

    def sums(self, numbers: FloatArray) -> FloatArray:
        """Return numbers summed by grouping, cluster and level."""
        made = np.bincount(self.place, numbers, int(np.prod(self.shape)))
        return np.asarray(made.reshape(self.shape), dtype=np.float64)

    def values(self, value: FloatArray, influence: FloatArray, d: FloatArray) -> TableValues:
        """Return values with the covariance of the clusters' summed influence."""
        pull = self.sums(influence)
        with np.errstate(divide="ignore", invalid="ignore"):
            factor = np.where(self.present > 1, self.present / (self.present - 1), np.nan)
        made = pull.transpose(0, 2, 1) @ pull * factor[:, np.newaxis, np.newaxis]
        unknown = np.isnan(value)
        either = unknown[:, :, np.newaxis] | unknown[:, np.newaxis]
        held = self.sums((d > 0).astype(np.float64)) > 0
        return TableValues(value, np.where(either, np.nan, made), held.sum(axis=1))


def _usable_weights(weights: FloatArray, filled: NDArray[np.bool_]) -> FloatArray:
    """Return (T, L, K) weights that sum to 1 over filled strata; NaN when too few are filled."""
    share = divide(weights, weights.sum(axis=-1, keepdims=True))
    held = (share * filled).sum(axis=-1, keepdims=True)
    enough = held >= 1 - LARGEST_MISSING_WEIGHT
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(enough, np.where(filled, share / held, 0.0), np.nan)
