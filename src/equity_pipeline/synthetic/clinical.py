"""Diagnoses, procedures, measurements and vaccinations of a year."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.contacts import Contacts, contact_ids
from equity_pipeline.synthetic.files import Delivery, coded, dates, numbered
from equity_pipeline.synthetic.habits import (
    HABITS,
    LIFESTYLE_CODES,
    TREATMENT_CODE,
    asked,
    helped,
    treated,
)
from equity_pipeline.synthetic.morbidity import CONDITIONS, NAMES
from equity_pipeline.synthetic.onset import first_year, recorded, some_day
from equity_pipeline.synthetic.persons import OUTSIDE_EUROPE
from equity_pipeline.synthetic.plants import (
    HBA1C_HIGH_BY_INCOME,
    HBA1C_MEASURED,
    HBA1C_MEASURED_OUTSIDE,
    LAST_YEAR,
    PRESSURE_FIRST,
    PRESSURE_LAST,
    SPIROMETRY_BY_EDUCATION,
    YEARS,
)
from equity_pipeline.synthetic.status import Status
from equity_pipeline.synthetic.streams import Array, Plan, day_of, days_in, year_index
from equity_pipeline.synthetic.world import World

ACUTE_CODES = ("J069", "N390", "M545", "R104", "L309", "H669", "J209", "R519", "M791", "Z000")
CARE_LEVEL = ("PV", "OV", "SV")
MEASURED = ("hba1c", "systolic_bp", "diastolic_bp", *HABITS)
PRESSURE_MEASURED = 0.92
ADVISED = 0.5  # on smoking, of those with COPD
EXACERBATION, WORSENED = "J441", 0.18  # of those with COPD known before the year, each year
REVISIT = 0.72  # of those with COPD who could be followed up, each year
ARENA = ("primary_care", "other")


def spirometry_probability(plan: Plan, status: Status) -> Array:
    """Return P(spirometry) of a person with COPD, by education."""
    steps = np.array(SPIROMETRY_BY_EDUCATION) * plan.has("copd_spirometry")
    return np.asarray(0.58 + steps[status.education_or_middle])


def measured_probability(world: World) -> Array:
    """Return P(HbA1c measured) of a person with diabetes, by country of birth."""
    outside = HBA1C_MEASURED_OUTSIDE if world.plan.has("hba1c_not_measured") else HBA1C_MEASURED
    return np.where(world.people.country == OUTSIDE_EUROPE, outside, HBA1C_MEASURED)


def high_hba1c_probability(plan: Plan, status: Status) -> Array:
    """Return P(HbA1c above 70 mmol/mol) of a measured person, by income fifth."""
    steps = np.array(HBA1C_HIGH_BY_INCOME) * plan.has("hba1c_high")
    return np.asarray(0.12 + steps[status.income_or_middle])


def pressure_probability(plan: Plan, status: Status) -> Array:
    """Return P(blood pressure below 140/90), by education, moving in a straight line over years."""
    if not plan.has("blood_pressure_levelling_down"):
        return np.full(status.age.size, 0.66)
    share = (status.year + 1 - YEARS[0]) / (LAST_YEAR - YEARS[0])
    level = np.array(PRESSURE_FIRST) * (1 - share) + np.array(PRESSURE_LAST) * share
    return np.asarray(level[status.education_or_middle])


def _revisits(world: World, contacts: Contacts, from_day: Array) -> Array:
    """Places of the contacts at which COPD is followed up: the last that could be, of a year.

    ``from_day`` is each person's day of the year's diagnoses: a first one is not followed up
    before it was made.
    """
    copd = world.morbidity.of("copd") & (first_year(world, "copd") <= contacts.year)
    kept = world.plan.stream("revisit").random(world.people.size) < REVISIT
    could = follows_up(contacts) & (copd & kept)[contacts.person]
    is_first = (first_year(world, "copd") == contacts.year) & (contacts.year > YEARS[0])
    could &= ~is_first[contacts.person] | (contacts.day > from_day[contacts.person])
    place = np.flatnonzero(could)
    is_last = np.append(contacts.person[place][1:] != contacts.person[place][:-1], True)
    return np.asarray(place[is_last[: place.size]])


def worsened(world: World, year: int) -> Array:
    """Return the persons whose COPD is treated for an exacerbation in primary care in a year."""
    known = world.morbidity.of("copd") & world.people.listed(year)
    first = first_year(world, "copd")
    known &= (first < year) | (first == YEARS[0])
    draws = world.plan.stream("exacerbation", year).random(world.people.size)
    return np.flatnonzero(known & (draws < WORSENED))


def follows_up(contacts: Contacts) -> Array:
    """Return which contacts can be revisits: planned, kept, face to face or by video."""
    return np.asarray(
        ~contacts.is_new & ~contacts.is_missed & ~contacts.is_cancelled & (contacts.form < 3)
    )


def write_diagnoses(world: World, contacts: Contacts, delivery: Delivery) -> None:
    """Write conditions as recorded, acute reasons at physicians, revisits and bad turns of COPD."""
    year, ids = contacts.year, contact_ids(contacts)
    known = recorded(world, year)
    day = some_day(world, year, "diagnosis", np.arange(world.people.size))
    draws = world.plan.stream("diagnosis", year, "acute").random((2, contacts.person.size))
    seen = (contacts.profession == 0) & ~contacts.is_missed & ~contacts.is_cancelled
    acute = np.flatnonzero(seen & ~contacts.is_waiting & (draws[0] < 0.5))
    again = _revisits(world, contacts, day)
    worse = worsened(world, year)
    codes = (*(one.icd10se for one in CONDITIONS), *ACUTE_CODES, EXACERBATION)
    reason = len(CONDITIONS) + np.floor(draws[1][acute] * len(ACUTE_CODES)).astype(np.int64)
    sizes = [known.person.size, acute.size, again.size, worse.size]
    revisit, worsening = NAMES.index("copd"), len(codes) - 1
    code = [known.place, reason, np.full(sizes[2], revisit), np.full(sizes[3], worsening)]
    at = np.concatenate([acute, again])
    visits = [ids.take(acute), ids.take(again), numbered(f"OVE{year % 100}-", worse.size)]
    days = [day[known.person], contacts.day[at], some_day(world, year, "exacerbation", worse)]
    level = [known.care_level, np.zeros(at.size + worse.size, dtype=np.int64)]
    delivery.add(
        "care",
        f"diagnosis_{year}",
        {
            "contact_id": pa.concat_arrays([numbered(f"OV{year % 100}-", sizes[0]), *visits]),
            "position": pa.array(np.repeat(np.array([1, 1, 2, 1], dtype=np.int16), sizes)),
            "person_id": coded(
                np.concatenate([known.person, contacts.person[at], worse]), world.person_ids
            ),
            "icd10se": coded(np.concatenate(code), codes),
            "is_main": pa.array(np.repeat(np.array([True, True, False, True]), sizes)),
            "diagnosis_date": dates(np.concatenate(days)),
            "care_level": coded(np.concatenate(level), CARE_LEVEL),
        },
    )


def write_procedures(world: World, year: int, delivery: Delivery) -> None:
    """Write spirometry and advice on smoking in COPD, measures for habits, and DU011.

    Only spirometry has a gap: the others come to the same share of every group.
    """
    copd = world.morbidity.of("copd") & world.people.listed(year)
    chance = spirometry_probability(world.plan, world.statuses[year - 1])
    lasting = world.plan.stream("procedure", "lasting").random((2, world.people.size))
    blown = np.flatnonzero(copd & (lasting[0] < chance))
    advised = np.flatnonzero(copd & (lasting[1] < ADVISED))
    person = np.concatenate([blown, advised])
    kind = np.repeat(np.array([0, 1]), [blown.size, advised.size])
    order = np.lexsort((kind, person))
    person, kind = person[order], kind[order]
    lives, habit = helped(world, year)
    begun = some_day(world, year, "diagnosis", np.arange(world.people.size))
    talks, talk_day = treated(world, year, begun)
    kinds = ("AG053", "DV112", *LIFESTYLE_CODES, TREATMENT_CODE)
    code = np.concatenate([kind, 2 + habit, np.full(talks.size, len(kinds) - 1)])
    day = [some_day(world, year, "procedure", one) for one in (person, lives)]
    delivery.add(
        "care",
        f"procedure_{year}",
        {
            "contact_id": pa.concat_arrays(
                [
                    numbered(f"OVP{year % 100}-", person.size),
                    numbered(f"OVQ{year % 100}-", code.size - person.size),
                ]
            ),
            "kva_code": coded(code, kinds),
            "person_id": coded(np.concatenate([person, lives, talks]), world.person_ids),
            "procedure_date": dates(np.concatenate([*day, talk_day])),
        },
    )


def _values(world: World, year: int) -> tuple[Array, Array, Array]:
    """Who was measured, what (place in ``MEASURED``) and the value.

    Pressure is measured in diabetes too; without hypertension it has no gap.
    """
    plan, status, people = world.plan, world.statuses[year - 1], world.people
    listed = people.listed(year)
    lasting = plan.stream("measurement", "lasting").random((2, people.size))
    draws = plan.stream("measurement", year).random((5, people.size))
    diabetes = listed & world.morbidity.of("diabetes") & (lasting[0] < measured_probability(world))
    high = draws[0] < high_hba1c_probability(plan, status)
    hba1c = np.where(high, 71 + np.floor(draws[1] * 35), 38 + np.floor(draws[1] * 33))
    tense, sugar = world.morbidity.of("hypertension"), world.morbidity.of("diabetes")
    pressed = listed & (tense | sugar) & (lasting[1] < PRESSURE_MEASURED)
    good = draws[2] < np.where(tense, pressure_probability(plan, status), 0.66)
    systolic = np.where(good, 114 + np.floor(draws[3] * 26), 140 + np.floor(draws[3] * 36))
    diastolic = np.where(good, 66 + np.floor(draws[4] * 24), 76 + np.floor(draws[4] * 28))
    groups = [np.flatnonzero(diabetes), np.flatnonzero(pressed), np.flatnonzero(pressed)]
    parts = [hba1c[groups[0]], systolic[groups[1]], diastolic[groups[2]]]
    kind = np.repeat(np.arange(3), [group.size for group in groups])
    who, habit, answer = asked(world, year)
    return (
        np.concatenate([*groups, who]),
        np.concatenate([kind, 3 + habit]),
        np.concatenate([*parts, answer]),
    )


def write_measurements(world: World, year: int, delivery: Delivery) -> None:
    """Write HbA1c, blood pressure, and habits that were asked of, each at most once a year."""
    person, kind, value = _values(world, year)
    order = np.lexsort((kind, person))
    unit = np.where(kind > 2, -1, np.minimum(kind, 1))
    delivery.add(
        "care",
        f"measurement_{year}",
        {
            "person_id": coded(person[order], world.person_ids),
            "measurement_date": dates(some_day(world, year, "measurement", person[order])),
            "measurement_type": coded(kind[order], MEASURED),
            "measurement_value": pa.array(value[order]),
            "measurement_unit": coded(unit[order], ("mmol/mol", "mmHg")),
            "measurement_method": coded(np.zeros(kind.size, dtype=np.int8), ("clinic",)),
        },
    )


def vaccination_probability(world: World, year: int) -> Array:
    """Return P(vaccinated against influenza): by unit alone from 65 years of age."""
    unit = world.listing.unit[:, year_index(year)]
    old = world.statuses[year - 1].age >= 65
    return np.where(old, world.effects.vaccination[unit], 0.08)


def write_vaccinations(world: World, year: int, delivery: Delivery) -> None:
    """Write one season's vaccinations, in autumn for those alive then."""
    people = world.people
    draws = world.plan.stream("vaccination", year).random((3, people.size))
    person = np.flatnonzero(people.listed(year) & (draws[0] < vaccination_probability(world, year)))
    autumn = days_in(year) - 85 + np.floor(draws[1][person] * 80).astype(np.int64)
    day = day_of(year) + np.minimum(autumn, np.maximum(people.days(year)[person] - 1, 0))
    delivery.add(
        "care",
        f"vaccination_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "vaccination_date": dates(day),
            "vaccine": coded(np.zeros(person.size, dtype=np.int8), ("influenza",)),
            "arena": coded((draws[2][person] < 0.15).astype(np.int8), ARENA),
        },
    )
