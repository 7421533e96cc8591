"""How far groups spread about the population mean: variance, deviation, coefficient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Caution, Estimate, FloatArray, critical, divide
from equity_pipeline.statistics.inequality.given import (
    Groups,
    curvature,
    delta,
    dot,
    groups,
    never_negative,
    over_mean,
)


def between_group_variance(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the between-group variance BGV: mean squared distance to the population mean.

    It is biased upward: noise alone spreads the groups (see :func:`noise_corrected_variance`).

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L); those without people are left out.
    errors
        Standard errors of the values, independent; without them the limits are NaN.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        In squared units. The error is exact for normal values, with the quadratic part that keeps
        an interval from having no width where all groups are equal; limits are cut at 0.

    Raises
    ------
    MethodError
        If there are fewer than two groups, or sizes or errors cannot be.

    References
    ----------
    Ahn J, Harper S, Yu M, Feuer EJ, Liu B, Luta G (2018), doi:10.1200/CCI.18.00031.

    Examples
    --------
    >>> bgv = between_group_variance([0.79, 0.85, 0.89], [42, 40, 38], 0.01)
    >>> round(float(bgv.value), 6), round(float(bgv.standard_error), 6)
    (0.001697, 0.000482)
    """
    given = groups(values, shares, errors, where="between_group_variance")
    return never_negative(
        *_variance(given), given.enough, confidence=confidence, method="bgv_normal"
    )


def between_group_deviation(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the between-group standard deviation BGSD; its limits are the variance's roots.

    Parameters, bias, errors and references as in :func:`between_group_variance`. The standard
    error is NaN where the deviation is 0.

    Examples
    --------
    >>> bgsd = between_group_deviation([0.79, 0.85, 0.89], [42, 40, 38], 0.01)
    >>> [round(float(x), 4) for x in (bgsd.value, bgsd.lower, bgsd.upper)]
    [0.0412, 0.0274, 0.0514]
    """
    given = groups(values, shares, errors, where="between_group_deviation")
    return _root(*_variance(given), given, confidence=confidence, method="bgsd_root")


def coefficient_of_variation(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the coefficient of variation COV: the deviation over the mean, as a part of 1.

    Parameters, bias, errors and references as in :func:`between_group_variance`; NaN unless the
    mean is above 0. Limits are roots of those of its square, which has the error of variance and
    mean together.

    Examples
    --------
    >>> cov = coefficient_of_variation([0.79, 0.85, 0.89], [42, 40, 38], 0.01)
    >>> [round(float(x), 4) for x in (cov.value, cov.lower, cov.upper)]
    [0.0489, 0.0325, 0.0611]
    """
    given = groups(values, shares, errors, where="coefficient_of_variation")
    spread, mean = dot(given.shares, _squares(given)), given.mean
    square = over_mean(spread, mean**2 * np.sign(mean))
    inner = given.values - (mean + over_mean(spread, mean))[..., np.newaxis]
    slope = over_mean(2 * given.shares * inner, (mean**2 * np.sign(mean))[..., np.newaxis])
    variance = delta(slope, given.errors) + over_mean(curvature(given), mean**4)
    return _root(square, variance, given, confidence=confidence, method="cov_root")


def _squares(given: Groups) -> FloatArray:
    return np.asarray((given.values - given.mean[..., np.newaxis]) ** 2)


def _variance(given: Groups) -> tuple[FloatArray, FloatArray]:
    """Return BGV and its own variance."""
    apart = given.values - given.mean[..., np.newaxis]
    slope = 2 * given.shares * apart
    return dot(given.shares, apart**2), delta(slope, given.errors) + curvature(given)


def _root(
    square: FloatArray, variance: FloatArray, given: Groups, *, confidence: float, method: str
) -> Estimate:
    """Return the root of a square index, its limits the roots of the square's limits."""
    half = critical(confidence) * np.sqrt(variance)
    value, lower = np.sqrt(square), square - half
    cut = np.sqrt(np.where(lower < 0, 0, lower))
    error = divide(np.sqrt(variance), 2 * value)
    made = Estimate(value, cut, np.sqrt(square + half), error, method)
    return made.where(given.enough).warned(Caution.CUT_AT_BOUND, given.enough & (lower < 0))
