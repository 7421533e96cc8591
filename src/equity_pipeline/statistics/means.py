"""Means per row - waiting days, costs per contact - with Student's interval, and differences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    divide,
    require,
    student_estimate,
)
from equity_pipeline.statistics.reading import together


@dataclass(frozen=True, slots=True)
class MeanDifference:
    """The difference of two means and its t test; arrays of one shape.

    Attributes
    ----------
    difference
        First mean minus second, with its limits.
    df
        Degrees of freedom.
    p
        Two-sided p value of no difference.
    """

    difference: Estimate
    df: FloatArray
    p: FloatArray


class _Spread(NamedTuple):
    """What n, s and ss say: rows, their mean, and their sum of squares about it."""

    rows: FloatArray
    value: FloatArray
    about: FloatArray

    @property
    def freedom(self) -> FloatArray:
        return np.where(self.rows > 1, self.rows - 1, np.nan)

    @property
    def variance_of_mean(self) -> FloatArray:
        return np.asarray(self.about / (self.freedom * np.where(self.rows > 0, self.rows, 1)))


def mean(n: ArrayLike, s: ArrayLike, ss: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return the means, with Student's t interval, from counts, sums and sums of squares.

    Parameters
    ----------
    n, s, ss
        Rows, sum y and sum y^2 per stratum. ``n`` of 0, or NaN, gives NaN throughout;
        ``n`` of 1, and rows that are all alike, give a value with NaN limits: they say nothing
        about the spread.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        ``n`` is the rows. One row, or rows that are all alike, are warned of (``FEW_PEOPLE``).

    Raises
    ------
    MethodError
        If ``n`` is negative, a sum is infinite, or ``ss`` is less than any rows with that sum
        could have.

    References
    ----------
    Student (1908), Biometrika 6:1-25.

    Examples
    --------
    >>> wait = mean(n=5, s=35, ss=285)
    >>> float(wait.value), round(float(wait.lower), 3), round(float(wait.upper), 3)
    (7.0, 3.074, 10.926)
    """
    seen = _spread(n, s, ss, where="mean")
    alike = seen.about == 0
    freedom = np.where(alike, np.nan, seen.freedom)
    error = np.sqrt(seen.variance_of_mean)
    made = student_estimate(seen.value, error, freedom, confidence=confidence, method="student_t")
    few = (seen.rows > 0) & alike
    return replace(made, n=seen.rows).warned(Caution.FEW_PEOPLE, few)


def geometric_mean(
    n: ArrayLike, sum_log: ArrayLike, sum_log_squared: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Return the geometric means of positive values, with t limits made on their logarithms.

    Zeros have no logarithm: how many there are is for :func:`costs.two_part_cost`, which tells
    their share beside it.

    Parameters
    ----------
    n, sum_log, sum_log_squared
        Rows above 0, and sum ln y and sum (ln y)^2 over them, per stratum.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        ``standard_error`` is on the value's own scale, by the delta method.

    Raises
    ------
    MethodError
        As in :func:`mean`.

    References
    ----------
    Bland JM, Altman DG (1996), BMJ 312:1079.

    Examples
    --------
    >>> logs = np.log([1.0, 10.0, 100.0])
    >>> cost = geometric_mean(3, logs.sum(), (logs**2).sum())
    >>> round(float(cost.value), 6), round(float(cost.lower), 4), round(float(cost.upper), 1)
    (10.0, 0.0328, 3048.9)
    """
    on_logs = mean(n, sum_log, sum_log_squared, confidence=confidence)
    # clipped so that a hopeless spread ends at the largest number, not in a warning
    told = (on_logs.value, on_logs.lower, on_logs.upper)
    value, lower, upper = (np.exp(np.clip(a, None, 700)) for a in told)
    error = value * on_logs.standard_error
    made = Estimate(value, lower, upper, error, "geometric_student_t", on_logs.n)
    return replace(made, warnings=on_logs.warnings)


def difference_of_means(
    n: ArrayLike,
    s: ArrayLike,
    ss: ArrayLike,
    n0: ArrayLike,
    s0: ArrayLike,
    ss0: ArrayLike,
    *,
    equal_variances: bool = False,
    confidence: float = 0.95,
) -> MeanDifference:
    """Return the first means minus the second, by Welch's t, from counts, sums and squares.

    Parameters
    ----------
    n, s, ss
        Rows, sum y and sum y^2 of the first group, per comparison.
    n0, s0, ss0
        The same of the second (the reference).
    equal_variances
        Pool the two variances, as in Student's test; otherwise Welch's.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    MeanDifference
        ``n`` of the difference is the rows of both. NaN limits, degrees of freedom and p where
        a group has one row, or neither varies.

    Raises
    ------
    MethodError
        As in :func:`mean`.

    References
    ----------
    Welch BL (1947), Biometrika 34:28-35.
    Satterthwaite FE (1946), Biometrics Bulletin 2:110-114.

    Examples
    --------
    >>> made = difference_of_means(5, 35, 285, 4, 20, 110)
    >>> float(made.difference.value), round(float(made.df), 3), round(float(made.p), 4)
    (2.0, 6.519, 0.2762)
    """
    sums = together(n, s, ss, n0, s0, ss0, where="difference_of_means")
    one = _spread(*sums[:3], where="difference_of_means")
    other = _spread(*sums[3:], where="difference_of_means, reference")
    if equal_variances:
        df = one.freedom + other.freedom
        each = divide(one.about + other.about, df)
        variance = each * (divide(1.0, one.rows) + divide(1.0, other.rows))
    else:
        v, v0 = one.variance_of_mean, other.variance_of_mean
        variance = v + v0
        df = divide(variance**2, v**2 / one.freedom + v0**2 / other.freedom)
    error, value = np.sqrt(variance), one.value - other.value
    error, df = np.where(error > 0, error, np.nan), np.where(error > 0, df, np.nan)
    name = "student_t_difference" if equal_variances else "welch"
    made = student_estimate(value, error, df, confidence=confidence, method=name)
    p = np.asarray(2 * stdtr(df, -np.abs(value) / error))
    return MeanDifference(replace(made, n=one.rows + other.rows), df, p)


def _spread(n: ArrayLike, s: ArrayLike, ss: ArrayLike, *, where: str) -> _Spread:
    count, total, squares = together(n, s, ss, where=where)
    require(
        ~(np.isinf(count) | np.isinf(total) | np.isinf(squares)),
        "A count or a sum is infinite.",
        where=where,
        mend="check the rows that were summed",
    )
    value = divide(total, count)
    about = squares - total * value
    require(
        ~((count < 0) | (about < -1e-9 * squares)),
        "There are fewer than no rows, or the squares are less than the sum allows.",
        where=where,
        mend="check that n, s and ss were summed over the same rows",
    )
    # what rounding alone leaves of equal rows is no spread
    return _Spread(count, value, np.where(about > 1e-13 * squares, about, about * 0))
