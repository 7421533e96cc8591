"""What a difference amounts to: cases, days or kronor beyond a reference level.

All of it is arithmetic, "if all groups had had the same level", and no claim about causes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.reading import codes, covariance_of, numbers, together


@dataclass(frozen=True, slots=True)
class Burden:
    """What the groups have beyond a reference level, and all of them together.

    Attributes
    ----------
    level
        The reference level (...).
    each
        Of each group (..., L): above 0 = worse than the level; the reference group's own is 0.
    total
        The population attributable number (...): the sum over groups.
    fraction
        The total as a part of all that is unfavourable (...); NaN if that was not told.
    """

    level: FloatArray
    each: Estimate
    total: Estimate
    fraction: Estimate


def burden_at_best(
    values: ArrayLike,
    sizes: ArrayLike,
    *,
    direction: str,
    covariance: ArrayLike | None = None,
    ceiling: float | None = None,
    confidence: float = 0.95,
) -> Burden:
    """Return what the groups have beyond the level of the best group that has people.

    The best group was picked for its value, so the sum is too large on the whole, and the limits
    are those of a group named beforehand.

    Parameters
    ----------
    values, sizes
        Shares, rates per one unit of ``sizes``, mean days or mean kronor of the groups (..., L),
        and their people or person-time. Groups without people are left out.
    direction
        ``higher`` or ``lower`` is good.
    covariance
        Of the values, (..., L, L); independent groups have their squared errors on the diagonal.
        Without it the limits are NaN.
    ceiling
        For ``higher``: the most that a value can be (1 for shares), so that the fraction is of
        what is missing up to it. For ``lower`` not needed: the fraction is of the whole value.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Burden
        NaN where a group with people has no value.

    Raises
    ------
    MethodError
        If sizes are negative, missing or all 0, no side is good, a value is above the ceiling, or
        shapes do not go together.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.

    Examples
    --------
    >>> import numpy as np
    >>> people, seen = np.array([4200, 4100, 3800]), np.array([0.79, 0.82, 0.89])
    >>> made = burden_at_best(
    ...     seen, people, direction="higher", covariance=np.diag(seen * (1 - seen) / people),
    ...     ceiling=1,
    ... )
    >>> made.each.value.round(6), float(made.total.value.round(6))
    (array([420., 287.,   0.]), 707.0)
    >>> [int(x) for x in (made.total.lower, made.total.upper)], float(made.fraction.value.round(4))
    ([598, 815], 0.3469)
    """
    given = _groups(values, sizes, covariance, direction, ceiling, "burden_at_best")
    sign = -1.0 if given.lower_is_good else 1.0
    ranked = np.where(given.sizes > 0, sign * given.values, -np.inf)
    return _from_group(given, ranked.argmax(axis=-1), confidence)


def burden_at_group(
    values: ArrayLike,
    sizes: ArrayLike,
    reference: ArrayLike,
    *,
    direction: str,
    covariance: ArrayLike | None = None,
    ceiling: float | None = None,
    confidence: float = 0.95,
) -> Burden:
    """Return what the groups have beyond the level of a declared reference group.

    A group that is better than the reference has a burden below 0, and lessens the total.
    References as in :func:`burden_at_best`.

    Parameters
    ----------
    values, sizes, direction, covariance, ceiling, confidence
        As in :func:`burden_at_best`.
    reference
        The reference group's place, from 0, single or one for each stratum.

    Raises
    ------
    MethodError
        As in :func:`burden_at_best`, and if there is no such group.

    Examples
    --------
    >>> days = burden_at_group([31.0, 24.0, 22.0], [400, 300, 500], 1, direction="lower")
    >>> days.each.value, float(days.total.value)
    (array([ 2800.,     0., -1000.]), 1800.0)
    """
    given = _groups(values, sizes, covariance, direction, ceiling, "burden_at_group")
    place = codes(reference, where="burden_at_group")
    require(
        ((place >= 0) & (place < given.values.shape[-1])).all()
        and place.shape in ((), given.values.shape[:-1]),
        f"The reference is not one of the {given.values.shape[-1]} groups.",
        where="burden_at_group",
        mend="give the group's place on the last axis, counted from 0",
    )
    return _from_group(given, np.broadcast_to(place, given.values.shape[:-1]), confidence)


def burden_at_target(
    values: ArrayLike,
    sizes: ArrayLike,
    target: ArrayLike,
    *,
    direction: str,
    covariance: ArrayLike | None = None,
    ceiling: float | None = None,
    confidence: float = 0.95,
) -> Burden:
    """Return what the groups have beyond a target that was set, and has no error.

    A group that is better than the target has a burden below 0, and lessens the total.
    References as in :func:`burden_at_best`.

    Parameters
    ----------
    values, sizes, direction, covariance, ceiling, confidence
        As in :func:`burden_at_best`.
    target
        On the values' scale, single or one for each stratum.

    Raises
    ------
    MethodError
        As in :func:`burden_at_best`, and if a target is missing.

    Examples
    --------
    >>> made = burden_at_target([0.79, 0.89], [4200, 3800], 0.90, direction="higher", ceiling=1)
    >>> made.each.value.round(6), float(made.fraction.value.round(4))
    (array([462.,  38.]), 0.3846)
    """
    given = _groups(values, sizes, covariance, direction, ceiling, "burden_at_target")
    level = numbers(target, where="burden_at_target")
    require(
        ~(np.isnan(level) | (level > given.ceiling))
        & (level.shape in ((), given.values.shape[:-1])),
        "A target is missing, above the ceiling, or not one for each stratum.",
        where="burden_at_target",
        mend="set the target on the values' scale",
    )
    own = np.zeros_like(given.values)
    return _burden(given, np.broadcast_to(level, given.values.shape[:-1]), own, confidence)


@dataclass(frozen=True, slots=True)
class _Given:
    """Checked groups: values of groups without people are 0, and so are their covariances."""

    values: FloatArray
    sizes: FloatArray
    covariance: FloatArray
    lower_is_good: bool
    ceiling: float


def _groups(
    values: ArrayLike,
    sizes: ArrayLike,
    covariance: ArrayLike | None,
    direction: str,
    ceiling: float | None,
    where: str,
) -> _Given:
    y, n = together(values, sizes, where=where)
    require(
        y.ndim > 0 and bool((n >= 0).all() and np.isfinite(n).all() and (n.sum(axis=-1) > 0).all()),
        "Sizes of groups are negative, missing or all 0.",
        where=where,
        mend="give each group its number of people or its person-time",
    )
    if direction not in (Direction.HIGHER, Direction.LOWER):
        raise MethodError(
            f"With {direction!r} no side is good, so nothing is a burden.",
            where=where,
            mend="declare whether higher or lower is good",
        )
    there = n > 0
    y = np.where(there, y, 0)
    most = float(numbers(np.nan if ceiling is None else ceiling, where=f"{where}, ceiling"))
    require(
        ~(y > most) & (ceiling is None or most == most),
        "A value is above the most that was said to be possible, or that is missing.",
        where=where,
        mend="give values and ceiling on one scale: 1 for shares, 100 for per cent",
    )
    both = there[..., :, np.newaxis] & there[..., np.newaxis, :]
    return _Given(y, n, _covariance(covariance, both, where), direction == Direction.LOWER, most)


def _covariance(covariance: ArrayLike | None, both: np.ndarray, where: str) -> FloatArray:
    if covariance is None:
        return np.where(both, np.nan, 0)
    return np.where(both, covariance_of(both[..., 0], covariance, where=where), 0)


def _from_group(given: _Given, place: np.ndarray, confidence: float) -> Burden:
    own = np.asarray(np.arange(given.values.shape[-1]) == place[..., np.newaxis], dtype=np.float64)
    size = (own * given.sizes).sum(axis=-1)
    level = np.where(size > 0, (own * given.values).sum(axis=-1), np.nan)
    return _burden(given, level, own, confidence)


def _burden(given: _Given, level: FloatArray, own: FloatArray, confidence: float) -> Burden:
    """Return the burden beside a level that has these weights of the groups' values."""
    sign = 1.0 if given.lower_is_good else -1.0
    n, count = given.sizes, given.values.shape[-1]
    # each = A y - constant, with one row of A for each group
    a = sign * n[..., np.newaxis] * (np.eye(count) - own[..., np.newaxis, :])
    each = np.where(n > 0, sign * n * (given.values - level[..., np.newaxis]), 0) + 0.0
    whole = each.sum(axis=-1)
    pull = a.sum(axis=-2)
    all_bad, slope = _unfavourable(given)
    part = divide(whole, all_bad)
    by_part = divide(pull - part[..., np.newaxis] * slope, all_bad[..., np.newaxis])
    told = {"confidence": confidence}
    return Burden(
        level,
        normal_estimate(each, _rows(a, given.covariance), **told, method="burden_delta"),
        normal_estimate(whole, _row(pull, given.covariance), **told, method="burden_delta"),
        normal_estimate(part, _row(by_part, given.covariance), **told, method="burden_part_delta"),
    )


def _unfavourable(given: _Given) -> tuple[FloatArray, FloatArray]:
    """Return all that is unfavourable, and its derivatives by the values."""
    n, y = given.sizes, given.values
    if given.lower_is_good:
        return (n * y).sum(axis=-1), n
    return (n * np.where(n > 0, given.ceiling - y, 0)).sum(axis=-1), -n


def _rows(a: FloatArray, covariance: FloatArray) -> FloatArray:
    """Return standard errors of A y, of every row of A."""
    return np.asarray(np.sqrt(np.maximum(((a @ covariance) * a).sum(axis=-1), 0)))


def _row(a: FloatArray, covariance: FloatArray) -> FloatArray:
    return _rows(a[..., np.newaxis, :], covariance)[..., 0]
