"""Files of the population and of the units: status, socioeconomics, areas, listing, units."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.area_rows import area_columns, deso_of
from equity_pipeline.synthetic.facts import municipalities
from equity_pipeline.synthetic.files import PERIOD, Delivery, coded, dates
from equity_pipeline.synthetic.persons import COUNTRY, EDUCATION
from equity_pipeline.synthetic.plants import LAST_YEAR, YEARS
from equity_pipeline.synthetic.status import LABOUR, YEARS_IN_SWEDEN
from equity_pipeline.synthetic.streams import Array, day_of
from equity_pipeline.synthetic.units import FINANCING, PROVIDER, named_probability
from equity_pipeline.synthetic.world import World

CIVIL = ("unmarried", "married", "divorced", "widowed")


def _homes_alone(world: World, age: Array) -> tuple[Array, Array]:
    draws = world.plan.stream("status", "household").random((2, world.people.size))
    grown = np.where(draws[0] < 0.5, 1, np.where(draws[0] < 0.65, 2, 0))
    grown = np.where((age > 75) & (draws[0] > 0.65), 3, grown)
    civil = np.where(age < 25, 0, grown)
    return civil, (civil != 1) & (age >= 20) & (draws[1] < 0.55)


def write_status(world: World, year: int, delivery: Delivery) -> None:
    """Write the person file of a year; one who died in it stands there with the date."""
    people, status = world.people, world.statuses[year]
    person = np.flatnonzero(people.in_status(year))
    codes, area, _ = deso_of(world, year)
    towns = tuple(one.code for one in municipalities())
    civil, alone = _homes_alone(world, status.age)
    dead = (people.death_day >= day_of(year)) & (people.death_day < day_of(year + 1))
    delivery.add(
        "population",
        f"person_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "year": pa.array(np.full(person.size, year, dtype=np.int16)),
            "sex": coded(people.sex[person], ("K", "M")),
            "birth_year": pa.array(people.birth_year[person].astype(np.int16)),
            "death_date": dates(people.death_day[person], known=dead[person]),
            "country_of_birth": coded(people.country[person], COUNTRY),
            "years_in_sweden_group": coded(status.years_in_sweden[person], YEARS_IN_SWEDEN),
            "civil_status": coded(civil[person], CIVIL),
            "lives_alone": pa.array(alone[person]),
            "area_code": coded(area[person], codes),
            "municipality_code": coded(people.municipality[person], towns),
            "needs_interpreter": pa.array(people.needs_interpreter[person]),
        },
    )


def write_socioeconomics(world: World, year: int, delivery: Delivery) -> None:
    """Write the individual socioeconomics of a year, from 16 years of age."""
    people, status = world.people, world.statuses[year]
    person = np.flatnonzero(people.in_status(year) & (status.age >= 16))
    income = np.exp(people.log_income[person]) * 1.03 ** (year - 2022)
    adult = status.age[person] >= 20
    standard = np.where(people.has_low_standard[person], 0, 1)
    sick = (status.employment == 4)[person]
    delivery.add(
        "population",
        f"ses_{year}",
        {
            "person_id": coded(person, world.person_ids),
            "year": pa.array(np.full(person.size, year, dtype=np.int16)),
            "education": coded(status.education[person], EDUCATION),
            "disposable_income_per_cu": pa.array(np.round(income, -2).astype(np.int64)),
            "income_quintile": pa.array((status.income[person] + 1).astype(np.int8), mask=~adult),
            "economic_standard": coded(np.where(adult, standard, -1), ("low", "not_low")),
            "labour_status": coded(status.employment[person], LABOUR),
            "sickness_compensation": pa.array(sick),
            "lss": pa.array(people.has_lss[person]),
            "ses_year": pa.array(np.full(person.size, year, dtype=np.int16)),
        },
    )


def write_areas(world: World, year: int, delivery: Delivery) -> None:
    """Write the area file of a year."""
    delivery.add("population", f"area_{year}", area_columns(world, year), text=True)


def has_named_physician(world: World, place: int) -> Array:
    """Return who has a named physician in the listing that begins in the year with this place."""
    income = world.statuses[YEARS[0] - 1].income_or_middle
    return np.asarray(world.listing.draws[:, place] < named_probability(world.plan, income))


def write_listing(world: World, delivery: Delivery) -> None:
    """Write every listing with its dates; the last one is open until death."""
    people, listing = world.people, world.listing
    moved = [listing.moved(p) & people.listed(y) for p, y in enumerate(YEARS) if p]
    starts = [np.arange(people.size), *(np.flatnonzero(one) for one in moved)]
    person = np.concatenate(starts)
    place = np.repeat(np.arange(len(YEARS)), [one.size for one in starts])
    begins = np.array([day_of(year) for year in YEARS])
    order = np.lexsort((place, person))
    person, place = person[order], place[order]
    first = np.where(place == 0, listing.first_day[person], begins[place])
    is_last = np.append(person[1:] != person[:-1], True)
    ends = np.where(is_last, people.death_day[person], np.append(first[1:], 0))
    named = np.stack([has_named_physician(world, one) for one in range(len(YEARS))], axis=1)
    active = world.plan.stream("listing", "active").random(people.size) < 0.6
    delivery.add(
        "care",
        f"listing_{PERIOD}",
        {
            "person_id": coded(person, world.person_ids),
            "unit_hsa_id": coded(listing.unit[person, place], world.units.hsa_ids),
            "from_date": dates(first),
            "to_date": dates(ends, known=ends < day_of(LAST_YEAR + 1)),
            "choice_type": coded(
                np.where(active[person] | (place > 0), 0, 1), ("active", "passive")
            ),
            "named_physician": pa.array(named[person, place]),
        },
    )


def write_units(world: World, delivery: Delivery) -> None:
    """Write the units: invented names, places and figures."""
    units, number = world.units, world.units.size
    listed = world.people.listed(LAST_YEAR)
    unit = world.listing.unit[listed, -1]
    size = np.bincount(unit, minlength=number)
    need = np.bincount(unit, 0.6 + 0.45 * world.morbidity.code[listed], number) / np.maximum(
        size, 1
    )
    poor = np.bincount(unit, world.people.has_low_standard[listed], number) / np.maximum(size, 1)
    draws = world.plan.stream("units", "figures").random((6, number))
    towns = municipalities()
    homes = np.searchsorted(world.geography.deso_regso, units.regso)
    chain = ("Exempelkoncernen A (syntetisk)", "Exempelkoncernen B (syntetisk)")
    delivery.add(
        "care",
        f"unit_{PERIOD}",
        {
            "unit_hsa_id": list(units.hsa_ids),
            "from_date": ["2010-01-01"] * number,
            "to_date": [None] * number,
            "unit_name": [
                f"Exempelvårdcentralen {one:02d} (syntetisk)" for one in range(1, number + 1)
            ],
            "unit_type": ["health_centre"] * number,
            "provider_type": [PROVIDER[one] for one in units.provider],
            "corporate_group": [
                chain[place % 2] if kind == 1 else None for place, kind in enumerate(units.provider)
            ],
            "financing_type": [FINANCING[one] for one in units.financing],
            "municipality_code": [towns[one].code for one in units.municipality],
            "area_code": [world.geography.deso_codes[one] for one in homes],
            "lat": np.round(55.4 + draws[0], 3).tolist(),
            "lon": np.round(12.6 + 1.6 * draws[1], 3).tolist(),
            "start_year": (1975 + np.floor(draws[2] * 35)).astype(int).tolist(),
            "physician_fte": np.round(size / 1900 * (0.8 + 0.4 * draws[3]) + 0.5, 2).tolist(),
            "nurse_fte": np.round(size / 1500 * (0.8 + 0.4 * draws[4]) + 0.5, 2).tolist(),
            "psychosocial_fte": np.round(size / 7000 * (0.6 + 0.8 * draws[5]) + 0.2, 2).tolist(),
            "acg_mean": np.round(need, 4).tolist(),
            "cni": np.round(poor / max(float(poor.mean()), 1e-9), 4).tolist(),
            "reimbursement_sek": np.round(size * 4100 * need).astype(int).tolist(),
            "reimbursement_cni_sek": np.round(size * 620 * poor / poor.mean()).astype(int).tolist(),
        },
        text=True,
    )
