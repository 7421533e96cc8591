"""When a condition is first recorded, by whom, and when depression comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.synthetic.morbidity import NAMES
from equity_pipeline.synthetic.plants import FIRST_YEAR
from equity_pipeline.synthetic.streams import Array, day_of
from equity_pipeline.synthetic.world import World

FOUND_LATE = ("copd", "diabetes")
FOUND_FROM = 2022  # before it two years of records must lie, to tell a first one
FOUND_A_YEAR = 0.06  # of those with the condition, in each of three years
A_YEAR = 366  # days
EPISODIC = 0.6  # of those with depression; the others are recorded every year
PRIMARY, SPECIALIST, HOSPITAL = 0, 1, 2
FIRST_BY = np.array([0.75, 0.10, 0.15])  # where a first diagnosis is made


@dataclass(frozen=True, slots=True)
class Recorded:
    """Diagnoses of chronic conditions of a year: person, place of the condition, where made.

    ``is_new`` tells a first record, or a new episode of depression.
    """

    person: Array
    place: Array
    care_level: Array
    is_new: Array


def first_year(world: World, name: str) -> Array:
    """Return the year in which a condition is first recorded, for those who have it.

    What everybody has is recorded at the latest in the last year, so that what is known then is
    the truth; sex, income and all the rest have no part in when.
    """
    here = np.maximum(world.people.present_from + 1, FIRST_YEAR)
    if name not in FOUND_LATE:
        return np.asarray(here)
    draws = world.plan.stream("onset", name).random(world.people.size)
    later = FOUND_FROM + np.floor(draws / FOUND_A_YEAR).astype(np.int64)
    is_late = (draws < 3 * FOUND_A_YEAR) & (here == FIRST_YEAR)
    return np.asarray(np.where(is_late, later, here))


def _depression(world: World, year: int) -> Array:
    """Who has depression recorded in a year: some in each, some in every other."""
    first = first_year(world, "depression")
    draws = world.plan.stream("onset", "depression").random((2, world.people.size))
    in_turn = year % 2 == (draws[1] < 0.5)
    known = world.morbidity.of("depression") & world.people.listed(year) & (first <= year)
    return np.asarray(known & ((draws[0] >= EPISODIC) | (first == year) | in_turn))


def _new_depression(world: World, year: int, held: Array) -> Array:
    """For whom nothing was recorded in the twelve months before the day of this year."""
    every = np.arange(world.people.size)
    before = _depression(world, year - 1) if year > FIRST_YEAR else held
    since = some_day(world, year, "diagnosis", every) - some_day(
        world, year - 1, "diagnosis", every
    )
    return np.asarray(held & (~before | (since > A_YEAR)) & (year > FIRST_YEAR))


def _is_recorded(world: World, name: str, year: int) -> tuple[Array, Array]:
    """Who has a condition recorded in a year, and for whom it is new."""
    if name == "depression":
        held = _depression(world, year)
        return held, _new_depression(world, year, held)
    first = first_year(world, name)
    held = world.morbidity.of(name) & world.people.listed(year) & (first <= year)
    return held, held & (first == year) & (year > FIRST_YEAR)


def recorded(world: World, year: int) -> Recorded:
    """Return the chronic conditions recorded in a year, by person and then by condition.

    No three years pass without a record of what a person has from its first year on.
    """
    pairs = [_is_recorded(world, name, year) for name in NAMES]
    person, place = np.nonzero(np.array([held for held, _ in pairs]).T)
    is_new = np.array([new for _, new in pairs])[place, person]
    draws = world.plan.stream("onset", "where", year).random(world.people.size)[person]
    made_by = np.searchsorted(np.cumsum(FIRST_BY)[:-1], draws, side="right")
    is_late = np.isin(place, [NAMES.index(name) for name in FOUND_LATE])
    level = np.where(is_new, np.where(is_late, made_by, PRIMARY), SPECIALIST)
    return Recorded(person, place, level, is_new)


def some_day(world: World, year: int, stream: str, person: Array) -> Array:
    """Return a day of the year for each of ``person``: one a person, stream and year."""
    draws = world.plan.stream(stream, year, "day").random(world.people.size)[person]
    return day_of(year) + np.floor(draws * np.maximum(world.people.days(year)[person], 1)).astype(
        np.int64
    )
