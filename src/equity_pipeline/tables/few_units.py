"""Kinds of units of which there are few: what is told of the kind would be told of these units."""

from __future__ import annotations

import numpy as np
import pandas as pd

from equity_pipeline.tables.context import FormContext
from equity_pipeline.vocabulary import ALL, MISSING, vocabulary

KEY = ["indicator_id", "period_code", "dimension", "level"]
UNIT = "unit_hsa_id"
STATUS = "value_status"
# dimensions that say what kind of unit somebody is at
STRUCTURAL = tuple(
    one.name for one in vocabulary().dimensions.values() if one.family == "structural"
)


def few_units(estimates: pd.DataFrame, context: FormContext, fewest: int) -> pd.MultiIndex:
    """Return the levels of ownership, financing and size that fewer units than this stand behind.

    Where errors do not cluster on units nobody knows how many there are: none are returned.

    Parameters
    ----------
    estimates
        The long table.
    fewest
        ``forms.fewest_units`` of the configuration.

    Returns
    -------
    pandas.MultiIndex
        Indicator, period, dimension and level.
    """
    rows = estimates[
        (estimates["measure"] == "value")
        & (estimates["adjustment"] == "crude")
        & (estimates["strat2_level"] == ALL)
        & estimates["dimension"].isin(STRUCTURAL)
        & (estimates["level"] != MISSING)
    ]
    if context.cluster_unit != UNIT:
        rows = rows[:0]
    return pd.MultiIndex.from_frame(rows[rows["n_clusters"] < fewest][KEY])


def without_few(
    made: pd.DataFrame, few: pd.MultiIndex, form: str, *levels: str, whole: tuple[str, ...] = ()
) -> pd.DataFrame:
    """Return rows without the numbers of levels of few units; the rows stay.

    Parameters
    ----------
    made
        Rows of a form, before its status is set.
    few
        From `few_units`.
    form
        The form: its numbers are the columns after ``value_status``.
    levels
        Columns with a level: one of few units empties the row.
    whole
        Columns that rest on all levels: empty in every row of a dimension with such a level.
    """
    if few.empty:
        return made
    made = made.copy()
    is_few = _are_in(made, few, levels)
    held = vocabulary().forms[form].columns
    numbers = [name for name in held[held.index(STATUS) + 1 :] if name in made]
    made.loc[is_few, numbers] = None
    wholes = few.droplevel("level")
    among = pd.MultiIndex.from_frame(made[KEY[:3]]).isin(wholes)
    made.loc[among, [name for name in whole if name in made]] = None
    return made


def _are_in(
    made: pd.DataFrame, few: pd.MultiIndex, levels: tuple[str, ...]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    found = np.zeros(len(made), bool)
    for name in levels:
        keys = made[KEY[:3]].assign(level=made[name])
        found |= pd.MultiIndex.from_frame(keys).isin(few)
    return found
