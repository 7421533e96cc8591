"""The model behind need adjustment: level effects and need columns, by reweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.cells import IntArray, Patterns, sums
from equity_pipeline.statistics.need.family import Family

ITERATIONS = 100
SETTLED = 1e-10  # largest move of a prediction on the link scale, relative for the identity link
LARGEST_STEP = 4.0  # a longer one on the logit or log scale is an overshoot
SEPARATED = 25.0  # predictions this far from the mean on the logit or log scale are running away
DEPENDENT = 1e-7  # a need column with less of its own than this adds nothing


@dataclass(frozen=True, slots=True)
class Fit:
    """A settled fit of K kept levels and the need columns in use."""

    family: Family
    position: IntArray
    level_part: FloatArray
    slopes: FloatArray
    kept_columns: IntArray
    centre: FloatArray
    spread: FloatArray
    information: FloatArray
    dispersion: float

    def columns(self, design: FloatArray) -> FloatArray:
        """Return the need columns in use, centred and scaled as in the fit."""
        return (design[:, self.kept_columns] - self.centre) / self.spread

    def need_part(self, design: FloatArray) -> FloatArray:
        """Return what need adds on the link scale."""
        return np.asarray(self.columns(design) @ self.slopes)

    def solve(self, right: FloatArray) -> FloatArray:
        """Return the inverse information times the right-hand side."""
        return np.asarray(np.linalg.solve(self.information, right))


def fit(patterns: Patterns, family: Family) -> Fit | None:
    """Return the fit, or None when no finite one exists or it does not settle."""
    levels = _estimable(patterns, family)
    if not levels.any():
        return None
    position = np.where(levels, np.cumsum(levels) - 1, -1).astype(np.int64)
    row, column = np.nonzero((patterns.d > 0) & levels)
    s, d, kept = patterns.s[row, column], patterns.d[row, column], position[column]
    used, centre, spread = _independent(patterns.design[row], d, kept)
    need = (patterns.design[row][:, used] - centre) / spread
    dummies = np.zeros((len(row), int(levels.sum())))
    dummies[np.arange(len(row)), kept] = 1
    settled = _reweighted(np.hstack([dummies, need]), s, d, family)
    if settled is None:
        return None
    beta, information, dispersion = settled
    k = dummies.shape[1]
    return Fit(family, position, beta[:k], beta[k:], used, centre, spread, information, dispersion)


def _estimable(patterns: Patterns, family: Family) -> NDArray[np.bool_]:
    """Return the levels that have a finite coefficient of their own."""
    s, d = patterns.s.sum(axis=0), patterns.d.sum(axis=0)
    if family is Family.GAUSSIAN:
        return np.asarray(d > 0)
    some = (d > 0) & (s > 0)
    return np.asarray(some & (s < d * (1 - 1e-12)) if family.is_share else some)


def _independent(
    design: FloatArray, d: FloatArray, kept: IntArray
) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return need columns that vary beyond the levels and each other; their mean and spread."""
    if not design.shape[1]:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.ones(0)
    share = d / d.sum()
    centre = share @ design
    spread = np.sqrt(share @ (design - centre) ** 2)
    spread = np.where(spread > DEPENDENT * (1 + np.abs(centre)), spread, np.inf)
    scaled = (design - centre) / spread
    level_means = sums(kept, scaled * share[:, np.newaxis], int(kept.max()) + 1)
    level_means /= np.bincount(kept, share)[:, np.newaxis]
    own = (scaled - level_means[kept]) * np.sqrt(share)[:, np.newaxis]
    # the small triangle has the columns' lengths and angles, and is pivoted in no time
    triangle, order = qr(np.linalg.qr(own, mode="r"), mode="r", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > DEPENDENT).sum())
    used = np.sort(order[:rank]).astype(np.int64)
    return used, centre[used], spread[used]


def _reweighted(
    X: FloatArray, s: FloatArray, d: FloatArray, family: Family
) -> tuple[FloatArray, FloatArray, float] | None:
    """Return coefficients, information and dispersion, or None if they run away."""
    home = family.link(s.sum(keepdims=True) / d.sum())
    eta = _start(s, d, family)
    beta: FloatArray | None = None
    for _ in range(ITERATIONS):
        mean = family.mean(eta)
        information = _information(X, d * family.slope(mean) * family.factor(mean))
        residual = (s - d * mean) * family.factor(mean)
        if beta is None:
            weight = d * family.slope(mean) * family.factor(mean)
            residual = residual + weight * eta
        step = _step(information, X.T @ residual)
        if step is None:
            return None
        move = X @ step - (eta if beta is None else 0)
        longest = np.abs(move).max()
        if beta is not None and family is not Family.GAUSSIAN:
            step *= min(1.0, LARGEST_STEP / max(longest, SETTLED))
        beta = step if beta is None else beta + step
        eta = X @ beta
        if family is not Family.GAUSSIAN and np.abs(eta - home).max() > SEPARATED:
            return None
        if longest < SETTLED * max(1.0, np.abs(eta).max()):
            mean = family.mean(eta)
            information = _information(X, family.curvature(s, d, mean))
            if _step(information, beta) is None:  # the covariance would not exist
                return None
            return beta, information, _dispersion(s, d, mean, X.shape[1], family)
    return None


def _start(s: FloatArray, d: FloatArray, family: Family) -> FloatArray:
    level = s.sum() / d.sum()
    if family is Family.GAUSSIAN:
        return np.full(s.shape, level)
    return family.link((np.maximum(s / d, 0) + level) / 2)


def _information(X: FloatArray, weight: FloatArray) -> FloatArray:
    root = np.sqrt(np.maximum(weight, 0))[:, np.newaxis] * X
    return np.asarray(root.T @ root)


def _step(information: FloatArray, score: FloatArray) -> FloatArray | None:
    try:
        step = np.asarray(np.linalg.solve(information, score), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None


def _dispersion(
    s: FloatArray, d: FloatArray, mean: FloatArray, coefficients: int, family: Family
) -> float:
    """Return Pearson's dispersion over patterns; 1 for shares, NaN without freedom."""
    if family.is_share:
        return 1.0
    freedom = len(s) - coefficients
    chi2 = float(((s - d * mean) ** 2 / (d * family.variance(mean))).sum())
    return chi2 / freedom if freedom > 0 else float("nan")
