from __future__ import annotations

import pytest

from equity_pipeline.errors import WarehouseError
from equity_pipeline.warehouse.models import discover


@pytest.fixture
def folder(tmp_path):
    def write(**queries):
        for name, query in queries.items():
            place = {"stg": "staging", "int": "intermediate"}.get(name[:3], "marts")
            (tmp_path / place).mkdir(exist_ok=True)
            head = "" if query.startswith("--") else "-- about: a test\n-- grain: person_key\n"
            (tmp_path / place / f"{name}.sql").write_text(head + query)
        discover.cache_clear()
        return tmp_path

    return write


def refused(folder) -> WarehouseError:
    with pytest.raises(WarehouseError) as stopped:
        discover(folder)
    return stopped.value


def test_the_order_is_read_from_the_sql_not_from_the_names(folder):
    models = discover(
        folder(
            stg_z="select person_key from raw.person",
            int_a="with b as (select * from intermediate.int_b) select * from b",
            int_b="select * from staging.stg_z where exists (select 1 from staging.stg_y)",
            stg_y="select person_key from raw.listing",
            fct_a="select * from intermediate.int_a",
        )
    )
    assert [model.name for model in models] == ["stg_y", "stg_z", "int_b", "int_a", "fct_a"]
    assert models[0].grain == ("person_key",)
    assert models[-1].table == "mart.fct_a"


def test_a_circle_is_told_from_a_to_b_to_a(folder):
    told = refused(
        folder(
            int_a="select * from intermediate.int_b",
            int_b="select * from intermediate.int_c",
            int_c="select * from intermediate.int_b",
        )
    )
    assert "intermediate.int_b -> intermediate.int_c -> intermediate.int_b" in told.what
    assert told.exit_code == 12


def test_an_unknown_table_is_named(folder):
    assert "raw.persons" in refused(folder(stg_a="select * from raw.persons")).what


def test_a_table_without_schema_is_unknown_unless_it_is_a_step_of_the_model(folder):
    assert " person," in refused(folder(stg_a="select * from person")).what


def test_a_mart_may_not_read_landed_rows(folder):
    assert "may not read raw.person" in refused(folder(fct_a="select * from raw.person")).what


@pytest.mark.parametrize("missing", ["about", "grain"])
def test_a_model_without_its_head_is_refused(folder, missing):
    head = "\n".join(f"-- {name}: x" for name in ("about", "grain") if name != missing)
    told = refused(folder(stg_a=f"{head}\nselect * from raw.person"))
    assert f"-- {missing}:" in told.what
    assert told.where.endswith("stg_a.sql")


def test_a_query_that_cannot_be_parsed_is_named(folder):
    told = refused(folder(stg_a="select from where"))
    assert "cannot be parsed" in told.what
    assert told.where.endswith("stg_a.sql")
