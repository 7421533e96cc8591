"""T8b: run charts, a row for each unit, indicator and month, with what units tried beside."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.tables.cells import SUMS, FloatArray
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.largest import at_most
from equity_pipeline.tables.monthly_sums import (
    LARGEST_PERSONS,
    Monthly,
    month_number,
    month_start,
    monthly,
    persons_in,
)
from equity_pipeline.tables.spc_limits import YEAR, Charts, charts, rolling
from equity_pipeline.tables.table import COUNTS, PersonCounts, StratifiedTable
from equity_pipeline.tables.unit_facts import UNIT, newest_long, unit_facts
from equity_pipeline.vocabulary import ALL, LONG_PERIODS, TOTAL

FORM = "run_chart"
S = SUMS.index("s")


def run_charts(given: Given) -> Made:
    """Return T8b of every indicator that is counted by month; preliminary months are among them.

    A series with a month of fewer than 20 is shown by the twelve months that end with each.
    """
    frames, counts = [], []
    for one in given.context.declared.values():
        held = monthly(given.cells.of("monthly", one.id))
        if held is None:
            continue
        made = charts(held.sums.sum(axis=1), one, given.options.run_chart_base_months)
        frames.append(_rows(held, made).assign(indicator_id=one.id))
        if one.population_base != "calls":
            counted = given.cells.of("place_persons", one.id, period_code=newest_long(given))
            year = _year(given) if counted.num_rows else None
            rolled = given.cells.of("rolled_persons", one.id)
            counts.append(_persons(held, made, rolled, year).assign(indicator_id=one.id))
    if not frames:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())})
    rows = _with_words(pd.concat(frames, ignore_index=True), given)
    persons = PersonCounts.of(pd.concat(counts, ignore_index=True)) if counts else None
    return Made({FORM: StratifiedTable.of(FORM, rows)}, persons)


def _year(given: Given) -> tuple[Any, Any] | None:
    """Return the newest long period: its persons are counted for each unit elsewhere."""
    periods = given.context.periods.set_index("period_code")
    code = newest_long(given)
    if code is None:
        return None
    return periods.loc[code, "period_start"], periods.loc[code, "period_end"]


def _spans(held: Monthly, made: Charts) -> pd.DataFrame:
    """Return unit and months of each row: the month, and the window that the value is of."""
    unit, at = np.nonzero(made.inside)
    months = held.months[at]
    window = np.where(made.rolled[unit], YEAR, 1)
    first, last = months - window + 1, months + 1
    starts = {number: month_start(number) for number in np.unique(np.r_[months, first, last])}
    return pd.DataFrame(
        {
            UNIT: np.array(held.units, dtype=object)[unit],
            "month": [starts[one] for one in months],
            "period_start": [starts[one] for one in first],
            "period_end": [starts[one] for one in last],
            "window_months": window,
        }
    )


def _rows(held: Monthly, made: Charts) -> pd.DataFrame:
    unit, at = np.nonzero(made.inside)
    frame = _spans(held, made).assign(
        value=made.value[unit, at],
        n=made.n[unit, at],
        centre_line=made.centre[unit, at],
        lcl=made.lower[unit, at],
        ucl=made.upper[unit, at],
        spc_signal=made.signal[unit, at],
    )
    is_short = np.isnan(made.n[unit, at])
    empty = np.where(is_short, "not_estimated", "no_population")
    frame["value_status"] = np.where(frame["value"].notna(), "shown", empty)
    return frame


def _persons(
    held: Monthly, made: Charts, rolled: pa.Table, year: tuple[Any, Any] | None
) -> pd.DataFrame:
    """Return the persons of each row: of the month, or of the twelve months that end with it."""
    unit, at = np.nonzero(made.inside)
    month = held.persons.sum(axis=1)
    counts = np.where(made.rolled[:, np.newaxis], _rolled(rolled, held), month)[:, unit, at]
    largest = _largest(held, made)[:, unit, at]
    frame = _spans(held, made).assign(
        **dict(zip((*COUNTS, *LARGEST_PERSONS), [*counts, *largest], strict=True)),
        dimension=TOTAL,
        level=ALL,
        strat2_level=ALL,
    )
    frame = frame.rename(columns={UNIT: "geography_code"})
    kept = ~np.isnan(made.n[unit, at])
    if year is not None:
        kept &= ~((frame["period_start"] == year[0]) & (frame["period_end"] == year[1])).to_numpy()
    return pd.DataFrame(frame[kept])


def _largest(held: Monthly, made: Charts) -> FloatArray:
    """Return the shares of each row's two largest persons; of twelve months at most so much."""
    amounts, sums = held.largest.sum(axis=1), held.sums[S].sum(axis=0)
    rolled = made.rolled[:, np.newaxis]
    return np.where(
        rolled,
        at_most(rolling(amounts), rolling(sums)),
        at_most(amounts, sums),
    )


def _rolled(cells: pa.Table, held: Monthly) -> FloatArray:
    """Return the persons of the twelve months that end with each, (3, units, months)."""
    if cells.num_rows == 0:
        return np.zeros_like(held.persons.sum(axis=1))
    everybody = cells.append_column("population", pa.array([ALL] * cells.num_rows))
    width = held.persons.shape[-1]
    return np.asarray(persons_in(everybody, held.units, held.first, width).sum(axis=1))


def _with_words(rows: pd.DataFrame, given: Given) -> pd.DataFrame:
    made = given.context.complete(
        rows.drop(columns=["period_start", "period_end"]).assign(period_code=None, dimension=TOTAL)
    )
    for name in ("period_start", "period_end"):
        made[name] = rows[name].to_numpy()
    made["unit_name"] = made[UNIT].map(unit_facts(given)["unit_name"])
    made["data_status"] = np.where(made["period_end"] <= _closed(given), "final", "preliminary")
    made["ses_measurement_level"] = "not_applicable"
    return made.merge(_activities(given), on=[UNIT, "month"], how="left")


def _closed(given: Given) -> Any:
    """Return the day after the newest closed long period; what comes later is preliminary."""
    periods = given.context.periods
    long = periods[
        periods["period_kind"].isin(LONG_PERIODS) & (periods["data_status"] != "preliminary")
    ]
    return long["period_end"].max() if len(long) else date.min


def _activities(given: Given) -> pd.DataFrame:
    """Return what began in each unit and month; an activity without a unit is all its units'."""
    empty = pd.DataFrame({UNIT: [], "month": [], "activity_id": [], "activity_start": []})
    if "activities" not in given.beside or given.beside["activities"].num_rows == 0:
        return empty.astype(object)
    held = given.rows("activities")
    everywhere = held[held[UNIT].isna()].drop(columns=UNIT)
    enrolled = given.rows("programmes")[["programme_id", UNIT]]
    held = pd.concat([held[held[UNIT].notna()], everywhere.merge(enrolled, on="programme_id")])
    days = pd.to_datetime(held["from_date"])
    held = held.assign(
        month=[month_start(month_number(day)) for day in days], activity_start=days.dt.date
    ).sort_values(["activity_start", "activity_id"])
    grouped = held.groupby([UNIT, "month"], sort=True)
    return grouped.agg(
        activity_id=("activity_id", "; ".join), activity_start=("activity_start", "first")
    ).reset_index()
