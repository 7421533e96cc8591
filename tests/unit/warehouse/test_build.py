from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.errors import WarehouseError
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.build import build
from equity_pipeline.warehouse.models import Model


def model(sql, *grain, name="stg_a"):
    return Model("staging", name, "a test", grain, sql, Path(f"{name}.sql"), frozenset())


@pytest.fixture
def run():
    with duckdb.connect() as connection:
        yield lambda *models, **more: build(
            connection, Settings(), as_of=date(2025, 1, 15), models=models, **more
        )


def test_rows_and_seconds_of_each_model_are_reported_in_order(run):
    seen = []
    report = run(
        model("select * from range(3) as t (n)", "n"),
        model("select * from staging.stg_a where n > 0", "n", name="stg_b"),
        progress=seen.append,
    )
    assert dict(report.rows) == {"staging.stg_a": 3, "staging.stg_b": 2}
    assert seen == list(report.seconds) == ["staging.stg_a", "staging.stg_b"]


def test_a_grain_that_does_not_hold_stops_the_build_and_names_the_model_not_the_rows(run):
    with pytest.raises(WarehouseError) as stopped:
        run(model("select unnest([7141, 7141, 8]) as person_key", "person_key"))
    assert "staging.stg_a promises one row for each (person_key), but 1 keys" in stopped.value.what
    assert "7141" not in str(stopped.value)


def test_one_row_means_one_row(run):
    assert run(model("select 1 as n", "one row")).rows["staging.stg_a"] == 1
    with pytest.raises(WarehouseError, match="one row"):
        run(model("select * from range(2) as t (n)", "one row"))


def test_a_value_that_cannot_be_cast_is_not_quoted(run):
    with pytest.raises(WarehouseError) as stopped:
        run(model("select cast(x as integer) as n from (values ('191212121212x')) as t (x)", "n"))
    assert "1912" not in str(stopped.value)
    assert "staging.stg_a" in stopped.value.what


def test_a_table_that_is_not_there_is_told_with_what_to_do(run):
    with pytest.raises(WarehouseError, match="load the deliveries first"):
        run(model("select * from raw.person", "person_key"))


def test_models_read_the_day_of_the_run_as_a_variable(run):
    report = run(model("select 1 as n where getvariable('as_of') = date '2025-01-15'", "n"))
    assert report.rows["staging.stg_a"] == 1
