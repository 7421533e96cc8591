"""Values adjusted for need: age and sex, and morbidity where it is delivered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.need import (
    Family,
    NeedVariable,
    age_spline,
    marginal_standardisations,
    need_set,
)
from equity_pipeline.tables.block import Block, BoolArray, TextArray
from equity_pipeline.tables.cells import AGE_MIDPOINTS, MORBIDITIES, FloatArray, IntArray

AGE_KNOTS = (10.0, 30.0, 50.0, 65.0, 80.0)
FEWEST_ROWS_FOR_A_MODEL = 50  # below this a logit with age, sex and morbidity says nothing
NEED = ("age", "sex", "morbidity")


@dataclass(frozen=True, slots=True)
class NeedEffects:
    """Values of the levels at everybody's need (S, L), with what each slice's model held."""

    made: BoolArray
    value: FloatArray
    lower: FloatArray
    upper: FloatArray
    covariance: FloatArray
    method: TextArray
    need_model: TextArray


def need_effects(cells: Block, declared: Declaration) -> dict[str, NeedEffects]:
    """Return need_a (age, sex) and need_b (and morbidity) of the slices that carry them.

    A dimension is never adjusted for itself: sex drops sex, age drops age.
    """
    enough = cells.by_level[0].sum(axis=1) >= FEWEST_ROWS_FOR_A_MODEL
    kept = need_names(cells)
    made = {}
    basic = enough & np.array([bool(set(one) - {"morbidity"}) for one in kept], dtype=bool)
    full = basic & np.array(["morbidity" in one for one in kept], dtype=bool)
    if basic.any():
        names = [tuple(name for name in one if name != "morbidity") for one in kept]
        made["need_a"] = _adjusted(cells, declared, basic, names)
    if full.any():
        made["need_b"] = _adjusted(cells, declared, full, kept)
    return made


def need_names(cells: Block) -> list[tuple[str, ...]]:
    """Return what each slice's need may hold: variables that vary, and not the dimension's own."""
    varies = {name: cells.varies(_codes(cells, name)) for name in NEED}
    allowed = {one: need_set(NEED, stratum=one).names for one in dict.fromkeys(cells.dimension)}
    return [
        tuple(name for name in allowed[dimension] if varies[name][number])
        for number, dimension in enumerate(cells.dimension)
    ]


def _codes(cells: Block, name: str) -> IntArray:
    return {"age": cells.age, "sex": cells.sex, "morbidity": cells.morbidity}[name]


def _variable(name: str, codes: IntArray) -> NeedVariable:
    if name == "age":
        return NeedVariable(name, codes, age_spline(AGE_MIDPOINTS, AGE_KNOTS))
    return NeedVariable.categorical(name, codes, n_codes=2 if name == "sex" else len(MORBIDITIES))


def _adjusted(
    cells: Block, declared: Declaration, chosen: BoolArray, names: list[tuple[str, ...]]
) -> NeedEffects:
    slices, levels = cells.shape
    empty = np.full((slices, levels), np.nan)
    made = NeedEffects(
        chosen,
        empty,
        empty.copy(),
        empty.copy(),
        np.full((slices, levels, levels), np.nan),
        np.full(slices, None, object),
        np.array(["+".join(one) for one in names], object),
    )
    for own, at in _alike(names, chosen):
        _fill(made, cells, declared, own, at)
    return made


def _alike(
    names: list[tuple[str, ...]], chosen: BoolArray
) -> Iterator[tuple[tuple[str, ...], IntArray]]:
    """Yield each set of variables with the slices that have it."""
    for one in dict.fromkeys(names):
        at = np.array([own == one for own in names], dtype=bool) & chosen
        if at.any():
            yield one, np.flatnonzero(at)


def _fill(
    made: NeedEffects, cells: Block, declared: Declaration, names: tuple[str, ...], at: IntArray
) -> None:
    """Fit the models of some slices and put their values in place."""
    number = np.full(cells.shape[0], -1, dtype=np.int64)
    number[at] = np.arange(len(at))
    rows: IntArray | slice = slice(None)
    if len(at) < cells.shape[0]:
        rows = np.flatnonzero(number[cells.slice] >= 0)
    one = marginal_standardisations(
        cells.sums[2][rows],
        cells.sums[1][rows],
        number[cells.slice][rows],
        cells.level[rows],
        [_variable(name, _codes(cells, name)[rows]) for name in names],
        cells.cluster[rows],
        n_levels=cells.shape[1],
        family=Family(declared.family),
        strata=[str(cells.dimension[i]) for i in at],
    )
    scale: float = declared.scale
    made.value[at], made.lower[at] = one.value * scale, one.lower * scale
    made.upper[at], made.covariance[at] = one.upper * scale, one.covariance * scale**2
    made.method[at] = one.method
