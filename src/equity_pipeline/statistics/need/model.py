"""The need model itself: coefficients on the link scale with any of the peers' covariances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate, FloatArray, normal_estimate
from equity_pipeline.statistics.need.adjusters import refuse_adjusters
from equity_pipeline.statistics.need.cells import Patterns, compress, read_cells
from equity_pipeline.statistics.need.design import Design
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import Fit, fit
from equity_pipeline.statistics.need.influence import Target, covariance, dispersion, known_errors
from equity_pipeline.statistics.need.options import (
    Dispersion,
    Information,
    SmallSample,
    Spread,
    Variance,
)
from equity_pipeline.statistics.need.population import population
from equity_pipeline.statistics.reading import one_of


@dataclass(frozen=True, slots=True)
class NeedModel:
    """Coefficients of levels and need columns; NaN for what was left out of the model.

    Attributes
    ----------
    levels
        Effect of each level where every need column is 0 (L,), on the link scale.
    columns
        Effect of each need column (q,), in the variables' order.
    covariance
        Of levels and columns together (L + q, L + q).
    dispersion
        What model-based variances were multiplied by, or would be.
    converged, n_clusters
        Whether a finite fit was found; the clusters with any denominator.
    """

    levels: Estimate
    columns: Estimate
    covariance: FloatArray
    dispersion: float
    converged: bool
    n_clusters: int


def need_model(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: Design,
    cluster: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    within: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    stratum: str = "",
    variance: Variance = Variance.CLUSTER,
    small_sample: SmallSample = SmallSample.GROUPS,
    dispersion_rule: Dispersion = Dispersion.USUAL,
    information: Information = Information.OBSERVED,
    confidence: float = 0.95,
) -> NeedModel:
    """Return the coefficients of the model behind ``marginal_standardisation``.

    Parameters
    ----------
    s, d, level, design, cluster, n_levels, family, within, names, stratum
        As in :func:`marginal_standardisation`.
    variance, small_sample, dispersion_rule, information
        How the covariance is made, as there.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold impossible counts, or if a need variable is one
        that is never adjusted for.

    References
    ----------
    McCullagh P, Nelder JA (1989), Generalized linear models, 2nd ed.
    Liang K-Y, Zeger SL (1986), Biometrika 73:13-22.

    Examples
    --------
    >>> made = need_model(
    ...     s=[8, 18, 4, 9], d=[10, 30, 10, 30], level=[0, 0, 1, 1], design=[[0], [1], [0], [1]],
    ...     cluster=[0, 1, 0, 1], n_levels=2, family=Family.BINOMIAL,
    ... )
    >>> made.levels.value.round(3), made.columns.value.round(3)
    (array([ 1.144, -0.234]), array([-0.68]))
    """
    family = one_of(family, Family, where="need_model, family")
    spread = Spread(variance, small_sample, dispersion=dispersion_rule, information=information)
    cells = read_cells(s, d, level, design, cluster, n_levels, None, family, names, within)
    refuse_adjusters([v.name for v in cells.variables], stratum=stratum)
    patterns = compress(cells)
    fitted = fit(patterns, family)
    if fitted is None:
        return _nothing(patterns)
    left = population(patterns, fitted).left
    back, place, size = _unscaled(patterns, fitted)
    square = np.full((size, size), np.nan)
    between, how = covariance(patterns, fitted, left, Target(back), spread)
    square[np.ix_(place, place)] = between
    value = np.full(size, np.nan)
    value[place] = back @ fitted.coefficients
    size_of = dispersion(family, left, len(fitted.coefficients), dispersion_rule)
    return _model(value, square, how, patterns, size_of, confidence)


def _unscaled(patterns: Patterns, fitted: Fit) -> tuple[FloatArray, list[int], int]:
    """Return the matrix from fitted to plain coefficients, the places of these, and how many."""
    k, p = fitted.levels, len(fitted.coefficients)
    back = np.eye(p)
    back[np.arange(k, p), np.arange(k, p)] = 1 / fitted.spread
    back[:k, k:] = -fitted.centre / fitted.spread
    place = list(np.flatnonzero(fitted.position >= 0))
    start = patterns.cells.n_levels
    for kept, variable in zip(fitted.kept, patterns.variables, strict=True):
        place += list(start + kept)
        start += variable.basis.shape[1]
    return back, [int(x) for x in place], start


def _nothing(patterns: Patterns) -> NeedModel:
    size = patterns.cells.n_levels + sum(v.basis.shape[1] for v in patterns.cells.variables)
    value, square = np.full(size, np.nan), np.full((size, size), np.nan)
    made = _model(value, square, "not_converged", patterns, float("nan"), 0.95)
    return NeedModel(
        made.levels, made.columns, square, made.dispersion, False, patterns.cells.n_clusters
    )


def _model(
    value: FloatArray,
    square: FloatArray,
    how: str,
    patterns: Patterns,
    size_of: float,
    confidence: float,
) -> NeedModel:
    every = normal_estimate(value, known_errors(value, square), confidence=confidence, method=how)
    n = patterns.cells.n_levels
    parts = [
        Estimate(every.value[at], every.lower[at], every.upper[at], every.standard_error[at], how)
        for at in (slice(0, n), slice(n, None))
    ]
    return NeedModel(parts[0], parts[1], square, size_of, True, patterns.cells.n_clusters)
