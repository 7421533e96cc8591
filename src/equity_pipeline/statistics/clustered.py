"""Ratios of sums by level, crude or directly standardised, with cluster-robust covariance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from equity_pipeline.statistics.estimate import Estimate, divide, student

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# a level may lack strata that hold at most this share of the standard's weight
LARGEST_MISSING_WEIGHT = 0.05
FEW_EVENTS = 10  # below this the spread between units is poor evidence of chance


@dataclass(frozen=True, slots=True)
class LevelValues:
    """Values of the levels of one dimension.

    Attributes
    ----------
    value
        (L,) values in the indicator's unit; NaN where there is nothing to estimate from.
    covariance
        (L, L), between levels as well: the same units serve several groups.
    n_clusters
        (L,) clusters that hold people of the level.
    method
        How the values were made.
    """

    value: FloatArray
    covariance: FloatArray
    n_clusters: IntArray
    method: str


def ratio_by_level(
    s: FloatArray,
    d: FloatArray,
    level: IntArray,
    cluster: IntArray,
    *,
    n_levels: int,
    stratum: IntArray | None = None,
    weights: FloatArray | None = None,
) -> LevelValues:
    """Return the ratio ``sum s / sum d`` of each level, standardised when weights are given.

    Parameters
    ----------
    s, d
        Numerator and denominator sums of the cells, (m,).
    level, cluster
        Codes of the cells, (m,).
    n_levels
        How many levels there are, L.
    stratum, weights
        Stratum code of the cells, (m,), and the standard's weight of each stratum, (K,). A level
        without people in strata that hold more than 5 % of the weight has no standardised value.

    Returns
    -------
    LevelValues
        The covariance is the sum over clusters of the outer products of their influence,
        times G / (G - 1).

    References
    ----------
    Binder DA (1983), doi:10.2307/1402588 (linearised variance of ratios);
    Breslow NE, Day NE (1987), Statistical Methods in Cancer Research II (direct standardisation).

    Examples
    --------
    >>> one = ratio_by_level(
    ...     np.array([8.0, 9.0]), np.array([10.0, 10.0]), np.array([0, 1]), np.array([0, 1]),
    ...     n_levels=2,
    ... )
    >>> one.value.tolist()
    [0.8, 0.9]
    """
    stratum = np.zeros(len(level), dtype=np.int64) if stratum is None else stratum
    weights = np.ones(1) if weights is None else np.asarray(weights, dtype=np.float64)
    n_strata = len(weights)
    cell = level * n_strata + stratum
    shape = (n_levels, n_strata)
    top = np.bincount(cell, s, minlength=n_levels * n_strata).reshape(shape)
    bottom = np.bincount(cell, d, minlength=n_levels * n_strata).reshape(shape)
    used = _usable_weights(weights, bottom > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(bottom > 0, top / bottom, 0.0)
        factor = np.where(bottom > 0, used / bottom, 0.0)
    value = np.where(used == 0, 0.0, used * rate).sum(axis=1)
    influence = (s - rate.ravel()[cell] * d) * factor.ravel()[cell]
    return LevelValues(
        value=value,
        covariance=_covariance(influence, level, cluster, n_levels, value),
        n_clusters=clusters_by_level(level, cluster, d, n_levels),
        method="cluster_robust" if n_strata == 1 else "standardised_cluster_robust",
    )


def clusters_by_level(level: IntArray, cluster: IntArray, d: FloatArray, n_levels: int) -> IntArray:
    """Return how many clusters hold people of each level, (L,)."""
    held = d > 0
    width = int(cluster.max(initial=0)) + 1
    pairs = np.unique(level[held] * width + cluster[held])
    return np.bincount(pairs // width, minlength=n_levels).astype(np.int64)


def few_events(
    covariance: FloatArray, events: FloatArray, at_risk: FloatArray, *, bounded: bool
) -> FloatArray:
    """Return the covariance with levels of few events held to at least their binomial variance.

    Units that all saw nobody, or everybody, do not vary: their spread says nothing of chance.
    A level with under ten events (or, of shares, under ten without) gets the variance of
    Agresti and Coull's share, or of one event more, where that is larger, and is taken as
    independent of the other levels.

    Parameters
    ----------
    covariance
        (..., L, L), in events per one at risk.
    events, at_risk
        Counts of each level, (..., L).
    bounded
        Whether the events are people among those at risk (shares), not repeats per time (rates).

    References
    ----------
    Agresti A, Coull BA (1998), doi:10.1080/00031305.1998.10480550.

    Examples
    --------
    >>> events, at_risk = np.array([0.0, 50.0]), np.array([8.0, 90.0])
    >>> few_events(np.zeros((2, 2)), events, at_risk, bounded=True).round(4).tolist()
    [[0.0116, 0.0], [0.0, 0.0]]
    """
    others = at_risk - events if bounded else np.full_like(events, np.inf)
    few = (np.minimum(events, others) < FEW_EVENTS) & (at_risk > 0)
    size = np.where(at_risk > 0, at_risk, np.nan)
    share = (events + 2) / (size + 4)
    least = share * (1 - share) / (size + 4) if bounded else (events + 1) / size**2
    own = np.diagonal(covariance, axis1=-2, axis2=-1)
    diagonal = np.where(few, np.fmax(own, least), own)
    unknown = (np.isnan(own) & ~few) | np.isnan(events + at_risk)
    alone = np.eye(own.shape[-1], dtype=bool)
    made = np.where(_either(few), 0.0, covariance)
    made = np.where(alone, diagonal[..., np.newaxis], made)
    return np.where(_either(unknown), np.nan, made)


def _either(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which pairs of levels have a flag on one of them, (..., L, L)."""
    return np.asarray(flags[..., :, np.newaxis] | flags[..., np.newaxis, :])


def few_clusters(
    estimate: Estimate,
    degrees_of_freedom: FloatArray,
    *,
    log: bool = False,
    confidence: float = 0.95,
) -> Estimate:
    """Return the estimate with limits from Student's t, for standard errors from few clusters.

    Parameters
    ----------
    estimate
        Value and standard error, any shape.
    degrees_of_freedom
        Clusters less one, of the estimate's shape.
    log
        Whether the limits are made on the log scale, as for ratios.

    References
    ----------
    Cameron AC, Miller DL (2015), doi:10.3368/jhr.50.2.317.

    Examples
    --------
    >>> wide = few_clusters(Estimate(0.0, -1.96, 1.96, 1.0, "difference"), np.array(4.0))
    >>> round(float(wide.upper), 3)
    2.776
    """
    t = student(confidence, degrees_of_freedom)
    value, error = estimate.value, estimate.standard_error
    method = f"{estimate.method}_t"
    if not log:
        return Estimate(value, value - t * error, value + t * error, error, method)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        factor = np.exp(np.where(value > 0, t * error / value, np.nan))
        return Estimate(value, value / factor, value * factor, error, method)


def t_p(estimate: Estimate, degrees_of_freedom: FloatArray) -> FloatArray:
    """Return two-sided p values by Student's t; NaN where the standard error is 0 or NaN.

    Parameters
    ----------
    estimate
        Value and standard error, any shape.
    degrees_of_freedom
        Clusters less one, of the estimate's shape.

    References
    ----------
    Student (1908), Biometrika 6:1-25.

    Examples
    --------
    >>> one = Estimate(2.776, 0, 0, 1.0, "difference")
    >>> round(float(t_p(one, np.array(4.0))), 3)
    0.05
    """
    error = np.where(estimate.standard_error > 0, estimate.standard_error, np.nan)
    return np.asarray(2 * stdtr(degrees_of_freedom, -np.abs(estimate.value / error)))


def _usable_weights(weights: FloatArray, filled: NDArray[np.bool_]) -> FloatArray:
    """Return (L, K) weights that sum to 1 over a level's filled strata; NaN when too few are."""
    share = divide(weights, weights.sum())
    held = (share * filled).sum(axis=1, keepdims=True)
    enough = held >= 1 - LARGEST_MISSING_WEIGHT
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(enough, np.where(filled, share / held, 0.0), np.nan)


def _covariance(
    influence: FloatArray, level: IntArray, cluster: IntArray, n_levels: int, value: FloatArray
) -> FloatArray:
    n_clusters = int(cluster.max(initial=0)) + 1
    sums = np.bincount(
        cluster * n_levels + level, np.nan_to_num(influence), minlength=n_clusters * n_levels
    ).reshape(n_clusters, n_levels)
    present = len(np.unique(cluster))
    if present < 2:
        return np.full((n_levels, n_levels), np.nan)
    covariance = sums.T @ sums * (present / (present - 1))
    unknown = np.isnan(value)
    covariance[unknown, :] = np.nan
    covariance[:, unknown] = np.nan
    return np.asarray(covariance, dtype=np.float64)
