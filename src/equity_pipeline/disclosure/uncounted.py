"""Rows of means that are told without how many they are of."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pyarrow as pa

from equity_pipeline.disclosure.cell import Cell
from equity_pipeline.disclosure.propagate import CELL, CONTRAST, cells_of, emptied, numbers_of
from equity_pipeline.disclosure.rules import Flags
from equity_pipeline.vocabulary import ALL, TOTAL, Door, vocabulary

OF_PERSONS = ("persons", "waits")
COUNTS = ("n", "n_denominator", "n_numerator", "n_focus", "n_reference", "n_events")
# of all who are listed at a place, whatever is measured
OF_ALL = ("listed_n", "n_listed")
# limits that are drawn by the number of persons, and sums over them
BY_PERSONS = ("chance_", "funnel_", "excess_")


def without_counts(form: str, data: pa.Table, cells: Collection[Cell]) -> pa.Table:
    """Return a form without the counts of some cells, and what tells them as well.

    Parameters
    ----------
    cells
        The cells whose persons are not told; their values are.
    """
    where = _of_some(form, data, cells)
    if where.any():
        data = emptied(data, counted(form), where)
    for columns, key in vocabulary().forms[form].door.also:
        untold = _among(cells_of(data, Door(cell=key)), cells)
        data = emptied(data, [one for one in columns if one in counted(form)], untold)
    return data


def counted(form: str) -> tuple[str, ...]:
    """Return the columns of a form that tell how many persons a row is of.

    Examples
    --------
    >>> counted("gap")
    ('n_focus', 'n_reference')
    """
    known = vocabulary().columns
    return tuple(
        name
        for name in numbers_of(form)
        if name in COUNTS
        or name.startswith(BY_PERSONS)
        or (known[name].unit in OF_PERSONS and name not in OF_ALL and known[name].type == "BIGINT")
    )


def _of_some(form: str, data: pa.Table, cells: Collection[Cell]) -> Flags:
    door = vocabulary().forms[form].door
    found = np.zeros(data.num_rows, bool)
    if not cells or door.by not in (CELL, CONTRAST):
        return found
    levels = ("focus_level", "reference_level") if door.by == CONTRAST else (None,)
    for level in levels:
        found |= _among(cells_of(data, door, level=level), cells)
    return found | _of_all_levels(data, door, found, cells)


def _among(rows: Sequence[Cell], cells: Collection[Cell]) -> Flags:
    return np.fromiter((cell in cells for cell in rows), bool, len(rows))


def _of_all_levels(data: pa.Table, door: Door, found: Flags, cells: Collection[Cell]) -> Flags:
    """Return the rows of all levels together where one of these, or the total, is told uncounted.

    All less a larger population's all are the few who are missing.
    """
    names = [name for name in door.together if name in data.column_names]
    if not names or "level" not in data.column_names:
        return np.zeros(data.num_rows, bool)
    groups = list(zip(*(data[name].to_pylist() for name in names), strict=True))
    untold = {group for group, is_found in zip(groups, found, strict=True) if is_found}
    levels = data["level"].to_pylist()
    totals = (one._replace(dimension=TOTAL, level=ALL) in cells for one in cells_of(data, door))
    rows = zip(levels, groups, totals, strict=True)
    made = (level == ALL and (group in untold or total) for level, group, total in rows)
    return np.fromiter(made, bool, data.num_rows)
