"""What the forms are told of units, areas and programmes: tables without a person in them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import duckdb
import pyarrow as pa

# name in the forms -> model of the warehouse; a model has units, areas or programmes as its grain
BESIDE: Mapping[str, str] = MappingProxyType({"units": "mart.dim_unit"})


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
