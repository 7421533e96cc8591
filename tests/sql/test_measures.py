"""What persons needed and got, each expected value written out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from .conftest import PERIODS, YEAR, ask_of_each, contact, diagnosis, facts, person


def test_need_is_a_chronic_diagnosis_within_36_months(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [("S52", date(2024, 5, 1), False), ("G30.1", date(2022, 1, 1), True),
         ("G30.1", date(2021, 12, 31), False)],
        "diagnosis", diagnosis, "has_need",
    )  # fmt: skip
    assert found == expected


def test_need_is_a_chronic_drug_within_36_months(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [
            ("A10BA02", date(2022, 1, 1), True),
            ("A10BA02", date(2021, 12, 31), False),
            ("C10AA05", date(2024, 12, 31), True),
            ("C10AA05", date(2025, 1, 1), False),
            ("B01AC06", date(2024, 5, 1), True),
            ("R03BB04", date(2024, 5, 1), True),
            ("C07AB02", date(2024, 5, 1), True),
            ("C09AA05", date(2024, 5, 1), True),
            ("C03CA01", date(2024, 5, 1), False),
            ("J01CE02", date(2024, 5, 1), False),
        ],
        "dispensing",
        lambda key, code, day: {"dispensed_date": day, "atc_code": code},
        "has_need",
    )
    assert found == expected


def test_need_is_any_admission_within_36_months(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [(date(2022, 1, 1), True), (date(2021, 12, 31), False)],
        "inpatient",
        lambda key, day: {"episode_id": str(key), "in_date": day, "main_diagnosis": "S72"},
        "has_need",
    )
    assert found == expected


def test_morbidity_counts_groups_of_conditions_not_diagnoses(warehouse):
    cases = [
        ([], "none"),
        (["S52"], "none"),
        (["J44.9"], "one"),
        (["J449", "J440"], "one"),
        (["E10", "E11"], "one"),  # one group: diabetes
        (["I10", "I48"], "two"),
        (["F32", "F33", "F41"], "two"),
        (["I20", "I25", "F01", "J45"], "three_or_more"),
        (["I26", "F04", "J43", "E12"], "none"),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (codes, _) in enumerate(cases, start=1):
        warehouse.put("diagnosis", *[diagnosis(key, code, date(2022, 6, 1)) for code in codes])
    assert facts(warehouse, "morbidity") == [expected for _, expected in cases]


def test_diagnoses_name_copd_type_2_diabetes_and_hypertension_for_36_months(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [
            ("J44.1", date(2022, 1, 1), (True, False, False)),
            ("J44.1", date(2021, 12, 31), (False, False, False)),
            ("E11.9", date(2024, 2, 1), (False, True, False)),
            ("E10.9", date(2024, 2, 1), (False, False, False)),
            ("i10.9", date(2024, 12, 31), (False, False, True)),
            ("I10.9", date(2025, 1, 1), (False, False, False)),
        ],
        "diagnosis",
        diagnosis,
        "has_copd",
        "has_diabetes",
        "has_hypertension",
    )
    assert found == expected


def test_delivered_chronic_conditions_go_before_diagnoses(region):
    region.put("person", {"person_key": 1, "year": 2023, "sex": "female", "birth_year": 1960,
                          "chronic_conditions": 2})  # fmt: skip
    region.put("diagnosis", diagnosis(1, "J44", date(2024, 2, 1)))
    assert facts(region, "morbidity") == ["two"]


def test_a_spirometry_counts_for_24_months(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [
            ("AG051", date(2023, 1, 1), True),
            ("AG051", date(2022, 12, 31), False),
            ("ag053", date(2024, 12, 31), True),
            ("AG051", date(2025, 1, 1), False),
            ("DV111", date(2024, 5, 1), False),
        ],
        "procedure",
        lambda key, code, day: {"contact_id": str(key), "kva_code": code, "procedure_date": day},
        "has_spirometry",
    )
    assert found == expected


def test_without_a_delivery_of_procedures_nobody_is_said_to_lack_a_spirometry(region):
    region.put("diagnosis", diagnosis(1, "J44", date(2024, 2, 1)))
    region.build(periods=PERIODS)
    assert person(region, "has_copd", "has_spirometry") == {
        "has_copd": True, "has_spirometry": None,
    }  # fmt: skip


def measured(kind, value, day, key=1):
    return {"person_key": key, "measurement_date": day, "measurement_type": kind,
            "measurement_value": value}  # fmt: skip


def test_the_latest_hba1c_of_15_months_decides(warehouse):
    cases = [
        ([], (False, None)),
        ([(80, date(2023, 9, 30))], (False, None)),  # 15 months and a day before the end
        ([(80, date(2023, 10, 1))], (True, True)),
        ([(70, date(2024, 3, 1))], (True, False)),
        ([(70.5, date(2024, 3, 1))], (True, True)),
        ([(90, date(2024, 3, 1)), (60, date(2024, 9, 1))], (True, False)),
        ([(60, date(2024, 3, 1)), (90, date(2024, 9, 1))], (True, True)),
        ([(60, date(2024, 3, 1)), (90, date(2025, 1, 1))], (True, False)),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (values, _) in enumerate(cases, start=1):
        warehouse.put("measurement", *[measured("hba1c", one, day, key) for one, day in values])
    found = facts(warehouse, "hba1c_measured", "hba1c_above_70")
    assert found == [expected for _, expected in cases]


def test_the_latest_whole_blood_pressure_decides(warehouse):
    cases = [
        ([(139, 89, date(2024, 3, 1))], True),
        ([(140, 89, date(2024, 3, 1))], False),
        ([(139, 90, date(2024, 3, 1))], False),
        ([(150, 80, date(2024, 3, 1)), (130, 80, date(2024, 4, 1))], True),
        ([(130, 80, date(2024, 3, 1)), (150, None, date(2024, 4, 1))], True),  # half a pressure
        ([(130, 80, date(2023, 9, 30))], None),
        ([], None),
    ]
    warehouse.people(*[1960] * len(cases))
    for key, (pairs, _) in enumerate(cases, start=1):
        for systolic, diastolic, day in pairs:
            warehouse.put("measurement", measured("systolic_bp", systolic, day, key))
            if diastolic is not None:
                warehouse.put("measurement", measured("diastolic_bp", diastolic, day, key))
    assert facts(warehouse, "bp_below_140_90") == [expected for _, expected in cases]


def test_antibiotics_are_j01_without_methenamine_in_the_period(region):
    region.put(
        "dispensing",
        *[
            {"person_key": 1, "dispensed_date": day, "atc_code": code}
            for code, day in (
                ("J01CE02", date(2024, 1, 1)),
                ("J01CE02", date(2024, 12, 31)),
                ("J01MA02", date(2024, 12, 31)),
                ("J01XX05", date(2024, 6, 1)),
                ("J02AC01", date(2024, 6, 1)),
                ("J01CE02", date(2023, 12, 31)),
                ("J01CE02", date(2025, 1, 1)),
            )
        ],
    )
    region.build(periods={"count": 1, "quarters": 1})
    assert region.values("mart.fct_person", "n_antibiotic_dispensings", by="period_code") == {
        YEAR: 3, "q-2024-4": 2,
    }  # fmt: skip


AVOIDABLE = [
    "D50.9", "J45.1", "J46", "E10", "E11", "E14", "I50", "I11.0", "J81", "I10", "I11.9", "J41",
    "J44.0", "J47", "I20", "I24", "K25.0", "K25.4", "K26.0", "K26.4", "K27.0", "K27.4", "A09",
    "K52.2", "K52.8", "K52.9", "O15", "G40", "G41", "R56", "N70", "N73", "N74", "N10", "N12",
    "N13.6", "H66", "J02", "J03", "J06", "J31.2",
]  # fmt: skip
OTHER = ["S72", "I21", "K25.1", "K52.1", "N13.5", "J31.1", "J18", "I13", "N20", "E66", "N71", "D51"]


def admission(key, code, day=date(2024, 4, 1)):
    return {"episode_id": f"{key}-{code}-{day}", "person_key": key, "in_date": day,
            "main_diagnosis": code, "kpp_sek": 100}  # fmt: skip


def test_every_avoidable_admission_of_an_adult_in_the_period_is_counted_with_its_cost(warehouse):
    warehouse.people(1960, 1960, 1960, 2006, 2005)
    warehouse.put("inpatient", *[admission(1, code) for code in AVOIDABLE])
    warehouse.put("inpatient", *[admission(2, code) for code in OTHER])
    warehouse.put("inpatient", admission(3, "J44", date(2023, 12, 31)))
    warehouse.put("inpatient", admission(4, "J45"), admission(5, "J45"))
    found = facts(warehouse, "n_avoidable_admissions", "avoidable_admission_cost_sek")
    assert found == [
        (41, Decimal("4100.00")),
        (0, Decimal("0.00")),
        (0, Decimal("0.00")),
        (0, Decimal("0.00")),  # 17 when the period begins
        (1, Decimal("100.00")),  # 18
    ]


def test_cost_is_that_of_visits_in_the_period(region):
    region.put(
        "cost",
        *[
            {"person_key": 1, "cost_month": month, "cost_type": kind, "cost_sek": sek}
            for month, kind, sek in (
                (date(2024, 1, 1), "visit", "1500.50"),
                (date(2024, 12, 1), "visit", "499.50"),
                (date(2024, 6, 1), "medicine", "10000"),
                (date(2023, 12, 1), "visit", "777"),
            )
        ],
    )
    region.build(periods=PERIODS)
    assert person(region, "primary_care_cost_sek") == {"primary_care_cost_sek": Decimal("2000.00")}


def test_vaccination_is_against_influenza_in_the_period(warehouse):
    found, expected = ask_of_each(
        warehouse,
        [
            ("influenza", date(2024, 11, 1), True),
            ("influenza", date(2023, 11, 1), False),
            ("covid19", date(2024, 11, 1), False),
        ],
        "vaccination",
        lambda key, vaccine, day: {"vaccination_date": day, "vaccine": vaccine},
        "is_vaccinated_influenza",
    )
    assert found == expected


def test_eighteen_months_without_a_contact_that_took_place(warehouse):
    warehouse.put("contact", contact("first", 99, date(2020, 1, 1)))
    found, expected = ask_of_each(
        warehouse,
        [
            (date(2023, 7, 1), {}, False),  # 18 months before the end
            (date(2023, 6, 30), {}, True),
            (date(2025, 1, 1), {}, True),
            (date(2024, 5, 1), {"missed": True}, True),
            (date(2024, 5, 1), {"cancelled": True}, True),
        ],
        "contact",
        lambda key, day, more: contact(str(key), key, day, **more),
        "no_contact_18_months",
    )
    assert found == expected


def test_where_contacts_do_not_reach_18_months_back_nobody_is_said_to_be_without(warehouse, region):
    region.connection.execute("delete from raw.contact")
    region.put("contact", contact("c", 1, date(2023, 8, 1)))
    region.build(periods=PERIODS)
    assert person(region, "no_contact_18_months") == {"no_contact_18_months": None}


def test_contacts_and_physician_visits_are_counted_when_they_took_place(region):
    region.put(
        "contact",
        contact("a", 1, date(2024, 1, 1)),
        contact("b", 1, date(2024, 2, 29), contact_form="home_visit"),
        contact("c", 1, date(2024, 3, 1), profession="nurse"),
        contact("d", 1, date(2024, 3, 1), contact_form="letter"),
        contact("e", 1, date(2024, 3, 2), missed=True),
        contact("f", 1, date(2024, 3, 3), cancelled=True),
        contact("g", 1, date(2025, 1, 1)),
    )
    region.build(periods=PERIODS)
    assert person(region, "any_contact", "n_contacts", "n_physician_visits") == {
        "any_contact": True, "n_contacts": 4, "n_physician_visits": 2,
    }  # fmt: skip
