"""What the forms are told of units, areas and programmes: tables without a person in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import duckdb
import pyarrow as pa

UNIT = "unit_hsa_id"
STRUCTURE = ("provider_type", "financing_type")

# name in the forms -> model of the warehouse; a model has units, areas or programmes as its grain
BESIDE: Mapping[str, str] = MappingProxyType(
    {
        "units": "mart.dim_unit",
        "places": "mart.dim_place",
        "unit_profile": "mart.unit_profile",
        "unit_traits": "mart.unit_trait",
        "unit_physicians": "mart.unit_physicians",
        "unit_areas": "mart.unit_area_profile",
        "success_factors": "mart.unit_success_factor",
        "area_classes": "mart.area_classification",
        "programmes": "mart.programme",
        "activities": "mart.programme_activity",
    }
)


def beside(connection: duckdb.DuckDBPyConnection) -> dict[str, pa.Table]:
    """Return every table of `BESIDE`, in the order of its rows.

    Parameters
    ----------
    connection
        One in which the built warehouse can be read.
    """
    return {
        name: connection.sql(f"from {model} order by all").to_arrow_table()
        for name, model in BESIDE.items()
    }


def kinds_of(told: Mapping[str, pa.Table]) -> dict[str, dict[str, str]]:
    """Return for the code of each unit its ownership and financing, told by a form or not.

    Who reads a release may know them from an earlier one, or from the sign on the door.
    """
    if "units" not in told:
        return {}
    named = [one for one in STRUCTURE if one in told["units"].column_names]
    rows = told["units"].select([UNIT, *named]).to_pylist()
    return {
        row[UNIT]: {name: row[name] for name in named if row[name] is not None}
        for row in rows
        if row[UNIT] is not None
    }


def nesting_of(told: Mapping[str, pa.Table]) -> dict[str, tuple[str, str]]:
    """Return for the code of each place what kind it is, and the code of the larger place.

    Units part the people of the region by where they are listed, not by where they live: the
    place that holds a unit is therefore the region.
    """
    if "places" not in told:
        return {}
    rows = told["places"].to_pylist()
    region = next((one["geography_code"] for one in rows if one["geography_level"] == "region"), "")
    return {
        one["geography_code"]: (
            one["geography_level"],
            region if one["geography_level"] == "unit" else one["parent_code"] or region,
        )
        for one in rows
        if one["geography_level"] != "region"
    }
