"""What changes by year: income fifths, employment, education as recorded, years in Sweden."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.synthetic.facts import municipalities
from equity_pipeline.synthetic.persons import SWEDEN, Persons
from equity_pipeline.synthetic.plants import EDUCATION_MISSING
from equity_pipeline.synthetic.streams import Array, Plan

EDUCATION_UNKNOWN = 3
NO_INCOME = -1  # under 20
LABOUR = ("employed", "unemployed", "student", "pensioner", "sick", "other")
YEARS_IN_SWEDEN = ("<2", "2-4", "5-9", "10+")
AGE_GROUP_EDGES = np.arange(5, 90, 5)


@dataclass(frozen=True, slots=True)
class Status:
    """Status on 31 December of a year, for every person (length n; absent ones included)."""

    year: int
    age: Array
    income: Array  # 0-4 = q1-q5, -1 under 20
    education: Array  # place in EDUCATION; 3 = unknown
    employment: Array  # place in LABOUR, -1 under 16
    years_in_sweden: Array  # place in YEARS_IN_SWEDEN, -1 born in Sweden

    @property
    def income_or_middle(self) -> Array:
        """Income fifth, with the middle one for those under 20 (no effect of a plant)."""
        return np.where(self.income < 0, 2, self.income)

    @property
    def education_or_middle(self) -> Array:
        """Education, with the middle level for the unknown and those under 25."""
        return np.where((self.education > 2) | (self.age < 25), 1, self.education)

    @property
    def age_group(self) -> Array:
        """Five-year age group, 0 to 17."""
        return np.searchsorted(AGE_GROUP_EDGES, self.age, side="right")


def income_fifths(log_income: Array, age: Array, present: Array) -> Array:
    """Return fifths of income among those present, aged 20 and over, within ten-year age groups."""
    fifth = np.full(age.size, NO_INCOME)
    for low in range(20, 90, 10):
        high = low + 10 if low < 80 else 200
        group = np.flatnonzero(present & (age >= low) & (age < high))
        order = np.argsort(log_income[group], kind="stable")
        fifth[group[order]] = np.arange(group.size) * 5 // max(group.size, 1)
    return fifth


def _education(plan: Plan, people: Persons, year: int) -> Array:
    draws = plan.stream("status", "education", "missing").random(people.size)
    recent = (people.country != SWEDEN) & (year - people.arrival_year < 2)
    share = EDUCATION_MISSING if plan.has("education_missing") else 0.005
    return np.where(draws < np.where(recent, share, 0.005), EDUCATION_UNKNOWN, people.education)


def _employment(plan: Plan, people: Persons, age: Array) -> Array:
    shares = np.array([one.employed / 100 for one in municipalities()])
    draws = plan.stream("status", "employment").random((2, people.size))
    is_employed = people.employment_rank < shares[people.municipality]
    idle = np.where(draws[0] < 0.45, 1, np.where(draws[0] < 0.65, 2, 5))
    idle = np.where((age < 27) & (draws[0] < 0.7), 2, idle)
    working = np.where(people.has_sickness_compensation, 4, np.where(is_employed, 0, idle))
    young = np.where(draws[1] < 0.85, 2, 0)
    old = np.where(draws[1] < 0.9, 3, 0)
    made = np.where(age < 20, young, np.where(age > 64, old, working))
    return np.where(age < 16, -1, made)


def make_status(plan: Plan, people: Persons, year: int) -> Status:
    """Return the status on 31 December of a year."""
    age = people.age(year)
    stay = year - people.arrival_year
    lived = np.searchsorted(np.array([2, 5, 10]), stay, side="right")
    return Status(
        year=year,
        age=age,
        income=income_fifths(people.log_income, age, people.in_status(year)),
        education=_education(plan, people, year),
        employment=_employment(plan, people, age),
        years_in_sweden=np.where(people.country == SWEDEN, -1, lived),
    )
