"""Slope and relative index from people or cells: a regression on rank and need, g-computed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.clustered import few_clusters
from equity_pipeline.statistics.estimate import (
    ENOUGH_CLUSTERS,
    Caution,
    Estimate,
    FloatArray,
    log_estimate,
    logit_estimate,
    normal_estimate,
)
from equity_pipeline.statistics.glm import GlmFit, fit_glm
from equity_pipeline.statistics.gradient.model_cells import ModelCells, read_model_cells
from equity_pipeline.statistics.gradient.rank_error import Robust
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import one_of

_LIMITS = {
    Family.BINOMIAL: logit_estimate,
    Family.POISSON: log_estimate,
    Family.GAMMA: log_estimate,
    Family.GAUSSIAN: normal_estimate,
}


@dataclass(frozen=True, slots=True)
class ModelIndex:
    """Slope and relative index of inequality of a model, all numbers without shape.

    Attributes
    ----------
    sii, rii
        Mean prediction for the whole population at rank 1 minus, or over, that at rank 0.
    first, last
        Those mean predictions, at ranks 0 and 1.
    coefficient
        Of the rank, on the link scale: the slope index itself for GAUSSIAN.
    ratio
        Its exponential: the relative index for POISSON and GAMMA, the odds ratio for BINOMIAL;
        NaN for GAUSSIAN.
    converged
        Whether a finite fit was found; without it everything is NaN.
    """

    sii: Estimate
    rii: Estimate
    first: Estimate
    last: Estimate
    coefficient: Estimate
    ratio: Estimate
    converged: bool


def model_index(
    s: ArrayLike,
    d: ArrayLike,
    rank: ArrayLike,
    need: ArrayLike | None = None,
    *,
    family: Family,
    squares: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    error: Robust = Robust.HC1,
    sampled_need: bool = True,
    confidence: float = 0.95,
) -> ModelIndex:
    """Return slope and relative index of inequality at the need that the population has.

    The outcome is modelled on rank and need. Everybody is then given rank 1, and rank 0, at
    their own need: the means of the predictions are compared.

    Parameters
    ----------
    s, d
        Sums of the outcome and of the denominator per cell (m,), ``d >= 0``; a person is a cell
        with ``d`` 1. For BINOMIAL ``d`` counts people and ``s`` those with the outcome.
    rank
        Mid-ranks of the cells in the whole population (m,), 0 to 1, from the most
        disadvantaged: :func:`ridits` of the levels, or :func:`fractional_ranks`.
    need
        Need columns (m, q) without intercept; columns that depend on others are left out.
    family
        BINOMIAL (logit), POISSON (log), GAUSSIAN (identity) or GAMMA (log).
    squares
        Sums of the people's squared outcomes (m,), where ``d`` counts people and the family is
        not BINOMIAL. Without it each cell is taken for one observation, as persons are.
    cluster
        Codes or names of, say, the care units (m,).
    error
        ``model``, ``hc0`` or ``hc1`` (n / (n - k); with clusters Stata's
        G / (G - 1) (n - 1) / (n - k)); with clusters ``hc0`` or ``hc1``.
    sampled_need
        Whether the population's need is itself a sample: then its share is in the errors of
        ``sii``, ``rii``, ``first`` and ``last``. Without it need is taken as it is.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    ModelIndex
        ``n`` counts people, or rows where each is one observation. With fewer than forty
        clusters the limits are Student's.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold impossible numbers, or the error is not made
        for what is given.

    References
    ----------
    Barros AJD, Victora CG (2013), PLoS Medicine 10:e1001390.
    Moreno-Betancur M et al. (2015), Epidemiology 26:518-527.

    Examples
    --------
    >>> made = model_index(
    ...     s=[30, 25, 20, 12], d=[100, 100, 100, 100], rank=[0.125, 0.375, 0.625, 0.875],
    ...     family=Family.BINOMIAL, error=Robust.MODEL,
    ... )
    >>> round(float(made.sii.value), 4), round(float(made.sii.standard_error), 4)
    (-0.2358, 0.0725)
    >>> round(float(made.rii.value), 4), round(float(made.ratio.value), 4)
    (0.3287, 0.2411)
    """
    family = one_of(family, Family, where="model_index, family")
    error = one_of(error, Robust, where="model_index")
    cells = read_model_cells(s, d, rank, need, squares, cluster, family, error)
    fit = fit_glm(cells.mean, cells.design, family=family, weight=cells.weight)
    if not fit.converged:
        return _nothing(cells.n)
    at_first, at_last = cells.at(0.0), cells.at(1.0)
    low, high = fit.predict(at_first), fit.predict(at_last)
    share = cells.weight / cells.weight.sum()
    first, last = float(share @ low), float(share @ high)
    by_low = _by_coefficients(fit, share, low, at_first)
    by_high = _by_coefficients(fit, share, high, at_last)
    apart_low, apart_high = low - first, high - last
    of_rank = np.zeros(by_low.shape)
    of_rank[1] = 1.0

    def error_of(gradient: FloatArray, moved: FloatArray | None) -> float:
        own = moved if sampled_need else None
        return float(np.sqrt(max(cells.variance(fit, gradient, own, error), 0.0)))

    to_log = _ratio_gradient(by_high, by_low, last, first)
    moved_log = _ratio_gradient(apart_high, apart_low, last, first)
    above = first > 0 and last > 0
    ratio = last / first if above else np.nan
    coefficient = float(fit.coefficients[1])
    spread = error_of(of_rank, None)
    odds = np.nan if family is Family.GAUSSIAN else np.exp(coefficient)
    name = f"{family}_{error}{'_cluster' if cluster is not None else ''}"
    ended = _Ending(cells, confidence)
    limits = _LIMITS[family]
    return ModelIndex(
        sii=ended(
            normal_estimate,
            last - first,
            error_of(by_high - by_low, apart_high - apart_low),
            f"sii_{name}",
        ),
        rii=ended(log_estimate, ratio, ratio * error_of(to_log, moved_log), f"rii_{name}"),
        first=ended(limits, first, error_of(by_low, apart_low), f"first_{name}"),
        last=ended(limits, last, error_of(by_high, apart_high), f"last_{name}"),
        coefficient=ended(normal_estimate, coefficient, spread, f"coefficient_{name}"),
        ratio=ended(log_estimate, odds, odds * spread, f"exp_coefficient_{name}"),
        converged=True,
    )


def _by_coefficients(
    fit: GlmFit, share: FloatArray, mean: FloatArray, design: FloatArray
) -> FloatArray:
    """Return the derivatives of the mean prediction by the coefficients (k,)."""
    return np.asarray((share * fit.family.slope(mean)) @ design)


def _ratio_gradient(top: FloatArray, bottom: FloatArray, last: float, first: float) -> FloatArray:
    """Return the derivatives of log(last / first), NaN where there is no ratio."""
    if not (first > 0 and last > 0):
        return np.full(top.shape, np.nan)
    return top / last - bottom / first


@dataclass(frozen=True, slots=True)
class _Ending:
    """Makes estimates with limits, by Student's t where clusters are few."""

    cells: ModelCells
    confidence: float

    def __call__(
        self, limits: Callable[..., Estimate], value: float, error: float, method: str
    ) -> Estimate:
        made = limits(value, error, confidence=self.confidence, method=method)
        groups = self.cells.n_clusters
        few = groups is not None and groups < ENOUGH_CLUSTERS
        if few and groups is not None and limits is not logit_estimate:
            made = few_clusters(
                made,
                np.array(float(max(groups - 1, 1))),
                log=limits is log_estimate,
                confidence=self.confidence,
            )
        return replace(made, n=np.array(self.cells.n)).warned(Caution.FEW_CLUSTERS, few)


def _nothing(n: float) -> ModelIndex:
    nan = np.array(np.nan)
    empty = Estimate(nan, nan, nan, nan, "not_converged", n=np.array(n))
    told = empty.warned(Caution.NOT_CONVERGED)
    return ModelIndex(told, told, told, told, told, told, converged=False)
