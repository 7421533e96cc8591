"""T4a: units and areas beside a funnel, with the gap inside each; nobody is ranked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.place_values import PlaceValues, area_values, unit_values
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.tables.unit_facts import UNIT, cells_in, newest_long, unit_facts
from equity_pipeline.tables.unit_funnel import Judged, judged, shrunken
from equity_pipeline.tables.within_units import WithinGaps, within_gaps
from equity_pipeline.vocabulary import TOTAL

FORM = "unit_variation"
UNITS = "unit"
KEY = ["geography_level", "geography_code"]
NAMED = {UNIT: UNITS, "area_code": "area", "municipality_code": "municipality"}


def unit_variation(given: Given) -> Made:
    """Return T4a of the newest long period: every unit and area of every indicator with people.

    A place that other indicators know and this one does not has a row that says so. Places of
    ``by_place`` carry no age, so they have no expected value and are judged by the crude one.
    """
    period = newest_long(given)
    blocks = [] if period is None else list(_blocks(given, period))
    if not blocks:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())})
    made = _with_absent(pd.concat(blocks, ignore_index=True)).assign(
        period_code=period, dimension=TOTAL
    )
    made = _with_facts(made, given)
    made = given.context.complete(made)
    return Made({FORM: StratifiedTable.of(FORM, made)}, _persons(given, str(period)))


def _blocks(given: Given, period: str) -> Iterator[pd.DataFrame]:
    clusters = NAMED.get(given.context.cluster_unit, given.context.cluster_unit)
    for one in given.context.declared.values():
        if one.population_base == "areas":
            continue
        cells = given.cells.of("one_way", one.id, period_code=period)
        values = unit_values(cells_in(cells, period, TOTAL), one)
        if values is not None:
            inside = _inside(given, cells, period, "cluster_key", values.places, one)
            yield _rows(values, inside, one, clusters)
        yield from _areas(given, period, one, clusters)


def _areas(
    given: Given, period: str, declared: Declaration, clusters: str
) -> Iterator[pd.DataFrame]:
    cells = given.cells.of("by_place", declared.id, period_code=period)
    if cells.num_rows == 0:
        return
    total = cells_in(cells, period, TOTAL)
    for level in sorted(set(total["geography_level"].to_pylist()) - {clusters, UNITS, "region"}):
        here = total.filter(pc.equal(total["geography_level"], level))
        values = area_values(here, declared)
        if values is not None:
            own = cells.filter(pc.equal(cells["geography_level"], level))
            inside = _inside(given, own, period, "geography_code", values.places, declared)
            yield _rows(values, inside, declared, level)


def _inside(
    given: Given,
    cells: pa.Table,
    period: str,
    place: str,
    places: tuple[str, ...],
    declared: Declaration,
) -> WithinGaps | None:
    for name in (given.options.within_dimension, given.options.within_fallback):
        made = within_gaps(cells_in(cells, period, name), place, places, name, declared)
        if made is not None:
            return made
    return None


def _rows(
    values: PlaceValues, inside: WithinGaps | None, declared: Declaration, level: str
) -> pd.DataFrame:
    held = judged(values, declared)
    made: dict[str, Any] = {
        "indicator_id": declared.id,
        "geography_level": level,
        "geography_code": list(values.places),
        "adjustment": held.adjustment,
        "need_model": values.need_model or None,
        "n_denominator": values.sums[1 if declared.population_base == "calls" else 0],
        "n_numerator": values.sums[2] if declared.counts_events else np.nan,
        "value_expected": values.expected,
        "value_region": values.target,
        "overdispersion_phi": held.phi,
        "funnel_class": held.side,
        "chance_class": held.chance_side,
        **_limits("value_crude", values.crude),
        **_limits("value_std", values.std),
        **_limits("shrunken_value", shrunken(values, held, declared)),
        **_funnel("funnel", held.inner, held.outer),
        **_funnel("chance", held.chance_inner, held.chance_outer),
    }
    if inside is not None:
        made |= _limits("within_gap_harm", inside.harm) | {
            "within_dimension": inside.dimension,
            "within_focus_level": inside.focus_level,
            "within_reference_level": inside.reference_level,
        }
    made["positive_deviant_flag"] = _positive_deviant(held, inside, declared, values.target)
    frame = pd.DataFrame(made)
    status = np.where(values.sums[1] > 0, "shown", "no_population")
    return frame.assign(
        value_status=np.where(
            (values.sums[1] > 0) & np.isnan(values.crude.value), "not_estimated", status
        )
    )


def _positive_deviant(
    held: Judged, inside: WithinGaps | None, declared: Declaration, target: float
) -> list[bool | None]:
    """Return which places are good and equal: both intervals, not both points, say so.

    Good: the whole interval lies on the good side of the region's value. Equal: the whole
    interval of the gap inside lies below the minimum important difference.
    """
    size = len(held.side)
    if inside is None or declared.direction not in {"higher", "lower"}:
        return [None] * size
    is_high = declared.direction == "higher"
    good = held.value.lower > target if is_high else held.value.upper < target
    small = inside.harm.upper <= declared.minimum_difference(target)
    known = np.isfinite(held.value.lower + held.value.upper) & np.isfinite(inside.harm.upper)
    return [bool(g and s) if k else None for g, s, k in zip(good, small, known, strict=True)]


def _limits(name: str, made: Estimate) -> dict[str, Any]:
    return {name: made.value, f"{name}_lower": made.lower, f"{name}_upper": made.upper}


def _funnel(name: str, inner: Estimate, outer: Estimate) -> dict[str, Any]:
    return {
        f"{name}_low95": inner.lower,
        f"{name}_high95": inner.upper,
        f"{name}_low998": outer.lower,
        f"{name}_high998": outer.upper,
    }


def _with_absent(made: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with one for each place that an indicator has nobody in.

    A kind of place that an indicator does not know at all has no rows of it.
    """
    places = made[KEY].drop_duplicates()
    kinds = made[["indicator_id", "geography_level"]].drop_duplicates()
    every = kinds.merge(places, on="geography_level", how="inner")
    full = every.merge(made, on=["indicator_id", *KEY], how="left")
    full["value_status"] = full["value_status"].fillna("no_population")
    return full


def _with_facts(made: pd.DataFrame, given: Given) -> pd.DataFrame:
    facts = unit_facts(given).reset_index(names="geography_code")
    made = made.merge(facts.assign(geography_level=UNITS), on=KEY, how="left")
    names = pd.Series(dtype=object)
    if "places" in given.beside:
        held = given.rows("places").drop_duplicates(KEY)
        names = held.set_index(KEY)["geography_name"]
    keyed = pd.MultiIndex.from_frame(made[KEY])
    told = names.reindex(keyed) if len(names) else pd.Series(None, index=keyed, dtype=object)
    made["geography_name"] = told.to_numpy()
    made["geography_name"] = made["geography_name"].fillna(made["unit_name"])
    return made


def _persons(given: Given, period: str) -> PersonCounts | None:
    """Return the persons of the places' cells that the stratified table does not count."""
    known = set()
    if "stratified" in given.made:
        held = given.made["stratified"].data
        known = set(zip(*(held[n].to_pylist() for n in KEY[1:]), strict=True))
    tables = [
        given.cells.of("place_persons", one, period_code=period) for one in given.context.declared
    ]
    tables = [one for one in tables if one.num_rows]
    if not tables:
        return None
    rows = pa.concat_tables(tables)
    rows = rows.filter(pc.equal(rows["period_code"], period))
    counted = pa.array(sorted(code for (code,) in known), pa.string())
    rows = rows.filter(pc.invert(pc.is_in(rows["geography_code"], counted)))
    periods = given.context.periods
    spans = {
        code: (start, end)
        for code, start, end in zip(
            periods["period_code"], periods["period_start"], periods["period_end"], strict=True
        )
    }
    return PersonCounts.of(rows, periods=spans) if rows.num_rows else None
