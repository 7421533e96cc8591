"""The true values of a year: expectations under the model, over the people who are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.synthetic import clinical, contacts, costs, drugs, survey
from equity_pipeline.synthetic.area_rows import PERTURBATION, figures, midpoint_rank
from equity_pipeline.synthetic.bad_deliveries import FAULTS
from equity_pipeline.synthetic.ledger import Ledger, crude_means, rolling, standardised_means
from equity_pipeline.synthetic.persons import OUTSIDE_EUROPE, SWEDEN
from equity_pipeline.synthetic.plants import (
    COST_FACTOR_Q1,
    EDUCATION_MISSING,
    HBA1C_MEASURED,
    HBA1C_MEASURED_OUTSIDE,
    INTERACTION,
    PROGRAMME_EFFECT,
    WAITING_BY_INCOME,
    YEARS,
)
from equity_pipeline.synthetic.status import Status
from equity_pipeline.synthetic.streams import Array, days_in, year_index
from equity_pipeline.synthetic.units import named_probability
from equity_pipeline.synthetic.world import World

Pair = tuple[Array, Array]


@dataclass(frozen=True, slots=True)
class Groups:
    """Focus and reference of each dimension as flags, person-years and strata (length n)."""

    listed: Array
    years: Array
    income: Pair
    education: Pair
    country: Pair
    provider: Pair
    area: Pair
    need_a: Array


@dataclass(frozen=True, slots=True)
class Chosen:
    """The units that were chosen on bad results, and their share in time when they were."""

    units: Array
    share: float


@dataclass(frozen=True, slots=True)
class Year:
    """What the truths of a year are computed from."""

    world: World
    year: int
    status: Status
    groups: Groups
    made: contacts.Contacts
    area_rank: Array
    ledger: Ledger
    chosen: Chosen | None = None

    @property
    def period(self) -> str:
        """Code of the year's period."""
        return rolling(self.year)

    @property
    def each(self) -> Array:
        """A weight of one for everybody."""
        return np.ones(self.world.people.size)

    def compare(self, key: str, expected: Array, weight: Array, pair: Pair) -> None:
        """Note the crude truth of a pair of groups."""
        self.ledger.compare(key, self.period, crude_means(expected, weight, pair))

    def put(self, key: str, value: float, *, adjustment: str = "crude", **more: object) -> None:
        """Note a truth that is exact by design."""
        self.ledger.put(key, self.period, value, adjustment=adjustment, **more)


def _groups(world: World, year: int) -> Groups:
    people, status = world.people, world.statuses[year - 1]
    listed = people.listed(year)
    educated = listed & (status.age >= 25)
    provider = world.units.provider[world.listing.unit[:, year_index(year)]]
    held = figures(world, year - 1, people.regso, len(world.geography.regso_codes))
    fifth = np.floor(midpoint_rank(-held.low_income, held.population) * 5)[people.regso]
    return Groups(
        listed=listed,
        years=np.where(listed, people.days(year) / days_in(year), 0.0),
        income=(listed & (status.income == 0), listed & (status.income == 4)),
        education=(educated & (status.education == 0), educated & (status.education == 2)),
        country=(listed & (people.country == OUTSIDE_EUROPE), listed & (people.country == SWEDEN)),
        provider=(listed & (provider == 1), listed & (provider == 0)),
        area=(listed & (fifth == 0), listed & (fifth == 4)),
        need_a=status.age_group * 2 + people.sex,
    )


def year_of(
    world: World,
    made: contacts.Contacts,
    area_rank: Array,
    ledger: Ledger,
    chosen: Chosen | None = None,
) -> Year:
    """Return what the truths of the contacts' year are computed from."""
    year, status = made.year, world.statuses[made.year - 1]
    return Year(world, year, status, _groups(world, year), made, area_rank, ledger, chosen)


def _waiting(now: Year) -> None:
    gap = WAITING_BY_INCOME[0] - WAITING_BY_INCOME[-1]
    short = float(np.arange(4) @ contacts.WAIT_IN_TIME)
    late = 4 + 1 / float(np.expm1(1 / contacts.LATE_MEAN_EXTRA))
    counted = now.made.counts_for_waiting
    person, size = now.made.person[counted], now.world.people.size
    number = np.bincount(person, minlength=size).astype(float)
    chance = np.bincount(person, now.made.expected_in_time[counted], size) / np.maximum(number, 1)
    focus, reference = crude_means(chance, number, now.groups.income)
    now.put("VT01", gap, with_unit_mixture=round(focus - reference, 6))
    now.put("VT01-within", gap)
    now.put("VT01-between", focus - reference - gap)
    now.put("VT03", gap * (short - late))


def _programmes(now: Year) -> None:
    ids, effects = now.world.units.hsa_ids, now.world.effects
    if now.year >= 2023:
        enrolled = [ids[one] for one in effects.enrolled]
        now.put("VT01-A", PROGRAMME_EFFECT, units=enrolled)
        now.put("VT01-B", 0.0)


def _exact_by_design(now: Year) -> None:
    for adjustment in ("crude", "need_a"):
        now.put("BR08", HBA1C_MEASURED_OUTSIDE - HBA1C_MEASURED, adjustment=adjustment)
    now.put("TG05", INTERACTION)
    now.put("education", EDUCATION_MISSING)
    now.put("bad_deliveries", len(FAULTS))
    divided = now.world.geography.deso_codes
    split = [
        code for code, is_ in zip(divided, now.world.geography.deso_is_split, strict=True) if is_
    ]
    now.put("areas", PERTURBATION, divided_deso=split)


def _chronic_care(now: Year) -> None:
    world, groups, plan = now.world, now.groups, now.world.plan
    spirometry = clinical.spirometry_probability(plan, now.status)
    high = clinical.high_hba1c_probability(plan, now.status)
    pressure = clinical.pressure_probability(plan, now.status)
    measured = clinical.measured_probability(world) * world.morbidity.of("diabetes")
    chosen = (
        ("BR02", spirometry, now.each * world.morbidity.of("copd"), groups.education),
        ("BR07", high, measured, groups.income),
        ("BR11", pressure, now.each * world.morbidity.of("hypertension"), groups.education),
    )
    for key, expected, weight, pair in chosen:
        means = crude_means(expected, weight, pair)
        for adjustment in ("crude", "need_a"):  # age, sex and morbidity have no part in these
            now.ledger.compare(key, now.period, means, adjustment=adjustment)


def _access(now: Year) -> None:
    plan, status, income = now.world.plan, now.status, now.groups.income
    now.compare("TG07", named_probability(plan, status.income_or_middle), now.each, income)
    seen = now.made.person[~now.made.is_missed & ~now.made.is_cancelled]
    visits = np.bincount(seen, minlength=now.world.people.size) * now.world.people.needs_interpreter
    now.compare("TG03", contacts.interpreter_probability(plan, status), visits, income)


def _no_contact(now: Year) -> None:
    """From the second year: the first has no eighteen months behind it."""
    if now.year == YEARS[0]:
        return
    world, last = now.world, year_index(now.year)
    recent = np.arange(max(last - 2, 0), last + 1)
    need = (world.morbidity.code > 0) | world.admissions.had_any(recent)
    chance = contacts.no_contact_probability(world.plan, world.people)
    now.compare("TG02", chance, now.each * need, now.groups.education)
    now.put("TG02", 0.0, adjustment="need_a")


def _antibiotics(now: Year) -> None:
    groups, listed = now.groups, np.flatnonzero(now.groups.listed)
    rate = 1000 * drugs.antibiotic_rate(now.world, now.year, now.area_rank)
    pairs = (
        ("BR14-income", groups.income),
        ("BR14-area", groups.area),
        ("BR14-provider", groups.provider),
    )
    for key, pair in pairs:
        now.compare(key, rate, groups.years, pair)
        inside = (pair[0][listed], pair[1][listed])
        means = standardised_means(
            rate[listed], groups.years[listed], inside, groups.need_a[listed]
        )
        now.ledger.compare(key, now.period, means, adjustment="need_a")


def _costs_and_admissions(now: Year) -> None:
    world, groups = now.world, now.groups
    cost = costs.expected_cost(world, now.year) / np.maximum(groups.years, 1e-9)
    now.compare("KO01", cost, groups.years, groups.income)
    now.put("KO01", COST_FACTOR_Q1, adjustment="need_b")
    rate = 1000 * world.admissions.avoidable_rate[:, year_index(now.year)]
    weight = groups.years * (now.status.age >= 18)
    for key, pair in (("BR19-income", groups.income), ("BR19-provider", groups.provider)):
        now.compare(key, rate, weight, pair)
        now.put(key, 0.0, adjustment="need_b")


def _answers(now: Year) -> None:
    old = now.each * (now.status.age >= 65)
    chance = clinical.vaccination_probability(now.world, now.year)
    now.compare("FP01", chance, old, now.groups.income)
    positive = survey.accessibility_probability(now.world.plan, now.status)
    now.compare("UP07", positive, now.each, now.groups.education)


def note_year(now: Year) -> None:
    """Put the true values of a year into the ledger."""
    for note in (
        _waiting,
        _programmes,
        _exact_by_design,
        _chronic_care,
        _access,
        _no_contact,
        _antibiotics,
        _costs_and_admissions,
        _answers,
    ):
        note(now)
