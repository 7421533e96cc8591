"""Need-adjusted values by marginal standardisation (g-computation), from counted cells.

The outcome is modelled on the group and on need. Each group is then given everybody's need, and
the mean prediction is its value. Cells carry all that the fit takes: sums of the outcome and of
the denominator per group, need pattern and unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array

from equity_pipeline.statistics.estimate import (
    FloatArray,
    log_estimate,
    logit_estimate,
    normal_estimate,
)
from equity_pipeline.statistics.need.cells import IntArray, Patterns, compress, read_cells
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import Fit, fit

_LIMITS = {
    Family.BINOMIAL: logit_estimate,
    Family.POISSON: log_estimate,
    Family.GAMMA: log_estimate,
    Family.GAUSSIAN: normal_estimate,
}


@dataclass(frozen=True, slots=True)
class Standardised:
    """Values of L levels at everybody's need; NaN where a level could not be estimated.

    ``covariance`` (L, L) holds the covariances between levels too: ``gaps.difference`` and
    ``gaps.ratio`` need them. ``n_clusters`` counts the clusters with any denominator.
    """

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray
    method: str
    converged: bool
    n_clusters: int


def marginal_standardisation(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: ArrayLike,
    cluster: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    weight: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Standardised:
    """Return each level's mean predicted outcome over the need of the whole population.

    Parameters
    ----------
    s, d
        Numerator and denominator sums per cell (m,), ``d >= 0``; for BINOMIAL ``s <= d``.
    level
        Level number of the cell (m,), 0 to ``n_levels - 1``.
    design
        Need columns of the cell (m, q), no intercept; q may be 0. Columns that depend on the
        levels or on other columns are left out.
    cluster
        Cluster number of the cell (m,), usually the care unit; whole numbers from 0.
    n_levels
        How many levels there are, L; levels without cells get NaN.
    family
        BINOMIAL (logit link), POISSON (log link, offset log d), GAUSSIAN (identity) or
        GAMMA (log), the last two on the means ``s / d``.
    weight
        The cells' weights in the population that values are averaged over (m,); ``d`` if None.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Standardised
        Limits on the family's own scale: logit, log, log, identity. Variances are those of the
        summed influence of each cluster, x G / (G - 1): they carry the uncertainty of the
        coefficients and of the population's need together. With fewer than two clusters they
        are model-based (the method says so). A level without an outcome in it (none, or for
        BINOMIAL all) has no finite coefficient: NaN for that level, which stays part of the
        population. If need separates the outcomes or the fit does not settle, ``converged`` is
        False and everything is NaN.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold impossible counts.

    References
    ----------
    Lane PW, Nelder JA (1982), Biometrics 38:613-621.
    Muller CJ, MacLehose RF (2014), International Journal of Epidemiology 43:962-970.

    Examples
    --------
    >>> same = marginal_standardisation(
    ...     s=[8, 18, 4, 9], d=[10, 30, 10, 30], level=[0, 0, 1, 1], design=[[0], [1], [0], [1]],
    ...     cluster=[0, 1, 0, 1], n_levels=2, family=Family.GAUSSIAN,
    ... )
    >>> same.value.round(3), same.converged, same.n_clusters
    (array([0.65 , 0.325]), True, 2)
    """
    cells = read_cells(s, d, level, design, cluster, n_levels, weight, family)
    patterns = compress(cells)
    fitted = fit(patterns, family)
    if fitted is None:
        return _nothing(n_levels, cells.n_clusters)
    value, prediction = _values(patterns, fitted)
    if cells.n_clusters >= 2:
        influence = _influence(patterns, fitted, value, prediction)
        groups = cells.n_clusters
        covariance = influence.T @ influence * (groups / (groups - 1))
        method = f"marginal_{family}_cluster"
    else:
        covariance = _model_based(patterns, fitted, value, prediction)
        method = f"marginal_{family}_model_based"
    every, spread = _all_levels(value, covariance, fitted, n_levels)
    error = np.sqrt(np.diag(spread))
    made = _LIMITS[family](every, error, confidence=confidence, method=method)
    return Standardised(every, made.lower, made.upper, spread, method, True, cells.n_clusters)


def _values(patterns: Patterns, fitted: Fit) -> tuple[FloatArray, FloatArray]:
    """Return the kept levels' values (K,) and their predictions per need pattern (P, K)."""
    need = fitted.need_part(patterns.design)
    prediction = fitted.family.mean(need[:, np.newaxis] + fitted.level_part)
    return patterns.share @ prediction, prediction


def _gradient(patterns: Patterns, fitted: Fit, prediction: FloatArray) -> FloatArray:
    """Return the derivatives of the values by the coefficients (K, K + q)."""
    slope = patterns.share[:, np.newaxis] * fitted.family.slope(prediction)
    return np.hstack([np.diag(slope.sum(axis=0)), slope.T @ fitted.columns(patterns.design)])


def _influence(
    patterns: Patterns, fitted: Fit, value: FloatArray, prediction: FloatArray
) -> FloatArray:
    """Return how each cluster moves each value (G, K): through need and through the fit."""
    cells, levels = patterns.cells, len(value)
    residual, kept = _residual(patterns, fitted)
    by_level = np.bincount(cells.cluster * levels + kept, residual, cells.n_clusters * levels)
    by_column = _by_cluster(patterns, residual) @ fitted.columns(patterns.design)
    score = np.hstack([by_level.reshape(-1, levels), by_column])
    through_fit = score @ fitted.solve(_gradient(patterns, fitted, prediction).T)
    share = cells.weight / cells.weight.sum()
    through_need = _by_cluster(patterns, share) @ (prediction - value)
    return np.asarray(through_need + through_fit)


def _residual(patterns: Patterns, fitted: Fit) -> tuple[FloatArray, IntArray]:
    """Return the cells' score residuals, 0 where the level was not fitted, and level places."""
    cells, place = patterns.cells, fitted.position[patterns.cells.level]
    kept = np.maximum(place, 0)
    need = fitted.need_part(patterns.design)[patterns.of_cell]
    mean = fitted.family.mean(fitted.level_part[kept] + need)
    residual = (cells.s - cells.d * mean) * fitted.family.factor(mean)
    return np.where(place >= 0, residual, 0.0), kept


def _by_cluster(patterns: Patterns, numbers: FloatArray) -> csr_array:
    """Return the cells' numbers as a sparse matrix of clusters by need patterns."""
    cells = patterns.cells
    shape = (cells.n_clusters, len(patterns.design))
    return csr_array((numbers, (cells.cluster, patterns.of_cell)), shape=shape)


def _model_based(
    patterns: Patterns, fitted: Fit, value: FloatArray, prediction: FloatArray
) -> FloatArray:
    gradient = _gradient(patterns, fitted, prediction)
    through_fit = gradient @ fitted.solve(gradient.T) * fitted.dispersion
    distance = prediction - value
    total = patterns.cells.weight.sum()
    return np.asarray(through_fit + distance.T @ (patterns.share[:, np.newaxis] * distance) / total)


def _all_levels(
    value: FloatArray, covariance: FloatArray, fitted: Fit, n_levels: int
) -> tuple[FloatArray, FloatArray]:
    """Return values and covariance of all levels, NaN for those that were not fitted."""
    kept = np.flatnonzero(fitted.position >= 0)
    every, spread = np.full(n_levels, np.nan), np.full((n_levels, n_levels), np.nan)
    every[kept] = value
    spread[np.ix_(kept, kept)] = covariance
    return every, spread


def _nothing(n_levels: int, n_clusters: int) -> Standardised:
    empty = np.full(n_levels, np.nan)
    square = np.full((n_levels, n_levels), np.nan)
    return Standardised(
        empty, empty.copy(), empty.copy(), square, "not_converged", False, n_clusters
    )
