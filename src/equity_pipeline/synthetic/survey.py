"""Survey answers, telephony, programmes and the calendar of reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.files import Delivery, coded, dates, numbered
from equity_pipeline.synthetic.persons import COUNTRY, EDUCATION
from equity_pipeline.synthetic.plants import ACCESS_ANSWER_BY_EDUCATION, YEARS
from equity_pipeline.synthetic.status import Status
from equity_pipeline.synthetic.streams import Array, Plan, day_of, year_index
from equity_pipeline.synthetic.world import N_PROGRAMME_UNITS, World

ASKED_FIRST = ("accessibility", "respect", "information", "overall", "involvement")
SURVEY = (*ASKED_FIRST, "emotional_support", "continuity")
POSITIVE = np.array([0.80, 0.86, 0.75, 0.81, 0.80, 0.77, 0.72])
RESPONSE_SHARE = 0.15
SAME_DAY = 0.88
APPROACHES = ("telephone", "visit")
COST_A, COST_B = 185_000, 120_000  # SEK for each unit


def accessibility_probability(plan: Plan, status: Status) -> Array:
    """Return P(positive answer on accessibility), by education: opposite to measured access."""
    steps = np.array(ACCESS_ANSWER_BY_EDUCATION) * plan.has("survey_opposite")
    return np.asarray(POSITIVE[0] + steps[status.education_or_middle])


@dataclass(frozen=True, slots=True)
class Answers:
    """Who answered in a year, in the order of the file, and to what each gave a positive answer."""

    person: Array
    is_positive: Array  # persons x dimensions
    draws: Array  # uniform, three a person of the region


def answers_of(world: World, year: int) -> Answers:
    """Return the answers of a year."""
    status, people, plan = world.statuses[year - 1], world.people, world.plan
    adult = people.listed(year) & (status.age >= 18)
    draws = plan.stream("survey", year).random((3, people.size))
    person = np.flatnonzero(adult & (draws[0] < RESPONSE_SHARE))
    person = plan.stream("survey", year, "order").permutation(person)
    chance = np.repeat(POSITIVE[None, :], person.size, axis=0)
    chance[:, 0] = accessibility_probability(plan, status)[person]
    first, rest = len(ASKED_FIRST), len(SURVEY) - len(ASKED_FIRST)
    answers = np.hstack(
        [
            plan.stream("survey", year, "answer").random((people.size, first)),
            plan.stream("survey", year, "answer", "rest").random((people.size, rest)),
        ]
    )
    return Answers(person, answers[person] < chance, draws)


def write_survey(world: World, year: int, delivery: Delivery) -> None:
    """Write anonymous answers with the background that the form asks for; no person is named."""
    status, people = world.statuses[year - 1], world.people
    made = answers_of(world, year)
    person, draws = made.person, made.draws
    repeated = np.repeat(person, len(SURVEY))
    education = np.where(status.age < 25, -1, status.education)
    day = day_of(year, 3) + np.floor(draws[1] * 90).astype(np.int64)
    ids = numbered(f"R{year % 100}-", person.size)
    weight = np.round(0.7 + 0.6 * draws[2], 4)
    delivery.add(
        "survey",
        f"survey_{year}",
        {
            "response_id": ids.take(np.repeat(np.arange(person.size), len(SURVEY))),
            "unit_hsa_id": coded(
                world.listing.unit[repeated, year_index(year)], world.units.hsa_ids
            ),
            "response_date": dates(day[repeated]),
            "survey_dimension": coded(np.tile(np.arange(len(SURVEY)), person.size), SURVEY),
            "is_positive": pa.array(made.is_positive.ravel()),
            "response_weight": pa.array(weight[repeated]),
            "sex": coded(people.sex[repeated], ("K", "M")),
            "age_years": pa.array(status.age[repeated].astype(np.int16)),
            "education": coded(education[repeated], EDUCATION),
            "country_of_birth": coded(people.country[repeated], COUNTRY),
        },
    )


def write_telephony(world: World, year: int, delivery: Delivery) -> None:
    """Write calls of each unit and month; financing and provider have no part in the share."""
    units = world.units
    listed = world.people.listed(year)
    size = np.bincount(world.listing.unit[listed, year_index(year)], minlength=units.size)
    rng = world.plan.stream("telephony", year)
    unit = np.repeat(np.arange(units.size), 12)
    month = np.tile(np.arange(12), units.size)
    calls = rng.poisson(size[unit] * 0.35)
    same_day = rng.binomial(calls, (SAME_DAY + world.effects.telephony)[unit])
    abandoned = rng.binomial(calls - same_day, 0.4)
    starts = np.array([day_of(year, one) for one in range(1, 13)])
    delivery.add(
        "care",
        f"telephony_{year}",
        {
            "unit_hsa_id": coded(unit, units.hsa_ids),
            "call_month": dates(starts[month]),
            "calls_incoming": pa.array(calls),
            "calls_answered_same_day": pa.array(same_day),
            "calls_abandoned": pa.array(abandoned),
        },
    )


def worst_units(world: World, assessed: Array, counted: Array) -> Array:
    """Return the nine units outside programme A with the lowest observed share in 2022."""
    share = assessed / np.maximum(counted, 1)
    if not world.plan.has("programme_effect"):
        share = world.plan.stream("programme", "B").random(share.size)
    share[world.effects.enrolled] = np.inf
    return np.sort(np.argsort(share, kind="stable")[:N_PROGRAMME_UNITS])


def write_programmes(world: World, worst: Array, delivery: Delivery) -> None:
    """Write programme A (a true effect; two units leave) and B (none; chosen on bad results)."""
    chosen = [*world.effects.enrolled.tolist(), *worst.tolist()]
    left = {2: "2023-10-01", 6: "2024-04-01"}
    number = range(len(chosen))
    rng = world.plan.stream("programme", "teams")
    delivery.add(
        "care",
        "programme",
        {
            "programme_id": ["A" if one < N_PROGRAMME_UNITS else "B" for one in number],
            "unit_hsa_id": [world.units.hsa_ids[one] for one in chosen],
            "from_date": ["2023-01-01" for _ in number],
            "to_date": [left.get(one) for one in number],
            "stop_reason": ["Personalbrist" if one in left else None for one in number],
            "approach_code": [APPROACHES[one % 2] for one in number],
            "target_area": ["M1" for _ in number],
            "cost_sek": [COST_A if one < N_PROGRAMME_UNITS else COST_B for one in number],
            "team_size": rng.integers(3, 9, len(chosen)).tolist(),
            "has_manager_in_team": (rng.random(len(chosen)) < 0.7).tolist(),
        },
        text=True,
    )


def write_calendar(delivery: Delivery) -> None:
    """Write when the reports of each year are due."""
    due = [(year, "final", f"{year + 1}-03-31") for year in YEARS]
    due += [(2024, "interim", "2024-09-30"), (2024, "follow_up_report", "2025-06-30")]
    delivery.add(
        "quality",
        "report_calendar",
        {
            "report_id": [f"REPORT-{year}-{kind}" for year, kind, _ in due],
            "recipient": ["Exempelnämnden (syntetisk)" for _ in due],
            "due_date": [day for _, _, day in due],
            "data_cutoff": [f"{day[:4]}-01-15" for _, _, day in due],
            "report_type": [kind for _, kind, _ in due],
            "delivered_date": [day if day < "2025-01-15" else None for _, _, day in due],
        },
        text=True,
    )
