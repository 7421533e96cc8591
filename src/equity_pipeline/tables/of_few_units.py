"""No form tells what rests on few units: a kind of units of which there are few tells of these.

T1 and T2 leave such kinds out before they are tested (`few_units`); here every form that was made
is held to the same rule, by what it says in the vocabulary of its cells.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from equity_pipeline.tables.few_units import KEY, STATUS, STRUCTURAL, UNIT
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import ALL, MISSING, Door, vocabulary

SHOWN, NOT_ESTIMATED = "shown", "not_estimated"
SPAN = ["period_start", "period_end"]
FOUND = ["indicator_id", *SPAN, "dimension", "level"]
# a row tells of each of these levels; of its reference level only what stands under ``also``
LEVELS = ("level", "focus_level", "scenario_level")
N_UNITS = "n_clusters"
UNIT_OF_CELLS = "cluster_key"
# parts of a gap that are made of the units of both groups
OF_UNITS = ("between_units", "within_units", "units_of_one_group")
Flags = NDArray[np.bool_]


def without_few_units(table: StratifiedTable, given: Given, few: pd.MultiIndex) -> StratifiedTable:
    """Return a form without the numbers of kinds of units that too few units stand behind.

    Rows of such a kind stay and are ``not_estimated``; what rests on all kinds of a dimension is
    empty where one of them has few units. How many units there are is told by the estimates, and
    for a measure of no estimates by its cells; where errors do not cluster on units nobody knows.

    Parameters
    ----------
    table
        A form as it was made.
    given
        Its cells, and how many units the configuration asks for.
    few
        From `few_units`.
    """
    door = vocabulary().forms[table.form].door
    data = _of_parts(table.data, given.options.fewest_units)
    name = door.cell.get("dimension", "dimension")
    known = {"indicator_id", name, *SPAN} <= set(data.column_names)
    if known and given.context.cluster_unit == UNIT:
        data = _of_kinds(data, door, name, given, few)
    return table if data is table.data else StratifiedTable.of(table.form, data)


def _of_parts(data: pa.Table, fewest: int) -> pa.Table:
    """Return a decomposition without the parts of units that the smaller group has few of."""
    if not {"component", N_UNITS} <= set(data.column_names):
        return data
    few = _flags(pc.less(data[N_UNITS], fewest))
    few &= _flags(pc.is_in(data["component"], pa.array(OF_UNITS)))
    few &= _flags(pc.equal(data[STATUS], SHOWN))
    return _emptied(data, few, Door(kept=(N_UNITS,))) if few.any() else data


def _of_kinds(data: pa.Table, door: Door, name: str, given: Given, few: pd.MultiIndex) -> pa.Table:
    shown = _flags(pc.equal(data[STATUS], SHOWN))  # a row without numbers already says why
    at = np.flatnonzero(_flags(pc.is_in(data[name], pa.array(STRUCTURAL))) & shown)
    if not len(at):
        return data
    levels = [one for one in (*LEVELS, "reference_level") if one in data.column_names]
    rows = data.select(["indicator_id", *SPAN, name, *levels]).take(pa.array(at)).to_pandas()
    rows = rows.rename(columns={name: "dimension"})
    few = _few(rows, given, few)
    if few.empty:
        return data
    is_few = {one: _are_in(rows, few, one) for one in levels}
    among = pd.MultiIndex.from_frame(rows[FOUND[:4]]).isin(few.droplevel("level"))

    def of_rows(flags: Flags) -> Flags:
        made = np.zeros(data.num_rows, bool)
        made[at] = flags
        return made

    own: Flags = np.logical_or.reduce([is_few[one] for one in levels if one in LEVELS])
    if door.by == "contrast":
        own |= is_few["reference_level"]
    if "level" in levels:  # all kinds together less the others would be the kind of few
        own |= among & (rows["level"] == ALL).to_numpy(bool)
    made = _emptied(data, of_rows(own), door)
    for columns, key in door.also:
        if key.get("level") == "reference_level":
            made = _without(made, columns, of_rows(is_few["reference_level"]))
    return _without(made, door.of_all_levels, of_rows(among))


def _few(rows: pd.DataFrame, given: Given, few: pd.MultiIndex) -> pd.MultiIndex:
    """Return indicator, period, dimension and level of the kinds of few units in some rows."""
    told = few.to_frame(index=False)
    measured = rows["indicator_id"].dropna().unique()
    others = [one for one in measured if one not in given.context.declared]
    told = pd.concat([told, *(_counted(one, given) for one in others)], ignore_index=True)
    spans = given.context.periods[["period_code", *SPAN]]
    return pd.MultiIndex.from_frame(told.merge(spans, on="period_code")[FOUND])


def _counted(indicator_id: str, given: Given) -> pd.DataFrame:
    """Return the kinds of few units of a measure that is not estimated, by its cells."""
    cells = given.cells.of("one_way", indicator_id)
    if UNIT_OF_CELLS not in cells.column_names:
        return pd.DataFrame(columns=KEY)
    cells = cells.filter(pc.is_in(cells["dimension"], pa.array(STRUCTURAL)))
    cells = cells.filter(pc.and_(pc.greater(cells["n"], 0), pc.not_equal(cells["level"], MISSING)))
    units = cells.select([*KEY, UNIT_OF_CELLS]).to_pandas().drop_duplicates()
    n = units.groupby(KEY)[UNIT_OF_CELLS].count().rename("n").reset_index()
    return pd.DataFrame(n.loc[n["n"] < given.options.fewest_units, KEY])


def _are_in(rows: pd.DataFrame, few: pd.MultiIndex, name: str) -> Flags:
    keys = rows[FOUND[:4]].assign(level=rows[name])
    return np.asarray(pd.MultiIndex.from_frame(keys).isin(few), bool)


def _emptied(data: pa.Table, where: Flags, door: Door) -> pa.Table:
    after = data.column_names[data.column_names.index(STATUS) + 1 :]
    data = _without(data, [one for one in after if one not in door.kept], where)
    status = pc.if_else(pa.array(where), NOT_ESTIMATED, data[STATUS])
    return data.set_column(data.schema.get_field_index(STATUS), data.schema.field(STATUS), status)


def _without(data: pa.Table, columns: Iterable[str], where: Flags) -> pa.Table:
    for name in columns:
        place, field = data.schema.get_field_index(name), data.schema.field(name)
        told = pc.if_else(pa.array(where), pa.scalar(None, field.type), data[name])
        data = data.set_column(place, field, told)
    return data


def _flags(told: pa.ChunkedArray) -> Flags:
    return np.asarray(pc.fill_null(told, fill_value=False).to_numpy(), bool)
