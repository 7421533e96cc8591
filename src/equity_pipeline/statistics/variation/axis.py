"""Where to draw a funnel: whole denominators, close together where the limits bend most."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import numbers

POINTS = 100
BESIDE = 0.05  # the axis reaches a twentieth beyond the largest unit


def funnel_axis(first: float, last: float, *, points: int = POINTS) -> FloatArray:
    """Return whole denominators from first to last in equal ratios, one apart where those repeat.

    Parameters
    ----------
    first, last
        Ends of the axis, whole and ``1 <= first <= last``.
    points
        How many, at least 2. With fewer whole numbers than points the axis runs past ``last``.

    Raises
    ------
    MethodError
        If the ends or the number of points are impossible.

    Examples
    --------
    >>> funnel_axis(1, 1000, points=8)
    array([   1.,    3.,    8.,   21.,   55.,  145.,  381., 1000.])
    """
    require(
        1 <= first <= last < math.inf and points >= 2,
        "The ends of the axis, or the number of its points, are impossible.",
        where="funnel_axis",
        mend="give 1 <= first <= last and two points or more",
    )
    made = [float(first)]
    for left in range(points - 1, 0, -1):
        at = made[-1]
        made.append(max(float(np.round((last / at) ** (1 / left) * at)), at + 1))
    return np.array(made)


def axis_ends(base: ArrayLike) -> tuple[float, float]:
    """Return neat ends of an axis that holds all bases: from 0 unless they are all alike.

    Parameters
    ----------
    base
        Denominators above 0. Where the largest is more than twice the smallest the axis begins
        at 0, else a little below the smallest.

    Raises
    ------
    MethodError
        If there is no base, or one is not above 0.

    Examples
    --------
    >>> axis_ends([62, 596]), axis_ends([400, 596])
    ((0.0, 630.0), (300.0, 630.0))
    """
    size = numbers(base, where="axis_ends")
    require(
        size.size > 0 and bool(np.all((size > 0) & np.isfinite(size))),
        "Denominators are missing or not above 0.",
        where="axis_ends",
        mend="give the denominators of units that have people",
    )
    smallest, largest = float(size.min()), float(size.max())
    top = largest * (1 + BESIDE)
    step = 10.0 ** (len(str(math.ceil(top))) - 2)
    last = math.ceil(top / step) * step
    if largest > 2 * smallest:
        return 0.0, last
    bottom = smallest * (1 - BESIDE)
    step = 10.0 ** (len(str(math.floor(bottom))) - 1)
    return math.floor(bottom / step) * step, last
