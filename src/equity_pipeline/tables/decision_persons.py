"""How many a case concerns: the cases beyond the other group's level in the group worse off."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from equity_pipeline.indicators.declaration import Declaration

SCENARIO = "reference_group"
KEY = ["indicator_id", "geography_code", "dimension", "period_end", "adjustment", "level"]


def concerned(
    cases: pd.DataFrame, declared: Mapping[str, Declaration], burden: pd.DataFrame | None
) -> pd.Series[float]:
    """Return for each case how many of the group worse off are beyond the other group's level.

    The example of T7 tells it where the focus group is worse off; else, for a share, the people
    of the group times the gap. NaN where neither can be told.

    Parameters
    ----------
    cases
        Rows with ``worse_off_level``, ``n_focus``, ``n_reference`` and ``gap_harm``.
    declared
        The declarations by id.
    burden
        T7 as a frame; None if it was not made.
    """
    own = _people_times_gap(cases, declared)
    return own if burden is None else _from_example(cases, burden).fillna(own)


def _people_times_gap(cases: pd.DataFrame, declared: Mapping[str, Declaration]) -> pd.Series[float]:
    is_share = cases["indicator_id"].map({one.id: one.is_proportion for one in declared.values()})
    worse = cases["worse_off_level"].eq(cases["focus_level"])
    people = cases["n_focus"].where(worse, cases["n_reference"]).astype(float)
    return (people * cases["gap_harm"].abs()).where(is_share)


def _from_example(cases: pd.DataFrame, burden: pd.DataFrame) -> pd.Series[float]:
    told = burden[burden["reference_scenario"] == SCENARIO]
    excess = told.set_index(KEY)["excess_cases"].astype(float)
    asked = cases.rename(columns={"worse_off_level": "worse", "focus_level": "level"})
    is_focus = asked["worse"].eq(asked["level"])
    found = excess.reindex(pd.MultiIndex.from_frame(asked[KEY])).to_numpy()
    return pd.Series(found, index=cases.index).where(is_focus).where(found > 0)
