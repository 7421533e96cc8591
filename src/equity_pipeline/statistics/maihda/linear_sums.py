"""The linear model's sums per group, and its likelihood along the ratio of the two variances."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.maihda.rows import Rows, inverse, solved

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


def read_sums(rows: Rows, reml: bool) -> Sums:
    """Return the sums of rows, around the pooled fit."""
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


def at_ratio(sums: Sums, ratio: float) -> At:
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


def loglik_at(sums: Sums, root: float) -> float:
    """Return the log-likelihood at the square root of a ratio, the residual variance profiled."""
    at = at_ratio(sums, root**2)
    scale = 2 * np.pi * at.residual / sums.freedom
    return float(-(sums.freedom * (np.log(scale) + 1) + at.log_volume) / 2)


def _slope(sums: Sums, root: float) -> float:
    """Return the derivative of -2 log-likelihood by the variance ratio."""
    ratio = root**2
    at = at_ratio(sums, ratio)
    rate = 1 / (1 + ratio * sums.n) ** 2
    fall = float((rate * (sums.y - sums.x @ at.beta) ** 2).sum())
    made = float((sums.n / (1 + ratio * sums.n)).sum()) - sums.freedom * fall / at.residual
    if sums.reml:
        own = (sums.x @ inverse(at.A) * sums.x).sum(axis=1)
        made -= float((rate * own).sum())
    return made


def best_root(sums: Sums) -> float:
    """Return the square root of the best ratio: the best of a grid, then the slope's zero."""
    heights = [loglik_at(sums, root) for root in RATIOS]
    place = int(np.argmax(heights))
    below, above = RATIOS[max(place - 1, 0)], RATIOS[min(place + 1, len(RATIOS) - 1)]
    if place == 0 and _slope(sums, 0.0) >= 0:
        return 0.0
    if _slope(sums, below) < 0 < _slope(sums, above):
        return float(brentq(lambda r: _slope(sums, r), below, above, xtol=1e-14, rtol=1e-13))
    return float(RATIOS[place])


def variance_loglik(sums: Sums, sigma: float, within: float) -> float:
    """Return the greatest log-likelihood with the standard deviation between groups held."""

    def height(log_residual: float) -> float:
        residual = float(np.exp(log_residual))
        at = at_ratio(sums, sigma**2 / residual)
        whole = sums.freedom * np.log(2 * np.pi * residual) + at.log_volume + at.residual / residual
        return float(whole / 2)

    # with less between groups, more is left within, up to all that varies
    bounds = (np.log(within) - 1, np.log(max(within, sums.squares / sums.people)) + 1)
    found = minimize_scalar(height, bounds=bounds, method="bounded", options={"xatol": 1e-7})
    return -float(found.fun)
