"""What the later indicators count: each window, code and missing delivery, with values by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from equity_pipeline.statistics.continuity import continuity_index

from .conftest import PERIODS, YEAR, ask_of_each, contact, diagnosis, facts, person

DAY = date(2024, 5, 1)


def drug(key, code, day=DAY):
    return {"person_key": key, "dispensed_date": day, "atc_code": code, "benefit_cost_sek": 100,
            "copay_sek": 25}  # fmt: skip


def habit(key, kind, value, day=DAY):
    return {"person_key": key, "measurement_date": day, "measurement_type": kind,
            "measurement_value": value}  # fmt: skip


def procedure(key, code, day=DAY):
    return {"contact_id": f"{key}-{code}-{day}", "person_key": key, "kva_code": code,
            "procedure_date": day}  # fmt: skip


def test_a_contact_within_twelve_months_is_asked_only_where_contacts_reach_back(warehouse):
    warehouse.put("contact", contact("first", 99, date(2024, 1, 1)))
    found, expected = ask_of_each(
        warehouse,
        [(date(2024, 1, 1), True), (date(2023, 12, 31), False), (date(2025, 1, 1), False)],
        "contact",
        lambda key, day: contact(str(key), key, day),
        "has_contact_12_months",
    )
    assert found == expected


def test_contacts_that_begin_within_the_year_say_nothing_of_those_without(region):
    region.connection.execute("delete from raw.contact")
    region.put("contact", contact("c", 1, date(2024, 2, 1)))
    region.build(periods=PERIODS)
    assert person(region, "has_contact_12_months") == {"has_contact_12_months": None}


def test_emergency_visits_are_those_of_the_period(warehouse):
    warehouse.people(1960, 1960)
    days = [date(2023, 12, 31), date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 1)]
    warehouse.put(
        "emergency_visit",
        *[{"visit_id": str(day), "person_key": 1, "arrival_date": day} for day in days],
    )
    assert facts(warehouse, "n_emergency_visits") == [2, 0]


def test_continuity_is_that_of_the_statistics_for_three_or_more_visits(warehouse):
    seen = [(3, 1), (2, 2), (1, 1, 1, 1), (4,), (1, 1), (2,)]
    warehouse.people(*[1960] * len(seen))
    warehouse.put("contact", contact("first", 99, date(2023, 7, 1)))
    for key, visits in enumerate(seen, start=1):
        for doctor, n in enumerate(visits):
            for time in range(n):
                warehouse.put("contact", contact(f"{key}-{doctor}-{time}", key, DAY,
                                                 physician_key=f"D{doctor}"))  # fmt: skip
    found = facts(warehouse, "continuity_index")
    counts = [list(visits) + [0] * (4 - len(visits)) for visits in seen[:4]]
    assert [float(one) for one in found[:4]] == pytest.approx(continuity_index(counts), abs=1e-6)
    assert found == [Decimal("0.500000"), Decimal("0.333333"), 0, 1, None, None]


def test_only_visits_to_known_physicians_in_eighteen_months_count_for_continuity(warehouse):
    warehouse.people(1960, 1960)
    warehouse.put("contact", contact("first", 99, date(2023, 7, 1)))
    kept = {"physician_key": "A"}
    warehouse.put(
        "contact",
        contact("a", 1, date(2023, 7, 1), **kept),
        contact("b", 1, date(2024, 3, 1), **kept),
        contact("c", 1, DAY, physician_key="B"),
        contact("d", 1, date(2023, 6, 30), **kept),  # too long ago
        contact("e", 1, DAY),  # no physician told
        contact("f", 1, DAY, physician_key="C", missed=True),
        contact("g", 1, DAY, physician_key="C", profession="nurse"),
        contact("h", 1, DAY, physician_key="C", contact_form="letter"),
    )
    assert facts(warehouse, "continuity_index") == [Decimal("0.333333"), None]


def test_a_return_visit_for_copd_has_the_diagnosis_at_the_visit(warehouse):
    warehouse.put("contact", contact("first", 99, date(2023, 7, 1)))
    cases = [
        ("J449", date(2023, 7, 1), {}, True),
        ("J441", date(2023, 6, 30), {}, False),
        ("J459", DAY, {}, False),
        ("J449", DAY, {"visit_type": "new"}, False),
        ("J449", DAY, {"missed": True}, False),
        ("J449", DAY, {"contact_form": "remote_phone"}, False),
    ]
    for key, (code, day, _, _) in enumerate(cases, start=1):
        warehouse.put("diagnosis", {**diagnosis(key, code, day), "contact_id": str(key)})
    found, expected = ask_of_each(
        warehouse, cases, "contact",
        lambda key, _, day, more: contact(str(key), key, day, **more), "has_copd_revisit",
    )  # fmt: skip
    assert found == expected


def test_drugs_are_counted_once_a_substance_in_the_year(warehouse):
    warehouse.people(1940, 1940)
    codes = ["A02BC01", "A02BC01", "R03BB04", "R03AK06", "R03AC02", "C10AA05", "N02BE"]
    warehouse.put("dispensing", *[drug(1, code, date(2024, 1, 1 + n)) for n, code in
                                  enumerate(codes)])  # fmt: skip
    warehouse.put("dispensing", drug(1, "N05CF01", date(2023, 12, 31)))
    found = facts(warehouse, "n_drugs", "n_maintenance_drugs", "has_statin", "drug_cost_sek")
    assert found == [(5, 2, True, Decimal("875.00")), (0, 0, False, Decimal("0.00"))]


def test_admissions_for_copd_and_the_cost_of_all_inpatient_care(warehouse):
    warehouse.people(1960, 1960)
    for number, (code, day) in enumerate(
        [("J441", DAY), ("J440", date(2023, 12, 31)), ("S720", DAY)]
    ):
        warehouse.put("inpatient", {"episode_id": str(number), "person_key": 1, "in_date": day,
                                    "main_diagnosis": code, "kpp_sek": 1000})  # fmt: skip
    warehouse.put("cost", {"person_key": 1, "cost_month": DAY, "cost_type": "visit",
                           "cost_sek": 250})  # fmt: skip
    found = facts(warehouse, "n_copd_admissions", "care_cost_sek")
    assert found == [(1, Decimal("2250.00")), (0, Decimal("0.00"))]


def test_a_new_depression_has_none_in_the_year_before_and_six_months_that_ended(warehouse):
    warehouse.put("diagnosis", diagnosis(99, "S52", date(2022, 7, 1)))
    cases = [
        ([date(2023, 7, 1)], True),  # six months ended on the first day of the period
        ([date(2023, 6, 30)], False),
        ([date(2024, 6, 30)], True),
        ([date(2024, 7, 1)], False),  # the six months have not ended
        ([date(2022, 12, 1), date(2023, 11, 1)], False),  # eleven months after the last
        ([date(2022, 9, 1), date(2023, 11, 1)], True),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (days, _) in enumerate(cases, start=1):
        warehouse.put("diagnosis", *[diagnosis(key, "F32.1", day) for day in days])
    assert facts(warehouse, "has_new_depression") == [expected for _, expected in cases]


def test_psychological_treatment_counts_within_six_months_of_the_depression(warehouse):
    warehouse.put("diagnosis", diagnosis(99, "S52", date(2022, 7, 1)))
    cases = [
        ("DU011", date(2024, 2, 1), True),
        ("DU011", date(2024, 7, 31), True),
        ("DU011", date(2024, 8, 1), False),
        ("DU011", date(2024, 1, 31), False),
        ("DV112", date(2024, 2, 1), False),
    ]
    for key in range(1, len(cases) + 1):
        warehouse.put("diagnosis", diagnosis(key, "F331", date(2024, 2, 1)))
    found, expected = ask_of_each(
        warehouse, cases, "procedure",
        procedure, "has_psychological_treatment",
    )  # fmt: skip
    assert found == expected


def test_a_first_diagnosis_is_followed_back_two_years_and_to_where_it_was_made(warehouse):
    warehouse.put("diagnosis", diagnosis(99, "S52", date(2022, 1, 1)))
    cases = [
        ([("J449", date(2024, 1, 1), "PV")], (True, False)),
        ([("E119", DAY, "SV")], (True, True)),
        ([("J449", date(2022, 6, 1), "PV"), ("J449", DAY, "SV")], (False, None)),
        ([("J449", date(2022, 4, 30), "PV"), ("J449", DAY, "SV")], (True, True)),
        ([("J449", date(2023, 12, 31), "PV")], (False, None)),
        ([("E109", DAY, "SV")], (False, None)),  # another diabetes
        ([("J449", DAY, "PV"), ("J449", date(2024, 6, 1), "SV")], (True, False)),
    ]
    warehouse.people(*[1960] * (len(cases) + 1))
    for key, (rows, _) in enumerate(cases, start=1):
        for code, day, level in rows:
            warehouse.put("diagnosis", {**diagnosis(key, code, day), "care_level": level})
    warehouse.put("inpatient", {"episode_id": "x", "person_key": len(cases) + 1, "in_date": DAY,
                                "main_diagnosis": "J441"})  # fmt: skip
    found = facts(warehouse, "has_new_copd_or_diabetes", "is_first_diagnosed_in_hospital")
    assert found == [expected for _, expected in cases] + [(True, True)]


@pytest.mark.parametrize(
    ("first", "told"),
    [
        (date(2022, 1, 31), (True, True)),
        (date(2022, 2, 1), (None, True)),  # not two years before the period
        (date(2022, 7, 31), (None, True)),
        (date(2022, 8, 1), (None, None)),  # not a year before the first six months
    ],
)
def test_nobody_is_said_to_be_new_where_diagnoses_do_not_reach_back(region, first, told):
    region.put("diagnosis", diagnosis(99, "S52", first))
    region.put("diagnosis", diagnosis(1, "J44", DAY), diagnosis(1, "F32", date(2024, 2, 1)))
    region.build(periods=PERIODS)
    found = person(region, "has_new_copd_or_diabetes", "has_new_depression")
    assert tuple(found.values()) == told


def test_the_latest_answer_on_each_habit_decides(warehouse):
    cases = [
        ([("smoking", 1, date(2022, 1, 1))], (True, None)),  # known, but not of the two last years
        ([("smoking", 1, date(2021, 12, 31))], (None, None)),
        ([("smoking", 1, date(2023, 1, 1)), ("smoking", 0, DAY)], (False, False)),
        ([("smoking", 0, DAY), ("unhealthy_diet", 1, DAY)], (False, True)),
        ([("hazardous_alcohol", 1, date(2023, 1, 1))], (None, True)),
        ([("insufficient_activity", 1, date(2022, 12, 31))], (None, None)),
        ([("bmi", 1, DAY)], (None, None)),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (rows, _) in enumerate(cases, start=1):
        warehouse.put("measurement", *[habit(key, *row) for row in rows])
    found = facts(warehouse, "is_smoker", "has_unhealthy_habit")
    assert found == [expected for _, expected in cases]


def test_advice_on_habits_is_counted_in_the_year(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [
            ("DV112", date(2024, 1, 1), (True, True)),
            ("DV143", DAY, (True, False)),
            ("DV112", date(2023, 12, 31), (False, False)),
            ("DV200", DAY, (False, False)),
        ],
        "procedure",
        procedure,
        "has_lifestyle_measure",
        "has_tobacco_measure",
    )
    assert found == expected


def test_smokers_of_the_lung_register_are_asked_for_support(warehouse):
    cases = [
        ([("smoking", 1, DAY), ("smoking_support", 1, DAY)], (True, True)),
        ([("smoking", 1, DAY)], (True, False)),
        ([("smoking", 1, date(2023, 5, 1)), ("smoking", 0, DAY)], (False, False)),
        ([("smoking", 1, date(2022, 12, 31))], (None, None)),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (rows, _) in enumerate(cases, start=1):
        for variable, value, day in rows:
            warehouse.put("quality_register_value", {
                "person_key": key, "register_code": "LVR", "registered_date": day,
                "register_variable": variable, "register_value": value,
            })  # fmt: skip
    found = facts(warehouse, "is_register_smoker", "is_offered_smoking_support")
    assert found == [expected for _, expected in cases]


def test_an_invitation_is_counted_when_its_year_has_ended(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [
            (date(2023, 1, 1), date(2023, 12, 31), (True, True)),
            (date(2023, 1, 1), date(2024, 1, 1), (True, False)),  # a year and a day
            (date(2023, 12, 31), None, (True, False)),
            (date(2024, 1, 1), date(2024, 2, 1), (False, None)),  # too fresh
            (date(2022, 12, 31), date(2023, 1, 1), (False, None)),
        ],
        "screening",
        lambda key, invited, sampled: {"screening_type": "cervical", "invited_date": invited,
                                       "sampled_date": sampled},
        "is_invited_cervical",
        "is_sampled_cervical",
    )  # fmt: skip
    assert found == expected


def test_expected_copd_is_read_from_the_table_by_age_sex_and_smoking(warehouse):
    born = [1984, 1983, 1953, 1953, 1953, 1930, 1953]  # 39, 40, 93 and four of 70 years
    warehouse.people(*born)
    warehouse.put(
        "measurement",
        habit(2, "smoking", 0),
        habit(3, "smoking", 1),
        habit(4, "smoking", 0),
        habit(6, "smoking", 1),
        habit(7, "smoking", 0),
    )
    assert facts(warehouse, "expected_copd") == [
        None,
        Decimal("0.017000"),
        Decimal("0.289000"),
        Decimal("0.093500"),
        Decimal("0.158667"),  # unknown: a third of the others of her age smoke
        Decimal("0.306000"),
        Decimal("0.093500"),
    ]


def test_men_are_expected_to_have_copd_more_often(warehouse):
    warehouse.people(1953, sex="male")
    warehouse.put("measurement", habit(1, "smoking", 1))
    assert facts(warehouse, "expected_copd") == [Decimal("0.391000")]


def test_without_answers_on_smoking_no_copd_is_expected(region):
    region.put("diagnosis", diagnosis(1, "J44", DAY))
    region.build(periods=PERIODS)
    assert person(region, "has_copd", "expected_copd") == {"has_copd": True, "expected_copd": None}


def cost(key, sek):
    return {"person_key": key, "cost_month": DAY, "cost_type": "visit", "cost_sek": sek}


def test_the_expected_cost_is_the_mean_of_the_like_and_adds_up_to_the_actual(warehouse):
    # 50 of one age and 10 of another, all women without a known condition
    warehouse.people(*[1960] * 50, *[1990] * 10)
    warehouse.put("diagnosis", diagnosis(99, "S52", DAY))
    warehouse.put("cost", *[cost(key, 100) for key in range(1, 51)])
    warehouse.put("cost", *[cost(key, 40) for key in range(51, 56)])
    found = facts(warehouse, "expected_cost_sek")
    assert found == pytest.approx([100.0] * 50 + [20.0] * 10)
    [row] = warehouse.ask(
        "select sum(primary_care_cost_sek) / sum(expected_cost_sek) as ratio "
        f"from mart.fct_person where period_code = '{YEAR}'"
    )
    assert row["ratio"] == pytest.approx(1, abs=1e-12)


def test_cells_with_few_persons_share_one_expected_cost(warehouse):
    # 30 and 30 of two five-year groups within one wide age: neither is enough, both together are
    warehouse.people(*[1960] * 30, *[1965] * 30)
    warehouse.put("diagnosis", diagnosis(99, "S52", DAY))
    warehouse.put("cost", *[cost(key, 100) for key in range(1, 31)])
    assert facts(warehouse, "expected_cost_sek") == pytest.approx([50.0] * 60)


def test_whoever_is_listed_for_half_the_period_is_expected_to_cost_half(warehouse):
    warehouse.people(*[1960] * 60, death_date=None)
    warehouse.put("cost", *[cost(key, 100) for key in range(1, 61)])
    warehouse.put("person", {"person_key": 60, "year": 2024, "sex": "female", "birth_year": 1960,
                             "death_date": date(2024, 7, 1)})  # fmt: skip
    found = facts(warehouse, "expected_cost_sek")
    assert found[59] / found[0] == pytest.approx(182 / 366, abs=1e-5)
    assert sum(found) == pytest.approx(6000, abs=1e-6)


def test_the_latest_pressure_of_diabetes_has_its_own_limit(warehouse):
    cases = [((140, 85), True), ((141, 85), False), ((140, 86), False)]
    warehouse.people(*[1960] * len(cases))
    for key, ((systolic, diastolic), _) in enumerate(cases, start=1):
        warehouse.put("measurement", habit(key, "systolic_bp", systolic),
                      habit(key, "diastolic_bp", diastolic))  # fmt: skip
    assert facts(warehouse, "bp_at_most_140_85") == [expected for _, expected in cases]


def test_pressure_that_nobody_delivered_is_unknown_and_not_unmeasured(warehouse):
    warehouse.people(1960, 1961)
    warehouse.put("measurement", habit(1, "hba1c", 50), habit(1, "systolic_bp", 120))
    assert facts(warehouse, "bp_measured") == [None, None]  # one half of a pressure is none


def test_pressure_is_measured_where_both_parts_were_taken_on_a_day(warehouse):
    warehouse.people(1960, 1961)
    warehouse.put("measurement", habit(1, "systolic_bp", 120), habit(1, "diastolic_bp", 80))
    assert facts(warehouse, "bp_measured") == [True, False]
