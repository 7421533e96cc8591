"""What a later period could show: the smallest narrowing, the period that shows it, the change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    arrays,
    student,
    student_estimate,
)

# nine times in ten is promised; the error of a later period is not known beforehand
POWER = 0.95
MOST_PERIODS = 5


@dataclass(frozen=True, slots=True)
class Detectable:
    """The smallest narrowing of each gap that data could show, and after how many periods.

    Attributes
    ----------
    narrowing
        In the gap's unit; NaN where even a closed gap would not be seen in time.
    periods
        How many whole periods must pass; NaN with the narrowing.
    """

    narrowing: FloatArray
    periods: FloatArray


def detectable(gap: ArrayLike, error: ArrayLike, freedom: ArrayLike = np.inf) -> Detectable:
    """Return the smallest narrowing that comparing then and now would show, and when.

    Now is the mean of the whole periods that have passed since then. As few periods are taken as
    show a narrowing that is no larger than the gap itself; after five of them it is given up.

    Parameters
    ----------
    gap
        The gap of each case now.
    error
        Its standard error; a later period is taken to have the same.
    freedom
        Degrees of freedom of the error; infinite = normal.

    Notes
    -----
    A change of ``d`` with the error ``e`` is seen in a 95 % interval with the chance wanted when
    ``d = (t(0.975) + t(POWER)) e``, and ``e`` is that of then and of the mean of k periods,
    ``error * sqrt(1 + 1/k)``.

    References
    ----------
    Lachin JM (1981), Controlled Clinical Trials 2:93-113, doi:10.1016/0197-2456(81)90001-5.

    Examples
    --------
    >>> found = detectable([0.10, 0.02, 0.001], 0.005)
    >>> found.narrowing.round(4), found.periods
    (array([0.0255, 0.0197,    nan]), array([ 1.,  5., nan]))
    >>> float(detectable(0.024, 0.005).periods)
    2.0
    """
    size, spread, df = arrays(np.abs(np.asarray(gap, float)), error, freedom)
    known = np.where(spread > 0, spread, np.nan)
    factor = student(0.95, df) + _quantile(POWER, df)
    periods = np.arange(1, MOST_PERIODS + 1)
    needed = (factor * known)[..., np.newaxis] * np.sqrt(1 + 1 / periods)
    enough = needed <= size[..., np.newaxis]
    first = enough.argmax(axis=-1)
    narrowing = np.take_along_axis(needed, first[..., np.newaxis], axis=-1)[..., 0]
    seen = enough.any(axis=-1)
    return Detectable(np.where(seen, narrowing, np.nan), np.where(seen, first + 1.0, np.nan))


def _quantile(share: float, freedom: FloatArray) -> FloatArray:
    usable = np.where((freedom > 0) & np.isfinite(freedom), freedom, np.nan)
    return np.asarray(np.where(np.isposinf(freedom), ndtri(share), stdtrit(usable, share)))


def narrowing_since(
    then: Estimate,
    later: FloatArray,
    later_error: FloatArray,
    freedom: ArrayLike = np.inf,
) -> Estimate:
    """Return how much each gap has narrowed since then, with its 95 % interval.

    Above 0 the gap has narrowed, whichever group it was to the disadvantage of.

    Parameters
    ----------
    then
        The gaps (...) that were decided on, with their errors.
    later, later_error
        The gaps of the whole periods since then (..., k), NaN where there was none.
    freedom
        The smaller degrees of freedom of then and later.

    Examples
    --------
    >>> then = Estimate(0.10, 0.09, 0.11, 0.005, "student")
    >>> made = narrowing_since(then, np.array([0.07, 0.06]), np.array([0.005, 0.005]))
    >>> [round(float(one), 4) for one in (made.value, made.lower, made.upper)]
    [0.035, 0.023, 0.047]
    """
    known = ~np.isnan(later) & (later_error > 0)
    weight = np.where(known, 1 / np.where(known, later_error, 1.0) ** 2, 0.0)
    total = weight.sum(axis=-1)
    usable = np.where(total > 0, total, np.nan)
    now = (weight * np.where(known, later, 0.0)).sum(axis=-1) / usable
    side = np.where(then.value < 0, -1.0, 1.0)
    error = np.sqrt(then.standard_error**2 + 1 / usable)
    return student_estimate(
        side * (then.value - now), error, freedom, confidence=0.95, method="then_minus_now"
    )
