"""Two one-sided tests: is a difference shown to be smaller than what would matter?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr, stdtrit

from equity_pipeline.statistics.estimate import BoolArray, Estimate, FloatArray, arrays, require
from equity_pipeline.statistics.reading import together


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Two one-sided tests of differences; arrays of one shape.

    Attributes
    ----------
    difference
        The differences with their ``1 - 2 alpha`` interval.
    p
        The larger of the two one-sided p values: that of the difference being MID or more,
        either way.
    p_lower, p_upper
        Of the difference being at or below -MID; at or above +MID.
    equivalent
        Whether ``p < alpha``: the same as the ``1 - 2 alpha`` interval lying inside +-MID.
        False where p is NaN.
    """

    difference: Estimate
    p: FloatArray
    p_lower: FloatArray
    p_upper: FloatArray
    equivalent: BoolArray


def equivalence(
    difference: ArrayLike,
    standard_error: ArrayLike,
    mid: ArrayLike,
    *,
    alpha: float = 0.05,
    df: ArrayLike = np.inf,
) -> Equivalence:
    """Return whether differences are shown to lie inside +- the minimum important difference.

    Parameters
    ----------
    difference, standard_error
        Per comparison, on a scale where 0 says no difference: for a ratio give its logarithm
        and the logarithm's error. An error of 0, or NaN, gives NaN throughout but the value.
    mid
        Minimum important difference on the same scale, above 0, declared before the data.
    alpha
        Level of each one-sided test, between 0 and 0.5; the interval covers ``1 - 2 alpha``.
    df
        Degrees of freedom of the error, above 0; the normal distribution by default.

    Notes
    -----
    The evidence state ``equivalent`` (``judgement.evidence_state``) asks the 95 % interval to
    lie inside +-MID, which is this test at ``alpha`` 0.025, and that it includes 0.

    Raises
    ------
    MethodError
        If a MID is not above 0, an error is negative, or ``alpha`` or ``df`` are out of range.

    References
    ----------
    Schuirmann DJ (1987), Journal of Pharmacokinetics and Biopharmaceutics 15:657-680,
    doi:10.1007/BF01068419.

    Examples
    --------
    >>> made = equivalence([0.005, 0.02], 0.01, 0.03)
    >>> made.p.round(4), made.equivalent, made.difference.upper.round(4)
    (array([0.0062, 0.1587]), array([ True, False]), array([0.0214, 0.0364]))
    """
    finite = together(difference, standard_error, mid, where="equivalence")
    value, error, least, freedom = arrays(*finite, df, where="equivalence")
    _require_test(error, least, freedom, alpha)
    known = np.where(error > 0, error, np.nan)
    p_lower = np.asarray(stdtr(freedom, -(value + least) / known))
    p_upper = np.asarray(stdtr(freedom, (value - least) / known))
    p = np.maximum(p_lower, p_upper)
    spread = stdtrit(freedom, 1 - alpha) * known
    interval = Estimate(value, value - spread, value + spread, known, "two_one_sided_tests")
    return Equivalence(interval, p, p_lower, p_upper, np.asarray(p < alpha))


def _require_test(error: FloatArray, mid: FloatArray, df: FloatArray, alpha: float) -> None:
    require(
        0 < alpha < 0.5,
        f"{alpha} is no level of a one-sided test.",
        where="equivalence, alpha",
        mend="give a number between 0 and 0.5, such as 0.05",
    )
    require(
        ~((error < 0) | (mid <= 0) | np.isnan(mid) | np.isinf(mid)),
        "A minimum important difference is not above 0, or a standard error is negative.",
        where="equivalence",
        mend="declare a MID above 0 on the scale of the difference",
    )
    require(
        ~(df <= 0),
        "There are no degrees of freedom.",
        where="equivalence, df",
        mend="give degrees of freedom above 0, or leave them out for the normal distribution",
    )
