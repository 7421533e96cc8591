"""Two sources of the same areas: columns are put together, and none is overwritten in silence."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import SourceSettings
from equity_pipeline.sources import fetch
from equity_pipeline.sources.merging import merged
from equity_pipeline.sources.part import Part, entity_schema

SCB_FIRST = {"area": ["scb_areas", "kolada"]}


def table(entity, rows):
    return pa.Table.from_pylist(rows, entity_schema(entity))


def town(code, year, **columns):
    return {"area_code": code, "area_kind": "municipality", "vintage": "KOMMUN", "year": year,
            "municipality_code": code, **columns}  # fmt: skip


def series(source, year, *columns):
    return [{"area_column": name, "area_kind": "municipality", "year": year, "source": source,
             "source_table": name, "source_series": source} for name in columns]  # fmt: skip


def parts(scb, kolada, /, **more):
    return {
        "scb_areas": Part({"area": table("area", scb), **more.get("scb", {})}, asked="a"),
        "kolada": Part({"area": table("area", kolada), **more.get("kolada", {})}, asked="b"),
    }


def rows(made, name):
    return [
        {column: value for column, value in row.items() if value is not None}
        for row in made[name].tables["area"].to_pylist()
    ]


def test_columns_of_two_sources_stand_in_one_row():
    made = merged(
        parts(
            [town("1280", 2022, population=100, share_low_education=0.2)],
            [town("1280", 2022, population=101, median_income_sek=230_000.0)],
        ),
        SCB_FIRST,
    )
    assert rows(made, "scb_areas") == [
        town("1280", 2022, population=100, share_low_education=0.2, median_income_sek=230_000.0)
    ]
    assert rows(made, "kolada") == []


@pytest.mark.parametrize(("order", "share"), [(("scb_areas", "kolada"), 0.7),
                                              (("kolada", "scb_areas"), 0.8)])  # fmt: skip
def test_the_source_that_is_declared_first_gives_the_column(order, share):
    made = merged(
        parts(
            [town("1280", 2022, population=100, share_employed_20_64=0.7)],
            [town("1280", 2022, population=100, share_employed_20_64=0.8)],
        ),
        {"area": order},
    )
    assert rows(made, order[0])[0]["share_employed_20_64"] == share


def test_a_column_is_never_of_one_source_here_and_of_another_next_door():
    made = merged(
        parts(
            [town("1280", 2022, population=100, share_employed_20_64=0.7),
             town("1281", 2022, population=100)],
            [town("1280", 2022, population=90, share_employed_20_64=0.8),
             town("1281", 2022, population=90, share_employed_20_64=0.8),
             town("1282", 2022, population=90, share_employed_20_64=0.8),
             town("1280", 2021, population=90, share_employed_20_64=0.8)],
        ),
        SCB_FIRST,
    )  # fmt: skip
    assert rows(made, "scb_areas") == [
        town("1280", 2022, population=100, share_employed_20_64=0.7),
        town("1281", 2022, population=100),
    ]
    assert rows(made, "kolada") == [  # another year is another choice; people are never lost
        town("1280", 2021, population=90, share_employed_20_64=0.8),
        town("1282", 2022, population=90),
    ]


def test_two_sources_of_one_column_stop_the_run_and_are_named():
    both = parts(
        [town("1280", year, population=1, share_low_income=0.1) for year in (2021, 2022)],
        [town("1280", year, population=1, share_low_income=0.2) for year in (2021, 2022)],
    )
    told = (
        "kolada and scb_areas both give population, share_low_income of the same areas "
        r"\(municipality 2021–2022\)"
    )
    for order in ({}, {"area": ["kolada"]}):
        with pytest.raises(ConfigurationError, match=told) as error:
            merged(both, order)
    assert error.value.where == "sources.precedence.area"
    assert 'area = ["kolada", "scb_areas"]' in error.value.mend


def test_the_series_told_is_that_of_the_source_that_gave_the_column():
    made = merged(
        parts(
            [town("1280", 2022, population=100, share_employed_20_64=0.7)],
            [town("1280", 2022, population=100, share_employed_20_64=0.8, median_income_sek=1.0),
             town("1280", 2019, population=100, share_employed_20_64=0.6)],
            scb={"area_series": table("area_series", series(
                "scb_areas", 2022, "population", "share_employed_20_64"))},
            kolada={"area_series": table("area_series", [
                *series("kolada", 2022, "population", "share_employed_20_64", "median_income_sek"),
                *series("kolada", 2019, "share_employed_20_64")])},
        ),
        SCB_FIRST,
    )  # fmt: skip
    told = {
        (row["area_column"], row["year"]): row["source"]
        for part in made.values()
        for row in part.tables["area_series"].to_pylist()
    }
    assert told == {
        ("population", 2022): "scb_areas",
        ("share_employed_20_64", 2022): "scb_areas",
        ("median_income_sek", 2022): "kolada",
        ("share_employed_20_64", 2019): "kolada",
    }
    assert sum(part.tables["area_series"].num_rows for part in made.values()) == len(told)


def test_sources_of_other_areas_are_left_as_they_are():
    held = parts([town("1280", 2022, population=1)], [town("1280", 2021, population=1)])
    assert merged(held, {}) == held


def test_what_the_rows_rest_on_is_all_that_was_asked_for():
    both = parts([town("1280", 2022, population=1)], [town("1280", 2022, population=2)])
    first, other = (merged(both, {"area": order})["kolada"].asked
                    for order in (["scb_areas", "kolada"], ["kolada", "scb_areas"]))  # fmt: skip
    assert len({first, other, "a", "b"}) == 4


def key(deso, regso):
    return {"vintage": "DESO_2025", "deso_code": deso, "regso_code": regso,
            "municipality_code": "1280"}  # fmt: skip


def test_rows_of_other_entities_need_an_order_too_and_then_the_first_stands():
    held = {
        "scb_keys": Part({"area_key": table("area_key", [key("1280C1000", "1280R001")])}),
        "scb_geometry": Part({"area_key": table("area_key", [key("1280C1000", "1280R002"),
                                                             key("1280C1010", "1280R002")])}),
    }  # fmt: skip
    with pytest.raises(ConfigurationError, match="both give 1 rows of area_key"):
        merged(held, {})
    made = merged(held, {"area_key": ["scb_keys", "scb_geometry"]})
    told = [row for part in made.values() for row in part.tables["area_key"].to_pylist()]
    assert told == [key("1280C1000", "1280R001"), key("1280C1010", "1280R002")]


@pytest.mark.parametrize(
    ("precedence", "told"),
    [
        ({"area": ["scb_aera"]}, "No source is called scb_aera"),
        ({"areas": ["kolada"]}, "No entity is called areas"),
    ],
)
def test_an_order_of_what_there_is_not_is_told_before_anybody_is_asked(tmp_path, precedence, told):
    settings = SourceSettings.model_validate(
        {"precedence": precedence, "kolada": {"enabled": True, "base_url": "http://nowhere"}}
    )
    with pytest.raises(ConfigurationError, match=told):
        fetch(settings, tmp_path, datetime(2026, 6, 20, tzinfo=UTC))
    assert list(tmp_path.iterdir()) == []
