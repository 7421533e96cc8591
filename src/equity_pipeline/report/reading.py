"""Rows of a disclosed table, as few and as narrow as a page needs them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.disclosure.disclose import DisclosedTable

Row = dict[str, Any]
CHOSEN_BY = (
    "indicator_id", "period_kind", "period_end", "is_headline", "is_declared_contrast",
    "strat2_dimension", "geography_level", "component", "dimension", "year", "programme_id",
)  # fmt: skip


def rows_of(
    tables: Mapping[str, DisclosedTable],
    form: str,
    keep: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows,
    *,
    columns: Iterable[str] = (),
) -> list[Row]:
    """Return the rows of a form as dictionaries; what is missing is None, never a number.

    Parameters
    ----------
    tables
        The disclosed tables by form. One that is not there has no rows.
    form
        Name of the form.
    keep
        Chooses and orders the rows by their keys; all of them unless given.
    columns
        Those that are needed, all unless given; one that the table lacks is left out.
    """
    if form not in tables:
        return []
    table = tables[form].data
    keys = table.select([name for name in CHOSEN_BY if name in table.column_names]).to_pandas()
    if keys.empty:
        return []
    kept = keep(keys).index.to_numpy()
    needed = [name for name in columns if name in table.column_names] or table.column_names
    return [*_known(table.select(needed).take(pa.array(kept))).to_pylist()]


def _known(table: pa.Table) -> pa.Table:
    """Return the table with null in the place of what is not a number."""
    for at, field in enumerate(table.schema):
        if pa.types.is_floating(field.type):
            column = table.column(at)
            nothing = pa.scalar(None, field.type)
            table = table.set_column(at, field, pc.if_else(pc.is_nan(column), nothing, column))
    return table
