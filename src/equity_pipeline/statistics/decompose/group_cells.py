"""Two groups' people and values in cells, and the errors of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    divide,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.reading import together

SIGN = np.array([1.0, -1.0])  # focus minus reference


@dataclass(frozen=True, slots=True)
class GroupCells:
    """People, values and variances of the values, (..., 2, K): focus first, then reference.

    A value is 0 where nobody is: it has no weight there.
    """

    people: FloatArray
    value: FloatArray
    variance: FloatArray

    @property
    def size(self) -> FloatArray:
        """The groups' people, (..., 2, 1)."""
        return np.asarray(self.people.sum(axis=-1, keepdims=True))

    @property
    def mean(self) -> FloatArray:
        """The groups' crude values, (..., 2); NaN for a group without people."""
        return divide((self.people * self.value).sum(axis=-1), self.size[..., 0])

    def estimates(self, parts: Sequence[Part], *, method: str, confidence: float) -> list[Estimate]:
        """Return parts with errors: people fall into cells by chance, values vary within them."""
        made = []
        for part in parts:
            variance = (self.people * part.by_people**2 + self.variance * part.by_value**2).sum(
                axis=(-2, -1)
            )
            one = normal_estimate(
                part.value, np.sqrt(variance), confidence=confidence, method=method
            )
            n = np.broadcast_to(self.people.sum(axis=(-2, -1)), one.value.shape)
            made.append(Estimate(one.value, one.lower, one.upper, one.standard_error, method, n))
        return made


@dataclass(frozen=True, slots=True)
class Part:
    """A number (...) with its derivatives by the cells' people and values, (..., 2, K)."""

    value: FloatArray
    by_people: FloatArray
    by_value: FloatArray

    def __add__(self, other: Part) -> Part:
        return Part(
            self.value + other.value,
            self.by_people + other.by_people,
            self.by_value + other.by_value,
        )

    def __sub__(self, other: Part) -> Part:
        return self + other * -1.0

    def __mul__(self, factor: ArrayLike) -> Part:
        scale = np.asarray(factor, dtype=np.float64)
        wide = scale[..., np.newaxis, np.newaxis]
        return Part(self.value * scale, self.by_people * wide, self.by_value * wide)

    def over(self, other: Part) -> Part:
        """Return the quotient, NaN where the other is 0."""
        share = divide(self.value, other.value)
        away = self - other * share
        inverse = divide(1, other.value)
        return Part(share, (away * inverse).by_people, (away * inverse).by_value)


def sum_parts(parts: Sequence[Part]) -> Part:
    """Return the sum of at least one part."""
    made = parts[0]
    for part in parts[1:]:
        made = made + part
    return made


def stacked(estimates: Sequence[Estimate]) -> Estimate:
    """Return estimates of one shape side by side along a new last axis."""

    def side(arrays: Sequence[FloatArray]) -> FloatArray:
        return np.stack(arrays, axis=-1)

    first = estimates[0]
    made = Estimate(
        side([e.value for e in estimates]),
        side([e.lower for e in estimates]),
        side([e.upper for e in estimates]),
        side([e.standard_error for e in estimates]),
        first.method,
        side([e.n for e in estimates]),
    )
    for caution in {c for e in estimates for c in e.warnings}:
        nothing = np.zeros(first.value.shape, dtype=bool)
        made = made.warned(
            caution, np.stack([e.warnings.get(caution, nothing) for e in estimates], axis=-1)
        )
    return made


def read_cells(
    people: ArrayLike, value: ArrayLike, variance: ArrayLike | None, *, where: str
) -> GroupCells:
    """Return checked cells (..., 2, K).

    Parameters
    ----------
    people, value
        People and their mean value, (..., 2, K). Where nobody is the value is not looked at.
    variance
        Of the values (..., 2, K); None: the values are shares, of variance p (1 - p) / n. A cell
        where nobody or everybody had the event counts one person more with the group's share,
        and a group without spread two events more and two less, so that nothing seems certain.
    where
        Who asks, for messages.
    """
    n, y = together(people, value, where=where)
    require(
        n.ndim >= 2 and n.shape[-2] == 2 and n.shape[-1] > 0,
        "The cells are not those of a focus and a reference group.",
        where=where,
        mend="give arrays with an axis of two groups, focus first, before that of the cells",
    )
    require(
        bool((np.isfinite(n) & (n >= 0)).all()),
        "Numbers of people are missing or negative.",
        where=where,
        mend="give 0 where nobody is",
    )
    held = n > 0
    require(
        bool(np.isfinite(y[held]).all()),
        "A cell with people has no value.",
        where=where,
        mend="give each cell with people its mean value",
    )
    y = np.where(held, y, 0.0)
    if variance is not None:
        _, spread = together(n, variance, where=where)
        require(
            spread.shape == n.shape and bool((spread[held] >= 0).all()),
            "Variances of cells with people are missing, negative, or of another shape.",
            where=where,
            mend="give the variance of each cell's mean",
        )
        return GroupCells(n, y, np.where(held, spread, 0.0))
    require(
        bool(((y >= 0) & (y <= 1)).all()),
        "A share lies outside 0 to 1.",
        where=where,
        mend="give shares, or the variance of each cell's mean value",
    )
    return GroupCells(n, y, _share_variance(n, y))


def _share_variance(n: FloatArray, p: FloatArray) -> FloatArray:
    size, events = (a.sum(axis=-1, keepdims=True) for a in (n, n * p))
    # two events more and two less: what Agresti and Coull add, so that nobody seems certain
    is_edge = (events == 0) | (events == size)
    level = divide(events + 2.0 * is_edge, size + 4.0 * is_edge)
    borrowed = np.where(is_edge, level, (n * p + level) / (n + 1))
    share = np.where((p == 0) | (p == 1), borrowed, p)
    return np.where(n > 0, share * (1 - share) / np.where(n > 0, n, 1), 0.0)
