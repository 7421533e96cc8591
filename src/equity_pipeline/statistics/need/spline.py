"""Natural (restricted) cubic splines."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import numbers


def age_spline(age_midpoint: ArrayLike, knots: ArrayLike) -> FloatArray:
    """Return a natural cubic spline basis of age (..., k - 1): age and k - 2 bent columns.

    Parameters
    ----------
    age_midpoint
        Ages in years, any shape.
    knots
        At least three increasing ages; beyond the outer two the curve is straight.

    Raises
    ------
    MethodError
        If there are fewer than three knots or they do not increase.

    References
    ----------
    Harrell FE (2015), Regression modeling strategies, 2nd ed., section 2.4.5.

    Examples
    --------
    >>> age_spline([2.5, 47.5, 87.5], [10, 45, 80]).round(3)
    array([[ 2.5  ,  0.   ],
           [47.5  , 10.756],
           [87.5  , 63.75 ]])
    """
    age, at = numbers(age_midpoint, where="age_spline"), numbers(knots, where="age_spline")
    require(
        at.ndim == 1 and at.size >= 3 and bool((np.diff(at) > 0).all()),
        "A natural spline needs three or more increasing knots.",
        where="age_spline",
        mend="give ages such as [20, 40, 60, 80]",
    )
    last, before = at[-1], at[-2]
    bend = np.maximum(age[..., np.newaxis] - at, 0) ** 3
    inner, outer = bend[..., :-2], bend[..., -2:]
    bent = (
        inner
        - outer[..., :1] * (last - at[:-2]) / (last - before)
        + outer[..., 1:] * (before - at[:-2]) / (last - before)
    ) / (last - at[0]) ** 2
    return np.concatenate([age[..., np.newaxis], bent], axis=-1)
