"""SCB's key files: the rows of the recorded code lists, written as SCB writes its workbooks."""

from __future__ import annotations

import csv
import datetime as dt

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.settings.workbooks import ScbKeysSettings
from equity_pipeline.sources.part import entity_schema
from equity_pipeline.sources.workbooks.scb_keys import pull
from tests.workbooks import XLSX, asking, book

KEY_HEADER = ("Kommun", "Kommunnamn", "DeSO_2018", "RegSO_2020", "RegSOkod_2020")
LOG_HEADER = (
    "Kommun",
    "Kommunnamn",
    "Tidigare DeSO",
    "DeSO",
    "Förändringstyp",
    "Datum för förändring",
)
TITLE = [("Nyckel mellan DeSO och RegSO", dt.datetime(2026, 3, 25)), (), ()]


def rows(fixtures, name):
    with (fixtures / "geo_codes" / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def key_file(fixtures):
    names = {one["regso"]: one["name"] for one in rows(fixtures, "skane_regso.csv")}
    towns = {one["kommun"]: one["name"] for one in rows(fixtures, "skane_kommun.csv")}
    held = [
        (one["kommun"], towns[one["kommun"]], one["deso"], names[one["regso"]], one["regso"])
        for one in rows(fixtures, "skane_deso.csv")
    ]
    return book([*TITLE, KEY_HEADER, *held, ("0114", "Norrort", "0114A0010", "B", "0114R001")])


def log_file(fixtures, **more):
    held = [
        (
            one["deso_2018"][:4],
            None,
            one["deso_2018"],
            one["deso_2025"],
            one["forandringstyp"],
            dt.datetime.fromisoformat(one["datum"]),
        )
        for one in rows(fixtures, "skane_deso2018_to_deso2025_changes.csv")
    ]
    return book([*TITLE, LOG_HEADER, *held, *more.get("more", ())])


def pulled(tmp_path, *books):
    folder = tmp_path / "laid"
    folder.mkdir(exist_ok=True)
    for number, content in enumerate(books, start=1):
        (folder / f"{number}.xlsx").write_bytes(content)
    settings = ScbKeysSettings(folder=folder)
    return pull(asking(tmp_path / "kept", "scb_keys"), settings, "12")


def test_every_deso_of_skane_is_keyed_to_its_regso_and_municipality(tmp_path, fixtures):
    table = pulled(tmp_path, key_file(fixtures)).tables["area_key"]
    assert table.schema == entity_schema("area_key")
    wanted = {
        one["deso"]: (one["regso"], one["kommun"]) for one in rows(fixtures, "skane_deso.csv")
    }
    assert {
        row["deso_code"]: (row["regso_code"], row["municipality_code"]) for row in table.to_pylist()
    } == wanted
    assert len(wanted) == 789
    assert set(table["vintage"].to_pylist()) == {"DESO_2018"}


def test_the_log_gives_the_168_changes_with_their_kind(tmp_path, fixtures):
    part = pulled(tmp_path, log_file(fixtures))
    table = part.tables["area_change"]
    kinds = table["change_type"].to_pylist()
    assert table.schema == entity_schema("area_change")
    assert table.num_rows == 168
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "extended_to_sea": 55,
        "ceased_to_new": 51,
        "reduced": 21,
        "extended": 20,
        "part_to_existing": 13,
        "part_to_new": 7,
        "ceased_to_existing": 1,
    }
    assert set(table["vintage_from"].to_pylist()) == {"DESO_2018"}
    assert set(table["vintage_to"].to_pylist()) == {"DESO_2025"}
    assert part.missing == ()


def test_keys_and_log_together_are_told_apart_by_their_headings(tmp_path, fixtures):
    part = pulled(tmp_path, log_file(fixtures), key_file(fixtures))
    assert (part.tables["area_key"].num_rows, part.tables["area_change"].num_rows) == (789, 168)


def test_an_unknown_kind_a_bad_code_and_another_date_are_told(tmp_path, fixtures):
    day = dt.datetime(2025, 1, 1)
    more = [
        ("1280", None, "1280C1010", "1280C1010", "Kodändrad; annat än 20-22", day),
        ("1280", None, "1280C101", "1280C1010", "Utvidgas", day),
        ("1280", None, "1280C1010", "1280C1010", "Utvidgas", dt.datetime(2018, 2, 21)),
        ("1480", None, "1480C1010", "1480C1010", "Kodändrad; annat än 20-22", day),
    ]
    part = pulled(tmp_path, log_file(fixtures, more=more))
    assert part.tables["area_change"].num_rows == 168
    (told,) = part.missing
    assert told.sv.endswith(
        "3 av 172 uppgifter kunde inte läsas (okänt slag av förändring: 1, "
        "kod som inte är en områdeskod: 1, annat datum än årgångarnas: 1)."
    )


@pytest.mark.parametrize("mac", [False, True])
def test_a_day_written_as_a_serial_number_is_read_by_the_workbooks_own_calendar(tmp_path, mac):
    serial = (dt.date(2025, 1, 1) - (dt.date(1904, 1, 1) if mac else dt.date(1899, 12, 30))).days
    change = ("1280", None, "1280C1010", "1280C1010", "Utvidgas", serial)
    part = pulled(tmp_path, book([LOG_HEADER, change], mac=mac))
    assert part.tables["area_change"].num_rows == 1


def test_one_deso_in_two_regso_is_refused(tmp_path):
    twice = [
        ("1280", "Staden", "1280C1010", "A", "1280R001"),
        ("1280", "Staden", "1280C1010", "B", "1280R002"),
    ]
    with pytest.raises(SourceError, match="one DeSO in two RegSO"):
        pulled(tmp_path, book([KEY_HEADER, *twice]))


def test_a_deso_of_another_municipality_than_its_row_says_is_refused(tmp_path):
    good = ("1280", "Staden", "1280C1020", "A", "1280R001")
    row = ("1281", "Staden", "1280C1010", "A", "1280R001")
    part = pulled(tmp_path, book([KEY_HEADER, row, good]))
    assert part.tables["area_key"]["deso_code"].to_pylist() == ["1280C1020"]
    assert "kod som inte är en områdeskod: 1" in part.missing[0].sv


def test_a_workbook_that_is_none_of_the_key_files_is_refused(tmp_path):
    with pytest.raises(SourceError, match="none of SCB's key files"):
        pulled(tmp_path, book([("Kommun", "Folkmängd"), ("1280", 100)]))


def test_the_three_files_are_fetched_from_their_addresses(tmp_path, fixtures, httpserver):
    for name, content in (("log", log_file(fixtures)), ("key", key_file(fixtures))):
        httpserver.expect_request(f"/{name}.xlsx").respond_with_data(content, content_type=XLSX)
    urls = tuple(httpserver.url_for(f"/{name}.xlsx") for name in ("key", "log"))
    answers = asking(tmp_path, "scb_keys")
    part = pull(answers, ScbKeysSettings(urls=urls), "12")
    assert (part.tables["area_key"].num_rows, part.tables["area_change"].num_rows) == (789, 168)
    assert [one.licence for one in answers.used] == ["CC0 1.0", "CC0 1.0"]
