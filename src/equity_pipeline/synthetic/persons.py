"""Persons: who they are, where they live, when they are there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from equity_pipeline.synthetic.areas import Geography
from equity_pipeline.synthetic.facts import low_standard_limit, municipalities
from equity_pipeline.synthetic.plants import FIRST_YEAR, LAST_YEAR, MIDDLE_YEAR
from equity_pipeline.synthetic.streams import Array, Plan, day_of, days_in, largest_remainder

COUNTRY = ("outside_europe", "other_europe", "nordic_eu_eea", "sweden")
EDUCATION = ("pre_secondary", "upper_secondary", "post_secondary", "missing")
OUTSIDE_EUROPE, OTHER_EUROPE, NORDIC, SWEDEN = range(4)
NEVER = day_of(2999)
# Persons per year of age, from those born after the middle year (age -2) to 100.
AGE_BANDS = ((-2, 18, 1.17), (18, 45, 1.33), (45, 65, 1.25), (65, 80, 0.95), (80, 90, 0.42))


@dataclass(frozen=True, slots=True)
class Persons:
    """One entry a person in every array (length n); codes are places in the tuples above."""

    municipality: Array
    regso: Array
    deso: Array
    sex: Array  # 0 woman, 1 man
    birth_year: Array
    country: Array
    arrival_year: Array  # 0 for those born in Sweden
    present_from: Array  # first year with a status row
    education: Array
    log_income: Array
    has_low_standard: Array
    employment_rank: Array  # 0 (first to work) to 1 within municipality, ages 20-64
    death_day: Array
    needs_interpreter: Array
    has_sickness_compensation: Array
    has_lss: Array
    second_half: Array  # lives in the second half of a divided DeSO

    @property
    def size(self) -> int:
        """Number of persons."""
        return int(self.sex.size)

    def age(self, year: int) -> Array:
        """Return the age reached in a year."""
        return np.asarray(year - self.birth_year)

    def listed(self, year: int) -> Array:
        """Return who is there and alive on 1 January of a year."""
        return np.asarray((self.present_from < year) & (self.death_day >= day_of(year)))

    def in_status(self, year: int) -> Array:
        """Return who has a status row: there in the year and alive when it began."""
        return np.asarray((self.present_from <= year) & (self.death_day >= day_of(year)))

    def days(self, year: int) -> Array:
        """Return days alive in a year, for those alive when it began."""
        return np.asarray(np.clip(self.death_day - day_of(year), 0, days_in(year)))


def _ages(plan: Plan) -> Array:
    ages = np.arange(-2, 101)
    weight = np.full(ages.size, 0.08)
    for low, high, value in AGE_BANDS:
        weight[(ages >= low) & (ages < high)] = value
    cumulated = np.cumsum(weight / weight.sum())
    draws = plan.stream("persons", "age").random(plan.persons)
    return ages[np.minimum(np.searchsorted(cumulated, draws), ages.size - 1)]


def _homes(plan: Plan, geography: Geography) -> tuple[Array, Array, Array]:
    """Municipality in exact proportion; RegSO by weight within it; DeSO evenly within that."""
    population = np.array([one.population for one in municipalities()], dtype=float)
    municipality = np.repeat(
        np.arange(population.size), largest_remainder(population, plan.persons)
    )
    draws = plan.stream("persons", "regso").random(plan.persons)
    regso = np.zeros(plan.persons, dtype=np.int64)
    for code in range(population.size):
        here = np.flatnonzero(geography.regso_municipality == code)
        live = municipality == code
        edges = np.cumsum(geography.regso_weight[here]) / geography.regso_weight[here].sum()
        regso[live] = here[np.minimum(np.searchsorted(edges, draws[live]), here.size - 1)]
    first = np.searchsorted(geography.deso_regso, np.arange(len(geography.regso_codes)))
    number = np.bincount(geography.deso_regso)
    inner = plan.stream("persons", "deso").random(plan.persons)
    deso = first[regso] + np.floor(inner * number[regso]).astype(np.int64)
    return municipality, regso, deso


def _countries(plan: Plan, municipality: Array, hidden: Array, age: Array) -> Array:
    noise = plan.stream("persons", "country").normal(size=plan.persons)
    latent = noise + 0.8 * hidden - 0.9 * (age < 18) - 0.5 * (age > 70)
    nordic = plan.stream("persons", "nordic").random(plan.persons)
    country = np.full(plan.persons, SWEDEN)
    for code, facts in enumerate(municipalities()):
        live = np.flatnonzero(municipality == code)
        far = facts.foreign_born_ex_eu / 100
        near = (facts.foreign_born / 100 - far) / (1 - far)
        low, high = np.quantile(latent[live], [1 - far, 1 - 0.75 * far])
        made = np.where(nordic[live] < near, NORDIC, SWEDEN)
        made = np.where(latent[live] > low, OTHER_EUROPE, made)
        country[live] = np.where(latent[live] > high, OUTSIDE_EUROPE, made)
    return country


def _educations(
    plan: Plan, municipality: Array, hidden: Array, age: Array, country: Array
) -> Array:
    noise = plan.stream("persons", "education").normal(size=plan.persons)
    origin = np.array([-0.7, -0.2, 0.0, 0.0])[country]
    latent = noise + origin - 0.5 * hidden - 1.0 * (age >= 65) - 0.5 * (age >= 75)
    education = np.ones(plan.persons, dtype=np.int64)
    working = (age >= 25) & (age <= 64)
    for code, facts in enumerate(municipalities()):
        live = np.flatnonzero(municipality == code)
        shares = [facts.pre_secondary / 100, 1 - facts.post_secondary / 100]
        low, high = np.quantile(latent[live][working[live]], shares)
        education[live] = (latent[live] > low).astype(int) + (latent[live] > high)
    return education


def _rank(values: Array) -> Array:
    ranks = np.empty(values.size)
    ranks[np.argsort(values, kind="stable")] = (np.arange(values.size) + 0.5) / values.size
    return ranks


def _incomes(
    plan: Plan, municipality: Array, hidden: Array, country: Array, education: Array
) -> tuple[Array, Array]:
    """Log income with each municipality's median and share below the limit; and who is below."""
    noise = plan.stream("persons", "income").normal(size=plan.persons)
    origin = np.array([-0.8, -0.4, -0.1, 0.0])[country]
    latent = noise + origin - 0.7 * hidden + 0.45 * (education - 1)
    income = np.zeros(plan.persons)
    limit = np.log(low_standard_limit())
    for code, facts in enumerate(municipalities()):
        live = np.flatnonzero(municipality == code)
        median = np.log(facts.median_income)
        deviation = (limit - median) / ndtri(facts.low_standard / 100)
        income[live] = median + deviation * ndtri(_rank(latent[live]))
    return income, income < limit


def _employment_ranks(plan: Plan, municipality: Array, income: Array, sick: Array) -> Array:
    noise = plan.stream("persons", "employment").normal(size=plan.persons)
    latent = noise + 1.2 * (income - income.mean()) / income.std() - 9.0 * sick
    ranks = np.zeros(plan.persons)
    for code in range(len(municipalities())):
        live = np.flatnonzero(municipality == code)
        ranks[live] = _rank(-latent[live])
    return ranks


def _deaths(plan: Plan, age: Array, present_from: Array) -> Array:
    hazard = 0.0004 * np.exp(0.09 * np.maximum(age - 30, 0))
    years = plan.stream("persons", "death").exponential(size=plan.persons) / hazard
    day = day_of(FIRST_YEAR) + np.minimum(years * 365.25, 4000).astype(np.int64)
    began = (present_from - 1970) * 365.25 + 400
    return np.where((day < day_of(LAST_YEAR + 1)) & (day > began), day, NEVER)


def make_persons(plan: Plan, geography: Geography) -> Persons:
    """Return the persons of a region; sex and disability are independent of all the rest."""
    municipality, regso, deso = _homes(plan, geography)
    hidden = geography.regso_disadvantage[regso]
    age = _ages(plan)
    birth_year = MIDDLE_YEAR - age
    country = _countries(plan, municipality, hidden, age)
    education = _educations(plan, municipality, hidden, age, country)
    stay = plan.stream("persons", "arrival").exponential(16, plan.persons)
    arrived = np.maximum(birth_year, LAST_YEAR - stay.astype(np.int64))
    arrival = np.where(country == SWEDEN, 0, arrived)
    present_from = np.maximum(birth_year, arrival)
    income, is_low = _incomes(plan, municipality, hidden, country, education)
    traits = plan.stream("persons", "disability").random((2, plan.persons))
    sick = traits[0] < 0.04
    share = 0.03 if plan.has("interpreter_few") else 0.45
    interpreter = plan.stream("persons", "interpreter").random(plan.persons) < share
    return Persons(
        municipality=municipality,
        regso=regso,
        deso=deso,
        sex=plan.stream("persons", "sex").integers(0, 2, plan.persons),
        birth_year=birth_year,
        country=country,
        arrival_year=arrival,
        present_from=present_from,
        education=education,
        log_income=income,
        has_low_standard=is_low,
        employment_rank=_employment_ranks(plan, municipality, income, sick),
        death_day=_deaths(plan, age, present_from),
        needs_interpreter=interpreter & (country == OUTSIDE_EUROPE),
        has_sickness_compensation=sick,
        has_lss=traits[1] < 0.008,
        second_half=plan.stream("persons", "half").random(plan.persons) < 0.5,
    )
