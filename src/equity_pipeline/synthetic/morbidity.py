"""Chronic conditions, fixed for each person, and inpatient episodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from equity_pipeline.synthetic.persons import Persons
from equity_pipeline.synthetic.plants import MIDDLE_YEAR, YEARS
from equity_pipeline.synthetic.streams import Array, Plan, days_in


@dataclass(frozen=True, slots=True)
class Condition:
    """A chronic group: code, share at 60, slope in age (per ten years) and in income fifths."""

    name: str
    icd10se: str
    atc_codes: tuple[str, ...]
    share: float
    by_age: float
    by_income: float
    minimum_age: int = 18


CONDITIONS = (
    Condition("hypertension", "I109", ("C09AA05", "C08CA01"), 0.30, 0.55, 0.14),
    Condition("diabetes", "E119", ("A10BA02",), 0.10, 0.45, 0.24),
    Condition("copd", "J449", ("R03BB04", "R03AK06"), 0.085, 0.50, 0.20, 40),
    Condition("asthma", "J459", ("R03BA02",), 0.08, 0.00, 0.10, 3),
    Condition("atrial_fibrillation", "I489", ("B01AF02",), 0.03, 0.80, 0.08),
    Condition("heart_failure", "I509", ("C07AB02",), 0.02, 0.80, 0.18),
    Condition("ischaemic_heart_disease", "I251", ("C10AA05",), 0.06, 0.70, 0.18),
    Condition("depression", "F329", ("N06AB04",), 0.08, -0.05, 0.26),
    Condition("anxiety", "F411", ("N06AB06",), 0.07, -0.15, 0.26),
    Condition("dementia", "F039", ("N06DA02",), 0.012, 1.20, 0.12, 60),
)
NAMES = tuple(one.name for one in CONDITIONS)
AVOIDABLE_BY_CONDITION = {"copd": "J441", "heart_failure": "I509", "diabetes": "E119"}
AVOIDABLE_OTHER = ("N109", "A099", "J069", "D509", "G409", "J039")
OTHER_CODES = ("S720", "I639", "K359", "C509", "O809", "S060", "K802", "M169")
LARGEST_CODE = 3


@dataclass(frozen=True, slots=True)
class Morbidity:
    """Conditions as an n x 10 table of flags; ``code`` is their number, at most 3."""

    has: Array
    code: Array

    def of(self, name: str) -> Array:
        """Return who has a condition."""
        return np.asarray(self.has[:, NAMES.index(name)])


def make_morbidity(plan: Plan, people: Persons, income: Array) -> Morbidity:
    """Return the conditions, which depend on age and income fifth (0-4) and on nothing else."""
    age = people.age(MIDDLE_YEAR)
    has = np.zeros((people.size, len(CONDITIONS)), dtype=bool)
    for place, one in enumerate(CONDITIONS):
        level = np.log(one.share / (1 - one.share))
        logit = level + one.by_age * (np.minimum(age, 88) - 60) / 10 + one.by_income * (2 - income)
        draws = plan.stream("morbidity", one.name).random(people.size)
        has[:, place] = (draws < expit(logit)) & (age >= one.minimum_age)
    return Morbidity(has, np.minimum(has.sum(axis=1), LARGEST_CODE))


@dataclass(frozen=True, slots=True)
class Admissions:
    """Episodes by person and year (n x 5), and the expected avoidable ones per person-year."""

    avoidable: Array
    other: Array
    avoidable_rate: Array

    def had_any(self, years: Array) -> Array:
        """Return who had an episode in the years (places among the years of events)."""
        chosen = self.avoidable[:, years].sum(axis=1) + self.other[:, years].sum(axis=1)
        return np.asarray(chosen > 0)


def avoidable_rate(plan: Plan, age: Array, code: Array) -> Array:
    """Return expected avoidable admissions per person-year: log-linear in age and conditions."""
    if not plan.has("avoidable_by_need"):
        return np.where(age >= 18, 0.014, 0.0)
    return np.where(age >= 18, 0.0035 * np.exp(0.012 * (age - 50) + 0.95 * code), 0.0)


def make_admissions(plan: Plan, people: Persons, morbidity: Morbidity) -> Admissions:
    """Return episodes for all years; sex, income, unit and area have no part in them."""
    shape = (people.size, len(YEARS))
    made = {kind: np.zeros(shape, dtype=np.int8) for kind in ("avoidable", "other")}
    rates = np.zeros(shape)
    for place, year in enumerate(YEARS):
        age = people.age(year - 1)
        alive = np.where(people.listed(year), people.days(year) / days_in(year), 0.0)
        rates[:, place] = avoidable_rate(plan, age, morbidity.code)
        other = 0.03 * np.exp(0.018 * (np.maximum(age, 0) - 30) + 0.25 * morbidity.code)
        for kind, rate in (("avoidable", rates[:, place]), ("other", other)):
            draws = plan.stream("inpatient", kind, year).poisson(rate * alive)
            made[kind][:, place] = np.minimum(draws, 12)
    return Admissions(made["avoidable"], made["other"], rates)
