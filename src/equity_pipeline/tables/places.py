"""Values and declared contrasts of municipalities, areas and units, for T1 and T2: never ranked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.statistics import gaps
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.tables.cells import SUMS, FloatArray
from equity_pipeline.tables.effects import interval_of, is_adjusted, standardised_interval
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.table import COUNTS, LARGEST, PersonCounts
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary

PLACE = ["geography_level", "geography_code"]
GROUP = ["indicator_id", "period_code", *PLACE, "dimension", "level"]
COMPARED = ("municipality", "unit")
SEXES = ("female", "male")
LIMITS = ("", "_lower", "_upper")


@dataclass(frozen=True, slots=True)
class OfPlace:
    """One indicator's sums of places: groups (G rows of `GROUP`), and six sums by sex (6, G, 2).

    ``every`` (6, G) has also those whose sex is unknown.
    """

    declared: Declaration
    groups: pd.DataFrame
    by_sex: FloatArray
    every: FloatArray


def of_place(cells: pa.Table, declared: Declaration) -> OfPlace | None:
    """Return one indicator's rows of ``by_place`` by group; None without rows."""
    if cells.num_rows == 0:
        return None
    rows = cells.to_pandas()
    number = rows.groupby(GROUP, sort=True).ngroup().to_numpy()
    groups = rows[GROUP].drop_duplicates().sort_values(GROUP, ignore_index=True)
    size = len(groups)
    told = [rows[name].to_numpy(dtype=np.float64) for name in SUMS]
    sexes = [(rows["sex"] == sex).to_numpy() for sex in SEXES]
    by_sex = [
        np.stack([np.bincount(number[own], x[own], size) for own in sexes], axis=-1) for x in told
    ]
    every = np.stack([np.bincount(number, x, size).astype(np.float64) for x in told])
    return OfPlace(declared, groups, np.stack(by_sex).astype(np.float64), every)


def place_values(given: Given) -> pd.DataFrame:
    """Return T1's columns for every place: crude with its interval, and standardised by sex.

    Rows by sex stand for whole places only. A place has no need-adjusted value: its cells carry
    no age.
    """
    shares = _sexes_of_region(given.estimates)
    blocks = [
        block for held in _held(given) for block in _valued(held, shares.get(held.declared.id))
    ]
    if not blocks:
        return pd.DataFrame(columns=[*GROUP, "strat2_level"])
    made = pd.concat(blocks, ignore_index=True)
    made = made.merge(_place_persons(given), on=[*GROUP, "strat2_level"], how="left")
    return named(made, given)


def _held(given: Given) -> Iterator[OfPlace]:
    for one in given.context.declared.values():
        held = of_place(given.cells.of("by_place", one.id), one)
        if held is not None:
            yield held


def _sexes_of_region(estimates: pd.DataFrame) -> dict[str, FloatArray]:
    """Return the region's women and men behind each indicator in its newest period."""
    rows = estimates[
        (estimates["dimension"] == "sex")
        & (estimates["measure"] == "value")
        & (estimates["adjustment"] == "crude")
        & estimates["period_code"].str.startswith(("r12", "y"))
    ]
    wide = rows.pivot_table(
        index=["indicator_id", "period_code"], columns="level", values="n_denominator"
    )
    wide = wide.reindex(columns=list(SEXES)).fillna(0.0)
    newest = wide.groupby(level=0).tail(1)
    return {str(key[0]): row for key, row in zip(newest.index, newest.to_numpy(float), strict=True)}


def _valued(held: OfPlace, shares: FloatArray | None) -> Iterator[pd.DataFrame]:
    made = interval_of(held.every, held.declared)
    block = _columns(held, held.groups, held.every, made, ALL)
    if shares is not None and is_adjusted(held.declared):
        std, _ = standardised_interval(
            held.by_sex[:, np.newaxis], shares[np.newaxis], held.declared
        )
        std = std.where((held.groups["dimension"] != "sex").to_numpy())
        block = block.assign(**_limits("value_std", std, 0))
    yield block
    whole = (held.groups["dimension"] == TOTAL).to_numpy()
    for place, sex in enumerate(SEXES):
        sums = held.by_sex[:, whole, place]
        some = sums[0] > 0
        if some.any():
            groups = held.groups[whole][some]
            own = interval_of(sums[:, some], held.declared)
            yield _columns(held, groups, sums[:, some], own, sex)


def _columns(
    held: OfPlace, groups: pd.DataFrame, sums: FloatArray, made: Estimate, sex: str
) -> pd.DataFrame:
    calls = held.declared.population_base == "calls"
    return groups.assign(
        strat2_level=sex,
        n_denominator=sums[1] if calls else sums[0],
        n_numerator=sums[2] if held.declared.counts_events else np.nan,
        ci_method=made.method,
        **_limits("value_crude", made),
    )


def _limits(name: str, made: Estimate, row: int | None = None) -> dict[str, Any]:
    arrays = (made.value, made.lower, made.upper)
    return {
        f"{name}{end}": one if row is None else one[row]
        for end, one in zip(LIMITS, arrays, strict=True)
    }


def _place_persons(given: Given) -> pd.DataFrame:
    keys = [*GROUP, "strat2_level"]
    tables = [given.cells.of("place_persons", one) for one in given.context.declared]
    rows = pa.concat_tables([table for table in tables if table.num_rows] or tables[:1])
    return pd.DataFrame(rows.to_pandas().reindex(columns=[*keys, *COUNTS, *LARGEST]))


def persons_of(values: pd.DataFrame, given: Given) -> PersonCounts | None:
    """Return the persons behind the places' rows of T1."""
    known = values[values["n_persons"].notna()] if "n_persons" in values else values.iloc[:0]
    if known.empty:
        return None
    spans = given.context.periods[["period_code", "period_start", "period_end"]]
    return PersonCounts.of(pd.DataFrame(known.merge(spans, on="period_code")))


def named(rows: pd.DataFrame, given: Given) -> pd.DataFrame:
    """Return the rows with the names of their places; the code where a place has no name."""
    made = rows
    if "places" in given.beside:
        names = given.rows("places").drop_duplicates(PLACE)[[*PLACE, "geography_name"]]
        made = rows.merge(names, on=PLACE, how="left")
    else:
        made = rows.assign(geography_name=None)
    return made.assign(geography_name=made["geography_name"].fillna(made["geography_code"]))


def place_contrasts(given: Given) -> pd.DataFrame:
    """Return T2's columns for the declared contrast within each unit and municipality, crude."""
    blocks = [made for held in _held(given) if (made := _contrasted(held)) is not None]
    if not blocks:
        return pd.DataFrame(columns=[*GROUP, "reference_level"])
    return named(pd.concat(blocks, ignore_index=True), given)


def _contrasted(held: OfPlace) -> pd.DataFrame | None:
    groups = held.groups.assign(at=np.arange(len(held.groups)))
    groups = groups[groups["geography_level"].isin(COMPARED) & (groups["dimension"] != TOTAL)]
    known = vocabulary().dimensions
    for name in ("focus", "reference"):
        told = {one: getattr(known[one], name) for one in groups["dimension"].unique()}
        groups[name] = groups["dimension"].map(told)
    key = [*GROUP[:4], "dimension"]
    focus = groups[groups["level"] == groups["focus"]]
    reference = groups[groups["level"] == groups["reference"]][[*key, "level", "at"]]
    both = focus.merge(
        reference.rename(columns={"level": "reference_level", "at": "beside"}), on=key
    )
    if both.empty:
        return None
    sums = held.every[:, both["at"].to_numpy()], held.every[:, both["beside"].to_numpy()]
    return both[[*GROUP, "reference_level"]].assign(**_gap_columns(held.declared, *sums))


def _gap_columns(declared: Declaration, one: FloatArray, other: FloatArray) -> dict[str, Any]:
    """Return the gap of two groups of people (6, R) and (6, R): no person is in both."""
    focus, reference = interval_of(one, declared), interval_of(other, declared)
    made: dict[str, Estimate] = {}
    if declared.is_proportion:
        made["gap_abs"] = gaps.newcombe(one[2], one[1], other[2], other[1])
        made["ratio"] = gaps.risk_ratio(one[2], one[1], other[2], other[1])
        bad = gaps.risk_ratio(one[1] - one[2], one[1], other[1] - other[2], other[1])
    else:
        value = np.stack([focus.value, reference.value], axis=-1)
        errors = np.stack([focus.standard_error, reference.standard_error], axis=-1)
        spread = errors[..., np.newaxis] ** 2 * np.eye(2)
        made["gap_abs"] = gaps.difference(value, spread, 0, 1)
        made["ratio"] = bad = gaps.ratio(value, spread, 0, 1)
    if declared.direction == "lower":
        made["ratio_unfavourable"] = made["ratio"]
    elif declared.is_proportion and declared.direction == "higher":
        made["ratio_unfavourable"] = bad
    gap = made["gap_abs"]
    made["gap_harm"] = gaps.harm(gap, declared.direction, focus=focus, reference=reference)
    calls = declared.population_base == "calls"
    columns: dict[str, Any] = {
        "adjustment": "crude",
        "ci_method": gap.method,
        "p_value": gaps.wald_p(gap.value, gap.standard_error),
        "focus_value": focus.value,
        "reference_value": reference.value,
        "n_focus": one[1] if calls else one[0],
        "n_reference": other[1] if calls else other[0],
    }
    for name, estimate in made.items():
        columns |= _limits(name, estimate)
    return columns
