"""Comparisons picked from many for lying beyond a limit, with limits that allow for the pick."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, stdtr

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Estimate,
    FloatArray,
    arrays,
    critical,
    divide,
    require,
    student,
)
from equity_pipeline.statistics.multiplicity.adjust import require_rate
from equity_pipeline.statistics.reading import codes, together


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
    some, every = (int(codes(m, where="fcr_confidence")) for m in (m_selected, m_total))
    require(
        every > 0 and 0 <= some <= every,
        "More estimates are selected than there are.",
        where="fcr_confidence",
        mend="give 0 <= m_selected <= m_total, m_total > 0",
    )
    return 1 - (1 - confidence) * max(some, 1) / every


@dataclass(frozen=True, slots=True)
class Selection:
    """Which comparisons lie beyond their limit when picked from many.

    Attributes
    ----------
    selected
        The picked ones (..., m).
    estimate
        Their values with limits that allow for the pick; NaN limits for those not picked.
    confidence
        The coverage of these limits (...), one for each family.
    p, q
        Of "not beyond the limit", and adjusted within the family; NaN where not estimated.
    """

    selected: BoolArray
    estimate: Estimate
    confidence: FloatArray
    p: FloatArray
    q: FloatArray


def select_beyond(
    value: ArrayLike,
    standard_error: ArrayLike,
    limit: ArrayLike,
    *,
    freedom: ArrayLike = np.inf,
    rate: float = 0.05,
) -> Selection:
    """Return the comparisons that lie beyond their limit even when picked from many.

    Each is tested against "its size is at most the limit"; Benjamini and Hochberg's step-up picks
    those whose false discovery rate is at most the rate, and their intervals are widened so that
    of the picked ones a share of at most the rate fails to cover. Such an interval never reaches
    back over the limit. Where no comparison is truly beyond its limit and they are independent,
    the chance of any pick is at most the rate.

    Parameters
    ----------
    value, standard_error
        Of each comparison (..., m), families on the leading axes. A value or error of NaN, or an
        error of 0, is not tested but counts in its family: it has no p, and is never picked.
    limit
        The minimum important difference of each, not negative; 0 asks for any difference.
    freedom
        Degrees of freedom of each error; infinite = normal. Without any (NaN, or not above 0)
        a comparison is not tested.
    rate
        Share of the picks that may be wrong, between 0 and 1.

    Raises
    ------
    MethodError
        If there are no comparisons, an error or a limit is negative, a limit is missing, or the
        rate is no rate.

    References
    ----------
    Benjamini Y, Hochberg Y (1995), Journal of the Royal Statistical Society B 57:289-300.
    Benjamini Y, Yekutieli D (2005), doi:10.1198/016214504000001907.

    Examples
    --------
    >>> picked = select_beyond([0.10, 0.05, 0.01, -0.09], 0.01, 0.03)
    >>> picked.selected, float(picked.confidence)
    (array([ True, False, False,  True]), 0.975)
    >>> picked.estimate.lower.round(4)
    array([ 0.0776,     nan,     nan, -0.1124])
    """
    known = together(value, standard_error, limit, where="select_beyond")
    y, s, mid, f = arrays(*known, freedom, where="select_beyond")
    _require_comparisons(y, s, mid)
    require_rate(rate, where="select_beyond")
    tested = ~np.isnan(y) & (s > 0) & (f > 0)
    away = divide(np.abs(y) - mid, np.where(tested, s, 0))
    p = np.where(tested, np.minimum(2 * _above(away, f), 1), np.nan)
    q, chosen = _step_up(p, rate)
    m = y.shape[-1]
    confidence = 1 - rate * np.maximum(chosen.sum(axis=-1), 1) / m
    half = student(confidence[..., np.newaxis], f) * np.where(chosen, s, np.nan)
    wide = Estimate(y, y - half, y + half, s, "false_coverage_rate")
    return Selection(chosen, wide, confidence, p, q)


def _require_comparisons(y: FloatArray, s: FloatArray, mid: FloatArray) -> None:
    require(
        y.ndim > 0 and y.shape[-1] > 0 and not (np.isinf(y) | np.isinf(s) | (s < 0)).any(),
        "There are no comparisons, or a value or error is infinite, or an error is negative.",
        where="select_beyond",
        mend="give finite values and errors, NaN where they were not estimated",
    )
    require(
        (mid >= 0) & np.isfinite(mid),
        "A limit is negative or missing.",
        where="select_beyond",
        mend="declare each minimum important difference beforehand",
    )


def _above(t: FloatArray, freedom: FloatArray) -> FloatArray:
    """Return the chance of more than t; normal where the degrees of freedom are infinite."""
    normal, usable = np.isinf(freedom), np.where(freedom > 0, freedom, np.nan)
    return np.where(normal, ndtr(-t), stdtr(np.where(normal, 1, usable), -t))


def _step_up(p: FloatArray, rate: float) -> tuple[FloatArray, BoolArray]:
    """Return q-values along the last axis, untested ones counted, and which are picked."""
    m = p.shape[-1]
    order = np.argsort(p, axis=-1)  # NaN is last
    rising = np.take_along_axis(p, order, -1)
    steps = np.where(np.isnan(rising), 1, rising) * m / np.arange(1, m + 1)
    least = np.minimum.accumulate(steps[..., ::-1], axis=-1)[..., ::-1]
    q = np.empty_like(p)
    np.put_along_axis(q, order, np.minimum(least, 1), -1)
    q = np.where(np.isnan(p), np.nan, q)
    # p <= rate R / m, asked of the products so that a p on the line is not lost in rounding
    inside = rising <= rate * np.arange(1, m + 1) / m
    count = np.where(inside.any(axis=-1), m - inside[..., ::-1].argmax(axis=-1), 0)
    chosen = np.empty(p.shape, dtype=bool)
    np.put_along_axis(chosen, order, np.arange(m) < count[..., np.newaxis], -1)
    return q, chosen
