"""Levels beside a reference level at equal need: how fast they are seen, how long they wait."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    log_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.reading import numbers
from equity_pipeline.statistics.waits.counts import IntArray, places, rows, rows_like
from equity_pipeline.statistics.waits.cox import Ties, cox_regression
from equity_pipeline.statistics.waits.quantile_regression import quantile_regression


def hazard_ratios(
    days: ArrayLike,
    seen: ArrayLike,
    level: ArrayLike,
    need: ArrayLike | None = None,
    *,
    n_levels: int,
    reference: int = 0,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    ties: Ties = "efron",
    confidence: float = 0.95,
) -> Estimate:
    """Return how fast each level is seen beside the reference, at equal need (L,).

    Above 1 = sooner. Levels are compared on every day among those who still wait that day.

    Parameters
    ----------
    days, seen, count, entry, stratum, ties, confidence
        As in :func:`cox_regression`: people still waiting stay in, as censored.
    level, n_levels, reference
        Level of each row (m,), 0 to ``n_levels - 1``, and the one that others are set beside.
    need
        Need columns (m, q); None compares levels without regard to need.

    Returns
    -------
    Estimate
        1 without limits for the reference. A level of which nobody was seen has no finite
        coefficient: NaN, its rows left out (LEFT_OUT). ``n`` is the number of waits.

    Raises
    ------
    MethodError
        As in :func:`cox_regression`, and if the reference is no level, or nobody of it was seen.

    References
    ----------
    Cox DR (1972), Journal of the Royal Statistical Society B 34:187-220.

    Examples
    --------
    >>> sooner = hazard_ratios(
    ...     [2, 3, 5, 7, 9, 4], [1, 1, 0, 1, 1, 1], [1, 0, 1, 1, 0, 0], n_levels=2
    ... )
    >>> sooner.value.round(3), sooner.lower.round(3), sooner.upper.round(3)
    (array([1.   , 1.106]), array([  nan, 0.155]), array([  nan, 7.911]))
    """
    waited, known, mass = rows(days, seen, 1.0 if count is None else count, where="hazard_ratios")
    place, levels = places(level, n_levels, waited.size, where="hazard_ratios")
    told = np.bincount(place, mass * known, levels) > 0
    n = np.bincount(place, mass, levels).astype(np.float64)
    kept, design = _design(place, told, need, reference, where="hazard_ratios")
    used = told[place]
    began = None if entry is None else rows_like(entry, waited)[used]
    own = None if stratum is None else places(stratum, None, waited.size, where="hazard_ratios")[0]
    if not design.shape[1]:
        return _beside(1.0, np.empty((2, 0)), kept, reference, n, f"cox_{ties}", confidence)
    fit = cox_regression(
        waited[used],
        known[used],
        design[used],
        count=mass[used],
        entry=began,
        stratum=None if own is None else own[used],
        ties=ties,
    )
    ratio = np.exp(fit.coefficients.value[: kept.size])
    parts = np.stack([ratio, ratio * fit.coefficients.standard_error[: kept.size]])
    made = _beside(1.0, parts, kept, reference, n, f"cox_{ties}", confidence)
    return made if fit.converged else made.warned(Caution.NOT_CONVERGED)


def quantile_gaps(
    days: ArrayLike,
    level: ArrayLike,
    need: ArrayLike | None = None,
    *,
    n_levels: int,
    reference: int = 0,
    tau: float = 0.5,
    count: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return how many days longer each level waits than the reference, at equal need (L,).

    Parameters
    ----------
    days, tau, count, cluster, confidence
        As in :func:`quantile_regression`: waits that have ended.
    level, n_levels, reference, need
        As in :func:`hazard_ratios`.

    Returns
    -------
    Estimate
        0 without limits for the reference; NaN for levels without waits. ``n`` is the number of
        waits.

    Raises
    ------
    MethodError
        As in :func:`quantile_regression`, and if the reference is no level, or has no waits.

    References
    ----------
    Koenker R, Bassett G (1978), Econometrica 46:33-50.

    Examples
    --------
    >>> longer = quantile_gaps([3, 5, 9, 4, 8, 20], [0, 0, 0, 1, 1, 1], n_levels=2)
    >>> longer.value.tolist(), longer.n.tolist()
    ([0.0, 3.0], [3.0, 3.0])
    """
    waited, mass = rows(days, 1.0 if count is None else count, where="quantile_gaps")
    place, levels = places(level, n_levels, waited.size, where="quantile_gaps")
    n = np.bincount(place, mass, levels).astype(np.float64)
    kept, design = _design(place, n > 0, need, reference, where="quantile_gaps")
    fit = quantile_regression(waited, design, tau=tau, count=mass, cluster=cluster)
    at = slice(1, 1 + kept.size)
    parts = np.stack([fit.coefficients.value[at], fit.coefficients.standard_error[at]])
    return _beside(0.0, parts, kept, reference, n, fit.coefficients.method, confidence)


def _design(
    place: IntArray, told: BoolArray, need: ArrayLike | None, reference: int, *, where: str
) -> tuple[IntArray, FloatArray]:
    """Return the levels that have a coefficient, and their columns beside those of need."""
    require(
        told.size >= 2 and reference in range(told.size) and bool(told[int(reference)]),
        "There is one level only, or the reference level has nobody to set others beside.",
        where=where,
        mend="give a reference level with waits that ended",
    )
    kept = np.flatnonzero(told & (np.arange(told.size) != reference))
    dummies = (place[:, np.newaxis] == kept).astype(np.float64)
    if need is None:
        return kept, dummies
    columns = numbers(need, where=where)
    require(
        columns.ndim == 2 and len(columns) == place.size,
        "Need has another number of rows than the waits.",
        where=where,
        mend="give need columns of shape (m, q)",
    )
    return kept, np.hstack([dummies, columns])


def _beside(
    nothing: float,
    parts: FloatArray,
    kept: IntArray,
    reference: int,
    n: FloatArray,
    method: str,
    confidence: float,
) -> Estimate:
    """Return the levels' contrasts (L,) with ``nothing``, 1 or 0, for the reference."""
    value, error = np.full(n.size, np.nan), np.full(n.size, np.nan)
    value[kept], error[kept] = parts
    limits = log_estimate if nothing == 1 else normal_estimate
    made = limits(value, error, confidence=confidence, method=method)
    at_reference = np.arange(n.size) == reference
    left_out = ~at_reference & ~np.isin(np.arange(n.size), kept) & (n > 0)
    whole = Estimate(
        np.where(at_reference, nothing, made.value),
        made.lower,
        made.upper,
        made.standard_error,
        method,
        n=n,
    )
    return whole.warned(Caution.LEFT_OUT, left_out)
