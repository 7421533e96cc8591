"""The area table: figures counted from the region's persons, perturbed as published ones are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.synthetic.areas import URBAN_RURAL
from equity_pipeline.synthetic.facts import municipalities
from equity_pipeline.synthetic.persons import OUTSIDE_EUROPE, SWEDEN
from equity_pipeline.synthetic.plants import BAS_BREAK, FIRST_YEAR, LAST_YEAR
from equity_pipeline.synthetic.streams import Array
from equity_pipeline.synthetic.world import World

TYPE_EDGES = np.array([0.06, 0.18, 0.40, 0.85])  # share of population in area types 1, 2, 3, 4
PERTURBATION = 3  # persons, up or down


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """Figures of areas of one kind (length a), shares between 0 and 1."""

    population: Array
    low_education: Array
    low_income: Array
    median_income: Array
    employed: Array
    foreign_born: Array
    outside_europe: Array


def _count(world: World, group: Array, area: Array, number: int, name: str, year: int) -> Array:
    exact = np.bincount(area[group], minlength=number)
    if not world.plan.has("area_figures"):
        return exact
    rng = world.plan.stream("areas", name, year, number)
    return np.asarray(np.maximum(exact + rng.integers(-PERTURBATION, PERTURBATION + 1, number), 0))


def _medians(income: Array, area: Array, number: int) -> Array:
    order = np.lexsort((income, area))
    size = np.bincount(area, minlength=number)
    middle = np.cumsum(size) - size + size // 2
    ranked = income[order]
    return np.asarray(ranked[np.minimum(middle, max(ranked.size - 1, 0))])


def figures(world: World, year: int, area: Array, number: int) -> AreaFigures:
    """Return the figures on 31 December of a year; ``area``: each person's, from 0."""
    people, status = world.people, world.statuses[year]
    here = people.in_status(year)
    core = here & (status.age >= 25) & (status.age <= 64)
    working = here & (status.age >= 20) & (status.age <= 64)
    adult = here & (status.age >= 20)

    def share(name: str, part: Array, whole: Array) -> Array:
        below = np.maximum(np.bincount(area[whole], minlength=number), 1)
        return np.round(np.minimum(_count(world, part, area, number, name, year) / below, 1.0), 4)

    old_definition = BAS_BREAK * (world.plan.has("area_figures") and year < FIRST_YEAR)
    return AreaFigures(
        population=_count(world, here, area, number, "population", year),
        low_education=share("education", core & (people.education == 0), core),
        low_income=share("income", adult & people.has_low_standard, adult),
        median_income=np.round(
            np.exp(_medians(people.log_income[adult], area[adult], number)) * 1.03 ** (year - 2022),
            -2,
        ),
        employed=np.round(
            np.maximum(share("employed", working & (status.employment == 0), working), 0.02)
            - old_definition,
            4,
        ),
        foreign_born=share("foreign", here & (people.country != SWEDEN), here),
        outside_europe=share("outside", here & (people.country == OUTSIDE_EUROPE), here),
    )


def midpoint_rank(value: Array, population: Array) -> Array:
    """Return each area's place among people, 0 lowest to 1, by the middle of its population.

    Areas of the same value are one block.

    Examples
    --------
    >>> midpoint_rank(np.array([0.3, 0.1, 0.3]), np.array([10, 20, 10])).tolist()
    [0.75, 0.25, 0.75]
    """
    _, block = np.unique(value, return_inverse=True)
    size = np.bincount(block, population)
    middle = np.cumsum(size) - size / 2
    return np.asarray((middle / size.sum())[block])


def regso_income_rank(world: World, year: int) -> Array:
    """Return each RegSO's place by the delivered share of low income: near 0 is poorest."""
    held = figures(world, year, world.people.regso, len(world.geography.regso_codes))
    return midpoint_rank(-held.low_income, held.population)


def _types(held: AreaFigures) -> Array:
    parts = (held.low_education, held.low_income, 1 - held.employed)
    index = sum((part - part.mean()) / max(float(part.std()), 1e-9) for part in parts)
    rank = midpoint_rank(-np.asarray(index), held.population)
    return np.searchsorted(TYPE_EDGES, rank, side="right") + 1


def _ill_health(municipality: Array, hidden: Array) -> Array:
    days = np.array([one.sickness_days for one in municipalities()])[municipality]
    return np.round(days * np.exp(0.25 * hidden), 1)


def _columns(
    world: World,
    year: int,
    kind: str,
    codes: list[str],
    area: Array,
    regso: Array | None,
    municipality: Array,
) -> dict[str, list[object]]:
    geography, number = world.geography, len(codes)
    held = figures(world, year, area, number)
    hidden = np.zeros(number) if regso is None else geography.regso_disadvantage[regso]
    vintage = "DESO_2025" if year >= LAST_YEAR and world.plan.has("area_figures") else "DESO_2018"
    nothing: list[object] = [None] * number
    return {
        "area_code": list(codes),
        "area_kind": [kind] * number,
        "vintage": [vintage] * number,
        "year": [year] * number,
        "regso_code": nothing if regso is None else [geography.regso_codes[r] for r in regso],
        "municipality_code": [municipalities()[m].code for m in municipality],
        "population": held.population.tolist(),
        "share_low_education": held.low_education.tolist(),
        "share_low_income": held.low_income.tolist(),
        "median_income_sek": held.median_income.tolist(),
        "share_employed_20_64": held.employed.tolist(),
        "share_foreign_born": held.foreign_born.tolist(),
        "share_born_outside_europe": held.outside_europe.tolist(),
        "ill_health_age_standardised": _ill_health(municipality, hidden).tolist(),
        "ill_health_source": ["Exempel (syntetisk)"] * number,
        "area_type": nothing if regso is None else [str(one) for one in _types(held)],
        "urban_rural": nothing
        if regso is None
        else [URBAN_RURAL[geography.regso_letter[r]] for r in regso],
    }


def deso_of(world: World, year: int) -> tuple[list[str], Array, Array]:
    """Return the DeSO codes of 31 December, each person's place in them, each one's RegSO."""
    geography, people = world.geography, world.people
    if year < LAST_YEAR or not world.plan.has("area_figures"):
        return list(geography.deso_codes), people.deso, geography.deso_regso
    first, second = geography.deso_codes_2025()
    split = np.flatnonzero(geography.deso_is_split)
    codes = [*first, *(second[one] for one in split)]
    moved = np.full(len(first), -1)
    moved[split] = len(first) + np.arange(split.size)
    later = geography.deso_is_split[people.deso] & people.second_half
    area = np.where(later, moved[people.deso], people.deso)
    return codes, area, np.concatenate([geography.deso_regso, geography.deso_regso[split]])


def area_columns(world: World, year: int) -> dict[str, list[object]]:
    """Return the area file of a year: DeSO, RegSO and municipalities."""
    geography, people = world.geography, world.people
    codes, area, regso = deso_of(world, year)
    above = geography.regso_municipality
    every = np.arange(len(geography.regso_codes))
    parts = [
        _columns(world, year, "deso", codes, area, regso, above[regso]),
        _columns(world, year, "regso", list(geography.regso_codes), people.regso, every, above),
        _columns(
            world,
            year,
            "municipality",
            [one.code for one in municipalities()],
            people.municipality,
            None,
            np.arange(len(municipalities())),
        ),
    ]
    return {name: [value for part in parts for value in part[name]] for name in parts[0]}
