"""Many comparisons: false discovery rate and false coverage rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, critical, require


def benjamini_hochberg(p: ArrayLike) -> FloatArray:
    """Return adjusted p values of one family of tests: the false discovery rate at each.

    Parameters
    ----------
    p
        All p values of the family, any shape; NaN stays NaN and is not counted.

    Raises
    ------
    MethodError
        If a p value is outside 0 to 1.

    References
    ----------
    Benjamini Y, Hochberg Y (1995), Journal of the Royal Statistical Society B 57:289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.001, 0.008, 0.039]).round(3)
    array([0.003, 0.012, 0.039])
    """
    values = np.asarray(p, dtype=np.float64)
    known = ~np.isnan(values)
    require(
        ~((values < 0) | (values > 1)),
        "A p value is below 0 or above 1.",
        where="benjamini_hochberg",
        mend="give probabilities",
    )
    raw = values[known]
    order = np.argsort(raw)[::-1]
    ranks = np.arange(raw.size, 0, -1)
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum.accumulate(np.minimum(raw[order] * raw.size / ranks, 1))
    made = np.full(values.shape, np.nan)
    made[known] = adjusted
    return made


def fcr_confidence(m_selected: int, m_total: int, *, confidence: float = 0.95) -> float:
    """Return the coverage for intervals of selected estimates that keeps their joint promise.

    Parameters
    ----------
    m_selected, m_total
        How many of how many were selected, ``0 <= m_selected <= m_total`` and ``m_total > 0``;
        none selected is read as one.
    confidence
        Share of the selected intervals that shall cover, between 0 and 1.

    Raises
    ------
    MethodError
        If more are selected than there are, or the confidence is no coverage.

    References
    ----------
    Benjamini Y, Yekutieli D (2005), Journal of the American Statistical Association 100:71-81.

    Examples
    --------
    >>> round(fcr_confidence(10, 100), 4)
    0.995
    """
    critical(confidence)  # refuses what is no coverage
    require(
        m_total > 0 and 0 <= m_selected <= m_total,
        "More estimates are selected than there are.",
        where="fcr_confidence",
        mend="give 0 <= m_selected <= m_total, m_total > 0",
    )
    return 1 - (1 - confidence) * max(m_selected, 1) / m_total
