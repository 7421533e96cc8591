"""Oaxaca and Blinder for shares and counts: the parts of a gap of means on a curved link."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.decompose.group_fits import (
    Moved,
    People,
    Rows,
    mean_moved,
    read_rows,
)
from equity_pipeline.statistics.decompose.oaxaca import Part, Reference, Twofold, weights_of
from equity_pipeline.statistics.estimate import (
    BoolArray,
    Estimate,
    FloatArray,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.glm import fit_glm
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import one_of, together

FARTHEST = 300.0  # on the link scale: no share or count lies so far away


@dataclass(frozen=True, slots=True)
class _Number:
    """A number or a row of them (q,), and how people move it, (m, q)."""

    value: FloatArray
    moved: Moved

    def __add__(self, other: _Number) -> _Number:
        return _Number(self.value + other.value, self.moved + other.moved)

    def __sub__(self, other: _Number) -> _Number:
        return self + other.times(-1.0)

    def times(self, factor: float) -> _Number:
        """Return the number times a constant."""
        return _Number(self.value * factor, self.moved * factor)

    def product(self, other: _Number) -> _Number:
        """Return the product, place by place."""
        return _Number(
            self.value * other.value, self.moved * other.value + other.moved * self.value
        )

    def total(self) -> _Number:
        """Return the sum of the row."""
        ones = np.ones((len(self.value), 1))
        return _Number(self.value @ ones, self.moved @ ones)


@dataclass(frozen=True, slots=True)
class _Curves:
    """Both groups with a family's fits."""

    rows: Rows
    family: Family
    people: People

    def mean(self, side: BoolArray, beta: _Number) -> _Number:
        """Return the mean prediction of a side's people with some coefficients."""
        share = self.rows.mass * side / self.rows.mass[side].sum()
        made = self.family.mean(self.rows.X @ beta.value)
        value = np.array([share @ made])
        gradient = (share * self.family.slope(made)) @ self.rows.X
        a = ((made - value) * self.rows.weight * side / self.rows.mass[side].sum())[:, np.newaxis]
        return _Number(value, Moved(a, np.zeros_like(a)) + beta.moved @ gradient[:, np.newaxis])

    def columns(self, side: BoolArray) -> _Number:
        """Return the mean columns of a side's people."""
        mean = self.rows.mass[side] @ self.rows.X[side] / self.rows.mass[side].sum()
        return _Number(mean, mean_moved(self.rows, self.rows.X, mean, side))

    def part(self, whole: _Number, each: _Number, confidence: float) -> Part:
        """Return a part, given to columns in the shares that they have on the link scale."""
        sum_of = each.total()
        has_parts = abs(sum_of.value[0]) > 1e-14
        scale = whole.value / sum_of.value if has_parts else np.zeros(1)
        inverse = 1 / sum_of.value if has_parts else np.zeros(1)
        share = each.value * inverse
        moved = each.moved * scale + (whole.moved * inverse) @ each.value[np.newaxis]
        moved = moved + (sum_of.moved * -scale) @ share[np.newaxis]
        return Part(
            overall=self._told(whole.value[0], whole.moved, confidence),
            by_column=self._told(each.value * scale, moved, confidence),
        )

    def _told(self, value: ArrayLike, moved: Moved, confidence: float) -> Estimate:
        variance = np.diag(self.people.covariance(moved)).reshape(np.shape(value))
        method = f"yun_{self.family}_delta" + ("" if self.people.cluster is None else "_cluster")
        made = normal_estimate(
            value, np.sqrt(np.maximum(variance, 0)), confidence=confidence, method=method
        )
        return replace(made, n=self.people.people.sum())


def nonlinear_twofold(
    y: ArrayLike,
    X: ArrayLike,
    focus: ArrayLike,
    *,
    family: Family,
    reference: Reference | float,
    people: ArrayLike | None = None,
    square: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Twofold:
    """Return the gap of two groups' shares or counts, split into explained and unexplained.

    The explained part is what the two groups' mean predictions differ by when both are given the
    common coefficients. It is given to the columns in the shares that they have on the link
    scale, which depend on no order of the columns.

    Parameters
    ----------
    y, X, focus, people, weight, cluster, confidence
        As in :func:`threefold`; for BINOMIAL ``y`` is the share of the row's people.
    family
        BINOMIAL (logit) or POISSON (log): with these the mean prediction of a group is its mean.
    reference
        As in :func:`twofold`.
    square
        Sum of the squared counts of the row's people, for POISSON; of no use for BINOMIAL.

    Raises
    ------
    MethodError
        As :func:`twofold`; or if the family is another, or a group's model does not settle.

    References
    ----------
    Yun MS (2004), doi:10.1016/S0165-1765(03)00239-1.
    Fairlie RW (2005), doi:10.3233/JEM-2005-0259.

    Examples
    --------
    >>> parts = nonlinear_twofold(
    ...     [0.2, 0.5, 0.3, 0.7], [[0], [1], [0], [1]], [0, 0, 1, 1],
    ...     family=Family.BINOMIAL, reference=0.0, people=[50, 50, 20, 80],
    ... )
    >>> [round(float(part.overall.value), 3) for part in (parts.explained, parts.unexplained)]
    [0.09, 0.18]
    """
    where = "nonlinear_twofold"
    family = one_of(family, Family, where=where)
    require(
        family in (Family.BINOMIAL, Family.POISSON),
        f"The mean prediction of the family {family} is not the mean.",
        where=where,
        mend="give BINOMIAL or POISSON, or use twofold for amounts",
    )
    counts = np.multiply(*together(y, 1.0 if people is None else people, where=where))
    squares = counts if family is Family.BINOMIAL else square
    rows = read_rows(y, X, focus, people, squares, weight, cluster, where=where)
    sides = (rows.focus, ~rows.focus)
    known, own, pooled = _fitted(rows, family, reference, where)
    w, v, s = weights_of(reference, _masses(rows), where=where)
    common = own[0].times(w) + own[1].times(v) + pooled.times(s)
    a, b = (known.columns(side) for side in sides)
    focus_part = known.mean(sides[0], own[0]) - known.mean(sides[0], common)
    other_part = known.mean(sides[1], common) - known.mean(sides[1], own[1])
    explained = known.mean(sides[0], common) - known.mean(sides[1], common)
    gap = focus_part + other_part + explained
    of_focus = known.part(focus_part, a.product(own[0] - common), confidence)
    of_other = known.part(other_part, b.product(common - own[1]), confidence)
    apart = a.product(own[0] - common) + b.product(common - own[1])
    return Twofold(
        gap=known.part(gap, gap, confidence).overall,
        explained=known.part(explained, (a - b).product(common), confidence),
        unexplained=known.part(focus_part + other_part, apart, confidence),
        unexplained_focus=of_focus,
        unexplained_reference=of_other,
        reference=common.value,
    )


def _masses(rows: Rows) -> tuple[float, float]:
    return float(rows.mass[rows.focus].sum()), float(rows.mass[~rows.focus].sum())


def _fitted(
    rows: Rows, family: Family, reference: Reference | float, where: str
) -> tuple[_Curves, list[_Number], _Number]:
    """Return the residuals about the own fits, both groups' coefficients and pooled ones."""
    sides = (rows.focus, ~rows.focus)
    betas = [_coefficients(rows, rows.X, side, family, where) for side in sides]
    require(
        all(np.abs(rows.X @ beta).max() < FARTHEST for beta, _ in betas),
        "With the other group's coefficients some predictions have no end.",
        where=where,
        mend="leave out rows of one group whose columns are far from the other group's",
    )
    means = [family.mean(rows.X @ beta) for beta, _ in betas]
    mean = np.where(rows.focus, means[0], means[1])
    residual = rows.total - rows.people * mean
    squared = rows.square - 2 * mean * rows.total + rows.people * mean**2
    people = People(rows.people, residual, np.maximum(squared, 0), rows.cluster)
    Z = rows.X
    if reference == Reference.POOLED_WITH_GROUP:
        Z = np.hstack([Z, ~rows.focus[:, np.newaxis]])
    everyone = np.ones(len(Z), dtype=bool)
    pooled = _coefficients(rows, Z, everyone, family, where)
    apart = mean - family.mean(Z @ pooled[0])
    own = [
        _moving(rows, rows.X, fit, side, np.zeros(len(Z)))
        for fit, side in zip(betas, sides, strict=True)
    ]
    return _Curves(rows, family, people), own, _moving(rows, Z, pooled, everyone, apart)


def _coefficients(
    rows: Rows, Z: FloatArray, side: BoolArray, family: Family, where: str
) -> tuple[FloatArray, FloatArray]:
    """Return coefficients and the inverse information of one side's fit."""
    fit = fit_glm(rows.total / rows.people, Z, family=family, weight=rows.mass * side)
    require(
        fit.converged and bool(fit.kept.all()),
        "The model of one of the groups does not settle, or a column does not vary in it.",
        where=where,
        mend="leave out columns that separate the outcomes or repeat others",
    )
    return fit.coefficients, np.asarray(np.linalg.inv(fit.information))


def _moving(
    rows: Rows,
    Z: FloatArray,
    fit: tuple[FloatArray, FloatArray],
    side: BoolArray,
    apart: FloatArray,
) -> _Number:
    kept = rows.X.shape[1]
    b = (Z @ fit[1])[:, :kept] * (rows.weight * side)[:, np.newaxis]
    return _Number(fit[0][:kept], Moved(b * apart[:, np.newaxis], b))
