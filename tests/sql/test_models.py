"""Every model of the house: its words, its columns, and that it stands without deliveries."""

from __future__ import annotations

import pytest

from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.models import discover

STRATIFIERS = [
    "sex", "age_band", "education", "income_quintile", "economic_standard", "employment",
    "country_of_birth", "disability_proxy", "urban_rural", "area_education_quintile",
    "area_income_quintile", "area_employment_quintile", "area_foreign_born_quintile", "area_class",
    "area_type", "provider_type", "financing_type", "unit_size",
]  # fmt: skip
CARRIED = {"period_code", "person_key", *STRATIFIERS, "age_group", "morbidity", "cluster_key",
           "municipality_code"}  # fmt: skip
FACTS = ["fct_person", "fct_contact", "fct_survey", "fct_telephony", "fct_area_value"]
COLUMNS = (
    "select table_schema, table_name, column_name, data_type from information_schema.columns "
    "where table_schema in ('staging', 'intermediate', 'mart')"
)


@pytest.fixture
def empty(warehouse):
    warehouse.build()
    return warehouse


def test_the_vocabulary_knows_every_column_of_every_model_by_name_and_type(empty):
    known = vocabulary().columns
    strangers = {
        f"{row['table_schema']}.{row['table_name']}.{row['column_name']} {row['data_type']}"
        for row in empty.ask(COLUMNS)
        if row["column_name"] not in known or known[row["column_name"]].type != row["data_type"]
    }
    assert strangers == set()


def test_every_fact_carries_every_dimension_and_need(empty):
    for fact in FACTS:
        held = {row["column_name"] for row in empty.ask(COLUMNS) if row["table_name"] == fact}
        assert held >= CARRIED, fact


def test_without_any_delivery_there_are_periods_and_empty_facts(empty):
    assert empty.ask("select count(*) as n from mart.dim_period") == [{"n": 9}]
    for fact in FACTS:
        assert empty.ask(f"select * from mart.{fact}") == [], fact


def test_what_nobody_delivered_is_null_and_never_zero(region):
    region.connection.execute("delete from raw.contact")
    region.build(periods={"count": 1, "quarters": 0})
    delivered = {
        "period_code", "person_key", "sex", "age_band", "country_of_birth", "provider_type",
        "financing_type", "unit_size", "age_group", "cluster_key", "municipality_code",
        "person_years", "is_listed", "age", "has_named_physician", "unit_hsa_id",
        "present_unit_hsa_id", "needs_interpreter",
    }  # fmt: skip
    row = region.ask("select * from mart.fct_person")[0]
    assert {name for name, value in row.items() if value is not None} == delivered


def test_two_builds_of_the_same_rows_are_the_same(region):
    def content():
        return [region.ask(f"select * from mart.{fact} order by all") for fact in FACTS]

    region.build()
    first = content()
    region.build()
    assert content() == first


@pytest.mark.parametrize("model", discover(), ids=lambda model: model.name)
def test_a_model_is_lower_case_and_ends_by_selecting_all_of_its_last_step(model):
    lines = [line for line in model.sql.splitlines() if not line.lstrip().startswith("--")]
    code = [piece for line in lines for piece in line.split("'")[::2]]
    assert all(piece == piece.lower() for piece in code), "upper case outside of strings"
    assert lines[0] == "with"
    assert lines[-2].startswith("select *")
    assert lines[-1].startswith("from ")
    assert not any(sign.isdigit() for sign in model.name)
    assert len(lines) <= 300


def test_names_say_the_floor():
    marts = (
        "dim_",
        "fct_",
        "area_",
        "unit_",
        "programme",
    )  # the last three: of places and programmes
    begins = {"staging": ("stg_",), "intermediate": ("int_",), "mart": marts}
    wrong = [m.table for m in discover() if not m.name.startswith(begins[m.schema])]
    assert wrong == []
