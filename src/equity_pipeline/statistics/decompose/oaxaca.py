"""Oaxaca and Blinder: how much of a gap goes with what groups have, and with what it yields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.decompose.group_fits import (
    Fitted,
    Groups,
    Moved,
    Rows,
    fit_groups,
    read_rows,
)
from equity_pipeline.statistics.decompose.normalise import reported_columns
from equity_pipeline.statistics.estimate import Estimate, FloatArray, normal_estimate, require


class Reference(StrEnum):
    """Where a twofold decomposition takes its coefficients from, if not a weight of its own."""

    SIZE = "size"
    POOLED = "pooled"
    POOLED_WITH_GROUP = "pooled_with_group"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the gap: ``overall``, and ``by_column`` (Q,), which add up to it.

    The columns stand as: intercept, those of X, the base level of each normalised set.
    """

    overall: Estimate
    by_column: Estimate


@dataclass(frozen=True, slots=True)
class Threefold:
    """``gap = endowments + coefficients + interaction``, seen from the reference group."""

    gap: Estimate
    endowments: Part
    coefficients: Part
    interaction: Part


@dataclass(frozen=True, slots=True)
class Twofold:
    """``gap = explained + unexplained``; the latter is what each group is away from a common one.

    ``reference`` (Q,) holds the coefficients that were taken as common.
    """

    gap: Estimate
    explained: Part
    unexplained: Part
    unexplained_focus: Part
    unexplained_reference: Part
    reference: FloatArray


def threefold(
    y: ArrayLike,
    X: ArrayLike,
    focus: ArrayLike,
    *,
    people: ArrayLike | None = None,
    square: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    normalised: Sequence[Sequence[int]] = (),
    confidence: float = 0.95,
) -> Threefold:
    """Return the gap of two groups' means, split into endowments, coefficients, interaction.

    Parameters
    ----------
    y, X
        Outcome (m,) and columns (m, q) without intercept, of persons, or of cells of people
        with the same columns, then with ``y`` their mean.
    focus
        1 for rows of the focus group, 0 for the reference group, (m,); gaps are focus minus
        reference.
    people, square
        How many people a row stands for, and the sum of their squared outcomes (m,); persons,
        or people with equal outcomes, if None.
    weight
        Sampling weight of the row's people (m,).
    cluster
        Cluster of each row (m,), for errors robust against likeness within clusters.
    normalised
        Sets of columns of X (numbers from 0) that are the dummies of one factor without its base
        level: coefficients are then told as distances from the factor's mean level, so that
        the choice of base does not matter, and the base level gets a column of its own.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Threefold
        Parts add up exactly. Errors count columns as drawn with the people (Jann), from each
        person's influence, so they hold for unequal residual variances as well.

    Raises
    ------
    MethodError
        If arrays do not go together, a group has too few people, or a column does not vary
        within a group beyond the others.

    References
    ----------
    Oaxaca R (1973), doi:10.2307/2525981; Blinder AS (1973), doi:10.2307/144855.
    Jann B (2008), Stata Journal 8:453-479, doi:10.1177/1536867X0800800401.
    Yun MS (2005), doi:10.1111/j.1465-7295.2005.tb01057.x (normalised dummies).

    Examples
    --------
    >>> parts = threefold([1, 2, 4, 2, 3, 7], [[0], [1], [2], [0], [1], [3]], [0, 0, 0, 1, 1, 1])
    >>> [round(float(part.overall.value), 3) for part in
    ...  (parts.endowments, parts.coefficients, parts.interaction)]
    [0.5, 1.095, 0.071]
    """
    rows = read_rows(y, X, focus, people, square, weight, cluster, where="threefold")
    groups = fit_groups(
        rows, *reported_columns(rows.X, normalised, where="threefold"), where="threefold"
    )
    return Threefold(
        gap=_gap(groups, rows, confidence),
        endowments=_part(groups, [_Term((1, -1), (0, 1, 0))], groups.pooled, confidence),
        coefficients=_part(groups, [_Term((0, 1), (1, -1, 0))], groups.pooled, confidence),
        interaction=_part(groups, [_Term((1, -1), (1, -1, 0))], groups.pooled, confidence),
    )


def twofold(
    y: ArrayLike,
    X: ArrayLike,
    focus: ArrayLike,
    *,
    reference: Reference | float,
    people: ArrayLike | None = None,
    square: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    normalised: Sequence[Sequence[int]] = (),
    confidence: float = 0.95,
) -> Twofold:
    """Return the gap of two groups' means, split into an explained and an unexplained part.

    Parameters
    ----------
    y, X, focus, people, square, weight, cluster, normalised, confidence
        As in :func:`threefold`.
    reference
        The coefficients taken as common: a number from 0 (the reference group's) to 1 (the focus
        group's), ``SIZE`` (weighted by the groups' sizes), ``POOLED`` (everybody's) or
        ``POOLED_WITH_GROUP`` (everybody's, beside a column for the reference group: the common
        intercept is the focus group's, and the unexplained part stands at the reference group).
        The choice can change the sign of a part, so it has no default.

    Raises
    ------
    MethodError
        As :func:`threefold`; or if the reference is not between 0 and 1.

    References
    ----------
    Oaxaca R, Ransom MR (1994), doi:10.1016/0304-4076(94)90024-8.
    Cotton J (1988), doi:10.2307/1928307 (size).
    Neumark D (1988), doi:10.2307/145830 (pooled).
    Jann B (2008), Stata Journal 8:453-479, doi:10.1177/1536867X0800800401 (pooled with group).

    Examples
    --------
    >>> parts = twofold(
    ...     [1, 2, 4, 2, 3, 7], [[0], [1], [2], [0], [1], [3]], [0, 0, 0, 1, 1, 1], reference=0.5
    ... )
    >>> round(float(parts.explained.overall.value), 3), round(float(parts.gap.value), 3)
    (0.536, 1.667)
    """
    rows = read_rows(y, X, focus, people, square, weight, cluster, where="twofold")
    groups = fit_groups(
        rows, *reported_columns(rows.X, normalised, where="twofold"), where="twofold"
    )
    w, v, s = weights_of(reference, groups.mass, where="twofold")
    common = groups.pooled if reference == Reference.POOLED else groups.pooled_with_group
    own = _Term((1, 0), (1 - w, -v, -s))
    other = _Term((0, 1), (w, v - 1, s))
    return Twofold(
        gap=_gap(groups, rows, confidence),
        explained=_part(groups, [_Term((1, -1), (w, v, s))], common, confidence),
        unexplained=_part(groups, [own, other], common, confidence),
        unexplained_focus=_part(groups, [own], common, confidence),
        unexplained_reference=_part(groups, [other], common, confidence),
        reference=groups.own[0].beta * w + groups.own[1].beta * v + common.beta * s,
    )


@dataclass(frozen=True, slots=True)
class _Term:
    """A product of a sum of means (focus, reference) and one of coefficients (those, common)."""

    means: tuple[float, float]
    betas: tuple[float, float, float]


def weights_of(
    reference: Reference | float, mass: tuple[float, float], *, where: str
) -> tuple[float, float, float]:
    """Return what focus, reference and pooled coefficients weigh in the common ones."""
    if reference in (Reference.POOLED, Reference.POOLED_WITH_GROUP):
        return 0.0, 0.0, 1.0
    if reference == Reference.SIZE:
        share = mass[0] / sum(mass)
        return share, 1 - share, 0.0
    require(
        np.asarray(reference).dtype.kind in "fiu" and 0 <= reference <= 1,
        f"{reference} is no weight of the focus group's coefficients.",
        where=where,
        mend="give a number from 0 to 1, or one of Reference",
    )
    return float(reference), 1 - float(reference), 0.0


def _part(groups: Groups, terms: Sequence[_Term], common: Fitted, confidence: float) -> Part:
    """Return the sum of products with first-order errors and Jann's product of variances."""
    fits = [*groups.own, common]
    cover = groups.people.covariance
    values: list[FloatArray] = []
    moves: list[Moved] = []
    second = np.zeros(())
    for term in terms:
        u, u_moved = _sum(term.means, list(groups.mean), groups.mean_moved)
        v, v_moved = _sum(term.betas, [f.beta for f in fits], [f.moved for f in fits])
        values.append(u * v)
        moves.append(u_moved * v + v_moved * u)
        # a pooled fit hangs on the same people's columns: their variances do not just multiply
        if term.betas[2] == 0:
            second = second + cover(u_moved) * cover(v_moved)
    value = np.sum(values, axis=0)
    moved = _total(moves)
    # summed before they are squared: what cancels between columns leaves no rounding behind
    whole = cover(moved @ np.ones((len(value), 1)))[0, 0] + second.sum()
    each = np.diag(cover(moved) + second)
    return Part(
        overall=_estimate(value.sum(), whole, confidence, groups),
        by_column=_estimate(value, each, confidence, groups),
    )


def _sum(
    factors: Sequence[float], numbers: Sequence[FloatArray], moved: Sequence[Moved]
) -> tuple[FloatArray, Moved]:
    """Return a weighted sum of numbers, and how people move it."""
    value = np.sum([c * x for c, x in zip(factors, numbers, strict=True)], axis=0)
    return value, _total([one * c for c, one in zip(factors, moved, strict=True)])


def _total(moved: Sequence[Moved]) -> Moved:
    made = moved[0]
    for one in moved[1:]:
        made = made + one
    return made


def _estimate(value: ArrayLike, variance: ArrayLike, confidence: float, groups: Groups) -> Estimate:
    error = np.sqrt(np.maximum(variance, 0))
    method = "oaxaca_jann" if groups.people.cluster is None else "oaxaca_jann_cluster"
    made = normal_estimate(value, error, confidence=confidence, method=method)
    return replace(made, n=np.full(made.value.shape, groups.people.people.sum()))


def _gap(groups: Groups, rows: Rows, confidence: float) -> Estimate:
    """Return the gap of means; a person moves it by the distance of y from the group's mean."""
    a = np.zeros((len(rows.X), 1))
    b = np.zeros_like(a)
    for side, sign, value, mass in zip(
        (rows.focus, ~rows.focus), (1, -1), groups.value, groups.mass, strict=True
    ):
        share = rows.weight * side * sign / mass
        a[:, 0] += share * (groups.predicted - value)
        b[:, 0] += share
    variance = groups.people.covariance(Moved(a, b))[0, 0]
    return _estimate(groups.value[0] - groups.value[1], variance, confidence, groups)
