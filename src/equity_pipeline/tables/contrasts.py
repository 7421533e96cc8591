"""Gaps, ratios and gradients of one dimension, from its levels and their covariance."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import gaps, gradient, inequality
from equity_pipeline.statistics.clustered import few_clusters, t_p
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.tables.cells import FloatArray, IntArray, Slice
from equity_pipeline.tables.effects import Effect
from equity_pipeline.vocabulary import MISSING, TOTAL, vocabulary


def reference_of(cells: Slice) -> str | None:
    """Return the reference level: the declared one, or for a descriptive dimension the largest."""
    declared = vocabulary().dimensions[cells.dimension]
    if cells.dimension == TOTAL or len(cells.levels) < 2:
        return None
    if declared.reference is not None:
        return declared.reference if declared.reference in cells.levels else None
    return cells.levels[int(np.argmax(cells.by_level()[1]))]


def contrasts(cells: Slice, declared: Declaration, effect: Effect) -> Iterator[dict[str, Any]]:
    """Yield blocks of rows for the long table: gaps by focus level, then the gradients.

    A level "missing" is shown as a level but is never a focus, a reference or part of a gradient.
    """
    reference = reference_of(cells)
    if reference is None:
        return
    at = cells.levels.index(reference)
    focus = np.array(
        [i for i, name in enumerate(cells.levels) if name not in {reference, MISSING}],
        dtype=np.int64,
    )
    if len(focus):
        yield from _pairs(cells, declared, effect, focus, at)
    known = [i for i, name in enumerate(cells.levels) if name != MISSING]
    if len(known) >= 2:
        yield from _summaries(cells, declared, effect, np.array(known, dtype=np.int64))


def _freedom(effect: Effect, focus: IntArray, at: int) -> FloatArray:
    """Return degrees of freedom: the smaller number of clusters of the two groups, less one."""
    fewest = np.minimum(effect.n_clusters[focus], effect.n_clusters[at])
    return np.asarray(np.maximum(fewest - 1, 1), dtype=np.float64)


def _pairs(
    cells: Slice, declared: Declaration, effect: Effect, focus: IntArray, at: int
) -> Iterator[dict[str, Any]]:
    freedom = _freedom(effect, focus, at)
    plain = gaps.difference(effect.value, effect.covariance, focus, at)
    gap = few_clusters(plain, freedom)
    p_value = t_p(plain, freedom)
    ratio = _ratio(effect.value, effect, focus, at)
    made = {"gap_abs": gap, "gap_harm": _harm(gap, declared, effect, focus, at), "ratio": ratio}
    if declared.is_proportion and declared.direction == "higher":
        made["ratio_unfavourable"] = _ratio(1 - effect.value, effect, focus, at)
    elif declared.direction == "lower":
        made["ratio_unfavourable"] = ratio
    for measure, one in made.items():
        yield {
            "n": len(focus),
            "level": [cells.levels[i] for i in focus],
            "measure": measure,
            "reference_level": cells.levels[at],
            "value": one.value,
            "lower": one.lower,
            "upper": one.upper,
            "method": one.method,
            "need_model": effect.need_model,
            "n_clusters": freedom + 1,
            "p_value": p_value if measure == "gap_abs" else np.nan,
        }


def _ratio(values: FloatArray, effect: Effect, focus: IntArray, at: int) -> Estimate:
    made = gaps.ratio(values, effect.covariance, focus, at)
    return few_clusters(made, _freedom(effect, focus, at), log=True)


def _harm(
    gap: Estimate, declared: Declaration, effect: Effect, focus: IntArray, at: int
) -> Estimate:
    """Turn the gap so that above zero the focus group is worse off; a target of 1 needs both."""
    return gaps.harm(
        gap, declared.direction, focus=_at(effect, focus), reference=_at(effect, np.array(at))
    )


def _at(effect: Effect, levels: IntArray) -> Estimate:
    error = np.sqrt(np.diag(effect.covariance)[levels])
    return Estimate(
        effect.value[levels], effect.lower[levels], effect.upper[levels], error, effect.method
    )


def _summaries(
    cells: Slice, declared: Declaration, effect: Effect, known: IntArray
) -> Iterator[dict[str, Any]]:
    values = effect.value[known]
    if np.isnan(values).any():
        return
    weights = cells.by_level()[1][known]
    shares = weights / weights.sum()
    covariance = effect.covariance[np.ix_(known, known)]
    for measure, (value, lower, upper, method) in _measures(
        cells.dimension, declared, values, shares, covariance
    ):
        yield {
            "n": 1,
            "measure": measure,
            "value": float(value),
            "lower": float(lower),
            "upper": float(upper),
            "method": method,
            "need_model": effect.need_model,
        }


def _measures(
    dimension: str,
    declared: Declaration,
    values: FloatArray,
    shares: FloatArray,
    covariance: FloatArray,
) -> Iterator[tuple[str, tuple[Any, Any, Any, str]]]:
    nothing = (np.nan, np.nan)
    yield (
        "between_group_sd",
        (inequality.between_group_sd(values, shares), *nothing, "weighted"),
    )
    if declared.direction in {"higher", "lower"}:
        best = inequality.mean_difference_from_best(values, shares, declared.direction)
        yield "mean_diff_from_best", (best, *nothing, "weighted")
    if not vocabulary().dimensions[dimension].ordered or len(values) < 3:
        return
    slope = gradient.slope_index(values, shares, covariance)
    index = gradient.concentration_index(values, shares, covariance)
    made = {"sii": slope.sii, "rii": slope.rii, "conc_index": index}
    if declared.is_proportion:
        made["erreygers_index"] = gradient.erreygers_index(values, shares, 0.0, 1.0, covariance)
    for measure, one in made.items():
        yield measure, (one.value, one.lower, one.upper, one.method)
