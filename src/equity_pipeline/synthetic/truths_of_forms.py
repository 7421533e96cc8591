"""True values that other forms than the gap of a pair of groups must find: T3 to T8, T12."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from equity_pipeline.synthetic import clinical, contacts, costs, habits, more_drugs, survey
from equity_pipeline.synthetic.ledger import crude_means, standardised_means
from equity_pipeline.synthetic.morbidity import avoidable_rate
from equity_pipeline.synthetic.onset import first_year
from equity_pipeline.synthetic.persons import OUTSIDE_EUROPE, SWEDEN
from equity_pipeline.synthetic.plants import (
    BAS_BREAK,
    FIRST_YEAR,
    LAST_YEAR,
    LUNG_REGISTER_BY_EDUCATION,
    PRESSURE_FIRST,
    PRESSURE_LAST,
    PROGRAMME_EFFECT,
)
from equity_pipeline.synthetic.streams import Array, days_in
from equity_pipeline.synthetic.truths import Year
from equity_pipeline.synthetic.world import N_PROGRAMME_UNITS

PROGRAMME_YEARS = (2023, 2024)


def _no_lung_admission(now: Year) -> Array:
    """P(no admission for COPD in the year) of a person with COPD: by age and conditions."""
    world = now.world
    rate = avoidable_rate(world.plan, world.people.age(now.year - 1), world.morbidity.code)
    other = world.morbidity.of("heart_failure") | world.morbidity.of("diabetes")
    days = world.people.days(now.year) / days_in(now.year)
    return np.asarray(np.exp(-np.where(other, 0.0, rate) * days))


def _could_be_followed_up(now: Year) -> Array:
    who = now.made.person[clinical.follows_up(now.made)]
    return np.bincount(who, minlength=now.world.people.size) > 0


def _smoking_known(now: Year) -> Array:
    """P(asked of smoking in 36 months): by how many of these a person was listed in."""
    since = np.maximum(now.world.people.present_from + 1, FIRST_YEAR)
    years = np.clip(now.year - since + 1, 0, 3)
    return np.asarray(1 - (1 - habits.ASKED_OF_SMOKING) ** years)


def _unworsened(now: Year) -> Array:
    """P(no exacerbation in primary care): none in the year in which COPD is found."""
    first = first_year(now.world, "copd")
    return np.where((first < now.year) | (first == FIRST_YEAR), 1 - clinical.WORSENED, 1.0)


def copd_steps(now: Year) -> dict[str, Array]:
    """Return P(step) of each person, by the steps among those with COPD in their order."""
    each = now.each
    return {
        "spirometry": clinical.spirometry_probability(now.world.plan, now.status),
        "maintenance_drug": each * (1 - (1 - more_drugs.TAKEN) ** 2),
        "revisit": clinical.REVISIT * _could_be_followed_up(now),
        "exacerbation_free": _unworsened(now),
        "no_admission": _no_lung_admission(now),
    }


def _copd_chain(now: Year) -> None:
    world, education = now.world, now.groups.education
    held = world.morbidity.of("copd") & (first_year(world, "copd") <= now.year)
    grown = now.each * (now.status.age >= 40) * now.groups.listed
    smokers = grown * habits.habits(world)[0]
    now.compare("copd-smoking_recorded", _smoking_known(now), grown, education)
    now.compare("copd-support_offered", now.each * habits.SUPPORTED, smokers, education)
    for step, chance in copd_steps(now).items():
        now.compare(f"copd-{step}", chance, grown * held, education)
    means = standardised_means(held * 1.0, grown, education, now.groups.need_a)
    now.ledger.compare("copd-diagnosed", now.period, means, adjustment="need_a")
    steps = LUNG_REGISTER_BY_EDUCATION
    now.put("LVR", steps[0] - steps[-1])


def _diabetes_chain(now: Year) -> None:
    world, each = now.world, now.each
    held = each * world.morbidity.of("diabetes") * (first_year(world, "diabetes") <= now.year)
    measured = clinical.measured_probability(world)
    low = 1 - clinical.high_hba1c_probability(world.plan, now.status)
    for step, chance, weight in (
        ("hba1c_measured", measured, held),
        ("blood_pressure_measured", each * clinical.PRESSURE_MEASURED, held),
        ("statin", each * more_drugs.TAKEN, held),
        ("hba1c_at_most_70", low, held * measured),
    ):
        now.compare(f"diabetes-{step}", chance, weight, now.groups.country)


def _cost_against_need(now: Year) -> None:
    """Actual over expected cost; what is expected is everybody's in the same cell."""
    cell = now.groups.need_a * 4 + now.world.morbidity.code
    cost = np.where(now.groups.listed, costs.expected_cost(now.world, now.year), 0.0)
    rate = np.bincount(cell, cost) / np.maximum(np.bincount(cell, now.groups.years), 1e-9)
    expected = now.groups.years * rate[cell]
    focus, reference = (cost[one].sum() / expected[one].sum() for one in now.groups.income)
    now.put("KO02", focus - reference)
    now.put("KO02-focus", focus)


def _levelling_down(now: Year) -> None:
    first, last = (one[-1] - one[0] for one in (PRESSURE_FIRST, PRESSURE_LAST))
    now.put("BR11-slope", (last - first) / (LAST_YEAR - FIRST_YEAR))


def _programmes(now: Year) -> None:
    """What two programmes do to all and to the focus group, and what they seem to do."""
    if now.year not in PROGRAMME_YEARS:
        return
    made, effects = now.made, now.world.effects
    counted = made.counts_for_waiting & np.isin(made.unit, effects.enrolled)
    effect = contacts.programme_effect(now.world, made.unit, made.first_day)
    low = (now.status.income == 0)[made.person]
    now.put("VT01-A-focus", PROGRAMME_EFFECT)
    now.put("VT01-B-focus", 0.0)
    now.put("VT01-A-itt", effect[counted].mean())
    now.put("VT01-A-itt-focus", effect[counted & low].mean())
    now.put("VT01-A-equity", effect[counted & ~low].mean() - effect[counted & low].mean())
    now.put("VT01-A-cost", survey.COST_A * N_PROGRAMME_UNITS)
    now.put("VT01-B-cost", survey.COST_B * N_PROGRAMME_UNITS)
    if now.chosen is not None:
        seen = made.counts_for_waiting & np.isin(made.unit, now.chosen.units)
        later = made.expected_in_time[seen].mean()
        now.put("VT01-B-before_after", later - now.chosen.share, units=list(_ids(now)))


def _ids(now: Year) -> tuple[str, ...]:
    assert now.chosen is not None
    return tuple(now.world.units.hsa_ids[one] for one in now.chosen.units)


def stratum_codes(now: Year) -> Array:
    """Return sex, age, education, income and country of birth of each person in T3's levels."""
    people, status = now.world.people, now.status
    birth = np.where(people.country == SWEDEN, 0, np.where(people.country == OUTSIDE_EUROPE, 2, 1))
    income = np.where(status.income == 0, 0, np.where(status.income == 4, 2, 1))
    age = np.searchsorted(np.array([45, 65]), status.age, side="right")
    education = np.where(status.age < 25, 3, status.education)
    return np.array([people.sex, age, education, income, birth])


def main_effects(codes: Array, share: Array, weight: Array) -> Array:
    """Return the shares (cells) of a logistic model with the main effects of ``codes`` alone.

    Examples
    --------
    >>> both = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])
    >>> main_effects(both, np.array([0.1, 0.1, 0.1, 0.3]), np.ones(4)).round(2).tolist()
    [0.06, 0.14, 0.14, 0.26]
    """
    levels = [(row[:, None] == np.unique(row)[None, 1:]).astype(float) for row in codes]
    design = np.hstack([np.ones((share.size, 1)), *levels])
    beta = np.zeros(design.shape[1])
    beta[0] = np.log(np.average(share, weights=weight))
    for _ in range(25):
        fitted = expit(design @ beta)
        slope = design.T @ (design * (weight * fitted * (1 - fitted))[:, None])
        beta = beta + np.linalg.solve(slope, design.T @ (weight * (share - fitted)))
    return np.asarray(expit(design @ beta))


def _interaction(now: Year) -> None:
    """How far the planted strata stand over the sum of main effects, weighted by visits."""
    made = now.made
    booked = ~made.is_cancelled & (made.form < 3) & (now.status.age >= 18)[made.person]
    codes = stratum_codes(now)[:, made.person[booked]]
    cells, cell = np.unique(codes, axis=1, return_inverse=True)
    weight = np.bincount(cell.ravel()).astype(float)
    share = np.bincount(cell.ravel(), made.expected_missed[booked]) / weight
    beyond = share - main_effects(cells, share, weight)
    planted = (cells[0] == 0) & (cells[3] == 0) & (cells[4] == 2)
    others = np.abs(beyond[~planted])
    now.put(
        "TG05-strata",
        np.average(beyond[planted], weights=weight[planted]),
        elsewhere_at_most=round(float(others.max()), 6),
    )


def _between_and_within(now: Year) -> None:
    chance = clinical.vaccination_probability(now.world, now.year)
    old = now.each * (now.status.age >= 65)
    focus, reference = crude_means(chance, old, now.groups.income)
    now.put("FP01-between", focus - reference)
    now.put("FP01-within", 0.0)


def _breaks(now: Year) -> None:
    """Areas are those of the last day of the year before: 2020's status is in use in 2021."""
    now.put("areas-BAS_2020", float(now.year == FIRST_YEAR + 1), size=BAS_BREAK)
    now.put("areas-DESO_2025", float(now.year == LAST_YEAR + 1))


def note_forms(now: Year) -> None:
    """Put a year's true values of the other forms into the ledger."""
    for note in (
        _copd_chain,
        _diabetes_chain,
        _cost_against_need,
        _between_and_within,
        _levelling_down,
        _programmes,
        _interaction,
        _breaks,
    ):
        note(now)
