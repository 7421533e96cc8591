"""Everything that stands before the first event: places, people, units, and the units' effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.areas import Geography, make_geography
from equity_pipeline.synthetic.morbidity import (
    Admissions,
    Morbidity,
    make_admissions,
    make_morbidity,
)
from equity_pipeline.synthetic.persons import Persons, make_persons
from equity_pipeline.synthetic.plants import MIDDLE_YEAR, STATUS_YEARS, YEARS
from equity_pipeline.synthetic.status import Status, make_status
from equity_pipeline.synthetic.streams import Array, Plan
from equity_pipeline.synthetic.units import Listing, Units, make_listing, make_units

N_PROGRAMME_UNITS = 9
LARGEST_UNIT_EFFECT, LARGEST_SHOCK = 0.028, 0.022


@dataclass(frozen=True, slots=True)
class Effects:
    """Additive effects of units on a share; the first three have no part in any social gap."""

    waiting: Array  # u
    waiting_shock: Array  # u x years
    telephony: Array  # u
    vaccination: Array  # u, a probability
    enrolled: Array  # places of the units of programme A
    left_after_days: Array  # days from 2023-01-01 for each enrolled unit; very many if it stays


@dataclass(frozen=True, slots=True)
class World:
    """The region before anything happens in it."""

    plan: Plan
    geography: Geography
    people: Persons
    statuses: dict[int, Status]
    morbidity: Morbidity
    units: Units
    listing: Listing
    admissions: Admissions
    effects: Effects
    person_ids: pa.Array


def _constraints(people: Persons, status: Status, units: Units, unit: Array) -> Array:
    """Weights (k x u) of income fifths, provider, financing: an effect must sum to nought."""
    live = people.listed(status.year + 1)
    rows = [
        np.bincount(unit[live & (status.income == fifth)], minlength=units.size)
        for fifth in range(-1, 5)
    ]
    size = np.bincount(unit[live], minlength=units.size)
    rows += [size * (units.provider == kind) for kind in range(4)]
    rows.append(size * (units.financing == 1))
    held = np.array([row for row in rows if row.sum() > 0], dtype=float)
    return np.asarray(held / held.sum(axis=1, keepdims=True))


def _orthogonal(effect: Array, constraints: Array, largest: float) -> Array:
    """Take out of an effect all that any constraint would feel, then scale it."""
    fitted = constraints.T @ np.linalg.pinv(constraints @ constraints.T) @ (constraints @ effect)
    kept = effect - fitted
    return np.asarray(kept * (largest / np.abs(kept).max()))


def _enrolled(plan: Plan, constraints: Array) -> Array:
    """Nine units whose lists have the same income mixture as the region (best of many draws)."""
    rng = plan.stream("programme", "A")
    number = constraints.shape[1]
    best, least = np.arange(N_PROGRAMME_UNITS), np.inf
    for _ in range(3000):
        chosen = rng.choice(number, N_PROGRAMME_UNITS, replace=False)
        shares = constraints[1:6, chosen].sum(axis=1)
        apart = float(np.abs(shares - shares.mean()).sum() + 4 * abs(shares[0] - shares[4]))
        if apart < least:
            best, least = np.sort(chosen), apart
    return best


def _vaccination(plan: Plan, people: Persons, status: Status, units: Units, unit: Array) -> Array:
    """P(vaccinated) of each unit, falling with the share of low incomes among its listed."""
    if not plan.has("vaccination_between_units"):
        return np.full(units.size, 0.62)
    old = people.listed(status.year + 1) & (status.age >= 65)
    size = np.maximum(np.bincount(unit[old], minlength=units.size), 1)
    low = np.bincount(unit[old & (status.income < 2)], minlength=units.size) / size
    mean = np.average(low, weights=size)
    deviation = max(float(np.sqrt(np.average((low - mean) ** 2, weights=size))), 1e-9)
    noise = plan.stream("effects", "vaccination").normal(0, 0.02, units.size)
    return np.clip(0.62 - 0.13 * (low - mean) / deviation + noise, 0.25, 0.95)


def _effects(
    plan: Plan, people: Persons, status: Status, units: Units, listing: Listing
) -> Effects:
    unit = listing.unit[:, YEARS.index(MIDDLE_YEAR)]
    held = _constraints(people, status, units, unit)
    draws = plan.stream("effects", "waiting").normal(size=(len(YEARS) + 2, units.size))
    shocks = [_orthogonal(row, held, LARGEST_SHOCK) for row in draws[: len(YEARS)]]
    leaves = np.full(N_PROGRAMME_UNITS, 10_000)
    leaves[[2, 6]] = 273, 456  # 2023-10-01 and 2024-04-01
    return Effects(
        waiting=_orthogonal(draws[-2], held, LARGEST_UNIT_EFFECT),
        waiting_shock=np.array(shocks).T,
        telephony=_orthogonal(draws[-1], held, 0.02),
        vaccination=_vaccination(plan, people, status, units, unit),
        enrolled=_enrolled(plan, held),
        left_after_days=leaves,
    )


def _person_ids(number: int) -> pa.Array:
    return pa.array([f"SYN{one:07d}" for one in range(1, number + 1)])


def make_world(plan: Plan) -> World:
    """Return the region before its first event."""
    geography = make_geography(plan)
    people = make_persons(plan, geography)
    statuses = {year: make_status(plan, people, year) for year in STATUS_YEARS}
    middle = statuses[MIDDLE_YEAR - 1]
    morbidity = make_morbidity(plan, people, middle.income_or_middle)
    units = make_units(plan, geography)
    listing = make_listing(plan, geography, people, morbidity, units)
    return World(
        plan=plan,
        geography=geography,
        people=people,
        statuses=statuses,
        morbidity=morbidity,
        units=units,
        listing=listing,
        admissions=make_admissions(plan, people, morbidity),
        effects=_effects(plan, people, middle, units, listing),
        person_ids=_person_ids(people.size),
    )
