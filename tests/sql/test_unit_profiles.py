"""What area descriptions are made from: those listed, the area around the unit, the overlap."""

from __future__ import annotations

from datetime import date

import pytest

from .conftest import PERIODS, YEAR

AREA = {"area_kind": "regso", "vintage": "DESO_2018", "year": 2023, "municipality_code": "1280"}


@pytest.fixture
def town(warehouse):
    """Two areas; a unit in the first with three listed, of whom two live around it."""
    for code, people, low in (("1280R001", 300, 0.2), ("1280R002", 100, 0.4)):
        warehouse.put("area", {**AREA, "area_code": code, "population": people,
                               "share_low_income": low})  # fmt: skip
    for code, regso in (("1280C1010", "1280R001"), ("1280C1020", "1280R002")):
        warehouse.put("area_key", {"vintage": "DESO_2018", "deso_code": code, "regso_code": regso,
                                   "municipality_code": "1280"})  # fmt: skip
    warehouse.put("unit", {"unit_hsa_id": "SE-A", "from_date": date(2019, 1, 1),
                           "area_code": "1280C1010"})  # fmt: skip
    return warehouse


def lives(warehouse, key, area, *, unit="SE-A", year=2023, born=1950, **more):
    warehouse.put("person", {"person_key": key, "year": year, "sex": "female", "birth_year": born,
                             "area_code": area, "municipality_code": area[:4], **more})  # fmt: skip
    if unit is not None and year == 2023:
        warehouse.put("listing", {"person_key": key, "unit_hsa_id": unit,
                                  "from_date": date(2019, 1, 1)})  # fmt: skip


def share(warehouse, item, table="mart.unit_trait"):
    warehouse.build(periods=PERIODS)
    row = warehouse.one(table, ["n_persons", "n_persons_with"], unit_hsa_id="SE-A", item_id=item)
    return row["n_persons_with"], row["n_persons"]


def test_the_people_listed_and_the_people_around_a_unit_are_told_apart(town):
    lives(town, 1, "1280C1010")
    lives(town, 2, "1280C1010")
    lives(town, 3, "1280C1020")
    lives(town, 4, "1280C1010", unit=None)
    lives(town, 5, "1280C1010", unit="SE-B")
    assert share(town, "AD_LOCAL") == (2, 3)
    assert share(town, "AA_LISTED_HERE", "mart.unit_area_profile") == (2, 4)


def test_the_area_around_a_unit_stands_beside_all_areas_weighted_by_people(town):
    lives(town, 1, "1280C1010")
    town.build(periods=PERIODS)
    row = town.one("mart.unit_area_profile", ["value", "value_region"], item_id="AA_LOW_INCOME")
    assert (row["value"], row["value_region"]) == (0.2, pytest.approx(0.25))


def test_who_is_of_unknown_education_is_not_counted_among_the_rest(town):
    for key, education in enumerate(("pre_secondary", "post_secondary", "missing"), start=1):
        lives(town, key, "1280C1010")
        town.put("individual_ses", {"person_key": key, "year": 2023, "education": education})
    assert share(town, "AD_LOW_EDUCATION") == (1, 2)


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        ("1280C1010", "1280C1010", (0, 1)),
        ("1280C1020", "1280C1010", (1, 1)),  # another home in the town
        ("1263A0010", "1280C1010", (1, 1)),  # another municipality, whatever the codes
    ],
)
def test_moving_in_is_living_elsewhere_a_year_before(town, before, now, moved):
    lives(town, 1, before, year=2022)
    lives(town, 1, now)
    assert share(town, "AD_MOVED_IN") == moved


def test_another_division_of_the_same_ground_is_no_move(town):
    lives(town, 1, "1280C9999", year=2022)
    lives(town, 1, "1280C1010")
    town.build(periods=PERIODS)
    assert town.ask("select * from mart.unit_trait where item_id = 'AD_MOVED_IN'") == []


def test_who_came_to_the_region_moved_in_and_a_newborn_did_not(town):
    lives(town, 9, "1280C1010", year=2022, unit=None)
    lives(town, 1, "1280C1010")
    lives(town, 2, "1280C1010", born=2023)
    assert share(town, "AD_MOVED_IN") == (1, 1)


def test_living_alone_is_asked_of_those_aged_65_and_over(town):
    lives(town, 1, "1280C1010", born=1950, lives_alone=True)
    lives(town, 2, "1280C1010", born=1950, lives_alone=False)
    lives(town, 3, "1280C1010", born=1990, lives_alone=True)
    assert share(town, "AD_ALONE_65") == (1, 2)


def test_every_unit_is_described_also_one_without_listed_persons(town):
    town.put("unit", {"unit_hsa_id": "SE-EMPTY", "from_date": date(2019, 1, 1)})
    lives(town, 1, "1280C1010")
    town.build(periods=PERIODS)
    assert town.values("mart.unit_profile", "n_listed", "unit_hsa_id") == {"SE-A": 1, "SE-EMPTY": 0}


def test_the_newest_own_score_before_the_period_ends_is_the_one_told(town):
    for day, score in ((date(2023, 5, 1), 2), (date(2024, 5, 1), 4), (date(2025, 1, 3), 5)):
        town.put("success_factors", {"unit_hsa_id": "SE-A", "scored_date": day,
                                     "success_factor": "f1", "success_score": score})  # fmt: skip
    town.build(periods=PERIODS)
    assert town.values("mart.unit_success_factor", "success_score", "period_code") == {YEAR: 4}


def test_without_any_scores_there_are_none(town):
    lives(town, 1, "1280C1010")
    town.build(periods=PERIODS)
    assert town.ask("select * from mart.unit_success_factor") == []
