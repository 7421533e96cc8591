"""What reach and care chains ask of listed persons."""

from __future__ import annotations

from datetime import date

import pytest

from .conftest import diagnosis, facts


def test_who_needs_care_and_never_came_is_in_the_denominator(warehouse):
    warehouse.people(1960, 1960)
    warehouse.put("contact", {"contact_id": "c", "person_key": 2, "unit_hsa_id": "SE-A",
                              "contact_date": date(2019, 1, 7)})  # fmt: skip
    warehouse.put("contact", {"contact_id": "d", "person_key": 2, "unit_hsa_id": "SE-A",
                              "contact_date": date(2024, 5, 7)})  # fmt: skip
    for key in (1, 2):
        warehouse.put("diagnosis", diagnosis(key, "E11.9", date(2023, 5, 1)))
    found = facts(warehouse, "is_listed", "has_need", "no_contact_18_months")
    assert found == [(True, True, True), (True, True, False)]


def test_the_expected_share_is_that_of_the_same_sex_and_age(warehouse):
    warehouse.people(1960, 1960, 1960, 1960, 1990)
    warehouse.put("diagnosis", diagnosis(1, "E11.9", date(2023, 5, 1)))
    found = facts(warehouse, "n_with_chronic", "expected_chronic::double")
    assert found == [(1, 0.25), (0, 0.25), (0, 0.25), (0, 0.25), (0, 0.0)]


def test_what_is_expected_adds_up_to_what_is_diagnosed(warehouse):
    warehouse.people(*[1950] * 3, *[1980] * 4)
    for key in (1, 2, 5):
        warehouse.put("diagnosis", diagnosis(key, "I10.9", date(2023, 5, 1)))
    found = facts(warehouse, "n_with_chronic", "expected_chronic::double")
    assert sum(one for one, _ in found) == 3
    assert sum(two for _, two in found) == pytest.approx(3, abs=1e-5)


def test_without_diagnoses_nothing_is_expected_and_nothing_worsened(warehouse):
    warehouse.people(1960)
    assert facts(warehouse, "n_with_chronic", "expected_chronic", "has_copd_exacerbation") == [
        (None, None, None)
    ]


@pytest.mark.parametrize(
    ("code", "day", "level", "worsened"),
    [
        ("J44.1", date(2024, 5, 1), "PV", True),
        ("J440", date(2024, 5, 1), "OV", True),
        ("J449", date(2024, 5, 1), "PV", False),
        ("J441", date(2024, 5, 1), "SV", False),  # an admission is the next step
        ("J441", date(2023, 12, 31), "PV", False),
    ],
)
def test_worsened_copd_is_diagnosed_outside_hospital_in_the_period(
    warehouse, code, day, level, worsened
):
    warehouse.people(1960)
    warehouse.put("diagnosis", {**diagnosis(1, code, day), "care_level": level})
    assert facts(warehouse, "has_copd_exacerbation") == [worsened]
