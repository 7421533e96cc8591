"""A small raw schema, as the deliveries leave it, that each test breaks in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import duckdb
import pytest

from equity_pipeline.quality.counted import delivered_columns
from equity_pipeline.quality.gate import check
from equity_pipeline.quality.results import GateReport
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary

AS_OF = date(2025, 1, 15)

PERSONS = """
insert into raw.person (person_key, year, sex, birth_year, country_of_birth, area_code, load_id)
select i, 2023, if(i % 2 = 0, 'female', 'male'), 1940 + i % 80,
    if(i % 5 = 0, 'outside_europe', 'sweden'), 'A' || i % 10, 1
from range(400) r(i)
"""
SES = """
insert into raw.individual_ses (person_key, year, education, income_quintile, load_id)
select i, 2023, ['pre_secondary', 'upper_secondary', 'post_secondary'][1 + i % 3],
    'q' || 1 + i % 5, 2 from range(400) r(i)
"""
CONTACTS = """
insert into raw.contact (contact_id, person_key, contact_date, first_contact_date,
    assessment_date, area_code, load_id)
select 'C' || i, i % 400, date '2024-03-01' + (i % 90)::int, date '2024-03-01' + (i % 90)::int,
    date '2024-03-01' + (i % 90 + i % 4)::int, 'A' || i % 10, 3 from range(1000) r(i)
"""
DELIVERIES = """
insert into raw.delivery by name from (values
    (1, 'person_2023.parquet', 'person', 400), (2, 'ses_2023.parquet', 'individual_ses', 400),
    (3, 'contact_2024.parquet', 'contact', 1000)
) as d(load_id, file_name, entity_names, rows_in)
select *, rows_in as rows_loaded, date '2025-01-02' as delivered_as_of, 'accept' as verdict,
    'standard' as layout, '{}' as reasons
"""


@pytest.fixture
def raw() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("create schema raw")
    for entity in vocabulary().entities:
        typed = [f"{n} {vocabulary().column(n).type}" for n in delivered_columns(entity)]
        connection.execute(
            f"create table raw.{entity} ({', '.join(typed)}, load_id bigint, row_number bigint)"
        )
    connection.execute(
        "create table raw.delivery (load_id bigint, file_name varchar, sha256 varchar, "
        "layout varchar, entity_names varchar, delivered_as_of date, rows_in bigint, "
        "rows_loaded bigint, rows_quarantined bigint, rows_refused bigint, verdict varchar, "
        "reasons varchar)"
    )
    for statement in (PERSONS, SES, CONTACTS, DELIVERIES):
        connection.execute(statement)
    yield connection
    connection.close()


@pytest.fixture
def gate(raw: duckdb.DuckDBPyConnection) -> Callable[..., GateReport]:
    def run(*statements: str, **options: object) -> GateReport:
        for statement in statements:
            raw.execute(statement)
        return check(raw, settings=Settings(), as_of=AS_OF, **options)  # type: ignore[arg-type]

    return run
