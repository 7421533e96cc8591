"""Eight indicators as they are declared, each numerator and denominator counted by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.explain import inside, numerator

from .conftest import PERIODS, YEAR, contact, diagnosis

DAY = date(2024, 5, 1)


def counted(warehouse, indicator):
    """Return (numerator, denominator) of the whole, as the declaration asks for them."""
    one = load_catalogue()[indicator]
    [found] = warehouse.ask(
        f"select sum({numerator(one)}) as above, sum({one.denominator.sum or 1}) as below "
        f"from mart.{one.fact} where period_code = '{YEAR}' and {' and '.join(inside(one))}"
    )
    return found["above"] or 0, found["below"] or 0


def put_contacts(region, *cases):
    """Put a contact of each case (what it has beside the usual), named by its place."""
    rows = [contact(str(place), 1, DAY) | case for place, case in enumerate(cases)]
    region.put("contact", *rows)
    region.build(periods=PERIODS)


def new(profession, day, **more):
    """Return what makes a first contact with a profession, sought 1 May, assessed some day."""
    return {"profession": profession, "visit_type": "new", "first_contact_date": DAY,
            "assessment_date": day, **more}  # fmt: skip


def test_vt04_is_vt01_for_psychosocial_professions_and_therapists(region):
    on_time, late = date(2024, 5, 4), date(2024, 5, 5)
    put_contacts(
        region,
        new("psychologist", on_time),
        new("counsellor", late),
        new("physiotherapist", on_time),
        new("occupational_therapist", None),  # still waiting: not assessed
        new("physician", on_time),
        new("nurse", on_time),
        new("other", on_time),
        new("psychologist", on_time, guarantee_covered=False),
        new("psychologist", late, patient_chosen_wait=True),
        new("psychologist", None, cancelled=True),
        new("psychologist", on_time, visit_type="return"),
    )
    assert counted(region, "VT04") == (2, 4)


def test_tg04_is_pictures_and_text_among_contacts_that_took_place(region):
    put_contacts(
        region,
        {"contact_form": "remote_video"},
        {"contact_form": "remote_text"},
        {"contact_form": "remote_phone"},
        {"contact_form": "letter"},
        {"contact_form": "visit"},
        {"contact_form": "home_visit"},
        {"contact_form": "remote_video", "missed": True},
        {"contact_form": "remote_text", "cancelled": True},
        {"contact_form": None},
    )
    assert counted(region, "TG04") == (2, 6)


def test_vt06_is_return_visits_made_by_the_date_that_care_set(region):
    put_contacts(
        region,
        {"target_date": DAY},
        {"target_date": date(2024, 6, 1)},
        {"target_date": date(2024, 4, 30)},  # a day late
        {"target_date": date(2024, 6, 1), "missed": True},  # the date passed without a visit
        {"target_date": date(2025, 1, 15), "missed": True},  # the date is today: not decided
        {"target_date": DAY, "cancelled": True},
        {"target_date": DAY, "visit_type": "new"},
        {"target_date": None},
    )
    assert counted(region, "VT06") == (2, 4)


def test_vt06_knows_no_visit_of_a_day_to_come(region):
    region.put(
        "contact",
        contact("date passed", 1, date(2025, 2, 1), target_date=date(2025, 1, 14)),
        contact("in time", 1, date(2025, 2, 1), target_date=date(2025, 2, 1)),
    )
    region.build(periods={"kind": "whole_delivery"})
    found = region.values("mart.fct_contact", "is_seen_by_target_date", by="contact_id")
    assert found == {"start": None, "date passed": False, "in time": None}


def test_br09_is_pressure_in_type_2_diabetes_with_a_value_within_15_months(warehouse):
    cases = [
        ("E119", 140, 85, DAY),
        ("E119", 141, 85, DAY),
        ("E119", 140, 86, DAY),
        ("E119", 120, 70, date(2023, 10, 1)),
        ("E119", 120, 70, date(2023, 9, 30)),  # sixteen months ago: not measured
        ("E109", 120, 70, DAY),  # type 1
        ("I109", 120, 70, DAY),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (code, systolic, diastolic, day) in enumerate(cases, start=1):
        warehouse.put("diagnosis", diagnosis(key, code, DAY))
        for kind, value in (("systolic_bp", systolic), ("diastolic_bp", diastolic)):
            warehouse.put("measurement", {"person_key": key, "measurement_date": day,
                                          "measurement_type": kind,
                                          "measurement_value": value})  # fmt: skip
    warehouse.build(periods=PERIODS)
    assert counted(warehouse, "BR09") == (2, 4)


def put_drug(warehouse, key, code, day=DAY, **more):
    warehouse.put("dispensing", {"person_key": key, "dispensed_date": day, "atc_code": code,
                                 "benefit_cost_sek": 100, "copay_sek": 25} | more)  # fmt: skip


def test_ko05_is_what_region_and_person_paid_in_the_period_over_person_years(warehouse):
    warehouse.people(1960, 1960)
    put_drug(warehouse, 1, "A10BA02")
    put_drug(warehouse, 1, "A10BA02", date(2024, 12, 31), copay_sek=None)
    put_drug(warehouse, 1, "A10BA02", date(2023, 12, 31))
    put_drug(warehouse, 1, "A10BA02", date(2025, 1, 1))
    warehouse.build(periods=PERIODS)
    assert counted(warehouse, "KO05") == (Decimal("225.00"), Decimal("2.000000"))


@pytest.mark.parametrize(
    ("indicator", "dimension", "counts"),
    [("UP02", "emotional_support", (1, 3)), ("UP05", "continuity", (2, 3))],
)
def test_answers_are_counted_in_their_dimension_of_the_survey(region, indicator, dimension, counts):
    for place, good in enumerate([True] * counts[0] + [False] * (counts[1] - counts[0])):
        for asked, said in ((dimension, good), ("overall", True)):
            region.put("survey", {"response_id": str(place), "unit_hsa_id": "SE-A",
                                  "response_date": DAY, "survey_dimension": asked,
                                  "is_positive": said})  # fmt: skip
    region.build(periods=PERIODS)
    assert counted(region, indicator) == counts


def points(warehouse, cases):
    """Return the points of one person a case: (sex, birth year, codes)."""
    for key, (sex, born, codes) in enumerate(cases, start=1):
        warehouse.put("person", {"person_key": key, "year": 2020, "sex": sex, "birth_year": born})
        warehouse.put("listing", {"person_key": key, "unit_hsa_id": "SE-A",
                                  "from_date": date(2019, 1, 1)})  # fmt: skip
        warehouse.put("diagnosis", *[diagnosis(key, code, DAY) for code in codes])
    warehouse.build(periods=PERIODS)
    found = warehouse.values("mart.fct_person", "stroke_risk_points", by="person_key",
                             where=f"period_code = '{YEAR}'")  # fmt: skip
    return [found[key] for key in range(1, len(cases) + 1)]


def test_points_of_stroke_risk_are_those_of_cha2ds2_vasc(warehouse):
    cases = [
        (("male", 1970, ["I48.9"]), 0),
        (("female", 1970, ["I48.9"]), 1),
        (("male", 1959, ["I48.9"]), 0),  # 64 when the period begins
        (("male", 1958, ["I48.9"]), 1),
        (("male", 1948, ["I48.9"]), 2),
        (("female", 1940, ["I48.9", "I50.9", "I10.9", "E11.9", "I63.9", "I70.2"]), 9),
        (("male", 1970, ["I48.0", "G45.9"]), 2),
        (("male", 1970, ["I48.0", "G45.4"]), 0),  # transient global amnesia is no stroke
        (("male", 1970, ["I48.0", "I11.0"]), 2),  # hypertension and heart failure in one code
        (("male", 1970, ["I48.0", "I25.2"]), 1),  # an old infarction
        (("male", 1970, ["I48.0", "I25.1"]), 0),
        (("male", 1970, ["I48.0", "E10.9", "E11.9"]), 1),
        (("female", 1940, ["I50.9", "I63.9"]), None),  # no atrial fibrillation
    ]
    assert points(warehouse, [case for case, _ in cases]) == [told for _, told in cases]


def test_stroke_risk_is_told_of_five_years_and_of_hospital_too(warehouse):
    warehouse.people(1940, 1940, 1940)
    for key, day in ((1, date(2020, 1, 1)), (2, date(2019, 12, 31)), (3, DAY)):
        warehouse.put("diagnosis", diagnosis(key, "I489", day))
    warehouse.put("inpatient", {"episode_id": "a", "person_key": 3, "in_date": DAY,
                                "main_diagnosis": "I63.9"})  # fmt: skip
    warehouse.build(periods=PERIODS)
    assert warehouse.values("mart.fct_person", "stroke_risk_points", by="person_key") == {
        1: 3, 2: None, 3: 5,
    }  # fmt: skip


def test_br12_is_an_anticoagulant_within_a_year_among_those_with_two_points(warehouse):
    drugs = ["B01AA03", "B01AE07", "B01AF01", "B01AC06", "B01AB05"]
    warehouse.people(*[1945] * (len(drugs) + 3))
    for key in range(1, len(drugs) + 3):
        warehouse.put("diagnosis", diagnosis(key, "I489", DAY))
    for key, code in enumerate(drugs, start=1):
        put_drug(warehouse, key, code)
    put_drug(warehouse, len(drugs) + 1, "B01AF02", date(2023, 12, 31))
    put_drug(warehouse, len(drugs) + 3, "B01AF02")  # without atrial fibrillation
    warehouse.build(periods=PERIODS)
    assert counted(warehouse, "BR12") == (3, 7)
