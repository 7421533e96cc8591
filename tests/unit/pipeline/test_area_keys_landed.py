"""SCB's key files from a server to the models: 789 areas of one vintage, 819 of the next."""

from __future__ import annotations

import csv
import datetime as dt
import json
from contextlib import contextmanager
from datetime import date

import duckdb
import pytest

from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.pipeline import open_data
from equity_pipeline.quality.gate import check
from equity_pipeline.settings import Settings, SourceSettings
from equity_pipeline.sources import fetch
from equity_pipeline.warehouse.build import build
from tests.workbooks import NIGHT, XLSX, book

AS_OF = date(2026, 6, 20)
LOG = ("Kommun", "Kommunnamn", "Tidigare DeSO", "DeSO", "Förändringstyp", "Datum för förändring")


def rows(fixtures, name):
    with (fixtures / "geo_codes" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def books(fixtures):
    """The three workbooks out of the recorded codes; a new area lies where its first part lay."""
    changes = rows(fixtures, "skane_deso2018_to_deso2025_changes.csv")
    old = {one["deso"]: one["regso"] for one in rows(fixtures, "skane_deso.csv")}
    came = {one["deso_2025"]: old[one["deso_2018"]] for one in reversed(changes)}
    new = {
        one["deso_2025"]: old.get(one["deso_2025"]) or came[one["deso_2025"]]
        for one in rows(fixtures, "skane_deso_2025_codes_derived.csv")
    }
    day = dt.datetime(2025, 1, 1)
    log = [(one["deso_2018"][:4], None, one["deso_2018"], one["deso_2025"], one["forandringstyp"],
            day) for one in changes]  # fmt: skip
    return {
        "key_2018.xlsx": [("Kommun", "DeSO_2018", "RegSOkod_2020"),
                          *((code[:4], code, regso) for code, regso in old.items())],
        "key_2025.xlsx": [("Kommun", "DeSO_2025", "RegSOkod_2025"),
                          *((code[:4], code, regso) for code, regso in new.items())],
        "log.xlsx": [LOG, *log],
    }  # fmt: skip


def enabled(httpserver, names, **more):
    return SourceSettings.model_validate(
        {
            "http": {"timeout_seconds": 5, "attempts": 1},
            "scb_keys": {"enabled": True, "urls": [httpserver.url_for(f"/{n}") for n in names]},
            **more,
        }
    )


@pytest.fixture(scope="module")
def sheets(fixtures):
    return {name: book(sheet) for name, sheet in books(fixtures).items()}


def serve(server, sheets):
    for name, data in sheets.items():
        server.expect_request(f"/{name}").respond_with_data(data, content_type=XLSX)
    return list(sheets)


@pytest.fixture
def served(httpserver, sheets):
    return serve(httpserver, sheets)


@pytest.fixture(scope="module")
def pulled(make_httpserver, sheets, tmp_path_factory):
    """What one fetch of the three workbooks brings."""
    names = serve(make_httpserver, sheets)
    return fetch(enabled(make_httpserver, names), tmp_path_factory.mktemp("snapshots"), NIGHT)


@contextmanager
def landed(pulled):
    with duckdb.connect() as connection:
        create_raw_schema(connection)
        open_data.store(connection, pulled, AS_OF)
        yield connection


@pytest.fixture(scope="module")
def built(pulled):
    """The models of what was fetched, for tests that only read them."""
    with landed(pulled) as connection:
        build(connection, Settings(), as_of=AS_OF)
        yield connection


def asked(connection, query):
    return connection.execute(query).fetchall()


def test_both_vintages_and_their_changes_land_and_pass_the_gate(built):
    keys = "select vintage, count(*) from raw.area_key group by vintage order by vintage"
    assert asked(built, keys) == [("DESO_2018", 789), ("DESO_2025", 819)]
    assert asked(built, "select count(*) from raw.area_change") == [(168,)]
    report = check(built, settings=Settings(), as_of=AS_OF)
    assert [(one.entity, one.detail) for one in report.failed_critical] == []


def test_every_code_of_either_vintage_is_linked_to_the_other(built):
    links = """
        select vintage_from, count(distinct area_code_from), count(distinct area_code_to),
            round(sum(map_weight), 6)
        from intermediate.int_area__link group by vintage_from order by vintage_from
    """
    assert asked(built, links) == [("DESO_2018", 789, 819, 789.0), ("DESO_2025", 819, 789, 819.0)]
    assert asked(built, "select count(*) from mart.area_unmapped") == [(0,)]


def test_a_person_known_by_a_new_code_is_in_the_division_of_the_new_years_only(pulled):
    new = """
        select min(deso_code) from raw.area_key where vintage = 'DESO_2025'
        and deso_code not in (select deso_code from raw.area_key where vintage = 'DESO_2018')
    """
    person = """
        insert into raw.person (person_key, year, sex, birth_year, area_code, load_id, row_number)
        values (1, $1, 'female', 1980, $2, 9, $1)
    """
    states = "select year, code_state from mart.area_code_check order by year"
    with landed(pulled) as own:
        [[code]] = asked(own, new)
        for year in (2023, 2024):
            own.execute(person, [year, f"{code}_DeSO2025"])
        build(own, Settings(), as_of=AS_OF)
        assert asked(own, states) == [(2023, "other_vintage"), (2024, "known")]


def test_areas_of_the_geodata_are_keys_of_the_same_vintage_and_never_beside_the_key_files(
    tmp_path, httpserver, fixtures, served
):
    held = json.loads((fixtures / "scb_wfs" / "deso2025_features_nogeom.json").read_text("utf-8"))
    told = held | {"numberMatched": len(held["features"]), "numberReturned": len(held["features"])}
    httpserver.expect_request("/wfs").respond_with_json(told)
    borders = {"enabled": True, "base_url": httpserver.url_for("/wfs"), "as_keys": True,
               "layers": ["DeSO_2025"]}  # fmt: skip
    alone = {"scb_keys": {"enabled": False}, "scb_geometry": borders}
    pulled = fetch(enabled(httpserver, served, **alone), tmp_path / "alone", NIGHT)
    assert set(pulled.tables["area_key"]["vintage"].to_pylist()) == {"DESO_2025"}
    both = {"scb_geometry": borders}
    with pytest.raises(ConfigurationError, match="scb_geometry and scb_keys both give"):
        fetch(enabled(httpserver, served, **both), tmp_path / "both", NIGHT)
    ordered = both | {"precedence": {"area_key": ["scb_keys", "scb_geometry"]}}
    pulled = fetch(enabled(httpserver, served, **ordered), tmp_path / "ordered", NIGHT)
    assert pulled.tables["area_key"].num_rows == 789 + 819
