"""Contacts with primary care in a year, with the dates that give waits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.special import expit

from equity_pipeline.synthetic.files import Delivery, coded, dates, numbered
from equity_pipeline.synthetic.persons import OUTSIDE_EUROPE, Persons
from equity_pipeline.synthetic.physicians import physician_keys
from equity_pipeline.synthetic.plants import (
    INTERACTION,
    INTERPRETER_BY_INCOME,
    MIDDLE_YEAR,
    PROGRAMME_EFFECT,
    WAITING_BY_INCOME,
    WAITING_LEVEL,
    YEARS,
)
from equity_pipeline.synthetic.status import Status
from equity_pipeline.synthetic.streams import Array, Plan, day_of, days_in, owners, year_index
from equity_pipeline.synthetic.world import World

PROFESSION = (
    "physician",
    "nurse",
    "physiotherapist",
    "occupational_therapist",
    "psychologist",
    "counsellor",
    "other",
)
PROFESSION_SHARES = np.array([0.38, 0.34, 0.10, 0.03, 0.04, 0.03, 0.08])
FORM = ("visit", "home_visit", "remote_video", "remote_phone", "remote_text", "letter")
FORM_SHARES = np.array([0.62, 0.03, 0.04, 0.22, 0.07, 0.02])
LICENSED_BELOW = 6
AS_OF = day_of(2025, 1, 15)
WAIT_IN_TIME = np.array([0.45, 0.25, 0.18, 0.12])  # 0 to 3 days
LATE_MEAN_EXTRA = 5.0  # days beyond four
CONTACTS_PER_YEAR = 4.4
BY_CODE = np.array([0.62, 1.35, 2.05, 3.0])


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contacts of a year as arrays, sorted by person and day; days count from 1970-01-01."""

    year: int
    person: Array
    unit: Array
    first_day: Array  # of the first contact; equals ``day`` for return visits
    day: Array
    profession: Array
    form: Array
    is_new: Array
    is_covered: Array
    is_chosen_wait: Array
    is_missed: Array
    is_cancelled: Array
    is_waiting: Array
    has_interpreter: Array
    target_day: Array
    expected_in_time: Array
    expected_missed: Array

    @property
    def counts_for_waiting(self) -> Array:
        """The base of VT01: new, licensed, covered, wait not chosen, not cancelled."""
        licensed = self.profession < LICENSED_BELOW
        return self.is_new & licensed & self.is_covered & ~self.is_chosen_wait & ~self.is_cancelled


def contact_rate(code: Array, age: Array) -> Array:
    """Return expected contacts a year beside the certain one of those with known need."""
    by_age = np.where(age < 6, 1.2, np.where(age < 20, 0.8, 0.9 + 0.008 * np.maximum(age - 20, 0)))
    rate = by_age * BY_CODE[code]
    return np.asarray(rate * (CONTACTS_PER_YEAR / 0.95 - np.mean(code > 0)) / rate.mean())


def no_contact_probability(plan: Plan, people: Persons) -> Array:
    """Return P(no contact at all), by age alone: logit linear in age."""
    age = np.clip(people.age(MIDDLE_YEAR), 0, 100)
    slope = 0.045 if plan.has("no_contact_by_age") else 0.0
    level = -3.3 if plan.has("no_contact_by_age") else -2.6
    return np.asarray(expit(level + slope * (age - 50)))


def is_visitor(world: World) -> Array:
    """Return who ever turns to primary care."""
    draws = world.plan.stream("contacts", "visitor").random(world.people.size)
    return draws >= no_contact_probability(world.plan, world.people)


def has_certain_contact(world: World) -> Array:
    """Return whose need is known (conditions, inpatient care): one completed contact a year."""
    every = np.arange(len(YEARS))
    return (world.morbidity.code > 0) | world.admissions.had_any(every)


def frailty(world: World) -> Array:
    """Return each person's lasting multiplier of contacts, of mean one."""
    return world.plan.stream("contacts", "frailty").gamma(3, 1 / 3, world.people.size)


def _pick(rng: np.random.Generator, shares: Array, number: int) -> Array:
    edges = np.cumsum(shares / shares.sum())[:-1]
    return np.searchsorted(edges, rng.random(number), side="right").astype(np.int8)


def _rows(world: World, year: int) -> tuple[Array, Array, Array]:
    """Person, day of the year and certainty of every contact that could be, in their order."""
    people, plan = world.people, world.plan
    listed = people.listed(year)
    days = people.days(year)
    rate = contact_rate(world.morbidity.code, people.age(year - 1)) * frailty(world)
    counts = plan.stream("contacts", year, "number").poisson(rate * days / days_in(year))
    counts = np.where(listed, counts + 1, 0)  # the first row of each is the certain one
    owner, place = owners(counts)
    sure = place == 0
    half = np.where(days > 184, days_in(year) - 184, 0)
    start = np.where(sure, half[owner], 0)
    draws = plan.stream("contacts", year, "day").random(owner.size)
    day = start + np.floor(draws * np.maximum(days[owner] - start, 1)).astype(np.int64)
    order = np.lexsort((day, owner))
    return owner[order], day[order], sure[order]


def programme_effect(world: World, unit: Array, day: Array) -> Array:
    """The effect of programme A: from 2023-01-01 until the unit leaves."""
    if not world.plan.has("programme_effect"):
        return np.zeros(unit.size)
    last = np.zeros(world.units.size, dtype=np.int64)
    last[world.effects.enrolled] = world.effects.left_after_days
    since = day - day_of(2023)
    return np.where((since >= 0) & (since < last[unit]), PROGRAMME_EFFECT, 0.0)


def in_time_probability(
    world: World, status: Status, person: Array, unit: Array, day: Array
) -> Array:
    """Return P(assessed within three days): a sum of income, unit, year and programme."""
    steps = np.array(WAITING_BY_INCOME) * world.plan.has("income_waiting")
    effects = world.effects
    made = WAITING_LEVEL + steps[status.income_or_middle[person]] + effects.waiting[unit]
    made = made + effects.waiting_shock[unit, year_index(status.year + 1)]
    return np.asarray(made + programme_effect(world, unit, day))


def missed_probability(world: World, status: Status) -> Array:
    """Return each person's P(missed): small main effects, and one group beyond their sum."""
    people = world.people
    woman, poor = people.sex == 0, status.income == 0
    far = people.country == OUTSIDE_EUROPE
    extra = INTERACTION * world.plan.has("missed_interaction")
    main = 0.045 + 0.003 * woman + 0.004 * poor + 0.004 * far
    return np.asarray(main + extra * (woman & poor & far))


def interpreter_probability(plan: Plan, status: Status) -> Array:
    """Return P(interpreter at a visit) for those in need of one, by income fifth."""
    steps = np.array(INTERPRETER_BY_INCOME) * plan.has("interpreter_few")
    return np.asarray(0.60 + steps[status.income_or_middle])


def _waits(plan: Plan, year: int, expected: Array) -> Array:
    """Days to assessment: within three with the expected probability, else four or more."""
    draws = plan.stream("contacts", year, "wait").random((2, expected.size))
    short = np.searchsorted(np.cumsum(WAIT_IN_TIME)[:-1], draws[1], side="right")
    late = 4 + np.floor(-LATE_MEAN_EXTRA * np.log1p(-draws[1])).astype(np.int64)
    return np.asarray(np.where(draws[0] < expected, short, late))


def make_contacts(world: World, year: int) -> Contacts:
    """Return the contacts of a year of those listed when it began."""
    plan, status = world.plan, world.statuses[year - 1]
    person, offset, sure = _rows(world, year)
    number = person.size
    unit = world.listing.unit[person, year_index(year)]
    first = day_of(year) + offset
    flags = plan.stream("contacts", year, "flags").random((6, number))
    is_new = (flags[0] < 0.40) & ~sure
    is_chosen = is_new & (flags[2] < 0.06)
    expected = in_time_probability(world, status, person, unit, first)
    wait = _waits(plan, year, expected)
    wait += np.where(is_chosen, 7, 0)
    cancelled = (flags[3] < 0.05) & ~sure
    waiting = is_new & (first + wait > AS_OF)
    missed_expected = missed_probability(world, status)[person]
    form = _pick(plan.stream("contacts", year, "form"), FORM_SHARES, number)
    interpreter = flags[5] < interpreter_probability(plan, status)[person]
    made = Contacts(
        year=year,
        person=person,
        unit=unit,
        first_day=first,
        day=np.where(is_new & ~waiting & ~cancelled, first + wait, first),
        profession=_pick(plan.stream("contacts", year, "profession"), PROFESSION_SHARES, number),
        form=form,
        is_new=is_new,
        is_covered=flags[1] < 0.88,
        is_chosen_wait=is_chosen,
        is_missed=(flags[4] < missed_expected) & ~cancelled & ~waiting & ~sure,
        is_cancelled=cancelled,
        is_waiting=waiting,
        has_interpreter=interpreter & world.people.needs_interpreter[person],
        target_day=np.where(~is_new & (form == 0), first + (wait > 3) * -9 + 4, -1),
        expected_in_time=expected,
        expected_missed=missed_expected,
    )
    certain = has_certain_contact(world)
    return _kept(made, is_visitor(world)[person] & (~sure | certain[person]))


def _kept(contacts: Contacts, keep: Array) -> Contacts:
    held = {name: getattr(contacts, name)[keep] for name in Contacts.__slots__ if name != "year"}
    return Contacts(year=contacts.year, **held)


def contact_ids(contacts: Contacts) -> pa.Array:
    """Return the ids of the contacts of a year."""
    return numbered(f"C{contacts.year % 100}-", contacts.person.size)


def write_contacts(world: World, contacts: Contacts, delivery: Delivery) -> None:
    """Write the contact file of a year."""
    new, assessed = contacts.is_new, ~contacts.is_waiting & ~contacts.is_cancelled
    who, where = contacts.person, contacts.unit
    physician = physician_keys(world, contacts.year, who, where, contacts.profession == 0)
    delivery.add(
        "care",
        f"contact_{contacts.year}",
        {
            "contact_id": contact_ids(contacts),
            "person_id": coded(contacts.person, world.person_ids),
            "unit_hsa_id": coded(contacts.unit, world.units.hsa_ids),
            "physician_key": physician,
            "contact_date": dates(contacts.day),
            "profession": coded(contacts.profession, PROFESSION),
            "contact_form": coded(contacts.form, FORM),
            "visit_type": coded(np.where(new, 0, 1), ("new", "return")),
            "guarantee_covered": pa.array(contacts.is_covered),
            "first_contact_date": dates(contacts.first_day, known=new),
            "assessment_date": dates(contacts.day, known=new & assessed),
            "patient_chosen_wait": pa.array(contacts.is_chosen_wait),
            "missed": pa.array(contacts.is_missed),
            "cancelled": pa.array(contacts.is_cancelled),
            "interpreter": pa.array(contacts.has_interpreter),
            "target_date": dates(contacts.target_day, known=contacts.target_day >= 0),
        },
    )
