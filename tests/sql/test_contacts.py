"""Facts about contacts, answers and calls, each expected value written out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .conftest import contact

YEAR = "r12-2024-12"
PERIODS = {"count": 1, "quarters": 0}


def facts(warehouse, *columns, table="fct_contact", key="contact_id"):
    """Return facts by id, for the year, as tuples (or bare, if one)."""
    warehouse.build(periods=PERIODS)
    rows = warehouse.ask(
        f"select {key} as key, {', '.join(columns)} from mart.{table} where period_code = '{YEAR}'"
    )
    told = {row.pop("key"): tuple(row.values()) for row in rows}
    return told if len(columns) > 1 else {one: values[0] for one, values in told.items()}


def first(contact_id, sought, assessed, **more):
    return contact(
        contact_id, 1, assessed or sought, first_contact_date=sought, assessment_date=assessed,
        visit_type="new", **more,
    )  # fmt: skip


def test_a_wait_is_in_calendar_days_also_across_leap_day(region):
    region.put(
        "contact",
        first("leap", date(2024, 2, 28), date(2024, 3, 1)),
        first("same day", date(2024, 5, 1), date(2024, 5, 1)),
        first("three", date(2024, 5, 1), date(2024, 5, 4)),
        first("four", date(2024, 5, 1), date(2024, 5, 5)),
        first("over new year", date(2024, 12, 30), date(2025, 1, 2)),
    )
    assert facts(region, "wait_days", "is_assessed_within_3_days", "is_waiting") == {
        "leap": (2, True, False),
        "same day": (0, True, False),
        "three": (3, True, False),
        "four": (4, False, False),
        "over new year": (3, True, False),
    }


def test_whoever_still_waits_is_counted_once_the_three_days_are_over(region):
    region.put(
        "contact",
        first("long", date(2024, 12, 1), None),
        first("gave up", date(2024, 12, 1), None, cancelled=True),
        first("no wait", date(2024, 12, 1), date(2024, 12, 1)),
    )
    assert facts(region, "wait_days", "is_assessed_within_3_days", "is_waiting", "cancelled") == {
        "long": (None, False, True, False),
        "gave up": (None, False, False, True),
        "no wait": (0, True, False, False),
    }


def test_until_three_days_have_passed_nothing_is_decided(region):
    region.put(
        "contact",
        first("three days ago", date(2024, 12, 29), None),
        first("four days ago", date(2024, 12, 28), None),
    )
    region.build(as_of=date(2025, 1, 1), periods=PERIODS)
    assert region.values("mart.fct_contact", "is_assessed_within_3_days", by="contact_id") == {
        "three days ago": None,
        "four days ago": False,
    }


def test_a_contact_belongs_to_the_period_in_which_care_was_sought(region):
    region.put(
        "contact",
        first("sought before", date(2023, 12, 30), date(2024, 1, 2)),
        first("sought within", date(2024, 12, 30), date(2025, 1, 2)),
        contact("no first contact", 1, date(2024, 6, 1)),
        contact("next year", 1, date(2025, 1, 1)),
    )
    assert set(facts(region, "visit_type")) == {"sought within", "no first contact"}


def test_licensed_booked_missed_and_interpreter_are_told(region):
    region.put("person", {"person_key": 2, "year": 2023, "sex": "male", "birth_year": 1990,
                          "needs_interpreter": True})  # fmt: skip
    region.put(
        "contact",
        contact("counsellor", 2, date(2024, 2, 1), profession="counsellor", interpreter=True),
        contact("other", 1, date(2024, 2, 1), profession="other", missed=True),
        contact("letter", 1, date(2024, 2, 1), contact_form="letter", patient_chosen_wait=True),
        contact("cancelled", 1, date(2024, 2, 1), cancelled=True),
    )
    assert facts(
        region, "licensed", "is_booked", "missed", "interpreter", "needs_interpreter",
        "patient_chosen_wait",
    ) == {
        "counsellor": (True, True, False, True, True, False),
        "other": (False, True, True, False, False, False),
        "letter": (True, False, False, False, False, True),
        "cancelled": (True, False, False, False, False, False),
    }  # fmt: skip


def test_a_contact_has_the_persons_groups_and_the_units_structure(region):
    region.put("contact", contact("c", 1, date(2024, 2, 1)))
    assert facts(
        region, "person_key", "sex", "age_group", "country_of_birth", "provider_type",
        "financing_type", "cluster_key", "municipality_code", "education",
    ) == {
        "c": (1, "female", "60-64", "sweden", "region", "choice_system", "SE-A", "1280", None)
    }  # fmt: skip


def test_a_contact_of_an_unknown_person_is_kept_and_its_groups_are_missing(region):
    region.put("contact", contact("c", None, date(2024, 2, 1), unit_hsa_id=None))
    assert facts(
        region, "person_key", "sex", "age_band", "country_of_birth", "provider_type", "cluster_key"
    ) == {"c": (None, None, None, "missing", "missing", "none")}


def test_a_flat_extract_without_listing_or_units_still_has_groups_and_areas(warehouse):
    warehouse.put("person", {"person_key": 1, "year": 2016, "sex": "female", "birth_year": 1990,
                             "chronic_conditions": 1, "economic_standard": "low"})  # fmt: skip
    warehouse.put(
        "contact",
        {"contact_id": "c", "person_key": 1, "first_contact_date": date(2016, 4, 1),
         "contact_date": date(2016, 5, 2), "assessment_date": date(2016, 5, 2),
         "area_code": "HILL"},
    )  # fmt: skip
    for code, share in (("HILL", 0.4), ("BAY", 0.1)):
        warehouse.put(
            "area",
            {
                "area_code": code,
                "area_kind": "neighbourhood",
                "vintage": "2016",
                "year": 2016,
                "population": 50,
                "share_low_income": share,
            },
        )
    warehouse.build(periods={"kind": "whole_delivery"}, areas={"kind": "neighbourhood"})
    columns = ("wait_days", "sex", "age_group", "morbidity", "economic_standard", "education",
               "area_income_quintile", "area_education_quintile", "area_class", "provider_type",
               "unit_size", "cluster_key", "missed", "is_booked")  # fmt: skip
    assert warehouse.one("mart.fct_contact", columns, contact_id="c") == dict(
        zip(
            columns,
            (31, "female", "25-29", "one", "low", None, "q2", None, None, None, None, "HILL", None,
             True),
            strict=True,
        )
    )  # fmt: skip
    assert warehouse.ask("select * from mart.fct_person") == []


def test_answers_carry_what_the_form_asked_and_the_unit(region):
    answer = {"unit_hsa_id": "SE-A", "survey_dimension": "accessibility", "is_positive": True}
    region.put(
        "survey",
        {**answer, "response_id": "a", "response_date": date(2024, 3, 1), "sex": "female",
         "age_years": 44, "education": "pre_secondary", "response_weight": "1.25"},
        {**answer, "response_id": "b", "response_date": date(2024, 12, 31), "age_years": 24},
        {**answer, "response_id": "c", "response_date": date(2024, 12, 31)},
        {**answer, "response_id": "late", "response_date": date(2025, 1, 1)},
    )  # fmt: skip
    assert facts(
        region, "sex", "age_band", "age_group", "education", "country_of_birth", "income_quintile",
        "provider_type", "response_weight", "is_positive", "person_key",
        table="fct_survey", key="response_id",
    ) == {
        "a": ("female", "18-44", "40-44", "pre_secondary", None, None, "region",
              Decimal("1.2500"), True, None),
        "b": (None, "18-44", "20-24", None, None, None, "region", Decimal("1.0000"), True, None),
        "c": (None, None, None, "missing", None, None, "region", Decimal("1.0000"), True, None),
    }  # fmt: skip


def test_calls_are_summed_over_the_months_of_a_period(region):
    for month, calls in ((1, 100), (12, 50)):
        region.put("telephony", {"unit_hsa_id": "SE-A", "call_month": date(2024, month, 1),
                                 "calls_incoming": calls, "calls_answered_same_day": calls - 10,
                                 "calls_abandoned": 3})  # fmt: skip
    region.put("telephony", {"unit_hsa_id": "SE-A", "call_month": date(2023, 12, 1),
                             "calls_incoming": 9, "calls_answered_same_day": 9})  # fmt: skip
    assert facts(
        region, "calls_incoming", "calls_answered_same_day", "calls_abandoned", "provider_type",
        table="fct_telephony", key="unit_hsa_id",
    ) == {"SE-A": (150, 130, 6, "region")}  # fmt: skip


def test_thirds_of_units_by_listed_persons_never_part_units_of_equal_size(warehouse):
    warehouse.people(*[1960] * 7)
    for key, unit in enumerate("BBCCCC", start=1):
        warehouse.put("listing", {"person_key": key, "unit_hsa_id": f"SE-{unit}",
                                  "from_date": date(2020, 1, 1)})  # fmt: skip
    for unit in "ABC":
        warehouse.put("unit", {"unit_hsa_id": f"SE-{unit}", "from_date": date(2019, 1, 1)})
    warehouse.build(periods=PERIODS)
    sizes = ("intermediate.int_unit__by_period", "unit_size", "unit_hsa_id")
    assert warehouse.values(*sizes) == {"SE-A": "small", "SE-B": "medium", "SE-C": "large"}
    warehouse.put(
        "listing", {"person_key": 6, "unit_hsa_id": "SE-A", "from_date": date(2021, 1, 1)}
    )
    warehouse.put(
        "listing", {"person_key": 5, "unit_hsa_id": "SE-A", "from_date": date(2021, 1, 1)}
    )
    warehouse.put(
        "listing", {"person_key": 4, "unit_hsa_id": "SE-A", "from_date": date(2022, 1, 1)}
    )
    warehouse.build(periods=PERIODS)
    assert warehouse.values(*sizes) == {"SE-A": "large", "SE-B": "medium", "SE-C": "small"}


def test_a_units_owner_is_that_of_the_contacts_day_and_of_the_periods_start_for_the_listed(region):
    region.put("unit", {"unit_hsa_id": "SE-A", "from_date": date(2024, 1, 1),
                        "provider_type": "private_corporate"})  # fmt: skip
    region.put("unit", {"unit_hsa_id": "SE-A", "from_date": date(2024, 2, 2),
                        "provider_type": "non_profit"})  # fmt: skip
    region.put("contact", contact("day before", 1, date(2024, 2, 1)))
    region.put("contact", contact("first day", 1, date(2024, 2, 2)))
    assert facts(region, "provider_type") == {
        "day before": "private_corporate",
        "first day": "non_profit",
    }
    listed = region.values("mart.fct_person", "provider_type", by="person_key")
    assert listed == {1: "private_corporate"}
    assert region.values("mart.dim_unit", "provider_type", by="unit_hsa_id") == {
        "SE-A": "non_profit"
    }
