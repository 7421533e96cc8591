"""Drugs beside those of the conditions: statins in diabetes, many in old age."""

from __future__ import annotations

import numpy as np

from equity_pipeline.synthetic.morbidity import CONDITIONS
from equity_pipeline.synthetic.streams import Array, owners, spread
from equity_pipeline.synthetic.world import World

DRUGS = tuple(code for one in CONDITIONS for code in one.atc_codes)
DRUG_CONDITION = np.array([p for p, one in enumerate(CONDITIONS) for _ in one.atc_codes])
TAKEN = 0.7  # of those with a condition, each of its drugs
CHRONIC_PER_YEAR = 3
STATIN = "C10AA05"
OLD = (
    "A02BC01", "A06AD15", "A11CC05", "B03BA01", "B03BB01", "C03CA01", "D02AE01", "H03AA01",
    "M05BA04", "N02BE01", "N05CF01", "N06AX11", "R06AX13", "S01XA40",
)  # fmt: skip
BESIDE = (STATIN, *OLD)
OLD_FROM = 75
OLD_TAKEN, OLD_TAKEN_BY_CONDITION = 0.14, 0.07  # share of ``OLD``, by number of conditions
PER_YEAR = np.array([3, *(2 for _ in OLD)])


def takes(world: World) -> Array:
    """Return who takes which drug of the conditions if ill with it (persons x drugs)."""
    draws = world.plan.stream("dispensing", "lasting").random((world.people.size, len(DRUGS)))
    return np.asarray(draws < TAKEN)


def _taken(world: World, year: int) -> tuple[Array, Array]:
    """Person and place in ``BESIDE`` of what is taken in a year."""
    morbidity, people = world.morbidity, world.people
    listed, old = people.listed(year), people.age(year - 1) >= OLD_FROM
    statin = morbidity.of("diabetes") & ~morbidity.of("ischaemic_heart_disease")
    statin &= takes(world)[:, DRUGS.index(STATIN)]
    draws = world.plan.stream("more_drugs", "old").random((len(OLD), people.size))
    share = OLD_TAKEN + OLD_TAKEN_BY_CONDITION * morbidity.code
    held = [statin, *(old & (draws < share))]
    person, place = np.nonzero((np.array(held) & listed).T)
    return person, place


def dispensed_beside(world: World, year: int) -> tuple[Array, Array, Array]:
    """Return person, place in ``BESIDE`` and day of the year of the further dispensings.

    Age and conditions have a part in them, income and the rest have none; with those of heart
    disease seven in ten persons with diabetes have a statin.
    """
    person, place = _taken(world, year)
    counts = PER_YEAR[place]
    row, _ = owners(counts)
    draws = world.plan.stream("more_drugs", year, "day").random(row.size)
    days = np.maximum(world.people.days(year)[person], counts)
    return person[row], place[row], spread(counts, days, draws)
