"""Costs of contacts by person and month: a price list times a factor."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.contacts import (
    FORM_SHARES,
    PROFESSION_SHARES,
    Contacts,
    contact_rate,
    has_certain_contact,
    no_contact_probability,
)
from equity_pipeline.synthetic.files import Delivery, coded, dates
from equity_pipeline.synthetic.plants import COST_FACTOR_Q1
from equity_pipeline.synthetic.status import Status
from equity_pipeline.synthetic.streams import Array, day_of, days_in
from equity_pipeline.synthetic.world import World

PRICE_BY_PROFESSION = np.array([2300.0, 950.0, 1150.0, 1150.0, 1500.0, 1300.0, 700.0])
FORM_FACTOR = np.array([1.0, 1.4, 0.8, 0.4, 0.3, 0.2])
SHARE_CANCELLED = 0.05
MEAN_PRICE = float(
    (PRICE_BY_PROFESSION @ PROFESSION_SHARES)
    * (FORM_FACTOR @ FORM_SHARES)
    / PROFESSION_SHARES.sum()
)


def cost_factor(world: World, status: Status) -> Array:
    """Return each person's factor: 0.90 in the lowest income fifth where planted, else 1."""
    low = COST_FACTOR_Q1 if world.plan.has("cost_by_need") else 1.0
    return np.where(status.income == 0, low, 1.0)


def expected_cost(world: World, year: int) -> Array:
    """Return each person's expected primary care cost (SEK) in a year."""
    people = world.people
    share = people.days(year) / days_in(year)
    rate = contact_rate(world.morbidity.code, people.age(year - 1)) * share
    number = rate * (1 - SHARE_CANCELLED) + has_certain_contact(world)
    seen = 1 - no_contact_probability(world.plan, people)
    return np.asarray(number * seen * MEAN_PRICE * cost_factor(world, world.statuses[year - 1]))


def write_costs(world: World, contacts: Contacts, delivery: Delivery) -> None:
    """Write one row for each person and month with contacts; cancelled ones cost nothing."""
    year = contacts.year
    price = PRICE_BY_PROFESSION[contacts.profession] * FORM_FACTOR[contacts.form]
    price = np.where(contacts.is_cancelled, 0.0, price)
    starts = np.array([day_of(year, month) for month in range(1, 13)])
    month = np.searchsorted(starts, contacts.first_day, side="right") - 1
    total = np.bincount(contacts.person * 12 + month, price, world.people.size * 12)
    held = np.flatnonzero(total > 0)
    person = held // 12
    sek = np.round(total[held] * cost_factor(world, world.statuses[year - 1])[person], 2)
    delivery.add(
        "care",
        f"cost_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "cost_month": dates(starts[held % 12]),
            "cost_type": coded(np.zeros(held.size, dtype=np.int8), ("visit",)),
            "cost_sek": pa.array(sek),
            "price_year": pa.array(np.full(held.size, 2024, dtype=np.int16)),
            "cost_method": coded(np.zeros(held.size, dtype=np.int8), ("price_list",)),
        },
    )
