"""Looking into internal data: one select, a purpose, and nothing of a row in log or message."""

from __future__ import annotations

import pytest

from equity_pipeline.errors import ConfigurationError, LockHeld, WarehouseError
from equity_pipeline.pipeline import access
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.warehouse.database import Lock, open_cells, open_person

WHY = "Rättelse efter samtal med enheten"


@pytest.fixture
def settings(tmp_path):
    held = Settings(run=RunSettings(home=tmp_path, threads=1, memory_limit="1GB"))
    with open_person(held) as connection:
        connection.execute("create schema raw")
        connection.execute(
            "create table raw.contact as select * from "
            "(values (1, 'hemlig'), (2, 'annan')) as t (person_key, free_text)"
        )
    return held


def last(settings):
    return access.listed(settings)[-1]


def test_the_first_rows_are_shown_and_it_is_said_that_there_are_more(settings):
    sql = "select free_text from raw.contact order by 1"
    seen = access.inspect(settings, "person", purpose=WHY, sql=sql, limit=1)
    assert (seen.columns, seen.rows, seen.has_more) == (("free_text",), (("annan",),), True)


def test_the_log_holds_tables_and_the_statement_without_its_values(settings):
    sql = "select count(*) from raw.contact where free_text = 'hemlig' and person_key = 1 -- hemlig"
    access.inspect(settings, "person", purpose=WHY, sql=sql)
    line = last(settings)
    assert line["tables"] == ["raw.contact"]
    assert line["statement"] == (
        "select count(*) from raw.contact where free_text = ? and person_key = ?"
    )
    assert (line["purpose"], len(line["sha256"])) == (WHY, 64)
    assert b"hemlig" not in settings.access_log.read_bytes()


def test_whose_rows_were_asked_for_is_said(settings):
    sql = "select free_text from raw.contact where person_key = $person"
    seen = access.inspect(settings, "person", purpose=WHY, sql=sql, person=2)
    assert seen.rows == (("annan",),)
    assert last(settings)["whose"] == {"person_keys": [2]}


def test_without_a_statement_the_tables_are_listed(settings):
    seen = access.inspect(settings, "person", purpose=WHY)
    assert seen.rows == (("raw.contact", 2, 2),)


@pytest.mark.parametrize("purpose", ["", "   test   ", "x" * 501, "Gäller patient 19121212-1212"])
def test_nothing_is_opened_without_a_purpose_that_may_stand_in_a_log(settings, purpose):
    before = len(access.listed(settings))
    with pytest.raises(ConfigurationError) as stopped:
        access.inspect(settings, "person", purpose=purpose)
    assert len(access.listed(settings)) == before
    assert "1212" not in str(stopped.value)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from raw.contact",
        "select 1; select 2",
        "copy raw.contact to 'x.csv'",
        "attach 'x.duckdb'",
        "pragma database_size",
        "selekt 1",
        "",
        "select * from raw.nothing",
        "select * from read_csv('/etc/passwd')",
        "select * from raw.contact where person_key = $person",
    ],
)
def test_anything_but_one_select_on_what_is_there_is_refused(settings, sql):
    with pytest.raises(ConfigurationError):
        access.inspect(settings, "person", purpose=WHY, sql=sql)


def test_a_statement_that_fails_on_a_row_tells_nothing_of_it(settings):
    sql = "select cast(free_text as integer) from raw.contact"
    with pytest.raises(ConfigurationError) as stopped:
        access.inspect(settings, "person", purpose=WHY, sql=sql)
    assert "ConversionException" in str(stopped.value)
    assert "hemlig" not in str(stopped.value)


def test_who_looks_at_persons_waits_for_the_run_and_who_looks_at_cells_does_not(settings):
    with open_cells(settings) as connection:
        connection.execute("create table one_way as select 1 as n")
    with Lock(settings.run.home):
        with pytest.raises(LockHeld):
            access.inspect(settings, "person", purpose=WHY)
        assert access.inspect(settings, "cells", purpose=WHY).rows == (("main.one_way", 1, 1),)


def test_a_whole_log_is_counted_and_a_cut_one_is_a_fault(settings):
    access.inspect(settings, "person", purpose=WHY)
    assert access.check(settings) == 2
    first, _ = settings.access_log.read_bytes().splitlines(keepends=True)
    settings.access_log.write_bytes(first)
    with pytest.raises(WarehouseError, match="lines 2 to 2 are cut off"):
        access.check(settings)


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("select raw.a from raw.b where x = 1.", "select raw.a from raw.b where x = ?"),
        ("select a in (1, -2.5e3, 'å''ä', 0x1F, $$b$$)", "select a in (?, -?, ?, ?, ?)"),
        ("select a /* 191212 */\n -- b\nfrom c", "select a from c"),
    ],
)
def test_no_value_is_left_in_a_statement(sql, shown):
    assert access.without_values(sql) == shown
