"""Diagnoses, procedures, measurements, registers and vaccinations of a year."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.contacts import Contacts, contact_ids
from equity_pipeline.synthetic.files import Delivery, coded, dates, numbered
from equity_pipeline.synthetic.morbidity import CONDITIONS
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
CARE_LEVEL = ("PV", "OV")
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


def _some_day(world: World, year: int, stream: str, person: Array) -> Array:
    draws = world.plan.stream(stream, year, "day").random(world.people.size)[person]
    return day_of(year) + np.floor(draws * np.maximum(world.people.days(year)[person], 1)).astype(
        np.int64
    )


def write_diagnoses(world: World, contacts: Contacts, delivery: Delivery) -> None:
    """Write every true condition once, and acute reasons at physicians' contacts."""
    year = contacts.year
    person, place = np.nonzero(world.morbidity.has & world.people.listed(year)[:, None])
    chronic_day = _some_day(world, year, "diagnosis", person)
    draws = world.plan.stream("diagnosis", year, "acute").random((2, contacts.person.size))
    seen = (contacts.profession == 0) & ~contacts.is_missed & ~contacts.is_cancelled
    acute = np.flatnonzero(seen & ~contacts.is_waiting & (draws[0] < 0.5))
    codes = tuple(one.icd10se for one in CONDITIONS) + ACUTE_CODES
    reason = len(CONDITIONS) + np.floor(draws[1][acute] * len(ACUTE_CODES)).astype(np.int64)
    total = person.size + acute.size
    delivery.add(
        "care",
        f"diagnosis_{year}",
        {
            "contact_id": pa.concat_arrays(
                [numbered(f"OV{year % 100}-", person.size), contact_ids(contacts).take(acute)]
            ),
            "position": pa.array(np.ones(total, dtype=np.int16)),
            "person_id": coded(np.concatenate([person, contacts.person[acute]]), world.person_ids),
            "icd10se": coded(np.concatenate([place, reason]), codes),
            "is_main": pa.array(np.ones(total, dtype=bool)),
            "diagnosis_date": dates(np.concatenate([chronic_day, contacts.day[acute]])),
            "care_level": coded(np.repeat(np.array([1, 0]), [person.size, acute.size]), CARE_LEVEL),
        },
    )


def write_procedures(world: World, year: int, delivery: Delivery) -> None:
    """Write spirometry and advice on smoking for persons with COPD: only the first has a gap."""
    copd = world.morbidity.of("copd") & world.people.listed(year)
    chance = spirometry_probability(world.plan, world.statuses[year - 1])
    lasting = world.plan.stream("procedure", "lasting").random((2, world.people.size))
    blown = np.flatnonzero(copd & (lasting[0] < chance))
    advised = np.flatnonzero(copd & (lasting[1] < 0.5))
    person = np.concatenate([blown, advised])
    kind = np.repeat(np.array([0, 1]), [blown.size, advised.size])
    order = np.lexsort((kind, person))
    delivery.add(
        "care",
        f"procedure_{year}",
        {
            "contact_id": numbered(f"OVP{year % 100}-", person.size),
            "kva_code": coded(kind[order], ("AG053", "DV112")),
            "person_id": coded(person[order], world.person_ids),
            "procedure_date": dates(_some_day(world, year, "procedure", person[order])),
        },
    )


def _values(world: World, year: int) -> tuple[Array, Array, Array]:
    """Who was measured, what (0 hba1c, 1 systolic, 2 diastolic) and the value."""
    plan, status, people = world.plan, world.statuses[year - 1], world.people
    listed = people.listed(year)
    lasting = plan.stream("measurement", "lasting").random((2, people.size))
    draws = plan.stream("measurement", year).random((5, people.size))
    diabetes = listed & world.morbidity.of("diabetes") & (lasting[0] < measured_probability(world))
    high = draws[0] < high_hba1c_probability(plan, status)
    hba1c = np.where(high, 71 + np.floor(draws[1] * 35), 38 + np.floor(draws[1] * 33))
    pressed = listed & world.morbidity.of("hypertension") & (lasting[1] < 0.92)
    good = draws[2] < pressure_probability(plan, status)
    systolic = np.where(good, 114 + np.floor(draws[3] * 26), 140 + np.floor(draws[3] * 36))
    diastolic = np.where(good, 66 + np.floor(draws[4] * 24), 76 + np.floor(draws[4] * 28))
    groups = [np.flatnonzero(diabetes), np.flatnonzero(pressed), np.flatnonzero(pressed)]
    parts = [hba1c[groups[0]], systolic[groups[1]], diastolic[groups[2]]]
    kind = np.repeat(np.arange(3), [group.size for group in groups])
    return np.concatenate(groups), kind, np.concatenate(parts)


def write_measurements(world: World, year: int, delivery: Delivery) -> None:
    """Write HbA1c of diabetes and blood pressure of hypertension, each once a year."""
    person, kind, value = _values(world, year)
    order = np.lexsort((kind, person))
    kinds = ("hba1c", "systolic_bp", "diastolic_bp")
    delivery.add(
        "care",
        f"measurement_{year}",
        {
            "person_id": coded(person[order], world.person_ids),
            "measurement_date": dates(_some_day(world, year, "measurement", person[order])),
            "measurement_type": coded(kind[order], kinds),
            "measurement_value": pa.array(value[order]),
            "measurement_unit": coded(np.minimum(kind[order], 1), ("mmol/mol", "mmHg")),
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


def write_registers(world: World, year: int, delivery: Delivery) -> None:
    """Write new inclusions: a third of COPD in LVR, most of diabetes in NDR."""
    people = world.people
    draws = world.plan.stream("register").random((3, people.size))
    entry = np.maximum(people.present_from + 1, YEARS[0] + np.floor(draws[2] * 2).astype(np.int64))
    held = people.listed(year) & (entry == year)
    groups = [
        np.flatnonzero(held & world.morbidity.of("copd") & (draws[0] < 0.32)),
        np.flatnonzero(held & world.morbidity.of("diabetes") & (draws[1] < 0.87)),
    ]
    person = np.concatenate(groups)
    kind = np.repeat(np.array([0, 1]), [group.size for group in groups])
    delivery.add(
        "quality",
        f"quality_register_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "inclusion_date": dates(_some_day(world, year, "register", person)),
            "register_code": coded(kind, ("LVR", "NDR")),
        },
    )
