"""Change of a gap over time: a weighted line, and what its interval allows to be said."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    normal_estimate,
    require,
    student_estimate,
)
from equity_pipeline.statistics.reading import together


class GapDirection(StrEnum):
    """Where a gap is going."""

    NARROWING = "narrowing"
    UNCHANGED = "unchanged"
    WIDENING = "widening"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True)
class Line:
    """A straight line: ``slope`` per unit of time, and the fitted ``start`` at the first time."""

    slope: Estimate
    start: FloatArray


def line(
    values: ArrayLike,
    variances: ArrayLike | None,
    times: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Line:
    """Return the line through values over time, each weighted by its precision.

    Parameters
    ----------
    values
        Along time in the last axis; NaN periods are left out.
    variances
        Of the values, above 0, treated as known and independent (method ``wls``; normal limits,
        widened by the scatter about the line where that exceeds the variances). None: the points
        count alike and their scatter gives Student's limits (method ``ols``).
    times
        Years (or parts of) of the values.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Line
        NaN with fewer than two periods; with ``ols`` and two periods, NaN limits.

    Raises
    ------
    MethodError
        If a variance is not above 0.

    References
    ----------
    Birge RT (1932), Physical Review 40:207-227 (scatter beyond the known variances).

    Examples
    --------
    >>> fitted = line([7.0, 7.6, 8.4, 9.1, 10.0], None, [2019, 2020, 2021, 2022, 2023])
    >>> float(fitted.slope.value.round(6)), float(fitted.start.round(6))
    (0.75, 6.92)
    """
    y, v, t = together(values, 1.0 if variances is None else variances, times, where="line")
    require(
        ~(v <= 0),
        "A variance is 0 or less.",
        where="trend",
        mend="leave the period out (NaN), or give its variance",
    )
    seen = ~(np.isnan(y) | np.isnan(v) | np.isnan(t))
    w = np.where(seen, 1 / v, 0.0)
    y, t = np.where(seen, y, 0.0), np.where(seen, t, 0.0)
    total = w.sum(axis=-1)
    middle, mean = divide((w * t).sum(axis=-1), total), divide((w * y).sum(axis=-1), total)
    from_middle = np.where(seen, t - middle[..., np.newaxis], 0.0)
    spread = (w * from_middle**2).sum(axis=-1)
    value = divide((w * from_middle * y).sum(axis=-1), spread)
    fitted = mean[..., np.newaxis] + value[..., np.newaxis] * from_middle
    scatter = (w * np.where(seen, y - fitted, 0.0) ** 2).sum(axis=-1)
    freedom = seen.sum(axis=-1) - 2.0
    first = np.where(seen, t, np.inf).min(axis=-1)
    start = mean + value * (np.where(np.isinf(first), np.nan, first) - middle)
    known = variances is not None
    return Line(_limits(value, spread, scatter, freedom, known, confidence), start)


def _limits(
    value: FloatArray,
    spread: FloatArray,
    scatter: FloatArray,
    freedom: FloatArray,
    known: bool,
    confidence: float,
) -> Estimate:
    per_freedom = divide(scatter, np.maximum(freedom, 0))
    if known:
        wider = np.sqrt(np.fmax(per_freedom, 1.0))
        error = wider / np.sqrt(np.where(spread > 0, spread, np.nan))
        return normal_estimate(value, error, confidence=confidence, method="wls")
    error = np.sqrt(divide(per_freedom, spread))
    return student_estimate(value, error, freedom, confidence=confidence, method="ols")


def slope(
    values: ArrayLike,
    variances: ArrayLike | None,
    times: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the change per unit of time, by the line through the values.

    Parameters, limits, errors and references as in :func:`line`.

    Examples
    --------
    >>> change = slope([3.0, 4.0, 5.0], [0.5, 0.5, 0.5], [2022, 2023, 2024])
    >>> float(change.value), float(change.standard_error), change.method
    (1.0, 0.5, 'wls')
    """
    return line(values, variances, times, confidence=confidence).slope


def direction(
    slope_lower: ArrayLike,
    slope_upper: ArrayLike,
    *,
    tolerance: ArrayLike = 0.0,
    level: ArrayLike = 1.0,
) -> NDArray[np.str_]:
    """Return where gaps are going, as codes of :class:`GapDirection`.

    A gap widens when it moves away from 0. If the whole interval is nearer 0 than ``tolerance``
    the gap is unchanged; if the interval excludes 0 it widens or narrows; else, and where a limit
    is NaN, uncertain.

    Parameters
    ----------
    slope_lower, slope_upper
        Limits of the change of the gap per unit of time.
    tolerance
        Largest change per unit of time that counts as none, not negative; 0 = none counts.
    level
        The gap itself (its sign tells which way is away from 0).

    Raises
    ------
    MethodError
        If a tolerance is negative.

    Examples
    --------
    >>> direction([0.5, -0.9, -0.2, -0.1], [1.0, -0.1, 0.3, 0.1], tolerance=0.15).tolist()
    ['widening', 'narrowing', 'uncertain', 'unchanged']
    """
    low, high, small, gap = together(slope_lower, slope_upper, tolerance, level, where="direction")
    require(
        ~(small < 0),
        "A tolerance is negative.",
        where="trend.direction",
        mend="give the largest change that counts as none, 0 or above",
    )
    away_low, away_high = np.where(gap < 0, -high, low), np.where(gap < 0, -low, high)
    cases = [
        ((away_low > -small) & (away_high < small), GapDirection.UNCHANGED),
        (away_low > 0, GapDirection.WIDENING),
        (away_high < 0, GapDirection.NARROWING),
    ]
    names = [np.full(low.shape, name.value, dtype="U16") for _, name in cases]
    made = np.select([case for case, _ in cases], names, GapDirection.UNCERTAIN.value)
    return np.where(np.isnan(low + high + small + gap), GapDirection.UNCERTAIN.value, made)
