"""Median and other quantiles of ended waits at equal need, by exact linear programming.

For waits that have not ended use :mod:`cox` or :mod:`survival`: leaving them out shortens waits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog
from scipy.special import ndtri
from scipy.stats import norm

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Estimate, FloatArray, normal_estimate, require
from equity_pipeline.statistics.reading import numbers
from equity_pipeline.statistics.waits.counts import places, rows

INSIDE = 1e-7  # a dual weight nearer its bound than this is at it


@dataclass(frozen=True, slots=True)
class QuantileFit:
    """A quantile regression: what it costs at the least, and coefficients that cost no more.

    Attributes
    ----------
    coefficients
        Intercept first, then one per column (1 + q,), in days.
    covariance
        Powell's, (1 + q, 1 + q): errors need a density of waits, and are rough on whole days.
    objective
        Sum of the check loss: ``tau`` for each day above, ``1 - tau`` for each day below.
    unique
        Whether no other coefficients have the same loss; on whole days there often are some,
        and packages then differ in the last digits shown.
    """

    coefficients: Estimate
    covariance: FloatArray
    objective: float
    unique: bool


def quantile_regression(
    days: ArrayLike,
    design: ArrayLike,
    *,
    tau: float = 0.5,
    count: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> QuantileFit:
    """Return the linear model of a quantile of the waits with the least check loss.

    Parameters
    ----------
    days
        Days waited (m,), 0 or more, of waits that have ended.
    design
        Columns (m, q), no intercept.
    tau
        Which quantile, between 0 and 1: 0.5 for the median.
    count
        How many waits a row stands for (m,), or their weight; 1 if None.
    cluster
        Number of the row's cluster from 0 (m,), whose waits are alike; None if all are separate.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If arrays do not go together, a column depends on the others, or tau is outside.

    References
    ----------
    Koenker R, Bassett G (1978), Econometrica 46:33-50.
    Powell JL (1991), in Nonparametric and semiparametric methods in econometrics, 357-384.
    Parente PMDC, Santos Silva JMC (2016), Journal of Econometric Methods 5:1-15.

    Examples
    --------
    >>> fit = quantile_regression([3, 5, 9, 4, 8, 20], [[0], [0], [0], [1], [1], [1]])
    >>> fit.coefficients.value.tolist(), fit.objective, fit.unique
    ([5.0, 3.0], 11.0, True)
    """
    waited, mass = rows(days, 1.0 if count is None else count, where="quantile_regression")
    X = _design(design, waited, mass, tau)
    used = mass > 0
    beta, unique = _least_loss(X[used], waited[used], mass[used], tau)
    left = waited - X @ beta
    objective = float(mass @ np.where(left > 0, tau * left, (tau - 1) * left))
    of_row, size = np.arange(waited.size), waited.size
    if cluster is not None:
        told = places(cluster, None, waited.size, where="quantile_regression, cluster")[0]
        of_row = np.unique(told, return_inverse=True)[1]
    covariance = _powell(X, left, mass, tau, of_row, size, cluster is not None)
    made = normal_estimate(
        beta,
        np.sqrt(np.diag(covariance)),
        confidence=confidence,
        method=f"quantile_regression_{tau:g}",
    )
    return QuantileFit(made, covariance, objective, unique)


def _design(design: ArrayLike, days: FloatArray, count: FloatArray, tau: float) -> FloatArray:
    """Return the checked design with its intercept."""
    columns = numbers(design, where="quantile_regression")
    require(
        columns.ndim == 2 and len(columns) == days.size and bool(np.isfinite(columns).all()),
        "The design has another number of rows than the waits, or missing values.",
        where="quantile_regression",
        mend="give a design of shape (m, q) of finite numbers",
    )
    X = np.column_stack([np.ones(days.size), columns])
    require(
        0 < tau < 1 and np.linalg.matrix_rank(X[count > 0]) == X.shape[1],
        "Tau is outside 0 to 1, or a column of the design depends on the others.",
        where="quantile_regression",
        mend="give tau such as 0.5, and leave out constant or repeated columns",
    )
    return X


def _least_loss(
    X: FloatArray, y: FloatArray, count: FloatArray, tau: float
) -> tuple[FloatArray, bool]:
    """Return coefficients of least check loss, and whether there are no others.

    The dual has one bounded unknown per pattern and only as many equations as columns.
    """
    pattern, place = np.unique(np.column_stack([X, y]), axis=0, return_inverse=True)
    most = np.bincount(np.ravel(place), count).astype(np.float64)
    Z, aim = pattern[:, :-1], pattern[:, -1]
    scale = np.abs(Z).max(axis=0)
    bounds: Any = np.column_stack([np.zeros(most.size), most])
    solved = linprog(
        -aim,
        A_eq=(Z / scale).T,
        b_eq=(1 - tau) * (most @ Z) / scale,
        bounds=bounds,
        method="highs-ipm",
    )
    if not solved.success:
        raise MethodError(
            "The linear program of a quantile regression was not solved.",
            where="quantile_regression",
            mend="scale the columns of the design to sizes near 1",
        )
    beta = -np.asarray(solved.eqlin.marginals, dtype=np.float64) / scale
    weight = np.asarray(solved.x, dtype=np.float64)
    inside = (weight > INSIDE * most) & (weight < (1 - INSIDE) * most)
    return beta, bool(np.linalg.matrix_rank(Z[inside]) == Z.shape[1]) if inside.any() else False


def _powell(
    X: FloatArray,
    left: FloatArray,
    count: FloatArray,
    tau: float,
    cluster: NDArray[np.int64],
    size: int,
    clustered: bool,
) -> FloatArray:
    """Return Powell's sandwich, with the density at 0 of what is left by a normal kernel."""
    n = count.sum()
    width = _bandwidth(left, count, n, tau)
    density = count * np.asarray(norm.pdf(left / width), dtype=np.float64) / width
    bread = np.linalg.pinv((density[:, np.newaxis] * X).T @ X, hermitian=True)
    if clustered:
        signs = count * (tau - (left < 0))
        sums = np.stack([np.bincount(cluster, signs * x, size) for x in X.T], axis=1)
        meat = np.asarray(sums.T @ sums, dtype=np.float64)
    else:
        meat = np.asarray(tau * (1 - tau) * (count[:, np.newaxis] * X).T @ X)
    return np.asarray(bread @ meat @ bread, dtype=np.float64)


def _bandwidth(left: FloatArray, count: FloatArray, n: float, tau: float) -> float:
    """Return Hall and Sheather's width, on the scale of what is left."""
    at = float(ndtri(tau))
    share = (1.5 * norm.pdf(at) ** 2 / (2 * at**2 + 1)) ** (1 / 3)
    h = float(n ** (-1 / 3) * ndtri(0.975) ** (2 / 3) * share)
    while tau - h <= 0 or tau + h >= 1:
        h /= 2
    mean = count @ left / n
    deviation = np.sqrt(count @ (left - mean) ** 2 / max(n - 1, 1))
    order = np.argsort(left)
    up_to = np.cumsum(count[order]) / n
    low, high = (left[order][np.searchsorted(up_to, p)] for p in (0.25, 0.75))
    spread = min(deviation, (high - low) / 1.34) if high > low else deviation
    return float(max((ndtri(tau + h) - ndtri(tau - h)) * spread, 1e-8))
