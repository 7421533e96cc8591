"""Tables that are joined to the contacts neither drop nor multiply one, whatever they hold."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from equity_pipeline.pipeline import stages
from tests.faults.conftest import Place

DAY = date(2026, 11, 1)
BESIDE = ("person", "individual_ses", "unit", "diagnosis", "cost")
COUNTED = """
select period_code, count(*), count(distinct contact_id), count(sex), count(unit_hsa_id)
from mart.fct_contact group by all order by all
"""
WHOLE = [("q-2026-3", 20, 20, 20, 20), ("r12-2026-10", 20, 20, 20, 20)]


def ask(place: Place, query: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(place.settings.person_database)) as connection:
        return connection.execute(query).fetchall()


def counted(place: Place) -> list[tuple[object, ...]]:
    stages.build(place.settings, DAY)
    return ask(place, COUNTED)


@pytest.mark.parametrize("table", BESIDE)
def test_rows_that_come_twice_beside_the_contacts_double_no_contact(table, small):
    ask(small, f"insert into raw.{table} from raw.{table}")
    assert counted(small) == WHOLE


def test_contacts_whose_person_nobody_delivered_stay_and_stand_in_no_known_group(small):
    assert counted(small) == WHOLE
    for table in BESIDE:
        ask(small, f"delete from raw.{table}")
    assert counted(small) == [(period, n, ids, 0, units) for period, n, ids, _, units in WHOLE]
