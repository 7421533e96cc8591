"""Differences and ratios between two groups; how they are read stands in ``judgement``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    log_estimate,
    normal_estimate,
    require,
    require_counts,
)
from equity_pipeline.statistics.judgement import Direction, EvidenceState, evidence_state, harm
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.reading import covariance_of, numbers, pair_of, together

__all__ = [
    "Direction",
    "EvidenceState",
    "difference",
    "evidence_state",
    "harm",
    "newcombe",
    "ratio",
    "risk_ratio",
    "wald_p",
]


def difference(
    value: ArrayLike,
    covariance: ArrayLike,
    focus: ArrayLike,
    reference: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return focus minus reference, with normal limits from the levels' covariance.

    Parameters
    ----------
    value, covariance
        Levels (..., L) and their covariance (..., L, L): levels that share clusters or a model
        are not independent.
    focus, reference
        Level numbers, single or arrays of one shape.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If a level number is outside the levels.

    References
    ----------
    Oehlert GW (1992), The American Statistician 46:27-29 (the delta method).

    Examples
    --------
    >>> gap = difference([0.79, 0.89], [[4e-4, 1e-4], [1e-4, 4e-4]], 0, 1)
    >>> round(float(gap.value), 3), round(float(gap.standard_error), 5)
    (-0.1, 0.02449)
    """
    (y1, y0), (v11, v00, v10) = _pair(value, covariance, focus, reference, "difference")
    error = np.sqrt(np.maximum(v11 + v00 - 2 * v10, 0))
    return normal_estimate(y1 - y0, error, confidence=confidence, method="difference")


def ratio(
    value: ArrayLike,
    covariance: ArrayLike,
    focus: ArrayLike,
    reference: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return focus over reference, with delta-method limits on the log scale.

    Parameters and errors as in :func:`difference`; a reference of 0 gives NaN throughout, values
    not above 0 give NaN limits. The standard error is that of the ratio itself.

    References
    ----------
    Oehlert GW (1992), The American Statistician 46:27-29 (the delta method).

    Examples
    --------
    >>> both = ratio([0.79, 0.89], [[4e-4, 1e-4], [1e-4, 4e-4]], 0, 1)
    >>> [round(float(x), 4) for x in (both.value, both.lower, both.upper)]
    [0.8876, 0.838, 0.9402]
    """
    (y1, y0), (v11, v00, v10) = _pair(value, covariance, focus, reference, "ratio")
    made = divide(y1, y0)
    # Var(y1 / y0) without dividing by y1, which may be 0
    error = np.sqrt(np.maximum(v11 + made**2 * v00 - 2 * made * v10, 0)) / np.abs(
        np.where(y0 == 0, np.nan, y0)
    )
    limited = log_estimate(made, error, confidence=confidence, method="ratio_log_delta")
    positive = (y1 > 0) & (y0 > 0)
    lower, upper = (np.where(positive, x, np.nan) for x in (limited.lower, limited.upper))
    return Estimate(made, lower, upper, error, limited.method)


def _pair(
    value: ArrayLike, covariance: ArrayLike, focus: ArrayLike, reference: ArrayLike, name: str
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray, FloatArray]]:
    y = numbers(value, where=name)
    require(
        y.ndim > 0 and y.shape[-1] > 0,
        "There are no levels.",
        where=name,
        mend="give the levels on the last axis",
    )
    v = covariance_of(y, covariance, where=name)
    f, r = pair_of(y.shape[-1], focus, reference, where=name)
    return (y[..., f], y[..., r]), (v[..., f, f], v[..., r, r], v[..., f, r])


def newcombe(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return share 1 minus share 0 for independent groups, with Newcombe's hybrid limits.

    Parameters
    ----------
    events1, n1, events0, n0
        Counts of the two groups; a group of 0 gives NaN throughout.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Newcombe RG (1998), Statistics in Medicine 17:873-890, method 10.

    Examples
    --------
    >>> gap = newcombe(3318, 4200, 3382, 3800)
    >>> [round(float(x), 6) for x in (gap.value, gap.lower, gap.upper)]
    [-0.1, -0.115799, -0.084118]
    """
    one = proportion(events1, n1, confidence=confidence)
    zero = proportion(events0, n0, confidence=confidence)
    gap = one.value - zero.value
    lower = gap - np.hypot(one.value - one.lower, zero.upper - zero.value)
    upper = gap + np.hypot(one.upper - one.value, zero.value - zero.lower)
    error = np.hypot(one.standard_error, zero.standard_error)
    return Estimate(gap, lower, upper, error, "newcombe")


def risk_ratio(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return share 1 over share 0 for independent groups, with Katz's limits on the log scale.

    Parameters
    ----------
    events1, n1, events0, n0
        Counts of the two groups. No events in group 0, or an empty group, gives NaN throughout;
        no events in group 1, or everybody in both, gives NaN limits.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC (1978), Biometrics 34:469-474.

    Examples
    --------
    >>> less = risk_ratio(3318, 4200, 3382, 3800)
    >>> [round(float(x), 6) for x in (less.value, less.lower, less.upper)]
    [0.88764, 0.870773, 0.904834]
    """
    x1, m1, x0, m0 = together(events1, n1, events0, n0, where="risk_ratio")
    require_counts(x1, m1, where="risk_ratio")
    require_counts(x0, m0, where="risk_ratio")
    made = divide(divide(x1, m1), divide(x0, m0))
    spread = divide(1, x1) - divide(1, m1) + divide(1, x0) - divide(1, m0)
    # everybody had the event in both groups: Katz knows no spread, so there are no limits
    error = made * np.sqrt(np.where(spread > 0, spread, np.nan))
    return log_estimate(made, error, confidence=confidence, method="katz_log")


def wald_p(value: ArrayLike, standard_error: ArrayLike) -> FloatArray:
    """Return two-sided p values of "no difference"; NaN where the standard error is 0 or NaN.

    Parameters
    ----------
    value, standard_error
        Of each comparison, on a scale where 0 says no difference.

    Raises
    ------
    MethodError
        If a standard error is negative.

    References
    ----------
    Wald A (1943), doi:10.1090/S0002-9947-1943-0012401-3.

    Examples
    --------
    >>> wald_p([1.96, 0.0], 1.0).round(4)
    array([0.05, 1.  ])
    """
    gap, error = together(value, standard_error, where="wald_p")
    require(
        ~(error < 0),
        "A standard error is negative.",
        where="wald_p",
        mend="give standard errors, NaN where there is none",
    )
    z = divide(gap, error)
    return np.asarray(2 * ndtr(-np.abs(z)))
