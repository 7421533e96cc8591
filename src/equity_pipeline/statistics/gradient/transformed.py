"""Slope and relative index of ordered groups, fitted on the values', a log or a logit scale."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    critical,
    divide,
    log_estimate,
    logit_estimate,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.gradient.fieller import fieller_limits
from equity_pipeline.statistics.gradient.grouped import normalised, ridits
from equity_pipeline.statistics.reading import covariance_of, one_of, together


class Scale(StrEnum):
    """The scale on which the groups' values are thought to lie on a line."""

    IDENTITY = "identity"
    LOG = "log"
    LOGIT = "logit"

    def of(self, value: FloatArray) -> FloatArray:
        """Return values on the scale; NaN for values that have no place on it."""
        if self is Scale.IDENTITY:
            return value
        inside = (value > 0) & ((value < 1) | (self is Scale.LOG))
        kept = np.where(inside, value, 0.5)
        return np.where(inside, np.log(kept) if self is Scale.LOG else logit(kept), np.nan)

    def back(self, place: FloatArray) -> FloatArray:
        """Return values from the scale."""
        if self is Scale.IDENTITY:
            return place
        return np.exp(place) if self is Scale.LOG else np.asarray(expit(place))

    def slope(self, value: FloatArray) -> FloatArray:
        """Return the derivative of the values by the scale."""
        if self is Scale.IDENTITY:
            return np.ones_like(value)
        return value if self is Scale.LOG else value * (1 - value)

    def check(self, value: FloatArray, *, where: str) -> FloatArray:
        """Return the values; refuses those beyond the ends of the scale, at its ends they pass."""
        least, most = -np.inf if self is Scale.IDENTITY else 0.0, np.inf
        require(
            ~((value < least) | (value > (1.0 if self is Scale.LOGIT else most))),
            f"A value cannot be on the {self} scale.",
            where=where,
            mend="give shares of 0 to 1 for logit, and values above 0 for log",
        )
        return value


@dataclass(frozen=True, slots=True)
class FittedEnds:
    """Slope and relative index of inequality with the fitted values at the ends of the ranking.

    ``sii`` is the value at the last rank minus that at the first, ``rii`` their ratio; ``first``
    (the intercept) and ``last`` are the values themselves.
    """

    sii: Estimate
    rii: Estimate
    first: Estimate
    last: Estimate


_LIMITS = {Scale.IDENTITY: normal_estimate, Scale.LOG: log_estimate, Scale.LOGIT: logit_estimate}


def fitted_ends(
    values: ArrayLike,
    shares: ArrayLike,
    covariance: ArrayLike | None = None,
    *,
    scale: Scale = Scale.IDENTITY,
    confidence: float = 0.95,
) -> FittedEnds:
    """Return slope and relative index from a line on the chosen scale, with its ends.

    The line is fitted to the groups' values on the scale over their mid-ranks, weighted by size,
    and turned back at ranks 0 and 1. (Least squares on values and ranks that are each multiplied
    with the root of the group's share is the same fit.)

    Parameters
    ----------
    values, shares
        Values and sizes (..., L), in the order of the ranking: from the most disadvantaged to
        the most advantaged group for an index that is above 0 where the advantaged have more.
        Shares of 0 to 1 for ``logit``, values above 0 for ``log``.
    covariance
        Of the values on their own scale, (..., L, L); without it the limits are NaN.
    scale
        The scale of the line; see :class:`Scale`.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    FittedEnds
        Standard errors by the delta method. Limits of ``rii`` are Fieller's on the identity
        scale and else symmetric on the log scale; those of the ends on the line's scale. NaN
        where a group with people has no value on the scale (0 on a log scale), or only one
        group has people.

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0, or the shapes do not go together.

    References
    ----------
    Low A, Low A (2004), Journal of Public Health 26:388-395, doi:10.1093/pubmed/fdh175.
    Moreno-Betancur M et al. (2015), Epidemiology 26:518-527.

    Examples
    --------
    >>> made = fitted_ends([0.36, 0.43, 0.53], [5, 4, 3], np.eye(3) * 1e-4, scale=Scale.LOGIT)
    >>> round(float(made.sii.value), 4), round(float(made.sii.lower), 4), made.sii.method
    (0.2411, 0.2007, 'slope_logit_delta')
    >>> round(float(made.rii.value), 4), round(float(made.first.value), 4)
    (1.7812, 0.3086)
    """
    scale = one_of(scale, Scale, where="fitted_ends")
    y, share = together(values, shares, where="fitted_ends")
    require(
        y.ndim > 0,
        "One group has no ranking.",
        where="fitted_ends",
        mend="give the groups of one ranking along the last axis",
    )
    to_first, to_last = _end_weights(share)
    place = scale.of(scale.check(np.where(normalised(share) == 0, 0.5, y), where="fitted_ends"))
    first, last = (scale.back((w * place).sum(axis=-1)) for w in (to_first, to_last))
    ahead = _scaled_variances(scale, y, covariance, share, to_first, to_last)
    by_first, by_last = scale.slope(first), scale.slope(last)
    of_first, of_last = (
        np.maximum(by**2 * own, 0) for by, own in ((by_first, ahead[0]), (by_last, ahead[1]))
    )
    both = by_first * by_last * ahead[2]
    error = np.sqrt(np.maximum(of_last + of_first - 2 * both, 0))
    sii = normal_estimate(last - first, error, confidence=confidence, method=f"slope_{scale}_delta")
    limits = _LIMITS[scale]
    name = f"fitted_{scale}_delta"
    return FittedEnds(
        sii=sii,
        rii=_ratio(first, last, (of_last, of_first, both), scale, confidence),
        first=limits(first, np.sqrt(of_first), confidence=confidence, method=name),
        last=limits(last, np.sqrt(of_last), confidence=confidence, method=name),
    )


def _end_weights(shares: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the weights of the values in the fitted value at rank 0 and at rank 1."""
    p = normalised(shares)
    from_middle = ridits(shares) - 0.5
    spread = (p * from_middle**2).sum(axis=-1, keepdims=True)
    slope = divide(p * from_middle, np.where(spread > 1e-15, spread, 0))
    return p - slope / 2, p + slope / 2


def _scaled_variances(
    scale: Scale,
    values: FloatArray,
    covariance: ArrayLike | None,
    shares: FloatArray,
    to_first: FloatArray,
    to_last: FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the variances of both ends on the scale, and their covariance."""
    if covariance is None:
        nothing = np.full(values.shape[:-1], np.nan)
        return nothing, nothing, nothing
    v = covariance_of(values, covariance, where="fitted_ends")
    steep = divide(1, scale.slope(values))

    def of(left: FloatArray, right: FloatArray) -> FloatArray:
        outer = (left * steep)[..., :, np.newaxis] * (right * steep)[..., np.newaxis, :]
        empty = normalised(shares) == 0
        nobody = empty[..., :, np.newaxis] | empty[..., np.newaxis, :]
        return np.asarray(np.where(nobody, 0, outer * v).sum(axis=(-2, -1)))

    return of(to_first, to_first), of(to_last, to_last), of(to_first, to_last)


def _ratio(
    first: FloatArray,
    last: FloatArray,
    variances: tuple[FloatArray, FloatArray, FloatArray],
    scale: Scale,
    confidence: float,
) -> Estimate:
    """Return the ratio of the ends; NaN unless both are above 0."""
    positive = (first > 0) & (last > 0)
    value = np.where(positive, divide(last, first), np.nan)
    of_last, of_first, both = variances
    log_variance = divide(of_last, last**2) + divide(of_first, first**2)
    log_variance = log_variance - 2 * divide(both, first * last)
    error = value * np.sqrt(np.maximum(log_variance, 0))
    made = log_estimate(
        value, error, confidence=confidence, method=f"slope_ratio_{scale}_log_delta"
    )
    if scale is not Scale.IDENTITY:
        return made
    lower, upper = fieller_limits(last, first, variances, confidence=confidence)
    kept = np.where(positive, 1.0, np.nan)
    return replace(made, lower=lower * kept, upper=upper * kept, method="slope_ratio_fieller")


def error_from_limits(
    values: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    scale: Scale = Scale.IDENTITY,
    confidence: float = 0.95,
) -> FloatArray:
    """Return standard errors of values from their limits, which are even on the given scale.

    Parameters
    ----------
    values, lower, upper
        Values with their limits, any shape.
    scale
        The scale on which the limits lie about the value evenly: ``log`` for rates, ``logit``
        for shares. The error is for the value's own scale: the limits' width on the scale,
        times the derivative at the value.
    confidence
        Coverage of the limits, between 0 and 1.

    Raises
    ------
    MethodError
        If a lower limit is above its upper limit.

    References
    ----------
    Oehlert GW (1992), The American Statistician 46:27-29 (the delta method).

    Examples
    --------
    >>> round(float(error_from_limits(0.36, 0.33, 0.39, scale=Scale.LOGIT)), 5)
    0.01533
    """
    scale = one_of(scale, Scale, where="error_from_limits")
    y, low, high = together(values, lower, upper, where="error_from_limits")
    require(
        ~(low > high),
        "A lower limit is above the upper limit.",
        where="error_from_limits",
        mend="give the lower limit first",
    )
    y, low, high = (scale.check(a, where="error_from_limits") for a in (y, low, high))
    width = scale.of(high) - scale.of(low)
    return np.asarray(width / (2 * critical(confidence)) * scale.slope(y))
