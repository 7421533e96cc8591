"""Levels with and without unit effects, and how each unit pulls at them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.absorb import Rows, UnitFit
from equity_pipeline.statistics.need.cells import Patterns
from equity_pipeline.statistics.need.design import IntArray, fold
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.need.fit import fit
from equity_pipeline.statistics.need.influence import influence, table_by_group
from equity_pipeline.statistics.need.options import Covariates, Spread
from equity_pipeline.statistics.need.population import population


@dataclass(frozen=True, slots=True)
class LevelPulls:
    """Values of all levels (L,) and the units' pulls on them (G, L); NaN where unknown."""

    value: FloatArray
    pull: FloatArray


@dataclass(frozen=True, slots=True)
class UnitPeople:
    """The population by unit and need pattern: codes, shares (Q,), and predictions (Q, K)."""

    unit: IntArray
    pattern: IntArray
    share: FloatArray
    prediction: FloatArray
    known: FloatArray


def unit_people(patterns: Patterns, inside: UnitFit) -> UnitPeople:
    """Return the people of units whose effect is known, with their predictions."""
    cells = patterns.cells
    known = (
        cells.weight
        * np.isfinite(np.where(np.isinf(inside.effect), 0, inside.effect))[cells.cluster]
    )
    place, size = fold(
        [cells.cluster, patterns.of_cell], [cells.n_clusters, patterns.size], len(known)
    )
    member = np.zeros(size, dtype=np.int64)
    member[place] = np.arange(len(place))
    unit, pattern = cells.cluster[member], patterns.of_cell[member]
    need = np.zeros(patterns.size)
    for term in inside.terms:
        need += (term.basis @ inside.coefficients[term.where])[patterns.codes[term.variable]]
    eta = np.nan_to_num(inside.effect, nan=0.0, posinf=np.inf, neginf=-np.inf)[unit] + need[pattern]
    prediction = inside.family.mean(eta[:, np.newaxis] + inside.coefficients[: inside.levels])
    share = np.bincount(place, known, size) / known.sum()
    return UnitPeople(unit, pattern, share, prediction, known)


def without_units(
    patterns: Patterns, family: Family, weight: FloatArray, spread: Spread
) -> LevelPulls | None:
    """Return the levels without unit effects, over the people whose unit's effect is known."""
    share = np.bincount(patterns.of_cell, weight, patterns.size) / weight.sum()
    over = replace(patterns, cells=replace(patterns.cells, weight=weight), share=share)
    fitted = fit(over, family)
    if fitted is None:
        return None
    of = population(over, fitted)
    pull = influence(over, fitted, of.left, of.target, spread)
    return _placed(of.value, pull, fitted.position)


def _placed(value: FloatArray, pull: FloatArray, position: IntArray) -> LevelPulls:
    kept, levels = np.flatnonzero(position >= 0), len(position)
    every, pulls = np.full(levels, np.nan), np.full((len(pull), levels), np.nan)
    every[kept], pulls[:, kept] = value, pull
    return LevelPulls(every, pulls)


def with_units(
    patterns: Patterns, rows: Rows, inside: UnitFit, people: UnitPeople, covariates: Covariates
) -> tuple[LevelPulls, LevelPulls]:
    """Return the levels with unit effects, and their coefficients, with the units' pulls."""
    family, k, free = inside.family, inside.levels, inside.free
    value = people.share @ people.prediction
    slope = people.share[:, np.newaxis] * family.slope(people.prediction)
    gradient = _gradient(patterns, inside, people, slope)
    by_unit = np.stack([np.bincount(people.unit, c, len(inside.effect)) for c in slope.T], axis=1)
    own = np.where(inside.weight > 0, inside.weight, 1)[:, np.newaxis]
    # a coefficient moves each unit's effect too, and through it the unit's predictions
    gradient = gradient - by_unit.T @ (inside.cross / own)
    score = _scores(patterns, rows, inside)[:, free]
    pull = score @ np.linalg.solve(inside.inner, gradient[:, free].T)
    if covariates is Covariates.SAMPLED:
        apart = people.share[:, np.newaxis] * (people.prediction - value)
        pull = pull + np.stack([np.bincount(people.unit, c, len(pull)) for c in apart.T], axis=1)
    at = np.flatnonzero(free)
    through = np.zeros((len(pull), k))
    solved = np.linalg.solve(inside.inner, score.T).T
    through[:, at[at < k]] = solved[:, at < k]
    return (
        _placed(value, pull, inside.position),
        _placed(inside.coefficients[:k], through, inside.position),
    )


def _gradient(
    patterns: Patterns, inside: UnitFit, people: UnitPeople, slope: FloatArray
) -> FloatArray:
    k = inside.levels
    made = np.zeros((k, len(inside.coefficients)))
    made[np.arange(k), np.arange(k)] = slope.sum(axis=0)
    for term in inside.terms:
        code = patterns.codes[term.variable][people.pattern]
        for number in range(k):
            made[number, term.where] = (
                np.bincount(code, slope[:, number], len(term.basis)) @ term.basis
            )
    return made


def _scores(patterns: Patterns, rows: Rows, inside: UnitFit) -> FloatArray:
    """Return the units' sums of residual times column (G, p); 0 where the fit left people out."""
    family, place, units = inside.family, inside.position[rows.level], len(inside.effect)
    used = (place >= 0) & np.isfinite(inside.effect)[rows.unit]
    unit, level, pattern = rows.unit[used], place[used], rows.pattern[used]
    eta = inside.effect[unit] + inside.coefficients[level]
    codes = [patterns.codes[term.variable][pattern] for term in inside.terms]
    for term, code in zip(inside.terms, codes, strict=True):
        eta = eta + (term.basis @ inside.coefficients[term.where])[code]
    mean = family.mean(eta)
    left = (rows.s[used] - rows.d[used] * mean) * family.factor(mean)
    made = np.zeros((units, len(inside.coefficients)))
    made[:, : inside.levels] = table_by_group(unit, units, level, inside.levels, left)
    for term, code in zip(inside.terms, codes, strict=True):
        made[:, term.where] = table_by_group(unit, units, code, len(term.basis), left, term.basis)
    return made
