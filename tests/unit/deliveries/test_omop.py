# ruff: noqa: C408, E501 - tables read best as short keywords, a row a line
"""OMOP CDM 5.4 becomes our entities: joined, coded, left aside with a reason, nothing lost."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.bundled import bundled
from equity_pipeline.deliveries.land import load
from equity_pipeline.settings import Settings

LAYOUT = bundled("configs/layouts") / "omop_5_4.toml"
COLUMNS = {
    "person": "person_id,gender_concept_id,year_of_birth,month_of_birth,day_of_birth,"
    "birth_datetime,race_concept_id,ethnicity_concept_id,location_id,provider_id,care_site_id,"
    "person_source_value,gender_source_value,gender_source_concept_id,race_source_value,"
    "race_source_concept_id,ethnicity_source_value,ethnicity_source_concept_id",
    "location": "location_id,address_1,city,zip,location_source_value",
    "care_site": "care_site_id,care_site_name,place_of_service_concept_id,location_id,"
    "care_site_source_value,place_of_service_source_value",
    "death": "person_id,death_date",
    "provider": "provider_id,provider_name,specialty_concept_id",
    "observation_period": "observation_period_id,person_id,observation_period_start_date,"
    "observation_period_end_date,period_type_concept_id",
    "visit_occurrence": "visit_occurrence_id,person_id,visit_concept_id,visit_start_date,"
    "visit_start_datetime,visit_end_date,visit_end_datetime,visit_type_concept_id,provider_id,"
    "care_site_id,visit_source_value,visit_source_concept_id,admitted_from_concept_id,"
    "admitted_from_source_value,discharged_to_concept_id,discharged_to_source_value,"
    "preceding_visit_occurrence_id",
    "condition_occurrence": "condition_occurrence_id,person_id,condition_concept_id,"
    "condition_start_date,condition_start_datetime,condition_end_date,condition_end_datetime,"
    "condition_type_concept_id,condition_status_concept_id,stop_reason,provider_id,"
    "visit_occurrence_id,visit_detail_id,condition_source_value,condition_source_concept_id,"
    "condition_status_source_value",
    "procedure_occurrence": "procedure_occurrence_id,person_id,procedure_concept_id,"
    "procedure_date,procedure_datetime,procedure_end_date,procedure_end_datetime,"
    "procedure_type_concept_id,modifier_concept_id,quantity,provider_id,visit_occurrence_id,"
    "visit_detail_id,procedure_source_value,procedure_source_concept_id,modifier_source_value",
    "measurement": "measurement_id,person_id,measurement_concept_id,measurement_date,"
    "measurement_datetime,measurement_time,measurement_type_concept_id,operator_concept_id,"
    "value_as_number,value_as_concept_id,unit_concept_id,range_low,range_high,provider_id,"
    "visit_occurrence_id,visit_detail_id,measurement_source_value,measurement_source_concept_id,"
    "unit_source_value,unit_source_concept_id,value_source_value,measurement_event_id,"
    "meas_event_field_concept_id",
    "drug_exposure": "drug_exposure_id,person_id,drug_concept_id,drug_exposure_start_date,"
    "drug_exposure_start_datetime,drug_exposure_end_date,drug_exposure_end_datetime,"
    "verbatim_end_date,drug_type_concept_id,stop_reason,refills,quantity,days_supply,sig,"
    "route_concept_id,lot_number,provider_id,visit_occurrence_id,visit_detail_id,"
    "drug_source_value,drug_source_concept_id,route_source_value,dose_unit_source_value",
    "cost": "cost_id,cost_event_id,cost_domain_id,cost_type_concept_id,currency_concept_id,"
    "total_charge,total_cost,total_paid,paid_by_payer,paid_by_patient,paid_patient_copay,"
    "paid_patient_coinsurance,paid_patient_deductible,paid_by_primary,paid_ingredient_cost,"
    "paid_dispensing_fee,payer_plan_period_id,amount_allowed,revenue_code_concept_id,"
    "revenue_code_source_value,drg_concept_id,drg_source_value",
    "concept": "concept_id,concept_name,vocabulary_id,concept_code",
}  # fmt: skip
PEOPLE = [
    dict(person_id="1", gender_concept_id="8532", year_of_birth="1950", location_id="7", care_site_id="4"),
    dict(person_id="2", gender_concept_id="8507", year_of_birth="1980", location_id="8", care_site_id=""),
]  # fmt: skip
SMALL: dict[str, list[dict[str, str]]] = {
    "person": PEOPLE,
    "location": [dict(location_id="7", location_source_value="1280C1230")],
    "care_site": [
        dict(care_site_id="4", care_site_name="Enhet Ett", location_id="7", care_site_source_value="SE-1")
    ],
    "death": [dict(person_id="2", death_date="2024-06-30")],
    "provider": [dict(provider_id="9", provider_name="X", specialty_concept_id="38004446")],
    "observation_period": [
        dict(observation_period_id="1", person_id="1", observation_period_start_date="2020-01-01",
             observation_period_end_date="2024-12-31"),
        dict(observation_period_id="2", person_id="2", observation_period_start_date="2021-01-01",
             observation_period_end_date="2024-06-30"),
    ],
    "visit_occurrence": [
        dict(visit_occurrence_id=str(n), person_id=who, visit_concept_id=kind, visit_start_date=day,
             visit_end_date=day, provider_id="9", care_site_id="4")
        for n, who, kind, day in [
            (11, "1", "9202", "2024-02-01"), (12, "1", "581476", "2024-02-20"),
            (13, "2", "9201", "2024-03-01"), (14, "2", "9203", "2024-03-02"),
            (15, "2", "5083", "2024-03-09"), (16, "2", "9202", "1971-03-09"),
        ]
    ],
    "condition_occurrence": [
        dict(condition_occurrence_id=str(n), person_id=who, condition_concept_id=concept,
             condition_start_date="2024-02-01", visit_occurrence_id=visit, condition_source_value=code)
        for n, who, concept, visit, code in [
            (21, "1", "0", "11", "j44.9"), (22, "1", "201826", "11", "44054006"),
            (23, "2", "0", "13", "I50.9"), (24, "2", "0", "", "E11"), (25, "2", "1", "13", "999"),
        ]
    ],
    "procedure_occurrence": [
        dict(procedure_occurrence_id=str(n), person_id="1", procedure_date="2024-02-01",
             visit_occurrence_id="11", procedure_source_value=code)
        for n, code in [(31, "AG055"), (32, "ag055"), (33, "710824005")]
    ],
    "measurement": [
        dict(measurement_id=str(n), person_id="1", measurement_concept_id=concept,
             measurement_date="2024-02-01", value_as_number=value, unit_concept_id=unit,
             unit_source_value=words)
        for n, concept, value, unit, words in [
            (41, "3004410", "7.0", "8554", "%"), (42, "3004249", "150", "8876", "mm[Hg]"),
            (43, "3004249", "138", "8876", "mm[Hg]"), (44, "3025315", "80", "9529", "kg"),
            (45, "3004410", "5", "0", "g/l"),
        ]
    ],
    "drug_exposure": [
        dict(drug_exposure_id=str(n), person_id="2", drug_exposure_start_date="2024-03-09",
             drug_source_value=code)
        for n, code in [(51, "J01CE02"), (52, "j01ce02"), (53, "J07BB02"), (54, "310798")]
    ],
    "cost": [
        dict(cost_id=str(n), cost_event_id=visit, cost_domain_id=domain, currency_concept_id=money,
             total_cost=amount)
        for n, visit, domain, money, amount in [
            (61, "11", "Visit", "77", "1000.50"), (62, "12", "Visit", "77", "500"),
            (63, "11", "Visit", "78", "9"), (64, "51", "Drug", "77", "9"), (65, "99", "Visit", "77", "9"),
        ]
    ],
    "concept": [
        dict(concept_id="77", concept_name="krona", vocabulary_id="Currency", concept_code="SEK"),
        dict(concept_id="78", concept_name="euro", vocabulary_id="Currency", concept_code="EUR"),
    ],
}  # fmt: skip


def text_of(table: str, rows: list[dict[str, str]]) -> bytes:
    columns = COLUMNS[table].split(",")
    lines = [COLUMNS[table], *(",".join(row.get(name, "") for name in columns) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def as_archive(tables: dict[str, list[dict[str, str]]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for table, rows in tables.items():
            packed.writestr(f"{table.upper()}.csv", text_of(table, rows))
            packed.writestr(f"__MACOSX/._{table.upper()}.csv", b"\x00\x05\x16\x07")
    return held.getvalue()


def load_tables(root: Path, tables: dict[str, list[dict[str, str]]], *, packed: bool = True):
    """Deliver tables as an archive or as a folder; return what became of them and the rows."""
    folder = root / "incoming" / "cdm"
    folder.mkdir(parents=True)
    if packed:
        (folder / "cdm.zip").write_bytes(as_archive(tables))
    else:
        for table, rows in tables.items():
            (folder / f"{table}.csv").write_bytes(text_of(table, rows))
    held = {
        "folder": root / "incoming",
        "layouts": [LAYOUT],
        "owner": "x",
        "purpose": "tests",
        "legal_basis": "none",
        "settle_seconds": 0,
    }
    settings = Settings.model_validate(
        {"run": {"home": root / "out"}, "deliveries": held | {"quarantine_limit": 0}}
    )
    connection = duckdb.connect()
    report = load(settings, connection, as_of=date(2025, 1, 15))
    by_table = {one.name.rpartition("/")[2].partition(".")[0].lower(): one for one in report.files}
    return by_table, lambda query: connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory):
    """The small model as an archive: reports by table, and a way to ask for rows."""
    return load_tables(tmp_path_factory.mktemp("cdm"), SMALL)


def test_persons_get_their_area_and_day_of_death_from_the_tables_beside(delivered):
    _, rows = delivered
    assert rows(
        "select person_id, sex, birth_year, year, area_code, municipality_code, death_date "
        "from raw.person join raw.person_surrogate using (person_key) order by 1"
    ) == [
        ("1", "female", 1950, 2024, "1280C1230", "1280", None),
        ("2", "male", 1980, 2024, None, None, date(2024, 6, 30)),
    ]


def test_an_observation_period_is_a_listing_at_the_care_site_where_one_is_named(delivered):
    _, rows = delivered
    assert rows("select unit_hsa_id, from_date, to_date from raw.listing order by from_date") == [
        ("SE-1", date(2020, 1, 1), date(2024, 12, 31)),
        (None, date(2021, 1, 1), date(2024, 6, 30)),
    ]
    assert rows("select unit_hsa_id, unit_name, area_code from raw.unit") == [
        ("SE-1", "Enhet Ett", "1280C1230")
    ]


def test_visits_are_contacts_or_episodes_and_others_are_left_aside_with_a_reason(delivered):
    found, rows = delivered
    assert rows(
        "select contact_id, contact_form, profession, unit_hsa_id from raw.contact order by 1"
    ) == [
        ("11", "visit", "physician", "SE-1"),
        ("12", "home_visit", "physician", "SE-1"),
        ("15", None, "physician", "SE-1"),
    ]
    assert rows("select episode_id, main_diagnosis from raw.inpatient") == [("13", "I509")]
    assert found["visit_occurrence"].reasons == {
        "left_aside:before_1990": 1,
        "left_aside:emergency_visit": 1,
    }


def test_a_condition_takes_the_icd10_code_of_the_source_else_of_a_concept_we_count(delivered):
    found, rows = delivered
    assert rows(
        "select contact_id, position, icd10se, care_level from raw.diagnosis order by all"
    ) == [
        ("11", 1, "J449", "PV"),
        ("11", 2, "E11", "PV"),
        ("13", 1, "I509", "SV"),
        ("condition-24", 1, "E11", "PV"),
    ]
    assert found["condition_occurrence"].reasons == {"left_aside:no_icd10_code": 1}


def test_procedures_measurements_and_drugs_come_in_our_codes_and_units(delivered):
    found, rows = delivered
    assert rows("select kva_code from raw.procedure") == [("AG055",)]
    assert rows("select measurement_type, measurement_value from raw.measurement order by 1") == [
        ("hba1c", 53.0),
        ("systolic_bp", 138.0),
    ]
    assert rows("select atc_code from raw.dispensing") == [("J01CE02",)]
    assert rows("select vaccine from raw.vaccination") == [("influenza",)]
    assert found["measurement"].reasons == {
        "left_aside:another_of_the_day": 1,
        "left_aside:not_counted": 1,
        "left_aside:unit_or_value_unknown": 1,
    }
    assert found["drug_exposure"].reasons == {
        "left_aside:no_atc_code": 1,
        "left_aside:repeated_on_the_day": 1,
    }


def test_costs_of_visits_in_kronor_are_added_up_by_month_and_others_are_left_aside(delivered):
    found, rows = delivered
    assert [
        (day, float(sek)) for day, sek in rows("select cost_month, cost_sek from raw.cost")
    ] == [(date(2024, 2, 1), 1500.5)]
    assert found["cost"].reasons == {
        "left_aside:not_in_sek": 1,
        "left_aside:not_of_a_visit": 1,
        "left_aside:visit_unknown": 1,
    }


def test_every_delivered_row_is_accounted_for(delivered):
    found, _ = delivered
    for table, report in found.items():
        assert report.verdict == "accept", table
        assert report.rows_in == len(SMALL[table])
        assert report.rows_in == report.rows_loaded + report.rows_quarantined


def test_a_folder_of_tables_is_the_same_delivery_as_their_archive(delivered, tmp_path):
    _, from_archive = delivered
    _, from_folder = load_tables(tmp_path, SMALL, packed=False)
    every = "select * exclude (load_id) from raw.{} order by all"
    for entity in ("person", "contact", "diagnosis", "measurement", "cost"):
        assert from_folder(every.format(entity)) == from_archive(every.format(entity))


def test_tables_with_a_header_alone_are_taken_and_tables_that_are_absent_are_missed_by_nobody(
    tmp_path,
):
    found, rows = load_tables(
        tmp_path, {"person": PEOPLE, "care_site": [], "location": [], "cost": []}
    )
    assert {name: (one.verdict, one.rows_in) for name, one in found.items()} == {
        "care_site": ("accept", 0),
        "cost": ("accept", 0),
        "person": ("reject_file", 2),
    }
    # without a single observation period nobody knows which year a person's status is of
    assert found["person"].reasons == {"column_empty:year": 2}
    assert rows("select count(*) from raw.unit") == [(0,)]


def test_a_faulty_row_of_the_model_is_quarantined_and_no_other_rule_is_lent_to_it(tmp_path):
    broken = SMALL | {
        "person": [*PEOPLE, dict(person_id="3", gender_concept_id="0", year_of_birth="1990")]
    }
    found, _ = load_tables(tmp_path, broken)
    assert found["person"].verdict == "reject_file"
    assert found["person"].reasons == {"quarantine_share": 3, "code_unknown:gender_concept_id": 1}
