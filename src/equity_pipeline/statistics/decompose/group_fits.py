"""Two groups' regressions and a pooled one: mean columns, coefficients, and what moves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import BoolArray, FloatArray, require
from equity_pipeline.statistics.horizontal.determinants import numbered, or_ones
from equity_pipeline.statistics.reading import flags, numbers

IntArray = NDArray[np.int64]
DEPENDENT = 1e-9  # a column with a smaller share of its length of its own adds nothing


@dataclass(frozen=True, slots=True)
class Rows:
    """Checked rows: each stands for ``people`` with one row of X, and sums of their outcomes.

    ``X`` begins with the intercept; ``total`` and ``square`` are the people's sums of y and y^2.
    """

    X: FloatArray
    total: FloatArray
    square: FloatArray
    focus: BoolArray
    people: FloatArray
    weight: FloatArray
    cluster: IntArray | None

    @property
    def mass(self) -> FloatArray:
        """What each row weighs in sums."""
        return self.people * self.weight


@dataclass(frozen=True, slots=True)
class Moved:
    """How a person with residual e moves some numbers (q): ``a + b * e`` for each row, (m, q)."""

    a: FloatArray
    b: FloatArray

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.a + other.a, self.b + other.b)

    def __mul__(self, factor: FloatArray | float) -> Moved:
        return Moved(self.a * factor, self.b * factor)

    def __matmul__(self, matrix: FloatArray) -> Moved:
        return Moved(self.a @ matrix, self.b @ matrix)


@dataclass(frozen=True, slots=True)
class People:
    """The rows' people with the sums of their residuals e and of e^2, and their clusters."""

    people: FloatArray
    residual: FloatArray
    squared: FloatArray
    cluster: IntArray | None

    def covariance(self, moved: Moved) -> FloatArray:
        """Return the covariance (q, q): sums of squares over people, or over clusters."""
        a, b = moved.a, moved.b
        if self.cluster is not None:
            shift = a * self.people[:, np.newaxis] + b * self.residual[:, np.newaxis]
            groups = int(self.cluster.max()) + 1
            summed = np.zeros((groups, a.shape[1]))
            np.add.at(summed, self.cluster, shift)
            return np.asarray(summed.T @ summed * (groups / (groups - 1)))
        cross = a.T @ (b * self.residual[:, np.newaxis])
        return np.asarray(
            a.T @ (a * self.people[:, np.newaxis])
            + b.T @ (b * self.squared[:, np.newaxis])
            + cross
            + cross.T
        )


@dataclass(frozen=True, slots=True)
class Fitted:
    """Least-squares coefficients (K,) and how people move them."""

    beta: FloatArray
    moved: Moved


@dataclass(frozen=True, slots=True)
class Groups:
    """Everything that a decomposition of the focus minus the reference group is made of.

    Means (2, Q) of the columns and coefficients (2, Q), focus first; ``pooled`` and
    ``pooled_with_group`` (Q,). Q counts the intercept, the columns and added base levels.
    ``predicted`` (m,) is what the own group's fit gives each row.
    """

    people: People
    predicted: FloatArray
    mass: tuple[float, float]
    value: tuple[float, float]
    mean: tuple[FloatArray, FloatArray]
    mean_moved: tuple[Moved, Moved]
    own: tuple[Fitted, Fitted]
    pooled: Fitted
    pooled_with_group: Fitted


def read_rows(
    y: ArrayLike,
    X: ArrayLike,
    focus: ArrayLike,
    people: ArrayLike | None,
    square: ArrayLike | None,
    weight: ArrayLike | None,
    cluster: ArrayLike | None,
    *,
    where: str,
) -> Rows:
    """Return checked rows with an intercept; what they mean stands in ``threefold``."""
    outcome, columns = numbers(y, where=where), numbers(X, where=where)
    side = flags(focus, where=where)
    counts, masses = (or_ones(a, outcome, where=where) for a in (people, weight))
    require(
        len({a.shape for a in (outcome, side, counts, masses)}) == 1
        and outcome.ndim == 1
        and columns.ndim == 2
        and len(columns) == len(outcome),
        "The rows' arrays have different lengths.",
        where=where,
        mend="give 1-d arrays of one length m, and X of shape (m, q) without an intercept",
    )
    total = outcome * counts
    squares = total * outcome if square is None else numbers(square, where=where)
    finite = all(np.isfinite(a).all() for a in (outcome, columns, counts, masses, squares))
    require(
        finite and bool((counts > 0).all()) and bool((masses > 0).all()),
        "Rows hold missing numbers, no people, or no weight.",
        where=where,
        mend="leave out rows without people",
    )
    require(
        squares.shape == total.shape and bool((squares * counts >= total**2 * (1 - 1e-9)).all()),
        "A row's sum of squares is smaller than its mean allows.",
        where=where,
        mend="give the sum of the squared outcomes of the people of each row",
    )
    return Rows(
        X=np.hstack([np.ones((len(outcome), 1)), columns]),
        total=total,
        square=squares,
        focus=side,
        people=counts,
        weight=masses,
        cluster=numbered(cluster, len(outcome), where=where),
    )


def fit_groups(rows: Rows, columns: FloatArray, spread: FloatArray, *, where: str) -> Groups:
    """Return both groups' and the pooled fits, their K coefficients spread to the Q reported.

    Parameters
    ----------
    rows
        The checked rows.
    columns
        The reported columns (m, Q), intercept first.
    spread
        (Q, K): reported coefficients are ``spread @ fitted``.
    where
        Who asks, for messages.
    """
    sides = (rows.focus, ~rows.focus)
    fits = [_least_squares(rows, rows.X, side, where) for side in sides]
    predicted = np.where(rows.focus, rows.X @ fits[0][0], rows.X @ fits[1][0])
    residual = rows.total - rows.people * predicted
    squared = rows.square - 2 * predicted * rows.total + rows.people * predicted**2
    mass = tuple(float(rows.mass[side].sum()) for side in sides)
    mean = tuple(
        (rows.mass * side) @ columns / size for side, size in zip(sides, mass, strict=True)
    )
    own = tuple(
        _moved(rows, rows.X, fit, side, 0.0, spread) for fit, side in zip(fits, sides, strict=True)
    )
    everyone = np.ones(len(rows.X), dtype=bool)
    # the reference group's column, so that the common intercept is the focus group's
    with_group = np.hstack([rows.X, ~rows.focus[:, np.newaxis]])
    pooled = [
        _moved(rows, Z, fit, everyone, predicted - Z @ fit[0], spread)
        for Z in (rows.X, with_group)
        for fit in [_least_squares(rows, Z, everyone, where)]
    ]
    return Groups(
        predicted=predicted,
        people=_people(rows, residual, np.maximum(squared, 0)),
        mass=(mass[0], mass[1]),
        value=(_value(rows, sides[0]), _value(rows, sides[1])),
        mean=(mean[0], mean[1]),
        mean_moved=(
            mean_moved(rows, columns, mean[0], sides[0]),
            mean_moved(rows, columns, mean[1], sides[1]),
        ),
        own=(own[0], own[1]),
        pooled=pooled[0],
        pooled_with_group=pooled[1],
    )


def _people(rows: Rows, residual: FloatArray, squared: FloatArray) -> People:
    """Return people with residuals widened for the freedom lost to their group's coefficients."""
    persons = np.where(rows.focus, rows.people[rows.focus].sum(), rows.people[~rows.focus].sum())
    wider = persons / np.maximum(persons - rows.X.shape[1], 1.0)
    return People(rows.people, residual * np.sqrt(wider), squared * wider, rows.cluster)


def _value(rows: Rows, side: BoolArray) -> float:
    return float((rows.total * rows.weight)[side].sum() / rows.mass[side].sum())


def mean_moved(rows: Rows, columns: FloatArray, mean: FloatArray, side: BoolArray) -> Moved:
    """Return how people move the mean columns of their side."""
    share = rows.weight * side / rows.mass[side].sum()
    a = (columns - mean) * share[:, np.newaxis]
    return Moved(a, np.zeros_like(a))


def _least_squares(
    rows: Rows, Z: FloatArray, side: BoolArray, where: str
) -> tuple[FloatArray, FloatArray]:
    """Return weighted least-squares coefficients and the inverse of Z'WZ of one side."""
    root = np.sqrt(rows.mass[side])
    scaled = Z[side] * root[:, np.newaxis]
    enough = len(scaled) >= Z.shape[1]
    orthogonal, triangle = np.linalg.qr(scaled) if enough else (scaled, np.zeros((1, 1)))
    length = np.sqrt((scaled**2).sum(axis=0)) if enough else np.ones(1)
    require(
        (np.abs(np.diag(triangle)) > DEPENDENT * length).all(),
        "In one of the groups a column does not vary, or repeats the others.",
        where=where,
        mend="leave the column out, or merge its level with another",
    )
    inverse = np.linalg.inv(triangle)
    outcome = root * rows.total[side] / rows.people[side]
    return inverse @ (orthogonal.T @ outcome), inverse @ inverse.T


def _moved(
    rows: Rows,
    Z: FloatArray,
    fit: tuple[FloatArray, FloatArray],
    side: BoolArray,
    distance: FloatArray | float,
    spread: FloatArray,
) -> Fitted:
    """Return the reported coefficients; ``distance`` is a pooled fit's from the groups' own."""
    beta, inverse = fit
    kept = spread.shape[1]
    b = (Z @ inverse[:, :kept] @ spread.T) * (rows.weight * side)[:, np.newaxis]
    apart = np.broadcast_to(np.asarray(distance), side.shape)[:, np.newaxis]
    return Fitted(spread @ beta[:kept], Moved(b * apart, b))
