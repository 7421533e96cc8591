"""Screening invitations and register variables: what is delivered beside care itself, no plant."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.files import EXTRACTED_AT, Delivery, coded, dates
from equity_pipeline.synthetic.registers import registered
from equity_pipeline.synthetic.streams import Array, day_of, year_index
from equity_pipeline.synthetic.world import World

SAMPLED_WITHIN_A_YEAR = 0.66
YOUNGEST, OLDEST = 23, 70
LVR = ("smoking", "smoking_support", "spirometry", "fev1_percent", "cat", "exacerbations")
VARIABLES = (*LVR, "hba1c")
SMOKERS, SUPPORTED, MEASURED = 0.30, 0.51, 0.60


def _day(world: World, year: int, name: str, person: Array) -> Array:
    draws = world.plan.stream(name, year, "day").random(world.people.size)[person]
    return np.asarray(day_of(year) + np.floor(draws * world.people.days(year)[person]).astype(int))


def write_screening(world: World, year: int, delivery: Delivery) -> None:
    """Write a year's invitations to cervical screening: the same share comes in every group."""
    people = world.people
    age = people.age(year)
    every = np.where(age < 50, 3, 7)
    turn = (people.birth_year + year) % every == 0
    invited = people.listed(year) & (people.sex == 0) & (age >= YOUNGEST) & (age <= OLDEST) & turn
    person = np.flatnonzero(invited)
    day = _day(world, year, "screening", person)
    draws = world.plan.stream("screening", year, "sample").random((2, people.size))[:, person]
    sampled = day + 14 + np.floor(draws[1] * 330).astype(int)
    last = (np.datetime64(EXTRACTED_AT) - np.datetime64("1970-01-01")).astype(int)
    came = (draws[0] < SAMPLED_WITHIN_A_YEAR) & (sampled <= last)
    came &= sampled < people.death_day[person]
    delivery.add(
        "screening",
        f"screening_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "screening_type": coded(np.zeros(person.size, dtype=int), ("cervical",)),
            "invited_date": dates(day),
            "sampled_date": dates(sampled, known=came),
            "unit_hsa_id": coded(world.listing.unit[person, year_index(year)], world.units.hsa_ids),
        },
    )


def _registered(world: World, year: int) -> tuple[Array, Array]:
    """Who is in the register of lungs and in that of diabetes, entered this year or before."""
    entry, lungs, sugar = registered(world)
    held = world.people.listed(year) & (entry <= year)
    return np.flatnonzero(held & lungs), np.flatnonzero(held & sugar)


def _lung_values(world: World, year: int, person: Array) -> Array:
    """Values of the variables of the lung register (variables x persons); NaN where not asked."""
    rng = world.plan.stream("register_value", year)
    draws = rng.random((3, world.people.size))[:, person]
    normal = rng.normal(size=(2, world.people.size))[:, person]
    smokes = draws[0] < SMOKERS
    return np.array(
        [
            smokes.astype(float),
            np.where(smokes, draws[1] < SUPPORTED, np.nan),
            (draws[2] < MEASURED).astype(float),
            np.where(draws[2] < MEASURED, np.clip(np.round(62 + 16 * normal[0]), 15, 130), np.nan),
            np.clip(np.round(14 + 7 * normal[1]), 0, 40),
            rng.poisson(0.6, world.people.size)[person].astype(float),
        ]
    )


def write_register_values(world: World, year: int, delivery: Delivery) -> None:
    """Write what two quality registers hold about their persons in a year."""
    lungs, sugar = _registered(world, year)
    hba1c = world.plan.stream("register_value", year, "hba1c").normal(53, 11, world.people.size)
    rows = _lung_values(world, year, lungs)
    person = np.concatenate([np.tile(lungs, len(LVR)), sugar])
    variable = np.concatenate(
        [np.repeat(np.arange(len(LVR)), lungs.size), np.full(sugar.size, len(LVR))]
    )
    value = np.concatenate([rows.ravel(), np.clip(np.round(hba1c[sugar]), 25, 150)])
    told = ~np.isnan(value)
    person, variable, value = person[told], variable[told], value[told]
    delivery.add(
        "registers",
        f"quality_register_value_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "register_code": coded((variable == len(LVR)).astype(int), ("LVR", "NDR")),
            "registered_date": dates(_day(world, year, "register_value", person)),
            "register_variable": coded(variable, VARIABLES),
            "register_value": pa.array(value),
        },
    )
