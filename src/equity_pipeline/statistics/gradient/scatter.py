"""Indices of ordered groups whose own errors are unknown: limits from their scatter about a line.

A handful of groups says little of its own spread; where the groups' standard errors are known,
the functions that take them are the better ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    log_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.gradient.concentration import (
    Normalisation,
    check_bounds,
    normalised_index,
)
from equity_pipeline.statistics.gradient.grouped import normalised, ridits
from equity_pipeline.statistics.gradient.transformed import FittedEnds, Scale
from equity_pipeline.statistics.reading import one_of, together

ITERATIONS = 50
SETTLED = 1e-13


def scatter_slope_index(
    values: ArrayLike,
    shares: ArrayLike,
    *,
    scale: Scale = Scale.IDENTITY,
    weight: ArrayLike | None = None,
    confidence: float = 0.95,
) -> FittedEnds:
    """Return slope and relative index with limits from the groups' scatter about the line.

    A line over the mid-ranks is fitted by weighted least squares (identity), or as a binomial
    model with a logit link; its covariance is White's, times L / (L - 2).

    Parameters
    ----------
    values, shares
        Values and sizes (..., L) in the order of the ranking; shares of 0 to 1 for ``logit``.
    scale
        ``identity`` or ``logit``.
    weight
        Of the groups in the fit, (..., L); their sizes if None. The packages of the World Health
        Organization let the population count twice on the logit scale: give its square for
        their numbers.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    FittedEnds
        Limits of ``rii`` are symmetric on the log scale, the others on the values' own. NaN
        where a value is missing, there are fewer than three groups with people, or there is no
        finite fit.

    Raises
    ------
    MethodError
        If shares or weights are negative, missing or all 0, a share is outside 0 to 1 on the
        logit scale, or the scale is ``log``.

    References
    ----------
    Schlotheuber A, Hosseinpoor AR (2022), doi:10.3390/ijerph19063697.
    MacKinnon JG, White H (1985), Journal of Econometrics 29:305-325.

    Examples
    --------
    >>> made = scatter_slope_index([35.5, 38.7, 43.0, 46.0, 53.0], [1330, 1300, 1171, 1112, 1087])
    >>> round(float(made.sii.value), 2), round(float(made.sii.standard_error), 2)
    (20.93, 2.56)
    """
    scale = one_of(scale, Scale, where="scatter_slope_index")
    y, share, mass = together(
        values, shares, shares if weight is None else weight, where="scatter_slope_index"
    )
    _check(y, scale)
    rank, w = ridits(share), normalised(mass)
    w = np.where(np.isnan(y) & (w == 0), 0, w)
    known = np.where(w > 0, y, 0.5)
    level, slope = _fit(known, rank, w, scale)
    fitted = _mean(level[..., np.newaxis] + slope[..., np.newaxis] * rank, scale)
    v = _white(known, fitted, rank, w, scale)
    first, last = _mean(level, scale), _mean(level + slope, scale)
    by_first, by_last = _steep(first, scale), _steep(last, scale)
    return _ends(first, last, by_first, by_last, v, confidence, str(scale))


def _ends(
    first: FloatArray,
    last: FloatArray,
    by_first: FloatArray,
    by_last: FloatArray,
    v: FloatArray,
    confidence: float,
    name: str,
) -> FittedEnds:
    """Return the indices from the ends and the covariance (..., 2, 2) of level and slope."""
    none = np.zeros_like(first)
    to_first, to_last = np.stack([by_first, none], -1), np.stack([by_last, by_last], -1)
    positive = (first > 0) & (last > 0)
    ratio = np.where(positive, divide(last, first), np.nan)
    to_log = (
        to_last * divide(1, last)[..., np.newaxis] - to_first * divide(1, first)[..., np.newaxis]
    )

    def even(value: FloatArray, gradient: FloatArray) -> Estimate:
        return normal_estimate(
            value, _root(gradient, v), confidence=confidence, method=f"scatter_{name}_hc1"
        )

    return FittedEnds(
        sii=even(last - first, to_last - to_first),
        rii=log_estimate(
            ratio,
            ratio * _root(to_log, v),
            confidence=confidence,
            method=f"scatter_ratio_{name}_hc1",
        ),
        first=even(first, to_first),
        last=even(last, to_last),
    )


def _root(gradient: FloatArray, v: FloatArray) -> FloatArray:
    square = (gradient[..., np.newaxis, :] @ v @ gradient[..., np.newaxis])[..., 0, 0]
    return np.sqrt(np.maximum(square, 0))


def _fit(
    y: FloatArray, rank: FloatArray, w: FloatArray, scale: Scale
) -> tuple[FloatArray, FloatArray]:
    """Return level and slope of every line; NaN where there is none."""
    eta = y if scale is Scale.IDENTITY else np.asarray(logit((y + 0.5) / 2))
    level = slope = np.full(y.shape[:-1], np.nan)
    for _ in range(1 if scale is Scale.IDENTITY else ITERATIONS):
        mean = _mean(eta, scale)
        steep = _steep(mean, scale)
        level, slope = _line(eta + (y - mean) / steep, rank, w * steep)
        moved = level[..., np.newaxis] + slope[..., np.newaxis] * rank
        longest = np.abs(moved - eta)
        eta = np.clip(moved, -30, 30) if scale is Scale.LOGIT else moved
        if not (longest > SETTLED).any():
            break
    runaway = (np.abs(eta) >= 30).any(axis=-1) & (scale is Scale.LOGIT)
    return np.where(runaway, np.nan, level), np.where(runaway, np.nan, slope)


def _line(y: FloatArray, rank: FloatArray, w: FloatArray) -> tuple[FloatArray, FloatArray]:
    p = divide(w, w.sum(axis=-1, keepdims=True))
    middle = (p * rank).sum(axis=-1, keepdims=True)
    spread = (p * (rank - middle) ** 2).sum(axis=-1)
    slope = divide((p * (rank - middle) * y).sum(axis=-1), np.where(spread > 1e-15, spread, 0))
    return (p * y).sum(axis=-1) - slope * middle[..., 0], slope


def _mean(eta: FloatArray, scale: Scale) -> FloatArray:
    return eta if scale is Scale.IDENTITY else np.asarray(expit(eta))


def _steep(mean: FloatArray, scale: Scale) -> FloatArray:
    return np.ones_like(mean) if scale is Scale.IDENTITY else mean * (1 - mean)


def _white(
    y: FloatArray, fitted: FloatArray, rank: FloatArray, w: FloatArray, scale: Scale
) -> FloatArray:
    """Return White's covariance of level and slope, (..., 2, 2), times L / (L - 2)."""
    columns = np.stack([np.ones_like(rank), rank], axis=-1)
    groups = (w > 0).sum(axis=-1)
    left = (w * (y - fitted))[..., np.newaxis] * columns
    information = np.swapaxes(columns, -1, -2) @ (
        columns * (w * _steep(fitted, scale))[..., np.newaxis]
    )
    enough = (groups > 2) & np.isfinite(information).all(axis=(-2, -1))
    information = np.where(enough[..., np.newaxis, np.newaxis], information, np.eye(2))
    bread = np.linalg.inv(information)
    factor = np.where(enough, groups / np.where(enough, groups - 2, 1), np.nan)
    meat = np.swapaxes(left, -1, -2) @ left
    return np.asarray(bread @ meat @ bread * factor[..., np.newaxis, np.newaxis])


def _check(y: FloatArray, scale: Scale) -> None:
    require(
        scale is not Scale.LOG,
        "The scatter about a line on the log scale is not offered.",
        where="scatter_slope_index",
        mend="give identity or logit, or the groups' errors to fitted_ends",
    )
    require(
        scale is Scale.IDENTITY or not ((y < 0) | (y > 1)).any(),
        "On the logit scale values are shares of 0 to 1.",
        where="scatter_slope_index",
        mend="divide percentages by 100",
    )


def scatter_concentration(
    values: ArrayLike,
    shares: ArrayLike,
    *,
    index: Normalisation = Normalisation.STANDARD,
    bounds: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the concentration index of ordered groups with limits from their scatter.

    The error is that of the slope of the groups' convenient regression, with mean and ranks
    taken as known.

    Parameters
    ----------
    values, shares
        Values and sizes (..., L), in the order of the ranking.
    index, bounds
        As in :func:`concentration`.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        NaN where a group with people has no value, or the normalisation divides by 0; limits
        NaN with fewer than three groups.

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0, or bounds are missing, not needed, the wrong
        way round or passed by a value.

    References
    ----------
    Schlotheuber A, Hosseinpoor AR (2022), doi:10.3390/ijerph19063697.
    O'Donnell O, van Doorslaer E, Wagstaff A, Lindelow M (2008), Analyzing Health Equity Using
    Household Survey Data, World Bank, ch. 8.

    Examples
    --------
    >>> made = scatter_concentration([45.9, 44.1, 44.3, 41.3, 38.3], [12, 12, 12, 12, 12])
    >>> round(float(made.value), 4), round(float(made.standard_error), 4)
    (-0.0337, 0.0065)
    """
    index = one_of(index, Normalisation, where="scatter_concentration")
    y, share = together(values, shares, where="scatter_concentration")
    p, rank = normalised(share), ridits(share)
    y = np.where(p > 0, y, 0)
    check_bounds(index, bounds, y[p > 0], "scatter_concentration")
    mean = (p * y).sum(axis=-1)
    spread = (p * (rank - 0.5) ** 2).sum(axis=-1)
    slope = divide((p * (rank - 0.5) * y).sum(axis=-1), spread)
    left = y - mean[..., np.newaxis] - slope[..., np.newaxis] * (rank - 0.5)
    freedom = np.maximum((p > 0).sum(axis=-1) - 2, 0)
    error = np.sqrt(divide(divide((p * left**2).sum(axis=-1), freedom), spread))
    value, factor, _ = normalised_index(index, 2 * spread * slope, mean, bounds)
    return normal_estimate(
        value,
        np.abs(2 * spread * factor) * error,
        confidence=confidence,
        method=f"concentration_{index}_scatter",
    )
