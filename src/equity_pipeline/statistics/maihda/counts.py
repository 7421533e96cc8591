"""Random-intercept models of shares, rates and Gamma amounts, from counted rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import polygamma

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.maihda.assemble import (
    effects_estimate,
    estimate,
    fitted_estimates,
    through,
)
from equity_pipeline.statistics.maihda.kernel import Kernel
from equity_pipeline.statistics.maihda.measures import vpc_count, vpc_linear
from equity_pipeline.statistics.maihda.profile import adjusted_limits
from equity_pipeline.statistics.maihda.quadrature import Marginal
from equity_pipeline.statistics.maihda.result import FitMethod, RandomIntercept
from equity_pipeline.statistics.maihda.rows import read_rows
from equity_pipeline.statistics.maihda.settle import CEILING, Settled, held_at, polished, settle
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import one_of
from equity_pipeline.statistics.variation.clustering import latent_vpc

NODES = 11  # 25 move the variance by less than 1e-9 on MAIHDA strata


def random_intercept_counts(
    events: ArrayLike,
    size: ArrayLike,
    design: ArrayLike | None,
    group: ArrayLike,
    *,
    family: Family = Family.BINOMIAL,
    nodes: int = NODES,
    confidence: float = 0.95,
) -> RandomIntercept:
    """Return the logistic or Poisson model with a random intercept, fitted on counted rows.

    The group effects are integrated out by adaptive Gauss-Hermite quadrature. Zero variance can be
    reached, and is told as ``AT_BOUND``. The variance's limits come from the profile likelihood,
    adjusted for the fixed effects that were fitted: maximum likelihood's own are too low.

    Parameters
    ----------
    events, size
        Events, and trials (binomial) or person-time (Poisson, whose logarithm is the offset), of
        each row (m,); several rows may belong to one group. Size is above 0.
    design
        Fixed-effect columns (m, q) without intercept, or None for none.
    group
        Whole-number code of each row's group (m,).
    family
        ``Family.BINOMIAL`` or ``Family.POISSON``.
    nodes
        Quadrature nodes, 0 to 100; 1 is Laplace's approximation, which understates the variance,
        and 0 puts the fixed effects at their joint mode with the groups', which is cruder still.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If the arrays do not fit, counts are impossible, columns follow from each other, or a fixed
        effect has no finite value (a level without events, or with only events).

    References
    ----------
    Pinheiro JC, Bates DM (1995), doi:10.1080/10618600.1995.10474663; Cox DR, Reid N (1987), Journal
    of the Royal Statistical Society B 49:1-39; Bates D, Mächler M, Bolker B,
    Walker S (2015), doi:10.18637/jss.v067.i01.

    Examples
    --------
    >>> fit = random_intercept_counts([12, 30, 9, 41], [100, 100, 100, 100], None, [0, 1, 2, 3])
    >>> float(fit.variance.value.round(4)), fit.effects.value.round(2)
    (0.5861, array([-0.54,  0.48, -0.8 ,  0.93]))
    """
    where = "random_intercept_counts"
    family = one_of(family, Family, where=f"{where}, family")
    require(
        family in (Family.BINOMIAL, Family.POISSON),
        f"Counts are not {family}.", where=where, mend="give Family.BINOMIAL or Family.POISSON",
    )  # fmt: skip
    rows = read_rows(events, size, None, design, group, family=family, where=where)
    return fit_rows(Kernel(family, rows), nodes, confidence, where=where)


def fit_rows(kernel: Kernel, nodes: int, confidence: float, *, where: str) -> RandomIntercept:
    """Return the model of rows that were read, by a kernel."""
    require(
        0 <= nodes <= 100,
        f"{nodes} quadrature nodes are too few or too many.", where=where, mend="give 0 to 100",
    )  # fmt: skip
    marginal = Marginal(kernel, nodes)
    settled, covariance = polished(marginal, settle(marginal, where=where), where=where)
    return _assembled(marginal, settled, covariance, confidence)


def _assembled(
    marginal: Marginal, settled: Settled, joint: FloatArray, confidence: float
) -> RandomIntercept:
    rows, family, sigma = marginal.rows, marginal.kernel.family, settled.sigma
    beta, covariance = settled.theta[:-1], joint[:-1, :-1]
    variance = _variance(marginal, settled, joint, confidence)
    at = marginal.at_mode(rows.X @ beta + rows.offset, sigma)
    modes, spread = sigma * at.mode, sigma / np.sqrt(at.curvature)
    effects = effects_estimate(modes, spread, rows.summed(rows.size), variance, confidence)
    pull = rows.summed(at.weight[:, np.newaxis] * rows.X)
    pull *= (sigma**2 / at.curvature)[:, np.newaxis]
    fitted = fitted_estimates(rows, family, beta, covariance, modes, spread, pull, confidence)
    return RandomIntercept(
        family=family,
        fit_method=FitMethod.AGQ_COUNTS,
        fixed=normal_estimate(
            beta, np.sqrt(np.diag(covariance)), confidence=confidence,
            method=f"agq_{marginal.count}",
        ),
        covariance=covariance,
        variance=variance,
        residual_variance=estimate(np.nan, np.nan, np.nan, np.nan, "no_parameter"),
        vpc=_vpc(marginal, beta, variance),
        groups=rows.groups,
        effects=effects,
        fitted=fitted[0],
        fitted_fixed=fitted[1],
        loglik=settled.loglik,
    )  # fmt: skip


def _variance(
    marginal: Marginal, settled: Settled, joint: FloatArray, confidence: float
) -> Estimate:
    sigma = settled.sigma
    error = float(np.sqrt(joint[-1, -1])) if sigma > 0 else np.nan
    step = min(error, sigma) if error > 0 else float(settled.root[-1, -1])
    held = _held(marginal, settled.theta[:-1])
    lower, upper = adjusted_limits(held, sigma, step, confidence=confidence, ceiling=CEILING)
    made = estimate(
        sigma**2, lower**2, upper**2, 2 * sigma * error,
        f"adjusted_profile_agq_{marginal.count}", n=len(marginal.rows.groups),
    )  # fmt: skip
    return made.warned(Caution.AT_BOUND, sigma == 0)


def _held(marginal: Marginal, beta: FloatArray) -> Callable[[float], float]:
    """Return the profile log-likelihood of sigma, less what fitting the fixed effects gave it."""
    latest = beta

    def loglik(sigma: float) -> float:
        nonlocal latest
        value, latest = held_at(marginal, latest, sigma)
        known = marginal.information(np.append(latest, sigma))
        return value - float(np.linalg.slogdet(known)[1]) / 2

    return loglik


def _vpc(marginal: Marginal, beta: FloatArray, variance: Estimate) -> Estimate:
    """Return the variance partition coefficient; of a rate, for one unit of person-time."""
    rows, kernel = marginal.rows, marginal.kernel
    if kernel.family is Family.BINOMIAL:
        return _up_to_one(through(variance, latent_vpc))
    if kernel.family is Family.GAMMA:
        residual = float(polygamma(1, kernel.shape))
        return _up_to_one(through(variance, lambda v: vpc_linear(v, residual)))
    mean = float(np.average(np.exp(rows.X @ beta), weights=rows.size))
    return _up_to_one(through(variance, lambda v: vpc_count(v, mean * np.exp(v / 2))))


def _up_to_one(share: Estimate) -> Estimate:
    """Return a share whose variance may have no upper limit, with the end of shares as its own."""
    endless = np.isnan(share.upper)
    made = replace(share, upper=np.where(endless, 1.0, share.upper))
    return made.warned(Caution.CUT_AT_BOUND, endless)
