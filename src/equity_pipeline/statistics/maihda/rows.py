"""Rows of a random-intercept model: checked, sorted by group, with sums over groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import codes, numbers

IntArray = NDArray[np.int64]

DEPENDENT = 1e-10  # a design with a smaller share of its own in some direction has no one answer
SHORT = "give 1-d arrays of one length m, and a design of shape (m, q)"


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows in the order of their groups.

    Attributes
    ----------
    total, size, extra
        Events, sums or amounts; trials, person-time or people; and the sum of squares (linear) or
        of logarithms (Gamma), else 0.
    X, offset
        Fixed-effect columns with the intercept first, and what is added to them on the link scale.
    group, starts, groups
        Number of each row's group, each group's first row, and the groups' codes.
    order
        Places of these rows among those given.
    """

    total: FloatArray
    size: FloatArray
    extra: FloatArray
    X: FloatArray
    offset: FloatArray
    group: IntArray
    starts: IntArray
    groups: IntArray
    order: IntArray

    @property
    def is_one_each(self) -> bool:
        """Whether every group has one row, so that nothing needs summing."""
        return len(self.groups) == len(self.total)

    def summed(self, values: FloatArray) -> FloatArray:
        """Return values of rows summed over each group."""
        return values if self.is_one_each else np.add.reduceat(values, self.starts, axis=0)

    def spread(self, values: FloatArray) -> FloatArray:
        """Return values of groups at each of their rows."""
        return values if self.is_one_each else values[self.group]

    def as_given(self, values: FloatArray) -> FloatArray:
        """Return values of rows in the order in which the rows were given."""
        made = np.empty_like(values)
        made[self.order] = values
        return made


def read_rows(
    total: ArrayLike,
    size: ArrayLike,
    extra: ArrayLike | None,
    design: ArrayLike | None,
    group: ArrayLike,
    *,
    family: Family,
    where: str,
) -> Rows:
    """Return checked rows; ``design`` comes without intercept, None says no fixed columns."""
    y, n = numbers(total, where=where), numbers(size, where=where)
    more = np.zeros_like(y) if extra is None else numbers(extra, where=where)
    place = codes(group, where=f"{where}, group")
    columns = np.empty((y.size, 0)) if design is None else numbers(design, where=where)
    require(
        y.ndim == 1 and y.shape == n.shape == more.shape == place.shape and columns.ndim == 2
        and len(columns) == len(y),
        "The rows' arrays have different lengths.", where=where, mend=SHORT,
    )  # fmt: skip
    _check_values(y, n, more, columns, family, where)
    made = _sorted(y, n, more, columns, place, family)
    _check_design(made, where)
    return made


def _sorted(
    y: FloatArray, n: FloatArray, more: FloatArray, columns: FloatArray, codes: IntArray,
    family: Family,
) -> Rows:  # fmt: skip
    order = np.argsort(codes, kind="stable").astype(np.int64)
    groups, starts, group = np.unique(codes[order], return_index=True, return_inverse=True)
    X = np.column_stack([np.ones(len(y)), columns])[order]
    size = n[order]
    offset = np.log(size) if family is Family.POISSON else np.zeros_like(size)
    return Rows(
        y[order], size, more[order], X, offset,
        group.astype(np.int64), starts.astype(np.int64), groups, order,
    )  # fmt: skip


def _check_values(
    y: FloatArray, n: FloatArray, more: FloatArray, X: FloatArray, family: Family, where: str
) -> None:
    require(
        all(np.isfinite(a).all() for a in (y, n, more, X)),
        "Rows hold missing or infinite numbers.", where=where, mend="give finite numbers",
    )  # fmt: skip
    require(
        n > 0,
        "A row has nobody at risk.", where=where, mend="leave out rows without people",
    )  # fmt: skip
    positive = family is not Family.GAUSSIAN
    share = family is Family.BINOMIAL
    require(
        not (positive and (y < 0).any()) and not (share and (y > n * (1 + 1e-9)).any()),
        "There are fewer than no events, or more events than people at risk.",
        where=where, mend="check that the numerator counts some of the rows of the denominator",
    )  # fmt: skip


def _check_design(rows: Rows, where: str) -> None:
    require(
        len(rows.groups) > 1 and rows.X.shape[1] < len(rows.total),
        "There are too few groups or rows for a variance between groups.",
        where=where, mend="give two groups or more, and more rows than fixed effects",
    )  # fmt: skip
    require(
        is_of_full_rank(rows.X),
        "A fixed-effect column is constant or a sum of others.",
        where=where, mend="leave out columns that follow from others",
    )  # fmt: skip


def is_of_full_rank(X: FloatArray) -> bool:
    """Whether no column of the design follows from the others."""
    length = np.sqrt((X**2).sum(axis=0))
    if not (length > 0).all():
        return False
    unit = X / length
    return bool(np.linalg.eigvalsh(unit.T @ unit)[0] > DEPENDENT)


def solved(matrix: FloatArray, right: FloatArray) -> FloatArray:
    """Return the solution of a system of equations."""
    return np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)


def inverse(matrix: FloatArray) -> FloatArray:
    """Return the inverse of a matrix."""
    return np.asarray(np.linalg.inv(matrix), dtype=np.float64)
