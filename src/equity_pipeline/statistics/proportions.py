"""Shares of people or contacts, with Wilson's interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    arrays,
    critical,
    divide,
    require_counts,
)


def proportion(events: ArrayLike, at_risk: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return the shares that had the event, with Wilson's interval.

    Parameters
    ----------
    events, at_risk
        Counts per stratum, ``0 <= events <= at_risk``; weighted sums need not be whole.
        ``at_risk`` of 0, or NaN, gives NaN in value and limits.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If the counts cannot be a share.

    References
    ----------
    Wilson EB (1927), doi:10.1080/01621459.1927.10502953.
    Newcombe RG (1998), Statistics in Medicine 17:857-872.

    Examples
    --------
    >>> share = proportion(82, 100)
    >>> round(float(share.lower), 3), round(float(share.upper), 3), share.method
    (0.733, 0.883, 'wilson')
    """
    x, n = arrays(events, at_risk)
    require_counts(x, n, where="proportion")
    share = divide(x, n)
    lower, upper = wilson_limits(share, n, confidence=confidence)
    return Estimate(share, lower, upper, np.sqrt(share * (1 - share) / n_or_nan(n)), "wilson")


def wilson_limits(
    share: FloatArray, size: FloatArray, *, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Return Wilson's limits for shares seen in (effective) samples of these sizes."""
    z = critical(confidence)
    n = n_or_nan(size)
    centre = share + z**2 / (2 * n)
    spread = z * np.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    scale = 1 + z**2 / n
    # at 0 % and 100 % the exact limit is the value itself: rounding must not push it past
    lower = np.minimum(np.maximum((centre - spread) / scale, 0), share)
    upper = np.maximum(np.minimum((centre + spread) / scale, 1), share)
    return lower, upper


def n_or_nan(size: FloatArray) -> FloatArray:
    """Return sizes with NaN for 0, so that nothing is divided by it."""
    return np.where(size > 0, size, np.nan)
