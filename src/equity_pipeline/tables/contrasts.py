"""Gaps, ratios and gradients of all slices, from their levels and these levels' covariance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import gaps, gradient, inequality
from equity_pipeline.statistics.clustered import few_clusters, t_p
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.tables.block import Block, BoolArray
from equity_pipeline.tables.cells import FloatArray, IntArray
from equity_pipeline.tables.effects import Effects
from equity_pipeline.vocabulary import MISSING, TOTAL, vocabulary

FEWEST_OF_A_GRADIENT = 3


def references(cells: Block) -> IntArray:
    """Return each slice's reference level (S,), -1 without one.

    It is the declared one, or for a descriptive dimension the largest; never "missing".
    """
    made = np.full(cells.shape[0], -1, dtype=np.int64)
    size = np.where(_known(cells), cells.by_level[1], -1.0)
    for number, dimension in enumerate(cells.dimension):
        declared = vocabulary().dimensions[dimension].reference
        if dimension == TOTAL or cells.held[number].sum() < 2:
            continue
        if declared is None:
            made[number] = np.argmax(size[number])
        elif declared in cells.names[number]:
            made[number] = list(cells.names[number]).index(declared)
    return made


def _known(cells: Block) -> BoolArray:
    """Return which levels can be a focus, a reference or part of a gradient (S, L)."""
    return np.asarray(cells.held & (cells.names != MISSING), dtype=bool)


def contrasts(cells: Block, declared: Declaration, effect: Effects) -> Iterator[dict[str, Any]]:
    """Yield blocks of rows for the long table: gaps by focus level, then the gradients.

    A level "missing" is shown as a level but is never a focus, a reference or part of a gradient.
    Every block has its rows' ``slice``; a block of gaps has their ``level`` too.
    """
    reference = references(cells)
    compared = effect.made & (reference >= 0)
    others = _known(cells) & (np.arange(cells.shape[1]) != reference[:, np.newaxis])
    number, focus = np.nonzero(others & compared[:, np.newaxis])
    if len(number):
        yield from _pairs(cells, declared, effect, number, focus, reference[number])
    yield from _summaries(cells, declared, effect, compared)


def _pairs(
    cells: Block,
    declared: Declaration,
    effect: Effects,
    number: IntArray,
    focus: IntArray,
    reference: IntArray,
) -> Iterator[dict[str, Any]]:
    both = np.stack([focus, reference], axis=1)
    at = number[:, np.newaxis]
    value = effect.value[at, both]
    covariance = effect.covariance[at[..., np.newaxis], both[:, :, np.newaxis], both[:, np.newaxis]]
    # degrees of freedom: the smaller number of clusters of the two groups, less one
    freedom = np.maximum(effect.n_clusters[at, both].min(axis=1) - 1.0, 1.0)
    plain = gaps.difference(value, covariance, 0, 1)
    gap = few_clusters(plain, freedom)
    ratio = few_clusters(gaps.ratio(value, covariance, 0, 1), freedom, log=True)
    made = {
        "gap_abs": gap,
        "gap_harm": _harm(gap, declared, effect, at, both),
        "ratio": ratio,
    }
    if declared.is_proportion and declared.direction == "higher":
        bad = gaps.ratio(1 - value, covariance, 0, 1)
        made["ratio_unfavourable"] = few_clusters(bad, freedom, log=True)
    elif declared.direction == "lower":
        made["ratio_unfavourable"] = ratio
    for measure, one in made.items():
        yield {
            "slice": number,
            "level": cells.names[number, focus],
            "measure": measure,
            "reference_level": cells.names[number, reference],
            "value": one.value,
            "lower": one.lower,
            "upper": one.upper,
            "method": one.method,
            "need_model": effect.need_model[number],
            "n_clusters": freedom + 1,
            "p_value": t_p(plain, freedom) if measure == "gap_abs" else np.nan,
        }


def _harm(
    gap: Estimate, declared: Declaration, effect: Effects, at: IntArray, both: IntArray
) -> Estimate:
    """Turn the gap so that above zero the focus group is worse off; a target of 1 needs both."""
    error = np.sqrt(np.diagonal(effect.covariance, axis1=1, axis2=2))
    focus, reference = (_at(effect, error, at[:, 0], side) for side in both.T)
    return gaps.harm(gap, declared.direction, focus=focus, reference=reference)


def _at(effect: Effects, error: FloatArray, number: IntArray, level: IntArray) -> Estimate:
    at = (number, level)
    return Estimate(effect.value[at], effect.lower[at], effect.upper[at], error[at], "value")


def _summaries(
    cells: Block, declared: Declaration, effect: Effects, compared: BoolArray
) -> Iterator[dict[str, Any]]:
    known = _known(cells)
    estimated = ~(known & np.isnan(effect.value)).any(axis=1)
    at = np.flatnonzero(compared & estimated & (known.sum(axis=1) >= 2))
    if len(at):
        shares = np.where(known, cells.by_level[1], 0.0)[at]
        values = np.where(known, effect.value, np.nan)[at]
        yield from _spreads(declared, effect, at, values, shares)
    ordered = {name for name, one in vocabulary().dimensions.items() if one.ordered}
    graded = np.array([name in ordered for name in cells.dimension[at]], dtype=bool)
    at = at[graded & (known[at].sum(axis=1) >= FEWEST_OF_A_GRADIENT)]
    if len(at):
        shares = np.where(known, cells.by_level[1], 0.0)[at]
        values = np.where(known, effect.value, np.nan)[at]
        yield from _gradients(declared, effect, at, values, shares)


def _summary(
    effect: Effects, at: IntArray, measure: str, made: Estimate | FloatArray
) -> dict[str, Any]:
    about = {"slice": at, "measure": measure, "need_model": effect.need_model[at]}
    if not isinstance(made, Estimate):
        return about | {"value": made, "method": "weighted"}
    return about | {
        "value": made.value,
        "lower": made.lower,
        "upper": made.upper,
        "method": made.method,
    }


def _spreads(
    declared: Declaration, effect: Effects, at: IntArray, values: FloatArray, shares: FloatArray
) -> Iterator[dict[str, Any]]:
    yield _summary(effect, at, "between_group_sd", inequality.between_group_sd(values, shares))
    if declared.direction in {"higher", "lower"}:
        best = inequality.mean_difference_from_best(values, shares, declared.direction)
        yield _summary(effect, at, "mean_diff_from_best", best)


def _gradients(
    declared: Declaration, effect: Effects, at: IntArray, values: FloatArray, shares: FloatArray
) -> Iterator[dict[str, Any]]:
    covariance = effect.covariance[at]
    slope = gradient.slope_index(values, shares, covariance)
    made = {
        "sii": slope.sii,
        "rii": slope.rii,
        "conc_index": gradient.concentration_index(values, shares, covariance),
    }
    if declared.is_proportion:
        made["erreygers_index"] = gradient.erreygers_index(values, shares, 0.0, 1.0, covariance)
    for measure, one in made.items():
        yield _summary(effect, at, measure, one)
