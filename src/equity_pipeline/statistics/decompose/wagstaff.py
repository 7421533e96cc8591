"""Wagstaff's decomposition: what each determinant adds to a concentration index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate, FloatArray, divide, require
from equity_pipeline.statistics.glm import GlmFit, fit_glm
from equity_pipeline.statistics.gradient.concentration import (
    Bounds,
    Normalisation,
    concentration,
    normalised_index,
)
from equity_pipeline.statistics.gradient.rank_error import influence
from equity_pipeline.statistics.horizontal.determinants import Determinants, only, read_determinants
from equity_pipeline.statistics.need.family import Family


@dataclass(frozen=True, slots=True)
class Wagstaff:
    """Determinants (q,) and a residual that add up to the overall index.

    Attributes
    ----------
    overall, residual
        The outcome's concentration index, and what the determinants leave of it.
    coefficients
        Of the linear model of the outcome on the determinants (q,).
    elasticity
        Coefficient times the determinant's mean over the outcome's mean (q,).
    index
        The determinant's own concentration index (q,); NaN if its mean is 0.
    contribution
        What it adds to the overall index (q,); elasticity times index for the standard one.
    share
        Contribution over the overall index (q,); NaN if that is 0. Where the overall index is
        not clearly away from 0 no limits of a share can be relied on.
    """

    overall: Estimate
    residual: Estimate
    coefficients: Estimate
    elasticity: Estimate
    index: Estimate
    contribution: Estimate
    share: Estimate


@dataclass(frozen=True, slots=True)
class _Moved:
    """A number of each determinant (q,) and how a unit of each row's weight moves it (m, q)."""

    value: FloatArray
    moved: FloatArray

    def __mul__(self, other: _Moved) -> _Moved:
        return _Moved(self.value * other.value, self.moved * other.value + self.value * other.moved)

    def over(self, other: _Moved) -> _Moved:
        """Return the quotient, NaN where the other is 0."""
        value = divide(self.value, other.value)
        return _Moved(value, divide(self.moved - value * other.moved, other.value))


def wagstaff(
    y: ArrayLike,
    rank: ArrayLike,
    determinants: ArrayLike,
    *,
    index: Normalisation = Normalisation.STANDARD,
    bounds: Bounds | None = None,
    people: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Wagstaff:
    """Return what each determinant adds to the outcome's concentration index.

    Parameters
    ----------
    y
        Outcome of each row (m,).
    rank
        What people are ranked by (m,); equal values share their mid-rank.
    determinants
        Columns (m, q) of the linear model of the outcome, without intercept.
    index, bounds
        How indices are normalised, and the least and greatest possible outcome where that needs
        them; contributions and residual are parts of this index.
    people
        How many people a row stands for, all with the same outcome (m,); 1 if None.
    weight
        Sampling weight of each row (m,).
    cluster
        Cluster of each row (m,), for errors robust against likeness within clusters.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Wagstaff
        Contributions and residual add up exactly. Errors are made by the delta method from each
        person's influence on coefficients, means and ranks together. With fewer than forty
        clusters limits use Student's t.

    Raises
    ------
    MethodError
        If arrays do not go together or hold missing numbers, determinants repeat each other, or
        all have one rank.

    References
    ----------
    Wagstaff A, van Doorslaer E, Watanabe N (2003), doi:10.1016/S0304-4076(02)00161-6.

    Examples
    --------
    >>> made = wagstaff([1, 2, 2, 5], rank=[1, 2, 3, 4], determinants=[[0], [1], [0], [1]])
    >>> [round(float(x), 4) for x in (made.contribution.value[0], made.residual.value)]
    [0.1, 0.2]
    >>> round(float(made.overall.value), 4)
    0.3
    """
    rows = read_determinants(y, rank, determinants, people, weight, cluster, where="wagstaff")
    overall = concentration(rows.ranked(rows.y), index=index, bounds=bounds, confidence=confidence)
    fit = fit_glm(rows.y, _with_intercept(rows), family=Family.GAUSSIAN, weight=rows.mass)
    require(
        fit.converged and bool(fit.kept.all()),
        "A determinant does not vary, or repeats those before it.",
        where="wagstaff",
        mend="leave it out, or leave out one level of each factor",
    )
    beta = _coefficients(rows, fit)
    ranked, means = _rank_totals(rows, rows.columns), _means(rows, rows.columns)
    outcome, mean = _rank_totals(rows, rows.y[:, np.newaxis]), _means(rows, rows.y[:, np.newaxis])
    whole = _normalised(outcome, mean, index, bounds)
    parts = _normalised(beta * ranked, mean, index, bounds)
    residual = _Moved(
        whole.value - parts.value.sum(),
        whole.moved - parts.moved.sum(axis=1, keepdims=True),
    )

    def told(one: _Moved) -> Estimate:
        return _estimate(one.value, one.moved, rows, confidence)

    return Wagstaff(
        overall=only(overall),
        residual=only(told(residual)),
        coefficients=told(beta),
        elasticity=told((beta * means).over(mean)),
        index=told(ranked.over(means)),
        contribution=told(parts),
        share=told(parts.over(whole)),
    )


def _with_intercept(rows: Determinants) -> FloatArray:
    return np.hstack([np.ones((len(rows.y), 1)), rows.columns])


def _coefficients(rows: Determinants, fit: GlmFit) -> _Moved:
    apart = (rows.y - fit.mean)[:, np.newaxis] * fit.design
    moved = apart @ np.linalg.inv(fit.information)[:, 1:] * rows.mass.sum()
    freedom = rows.people.sum() / max(rows.people.sum() - len(fit.coefficients), 1.0)
    return _Moved(fit.coefficients[1:], moved * np.sqrt(freedom))


def _means(rows: Determinants, columns: FloatArray) -> _Moved:
    mean = rows.mass @ columns / rows.mass.sum()
    return _Moved(mean, columns - mean)


def _rank_totals(rows: Determinants, columns: FloatArray) -> _Moved:
    """Return twice the covariances with the rank, and how people move them."""
    values, moves = [], []
    for column in columns.T:
        ranked = rows.ranked(column)
        ends = (2 * ranked.groups.lower - 1, 2 * ranked.groups.upper - 1)
        moved = influence(ranked, 2 * ranked.groups.middle - 1, ends)
        middle = 2 * ranked.groups.middle[ranked.groups.of_record] - 1
        values.append(rows.mass @ (middle * (column - ranked.average)) / rows.mass.sum())
        moves.append(moved.base + moved.factor * column)
    return _Moved(np.array(values), np.array(moves).T.reshape(len(rows.y), len(values)))


def _normalised(total: _Moved, mean: _Moved, index: Normalisation, bounds: Bounds | None) -> _Moved:
    """Return parts of the generalised index as parts of the index that is asked for."""
    level = np.broadcast_to(mean.value, total.value.shape)
    value, by_total, by_mean = normalised_index(index, total.value, level, bounds)
    return _Moved(value, total.moved * by_total + mean.moved * by_mean)


def _estimate(
    value: FloatArray, moved: FloatArray, rows: Determinants, confidence: float
) -> Estimate:
    """Return numbers with limits from the squared influence of people or clusters."""
    total, persons = rows.mass.sum(), rows.people.sum()
    if rows.cluster is None:
        variance = (rows.people * rows.weight**2) @ moved**2 * persons / (persons - 1)
    else:
        summed = np.zeros((rows.groups, moved.shape[1]))
        np.add.at(summed, rows.cluster, moved * rows.mass[:, np.newaxis])
        variance = (summed**2).sum(axis=0) * rows.groups / (rows.groups - 1)
    method = "wagstaff_delta" if rows.cluster is None else "wagstaff_delta_cluster"
    return rows.limited(value, np.sqrt(variance) / total, method, confidence)
