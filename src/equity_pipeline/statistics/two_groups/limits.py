"""Score limits: the ends of all contrasts that their own score test would not refuse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import elementwise

from equity_pipeline.statistics.estimate import FloatArray, critical

FARTHEST_LOG = 100.0  # no ratio of counts lies outside exp(-100) to exp(100)

Bracket = tuple[FloatArray, FloatArray]
Score = Callable[..., tuple[FloatArray, FloatArray]]


def score_limits(
    score: Score,
    lower_in: Bracket,
    upper_in: Bracket,
    groups: tuple[FloatArray, ...],
    *,
    confidence: float,
) -> Bracket:
    """Return the two contrasts at which the score is a critical value; NaN where it never is.

    Parameters
    ----------
    score
        ``score(contrast, *groups)`` gives the distance from the contrast and its variance, both
        at the greatest likelihood under that contrast; their z must fall with the contrast.
    lower_in, upper_in
        Between which values each limit is sought.
    groups
        Counts of the groups, arrays of one shape; NaN gives NaN limits.
    confidence
        Coverage of the interval, between 0 and 1.
    """
    z = critical(confidence)
    aim = z / np.hypot(1, z)
    return _crossing(score, lower_in, groups, aim), _crossing(score, upper_in, groups, -aim)


def score_limits_of_ratio(
    score: Score, groups: tuple[FloatArray, ...], *, confidence: float
) -> Bracket:
    """Return :func:`score_limits` of a ratio, sought on the log scale over all its range."""

    def of_log(log_ratio: FloatArray, *given: FloatArray) -> Bracket:
        return score(np.exp(log_ratio), *given)

    shape = groups[0].shape
    everywhere = np.full(shape, -FARTHEST_LOG), np.full(shape, FARTHEST_LOG)
    lower, upper = score_limits(of_log, everywhere, everywhere, groups, confidence=confidence)
    return np.exp(lower), np.exp(upper)


def _crossing(
    score: Score, within: Bracket, groups: tuple[FloatArray, ...], aim: float
) -> FloatArray:
    def apart(contrast: FloatArray, *given: FloatArray) -> FloatArray:
        return _bent(*score(contrast, *given)) - aim

    found = elementwise.find_root(apart, within, args=groups)
    return np.asarray(np.where(found.success, found.x, np.nan), dtype=np.float64)


def _bent(distance: FloatArray, variance: FloatArray) -> FloatArray:
    """Return the score z as z / sqrt(1 + z^2): finite where the variance is 0, and 0 for 0 / 0."""
    length = np.hypot(distance, np.sqrt(np.maximum(variance, 0)))
    return np.asarray(distance / np.where(length == 0, 1, length))
