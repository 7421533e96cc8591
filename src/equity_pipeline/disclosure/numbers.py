"""The numbers that forms show of cells: counts, sizes of values, and what is measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.propagate import CELL, CONTRAST, cells_of
from equity_pipeline.indicators.rules import SCALE_OF_UNIT
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import Door, vocabulary

Pair = tuple[float, float]
UNKNOWN: Pair = (np.nan, np.nan)
OF_COUNTS = ("percent", "per_100", "per_1000")  # shares and rates: a numerator is in the value
SHARE_OF = {unit: float(SCALE_OF_UNIT[unit]) for unit in OF_COUNTS}


def indicators(form: str, data: pa.Table) -> list[str]:
    """Return what each row of a form measures: an indicator, an item or a step."""
    name = vocabulary().forms[form].door.cell.get("indicator_id", "indicator_id")
    return [str(one) for one in data[name].to_pylist()]


def published(tables: Mapping[str, StratifiedTable], exempt: Collection[str]) -> dict[Cell, Pair]:
    """Return the counts that the forms show of each cell with persons behind it.

    A share beside its denominator shows its numerator, also where no column tells it.
    """
    found: dict[Cell, Pair] = {}
    for form, table in tables.items():
        door = vocabulary().forms[form].door
        if door.by != CELL or not door.counts:
            continue
        pairs = zip(*_counts(door, table.data), strict=True)
        for cell, pair in zip(cells_of(table.data, door), pairs, strict=True):
            if cell.indicator_id not in exempt:
                found.setdefault(cell, pair)
    return found


def _counts(door: Door, data: pa.Table) -> tuple[list[float], list[float]]:
    """Return the denominator and the numerator of each row of a form."""
    n, *more = (_numbers(data, name) for name in door.counts)
    with_it = more[0] if more else np.full(data.num_rows, np.nan)
    if door.in_unit and "unit_of_measure" in data.column_names:
        per = data["unit_of_measure"].to_pandas().map(SHARE_OF).to_numpy(np.float64)
        of_value = np.round(n * _numbers(data, door.in_unit[0]) / per)
        with_it = np.where(np.isnan(with_it), of_value, with_it)
    return n.tolist(), with_it.tolist()


def _numbers(data: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(data[name].to_pandas().to_numpy(np.float64, na_value=np.nan))


@dataclass(frozen=True, slots=True)
class Sizes:
    """What says how many decimals the values of a form bear.

    Attributes
    ----------
    value, n
        The size of each row's value, and the smallest denominator behind the row.
    own
        Of the columns that are the value of one group alone: its size and its own denominator.
    """

    value: NDArray[np.float64]
    n: NDArray[np.float64]
    own: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def sizes(form: str, data: pa.Table, shown: Mapping[Cell, Pair]) -> Sizes:
    """Return what says how many decimals each row's values bear."""
    door = vocabulary().forms[form].door
    names = door.sized_by or door.in_unit[:1]
    levels = ("focus_level", "reference_level") if door.by == CONTRAST else ("level",)
    size = np.array([_numbers(data, name) for name in names])
    size = size if names else np.full((1, data.num_rows), np.nan)  # no value in the unit
    n = {
        one: np.array([shown.get(cell, UNKNOWN)[0] for cell in cells], np.float64)
        for one in levels
        for cells in [cells_of(data, door, level=one if door.by == CONTRAST else None)]
    }
    return Sizes(
        value=np.fmax.reduce(np.abs(size)),
        n=np.min([*n.values()], axis=0),
        own={name: (_numbers(data, name), n[level]) for name, level in door.of_level.items()},
    )
