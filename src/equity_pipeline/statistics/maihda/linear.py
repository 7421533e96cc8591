"""The linear random-intercept model from sums: people, outcome and squares of each row."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    log_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.maihda.assemble import effects_estimate, estimate, fitted_estimates
from equity_pipeline.statistics.maihda.linear_sums import (
    Sums,
    at_ratio,
    best_root,
    loglik_at,
    read_sums,
    variance_loglik,
)
from equity_pipeline.statistics.maihda.profile import adjusted_limits
from equity_pipeline.statistics.maihda.result import FitMethod, RandomIntercept
from equity_pipeline.statistics.maihda.rows import inverse, read_rows
from equity_pipeline.statistics.need.family import Family


def random_intercept_linear(
    total: ArrayLike,
    squares: ArrayLike,
    n: ArrayLike,
    design: ArrayLike | None,
    group: ArrayLike,
    *,
    reml: bool = False,
    confidence: float = 0.95,
) -> RandomIntercept:
    """Return the linear model with a random intercept, exact from sums of rows.

    The likelihood is profiled over the ratio of the two variances, in one dimension; the cost does
    not grow with the number of people. Limits of the variance and of the variance partition
    coefficient come from the profile likelihood of REML, whichever was fitted: those of maximum
    likelihood are too low by what the fixed effects took.

    Parameters
    ----------
    total, squares, n
        Sum and sum of squares of the outcome, and people (above 0), of each row (m,). A row is a
        person, a cell, or a whole group, as long as the design is the same for all in it.
    design
        Fixed-effect columns (m, q) without intercept, or None for none.
    group
        Whole-number code of each row's group (m,).
    reml
        Whether to fit by REML; variances of two models compare only by maximum likelihood.
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If the arrays do not fit, squares are less than sums allow, columns follow from each other,
        or there is nothing left over to estimate a variance from.

    References
    ----------
    Bates D, Mächler M, Bolker B, Walker S (2015), doi:10.18637/jss.v067.i01.

    Examples
    --------
    >>> y = np.array([5.1, 4.8, 5.9, 7.2, 6.9, 6.1, 4.0, 4.4, 3.9])
    >>> fit = random_intercept_linear(y, y**2, np.ones(9), None, np.repeat([0, 1, 2], 3))
    >>> float(fit.variance.value.round(4)), float(fit.residual_variance.value.round(4))
    (1.0811, 0.2389)
    """
    where = "random_intercept_linear"
    rows = read_rows(total, n, squares, design, group, family=Family.GAUSSIAN, where=where)
    sums = read_sums(rows, reml)
    own = sums.squares - float((sums.y**2 / sums.n).sum())
    require(
        sums.squares > 1e-15 * float(rows.extra.sum())
        and own > 1e-12 * sums.squares
        and sums.people > max(len(rows.groups), rows.X.shape[1]),
        "Nothing varies within groups, or every group is one person.",
        where=where,
        mend="give groups of several people with different outcomes",
    )
    return _assembled(sums, best_root(sums), confidence)


def _assembled(sums: Sums, root: float, confidence: float) -> RandomIntercept:
    rows, ratio = sums.rows, root**2
    at, top = at_ratio(sums, ratio), loglik_at(sums, root)
    within = at.residual / sums.freedom
    covariance = within * inverse(at.A)
    beta = sums.pooled + at.beta
    name = FitMethod.LMM_REML if sums.reml else FitMethod.LMM_ML
    errors = _variance_covariance(sums, ratio, within)
    between_error, within_error = np.sqrt(np.diag(errors))
    variance = _variance(sums, root, within, between_error, confidence)
    shrunk = ratio / (1 + ratio * sums.n)
    modes, spread = shrunk * (sums.y - sums.x @ at.beta), np.sqrt(within * shrunk)
    effects = effects_estimate(modes, spread, sums.n, variance, confidence)
    fitted = fitted_estimates(
        rows, Family.GAUSSIAN, beta, covariance, modes, spread,
        shrunk[:, np.newaxis] * sums.x, confidence,
    )  # fmt: skip
    return RandomIntercept(
        family=Family.GAUSSIAN,
        fit_method=name,
        fixed=normal_estimate(
            beta, np.sqrt(np.diag(covariance)), confidence=confidence, method=name.value
        ),
        covariance=covariance,
        variance=variance,
        residual_variance=log_estimate(
            within, within_error, confidence=confidence, method="log_expected_information"
        ),
        vpc=_vpc(sums, root, confidence, variance, errors / within**2),
        groups=rows.groups,
        effects=effects,
        fitted=fitted[0],
        fitted_fixed=fitted[1],
        loglik=top,
    )


def _variance_covariance(sums: Sums, ratio: float, within: float) -> FloatArray:
    """Return the covariance of both variances from the expected information."""
    one = 1 / (within * (1 + ratio * sums.n))
    between = ((sums.n * one) ** 2).sum() / 2
    cross = (sums.n * one**2).sum() / 2
    own = ((sums.n - 1).sum() / within**2 + (one**2).sum()) / 2
    return inverse(np.array([[between, cross], [cross, own]]))


def _variance(sums: Sums, root: float, within: float, error: float, confidence: float) -> Estimate:
    value = root**2 * within
    sigma = float(np.sqrt(value))
    step = min(error / (2 * sigma), sigma) if sigma > 0 else float(np.sqrt(error))
    # whatever was fitted, limits are REML's: those of maximum likelihood are too low
    restricted = replace(sums, reml=True)
    lower, upper = adjusted_limits(
        lambda s: variance_loglik(restricted, s, within), sigma, step, confidence=confidence
    )
    made = estimate(value, lower**2, upper**2, error, "profile_reml", n=len(sums.n))
    return made.warned(Caution.AT_BOUND, value == 0)


def _vpc(
    sums: Sums, root: float, confidence: float, variance: Estimate, errors: FloatArray
) -> Estimate:
    """Return the share between groups, its error from the covariance of the variances' ratios."""
    step = float(np.sqrt(variance.upper / max(float(variance.value), 1e-200))) - 1
    step = root * min(step, 1.0) if root > 0 else float(sums.n.mean() ** -0.5)
    restricted = replace(sums, reml=True)
    lower, upper = adjusted_limits(
        lambda r: loglik_at(restricted, r), root, step, confidence=confidence
    )
    value, low, high = (r**2 / (1 + r**2) for r in (root, lower, upper))
    slope = np.array([1.0, -(root**2)]) / (1 + root**2) ** 2  # by the variances over the residual
    error = float(np.sqrt(slope @ errors @ slope))
    made = estimate(value, low, high, error, variance.method, n=len(sums.n))
    return made.warned(Caution.AT_BOUND, value == 0)


def refitted_variance(
    total: FloatArray, squares: FloatArray, n: FloatArray, design: FloatArray | None
) -> float:
    """Return the variance between rows, each a group, by maximum likelihood and nothing else."""
    rows = read_rows(
        total, n, squares, design, np.arange(len(n)), family=Family.GAUSSIAN,
        where="refitted_variance",
    )  # fmt: skip
    sums = read_sums(rows, reml=False)
    root = best_root(sums)
    return root**2 * at_ratio(sums, root**2).residual / sums.freedom
