"""What is known of each unit beside its results: name, ownership, size, people listed, peers."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.tables.form import Given
from equity_pipeline.tables.peers import peers
from equity_pipeline.vocabulary import ALL, LONG_PERIODS, MISSING

UNIT = "unit_hsa_id"
PROFILE = "unit_profile"
# what a row says that has neither unit nor area: no place of its own
UNKNOWN = pa.array(["none", MISSING, ALL])
FACTS = (
    "unit_name", "provider_type", "corporate_group", "financing_type", "cni", "acg_mean",
    "listed_n", "area_class_of_listed_share", "area_class", "unit_size", "peer_group_id",
)  # fmt: skip


def unit_facts(given: Given) -> pd.DataFrame:
    """Return one row a unit, by its id, with the columns of `FACTS`; what is not known is empty.

    People listed, the share of them who live in areas of the class ``resource_weak``, size and
    area come from the profile of the unit, where the warehouse made one.
    """
    units = given.rows("units") if "units" in given.beside else pd.DataFrame({UNIT: []})
    made = units.set_index(UNIT) if UNIT in units else pd.DataFrame(index=pd.Index([], name=UNIT))
    made = made.combine_first(_profile(given)).reindex(columns=[*FACTS[:-1]]).sort_index()
    for name in ("cni", "acg_mean", "listed_n", "area_class_of_listed_share"):
        made[name] = pd.to_numeric(made[name]).astype("float64")
    made["peer_group_id"] = peers(made) if len(made) else None
    return made


def newest_long(given: Given) -> str | None:
    """Return the code of the newest period that stands for a year, None where there is none."""
    periods = given.context.periods
    long = periods[periods["period_kind"].isin(LONG_PERIODS)]
    if long.empty:
        return None
    return str(long.sort_values(["period_end", "period_start"])["period_code"].iloc[-1])


def cells_in(table: pa.Table, period_code: str, dimension: str) -> pa.Table:
    """Return the rows of one period and dimension, of clusters that are known."""
    if table.num_rows == 0:
        return table
    chosen = pc.and_(
        pc.equal(table["period_code"], period_code), pc.equal(table["dimension"], dimension)
    )
    if "cluster_key" in table.column_names:
        chosen = pc.and_(chosen, pc.invert(pc.is_in(table["cluster_key"], value_set=UNKNOWN)))
    return table.filter(chosen).combine_chunks()


def _profile(given: Given) -> pd.DataFrame:
    if PROFILE not in given.beside:
        return pd.DataFrame(index=pd.Index([], name=UNIT))
    held = given.rows(PROFILE).set_index(UNIT)
    known = held["n_listed_area_class_known"].where(held["n_listed_area_class_known"] > 0)
    return pd.DataFrame(
        {
            "listed_n": held["n_listed"],
            "area_class_of_listed_share": held["n_listed_resource_weak"] / known,
            "area_class": held["area_class"],
            "unit_size": held["unit_size"],
        }
    )
