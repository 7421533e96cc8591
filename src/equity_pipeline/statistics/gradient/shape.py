"""The shape of an ordered dimension: an even gradient, one threshold, none, or reversed."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, critical, divide, require
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.reading import one_of, together

FEWEST_LEVELS = 3


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
    if y.ndim != 1:
        y, error = np.full(1, np.nan), np.ones(1)
    found = shapes(y, error, direction=direction, confidence=confidence).item()
    return None if found is None else Shape(found)


def shapes(
    values: ArrayLike,
    standard_error: ArrayLike,
    *,
    direction: str = "higher",
    confidence: float = 0.95,
) -> NDArray[np.object_]:
    """Return the codes of :func:`shape` for many dimensions at once, None where there is none.

    Parameters
    ----------
    values, standard_error
        Levels (..., L) of each dimension, and the rest as in :func:`shape`.

    Raises
    ------
    MethodError
        If a standard error is not above 0, or the direction or the coverage is unknown.

    Examples
    --------
    >>> shapes([[0.79, 0.85, 0.89], [0.70, 0.86, 0.86]], 0.006).tolist()
    ['gradient', 'threshold']
    """
    y, error = together(values, standard_error, where="shapes")
    good = one_of(direction, Direction, where="shape, direction")
    require(
        ~(error <= 0),
        "A standard error is not above 0.",
        where="shape",
        mend="give each level's standard error, NaN where there is none",
    )
    z = critical(confidence)
    known = (np.isfinite(y) & (error > 0)).all(axis=-1) & (y.shape[-1] >= FEWEST_LEVELS)
    y, error = np.where(known[..., np.newaxis], y, 0.0), np.where(known[..., np.newaxis], error, 1)
    weight = 1 / error**2
    order = np.arange(y.shape[-1]) - _mean(np.arange(y.shape[-1]), weight)
    spread = (weight * order**2).sum(axis=-1)
    slope = divide((weight * order * y).sum(axis=-1), spread)
    off = y - _mean(y, weight) - slope[..., np.newaxis] * order
    line = (weight * off**2).sum(axis=-1)
    steps = [_flat(y[..., :k], weight[..., :k]) + _flat(y[..., k:], weight[..., k:])
             for k in range(1, y.shape[-1])]  # fmt: skip
    turned = slope * {Direction.HIGHER: 1, Direction.LOWER: -1}.get(good, 0) < 0
    stepped = np.min(steps, axis=0) < line if steps else np.zeros(line.shape, bool)
    made = np.where(stepped, Shape.THRESHOLD, Shape.GRADIENT).astype(object)
    made = np.where(turned, Shape.REVERSED, made)
    made = np.where(np.abs(slope) * np.sqrt(spread) <= z, Shape.NONE, made)
    texts = np.vectorize(str, otypes=[object])(made)
    texts[~known] = None
    return np.asarray(texts, dtype=object)


def _mean(values: ArrayLike, weight: FloatArray) -> FloatArray:
    total = (np.asarray(values) * weight).sum(axis=-1, keepdims=True)
    return np.asarray(total / weight.sum(axis=-1, keepdims=True))


def _flat(y: FloatArray, weight: FloatArray) -> FloatArray:
    return np.asarray((weight * (y - _mean(y, weight)) ** 2).sum(axis=-1))
