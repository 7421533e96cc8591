"""What units report as totals, and what the units of a programme log: no plant stands here."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from equity_pipeline.synthetic.files import Delivery, coded, dates
from equity_pipeline.synthetic.plants import YEARS
from equity_pipeline.synthetic.streams import Array, day_of, year_index
from equity_pipeline.synthetic.survey import SURVEY, answers_of
from equity_pipeline.synthetic.world import N_PROGRAMME_UNITS, World

MONTHLY_SEK_PER_LISTED = 340.0
SILENT_FOR_EACH_ANSWER = 1.8  # of three asked about one answers
GROUPS = ("all", "female", "male")
ACTIVITIES = ("Fler telefontider på morgonen", "Tolk bokas när tiden bokas", "Påminnelse per brev")
FACTORS = tuple(f"f{one}" for one in range(1, 10))
SCORED = (2022, 2023, 2024)


def write_unit_costs(world: World, year: int, delivery: Delivery) -> None:
    """Write the monthly reimbursement of each unit, by its number of listed persons."""
    units, at = world.units, year_index(year)
    unit_of = world.listing.unit[world.people.listed(year), at]
    size = np.bincount(unit_of, minlength=units.size)
    unit = np.repeat(np.arange(units.size), 12)
    noise = world.plan.stream("cost_unit", year).normal(1, 0.03, unit.size)
    starts = np.array([day_of(year, month) for month in range(1, 13)])
    delivery.add(
        "unit_reports",
        f"cost_unit_{year}",
        {
            "unit_hsa_id": coded(unit, units.hsa_ids),
            "cost_month": dates(np.tile(starts, units.size)),
            "cost_type": coded(np.zeros(unit.size, dtype=int), ("reimbursement",)),
            "cost_sek": pa.array(np.round(size[unit] * MONTHLY_SEK_PER_LISTED * noise, 2)),
            "price_year": pa.array(np.full(unit.size, year, dtype=np.int16)),
            "cost_method": coded(np.zeros(unit.size, dtype=int), ("price_list",)),
        },
    )


def _of_group(world: World, person: Array, place: int) -> Array:
    """Who of the respondents belongs to a group: all, women, men."""
    return np.asarray(world.people.sex[person] == place - 1) if place else person >= 0


def write_unit_answers(world: World, year: int, delivery: Delivery) -> None:
    """Write forms sent, answered and positive by unit and sex; the answers are those delivered."""
    made, number = answers_of(world, year), world.units.size
    unit = world.listing.unit[made.person, year_index(year)]
    cells: list[tuple[Array, Array]] = []
    for place in range(len(GROUPS)):
        mine = _of_group(world, made.person, place)
        positive = [
            np.bincount(unit[mine], made.is_positive[mine, one], number)
            for one in range(len(SURVEY))
        ]
        cells.append((np.bincount(unit[mine], minlength=number), np.array(positive)))
    silent = world.plan.stream("survey_unit", year).poisson(
        [SILENT_FOR_EACH_ANSWER * answered for answered, _ in cells[1:]]
    )
    silent = np.concatenate([silent.sum(axis=0, keepdims=True), silent])
    answered = np.array([one for one, _ in cells])
    shape = (len(GROUPS), len(SURVEY), number)
    group, dimension, place = (axis.ravel() for axis in np.indices(shape))
    delivery.add(
        "unit_reports",
        f"survey_unit_{year}",
        {
            "unit_hsa_id": coded(place, world.units.hsa_ids),
            "survey_date": dates(np.full(place.size, day_of(year, 6, 15))),
            "survey_dimension": coded(dimension, SURVEY),
            "survey_group": coded(np.minimum(group, 1), ("total", "sex")),
            "survey_group_level": coded(group, GROUPS),
            "n_sent": pa.array((answered + silent)[group, place].astype(np.int64)),
            "n_responses": pa.array(answered[group, place].astype(np.int64)),
            "n_positive": pa.array(
                np.array([one for _, one in cells])[group, dimension, place].astype(np.int64)
            ),
        },
    )


def _enrolled(world: World, worst: Array) -> list[tuple[str, str]]:
    chosen = [*world.effects.enrolled.tolist(), *worst.tolist()]
    return [
        ("A" if at < N_PROGRAMME_UNITS else "B", world.units.hsa_ids[one])
        for at, one in enumerate(chosen)
    ]


def write_activities(world: World, worst: Array, delivery: Delivery) -> None:
    """Write the log of each enrolled unit: three things tried, one after the other."""
    rows = [(*one, place) for one in _enrolled(world, worst) for place in range(len(ACTIVITIES))]
    delivery.add(
        "programmes",
        "programme_activity",
        {
            "activity_id": [f"ACT-{number:04d}" for number in range(1, len(rows) + 1)],
            "programme_id": [programme for programme, _, _ in rows],
            "unit_hsa_id": [unit for _, unit, _ in rows],
            "from_date": [f"2023-{2 + 3 * place:02d}-01" for _, _, place in rows],
            "to_date": [
                f"2023-{5 + 3 * place:02d}-01" if place < 2 else None for *_, place in rows
            ],
            "target_area": [("M1", "M2", "M1")[place] for *_, place in rows],
            "activity_description": [ACTIVITIES[place] for *_, place in rows],
        },
        text=True,
    )


def write_success_factors(world: World, worst: Array, delivery: Delivery) -> None:
    """Write the enrolled units' own yearly scores of the nine factors."""
    rows = [
        (unit, year, factor)
        for unit in dict.fromkeys(unit for _, unit in _enrolled(world, worst))
        for year in YEARS
        if year in SCORED
        for factor in FACTORS
    ]
    scores = world.plan.stream("success_factors").integers(1, 6, len(rows))
    delivery.add(
        "programmes",
        "success_factors",
        {
            "unit_hsa_id": [unit for unit, _, _ in rows],
            "scored_date": [f"{year}-11-30" for _, year, _ in rows],
            "success_factor": [factor for *_, factor in rows],
            "success_score": scores.tolist(),
        },
        text=True,
    )
