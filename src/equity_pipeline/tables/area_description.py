"""T9: every unit's conditions: those listed, the area around it, need, organisation, economy, care.

The people listed and the people who live around a unit are different people: both are told, with
how many of the one are the other. Nothing here is a result to be ranked by.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from equity_pipeline.tables.area_items import (
    INDICATOR,
    KIND_OF,
    LISTED,
    NONE,
    OVERLAP,
    TRAIT,
    Item,
    area_items,
)
from equity_pipeline.tables.area_values import PERSONS, values
from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.peers import peers
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, TOTAL, vocabulary

FORM = "area_description"
FEWEST_BESIDE = 2  # one unit alone is nothing to be held beside
OF_PEOPLE = {TRAIT, OVERLAP, INDICATOR, LISTED}


def area_description(given: Given) -> Made:
    """Return T9: a row for every unit and item, beside the region and comparable units.

    A value that nobody delivered is ``not_reported``; one that nobody is behind, for example of
    those aged 65 and over at a unit without any, is ``no_population``.

    Parameters
    ----------
    given
        Beside the cells the tables ``units``, ``unit_profile``, ``unit_traits``, ``unit_areas``
        and ``success_factors``.
    """
    units = _units(given)
    if units.empty:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())}, None, _kinds(given))
    found = values(given, units)
    rows = units.merge(_items(), how="cross")
    rows = rows.merge(found, on=["unit_hsa_id", "period_code", "item_id"], how="left")
    rows["value_status"] = _status(rows)
    rows = _beside(rows)
    table = StratifiedTable.of(FORM, _worded(rows, given))
    return Made({FORM: table}, _persons(found, given), _kinds(given))


def _units(given: Given) -> pd.DataFrame:
    profile = given.rows("unit_profile")
    profile["peer_group_id"] = peers(profile)
    sizes = profile.groupby("peer_group_id")["unit_hsa_id"].transform("size")
    described = given.rows("units").drop(columns=["area_class", "unit_size"], errors="ignore")
    return profile.assign(n_peers=sizes).merge(described, on="unit_hsa_id", how="left")


def _items() -> pd.DataFrame:
    groups = vocabulary().codes["item_group"]
    return pd.DataFrame(
        [
            {
                "item_id": one.id,
                "indicator_id": one.judged_as,
                "item_group": one.group,
                "item_group_label_sv": groups[one.group].sv,
                "item_group_label_en": groups[one.group].en,
                "item_label_sv": one.label.sv,
                "item_label_en": one.label.en,
                "item_order": one.label.order,
                "unit_of_measure": one.unit,
                "source": one.source,
                "made_from": one.made_from,
                "ses_measurement_level": one.measured_on,
            }
            for one in area_items().values()
        ]
    )


def _status(rows: pd.DataFrame) -> NDArray[np.str_]:
    has_value = rows["value"].notna() | rows["value_word_sv"].notna()
    known_somewhere = has_value.groupby(rows["item_id"]).transform("any")
    nobody = rows["made_from"].isin(OF_PEOPLE) & (known_somewhere | (rows["n_listed"] == 0))
    missing = np.where(nobody & (rows["made_from"] != NONE), "no_population", "not_reported")
    return np.where(has_value, "shown", missing)


def _beside(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with the region's value, that of comparable units, and the place between."""
    made = rows.copy()
    known = made["value"].notna()
    weight = made["over"].where(known)
    weighed = made["value"] * weight
    region = _mean(weighed, weight, [made["item_id"]])
    # areas around units overlap: what they have in common is the region's of nobody
    region = region.where(made["made_from"] != OVERLAP)
    made["value_region"] = made["value_region"].fillna(region)
    made["value_peer_group"] = _mean(weighed, weight, [made["item_id"], made["peer_group_id"]])
    by_item = made.groupby("item_id")["value"]
    n_known = by_item.transform("count")
    place = 100 * (by_item.rank() - 0.5) / n_known
    made["percentile_in_region"] = place.where(n_known >= FEWEST_BESIDE)
    return made


def _mean(
    weighed: pd.Series[float], weight: pd.Series[float], keys: list[pd.Series[str]]
) -> pd.Series[float]:
    """Return weighted means of groups; none of a single unit."""
    total, people = (one.groupby(keys).transform("sum") for one in (weighed, weight))
    enough = weight.groupby(keys).transform("count") >= FEWEST_BESIDE
    return (total / people.where(people > 0)).where(enough)


def _worded(rows: pd.DataFrame, given: Given) -> pd.DataFrame:
    made = rows.merge(given.context.periods, on="period_code", how="left", validate="many_to_one")
    last_day = pd.to_datetime(made["period_end"]) - pd.Timedelta(days=1)
    made["year"] = last_day.dt.year
    made["run_id"] = given.context.run_id
    made["disclosure_tier"] = "internal"
    return made


def _persons(found: pd.DataFrame, given: Given) -> PersonCounts | None:
    """Return who is behind the shares of those listed; indicators are counted as themselves."""
    counted = found[found["item_id"].map(_counts_persons) & found["n_persons"].notna()]
    if counted.empty:
        return None
    rows = counted[["item_id", "unit_hsa_id", "period_code", *PERSONS]].rename(
        columns={"item_id": "indicator_id", "unit_hsa_id": "geography_code"}
    )
    # each person is listed at one unit: the units' persons are the region's
    of_units = rows[rows["indicator_id"].map(lambda one: area_items()[one].made_from != OVERLAP)]
    region = of_units.groupby(["indicator_id", "period_code"], as_index=False)[PERSONS].sum()
    region["geography_code"] = given.context.region_code
    told = pd.concat([rows, region], ignore_index=True)
    told = told.assign(dimension=TOTAL, level=ALL, strat2_level=ALL)
    spans = given.context.periods[["period_code", "period_start", "period_end"]]
    return PersonCounts.of(pd.DataFrame(told.merge(spans, on="period_code")))


def _counts_persons(item_id: str) -> bool:
    return area_items()[item_id].made_from in KIND_OF


def _kinds(given: Given) -> dict[str, str]:
    """Return how the door must see each item that no indicator of the run is behind."""
    items: tuple[Item, ...] = tuple(area_items().values())
    return {
        one.judged_as: KIND_OF.get(one.made_from, "published")
        for one in items
        if one.judged_as not in given.context.declared
    }
