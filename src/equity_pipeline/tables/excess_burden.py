"""T7: what differences amount to in cases, days and kronor, as an arithmetic example."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypedDict

import numpy as np
import pandas as pd

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.settings.series import UnitCost
from equity_pipeline.statistics.burden import (
    Burden,
    burden_at_best,
    burden_at_group,
    burden_at_target,
)
from equity_pipeline.statistics.clustered import few_clusters
from equity_pipeline.tables.blocks import stacked
from equity_pipeline.tables.burden_levels import Known, Levels, levels_of
from equity_pipeline.tables.cells import FloatArray, Slice
from equity_pipeline.tables.context import FormContext
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import ALL, vocabulary

BEST, GROUP, MEAN, TARGET = "best_group", "reference_group", "region_mean", "target_level"
CASES, DAYS, SEK = "excess_cases", "excess_waiting_days", "excess_sek"
DUST = 1e-6
AFTER_ALL = 100  # the row of all groups stands last
WEAKER = ("crude", "need_a", "need_b", "need_c")


class _Asked(TypedDict):
    """What all comparisons of one dimension are asked with."""

    direction: str
    covariance: FloatArray | None
    ceiling: float | None


def amount_of(declared: Declaration) -> str | None:
    """Return what an excess of an indicator is counted in; None where it is no amount.

    Examples
    --------
    >>> from equity_pipeline.indicators.catalogue import load_catalogue
    >>> held = load_catalogue()
    >>> amount_of(held["VT01"]), amount_of(held["VT03"]), amount_of(held["KO04"])
    ('excess_cases', 'excess_waiting_days', 'excess_sek')
    """
    if declared.unit.startswith("sek"):
        return SEK
    if declared.unit == "days":
        return DAYS
    is_counted = declared.numerator.sum is None or declared.numerator.sum.startswith("n_")
    return CASES if declared.is_proportion or (declared.kind == "rate" and is_counted) else None


def burdened(
    cells: Slice, declared: Declaration, known: Known, options: FormSettings
) -> Iterator[dict[str, Any]]:
    """Yield blocks of rows of one dimension: one for each adjustment and level compared with.

    Nothing of indicators without a good side, nor of dimensions without a declared contrast.

    Parameters
    ----------
    cells
        One indicator, period and dimension.
    declared
        The indicator.
    known
        Its estimates of the period.
    options
        Prices and targets.
    """
    reference = vocabulary().dimensions[cells.dimension].reference
    if reference is None or declared.direction == "neutral":
        return
    about = {
        "indicator_id": declared.id,
        "period_code": cells.period_code,
        "dimension": cells.dimension,
    }
    amount = amount_of(declared)
    if amount is None or declared.kind == "area_mean" or declared.direction == "toward_one":
        yield about | _nothing("not_applicable")
        return
    if reference not in cells.levels or cells.n_levels < 2:
        yield about | _nothing("no_population")
        return
    headline = _headline(declared, {rule for place, rule, _ in known if place == cells.dimension})
    for adjustment in dict.fromkeys(("crude", headline)):
        levels = levels_of(cells, declared, known, adjustment, reference)
        rule = about | {"adjustment": adjustment, "is_headline": adjustment == headline}
        for scenario, made in _scenarios(levels, declared, options):
            yield rule | _rows(levels, scenario, made, amount, options.unit_costs.get(declared.id))


def excess_burden(blocks: Iterable[Mapping[str, Any]], context: FormContext) -> StratifiedTable:
    """Return T7: each group's excess over a level, and that of all groups together.

    Parameters
    ----------
    blocks
        What `burdened` yields of every slice.
    context
        What stands in every row.
    """
    made = stacked(blocks, by="level")
    if made.empty:
        return StratifiedTable.of("excess_burden", made)
    made = context.complete(made)
    return StratifiedTable.of("excess_burden", _with_words(made, context))


def _nothing(status: str) -> dict[str, Any]:
    return {
        "level": [ALL],
        "reference_scenario": GROUP,
        "adjustment": "crude",
        "is_headline": True,
        "additive_ok": False,
        "value_status": status,
    }


def _headline(declared: Declaration, there: set[str]) -> str:
    asked = declared.headline_adjustment
    weaker = WEAKER[: WEAKER.index(asked) + 1] if asked in WEAKER else (asked,)
    return next((one for one in reversed(weaker) if one in there), "crude")


def _scenarios(
    levels: Levels, declared: Declaration, options: FormSettings
) -> Iterator[tuple[str, Burden]]:
    """Yield each level that is compared with, and what the groups have beyond it."""
    known = np.isfinite(levels.covariance).all()
    covariance = levels.covariance if known else None
    given = _Asked(
        direction=declared.direction,
        covariance=covariance,
        ceiling=1.0 if declared.is_proportion and declared.direction == "higher" else None,
    )
    values, sizes = levels.values, levels.sizes
    yield BEST, burden_at_best(values, sizes, **given)
    yield GROUP, burden_at_group(values, sizes, levels.reference, **given)
    yield MEAN, _at_mean(levels, declared.direction, covariance)
    if declared.id in options.target_levels:
        yield TARGET, burden_at_target(values, sizes, options.target_levels[declared.id], **given)


def _at_mean(levels: Levels, direction: str, covariance: FloatArray | None) -> Burden:
    """Return the excess over the groups' own mean, whose error is counted in; the sum is 0."""
    share = levels.sizes / levels.sizes.sum()
    away = np.eye(len(share)) - share
    values = away @ levels.values
    spread = None if covariance is None else away @ covariance @ away.T
    made = burden_at_target(values, levels.sizes, 0.0, direction=direction, covariance=spread)
    mean = np.asarray(share @ levels.values)
    return Burden(mean, made.each, made.total, made.fraction.where(False))


def _rows(
    levels: Levels, scenario: str, made: Burden, amount: str, cost: UnitCost | None
) -> dict[str, Any]:
    """Return a row for each group, and last one for all of them."""
    freedom = np.minimum(levels.clusters, levels.clusters[levels.reference]) - 1.0
    each = few_clusters(made.each, np.maximum(freedom, 1.0))
    fewest = np.asarray(max(levels.clusters.min() - 1.0, 1.0))
    total, part = few_clusters(made.total, fewest), few_clusters(made.fraction, fewest)
    lone = [np.nan] * len(levels.names)
    own = {
        amount + end: _no_dust(np.append(getattr(each, side), getattr(total, side)))
        for end, side in (("", "value"), ("_lower", "lower"), ("_upper", "upper"))
    }
    priced = {} if cost is None or amount != CASES else _priced(own, cost)
    d, found = np.append(levels.d, levels.d.sum()), own[amount]
    return (
        own
        | priced
        | {
            "level": [*levels.names, ALL],
            "reference_scenario": scenario,
            "scenario_level": _compared_with(levels, scenario, made),
            "additive_ok": [True] * len(lone) + [False],
            "value_status": np.where(np.isnan(found), "not_estimated", "shown"),
            "n": np.append(levels.n, levels.n.sum()).round(),
            "level_value": np.append(
                levels.values, np.average(levels.values, weights=levels.sizes)
            ),
            "scenario_value": float(made.level),
            "excess_per_1000": 1000 * found / np.where(d > 0, d, np.nan),
            "par_abs": [*lone, float(total.value) / levels.sizes.sum()],
            "paf": [*lone, float(part.value)],
            "paf_lower": [*lone, float(part.lower)],
            "paf_upper": [*lone, float(part.upper)],
            "ci_method": each.method,
        }
    )


def _no_dust(amounts: FloatArray) -> FloatArray:
    """Return amounts with what is left of subtracting floats as 0."""
    return np.where(np.abs(amounts) < DUST, 0.0, amounts)


def _priced(own: Mapping[str, FloatArray], cost: UnitCost) -> dict[str, Any]:
    made: dict[str, Any] = {name.replace(CASES, SEK): held * cost.sek for name, held in own.items()}
    said = {"unit_cost": cost.sek, "unit_cost_source": cost.source, "price_year": cost.price_year}
    return made | said


def _compared_with(levels: Levels, scenario: str, made: Burden) -> str | None:
    if scenario == GROUP:
        return levels.names[levels.reference]
    if scenario != BEST or np.isnan(made.level):
        return None
    return levels.names[int(np.argmax(levels.values == float(made.level)))]


def _with_words(made: pd.DataFrame, context: FormContext) -> pd.DataFrame:
    known = vocabulary().codes
    whole = made["level"] == ALL
    groups = context.level_words(made[~whole], "level", "level_label")
    every = known["all_groups"][ALL]
    made = pd.concat([groups, made[whole]]).assign(
        caveat_id=lambda held: held["reference_scenario"]
    )
    for tongue in ("sv", "en"):
        name = f"level_label_{tongue}"
        made[name] = made[name].fillna(getattr(every, tongue))
        for code, words in (
            ("caveat", f"caveat_{tongue}"),
            ("reference_scenario", f"reference_scenario_label_{tongue}"),
            ("adjustment", f"adjustment_label_{tongue}"),
        ):
            column = "caveat_id" if code == "caveat" else code
            said = {one: getattr(label, tongue) for one, label in known[code].items()}
            made[words] = made[column].map(said)
    made["level_order"] = made["level_label_order"].fillna(AFTER_ALL)
    return made
