"""The groups that an index is made of, checked once: values, sizes and errors on the last axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.reading import codes, together


@dataclass(frozen=True, slots=True)
class Groups:
    """Checked groups (..., L); groups without people have value, share and error 0.

    Attributes
    ----------
    values, people, errors
        As given; errors are NaN where they were not told.
    shares
        Sizes that sum to 1.
    present
        Which groups have people.
    """

    values: FloatArray
    people: FloatArray
    shares: FloatArray
    errors: FloatArray
    present: BoolArray

    @property
    def mean(self) -> FloatArray:
        """The population's value: the groups' values weighted by size."""
        return dot(self.shares, self.values)

    @property
    def enough(self) -> BoolArray:
        """Whether two groups or more have people."""
        return np.asarray(self.present.sum(axis=-1) > 1)

    def weights(self, weighted: bool) -> FloatArray:
        """Return the groups' sizes as weights, or the same weight for each with people."""
        count = self.present.sum(axis=-1, keepdims=True)
        return self.shares if weighted else self.present / count

    def taken(self, place: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return value, error and people of one group of each stratum."""
        at = np.broadcast_to(np.asarray(place, dtype=np.int64), self.values.shape[:-1])[..., None]
        found = (np.take_along_axis(a, at, -1)[..., 0] for a in self._told())
        value, error, people = found
        return value, error, people

    def _told(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        return self.values, self.errors, self.people


def groups(values: ArrayLike, shares: ArrayLike, errors: ArrayLike | None, *, where: str) -> Groups:
    """Return checked groups; a group with people and no value makes its stratum's index NaN.

    Raises
    ------
    MethodError
        If there are fewer than two groups, sizes are negative, missing or all 0, errors are
        negative, or anything is infinite.
    """
    y, n, s = together(values, shares, np.nan if errors is None else errors, where=where)
    require(
        y.ndim > 0 and y.shape[-1] > 1,
        "There are fewer than two groups to compare.",
        where=where,
        mend="give the groups on the last axis",
    )
    require(
        (n >= 0).all() and np.isfinite(n).all() and (n.sum(axis=-1) > 0).all(),
        "Sizes of groups are negative, missing or all 0.",
        where=where,
        mend="give each group its number of people",
    )
    require(
        ~(np.isinf(y) | np.isinf(s) | (s < 0)),
        "A value is infinite, or a standard error is negative or infinite.",
        where=where,
        mend="give finite values and errors on the values' own scale",
    )
    present = n > 0
    share = n / n.sum(axis=-1, keepdims=True)
    return Groups(np.where(present, y, 0), n, share, np.where(present, s, 0), present)


def dot(weights: FloatArray, values: FloatArray) -> FloatArray:
    """Return sums over the groups; what has no weight may lack a value."""
    return np.asarray(np.where(weights == 0, 0, weights * values).sum(axis=-1))


def delta(gradient: FloatArray, errors: FloatArray) -> FloatArray:
    """Return the variance of an index by its derivatives; groups' errors are independent."""
    return dot(gradient**2, errors**2)


def curvature(given: Groups) -> FloatArray:
    """Return the part of the variance of BGV that remains where all groups are equal.

    Twice the trace of (HS)^2, where H = diag(p) - pp' and S holds the groups' error variances.
    """
    p, v = given.shares, given.errors**2
    pv = p**2 * v
    off = dot(np.ones_like(p), pv) ** 2 - dot(pv, pv)
    return np.asarray(2 * (off + dot((p * (1 - p)) ** 2, v**2)))


def place_of(reference: ArrayLike, given: Groups, *, where: str) -> np.ndarray:
    """Return the reference group's place, one for each stratum; refuses one that is not there."""
    found = codes(reference, where=where)
    require(
        ((found >= 0) & (found < given.values.shape[-1])).all()
        and found.shape in ((), given.values.shape[:-1]),
        f"The reference is not one of the {given.values.shape[-1]} groups.",
        where=where,
        mend="give the group's place on the last axis, counted from 0",
    )
    return np.broadcast_to(found, given.values.shape[:-1])


def side(direction: str, *, where: str) -> Direction:
    """Return the good side: higher, lower or neutral (no side is good)."""
    known = (Direction.HIGHER, Direction.LOWER, Direction.NEUTRAL)
    if direction not in known:
        raise MethodError(
            f"{direction!r} is no direction of an index over groups.",
            where=where,
            mend="declare one of " + ", ".join(known),
        )
    return Direction(direction)


def furthest_place(given: Groups, sign: float) -> np.ndarray:
    """Return the place of the group with the highest (1) or lowest (-1) value.

    Of equal ones the least certain is taken, and of these the smallest: not that of a lower row.
    """
    keys = (sign * given.values, np.nan_to_num(given.errors), -given.people)
    left = given.present
    for key in keys:
        tried = np.where(left, key, -np.inf)
        # a group without a value is found first, so that it is not passed over
        left = left & ((tried == tried.max(axis=-1, keepdims=True)) | np.isnan(tried))
    return np.asarray(left.argmax(axis=-1))


def best_place(given: Groups, direction: Direction) -> np.ndarray:
    """Return the place of the best group."""
    return furthest_place(given, -1.0 if direction is Direction.LOWER else 1.0)


def never_negative(
    value: FloatArray, variance: FloatArray, enough: BoolArray, *, confidence: float, method: str
) -> Estimate:
    """Return normal limits of an index that cannot be below 0, cut there and marked."""
    error = np.sqrt(np.where(np.isnan(value), np.nan, variance))
    z = critical(confidence)
    value, error = np.where(enough, value, np.nan), np.where(enough, error, np.nan)
    lower = value - z * error
    made = Estimate(value, np.where(lower < 0, 0, lower), value + z * error, error, method)
    return made.warned(Caution.CUT_AT_BOUND, lower < 0)


def over_mean(values: FloatArray, mean: FloatArray) -> FloatArray:
    """Return quotients by the mean, NaN unless it is above 0: relative to what?"""
    return divide(values, np.where(mean > 0, mean, 0))
