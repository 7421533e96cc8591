"""Dispensed drugs and inpatient episodes of a year."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.files import Delivery, coded, dates, numbered
from equity_pipeline.synthetic.morbidity import (
    AVOIDABLE_BY_CONDITION,
    AVOIDABLE_OTHER,
    NAMES,
    OTHER_CODES,
)
from equity_pipeline.synthetic.more_drugs import (
    BESIDE,
    CHRONIC_PER_YEAR,
    DRUG_CONDITION,
    DRUGS,
    dispensed_beside,
    takes,
)
from equity_pipeline.synthetic.plants import (
    ANTIBIOTICS_AREA_SLOPE,
    ANTIBIOTICS_CORPORATE,
    ANTIBIOTICS_INCOME_SLOPE,
    ANTIBIOTICS_LEVEL,
    YEARS,
)
from equity_pipeline.synthetic.streams import Array, day_of, days_in, owners, spread, year_index
from equity_pipeline.synthetic.world import World

ANTIBIOTICS = ("J01CE02", "J01CA08", "J01FA09", "J01AA02", "J01XE01")
CODES = DRUGS + ANTIBIOTICS + tuple(code for code in BESIDE if code not in DRUGS)
PLACE_BESIDE = np.array([CODES.index(code) for code in BESIDE])
IS_SHORT = np.array([code in ANTIBIOTICS for code in CODES])


def antibiotic_rate(world: World, year: int, area_rank: Array) -> Array:
    """Return expected antibiotic dispensings per person-year.

    Own low income gives more, a poor area (``area_rank`` near 0, one a RegSO) fewer, and a unit of
    a private chain a quarter more; the level is held at 300 per 1 000.
    """
    status, plan, people = world.statuses[year - 1], world.plan, world.people
    planted = plan.has("antibiotics_reversal")
    own = ANTIBIOTICS_INCOME_SLOPE * (1 - status.income_or_middle / 2) * planted
    place = ANTIBIOTICS_AREA_SLOPE * (area_rank[people.regso] - 0.5) * planted
    by_age = np.where(status.age < 6, 0.2, np.where(status.age >= 75, 0.25, 0.0))
    corporate = world.units.provider[world.listing.unit[:, year_index(year)]] == 1
    chain = np.log(ANTIBIOTICS_CORPORATE) * plan.has("provider_antibiotics") * corporate
    rate = np.exp(own + place + by_age + chain)
    return np.asarray(rate * ANTIBIOTICS_LEVEL / rate[people.listed(year)].mean())


def _chronic(world: World, year: int) -> tuple[Array, Array, Array]:
    """Person, drug and day of the drugs that are taken the year round."""
    people = world.people
    taken = world.morbidity.has[:, DRUG_CONDITION] & takes(world)
    person, drug = np.nonzero(taken & people.listed(year)[:, None])
    counts = np.full(person.size, CHRONIC_PER_YEAR)
    days = people.days(year)[person]
    row, _ = owners(counts)
    uniform = world.plan.stream("dispensing", year, "day").random(row.size)
    return person[row], drug[row], spread(counts, np.maximum(days, CHRONIC_PER_YEAR), uniform)


def write_dispensing(world: World, year: int, area_rank: Array, delivery: Delivery) -> None:
    """Write antibiotics and chronic drugs; no two of one drug and person on one day."""
    people, plan = world.people, world.plan
    alive = np.where(people.listed(year), people.days(year) / days_in(year), 0.0)
    rate = antibiotic_rate(world, year, area_rank)
    counts = plan.stream("antibiotics", year).poisson(rate * alive)
    uniform = plan.stream("antibiotics", year, "day").random((2, int(counts.sum())))
    owner, _ = owners(counts)
    chronic_person, chronic_drug, chronic_day = _chronic(world, year)
    other_person, other, other_day = dispensed_beside(world, year)
    short = len(DRUGS) + np.floor(uniform[1] * len(ANTIBIOTICS)).astype(np.int64)
    person = np.concatenate([owner, chronic_person, other_person])
    drug = np.concatenate([short, chronic_drug, PLACE_BESIDE[other]])
    days = spread(counts, people.days(year), uniform[0])
    day = np.concatenate([days, chronic_day, other_day])
    order = np.lexsort((drug, day, person))
    ddd = np.where(IS_SHORT[drug], 10.0, 100.0)[order]
    benefit = np.where(IS_SHORT[drug], 85.0, 240.0)[order]
    delivery.add(
        "care",
        f"dispensing_{year}",
        {
            "person_id": coded(person[order], world.person_ids),
            "dispensed_date": dates(day_of(year) + day[order]),
            "atc_code": coded(drug[order], CODES),
            "ddd": pa.array(ddd),
            "benefit_cost_sek": pa.array(benefit),
            "copay_sek": pa.array(np.round(benefit * 0.3, 2)),
        },
    )


def _main_codes(world: World, person: Array, is_avoidable: Array, draws: Array) -> Array:
    """Place among all main diagnoses: own condition where avoidable and present, else by chance."""
    chosen = len(AVOIDABLE_BY_CONDITION) + np.floor(draws * len(AVOIDABLE_OTHER)).astype(np.int64)
    for place, name in enumerate(AVOIDABLE_BY_CONDITION):
        chosen = np.where(world.morbidity.has[person, NAMES.index(name)], place, chosen)
    first_other = len(AVOIDABLE_BY_CONDITION) + len(AVOIDABLE_OTHER)
    other = first_other + np.floor(draws * len(OTHER_CODES)).astype(np.int64)
    return np.asarray(np.where(is_avoidable, chosen, other))


def write_inpatient(world: World, year: int, delivery: Delivery) -> None:
    """Write avoidable and other episodes with their cost."""
    people, place = world.people, YEARS.index(year)
    kinds = (world.admissions.avoidable, world.admissions.other)
    parts = []
    for number, table in enumerate(kinds):
        counts = table[:, place].astype(np.int64)
        rng = world.plan.stream("inpatient", year, number)
        draws = rng.random((3, int(counts.sum())))
        cost = rng.lognormal(np.log(62_000) - 0.18, 0.6, int(counts.sum()))
        owner, _ = owners(counts)
        day = spread(counts, np.maximum(people.days(year), 1), draws[0])
        kind = np.full(owner.size, number)
        parts.append(np.column_stack([owner, day, kind, draws[1], draws[2], cost]))
    rows = np.concatenate(parts)
    rows = rows[np.lexsort((rows[:, 2], rows[:, 1], rows[:, 0]))]
    person = rows[:, 0].astype(np.int64)
    codes = (*AVOIDABLE_BY_CONDITION.values(), *AVOIDABLE_OTHER, *OTHER_CODES)
    came = day_of(year) + rows[:, 1].astype(np.int64)
    main = _main_codes(world, person, rows[:, 2] == 0, rows[:, 3])
    delivery.add(
        "care",
        f"inpatient_{year}",
        {
            "episode_id": numbered(f"E{year % 100}-", person.size),
            "person_id": coded(person, world.person_ids),
            "in_date": dates(came),
            "out_date": dates(came + 1 + np.floor(rows[:, 4] * 9).astype(np.int64)),
            "main_diagnosis": coded(main, codes),
            "is_unplanned": pa.array((rows[:, 2] == 0) | (rows[:, 4] < 0.6)),
            "kpp_sek": pa.array(np.round(rows[:, 5], 0)),
        },
    )
