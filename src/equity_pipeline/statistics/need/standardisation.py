"""Need-adjusted values by marginal standardisation (g-computation), from counted cells.

The outcome is modelled on the group and on need. Each group is then given everybody's need, and
the mean prediction is its value. Cells carry all that the fit takes: sums of the outcome and of
the denominator per group, need pattern and unit.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    ENOUGH_CLUSTERS,
    Caution,
    Estimate,
    FloatArray,
    log_estimate,
    logit_estimate,
    normal_estimate,
)
from equity_pipeline.statistics.need.adjusters import refuse_adjusters
from equity_pipeline.statistics.need.cells import compress, read_cells
from equity_pipeline.statistics.need.design import Design
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import fit
from equity_pipeline.statistics.need.influence import covariance, known_errors
from equity_pipeline.statistics.need.options import (
    Covariates,
    Dispersion,
    Information,
    SmallSample,
    Spread,
    Variance,
)
from equity_pipeline.statistics.need.population import every_level, population
from equity_pipeline.statistics.reading import one_of

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

    @property
    def estimate(self) -> Estimate:
        """The levels as an estimate, with what to know before using them."""
        error = np.sqrt(np.diag(self.covariance))
        made = Estimate(self.value, self.lower, self.upper, error, self.method)
        few = self.converged and self.n_clusters < ENOUGH_CLUSTERS
        return made.warned(Caution.NOT_CONVERGED, not self.converged).warned(
            Caution.FEW_CLUSTERS, few
        )


def marginal_standardisation(
    s: ArrayLike,
    d: ArrayLike,
    level: ArrayLike,
    design: Design,
    cluster: ArrayLike,
    *,
    n_levels: int,
    family: Family,
    weight: ArrayLike | None = None,
    within: ArrayLike | None = None,
    names: Sequence[str] | None = None,
    stratum: str = "",
    by_level: Collection[str] = (),
    variance: Variance = Variance.CLUSTER,
    small_sample: SmallSample = SmallSample.GROUPS,
    covariates: Covariates = Covariates.SAMPLED,
    dispersion: Dispersion = Dispersion.USUAL,
    information: Information = Information.OBSERVED,
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
        Need columns of the cell (m, q), no intercept; q may be 0. Or need variables, which is
        the same model and faster. Columns that depend on the levels or on other columns are
        left out.
    cluster
        Cluster number of the cell (m,), usually the care unit; whole numbers from 0.
    n_levels
        How many levels there are, L; levels without cells get NaN.
    family
        BINOMIAL (logit link), POISSON (log link, offset log d), GAUSSIAN (identity) or
        GAMMA (log), the last two on the means ``s / d``. POISSON of a share gives risk ratios
        (with a variance by cluster or row).
    weight
        The cells' weights in the population that values are averaged over (m,); ``d`` if None.
    within
        Sum of squares of people's outcomes about their cell's own mean (m,), for ``d`` that
        counts people: each person is then a row of variances by row. For shares
        ``s * (d - s) / d``.
    names, stratum
        The need columns' names and the variable that the levels are of, held against the
        never-adjust list; need variables bring their own names.
    by_level
        Need variables with an effect of their own at each level (interactions).
    variance, small_sample, covariates, dispersion, information
        How the covariance is made; with ``variance=ROWS`` (or MODEL) and ``covariates=FIXED`` it
        is the delta method over a sandwich (or the model's) covariance.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Standardised
        Limits on the family's own scale: logit, log, log, identity. By default variances
        are those of the summed influence of each cluster, x G / (G - 1): they carry the
        uncertainty of the coefficients and of the population's need together. With fewer than
        two clusters they are model-based (the method says so); where they are nothing but
        rounding (each level in a cluster of its own) limits are NaN. A level without an outcome in
        it (none, or for BINOMIAL all) has no finite coefficient: NaN for that level, which
        stays part of the population. If need separates the outcomes or the fit does not
        settle, ``converged`` is False and everything is NaN.

    Raises
    ------
    MethodError
        If the arrays do not go together or hold impossible counts, or if a need variable is one
        that is never adjusted for.

    References
    ----------
    Lane PW, Nelder JA (1982), Biometrics 38:613-621.
    Zou G (2004), American Journal of Epidemiology 159:702-706 (POISSON of a share).
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
    family = one_of(family, Family, where="marginal_standardisation, family")
    spread = Spread(variance, small_sample, covariates, dispersion, information)
    cells = read_cells(s, d, level, design, cluster, n_levels, weight, family, names, within)
    refuse_adjusters([v.name for v in cells.variables], stratum=stratum)
    patterns = compress(cells, by_level)
    fitted = fit(patterns, family, by_level)
    if fitted is None:
        return _nothing(n_levels, cells.n_clusters)
    of = population(patterns, fitted)
    between, how = covariance(patterns, fitted, of.left, of.target, spread)
    value, square = (every_level(fitted, x, n_levels) for x in (of.value, between))
    made = _LIMITS[family](
        value,
        known_errors(value, square),
        confidence=confidence,
        method=f"marginal_{family}_{how}",
    )
    return Standardised(value, made.lower, made.upper, square, made.method, True, cells.n_clusters)


def _nothing(n_levels: int, n_clusters: int) -> Standardised:
    empty = np.full(n_levels, np.nan)
    square = np.full((n_levels, n_levels), np.nan)
    return Standardised(
        empty, empty.copy(), empty.copy(), square, "not_converged", False, n_clusters
    )
