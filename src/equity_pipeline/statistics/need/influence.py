"""Variances of what a need model gives: each cluster's, or each row's, pull on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.cells import Patterns
from equity_pipeline.statistics.need.columns import Term
from equity_pipeline.statistics.need.design import IntArray
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import Fit
from equity_pipeline.statistics.need.options import (
    Covariates,
    Dispersion,
    Information,
    Spread,
    Variance,
)

ROOM_OF_TABLE = 4  # clusters by codes: as many places per cell, and some thousands


@dataclass(frozen=True, slots=True)
class Residuals:
    """What each cell leaves: score residuals, 0 where its level has no effect; level places.

    ``chi2`` is Pearson's over rows, ``rows`` the cells with a denominator and an effect, or the
    people in them where the cells tell of people.
    """

    score: FloatArray
    within: FloatArray | None
    level: IntArray
    expected_weight: FloatArray
    chi2: float
    rows: float


@dataclass(frozen=True, slots=True)
class Target:
    """Figures to be given a variance: derivatives by the coefficients (t, p), and what each need
    pattern adds to them (P, t), where they are means over the population."""

    gradient: FloatArray
    distance: FloatArray | None = None


def residuals(patterns: Patterns, fitted: Fit, prediction: FloatArray) -> Residuals:
    """Return the cells' residuals from the patterns' predictions (P, K)."""
    cells, family = patterns.cells, fitted.family
    place = fitted.position[cells.level]
    kept = np.maximum(place, 0)
    mean = prediction.ravel()[patterns.of_cell * fitted.levels + kept]
    used = (place >= 0) & (cells.d > 0)
    left = np.where(used, cells.s - cells.d * mean, 0.0)
    inner = np.zeros_like(left) if cells.within is None else cells.within
    with np.errstate(divide="ignore", invalid="ignore"):
        squares = (left**2 / cells.d + inner) / family.variance(mean)
    return Residuals(
        score=left * family.factor(mean),
        within=None
        if cells.within is None
        else np.where(used, inner, 0) * family.factor(mean) ** 2,
        level=kept,
        expected_weight=np.where(used, cells.d * family.weight(mean), 0.0),
        chi2=float(squares[used].sum()),
        rows=float(used.sum() if cells.within is None else cells.d[used].sum()),
    )


def known_errors(value: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return standard errors, NaN where nothing but rounding is left.

    A level that only one cluster has is fitted exactly: its clusters say nothing of chance.

    Examples
    --------
    >>> known_errors(np.array([0.5, 0.5]), np.diag([0.04, 1e-34]))
    array([0.2, nan])
    """
    own = np.diag(covariance)
    return np.sqrt(np.where(own > 1e-24 * value**2, own, np.nan))


def covariance(
    patterns: Patterns, fitted: Fit, left: Residuals, target: Target, spread: Spread
) -> tuple[FloatArray, str]:
    """Return the covariance of the target's figures (t, t), and how it was made.

    With fewer than two clusters a variance by cluster is model-based, and so called.
    """
    by_cluster = spread.variance is Variance.CLUSTER
    if spread.variance is Variance.MODEL or (by_cluster and patterns.cells.n_clusters < 2):
        return _model_based(patterns, fitted, left, target, spread), "model_based"
    pull = influence(patterns, fitted, left, target, spread)
    groups = len(pull) if by_cluster else left.rows
    factor = spread.factor(groups, left.rows, len(fitted.coefficients))
    return np.asarray(pull.T @ pull * factor), str(spread.variance)


def influence(
    patterns: Patterns, fitted: Fit, left: Residuals, target: Target, spread: Spread
) -> FloatArray:
    """Return how each cluster (G, t) or row (m, t) moves each figure, through need and the fit.

    Of cells that tell of people the rows are (2 m, t): the cells' means, and what is within.
    """
    through_fit = np.asarray(np.linalg.solve(_matrix(fitted, spread), target.gradient.T))
    if spread.variance is Variance.CLUSTER:
        made = cluster_scores(patterns, fitted, left) @ through_fit
    else:
        score = left.score / _leverage_factor(patterns, fitted, left, spread)
        columns = cell_columns(patterns, fitted, left.level, through_fit)
        made = score[:, np.newaxis] * columns
    if target.distance is not None and spread.covariates is Covariates.SAMPLED:
        made = made + _through_need(patterns, target.distance, spread)
    if spread.variance is Variance.CLUSTER or left.within is None:
        return np.asarray(made)
    people = np.sqrt(np.where(patterns.cells.d > 0, patterns.cells.d, 1))
    return np.vstack([made / people[:, np.newaxis], np.sqrt(left.within)[:, np.newaxis] * columns])


def _matrix(fitted: Fit, spread: Spread) -> FloatArray:
    return fitted.observed if spread.information is Information.OBSERVED else fitted.expected


def cell_columns(
    patterns: Patterns, fitted: Fit, level: IntArray, vectors: FloatArray
) -> FloatArray:
    """Return each cell's columns times vectors (p, v): (m, v)."""
    made = vectors[level]
    for term in fitted.terms:
        code = _cell_code(patterns, fitted, term, level)
        made = made + (term.basis @ vectors[term.where])[code]
    return np.asarray(made)


def _cell_code(patterns: Patterns, fitted: Fit, term: Term, level: IntArray) -> IntArray:
    own = patterns.codes[term.variable][patterns.of_cell]
    return term.code(own, level, fitted.levels)


def cluster_scores(patterns: Patterns, fitted: Fit, left: Residuals) -> FloatArray:
    """Return the clusters' sums of residual times column (G, p)."""
    cells = patterns.cells
    return sums_by_group(patterns, fitted, left.level, left.score, cells.cluster, cells.n_clusters)


def sums_by_group(
    patterns: Patterns,
    fitted: Fit,
    level: IntArray,
    numbers: FloatArray,
    group: IntArray,
    groups: int,
) -> FloatArray:
    """Return the cells' numbers times their columns, summed by group (G, p)."""
    made = np.zeros((groups, len(fitted.coefficients)))
    made[:, : fitted.levels] = table_by_group(group, groups, level, fitted.levels, numbers)
    for term in fitted.terms:
        code = _cell_code(patterns, fitted, term, level)
        made[:, term.where] = table_by_group(
            group, groups, code, len(term.basis), numbers, term.basis
        )
    return made


def table_by_group(
    group: IntArray,
    groups: int,
    code: IntArray,
    size: int,
    numbers: FloatArray,
    basis: FloatArray | None = None,
) -> FloatArray:
    """Return numbers summed by group and code (G, c), times what the codes stand for (G, q)."""
    if groups * size <= ROOM_OF_TABLE * len(code) + 4096:
        table = np.bincount(group * size + code, numbers, groups * size).reshape(groups, size)
        return np.asarray(table if basis is None else table @ basis, dtype=np.float64)
    sparse = csr_array((numbers, (group, code)), shape=(groups, size))
    return np.asarray(sparse.toarray() if basis is None else sparse @ basis)


def _through_need(patterns: Patterns, distance: FloatArray, spread: Spread) -> FloatArray:
    """Return what each cluster's, or row's, people add to the means over the population."""
    cells = patterns.cells
    share = cells.weight / cells.weight.sum()
    if spread.variance is Variance.ROWS:
        return np.asarray(share[:, np.newaxis] * distance[patterns.of_cell])
    return table_by_group(
        cells.cluster, cells.n_clusters, patterns.of_cell, patterns.size, share, distance
    )


def _leverage_factor(
    patterns: Patterns, fitted: Fit, left: Residuals, spread: Spread
) -> FloatArray | float:
    """Return (1 - leverage) to the power of the small-sample rule, per row."""
    power = spread.small_sample.leverage_power
    if not power:
        return 1.0
    every = cell_columns(patterns, fitted, left.level, np.eye(len(fitted.coefficients)))
    solved = np.linalg.solve(fitted.expected, every.T)
    leverage = left.expected_weight * (every * solved.T).sum(axis=1)
    return np.asarray(np.maximum(1 - leverage, 1e-12) ** power)


def dispersion(family: Family, left: Residuals, coefficients: int, rule: Dispersion) -> float:
    """Return what a model-based variance is multiplied by; NaN without freedom."""
    one = {Dispersion.USUAL: family.is_share, Dispersion.FAMILY: family.is_count}
    if one.get(rule, False):
        return 1.0
    freedom = left.rows - coefficients
    return left.chi2 / freedom if freedom > 0 else float("nan")


def _model_based(
    patterns: Patterns, fitted: Fit, left: Residuals, target: Target, spread: Spread
) -> FloatArray:
    size = dispersion(fitted.family, left, len(fitted.coefficients), spread.dispersion)
    made = target.gradient @ np.linalg.solve(_matrix(fitted, spread), target.gradient.T) * size
    if target.distance is not None and spread.covariates is Covariates.SAMPLED:
        weighted = patterns.share[:, np.newaxis] * target.distance
        made = made + target.distance.T @ weighted / patterns.cells.weight.sum()
    return np.asarray(made)
