"""The shape of an ordered dimension: an even gradient, one threshold, none, or reversed."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, critical, require
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.reading import one_of, together


class Shape(StrEnum):
    """How the levels of an ordered dimension follow one another."""

    GRADIENT = "gradient"
    THRESHOLD = "threshold"
    NONE = "none"
    REVERSED = "reversed"


def shape(
    values: ArrayLike,
    standard_error: ArrayLike,
    *,
    direction: str = "higher",
    confidence: float = 0.95,
) -> Shape | None:
    """Return how ordered levels follow one another, or None where it cannot be judged.

    The rule, with levels from the most disadvantaged to the most advantaged, weighted by their
    precision:

    1. ``none``: the slope of a straight line over the levels' order does not differ from 0.
    2. ``reversed``: the line says that the disadvantaged are better off.
    3. ``threshold``: two flat parts with one step between them fit better than the line.
    4. ``gradient``: else.

    Parameters
    ----------
    values, standard_error
        Levels (L,), at least three, and their standard errors above 0; NaN gives None.
    direction
        ``higher`` or ``lower`` is good; with another direction nothing is ``reversed``.
    confidence
        Coverage of the interval that the slope is judged by.

    Raises
    ------
    MethodError
        If a standard error is not above 0, or the direction or the coverage is unknown.

    Examples
    --------
    >>> str(shape([0.79, 0.82, 0.85, 0.87, 0.89], 0.006))
    'gradient'
    >>> str(shape([0.70, 0.86, 0.86, 0.87, 0.86], 0.006))
    'threshold'
    """
    y, error = together(values, standard_error, where="shape")
    good = one_of(direction, Direction, where="shape, direction")
    require(
        ~(error <= 0),
        "A standard error is not above 0.",
        where="shape",
        mend="give each level's standard error, NaN where there is none",
    )
    critical(confidence)  # refuses what is no coverage
    if y.ndim != 1 or y.size < 3 or not (np.isfinite(y) & (error > 0)).all():
        return None
    weight = 1 / error**2
    order = np.arange(y.size) - np.average(np.arange(y.size), weights=weight)
    slope = (weight * order * y).sum() / (weight * order**2).sum()
    if abs(slope) * np.sqrt((weight * order**2).sum()) <= critical(confidence):
        return Shape.NONE
    if slope * {Direction.HIGHER: 1, Direction.LOWER: -1}.get(good, 0) < 0:
        return Shape.REVERSED
    line = (weight * (y - np.average(y, weights=weight) - slope * order) ** 2).sum()
    steps = (_flat(y[:k], weight[:k]) + _flat(y[k:], weight[k:]) for k in range(1, y.size))
    return Shape.THRESHOLD if min(steps) < line else Shape.GRADIENT


def _flat(y: FloatArray, weight: FloatArray) -> float:
    return float((weight * (y - np.average(y, weights=weight)) ** 2).sum())
