"""The values of T9's items, each from where the vocabulary says: listing, area, unit or cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from equity_pipeline.tables import area_items as made_from
from equity_pipeline.tables.area_items import Item, area_items
from equity_pipeline.tables.form import Given
from equity_pipeline.vocabulary import TOTAL, vocabulary

PERSONS = ["n_persons", "n_persons_with", "n_persons_without"]
NEED = ["sex", "age_group", "morbidity"]
COLUMNS = [
    "unit_hsa_id", "item_id", "period_code", "value", "over", "n", "value_region",
    "value_word_sv", "value_word_en", *PERSONS,
]  # fmt: skip


def values(given: Given, units: pd.DataFrame) -> pd.DataFrame:
    """Return the known values of all items, one row a unit and item.

    Parameters
    ----------
    units
        One row a unit: its profile and what was delivered of it.

    Returns
    -------
    pandas.DataFrame
        ``value`` in natural scale; ``over`` is what means of several units weigh it by; ``n`` the
        persons, visits or inhabitants behind it; persons only where the item counts them.
    """
    sums = _by_unit(given, str(units["period_code"].iloc[0]))
    makers: Mapping[str, Callable[[Item], pd.DataFrame]] = {
        made_from.LISTED: lambda _: _listed(units),
        made_from.TRAIT: lambda item: _shares(given.rows("unit_traits"), item),
        made_from.OVERLAP: lambda item: _shares(given.rows("unit_areas"), item),
        made_from.AREA: lambda item: _of_area(given.rows("unit_areas"), item),
        made_from.UNIT: lambda item: _of_unit(units, item),
        made_from.WORD: lambda item: _word(units, item),
        made_from.FACTOR: lambda item: _factor(given.rows("success_factors"), item),
        made_from.INDICATOR: lambda item: _of_cells(given, sums, item),
    }
    frames = [
        makers[item.made_from](item).assign(item_id=item.id)
        for item in area_items().values()
        if item.made_from in makers
    ]
    known = units[["unit_hsa_id", "period_code"]]
    made = pd.concat([_whole(one) for one in frames if len(one)], ignore_index=True)
    return made.drop(columns="period_code").merge(known, on="unit_hsa_id")


def _whole(frame: pd.DataFrame) -> pd.DataFrame:
    made = frame.reindex(columns=COLUMNS)
    numbers = ["value", "over", "n", "value_region", *PERSONS]
    made[numbers] = made[numbers].astype("float64")
    return made.astype({"value_word_sv": object, "value_word_en": object})


def _listed(units: pd.DataFrame) -> pd.DataFrame:
    made = units[["unit_hsa_id"]].assign(value=units["n_listed"], over=1.0, n=units["n_listed"])
    return made.assign(
        n_persons=units["n_listed"], n_persons_with=units["n_listed"], n_persons_without=0
    )


def _shares(rows: pd.DataFrame, item: Item) -> pd.DataFrame:
    made = rows[rows["item_id"] == item.id].copy()
    made["value"] = made["n_persons_with"] / made["n_persons"]
    return made.assign(over=made["n_persons"], n=made["n_persons"], value_region=np.nan)


def _of_area(rows: pd.DataFrame, item: Item) -> pd.DataFrame:
    made = rows[rows["item_id"] == item.id]
    return pd.DataFrame(made[["unit_hsa_id", "value", "value_region"]].assign(over=1.0))


def _of_unit(units: pd.DataFrame, item: Item) -> pd.DataFrame:
    held = units.assign(
        listed=units["n_listed"], reimbursement_cni_share=_share_of_payment(units)
    ).replace({"listed": {0: np.nan}})
    value = held.get(item.told["column"], pd.Series(np.nan, held.index)).astype("float64")
    weight = held.get(item.told.get("weight", ""), pd.Series(1.0, held.index))
    if "per_listed" in item.told:
        value, weight = item.told["per_listed"] * value / held["listed"], held["listed"]
    made = held[["unit_hsa_id"]].assign(value=value, over=weight.astype("float64"))
    return pd.DataFrame(made[made["value"].notna()])


def _share_of_payment(units: pd.DataFrame) -> pd.Series[float]:
    if not {"reimbursement_sek", "reimbursement_cni_sek"} <= set(units):
        return pd.Series(np.nan, units.index)
    whole = units["reimbursement_sek"].astype("float64")
    return units["reimbursement_cni_sek"].astype("float64") / whole.where(whole > 0)


def _word(units: pd.DataFrame, item: Item) -> pd.DataFrame:
    words = vocabulary().codes[item.told["codes"]]
    held = units.get(item.told["column"], pd.Series(None, units.index, object))
    known = held.isin(set(words) - {"missing"})
    code = held[known]
    made = units.loc[known, ["unit_hsa_id"]].assign(
        value_word_sv=[words[one].sv for one in code],
        value_word_en=[words[one].en for one in code],
    )
    return pd.DataFrame(made)


def _factor(scores: pd.DataFrame, item: Item) -> pd.DataFrame:
    made = scores[scores["success_factor"] == item.told["factor"]]
    return pd.DataFrame(made[["unit_hsa_id"]].assign(value=made["success_score"], over=1.0))


def _of_cells(given: Given, sums: Mapping[str, pd.DataFrame], item: Item) -> pd.DataFrame:
    """Return actual, expected or their ratio for each unit: indirect standardisation.

    Expected is what the unit's people would have had at the region's own values for their sex,
    age and morbidity.
    """
    if item.judged_as not in sums:
        return pd.DataFrame(columns=["unit_hsa_id"])
    made, told = sums[item.judged_as], item.told["measure"]
    top, bottom = {"value": ("s", "d"), "expected": ("expected", "d"), "ratio": ("s", "expected")}[
        told
    ]
    scale = 1.0 if told == "ratio" else given.context.declared[item.judged_as].scale
    value = scale * made[top] / made[bottom].where(made[bottom] > 0)
    # the region's own, with those seen at no unit: less the units, it leaves no unit
    region = scale * made[f"region_{top}"] / made[f"region_{bottom}"]
    return made[["unit_hsa_id", "n"]].assign(value=value, over=made[bottom], value_region=region)


def _by_unit(given: Given, period_code: str) -> dict[str, pd.DataFrame]:
    """Return actual and expected sums by unit, of each indicator that items tell of."""
    asked = {one.judged_as for one in area_items().values() if one.made_from == made_from.INDICATOR}
    made = {}
    for indicator_id in sorted(asked & set(given.context.declared)):
        cells = _totals(given, indicator_id, period_code)
        cells["expected"] = cells["d"] * _rate(cells)
        summed = cells.groupby("cluster_key", as_index=False)[["n", "d", "s", "expected"]].sum()
        for name in ("d", "s", "expected"):
            summed[f"region_{name}"] = cells[name].sum()
        made[indicator_id] = summed[summed["d"] > 0].rename(columns={"cluster_key": "unit_hsa_id"})
    return made


def _totals(given: Given, indicator_id: str, period_code: str) -> pd.DataFrame:
    held = given.cells.of("one_way", indicator_id, period_code=period_code)
    kept = held.filter(pc.equal(held["dimension"], TOTAL))
    kept = kept.select([*NEED, "cluster_key", "n", "d", "s"])
    return pd.DataFrame(kept.to_pandas())


def _rate(cells: pd.DataFrame) -> pd.Series[float]:
    sums = cells.groupby(NEED, dropna=False)[["d", "s"]].transform("sum")
    return sums["s"] / sums["d"].where(sums["d"] > 0)
