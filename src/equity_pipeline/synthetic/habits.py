"""Habits of living, what is done about them, and psychological treatment of depression."""

from __future__ import annotations

import numpy as np

from equity_pipeline.synthetic.files import EXTRACTED_AT
from equity_pipeline.synthetic.morbidity import NAMES
from equity_pipeline.synthetic.onset import recorded
from equity_pipeline.synthetic.streams import Array
from equity_pipeline.synthetic.world import World

HABITS = ("smoking", "hazardous_alcohol", "insufficient_activity", "unhealthy_diet")
SHARES = (0.10, 0.12, 0.28, 0.14)
SMOKERS_WITH_COPD = 0.34
ASKED_OF_SMOKING = 0.5  # of adults, each year
ASKED_OF_THE_REST = 0.45  # of adults with a chronic condition, each year
SUPPORTED = 0.5  # of those who smoke, each year
HELPED = 0.35  # of those with another habit and a chronic condition, each year
LIFESTYLE_CODES = ("DV113", "DV123", "DV132", "DV143")
TREATED = 0.40  # of new episodes of depression, within half a year
TREATMENT_CODE = "DU011"


def habits(world: World) -> Array:
    """Return who has which habit (habits x persons); it lasts, and only COPD has a part in it."""
    draws = world.plan.stream("habits").random((len(HABITS), world.people.size))
    share = np.repeat(np.array(SHARES)[:, None], world.people.size, axis=1)
    share[0] = np.where(world.morbidity.of("copd"), SMOKERS_WITH_COPD, share[0])
    return np.asarray(draws < share)


def asked(world: World, year: int) -> tuple[Array, Array, Array]:
    """Return who was asked of what in a year: person, place of the habit, 1 or 0."""
    draws = world.plan.stream("habits", year, "asked").random((2, world.people.size))
    adult = world.people.listed(year) & (world.people.age(year - 1) >= 18)
    smoking = adult & (draws[0] < ASKED_OF_SMOKING)
    rest = adult & (world.morbidity.code > 0) & (draws[1] < ASKED_OF_THE_REST)
    place, person = np.nonzero(np.array([smoking, rest, rest, rest]))
    return person, place, habits(world)[place, person].astype(float)


def helped(world: World, year: int) -> tuple[Array, Array]:
    """Return who got a measure for a habit in a year, and the place of its code.

    One who smokes is helped with that; those with COPD have their advice on smoking elsewhere.
    """
    draws = world.plan.stream("habits", year, "helped").random(world.people.size)
    held, copd = habits(world), world.morbidity.of("copd")
    adult = world.people.listed(year) & (world.people.age(year - 1) >= 18)
    smokes = adult & held[0] & ~copd
    other = adult & ~held[0] & held.any(axis=0) & (world.morbidity.code > 0) & ~copd
    person = np.flatnonzero(smokes & (draws < SUPPORTED) | other & (draws < HELPED))
    return person, held[:, person].argmax(axis=0)


def treated(world: World, year: int, diagnosed_on: Array) -> tuple[Array, Array]:
    """Return who is treated for an episode of depression that began in a year, and the day.

    ``diagnosed_on`` is each person's day of the year's diagnoses (length n).
    """
    made = recorded(world, year)
    person = made.person[made.is_new & (made.place == NAMES.index("depression"))]
    draws = world.plan.stream("habits", year, "treated").random((2, world.people.size))[:, person]
    day = diagnosed_on[person] + 5 + np.floor(draws[1] * 150).astype(np.int64)
    last = (np.datetime64(EXTRACTED_AT) - np.datetime64("1970-01-01")).astype(int)
    kept = (draws[0] < TREATED) & (day <= last) & (day < world.people.death_day[person])
    return person[kept], day[kept]
