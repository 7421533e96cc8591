"""Limits of a ratio of two estimates that are about normal."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray, critical


def fieller_limits(
    top: FloatArray,
    bottom: FloatArray,
    variances: tuple[FloatArray, FloatArray, FloatArray],
    *,
    confidence: float,
) -> tuple[FloatArray, FloatArray]:
    """Return the limits of ``top / bottom`` between which a ratio is not refuted.

    Parameters
    ----------
    top, bottom
        The two estimates, any shape.
    variances
        Of ``top``, of ``bottom``, and their covariance.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    tuple
        NaN where the bottom is not told apart from 0: then no finite limits exist.

    References
    ----------
    Fieller EC (1954), Journal of the Royal Statistical Society B 16:175-185.

    Examples
    --------
    >>> one = np.array(1.0)
    >>> low, high = fieller_limits(2 * one, one, (0.01 * one, 0.01 * one, 0 * one), confidence=0.95)
    >>> round(float(low), 3), round(float(high), 3)
    (1.626, 2.534)
    """
    z2 = critical(confidence) ** 2
    of_top, of_bottom, both = variances
    a = bottom**2 - z2 * of_bottom
    b = top * bottom - z2 * both
    c = top**2 - z2 * of_top
    apart = np.where((a > 0) & (b**2 - a * c >= 0), a, np.nan)
    root = np.sqrt(np.where(np.isnan(apart), np.nan, b**2 - a * c))
    return (b - root) / apart, (b + root) / apart
