"""What is left of a contrast of two groups, and its variance, at the greatest likelihood under it.

Each function takes an assumed contrast and the counts of two groups (arrays of one shape), and
returns the distance between the seen and the assumed contrast with the variance of that distance;
:mod:`score_limits` seeks the contrasts at which their quotient is critical.
"""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray, divide


def difference_of_shares(
    gap: FloatArray,
    x1: FloatArray,
    m1: FloatArray,
    x0: FloatArray,
    m0: FloatArray,
    inflation: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the score of an assumed share 1 minus share 0."""
    p0 = _share_given_difference(gap, x1 + x0, x0, m0, m1 + m0)
    p1 = np.clip(p0 + gap, 0, 1)
    variance = inflation * (p1 * (1 - p1) / m1 + p0 * (1 - p0) / m0)
    return x1 / m1 - x0 / m0 - gap, variance


def _share_given_difference(
    gap: FloatArray, x: FloatArray, x0: FloatArray, m0: FloatArray, total: FloatArray
) -> FloatArray:
    """Return share 0 of greatest likelihood when share 1 is ``gap`` above it: a cubic's root."""
    b = ((total + m0) * gap - total - x) / total
    c = ((m0 * gap - total - 2 * x0) * gap + x) / total
    d = x0 * gap * (1 - gap) / total
    turn = (b / 3) ** 3 - b * c / 6 + d / 2
    length = np.where(turn > 0, 1, -1) * np.sqrt(np.maximum((b / 3) ** 2 - c / 3, 0))
    cosine = turn / np.where(length == 0, 1, length**3)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    low, high = np.maximum(0, -gap), np.minimum(1, 1 - gap)
    p0 = np.clip(2 * length * np.cos(angle) - b / 3, low, high)
    for _ in range(2):  # the closed form loses digits where events are rare
        slope = (3 * p0 + 2 * b) * p0 + c
        step = (((p0 + b) * p0 + c) * p0 + d) / np.where(slope == 0, np.inf, slope)
        p0 = np.clip(p0 - step, low, high)
    return np.asarray(p0, dtype=np.float64)


def ratio_of_shares(
    ratio: FloatArray,
    x1: FloatArray,
    m1: FloatArray,
    x0: FloatArray,
    m0: FloatArray,
    inflation: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the score of an assumed share 1 over share 0."""
    total, x = m1 + m0, x1 + x0
    b = m1 * ratio + x1 + m0 + x0 * ratio
    # the smaller root, in the form that loses no digits
    p0 = 2 * x / (b + np.sqrt(np.maximum(b**2 - 4 * total * ratio * x, 0)))
    p0 = np.minimum(p0, np.minimum(1, 1 / ratio))
    p1 = ratio * p0
    variance = inflation * (p1 * (1 - p1) / m1 + ratio**2 * p0 * (1 - p0) / m0)
    return x1 / m1 - ratio * x0 / m0, variance


def ratio_of_odds(
    ratio: FloatArray,
    x1: FloatArray,
    m1: FloatArray,
    x0: FloatArray,
    m0: FloatArray,
    inflation: FloatArray,
    pull: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return the score of an assumed odds ratio; ``pull`` 1 frees it of its bias, 0 does not."""
    x, y = x1 + x0, m1 + m0 - x1 - x0
    # every share by itself: a difference from 1 would lose the digits of a rare one
    p1, p0 = _share_given_odds(1 / ratio, x, m0, m1), _share_given_odds(ratio, x, m1, m0)
    q1, q0 = _share_given_odds(ratio, y, m0, m1), _share_given_odds(1 / ratio, y, m1, m0)
    seen = np.stack([x1, x0, m1 - x1, m0 - x0])
    meant = np.stack([m1 * p1, m0 * p0, m1 * q1, m0 * q0])
    smallest = np.argmin(seen + meant, axis=0)[np.newaxis]
    distance = np.take_along_axis(seen - meant, smallest, axis=0)[0]
    distance = np.where((smallest[0] == 0) | (smallest[0] == 3), distance, -distance)
    v1, v0 = m1 * p1 * q1, m0 * p0 * q0
    share = v1 / np.where(v1 + v0 > 0, v1 + v0, 1)
    bias = pull * (p1 - p0) * share * (1 - share)
    return distance - bias, inflation * v0 * share


def _share_given_odds(
    ratio: FloatArray, x: FloatArray, m1: FloatArray, m0: FloatArray
) -> FloatArray:
    """Return share 0 of greatest likelihood under an odds ratio, by a form that loses no digits."""
    a, b = m0 * (ratio - 1), ratio * (m1 - x) + m0 + x
    root = np.sqrt(np.maximum(b**2 + 4 * a * x, 0))
    p0 = np.where(b > 0, divide(2 * x, b + root), divide(root - b, 2 * a))
    return np.asarray(np.clip(p0, 0, 1), dtype=np.float64)


def difference_of_rates(
    gap: FloatArray, x1: FloatArray, t1: FloatArray, x0: FloatArray, t0: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the score of an assumed rate 1 minus rate 0 (Poisson)."""
    total = t1 + t0
    b, c = total * gap - x1 - x0, x0 * gap
    root = np.sqrt(np.maximum(b**2 + 4 * total * c, 0))
    # of the two forms of the root the one that loses no digits
    rate0 = np.where(b > 0, divide(2 * c, b + root), (root - b) / (2 * total))
    rate0 = np.maximum(rate0, np.maximum(0, -gap))
    return x1 / t1 - x0 / t0 - gap, (rate0 + gap) / t1 + rate0 / t0


def ratio_of_rates(
    ratio: FloatArray, x1: FloatArray, t1: FloatArray, x0: FloatArray, t0: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the score of an assumed rate 1 over rate 0 (Poisson)."""
    rate0 = (x1 + x0) / (t1 * ratio + t0)
    return x1 / t1 - ratio * x0 / t0, ratio * rate0 / t1 + ratio**2 * rate0 / t0
