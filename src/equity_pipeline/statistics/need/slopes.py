"""Calibration slopes: each level's outcomes on its own predictions."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics.estimate import Estimate, FloatArray, normal_estimate
from equity_pipeline.statistics.need.population import Population, every_level

ITERATIONS = 50
SETTLED = 1e-10


def calibration_slopes(of: Population, *, confidence: float) -> Estimate:
    """Return the slope of each level's outcomes on its predictions on the link scale (L,).

    A level whose predictions do not vary, or whose slope runs away, has none: NaN.
    """
    patterns, fitted, cells = of.patterns, of.fitted, of.patterns.cells
    k, family = fitted.levels, fitted.family
    used = (fitted.position[cells.level] >= 0) & (cells.d > 0)
    level, s, d = of.left.level[used], cells.s[used], cells.d[used]
    own = of.prediction.ravel()[patterns.of_cell[used] * k + level]
    # about its mean, so that intercept and slope do not hang together
    line = family.link(own)
    line = line - (np.bincount(level, d * line, k) / np.bincount(level, d, k))[level]
    offset = family.link(own) - line
    coefficients = np.tile([0.0, 1.0], (k, 1))
    for _ in range(ITERATIONS):
        mean = family.mean(offset + coefficients[level, 0] + coefficients[level, 1] * line)
        score, matrix = _pieces(level, line, s, d, mean, of)
        step = _solved(matrix, score)
        coefficients = coefficients + np.clip(step, -1, 1)
        if not np.nanmax(np.abs(step), initial=0) > SETTLED:
            break
    settled = np.abs(step).max(axis=1) <= SETTLED
    value = np.where(settled, coefficients[:, 1], np.nan)
    error = np.where(settled, _error(of, used, level, line, s, d, mean, matrix), np.nan)
    value, error = (every_level(fitted, x, cells.n_levels) for x in (value, error))
    return normal_estimate(value, error, confidence=confidence, method="calibration_slope")


def _pieces(
    level: np.ndarray,
    line: FloatArray,
    s: FloatArray,
    d: FloatArray,
    mean: FloatArray,
    of: Population,
) -> tuple[FloatArray, FloatArray]:
    """Return scores (K, 2) and informations (K, 2, 2)."""
    k, family = of.fitted.levels, of.fitted.family
    left, weight = (s - d * mean) * family.factor(mean), d * family.weight(mean)
    score = np.stack([np.bincount(level, left * x, k) for x in (1, line)], axis=-1)
    a, b, c = (np.bincount(level, weight * x, k) for x in (1, line, line**2))
    return np.asarray(score, dtype=np.float64), np.stack(
        [np.stack([a, b], -1), np.stack([b, c], -1)], -2
    )


def _solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solutions (K, 2), NaN where a line has no spread."""
    a, b, c = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 1]
    size = a * c - b**2
    with np.errstate(divide="ignore", invalid="ignore"):
        inverse = 1 / np.where(size > 1e-12 * a * (a + c), size, np.nan)
    return np.stack(
        [
            (c * right[:, 0] - b * right[:, 1]) * inverse,
            (a * right[:, 1] - b * right[:, 0]) * inverse,
        ],
        axis=-1,
    )


def _error(
    of: Population,
    used: np.ndarray,
    level: np.ndarray,
    line: FloatArray,
    s: FloatArray,
    d: FloatArray,
    mean: FloatArray,
    matrix: FloatArray,
) -> FloatArray:
    """Return the slopes' standard errors by cluster, G / (G - 1) of the clusters with the level."""
    k, groups = of.fitted.levels, of.patterns.cells.n_clusters
    left = (s - d * mean) * of.fitted.family.factor(mean)
    place = of.patterns.cells.cluster[used] * k + level
    sums = [np.bincount(place, left * x, groups * k).reshape(groups, k) for x in (1, line)]
    pull = np.stack([_solved(matrix, np.stack(row, -1))[:, 1] for row in zip(*sums, strict=True)])
    held = (np.bincount(place, d, groups * k).reshape(groups, k) > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = np.where(held > 1, held / (held - 1), np.nan)
    return np.asarray(np.sqrt((pull**2).sum(axis=0) * factor))
