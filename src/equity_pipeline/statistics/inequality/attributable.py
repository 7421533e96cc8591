"""What all at the best level would change for everybody: PAR and PAF over groups."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.inequality.given import (
    Groups,
    best_place,
    delta,
    groups,
    over_mean,
    side,
)
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.proportions import wilson_limits
from equity_pipeline.statistics.reading import one_of


class Limits(StrEnum):
    """What the limits of an attributable risk are made from."""

    ERRORS = "errors"
    TABLE = "table"


def attributable_risk(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    direction: str,
    ordered: bool,
    limits: str = Limits.ERRORS,
    unit: float | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the population attributable risk PAR: the reference group's level minus the mean.

    Arithmetic, not a claim about causes. The reference is the most advantaged group if the groups
    are ordered, else the best one. Above 0 where higher is good, below 0 where lower is; 0, and
    marked, where the reference is not better than the mean.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L); if ordered, from the most disadvantaged to the
        most advantaged. Groups without people are left out.
    errors
        Standard errors of the values, independent; used for limits from errors.
    direction
        ``higher`` or ``lower`` is good; ``neutral`` gives NaN.
    ordered
        Whether the groups have an order.
    limits
        ``errors``: delta method from the groups' standard errors. ``table``: Walter's, from the
        table of people in the reference group or not, with the event or not; then ``shares``
        are numbers of people.
    unit
        What values are parts of: 1 for shares, 100 for per cent; needed for limits of a table.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        With limits that hold for a reference named beforehand.

    Raises
    ------
    MethodError
        If there are fewer than two groups, sizes, errors or direction cannot be, or limits of a
        table are asked for without a unit or of values outside 0 to the unit.

    References
    ----------
    Walter SD (1978), doi:10.1093/ije/7.2.175.
    Schlotheuber A, Hosseinpoor AR (2022), doi:10.3390/ijerph19063697.

    Examples
    --------
    >>> told = {"direction": "higher", "ordered": True}
    >>> par = attributable_risk([0.79, 0.85, 0.89], [42, 40, 38], 0.01, **told)
    >>> round(float(par.value), 6), round(float(par.standard_error), 6)
    (0.048333, 0.00837)
    """
    where = "attributable_risk"
    given, good = groups(values, shares, errors, where=where), side(direction, where=where)
    place = _reference(given, good, ordered)
    risk = given.taken(place)[0] - given.mean
    if one_of(limits, Limits, where=where) is Limits.TABLE:
        part, lower, upper = _walter(given, place, unit, confidence, where)
        by = (part * given.mean, lower * given.mean, upper * given.mean)
        return _turned(risk, by, good, given, "par_walter")
    slope = _one(place, given) - given.shares
    return _turned(risk, _normal(risk, slope, given, confidence), good, given, "par_delta")


def attributable_fraction(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    direction: str,
    ordered: bool,
    limits: str = Limits.ERRORS,
    unit: float | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the population attributable fraction PAF: the attributable risk over the mean.

    A part of 1. Parameters, sign, limits, errors and references as in :func:`attributable_risk`;
    NaN unless the mean is above 0. The other fraction in use, of the unfavourable part, is
    :func:`population_attributable`'s.

    Examples
    --------
    >>> told = {"direction": "higher", "ordered": True, "limits": "table", "unit": 1}
    >>> paf = attributable_fraction([0.79, 0.85, 0.89], [420, 400, 380], **told)
    >>> [round(float(x), 4) for x in (paf.value, paf.lower, paf.upper)]
    [0.0574, 0.0237, 0.0911]
    """
    where = "attributable_fraction"
    given, good = groups(values, shares, errors, where=where), side(direction, where=where)
    place = _reference(given, good, ordered)
    level = over_mean(given.taken(place)[0], given.mean)
    if one_of(limits, Limits, where=where) is Limits.TABLE:
        by = _walter(given, place, unit, confidence, where)
        return _turned(level - 1, by, good, given, "paf_walter")
    slope = over_mean(
        _one(place, given) - level[..., np.newaxis] * given.shares, given.mean[..., np.newaxis]
    )
    return _turned(
        level - 1, _normal(level - 1, slope, given, confidence), good, given, "paf_delta"
    )


_By = tuple[FloatArray, FloatArray, FloatArray]


def _reference(given: Groups, good: Direction, ordered: bool) -> np.ndarray:
    if not ordered:
        return best_place(given, good)
    return np.asarray(given.values.shape[-1] - 1 - given.present[..., ::-1].argmax(axis=-1))


def _one(place: np.ndarray, given: Groups) -> FloatArray:
    return np.asarray(np.arange(given.values.shape[-1]) == place[..., None], dtype=np.float64)


def _normal(value: FloatArray, slope: FloatArray, given: Groups, confidence: float) -> _By:
    error = np.sqrt(delta(slope, given.errors))
    half = critical(confidence) * error
    return error, value - half, value + half


def _walter(
    given: Groups, place: np.ndarray, unit: float | None, confidence: float, where: str
) -> _By:
    """Return error and limits of the fraction, from the table of reference or not by event."""
    scale = _unit(given, unit, where)
    total = given.people.sum(axis=-1)
    level, _, inside = given.taken(place)
    share, mean = level / scale, np.minimum(given.mean / scale, 1)
    c, d = share * inside, (1 - share) * inside
    a, b = mean * total - c, total - inside - mean * total + c
    spread = c * total * (a * d * (total - c) + b * c**2)
    error = np.sqrt(np.maximum(divide(spread, (a + c) ** 3 * (c + d) ** 3), 0))
    part, half = over_mean(share, mean) - 1, critical(confidence) * error
    # nobody, or everybody anywhere, had the event: the table knows no error, but Wilson does
    nobody, everybody = share == 0, np.isclose(mean, 1, rtol=1e-12)
    least, most = (
        over_mean(limit, mean) - 1 for limit in wilson_limits(share, inside, confidence=confidence)
    )
    lower = np.where(nobody, part, np.where(everybody, least, part - half))
    upper = np.where(nobody, most, np.where(everybody, part, part + half))
    wide = (upper - lower) / critical(confidence)
    return np.where(nobody | everybody, wide, error), lower, upper


def _unit(given: Groups, unit: float | None, where: str) -> float:
    require(
        unit is not None and 0 < unit < np.inf,
        "Limits of a table need to know what the values are parts of.",
        where=where,
        mend="give unit=1 for shares, unit=100 for per cent",
    )
    scale = float(unit or np.nan)
    require(
        ~((given.values < 0) | (given.values > scale)),
        f"A value is outside 0 to {scale:g}, so it is no share of people.",
        where=where,
        mend="give the unit that the values are parts of, or take limits from errors",
    )
    return scale


def _turned(value: FloatArray, by: _By, good: Direction, given: Groups, method: str) -> Estimate:
    """Return 0 where the reference is not better, with limits that then reach to 0."""
    error, lower, upper = by
    none = (value > 0) if good is Direction.LOWER else (value < 0)
    made = Estimate(
        np.where(none, 0, value),
        np.where(none, np.minimum(lower, 0), lower),
        np.where(none, np.maximum(upper, 0), upper),
        error,
        method,
    )
    known = given.enough & (good is not Direction.NEUTRAL)
    return made.where(known).warned(Caution.AT_BOUND, none & known)
