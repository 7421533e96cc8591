"""The linear random-intercept model from sums: people, outcome and squares of each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq, minimize_scalar

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    log_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.maihda.assemble import effects_estimate, estimate, fitted_estimates
from equity_pipeline.statistics.maihda.profile import profile_limits
from equity_pipeline.statistics.maihda.result import FitMethod, RandomIntercept
from equity_pipeline.statistics.maihda.rows import Rows, inverse, read_rows, solved
from equity_pipeline.statistics.need.family import Family

# square roots of the variance ratio that are looked at before the best one is made exact
RATIOS = np.concatenate([[0.0], np.logspace(-4, 4, 49)])


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums per group around the pooled fit, which keep the model's whole information.

    ``inner`` and ``squares`` are of all rows; ``x`` (G, p) and ``y`` are the groups' own sums.
    """

    rows: Rows
    pooled: FloatArray
    n: FloatArray
    x: FloatArray
    y: FloatArray
    inner: FloatArray
    product: FloatArray
    squares: float
    people: float
    reml: bool

    @property
    def freedom(self) -> float:
        """What the residual sum is divided by."""
        return self.people - (self.inner.shape[0] if self.reml else 0)


@dataclass(frozen=True, slots=True)
class At:
    """The model at one variance ratio: fixed effects beyond the pooled, and the residual sum."""

    A: FloatArray
    beta: FloatArray
    residual: float
    log_volume: float


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
    coefficient come from the profile likelihood (of REML, where that is fitted).

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
    sums = _sums(rows, reml)
    require(
        sums.squares > 1e-12 * max(1.0, float(rows.extra.sum()))
        and sums.people > max(len(rows.groups), rows.X.shape[1]),
        "Nothing varies within groups, or every group is one person.",
        where=where,
        mend="give groups of several people with different outcomes",
    )
    return _assembled(sums, _best_root(sums), confidence)


def _sums(rows: Rows, reml: bool) -> Sums:
    n, X = rows.size, rows.X
    mean = rows.total / n
    within = rows.extra - rows.total * mean
    require(
        within >= -1e-9 * np.maximum(rows.extra, 1e-300),
        "A row's sum of squares is less than its sum allows.",
        where="random_intercept_linear",
        mend="give sums of squares, not squares of sums or variances",
    )
    weighted = n[:, np.newaxis] * X
    inner = X.T @ weighted
    centre = float(rows.total.sum() / n.sum())
    pooled = solved(inner, weighted.T @ (mean - centre))
    pooled[0] += centre
    left = mean - X @ pooled  # around the pooled fit no digits are lost to a large mean
    return Sums(
        rows=rows,
        pooled=pooled,
        n=rows.summed(n),
        x=rows.summed(weighted),
        y=rows.summed(n * left),
        inner=inner,
        product=weighted.T @ left,
        squares=float(np.maximum(within, 0).sum() + (n * left**2).sum()),
        people=float(n.sum()),
        reml=reml,
    )


def _at(sums: Sums, ratio: float) -> At:
    """Return fixed effects and residual sum at a ratio of variances (between over within)."""
    shrunk = ratio / (1 + ratio * sums.n)
    A = sums.inner - sums.x.T @ (shrunk[:, np.newaxis] * sums.x)
    b = sums.product - sums.x.T @ (shrunk * sums.y)
    beta = solved(A, b)
    residual = sums.squares - float((shrunk * sums.y**2).sum()) - float(b @ beta)
    volume = float(np.log1p(ratio * sums.n).sum())
    if sums.reml:
        volume += float(np.linalg.slogdet(A)[1])
    return At(A, beta, residual, volume)


def _loglik(sums: Sums, root: float) -> float:
    at = _at(sums, root**2)
    scale = 2 * np.pi * at.residual / sums.freedom
    return float(-(sums.freedom * (np.log(scale) + 1) + at.log_volume) / 2)


def _slope(sums: Sums, root: float) -> float:
    """Return the derivative of -2 log-likelihood by the variance ratio."""
    ratio = root**2
    at = _at(sums, ratio)
    rate = 1 / (1 + ratio * sums.n) ** 2
    fall = float((rate * (sums.y - sums.x @ at.beta) ** 2).sum())
    made = float((sums.n / (1 + ratio * sums.n)).sum()) - sums.freedom * fall / at.residual
    if sums.reml:
        own = (sums.x @ inverse(at.A) * sums.x).sum(axis=1)
        made -= float((rate * own).sum())
    return made


def _best_root(sums: Sums) -> float:
    """Return the square root of the best ratio: the best of a grid, then the slope's zero."""
    heights = [_loglik(sums, root) for root in RATIOS]
    place = int(np.argmax(heights))
    below, above = RATIOS[max(place - 1, 0)], RATIOS[min(place + 1, len(RATIOS) - 1)]
    if place == 0 and _slope(sums, 0.0) >= 0:
        return 0.0
    if _slope(sums, below) < 0 < _slope(sums, above):
        return float(brentq(lambda r: _slope(sums, r), below, above, xtol=1e-14, rtol=1e-13))
    return float(RATIOS[place])


def _variance_loglik(sums: Sums, sigma: float, within: float) -> float:
    """Return the greatest log-likelihood with the standard deviation between groups held."""

    def height(log_residual: float) -> float:
        residual = float(np.exp(log_residual))
        at = _at(sums, sigma**2 / residual)
        whole = sums.freedom * np.log(2 * np.pi * residual) + at.log_volume + at.residual / residual
        return float(whole / 2)

    middle = float(np.log(within))
    found = minimize_scalar(height, bounds=(middle - 1, middle + 1), method="bounded")
    return -float(found.fun)


def _assembled(sums: Sums, root: float, confidence: float) -> RandomIntercept:
    rows, ratio = sums.rows, root**2
    at, top = _at(sums, ratio), _loglik(sums, root)
    within = at.residual / sums.freedom
    covariance = within * inverse(at.A)
    beta = sums.pooled + at.beta
    name = FitMethod.LMM_REML if sums.reml else FitMethod.LMM_ML
    between_error, within_error = _variance_errors(sums, ratio, within)
    variance = _variance(sums, root, within, between_error, top, confidence)
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
        vpc=_vpc(sums, root, top, confidence, variance),
        groups=rows.groups,
        effects=effects,
        fitted=fitted[0],
        fitted_fixed=fitted[1],
        loglik=top,
    )


def _variance_errors(sums: Sums, ratio: float, within: float) -> tuple[float, float]:
    """Return standard errors of both variances from the expected information."""
    one = 1 / (within * (1 + ratio * sums.n))
    between = ((sums.n * one) ** 2).sum() / 2
    cross = (sums.n * one**2).sum() / 2
    own = ((sums.n - 1).sum() / within**2 + (one**2).sum()) / 2
    errors = np.sqrt(np.diag(inverse(np.array([[between, cross], [cross, own]]))))
    return float(errors[0]), float(errors[1])


def _variance(
    sums: Sums, root: float, within: float, error: float, top: float, confidence: float
) -> Estimate:
    value = root**2 * within
    sigma = float(np.sqrt(value))
    step = min(error / (2 * sigma), sigma) if sigma > 0 else float(np.sqrt(error))
    lower, upper = profile_limits(
        lambda s: _variance_loglik(sums, s, within), sigma, top, step, confidence=confidence
    )
    name = "profile_reml" if sums.reml else "profile_ml"
    made = estimate(value, lower**2, upper**2, error, name, n=len(sums.n))
    return made.warned(Caution.AT_BOUND, value == 0)


def _vpc(sums: Sums, root: float, top: float, confidence: float, variance: Estimate) -> Estimate:
    step = float(np.sqrt(variance.upper / max(float(variance.value), 1e-300))) - 1
    step = root * min(step, 1.0) if root > 0 else float(sums.n.mean() ** -0.5)
    lower, upper = profile_limits(
        lambda r: _loglik(sums, r), root, top, step, confidence=confidence
    )
    value, low, high = (r**2 / (1 + r**2) for r in (root, lower, upper))
    made = estimate(value, low, high, np.nan, variance.method, n=len(sums.n))
    return made.warned(Caution.AT_BOUND, value == 0)


def refitted_variance(
    total: FloatArray, squares: FloatArray, n: FloatArray, design: FloatArray | None
) -> float:
    """Return the variance between rows, each a group, by maximum likelihood and nothing else."""
    rows = read_rows(
        total, n, squares, design, np.arange(len(n)), family=Family.GAUSSIAN,
        where="refitted_variance",
    )  # fmt: skip
    sums = _sums(rows, reml=False)
    root = _best_root(sums)
    return root**2 * _at(sums, root**2).residual / sums.freedom
