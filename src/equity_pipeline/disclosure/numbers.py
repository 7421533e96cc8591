"""The numbers that forms show of cells: counts, sizes of values, and what is measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.propagate import CELL, CONTRAST, cells_of
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary

Pair = tuple[float, float]
UNKNOWN: Pair = (np.nan, np.nan)


def indicators(form: str, data: pa.Table) -> list[str]:
    """Return what each row of a form measures: an indicator, an item or a step."""
    name = vocabulary().forms[form].door.cell.get("indicator_id", "indicator_id")
    return [str(one) for one in data[name].to_pylist()]


def published(tables: Mapping[str, StratifiedTable], exempt: Collection[str]) -> dict[Cell, Pair]:
    """Return the counts that the forms show of each cell with persons behind it."""
    found: dict[Cell, Pair] = {}
    for form, table in tables.items():
        door = vocabulary().forms[form].door
        if door.by != CELL or not door.counts:
            continue
        columns = [table.data[name].to_pylist() for name in door.counts]
        for cell, pair in zip(cells_of(table.data, door), zip(*columns, strict=True), strict=True):
            if cell.indicator_id not in exempt:
                known = [np.nan if one is None else float(one) for one in pair]
                found.setdefault(cell, (known[0], known[1] if len(known) > 1 else np.nan))
    return found


def sizes(
    form: str, data: pa.Table, shown: Mapping[Cell, Pair]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the size of each row's value and the smallest denominator behind it."""
    door = vocabulary().forms[form].door
    names = door.sized_by or door.in_unit[:1]
    levels = ("focus_level", "reference_level") if door.by == CONTRAST else (None,)
    size = np.array([np.asarray(data[name].to_pandas(), np.float64) for name in names])
    n = [
        [shown.get(cell, UNKNOWN)[0] for cell in cells_of(data, door, level=one)] for one in levels
    ]
    return np.fmax.reduce(np.abs(size)), np.array(n, np.float64).min(axis=0)
