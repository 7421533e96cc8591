"""Facts about persons, each expected value written out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .conftest import PERIODS, YEAR, facts, person


def test_a_listed_person_has_the_groups_of_31_december_before_the_period(region):
    region.put(
        "person",
        {
            "person_key": 1,
            "year": 2023,
            "sex": "female",
            "birth_year": 1960,
            "area_code": "1280C1010",
            "country_of_birth": "other_europe",
        },
    )
    region.put(
        "person",
        {
            "person_key": 1,
            "year": 2024,
            "sex": "female",
            "birth_year": 1960,
            "area_code": "1280C1010",
            "country_of_birth": "sweden",
        },
    )
    region.put(
        "individual_ses",
        {
            "person_key": 1,
            "year": 2023,
            "education": "pre_secondary",
            "income_quintile": "q2",
            "economic_standard": "low",
            "labour_status": "sick",
            "sickness_compensation": True,
        },
    )
    region.build(periods=PERIODS)
    assert person(
        region, "sex", "age", "age_band", "age_group", "education", "income_quintile",
        "economic_standard", "employment", "country_of_birth", "disability_proxy",
        "provider_type", "financing_type", "unit_size", "cluster_key", "is_listed",
    ) == {
        "sex": "female", "age": 63, "age_band": "45-64", "age_group": "60-64",
        "education": "pre_secondary", "income_quintile": "q2", "economic_standard": "low",
        "employment": "not_employed", "country_of_birth": "other_europe",
        "disability_proxy": "disability", "provider_type": "region",
        "financing_type": "choice_system", "unit_size": "medium", "cluster_key": "SE-A",
        "is_listed": True,
    }  # fmt: skip


def test_outside_a_dimensions_ages_a_person_is_not_missing_but_outside(warehouse):
    warehouse.people(2020, 2004, 2003, 1998, 1959, 1958, 1938)
    warehouse.put(
        "individual_ses",
        {
            "person_key": 99,
            "year": 2023,
            "income_quintile": "q3",
            "education": "upper_secondary",
            "labour_status": "employed",
        },
    )
    columns = ("age_band", "age_group", "education", "income_quintile", "employment")
    assert facts(warehouse, *columns) == [
        ("0-17", "00-04", None, None, None),
        ("18-44", "15-19", None, None, None),
        ("18-44", "20-24", None, "missing", "missing"),
        ("18-44", "25-29", "missing", "missing", "missing"),
        ("45-64", "60-64", "missing", "missing", "missing"),
        ("65-79", "65-69", "missing", "missing", None),
        ("80+", "85+", "missing", "missing", None),
    ]


def test_a_gap_in_the_listing_over_the_first_day_leaves_the_person_out(region):
    region.put("person", {"person_key": 2, "year": 2022, "sex": "male", "birth_year": 1980})
    region.put(
        "listing",
        {"person_key": 2, "unit_hsa_id": "SE-A", "from_date": date(2022, 1, 1),
         "to_date": date(2023, 12, 31)},
        {"person_key": 2, "unit_hsa_id": "SE-A", "from_date": date(2024, 1, 2)},
    )  # fmt: skip
    region.build(periods={"count": 2, "quarters": 1})
    listed = region.ask("select period_code from mart.fct_person where person_key = 2 order by 1")
    assert [row["period_code"] for row in listed] == ["q-2024-4", "r12-2023-12"]


def test_a_listing_that_ends_on_the_first_day_does_not_cover_it(region):
    region.put("person", {"person_key": 2, "year": 2022, "sex": "male", "birth_year": 1980})
    region.put("listing", {"person_key": 2, "unit_hsa_id": "SE-A", "from_date": date(2022, 1, 1),
                           "to_date": date(2024, 1, 1)})  # fmt: skip
    region.build(periods=PERIODS)
    assert region.values("mart.fct_person", "1", by="person_key") == {1: 1}


def test_of_overlapping_listings_the_one_begun_last_holds(region):
    region.put("listing", {"person_key": 1, "unit_hsa_id": "SE-B", "from_date": date(2023, 5, 1),
                           "named_physician": False})  # fmt: skip
    region.build(periods=PERIODS)
    assert person(region, "cluster_key", "has_named_physician") == {
        "cluster_key": "SE-B", "has_named_physician": False,
    }  # fmt: skip


def test_a_named_physician_is_taken_from_the_listing(region):
    region.build(periods=PERIODS)
    assert person(region, "has_named_physician") == {"has_named_physician": True}


def test_person_years_end_with_death(warehouse):
    warehouse.people(1960, 1960, 1960, 1960, 1960)
    deaths = (date(2024, 7, 1), date(2024, 11, 16), date(2024, 1, 1), date(2023, 12, 31))
    for key, death in enumerate(deaths, start=2):
        warehouse.put("person", {"person_key": key, "year": 2021, "sex": "male",
                                 "birth_year": 1960, "death_date": death})  # fmt: skip
    warehouse.build(periods={"count": 1, "quarters": 1})
    by_key = ("mart.fct_person", "person_years", "person_key")
    assert warehouse.values(*by_key, where=f"period_code = '{YEAR}'") == {
        1: Decimal("1.000000"),
        2: Decimal("0.497268"),  # 182 of 366 days
        3: Decimal("0.874317"),  # 320 of 366
        4: Decimal("0.000000"),  # died on the first day; the fifth died the day before
    }
    assert warehouse.values(*by_key, where="period_code = 'q-2024-4'") == {
        1: Decimal("0.250000"),
        3: Decimal("0.125000"),  # 46 of 92 days
    }


def test_of_rows_with_one_key_the_row_loaded_last_counts(region):
    region.put("individual_ses", {"person_key": 1, "year": 2022, "education": "pre_secondary"})
    region.put("individual_ses", {"person_key": 1, "year": 2022, "education": "post_secondary"},
               load_id=2)  # fmt: skip
    region.build(periods=PERIODS)
    assert person(region, "education") == {"education": "post_secondary"}
