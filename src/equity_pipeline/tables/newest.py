"""T6 and T7 of the newest long period: each indicator's cells are read once for both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.tables.burden_levels import known_of
from equity_pipeline.tables.cells import IntArray, encoded, slices
from equity_pipeline.tables.decomposition import MEDIATORS, decomposed, decomposition
from equity_pipeline.tables.excess_burden import burdened, excess_burden
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.vocabulary import ALL, LONG_PERIODS, MISSING, vocabulary

UNIT = "unit_hsa_id"
MEASURES = ("value", "gap_abs")


def newest(given: Given) -> Made:
    """Return T6 and T7.

    Parameters
    ----------
    given
        Cells of ``one_way``, the estimates, the units, and the region's prices and targets.
    """
    parts: list[dict[str, Any]] = []
    burdens: list[dict[str, Any]] = []
    has_units = given.context.cluster_unit == UNIT
    known = vocabulary().dimensions.values()
    # another border of the same areas is told in T2 and not taken apart
    beside = {one.name for one in known if one.family == "area_sensitivity"}
    told = given.estimates
    whole = told[told["measure"].isin(MEASURES) & (told["strat2_level"] == ALL)]
    for declared, period in newest_periods(given):
        rows = given.cells.of("one_way", declared.id, period_code=period)
        kinds = kinds_of_units(given, rows) if has_units else {}
        estimates = known_of(
            whole[(whole["indicator_id"] == declared.id) & (whole["period_code"] == period)]
        )
        held = [one for one in slices(rows) if one.dimension not in beside]
        parts += decomposed(held, declared, kinds, has_units=has_units)
        for cells in held:
            burdens += burdened(cells, declared, estimates, given.options)
    return Made(
        {
            "decomposition": decomposition(parts, given.context),
            "excess_burden": excess_burden(burdens, given.context),
        }
    )


def newest_periods(given: Given) -> Iterator[tuple[Declaration, str]]:
    """Yield each indicator that has estimates in a long period, with the newest of those."""
    periods = given.context.periods
    long = periods[periods["period_kind"].isin(LONG_PERIODS)].sort_values(
        ["period_end", "period_code"]
    )
    order = {code: place for place, code in enumerate(long["period_code"])}
    held = given.estimates[["indicator_id", "period_code"]].drop_duplicates()
    held = held[held["period_code"].isin(order)]
    for indicator, declared in given.context.declared.items():
        there = held.loc[held["indicator_id"] == indicator, "period_code"]
        if len(there):
            yield declared, str(max(there, key=order.__getitem__))


def kinds_of_units(given: Given, rows: pa.Table) -> Mapping[str, IntArray]:
    """Return for each trait of units the code of each cluster, in the order of `slices`.

    A trait that no unit has, or all units have alike, is left out.
    """
    if "units" not in given.beside or not rows.num_rows:
        return {}
    units = pd.Index(encoded(rows["cluster_key"])[0])
    held = given.rows("units").drop_duplicates(UNIT).set_index(UNIT)
    made = {}
    for trait in MEDIATORS:
        if trait in held:
            kind = held[trait].reindex(units).fillna(MISSING).astype(str)
            codes = np.unique(kind.to_numpy(), return_inverse=True)[1].reshape(-1)
            if codes.max() > 0:
                made[trait] = codes.astype(np.int64)
    return made
