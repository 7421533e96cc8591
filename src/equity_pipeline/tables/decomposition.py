"""T6: what of a gap goes with need, what remains, and what of that lies between units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd

from equity_pipeline.errors import MethodError
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.clustered import FEW_EVENTS
from equity_pipeline.statistics.estimate import BoolArray, Estimate
from equity_pipeline.statistics.need import need_set
from equity_pipeline.tables.blocks import stacked
from equity_pipeline.tables.cells import FloatArray, IntArray, Slice
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.effects import is_adjusted
from equity_pipeline.tables.parts import (
    BETWEEN,
    COMPONENTS,
    DEMOGRAPHY,
    NEED,
    ONE_GROUP,
    REMAINING,
    TOTAL,
    WITHIN,
    Contrasts,
    contrasts_of,
    parts,
)
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary

PARENT = {
    DEMOGRAPHY: TOTAL,
    NEED: TOTAL,
    REMAINING: TOTAL,
    BETWEEN: REMAINING,
    WITHIN: REMAINING,
    ONE_GROUP: BETWEEN,
}
OF_UNITS = (BETWEEN, ONE_GROUP, WITHIN)
MEDIATOR = "mediator_"
# traits of units that the groups may meet differently: shown, never subtracted
MEDIATORS = ("provider_type", "financing_type")
MODELS = ("crude", "need_a", "need_b")
NEEDS = {"crude": (), "need_a": ("age", "sex"), "need_b": ("age", "sex", "morbidity")}
CLOSE = 1e-9
SPLIT = ["indicator_id", "period_code", "dimension", "adjustment"]


def decomposed(
    held: Sequence[Slice], declared: Declaration, kinds: Mapping[str, IntArray], *, has_units: bool
) -> Iterator[dict[str, Any]]:
    """Yield blocks of rows of the declared contrasts: one for each need model.

    Parameters
    ----------
    held
        One indicator and period, by dimension.
    declared
        The indicator.
    kinds
        For each trait of units that is shown as a mediator, the code of each cluster.
    has_units
        Whether clusters are care units; where they are areas nothing is told between units.
    """
    told = [cells for cells in held if _pair(cells) is not None]
    can = [_has_both(cells) and declared.kind != "area_mean" for cells in told]
    for cells in (one for one, comparable in zip(told, can, strict=True) if not comparable):
        yield _about(cells, declared) | _nothing(declared)
    if any(can):
        yield from _compared([*compress(told, can)], declared, kinds, has_units)


def _compared(
    held: Sequence[Slice], declared: Declaration, kinds: Mapping[str, IntArray], has_units: bool
) -> Iterator[dict[str, Any]]:
    groups = contrasts_of([(cells, *_places(cells)) for cells in held])
    enough, fewest = _enough(groups, declared), groups.fewest
    names = (*COMPONENTS, *(MEDIATOR + kind for kind in kinds))
    carried = _models(held, declared)
    for model in carried:
        made = parts(groups.under(model), kinds)
        made = made if has_units else made.where([not _is_of_units(name) for name in names])
        for at, cells in enumerate(held):
            one = _numbers(made, at, declared.scale, has_limits=bool(enough[at]))
            yield (
                _about(cells, declared)
                | one
                | {
                    "component": names,
                    "adjustment": model,
                    "need_model": "+".join(_need_of(model, cells.dimension, declared)),
                    "is_headline": model == _headline(declared, carried),
                    "legitimate": [_legitimate(name, declared) for name in names],
                    "value_status": _status(
                        one["contribution"], names, cells.dimension, declared, has_units
                    ),
                    "n_clusters": int(fewest[at]),
                }
            )


def _about(cells: Slice, declared: Declaration) -> dict[str, Any]:
    focus, reference = _pair(cells) or (None, None)
    return {
        "indicator_id": declared.id,
        "period_code": cells.period_code,
        "dimension": cells.dimension,
        "focus_level": focus,
        "reference_level": reference,
    }


def _has_both(cells: Slice) -> bool:
    return set(_pair(cells) or ()) <= set(cells.levels)


def _places(cells: Slice) -> tuple[int, int]:
    focus, reference = _pair(cells) or cells.levels[:2]
    return cells.levels.index(focus), cells.levels.index(reference)


def decomposition(blocks: Iterable[Mapping[str, Any]], context: FormContext) -> StratifiedTable:
    """Return T6: two need models for every declared contrast, each adding up exactly.

    Parameters
    ----------
    blocks
        What `decomposed` yields of every slice.
    context
        What stands in every row.

    Raises
    ------
    MethodError
        If parts do not add up to 1e-9 of what they are parts of.
    """
    made = stacked(blocks, by="component")
    if made.empty:
        return StratifiedTable.of("decomposition", pd.DataFrame())
    add_up(made)
    made["parent_component"] = [
        BETWEEN if one.startswith(MEDIATOR) else PARENT.get(one) for one in made["component"]
    ]
    made["decomposition_method"] = np.where(
        made["component"].map(_is_of_units), "kitagawa", "standardisation"
    )
    return StratifiedTable.of("decomposition", _with_words(context.complete(made), context))


def add_up(made: pd.DataFrame) -> None:
    """Refuse contributions that do not add up: to the crude gap, and to what remains.

    Raises
    ------
    MethodError
        Says of how many contrasts.

    Examples
    --------
    >>> split = {"indicator_id": "VT01", "period_code": "y", "dimension": "sex", "adjustment": "a"}
    >>> rows = [split | {"component": c, "contribution": v} for c, v in
    ...         {"total_crude": 3, "demography": 1, "need": 1, "remaining": 1}.items()]
    >>> add_up(pd.DataFrame(rows))
    """
    wide = made.pivot_table(
        index=SPLIT, columns="component", values="contribution", aggfunc="first", sort=False
    ).reindex(columns=list(COMPONENTS))
    wrong = sum(
        int((gap.abs() > CLOSE * np.maximum(wide[TOTAL].abs(), 1.0)).sum())
        for gap in (
            wide[TOTAL] - wide[DEMOGRAPHY] - wide[NEED] - wide[REMAINING],
            wide[REMAINING] - wide[BETWEEN] - wide[WITHIN],
        )
    )
    if wrong:
        raise MethodError(
            f"The parts of {wrong} gaps do not add up to them.",
            where="tables/decomposition.py",
            mend="make all parts of a gap from the same cells",
        )


def _pair(cells: Slice) -> tuple[str, str] | None:
    declared = vocabulary().dimensions[cells.dimension]
    if declared.focus is None or declared.reference is None:
        return None
    return declared.focus, declared.reference


def _nothing(declared: Declaration) -> dict[str, Any]:
    """Return the one row of a contrast without people on both sides, or of published figures."""
    status = "not_applicable" if declared.kind == "area_mean" else "no_population"
    return {
        "component": [TOTAL],
        "contribution": [np.nan],
        "adjustment": "crude",
        "is_headline": True,
        "legitimate": "question",
        "value_status": status,
    }


def _models(held: Sequence[Slice], declared: Declaration) -> tuple[str, ...]:
    """Return the need models that are told: the crude one too where all have the same right."""
    if not is_adjusted(declared):
        return MODELS[:1]
    own = MODELS if declared.adjusters == "A0" else MODELS[1:]
    has_morbidity = any(len(np.unique(cells.morbidity)) > 1 for cells in held)
    return own if has_morbidity else own[:-1]


def _headline(declared: Declaration, carried: tuple[str, ...]) -> str:
    """Return the indicator's own model, or the fullest one that the delivery carries."""
    asked = declared.headline_adjustment
    if asked == "crude":
        return asked
    return asked if asked in carried else carried[-1]


def _need_of(model: str, dimension: str, declared: Declaration) -> tuple[str, ...]:
    return need_set(NEEDS[model], stratum=dimension, also=declared.never_adjust).names


def _enough(groups: Contrasts, declared: Declaration) -> BoolArray:
    """Whether both groups have the events that a spread between units can be taken from, (G,)."""
    d, s = (one.sum(axis=(2, 3, 4)) for one in (groups.d, groups.s))
    if not declared.counts_events:
        return np.ones(len(d), dtype=bool)
    fewest = np.minimum(s, d - s) if declared.is_proportion else s
    return np.asarray((fewest >= FEW_EVENTS).all(axis=1))


def _numbers(made: Estimate, at: int, scale: float, *, has_limits: bool) -> dict[str, Any]:
    value = made.value[at]
    lower, upper = (
        one[at] if has_limits else np.full(value.shape, np.nan) for one in (made.lower, made.upper)
    )
    is_established = lower[0] > 0 or upper[0] < 0
    return {
        "contribution": value * scale,
        "contribution_lower": lower * scale,
        "contribution_upper": upper * scale,
        # a part of what may be nothing is no share
        "share_of_crude": value / value[0] + 0.0 if is_established else np.nan,
        "ci_method": made.method,
    }


def _is_of_units(name: str) -> bool:
    return name in OF_UNITS or name.startswith(MEDIATOR)


def _legitimate(name: str, declared: Declaration) -> str:
    """Return whether a part is a reason for different care, by the indicator's own adjusters."""
    if name in {BETWEEN, ONE_GROUP}:
        return "no"
    if name not in {DEMOGRAPHY, NEED}:
        return "question"
    if declared.adjusters == "A0":
        return "no"
    return "question" if name == NEED and declared.adjusters == "A1" else "yes"


def _status(
    values: FloatArray,
    names: tuple[str, ...],
    dimension: str,
    declared: Declaration,
    has_units: bool,
) -> list[str]:
    """Return why a part has no number: groups that are units themselves share none."""
    by_unit = vocabulary().dimensions[dimension].family == "structural"
    apart = "not_applicable" if by_unit or declared.population_base == "calls" else "not_estimated"
    of_units = apart if has_units else "not_reported"
    return [
        "shown" if np.isfinite(value) else of_units if _is_of_units(name) else "not_estimated"
        for value, name in zip(values, names, strict=True)
    ]


def _with_words(made: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    known = vocabulary().codes
    made = context.level_words(made, "focus_level", "focus_label")
    made = context.level_words(made, "reference_level", "reference_label")
    for name in ("adjustment", "component", "legitimate"):
        for tongue in ("sv", "en"):
            words = {code: getattr(label, tongue) for code, label in known[name].items()}
            made[f"{name}_label_{tongue}"] = made[name].map(words)
    orders = {code: label.order for code, label in known["component"].items()}
    made["component_order"] = made["component"].map(orders)
    return made
