"""T1b: how long people wait, with those who still wait and those who gave up counted in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.statistics.waits import days_until_seen, kaplan_meier, seen_within
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.sums import REGION, with_words
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.tables.wait_days import ASKED, QUANTILES, counted, told
from equity_pipeline.vocabulary import ALL

FORM = "waits"
KEY = ["period_code", "geography_level", "geography_code", "dimension", "level"]
CELL = ["indicator_id", *KEY]
COUNTS = ["n_finished", "n_waiting", "n_gave_up"]
LIMITS = ("", "_lower", "_upper")
MEAN = {f"value_crude{end}": f"mean_finished{end}" for end in LIMITS}
# what the door judges each cut of the waits as: a share whose both sides are people, a count of
# people, or a number of days
KINDS = {
    "wait_begun": "mean",
    "wait_unfinished": "proportion",
    "wait_gave_up": "rate",
    "wait_waiting": "rate",
    "wait_within_3": "proportion",
    "wait_same_day": "proportion",
    "wait_within_90": "proportion",
}


def waits(given: Given) -> Made:
    """Return T1b: every indicator that is a wait, in the region and in the newest year's places.

    Parameters
    ----------
    given
        The cells of waits and of the persons behind them; T1, whose mean of the finished waits
        stands beside.

    Notes
    -----
    Median, 90th percentile and shares are of the curve of Kaplan and Meier over all waits that
    began: who still waits, gave up or died is followed as long as they are known to have waited,
    who gave up on an unknown day on the first day alone.
    Somebody who gave up is taken as no different from those who waited on; limits take waits as
    independent, also those of one person. Differences between groups are not told: no table of
    cells holds need by days waited.
    """
    frames = [_of_indicator(given, one.id) for one in given.context.declared.values() if one.wait]
    frames = [one for one in frames if len(one)]
    if not frames:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())}, None, KINDS)
    rows = pd.concat(frames, ignore_index=True)
    rows = given.context.complete(with_words(rows, given))
    table = StratifiedTable.of(FORM, _with_mean(rows, given))
    return Made({FORM: table}, _persons(given), KINDS)


def _of_indicator(given: Given, indicator_id: str) -> pd.DataFrame:
    cells = _located(given.cells.of("waits", indicator_id), given)
    if cells.empty:
        return cells
    people = _located(given.cells.of("wait_persons", indicator_id), given)
    people = people.loc[people["outcome"] == "begun", [*KEY, "n_persons"]]
    blocks = [one for _, rows in _blocks(cells) if len(one := _rows(rows, people))]
    return pd.concat(blocks, ignore_index=True).assign(indicator_id=indicator_id)


def _blocks(cells: pd.DataFrame) -> Iterator[tuple[object, pd.DataFrame]]:
    """Yield the cells of one period, kind of place and dimension: their days are a short grid."""
    yield from cells.groupby(["period_code", "geography_level", "dimension"], sort=True)


def _rows(cells: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return a row a place and level of one period, kind of place and dimension."""
    # who died is followed until then: a wait that went on as long as it was known
    cells = cells.assign(n_waiting=cells["n_waiting"] + cells["n_died"])
    made = cells.groupby(KEY, sort=True)[COUNTS].sum().reset_index()
    made = made.merge(people, on=KEY, how="left", validate="one_to_one")
    group = np.asarray(cells.groupby(KEY, sort=True).ngroup(), dtype=np.int64)
    counts = counted(cells, group, len(made))
    curve = kaplan_meier(counts)
    days = told(days_until_seen(curve, list(QUANTILES.values())), counts, made["n_persons"])
    shares = seen_within(curve, ASKED)
    columns: dict[str, Any] = {"n_waits": made[COUNTS].sum(axis=1)}
    for place, name in enumerate(QUANTILES):
        for end, one in zip(LIMITS, (days.value, days.lower, days.upper), strict=True):
            columns[f"{name}_days{end}"] = one[:, place]
        known = ~np.isnan(days.value[:, place])
        columns[f"{name}_status"] = np.where(known, "shown", "not_estimated")
    for place, within in enumerate(ASKED):
        for end, one in zip(LIMITS, (shares.value, shares.lower, shares.upper), strict=True):
            columns[f"share_within_{within}{end}"] = one[:, place]
    return made.assign(**columns, wait_method=curve.share.method, value_status="shown")


def _located(cells: pa.Table, given: Given) -> pd.DataFrame:
    """Return the cells with the region's own code."""
    rows = pd.DataFrame(cells.to_pandas())
    if len(rows):
        is_region = rows["geography_level"] == REGION
        code = rows["geography_code"].mask(is_region, given.context.region_code)
        rows = rows.assign(geography_code=code)
    return rows


def _with_mean(rows: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return the rows with the mean of the finished waits and its limits, as they stand in T1."""
    key = [*(one for one in CELL if one != "period_code"), "period_start", "period_end"]
    if "stratified" not in given.made:
        return rows
    names = [*key, "strat2_level", *MEAN]
    stratified = given.made["stratified"].data.select(names).to_pandas()
    mean = stratified[stratified["strat2_level"] == ALL].drop(columns="strat2_level")
    return rows.merge(mean.rename(columns=MEAN), on=key, how="left", validate="one_to_one")


def _persons(given: Given) -> PersonCounts:
    """Return the persons behind every cut of the waits, the indicator in the place of a sex."""
    declared = (one.id for one in given.context.declared.values() if one.wait)
    held = [_located(given.cells.of("wait_persons", one), given) for one in declared]
    rows = pd.concat([one for one in held if len(one)], ignore_index=True)
    spans = given.context.periods[["period_code", "period_start", "period_end"]]
    told = rows.assign(strat2_level=rows["indicator_id"], indicator_id="wait_" + rows["outcome"])
    return PersonCounts.of(pd.DataFrame(told.merge(spans, on="period_code")))
