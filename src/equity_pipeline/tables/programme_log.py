"""T8d: what happened in the programmes - which units began, what they tried, who left and why."""

from __future__ import annotations

import pandas as pd

from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.tables.unit_facts import UNIT

FORM = "programme_log"
BEGAN, TRIED, LEFT = "began", "activity", "left"
OF_UNIT = ["programme_id", UNIT]


def programme_log(given: Given) -> Made:
    """Return T8d: a row for each unit that began or left a programme, and for each activity.

    An activity without a unit is every unit's of its programme. Nobody's costs are told.
    """
    if "programmes" not in given.beside or given.beside["programmes"].num_rows == 0:
        return Made({FORM: StratifiedTable.of(FORM, pd.DataFrame())})
    enrolled = given.rows("programmes")
    rows = pd.concat([_began(enrolled), _tried(enrolled, given), _left(enrolled)])
    told = rows.merge(enrolled[[*OF_UNIT, "approach_code"]], on=OF_UNIT, how="left")
    units = given.rows("units")
    frame = told.assign(
        run_id=given.context.run_id,
        unit_name=told[UNIT].map(units.set_index(UNIT)["unit_name"]),
        disclosure_tier="internal",
        value_status="shown",
    )
    return Made({FORM: StratifiedTable.of(FORM, frame)})


def _began(enrolled: pd.DataFrame) -> pd.DataFrame:
    days = _day(enrolled["from_date"])
    return enrolled[OF_UNIT].assign(programme_event=BEGAN, event_id=BEGAN, event_date=days)


def _left(enrolled: pd.DataFrame) -> pd.DataFrame:
    gone = enrolled[enrolled["to_date"].notna()]
    return gone[OF_UNIT].assign(
        programme_event=LEFT,
        event_id=LEFT,
        event_date=_day(gone["to_date"]),
        event_words=gone["stop_reason"],
    )


def _tried(enrolled: pd.DataFrame, given: Given) -> pd.DataFrame:
    if "activities" not in given.beside:
        return pd.DataFrame(columns=[*OF_UNIT, "event_id"], dtype=object)
    held = given.rows("activities")
    everywhere = held[held[UNIT].isna()].drop(columns=UNIT)
    named = held[held[UNIT].notna()]
    found = pd.concat([named, everywhere.merge(enrolled[OF_UNIT], on="programme_id")])
    return found[OF_UNIT].assign(
        programme_event=TRIED,
        event_id=found["activity_id"],
        event_date=_day(found["from_date"]),
        event_end_date=_day(found["to_date"]),
        target_area=found["target_area"],
        event_words=found["activity_description"],
    )


def _day(held: pd.Series) -> pd.Series:
    return pd.to_datetime(held).astype("datetime64[s]")
