"""Workbooks laid in folders, from the settings to the tables of the warehouse and their checks."""

from __future__ import annotations

import csv
from datetime import date

import duckdb
import pytest

from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.pipeline import open_data
from equity_pipeline.quality.gate import check
from equity_pipeline.settings import Settings, SourceSettings, load_settings
from equity_pipeline.sources import OpenData, fetch
from equity_pipeline.warehouse.build import build
from tests.workbooks import NIGHT, book

AS_OF = date(2026, 6, 20)
SHARE = "Andel medicinska bedömningar inom 3 dagar"
WAITS = [
    ("Plats", "Kommun", "Tid", "Kön", SHARE, "Antal"),
    ("Vårdcentralen Aspen", "1280", "2024-05", "Totalt", 85, 200),
    ("Vårdcentralen Aspen", "1280", "2024-05", "Kvinnor", "<20", "<20"),
    ("Vårdcentralen Björken", "1281", "maj 2024", "Totalt", 70, 150),
    ("Region Skåne", None, "2024-05", "Totalt", 80, 9000),
]
SURVEY = [
    ("Enhet", "År", "Tillgänglighet", "Antal svar"),
    ("Vårdcentralen Aspen", 2024, 79, 240),
    ("Region Skåne", 2024, 78, 9000),
]
COVERAGE = [
    ("Register", "Region", "År", "Kön", "Registrerade", "Förväntade"),
    ("NDR", "Region Skåne", 2023, "Samtliga", 900, 1000),
    ("NDR", "Region Skåne", 2023, "Kvinnor", 420, 500),
]


def sources(tmp_path, fixtures) -> SourceSettings:
    for name, rows in (
        ("vantetider", WAITS),
        ("patientenkat", SURVEY),
        ("quality_registers", COVERAGE),
        ("scb_keys", keys(fixtures)),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "fil.xlsx").write_bytes(book(rows))
    told = {
        "vantetider": {"scale": "percent"},
        "patientenkat": {"scale_before": "percent"},
        "quality_registers": {},
        "scb_keys": {},
    }
    return SourceSettings.model_validate(
        {name: {"enabled": True, "folder": tmp_path / name, **more} for name, more in told.items()}
    )


def keys(fixtures):
    with (fixtures / "geo_codes" / "skane_deso.csv").open(encoding="utf-8") as file:
        held = [(one["kommun"], one["deso"], one["regso"]) for one in csv.DictReader(file)]
    return [("Kommun", "DeSO_2018", "RegSOkod_2020"), *held]


@pytest.fixture
def landed(tmp_path, fixtures):
    settings = sources(tmp_path, fixtures)
    pulled = fetch(settings, tmp_path / "snapshots", NIGHT)
    connection = duckdb.connect()
    create_raw_schema(connection)
    open_data.store(connection, pulled, AS_OF)
    yield connection, pulled, settings
    connection.close()


def test_each_source_lands_its_rows_and_every_check_of_theirs_holds(landed):
    connection, _, _ = landed
    counts = {
        entity: connection.execute(f"select count(*) from raw.{entity}").fetchall()[0][0]
        for entity in ("unit_value", "area_value", "register_coverage", "area_key")
    }
    assert counts == {
        "unit_value": 5,  # three of waits, two of the survey
        "area_value": 3,  # a year of waits that is not told, and two of the survey
        "register_coverage": 2,
        "area_key": 789,
    }
    report = check(connection, settings=Settings(), as_of=AS_OF)
    assert {one.entity for one in report.results} >= set(counts)
    assert [(one.entity, one.detail) for one in report.failed_critical] == []
    assert [(one.entity, one.detail) for one in report.failed_warning] == []


def test_the_models_carry_published_figures_on(landed):
    connection, _, _ = landed
    build(connection, Settings(), as_of=AS_OF)
    assert connection.execute(
        "select unit_code, sex_group, value, n, value_status "
        "from staging.stg_delivered__unit_value where source = 'vantetider' order by all"
    ).fetchall() == [
        ("Vårdcentralen Aspen|1280", "female", None, None, "suppressed"),
        ("Vårdcentralen Aspen|1280", "total", 0.85, 200, "shown"),
        ("Vårdcentralen Björken|1281", "total", 0.7, 150, "shown"),
    ]


def test_the_files_stay_as_they_were_and_are_kept_with_licence_and_source(landed, tmp_path):
    _, pulled, _ = landed
    for name in ("vantetider", "patientenkat", "quality_registers", "scb_keys"):
        assert [one.name for one in (tmp_path / name).iterdir()] == ["fil.xlsx"]
        (kept,) = pulled.parts[name].snapshots
        assert kept.read() == (tmp_path / name / "fil.xlsx").read_bytes()
        assert kept.path.is_relative_to(tmp_path / "snapshots")
    named = {one["title"] for one in open_data.attributions(pulled)}
    assert "SKR, Sveriges Kommuner och Regioner" in named


def test_the_same_files_again_change_nothing(landed, tmp_path):
    connection, _, settings = landed
    before = connection.execute("select max(load_id) from raw.delivery").fetchall()
    again = fetch(settings, tmp_path / "snapshots", NIGHT)
    assert open_data.store(connection, again, AS_OF) == ()
    assert connection.execute("select max(load_id) from raw.delivery").fetchall() == before


def test_what_was_not_read_is_told_in_the_readiness_table(landed):
    _, pulled, _ = landed
    told = [one.sv for one in open_data.notes(pulled)]
    assert any("2 av 2 enheter kan inte knytas till ett HSA-id" in one for one in told)


def test_folders_of_sources_start_from_the_configuration_files_own(tmp_path):
    path = tmp_path / "equity.toml"
    path.write_text(
        '[sources.vantetider]\nenabled = true\nfolder = "laid"\nunit_file = "units.csv"\n', "utf-8"
    )
    held = load_settings(path, {}).settings.sources.vantetider
    assert held.folder == tmp_path / "laid"
    assert held.unit_file == tmp_path / "units.csv"


def test_where_files_lie_is_no_part_of_what_a_run_is(tmp_path):
    here = Settings(sources=SourceSettings.model_validate({"vantetider": {"folder": "a"}}))
    there = Settings(sources=SourceSettings.model_validate({"vantetider": {"folder": "b"}}))
    other = Settings(sources=SourceSettings.model_validate({"vantetider": {"scale": "share"}}))
    assert here.digest() == there.digest() != other.digest()


def test_no_source_of_files_gives_nothing():
    assert OpenData.of({}).tables == {}
