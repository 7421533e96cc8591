"""The values of the levels of one slice: crude, directly standardised, adjusted for need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import means, proportions, rates, standardise
from equity_pipeline.statistics.clustered import clusters_by_level, few_events, ratio_by_level
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.need import (
    Family,
    NeedVariable,
    age_spline,
    marginal_standardisation,
    need_set,
)
from equity_pipeline.tables.cells import (
    AGE_MIDPOINTS,
    MORBIDITIES,
    N_STANDARD_STRATA,
    FloatArray,
    IntArray,
    Slice,
)

AGE_KNOTS = (10.0, 30.0, 50.0, 65.0, 80.0)
FEWEST_ROWS_FOR_A_MODEL = 50  # below this a logit with age, sex and morbidity says nothing


@dataclass(frozen=True, slots=True)
class Effect:
    """Values of the levels under one adjustment, with limits, covariance and clusters, (L,)."""

    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray
    n_clusters: IntArray
    method: str
    need_model: str = ""


def effects(cells: Slice, declared: Declaration, standard: FloatArray) -> Mapping[str, Effect]:
    """Return the effect of each adjustment that the slice can carry, by adjustment code.

    Parameters
    ----------
    cells
        One indicator, period and dimension.
    declared
        The indicator's declaration.
    standard
        Weights of the ten age and sex strata of the standard population, (10,).
    """
    made = {"crude": _crude(cells, declared)}
    if declared.population_base in {"calls", "areas"}:
        return made
    if _varies(cells.stratum):
        made["standardised"] = _standardised(cells, declared, standard)
    if cells.sums[0].sum() >= FEWEST_ROWS_FOR_A_MODEL:
        for adjustment, variables in _need_sets(cells):
            made[adjustment] = _need(cells, declared, variables)
    if declared.counts_events:
        return {name: _guarded(one, cells, declared) for name, one in made.items()}
    return made


def _guarded(effect: Effect, cells: Slice, declared: Declaration) -> Effect:
    """Return the effect with the variance of levels with few events held up."""
    _, at_risk, events, *_ = cells.by_level()
    scale = declared.scale**2
    held = few_events(effect.covariance / scale, events, at_risk, bounded=declared.is_proportion)
    unknown = np.isnan(effect.value)
    held[unknown, :] = held[:, unknown] = np.nan
    return replace(effect, covariance=held * scale)


def standard_weights(total: Slice) -> FloatArray:
    """Return the denominators of the standard population in the ten strata, (10,)."""
    made = np.bincount(total.stratum, total.sums[1], minlength=N_STANDARD_STRATA)
    return made.astype(np.float64)


def interval_of(sums: FloatArray, declared: Declaration) -> Estimate:
    """Return the crude values with the interval of the indicator's kind, from six sums (6, L)."""
    n, d, s, ss, sd, dd = sums
    if declared.kind == "proportion":
        return proportions.proportion(s, d)
    if declared.kind == "mean" and declared.denominator.sum is None:
        return means.mean(n, s, ss)
    made = rates.ratio_of_sums(n, d, s, ss, sd, dd, scale=declared.scale)
    if declared.kind == "area_mean":
        nothing = np.full_like(made.value, np.nan)
        return Estimate(made.value, nothing, nothing, nothing, "population_weighted_mean")
    return made


def standardised_interval(
    cells: Slice, declared: Declaration, standard: FloatArray, only_sex: int | None = None
) -> Estimate:
    """Return the directly standardised values with their interval, (L,).

    Of one sex the strata are the five age bands, so that both sexes share a standard.
    """
    place = _places(cells.dimension if only_sex is None else "sex")
    weights = _weights(cells, place, standard)
    chosen = np.ones(len(cells.level), bool) if only_sex is None else cells.sex == only_sex
    width = len(weights)
    cell = (cells.level * width + place[cells.stratum])[chosen]
    n, d, s, ss, sd, dd = (
        np.bincount(cell, row[chosen], minlength=cells.n_levels * width).reshape(-1, width)
        for row in cells.sums
    )
    if declared.kind == "proportion":
        return standardise.direct_proportion(s, d, weights)
    return standardise.direct_mean(n, d, s, ss, sd, dd, weights, scale=declared.scale)


def _places(dimension: str) -> IntArray:
    """Return where each of the ten age and sex strata goes: a dimension is no stratum of itself."""
    strata = np.arange(N_STANDARD_STRATA)
    if dimension == "sex":
        return strata // 2
    return strata % 2 if dimension == "age_band" else strata


def _weights(cells: Slice, place: IntArray, standard: FloatArray) -> FloatArray:
    """Return the standard's weights over the strata that the dimension's population reaches.

    Education is known from 25, income from 20: the standard is then the region's adults.
    """
    weights = np.bincount(place, standard).astype(np.float64)
    reached = np.bincount(place[cells.stratum], cells.sums[1], minlength=len(weights)) > 0
    return np.where(reached, weights, 0.0)


def _varies(codes: IntArray) -> bool:
    return len(codes) > 0 and bool((codes != codes[0]).any())


def _crude(cells: Slice, declared: Declaration) -> Effect:
    made = interval_of(cells.by_level(), declared)
    robust = ratio_by_level(
        cells.sums[2], cells.sums[1], cells.level, cells.cluster, n_levels=cells.n_levels
    )
    covariance = robust.covariance * declared.scale**2
    if declared.kind == "area_mean":
        covariance = np.full_like(covariance, np.nan)
    return Effect(made.value, made.lower, made.upper, covariance, robust.n_clusters, made.method)


def _standardised(cells: Slice, declared: Declaration, standard: FloatArray) -> Effect:
    place = _places(cells.dimension)
    robust = ratio_by_level(
        cells.sums[2],
        cells.sums[1],
        cells.level,
        cells.cluster,
        n_levels=cells.n_levels,
        stratum=place[cells.stratum],
        weights=_weights(cells, place, standard),
    )
    made = standardised_interval(cells, declared, standard)
    return Effect(
        made.value,
        made.lower,
        made.upper,
        robust.covariance * declared.scale**2,
        robust.n_clusters,
        made.method,
    )


def _need_sets(cells: Slice) -> list[tuple[str, tuple[NeedVariable, ...]]]:
    """Return the need sets that the slice carries: code, and the variables in it.

    A dimension is never adjusted for itself: sex drops sex, age drops age.
    """
    kept = need_set(("age", "sex", "morbidity"), stratum=cells.dimension).names
    basic = [name for name in kept if name != "morbidity" and _varies(_codes(cells, name))]
    if not basic:
        return []
    variables = tuple(_variable(cells, name) for name in basic)
    made = [("need_a", variables)]
    if "morbidity" in kept and _varies(cells.morbidity):
        made.append(("need_b", (*variables, _variable(cells, "morbidity"))))
    return made


def _codes(cells: Slice, name: str) -> IntArray:
    return {"age": cells.age, "sex": cells.sex, "morbidity": cells.morbidity}[name]


def _variable(cells: Slice, name: str) -> NeedVariable:
    codes = _codes(cells, name)
    if name == "age":
        return NeedVariable(name, codes, age_spline(AGE_MIDPOINTS, AGE_KNOTS))
    return NeedVariable.categorical(name, codes, n_codes=2 if name == "sex" else len(MORBIDITIES))


def _family(declared: Declaration) -> Family:
    return Family(declared.family)


def _need(cells: Slice, declared: Declaration, variables: tuple[NeedVariable, ...]) -> Effect:
    made = marginal_standardisation(
        cells.sums[2],
        cells.sums[1],
        cells.level,
        variables,
        cells.cluster,
        n_levels=cells.n_levels,
        family=_family(declared),
        stratum=cells.dimension,
    )
    scale = declared.scale
    return Effect(
        made.value * scale,
        made.lower * scale,
        made.upper * scale,
        made.covariance * scale**2,
        clusters_by_level(cells.level, cells.cluster, cells.sums[1], cells.n_levels),
        made.method,
        "+".join(variable.name for variable in variables),
    )
