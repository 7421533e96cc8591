"""The values of the levels of all slices: crude, directly standardised, adjusted for need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import means, proportions, rates, standardise
from equity_pipeline.statistics.clustered import few_events
from equity_pipeline.statistics.clustered_tables import ratios_by_level
from equity_pipeline.statistics.estimate import Caution, Estimate
from equity_pipeline.tables.block import Block, BoolArray, TextArray
from equity_pipeline.tables.cells import N_STANDARD_STRATA, FloatArray, IntArray
from equity_pipeline.tables.need_effects import need_effects
from equity_pipeline.vocabulary import TOTAL

UNADJUSTED = {"calls", "areas"}  # what has no age and no sex


def is_adjusted(declared: Declaration) -> bool:
    """Return whether values are adjusted: not where ages are unknown, nor twice.

    A ratio of observed to expected has age, sex and what else is need in the expected number.
    """
    return declared.population_base not in UNADJUSTED and declared.kind != "ratio"


@dataclass(frozen=True, slots=True)
class Effects:
    """One adjustment's values of all levels (S, L), NaN where there is none.

    Attributes
    ----------
    made
        Which slices carry the adjustment (S,).
    covariance
        Of each slice's levels (S, L, L).
    n_clusters
        Clusters that hold people of the level (S, L).
    method, need_model
        Of each slice (S,).
    """

    made: BoolArray
    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray
    n_clusters: IntArray
    method: TextArray
    need_model: TextArray


def effects(cells: Block, declared: Declaration, standard: FloatArray) -> Mapping[str, Effects]:
    """Return the effects of each adjustment that some slice can carry, by adjustment code.

    Parameters
    ----------
    cells
        All cells of the indicator.
    declared
        The indicator's declaration.
    standard
        Weights of the ten age and sex strata of the standard population, per slice (S, 10).
    """
    crude = _crude(cells, declared)
    made = {"crude": crude}
    if is_adjusted(declared):
        made["standardised"] = _standardised(cells, declared, standard)
        for code, need in need_effects(cells, declared).items():
            method, models = need.method, need.need_model
            made[code] = Effects(
                need.made, need.value, need.lower, need.upper, need.covariance,
                crude.n_clusters, method, models,
            )  # fmt: skip
    if declared.counts_events and declared.population_base not in UNADJUSTED:
        return {name: _guarded(one, cells, declared) for name, one in made.items()}
    return made


def _guarded(effect: Effects, cells: Block, declared: Declaration) -> Effects:
    """Return the effects with the variance of levels with few events held up."""
    _, at_risk, events, *_ = cells.by_level
    scale = declared.scale**2
    held = few_events(effect.covariance / scale, events, at_risk, bounded=declared.is_proportion)
    unknown = np.isnan(effect.value)
    either = unknown[:, :, np.newaxis] | unknown[:, np.newaxis]
    return replace(effect, covariance=np.where(either, np.nan, held * scale))


def standards(cells: Block, standard_period: str) -> FloatArray:
    """Return each slice's standard (S, 10): the whole region's people in the standard period.

    Where the indicator has no cells then, the region's people in the slice's own period; without
    a total, the slice's own people.
    """
    made = cells.by_stratum[1].sum(axis=1)
    totals = {cells.period_code[i]: made[i] for i in np.flatnonzero(cells.dimension == TOTAL)}
    if standard_period in totals:
        return np.broadcast_to(totals[standard_period], made.shape)
    own = [totals.get(period, made[i]) for i, period in enumerate(cells.period_code)]
    return np.array(own, dtype=np.float64)


def interval_of(sums: FloatArray, declared: Declaration) -> Estimate:
    """Return the crude values with the interval of the indicator's kind, from six sums (6, ...)."""
    n, d, s, ss, sd, dd = sums
    if declared.kind == "proportion":
        return proportions.proportion(s, d)
    if declared.kind == "ratio" and declared.counts_events:
        # persons over the number that is expected, which is taken as known
        return rates.rate(np.where(d > 0, s, 0.0), d, scale=declared.scale)
    if declared.kind == "mean" and declared.denominator.sum is None:
        return means.mean(n, s, ss)
    made = rates.ratio_of_sums(n, d, s, ss, sd, dd, scale=declared.scale)
    if declared.kind == "area_mean":
        nothing = np.full_like(made.value, np.nan)
        return Estimate(made.value, nothing, nothing, nothing, "population_weighted_mean")
    return made


def standardised_interval(
    sums: FloatArray, weights: FloatArray, declared: Declaration
) -> tuple[Estimate, TextArray]:
    """Return directly standardised values with their interval (S, L), and each slice's method.

    Parameters
    ----------
    sums
        The six sums by level and stratum (6, S, L, K).
    weights
        The standard's weights of the strata in each slice (S, K).
    """
    known = weights.sum(axis=-1) > 0
    asked = np.where(known[:, np.newaxis], weights, 1.0)[:, np.newaxis]
    n, d, s, ss, sd, dd = sums
    if declared.kind == "proportion":
        made = standardise.direct_proportion(s, d, asked)
    else:
        made = standardise.direct_mean(n, d, s, ss, sd, dd, asked, scale=declared.scale)
    without = np.zeros(made.value.shape, dtype=bool)
    left_out = made.warnings.get(Caution.LEFT_OUT, without).any(axis=1)
    plain = made.method.removesuffix("_renormalised")
    told = np.where(left_out, f"{plain}_renormalised", plain).astype(object)
    return made.where(known[:, np.newaxis]), told


def standard_strata(cells: Block) -> IntArray:
    """Return where each of the ten age and sex strata goes in each slice (S, 10).

    A dimension is no stratum of itself: sex has the age bands, age the sexes.
    """
    strata = np.arange(N_STANDARD_STRATA)
    made = np.broadcast_to(strata, (cells.shape[0], N_STANDARD_STRATA)).copy()
    made[cells.dimension == "sex"] = strata // 2 * 2
    made[cells.dimension == "age_band"] = strata % 2
    return made


def placed(numbers: FloatArray, strata: IntArray) -> FloatArray:
    """Return numbers by stratum (..., S, [L,] 10) summed into their slices' strata."""
    goes = strata[:, :, np.newaxis] == np.arange(N_STANDARD_STRATA)
    if numbers.ndim == 2:
        return np.asarray((numbers[:, np.newaxis] @ goes)[:, 0], dtype=np.float64)
    return np.asarray(numbers @ goes, dtype=np.float64)


def reached_weights(cells: Block, standard: FloatArray, strata: IntArray) -> FloatArray:
    """Return the standard's weights over the strata that the dimension's population reaches.

    Education is known from 25, income from 20: the standard is then the region's adults.
    """
    reached = placed(cells.by_stratum[1].sum(axis=1), strata) > 0
    return np.where(reached, placed(standard, strata), 0.0)


def _crude(cells: Block, declared: Declaration) -> Effects:
    made = interval_of(cells.by_level, declared)
    robust = ratios_by_level(
        cells.sums[2], cells.sums[1], cells.slice, cells.level, cells.cluster, shape=cells.shape
    )
    covariance = robust.covariance * declared.scale**2
    if declared.kind == "area_mean":
        covariance = np.full_like(covariance, np.nan)
    return Effects(
        np.ones(cells.shape[0], bool),
        made.value,
        made.lower,
        made.upper,
        covariance,
        robust.n_clusters,
        np.full(cells.shape[0], made.method, object),
        np.full(cells.shape[0], "", object),
    )


def _standardised(cells: Block, declared: Declaration, standard: FloatArray) -> Effects:
    strata = standard_strata(cells)
    weights = reached_weights(cells, standard, strata)
    robust = ratios_by_level(
        cells.sums[2],
        cells.sums[1],
        cells.slice,
        cells.level,
        cells.cluster,
        shape=cells.shape,
        stratum=strata[cells.slice, cells.stratum],
        weights=weights,
    )
    made, method = standardised_interval(placed(cells.by_stratum, strata), weights, declared)
    return Effects(
        cells.varies(cells.stratum),
        made.value,
        made.lower,
        made.upper,
        robust.covariance * declared.scale**2,
        robust.n_clusters,
        method,
        np.full(cells.shape[0], "", object),
    )
