"""The programmes as delivered: which units, from when, what they tried, what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from equity_pipeline.settings.forms import ProgrammeSettings
from equity_pipeline.tables.form import Given
from equity_pipeline.tables.monthly_sums import month_number
from equity_pipeline.tables.unit_facts import UNIT
from equity_pipeline.vocabulary import ALL

UNTOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Programme:
    """One programme; everything in it is about units.

    Attributes
    ----------
    units
        All that were ever enrolled, in order: the units of intention to treat.
    active
        Those that have not left: the units of per protocol.
    start
        The number of the month in which the first unit began; all are held against it.
    approaches
        The approach of each unit.
    elsewhere
        Units of other programmes: none of them is a comparison.
    cost
        What each unit cost, in SEK; units whose cost nobody told are not in it.
    n_activities, n_units_with_activity
        What the units logged.
    """

    id: str
    units: tuple[str, ...]
    active: frozenset[str]
    start: int
    approaches: Mapping[str, str]
    target_areas: frozenset[str]
    elsewhere: frozenset[str]
    cost: Mapping[str, float]
    stop_reasons: str
    n_activities: int
    n_units_with_activity: int
    settings: ProgrammeSettings

    def of_approach(self, code: str) -> tuple[str, ...]:
        """Return the units of one approach, or of all."""
        return tuple(one for one in self.units if code in (ALL, self.approaches[one]))

    @property
    def approach_codes(self) -> tuple[str, ...]:
        """The approaches to report: each one, and all together where there are several."""
        found = tuple(sorted(set(self.approaches.values())))
        return found if len(found) == 1 else (ALL, *found)


def programmes(given: Given) -> Iterator[Programme]:
    """Yield the programmes in order of their ids; none where none is delivered."""
    if "programmes" not in given.beside or given.beside["programmes"].num_rows == 0:
        return
    held = given.rows("programmes").sort_values(["programme_id", UNIT])
    for name, rows in held.groupby("programme_id", sort=True):
        others = held[(held["programme_id"] != name) & ~held[UNIT].isin(rows[UNIT])]
        yield _programme(str(name), rows, frozenset(others[UNIT]), given)


def _programme(name: str, rows: pd.DataFrame, elsewhere: frozenset[str], given: Given) -> Programme:
    activities = _activities(name, given)
    left = rows["to_date"].notna()
    cost = rows.set_index(UNIT)["cost_sek"].dropna()
    return Programme(
        id=name,
        units=tuple(rows[UNIT]),
        active=frozenset(rows[UNIT][~left]),
        start=month_number(pd.to_datetime(rows["from_date"]).min()),
        approaches=dict(zip(rows[UNIT], rows["approach_code"].fillna(UNTOLD), strict=True)),
        target_areas=frozenset(rows["target_area"].dropna())
        | frozenset(activities["target_area"].dropna()),
        elsewhere=elsewhere,
        cost={str(unit): float(sek) for unit, sek in cost.items()},
        stop_reasons=_counted(rows.loc[left, "stop_reason"]),
        n_activities=len(activities),
        n_units_with_activity=activities[UNIT].nunique(),
        settings=given.options.programmes.get(name, ProgrammeSettings()),
    )


def _activities(name: str, given: Given) -> pd.DataFrame:
    if "activities" not in given.beside:
        return pd.DataFrame({"target_area": [], UNIT: []})
    held = given.rows("activities")
    return pd.DataFrame(held[held["programme_id"] == name])


def _counted(reasons: pd.Series[str]) -> str:
    counted = reasons.dropna().value_counts().sort_index()
    return "; ".join(f"{reason} ({n})" for reason, n in counted.items())
