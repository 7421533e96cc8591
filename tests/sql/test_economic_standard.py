"""At which ages economic standard holds: adults by the register of incomes, all by a household."""

from __future__ import annotations

from .conftest import PERIODS, facts

BORN = (2020, 2004, 2003, 1960)  # 3, 19, 20 and 63 years old on the last day of 2023


def test_a_households_marker_holds_for_its_children_too(warehouse):
    warehouse.people(*BORN, economic_standard="low")
    assert facts(warehouse, "economic_standard") == ["low"] * 4


def test_a_standard_from_the_register_of_incomes_holds_from_20(warehouse):
    warehouse.people(*BORN)
    for key in (1, 2, 3, 4):
        warehouse.put(
            "individual_ses", {"person_key": key, "year": 2023, "economic_standard": "not_low"}
        )
    assert facts(warehouse, "economic_standard") == [None, None, "not_low", "not_low"]


def test_a_child_whose_household_is_unknown_is_missing_and_not_outside(warehouse):
    warehouse.people(*BORN)
    warehouse.put("person", {"person_key": 4, "year": 2021, "sex": "female", "birth_year": 1960,
                             "economic_standard": "low"})  # fmt: skip
    assert facts(warehouse, "economic_standard") == ["missing", "missing", "missing", "low"]


def test_an_adults_own_register_row_goes_before_the_marker_of_the_household(warehouse):
    warehouse.people(*BORN, economic_standard="low")
    for key in (1, 4):
        warehouse.put(
            "individual_ses", {"person_key": key, "year": 2023, "economic_standard": "not_low"}
        )
    assert facts(warehouse, "economic_standard") == ["low", "low", "low", "not_low"]


def test_a_standard_that_nobody_delivered_is_no_dimension(warehouse):
    warehouse.people(*BORN)
    warehouse.build(periods=PERIODS)
    assert set(
        warehouse.values("mart.fct_person", "economic_standard", by="person_key").values()
    ) == {None}
