"""Who is in the quality registers of lungs (LVR) and of diabetes (NDR), and since when."""

from __future__ import annotations

import numpy as np

from equity_pipeline.synthetic.files import Delivery, coded, dates
from equity_pipeline.synthetic.onset import some_day
from equity_pipeline.synthetic.plants import LUNG_REGISTER_BY_EDUCATION, YEARS
from equity_pipeline.synthetic.streams import Array, Plan
from equity_pipeline.synthetic.world import World

LUNG_REGISTER, SUGAR_REGISTER = 0.32, 0.87  # of those with COPD, with diabetes


def lung_register_probability(plan: Plan, education: Array) -> Array:
    """Return P(in LVR) of a person with COPD by education (0-2): lower in the focus group."""
    steps = np.array(LUNG_REGISTER_BY_EDUCATION) * plan.has("register_coverage")
    return np.asarray(LUNG_REGISTER + steps[np.minimum(education, 2)])


def registered(world: World) -> tuple[Array, Array, Array]:
    """Return each person's year of entry and who ever enters LVR and NDR."""
    people = world.people
    draws = world.plan.stream("register").random((3, people.size))
    entry = np.maximum(people.present_from + 1, YEARS[0] + np.floor(draws[2] * 2).astype(np.int64))
    lungs = draws[0] < lung_register_probability(world.plan, people.education)
    return (
        entry,
        world.morbidity.of("copd") & lungs,
        world.morbidity.of("diabetes") & (draws[1] < SUGAR_REGISTER),
    )


def write_registers(world: World, year: int, delivery: Delivery) -> None:
    """Write a year's new inclusions: a third of COPD in LVR, most of diabetes in NDR."""
    entry, lungs, sugar = registered(world)
    held = world.people.listed(year) & (entry == year)
    groups = [np.flatnonzero(held & lungs), np.flatnonzero(held & sugar)]
    person = np.concatenate(groups)
    kind = np.repeat(np.array([0, 1]), [group.size for group in groups])
    delivery.add(
        "quality",
        f"quality_register_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "inclusion_date": dates(some_day(world, year, "register", person)),
            "register_code": coded(kind, ("LVR", "NDR")),
        },
    )
