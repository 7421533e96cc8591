"""How gaps are read: the one sign rule, and the evidence states beside the MID."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    critical,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.reading import together


class Direction(StrEnum):
    """Which values of an indicator are the good ones."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"
    TOWARD_ONE = "toward_one"


class EvidenceState(StrEnum):
    """What the interval of a gap says beside the minimum important difference."""

    ESTABLISHED_IMPORTANT = "established_important"
    ESTABLISHED_SIZE_UNCLEAR = "established_size_unclear"
    ESTABLISHED_SMALL = "established_small"
    EQUIVALENT = "equivalent"
    UNCERTAIN = "uncertain"
    NOT_ESTIMATED = "not_estimated"


def harm(
    gap_abs: Estimate,
    direction: str,
    *,
    focus: Estimate | None = None,
    reference: Estimate | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the gap turned so that above 0 always means: the focus group is worse off.

    Parameters
    ----------
    gap_abs
        Focus minus reference.
    direction
        ``higher`` is good: reference - focus. ``lower`` is good: focus - reference.
        ``neutral``: NaN, there is no worse side. ``toward_one``: ``|focus - 1| - |reference - 1|``.
    focus, reference
        The two values behind the gap; needed for ``toward_one`` only.
    confidence
        Coverage of the interval, used for ``toward_one`` across 1 only.

    Raises
    ------
    MethodError
        If the direction is unknown, or ``toward_one`` comes without the two values.

    Examples
    --------
    >>> gap = Estimate(-0.1, -0.116, -0.084, 0.008, "newcombe")
    >>> worse = harm(gap, "higher")
    >>> float(worse.value), float(worse.lower), float(worse.upper)
    (0.1, 0.084, 0.116)
    """
    side = _direction(direction)
    critical(confidence)  # refuses what is no coverage
    if side is Direction.LOWER:
        return gap_abs
    if side is Direction.HIGHER:
        return _turned(gap_abs)
    if side is Direction.NEUTRAL:
        return gap_abs.where(False)
    return _distance_from_one(gap_abs, focus, reference, confidence)


def _direction(direction: str) -> Direction:
    try:
        return Direction(direction)
    except ValueError:
        raise MethodError(
            f"{direction!r} is no direction.",
            where="harm",
            mend="declare one of " + ", ".join(Direction),
        ) from None


def _turned(gap: Estimate) -> Estimate:
    return Estimate(-gap.value, -gap.upper, -gap.lower, gap.standard_error, gap.method)


def _distance_from_one(
    gap: Estimate, focus: Estimate | None, reference: Estimate | None, confidence: float
) -> Estimate:
    if focus is None or reference is None:
        raise MethodError(
            "The distance from 1 needs the two values, not only their difference.",
            where="harm, toward_one",
            mend="give focus= and reference=",
        )
    f, r = focus.value - 1, reference.value - 1
    # across 1 the distance is +-(f + r); its variance follows from those of f, r and f - r
    sum_error = np.sqrt(
        np.maximum(
            2 * focus.standard_error**2 + 2 * reference.standard_error**2 - gap.standard_error**2,
            0,
        )
    )
    across = normal_estimate(f + r, sum_error, confidence=confidence, method=gap.method)
    above, below = (f >= 0) & (r >= 0), (f <= 0) & (r <= 0)
    options = (gap, _turned(gap), across, _turned(across))
    cases = [above, below, f > 0, f < 0]

    def chosen(name: str) -> FloatArray:
        return np.select(cases, [getattr(option, name) for option in options], np.nan)

    value, lower, upper = chosen("value"), chosen("lower"), chosen("upper")
    return Estimate(value, lower, upper, chosen("standard_error"), gap.method)


def evidence_state(lower: ArrayLike, upper: ArrayLike, mid: ArrayLike) -> NDArray[np.str_]:
    """Return the evidence states of gaps, as codes.

    Parameters
    ----------
    lower, upper
        Limits of the gap in harm.
    mid
        Minimum important difference on the same scale, not negative.

    Returns
    -------
    ndarray of str
        Codes of :class:`EvidenceState`; ``not_estimated`` where anything is NaN. A limit that
        equals 0 does not exclude 0; one that equals the MID has reached it.

    Raises
    ------
    MethodError
        If a MID is negative, or a lower limit lies above its upper limit.

    Examples
    --------
    >>> evidence_state([0.0841, -0.02], [0.1158, 0.06], 0.03).tolist()
    ['established_important', 'uncertain']
    """
    low, high, least = together(lower, upper, mid, where="evidence_state")
    require(
        ~((least < 0) | (low > high)),
        "A minimum important difference is negative, or limits are the wrong way round.",
        where="evidence_state",
        mend="give lower <= upper and mid >= 0",
    )
    excludes_zero = (low > 0) | (high < 0)
    inside = (low > -least) & (high < least)
    unknown = np.isnan(low) | np.isnan(high) | np.isnan(least)
    cases = [
        (unknown, EvidenceState.NOT_ESTIMATED),
        (excludes_zero & ((low >= least) | (high <= -least)), EvidenceState.ESTABLISHED_IMPORTANT),
        (excludes_zero & inside, EvidenceState.ESTABLISHED_SMALL),
        (excludes_zero, EvidenceState.ESTABLISHED_SIZE_UNCLEAR),
        (inside, EvidenceState.EQUIVALENT),
    ]
    conditions = [condition for condition, _ in cases]
    names = [np.full(low.shape, state.value, dtype="U32") for _, state in cases]
    return np.select(conditions, names, EvidenceState.UNCERTAIN.value)
