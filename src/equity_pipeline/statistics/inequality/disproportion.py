"""How unevenly the groups share the value: Theil's index and the mean log deviation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate, FloatArray, divide, require
from equity_pipeline.statistics.inequality.given import (
    Groups,
    curvature,
    delta,
    dot,
    groups,
    never_negative,
    over_mean,
)


def theil_index(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return Theil's index TI over groups: sum of p (y/m) log(y/m), m the population mean.

    It is biased upward: noise alone spreads the groups (see :func:`noise_band`).

    Parameters
    ----------
    values, shares
        Values, not negative, and sizes of the groups (..., L); those without people are left out.
    errors
        Standard errors of the values, independent; without them the limits are NaN.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        As it is, not in thousandths; delta-method limits, cut at 0; the error is never below what
        noise alone gives where all groups are equal. A group with value 0 adds 0 to the index;
        the limits are then NaN, as the delta method ends there. A mean of 0 gives NaN.

    Raises
    ------
    MethodError
        If there are fewer than two groups, a value is negative, or sizes or errors cannot be.

    References
    ----------
    Theil H (1967), Economics and information theory.
    Ahn J, Harper S, Yu M, Feuer EJ, Liu B, Luta G (2018), doi:10.1200/CCI.18.00031.

    Examples
    --------
    >>> ti = theil_index([0.79, 0.85, 0.89], [42, 40, 38], 0.01)
    >>> round(float(ti.value) * 1000, 4), round(float(ti.standard_error) * 1000, 4)
    (1.2021, 0.3398)
    """
    given = _not_negative(values, shares, errors, "theil_index")
    ratio, logs = _relative(given)
    zero = ratio == 0
    value = dot(given.shares, np.where(zero, 0, ratio * np.where(zero, 0, logs)))
    slope = over_mean(given.shares * (logs - value[..., np.newaxis]), given.mean[..., np.newaxis])
    return _limited(given, value, slope, confidence, "theil_delta")


def mean_log_deviation(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean log deviation MLD over groups: sum of p log(m/y), m the population mean.

    Parameters, bias, errors and references as in :func:`theil_index`; a group with value 0 gives
    NaN.

    Examples
    --------
    >>> mld = mean_log_deviation([0.79, 0.85, 0.89], [42, 40, 38], 0.01)
    >>> round(float(mld.value) * 1000, 4), round(float(mld.standard_error) * 1000, 4)
    (1.2069, 0.3424)
    """
    given = _not_negative(values, shares, errors, "mean_log_deviation")
    ratio, logs = _relative(given)
    value = -dot(given.shares, logs)
    slope = over_mean(given.shares * (1 - divide(1, ratio)), given.mean[..., np.newaxis])
    return _limited(given, value, slope, confidence, "mld_delta")


def _not_negative(
    values: ArrayLike, shares: ArrayLike, errors: ArrayLike | None, where: str
) -> Groups:
    given = groups(values, shares, errors, where=where)
    require(
        ~(given.values < 0),
        "A group's value is below 0, where a share of the total means nothing.",
        where=where,
        mend="use a measure of distances, such as the between-group variance",
    )
    return given


def _relative(given: Groups) -> tuple[FloatArray, FloatArray]:
    """Return the values over the mean and their logarithms, NaN where the value is 0."""
    ratio = over_mean(given.values, given.mean[..., np.newaxis])
    ratio = np.where(given.present, ratio, 1)
    return ratio, np.log(np.where(ratio > 0, ratio, np.nan))


def _limited(
    given: Groups, value: FloatArray, slope: FloatArray, confidence: float, method: str
) -> Estimate:
    # an index of 0 is sometimes -1e-19
    value = np.where((value < 0) & (value > -1e-12), 0, value)
    slope = np.where(given.present, slope, 0)
    # where all groups are equal the derivatives are 0, and what remains is half of BGV over m^2
    least = over_mean(curvature(given), 4 * given.mean**4)
    variance = np.maximum(delta(slope, given.errors), least)
    return never_negative(value, variance, given.enough, confidence=confidence, method=method)
