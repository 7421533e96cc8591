"""Inequality over ordered groups: slope and relative index, concentration index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    log_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.reading import covariance_of, numbers, together


@dataclass(frozen=True, slots=True)
class SlopeIndex:
    """Slope index (difference of the fitted ends) and two relative indices.

    ``rii`` is the ratio of the fitted ends, ``rii_mean`` the slope index over the mean.
    """

    sii: Estimate
    rii: Estimate
    rii_mean: Estimate


def ridits(shares: ArrayLike) -> FloatArray:
    """Return the mid-ranks (..., L) of ordered groups, from 0 (first) to 1 (last).

    Parameters
    ----------
    shares
        Sizes or shares (..., L) in order, not negative; need not sum to 1.

    Raises
    ------
    MethodError
        If a share is negative or missing, or all are 0.

    References
    ----------
    Bross IDJ (1958), Biometrics 14:18-38.

    Examples
    --------
    >>> ridits([4200, 4100, 4000, 3900, 3800])
    array([0.105 , 0.3125, 0.515 , 0.7125, 0.905 ])
    """
    share = normalised(shares)
    return np.asarray(np.cumsum(share, axis=-1) - share / 2)


def normalised(shares: ArrayLike) -> FloatArray:
    """Return shares that sum to 1 along the last axis.

    Parameters and errors as in :func:`ridits`.

    Examples
    --------
    >>> normalised([1, 3])
    array([0.25, 0.75])
    """
    share = numbers(shares, where="gradient")
    total = np.atleast_1d(share).sum(axis=-1, keepdims=True)
    require(
        share.ndim > 0
        and bool((share >= 0).all())
        and bool((total > 0).all())
        and bool(np.isfinite(total).all()),
        "Population shares are negative, missing or all 0.",
        where="gradient",
        mend="give each group its number of people",
    )
    return np.asarray(share / total)


def slope_index(
    values: ArrayLike,
    shares: ArrayLike,
    covariance: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> SlopeIndex:
    """Return slope and relative index of inequality of ordered groups.

    A line is fitted to the values over the groups' mid-ranks, weighted by size. The slope index
    is the fitted value at the most advantaged end minus that at the most disadvantaged end: a
    weighted sum of the values, ``c'y``, with variance ``c'Vc``.

    Parameters
    ----------
    values, shares
        Values and sizes (..., L), from the most disadvantaged to the most advantaged group.
    covariance
        Of the values, (..., L, L); without it the limits are NaN.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    SlopeIndex
        NaN where a group with people has no value, or only one group has people; ``rii`` NaN
        unless both fitted ends are above 0; its limits are made on the log scale.

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0.

    References
    ----------
    Mackenbach JP, Kunst AE (1997), Social Science & Medicine 44:757-771.
    Moreno-Betancur M et al. (2015), Epidemiology 26:518-527.

    Examples
    --------
    >>> index = slope_index([0.79, 0.82, 0.85, 0.87, 0.89], [4200, 4100, 4000, 3900, 3800])
    >>> round(float(index.sii.value), 6), round(float(index.rii_mean.value), 6)
    (0.125481, 0.148894)
    """
    y, share = together(values, shares, where="slope_index")
    p = normalised(share)
    from_middle = ridits(share) - 0.5
    spread = (p * from_middle**2).sum(axis=-1, keepdims=True)
    c = divide(p * from_middle, np.where(spread > 1e-15, spread, 0))
    sii, mean = _dot(c, y), _dot(p, y)
    top, bottom = mean + sii / 2, mean - sii / 2
    ends = np.where((top > 0) & (bottom > 0), divide(top, bottom), np.nan)
    # derivatives of log(top / bottom) and of sii / mean by the values
    g_log = _over(p + c / 2, top) - _over(p - c / 2, bottom)
    g_mean = _over(c, mean) - p * divide(sii, mean**2)[..., np.newaxis]
    error = [_error(g, covariance, "slope_index") for g in (c, g_log, g_mean)]
    return SlopeIndex(
        normal_estimate(sii, error[0], confidence=confidence, method="slope_wls"),
        log_estimate(ends, ends * error[1], confidence=confidence, method="slope_log_delta"),
        normal_estimate(
            divide(sii, mean),
            error[2],
            confidence=confidence,
            method="slope_mean_delta",
        ),
    )


def _dot(weights: FloatArray, values: FloatArray) -> FloatArray:
    return np.asarray(np.where(weights == 0, 0, weights * values).sum(axis=-1))


def _over(gradient: FloatArray, scalar: FloatArray) -> FloatArray:
    return divide(gradient, scalar[..., np.newaxis])


def _error(gradient: FloatArray, covariance: ArrayLike | None, where: str) -> FloatArray:
    """Return sqrt(g'Vg); groups with no weight may lack a covariance."""
    if covariance is None:
        return np.full(gradient.shape[:-1], np.nan)
    v = covariance_of(gradient, covariance, where=where)
    outer = gradient[..., :, np.newaxis] * gradient[..., np.newaxis, :]
    variance = np.where(outer == 0, 0, outer * v).sum(axis=(-2, -1))
    return np.asarray(np.sqrt(np.maximum(variance, 0)), dtype=np.float64)


def concentration_index(
    values: ArrayLike,
    shares: ArrayLike,
    covariance: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the concentration index of ordered groups: above 0 = concentrated among the last.

    Parameters
    ----------
    values, shares, covariance, confidence
        As in :func:`slope_index`.

    Returns
    -------
    Estimate
        NaN where a group with people has no value, or the mean is 0.

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0.

    References
    ----------
    Kakwani N, Wagstaff A, van Doorslaer E (1997), Journal of Econometrics 77:87-103.

    Examples
    --------
    >>> index = concentration_index([0.79, 0.82, 0.85, 0.87, 0.89], [42, 41, 40, 39, 38])
    >>> round(float(index.value), 6)
    0.023819
    """
    y, share = together(values, shares, where="concentration_index")
    p = normalised(share)
    a = 2 * p * (ridits(share) - 0.5)
    mean = _dot(p, y)
    value = divide(_dot(a, y), mean)
    gradient = _over(a - p * value[..., np.newaxis], mean)
    return normal_estimate(
        value,
        _error(gradient, covariance, "concentration_index"),
        confidence=confidence,
        method="concentration_delta",
    )


def erreygers_index(
    values: ArrayLike,
    shares: ArrayLike,
    lower_bound: float,
    upper_bound: float,
    covariance: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return Erreygers' index of a bounded value: the same size for the good and the bad side.

    Parameters
    ----------
    values, shares, covariance, confidence
        As in :func:`slope_index`.
    lower_bound, upper_bound
        What the value could at least and at most be: 0 and 1 for shares.

    Raises
    ------
    MethodError
        If the bounds are the wrong way round, or shares are negative, missing or all 0.

    References
    ----------
    Erreygers G (2009), Journal of Health Economics 28:504-515.

    Examples
    --------
    >>> index = erreygers_index([0.79, 0.82, 0.85, 0.87, 0.89], [42, 41, 40, 39, 38], 0, 1)
    >>> round(float(index.value), 6)
    0.080295
    """
    y, share = together(values, shares, where="erreygers_index")
    p = normalised(share)
    low, high = together(lower_bound, upper_bound, where="erreygers_index, bounds")
    require(
        bool(low < high) and not (((y < low) | (y > high)) & (p > 0)).any(),
        "The lower bound is not below the upper bound, or a value lies outside them.",
        where="erreygers_index",
        mend="give the least and the greatest value that is possible",
    )
    a = 8 * p * (ridits(share) - 0.5) / (high - low)
    return normal_estimate(
        _dot(a, y),
        _error(a, covariance, "erreygers_index"),
        confidence=confidence,
        method="erreygers",
    )


def absolute_concentration(
    values: ArrayLike,
    shares: ArrayLike,
    covariance: ArrayLike | None = None,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the absolute concentration index of ordered groups, on the values' own scale.

    Parameters and errors as in :func:`concentration_index`, of which it is the product with the
    mean.

    References
    ----------
    Wagstaff A, Paci P, van Doorslaer E (1991), Social Science & Medicine 33:545-557.

    Examples
    --------
    >>> index = absolute_concentration([0.79, 0.82, 0.85, 0.87, 0.89], [42, 41, 40, 39, 38])
    >>> round(float(index.value), 6)
    0.020074
    """
    y, share = together(values, shares, where="absolute_concentration")
    a = 2 * normalised(share) * (ridits(share) - 0.5)
    return normal_estimate(
        _dot(a, y),
        _error(a, covariance, "absolute_concentration"),
        confidence=confidence,
        method="concentration_absolute",
    )
