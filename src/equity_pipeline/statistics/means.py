"""Means per row - waiting days, costs per contact - with Student's interval."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from equity_pipeline.statistics.estimate import Estimate, arrays, critical, divide, require


def mean(n: ArrayLike, s: ArrayLike, ss: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return the means, with Student's t interval, from counts, sums and sums of squares.

    Parameters
    ----------
    n, s, ss
        Rows, sum y and sum y^2 per stratum. ``n`` of 0, or NaN, gives NaN throughout;
        ``n`` of 1 gives a value with NaN limits.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If ``n`` is negative, or ``ss`` is less than any rows with that sum could have.

    References
    ----------
    Student (1908), Biometrika 6:1-25.

    Examples
    --------
    >>> wait = mean(n=5, s=35, ss=285)
    >>> float(wait.value), round(float(wait.lower), 3), round(float(wait.upper), 3)
    (7.0, 3.074, 10.926)
    """
    count, total, squares = arrays(n, s, ss)
    value = divide(total, count)
    about = squares - total * value
    require(
        ~((count < 0) | (about < -1e-9 * squares)),
        "There are fewer than no rows, or the squares are less than the sum allows.",
        where="mean",
        mend="check that n, s and ss were summed over the same rows",
    )
    freedom = np.where(count > 1, count - 1, np.nan)
    error = np.sqrt(np.maximum(about, 0) / (freedom * count))
    critical(confidence)  # refuses what is no coverage
    spread = stdtrit(freedom, (1 + confidence) / 2) * error
    return Estimate(value, value - spread, value + spread, error, "student_t")
