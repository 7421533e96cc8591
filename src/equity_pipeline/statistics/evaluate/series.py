"""Interrupted time series: level and slope before and after a start, with season and memory."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    normal_estimate,
    require,
    student_estimate,
)
from equity_pipeline.statistics.evaluate.panel import freedom, least_squares, newey_west
from equity_pipeline.statistics.glm import fit_glm
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import above_zero, numbers

SHORT = 24  # points: below it memory and season can hardly be told apart from the step


@dataclass(frozen=True, slots=True)
class Series:
    """Coefficients of a series in the order of the design's columns.

    ``dispersion`` is Pearson's chi-square over its degrees of freedom for counts and the
    residual variance for values; ``memory`` the correlation of neighbouring errors where it was
    part of the model, else NaN.
    """

    coefficients: Estimate
    covariance: FloatArray
    dispersion: float
    memory: float


def segments(time: ArrayLike, start: float) -> FloatArray:
    """Return the columns intercept, time, step and time since the start (n, 4).

    Parameters
    ----------
    time
        Times of the points (n,), in any even unit.
    start
        First time with the programme.

    Raises
    ------
    MethodError
        If there are not two points on each side.

    References
    ----------
    Wagner AK, Soumerai SB, Zhang F, Ross-Degnan D (2002), Journal of Clinical Pharmacy and
    Therapeutics 27:299-309.

    Examples
    --------
    >>> segments([1, 2, 3, 4], 3)
    array([[1., 1., 0., 0.],
           [1., 2., 0., 0.],
           [1., 3., 1., 0.],
           [1., 4., 1., 1.]])
    """
    when, first = numbers(time, where="segments"), float(numbers(start, where="segments, start"))
    after = when >= first
    require(
        when.ndim == 1
        and min(int(after.sum()), int((when < first).sum())) >= 2
        and not np.isnan(when).any(),
        "There are under two points before or after the start, or a time is missing.",
        where="segments",
        mend="give a start inside the series",
    )
    since = np.where(after, when - first, 0.0)
    return np.column_stack([np.ones(len(when)), when, after, since])


def harmonics(month: ArrayLike, pairs: int, *, period: float = 12.0) -> FloatArray:
    """Return sine and cosine columns of a season (n, 2 x pairs): all sines, then all cosines.

    Parameters
    ----------
    month
        Place in the year (n,), 1 to 12 for months.
    pairs
        How many waves: 1 is the year, 2 adds the half-year, at most half the period.
    period
        Points in a year.

    Raises
    ------
    MethodError
        If there are no pairs, or more than the period can hold.

    References
    ----------
    Stolwijk AM, Straatman H, Zielhuis GA (1999), Journal of Epidemiology and Community Health
    53:235-238.

    Examples
    --------
    >>> harmonics([3, 6], 1).round(3)
    array([[ 1.,  0.],
           [ 0., -1.]])
    """
    above_zero(period, where="harmonics, period")
    require(
        0 < pairs < period / 2,
        f"{pairs} waves do not fit in a period of {period:g}.",
        where="harmonics",
        mend="give 1 or 2, and under half the period",
    )
    angle = 2 * np.pi * np.outer(numbers(month, where="harmonics"), np.arange(1, pairs + 1))
    return np.asarray(np.hstack([np.sin(angle / period), np.cos(angle / period)]))


def count_series(
    events: ArrayLike,
    design: ArrayLike,
    *,
    person_time: ArrayLike,
    overdispersed: bool = True,
    confidence: float = 0.95,
) -> Series:
    """Return log rate ratios of a series of counts by Poisson regression.

    Parameters
    ----------
    events
        Events per point (n,), not negative.
    design
        Columns (n, k): :func:`segments`, and :func:`harmonics` for the season.
    person_time
        Person-time per point (n,), above 0; its logarithm is the offset.
    overdispersed
        Whether errors are widened by the square root of the dispersion (quasi-Poisson).
    confidence
        Coverage of the intervals, between 0 and 1.

    Raises
    ------
    MethodError
        If counts or person-time are impossible, or the design has dependent columns.

    References
    ----------
    Lopez Bernal J, Cummins S, Gasparrini A (2017), International Journal of Epidemiology
    46:348-355.

    Examples
    --------
    >>> counts = [100, 104, 99, 103, 101, 80, 79, 82, 81, 78]
    >>> made = count_series(counts, segments(range(10), 5)[:, :3], person_time=[1000.0] * 10)
    >>> made.coefficients.value[2].round(3)
    np.float64(-0.234)
    """
    time = above_zero(person_time, where="count_series, person_time")
    x, columns = numbers(events, where="count_series"), numbers(design, where="count_series")
    require(
        columns.ndim == 2 and x.shape == time.shape and len(x) > columns.shape[1],
        "There are too few points for the columns, or arrays have different lengths.",
        where="count_series",
        mend="give (n,), (n, k) with n > k, and leave points without person-time out",
    )
    fitted = fit_glm(x, columns, family=Family.POISSON, offset=np.log(time))
    mean = fitted.mean
    dispersion = float(((x - mean) ** 2 / mean).sum() / (len(x) - columns.shape[1]))
    covariance = fitted.covariance * (dispersion if overdispersed else 1.0)
    made = normal_estimate(
        fitted.coefficients,
        np.sqrt(np.diag(covariance)),
        confidence=confidence,
        method="quasi_poisson_series" if overdispersed else "poisson_series",
    )
    return Series(told_of(made, len(x)), covariance, dispersion, np.nan)


def value_series(
    values: ArrayLike,
    design: ArrayLike,
    *,
    lag: int,
    small_sample: bool = True,
    confidence: float = 0.95,
) -> Series:
    """Return the coefficients of a series of values, with Newey and West's errors.

    Parameters
    ----------
    values
        Values per point (n,), in order of time.
    design
        Columns (n, k), as in :func:`count_series`.
    lag
        Steps over which errors may depend.
    small_sample
        Whether errors carry the factor n / (n - k).
    confidence
        Coverage of the intervals (Student's t, n - k), between 0 and 1.

    Raises
    ------
    MethodError
        If a value is missing, the lag does not fit, or columns depend on each other.

    References
    ----------
    Newey WK, West KD (1987), Econometrica 55:703-708.

    Examples
    --------
    >>> made = value_series([1, 2, 3, 4, 3, 4, 5, 6], segments(range(8), 4), lag=1)
    >>> made.coefficients.value[:3].round(3)
    array([ 1.,  1., -2.])
    """
    fitted = least_squares(values, design)
    covariance = newey_west(fitted, lag, small_sample=small_sample)
    error = np.sqrt(np.maximum(np.diag(covariance), 0))
    method = f"newey_west_{lag}"
    made = student_estimate(
        fitted.coefficients, error, freedom(fitted), confidence=confidence, method=method
    )
    variance = fitted.dispersion
    return Series(told_of(made, len(fitted.residual)), covariance, variance, np.nan)


def told_of(made: Estimate, points: int) -> Estimate:
    """Return the estimate with its number of points, cautious about a short series.

    Examples
    --------
    >>> bool(told_of(Estimate([0.1], 0, 1, 0.2, "series"), 12).n == 12)
    True
    """
    counted = replace(made, n=np.full(made.value.shape, float(points)))
    return counted.warned(Caution.FEW_PEOPLE, points < SHORT)
