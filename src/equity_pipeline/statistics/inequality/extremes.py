"""Difference and ratio of two groups: D and R of the World Health Organization."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    critical,
    divide,
    log_estimate,
    normal_estimate,
)
from equity_pipeline.statistics.inequality.given import (
    Groups,
    furthest_place,
    groups,
    place_of,
    side,
)
from equity_pipeline.statistics.judgement import Direction


def group_difference(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    direction: str,
    ordered: bool,
    reference: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the difference D of two groups: above 0 where the disadvantaged are worse off.

    Ordered groups: the most advantaged minus the most disadvantaged if higher is good, the other
    way round if lower is. Other groups: the reference minus the lowest if higher is good, the
    highest minus the reference if lower is; without a reference the highest minus the lowest.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L); if ordered, from the most disadvantaged to the
        most advantaged. Groups without people are left out.
    errors
        Standard errors of the values, independent; without them the limits are NaN.
    direction
        ``higher`` or ``lower`` is good, or ``neutral``: then an ordered difference is last minus
        first and a reference is not used.
    ordered
        Whether the groups have an order.
    reference
        Place of the reference group, from 0; None if there is none. Not used if ordered.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        The limits are those of two groups named beforehand: that the highest and the lowest were
        picked for being so makes D too large on the whole (see :func:`noise_band`).

    Raises
    ------
    MethodError
        If there are fewer than two groups, or sizes, errors, direction or reference cannot be.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.
    Schlotheuber A, Hosseinpoor AR (2022), doi:10.3390/ijerph19063697.

    Examples
    --------
    >>> d = group_difference([0.79, 0.89], [42, 38], 0.01, direction="higher", ordered=True)
    >>> round(float(d.value), 3), round(float(d.standard_error), 6), d.method
    (0.1, 0.014142, 'who_difference')
    """
    given = groups(values, shares, errors, where="group_difference")
    first, second = _ends(given, direction, ordered, reference, "group_difference")
    (y1, s1, _), (y2, s2, _) = given.taken(first), given.taken(second)
    made = normal_estimate(
        y1 - y2, np.hypot(s1, s2), confidence=confidence, method="who_difference"
    )
    return made.where(given.enough & ~np.isnan(made.value))


def group_ratio(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    direction: str,
    ordered: bool,
    reference: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the ratio R of two groups: the same two, in the same order, as in their difference.

    Parameters, errors and references as in :func:`group_difference`.

    Returns
    -------
    Estimate
        Limits on the log scale; the standard error is that of the ratio itself. A ratio of 0 has
        limits from 0 up to the numerator's upper limit over the denominator; a denominator of 0,
        or values below 0, give NaN.

    Examples
    --------
    >>> r = group_ratio([0.79, 0.89], [42, 38], 0.01, direction="higher", ordered=True)
    >>> [round(float(x), 4) for x in (r.value, r.lower, r.upper)]
    [1.1266, 1.0898, 1.1646]
    """
    given = groups(values, shares, errors, where="group_ratio")
    first, second = _ends(given, direction, ordered, reference, "group_ratio")
    (y1, s1, _), (y2, s2, _) = given.taken(first), given.taken(second)
    value = np.where(y1 >= 0, divide(y1, np.where(y2 > 0, y2, 0)), np.nan)
    error = divide(np.hypot(s1, value * s2), np.where(y2 > 0, y2, 0))
    made = log_estimate(value, error, confidence=confidence, method="who_ratio_log")
    nothing = (value == 0) & (error > 0)
    lower = np.where(nothing, 0, made.lower)
    upper = np.where(nothing, critical(confidence) * error, made.upper)
    limited = Estimate(value, lower, upper, error, made.method).warned(Caution.AT_BOUND, nothing)
    return limited.where(given.enough & ~np.isnan(value))


def _ends(
    given: Groups, direction: str, ordered: bool, reference: ArrayLike | None, where: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the places of the two groups whose difference or ratio is taken."""
    good = side(direction, where=where)
    if ordered:
        count = given.values.shape[-1]
        start = given.present.argmax(axis=-1)
        end = count - 1 - given.present[..., ::-1].argmax(axis=-1)
        return (start, end) if good is Direction.LOWER else (end, start)
    highest, lowest = furthest_place(given, 1.0), furthest_place(given, -1.0)
    if reference is None or good is Direction.NEUTRAL:
        return highest, lowest
    place = place_of(reference, given, where=where)
    return (highest, place) if good is Direction.LOWER else (place, lowest)
