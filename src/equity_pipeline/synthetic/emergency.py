"""Visits to an emergency department: by age and conditions, and by nothing else."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.files import Delivery, coded, dates, numbered
from equity_pipeline.synthetic.streams import Array, day_of, days_in, owners, spread
from equity_pipeline.synthetic.world import World

VISITS_PER_YEAR = 0.25
ADMITTED = 0.25


def emergency_rate(world: World, year: int) -> Array:
    """Return expected emergency visits of each person per person-year."""
    age, listed = world.people.age(year - 1), world.people.listed(year)
    by_age = np.where(age < 6, 1.5, np.where(age >= 75, 1.6, 1.0))
    rate = by_age * np.exp(0.35 * world.morbidity.code)
    return np.asarray(rate * VISITS_PER_YEAR / rate[listed].mean())


def write_emergency_visits(world: World, year: int, delivery: Delivery) -> None:
    """Write the emergency visits of a year; no two of one person on a day."""
    people = world.people
    days = np.where(people.listed(year), people.days(year), 0)
    counts = world.plan.stream("emergency", year).poisson(
        emergency_rate(world, year) * days / days_in(year)
    )
    counts = np.minimum(counts, days)
    draws = world.plan.stream("emergency", year, "day").random((2, int(counts.sum())))
    person, _ = owners(counts)
    delivery.add(
        "care",
        f"emergency_visit_{year}",
        {
            "visit_id": numbered(f"A{year % 100}-", person.size),
            "person_id": coded(person, world.person_ids),
            "arrival_date": dates(day_of(year) + spread(counts, days, draws[0])),
            "is_admitted": pa.array(draws[1] < ADMITTED),
        },
    )
