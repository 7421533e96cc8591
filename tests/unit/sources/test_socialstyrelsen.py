"""Socialstyrelsen's database, as documented, behind a local server with drawn figures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import (
    HttpSettings,
    SocialstyrelsenSettings,
    SocialstyrelsenTable,
    SourceSettings,
)
from equity_pipeline.sources import OpenData, fetch
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.pace import Limits
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.socialstyrelsen import Choice, Socialstyrelsen
from equity_pipeline.sources.socialstyrelsen_areas import area_of
from tests.statistics_database import TOWNS, Database, draw

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
TABLE = SocialstyrelsenTable(
    measure="SOS_SLUTENVARD",
    topic="diagnoserislutenvard",
    matt="Antal per 100 000 invånare",
    choose={"kon": "Båda könen", "alder": "Totalt"},
)


@pytest.fixture(scope="module")
def server() -> Iterator[HTTPServer]:
    with HTTPServer("127.0.0.1", 0) as made:
        yield made


@pytest.fixture
def database(server: HTTPServer) -> Iterator[Database]:
    server.clear()
    yield Database(server, {"diagnoserislutenvard": draw(1)})


def pull(database: Database, store: Path, *, region: str = "12", **told: Any) -> OpenData:
    held = {
        "enabled": True,
        "base_url": database.base_url,
        "tables": (TABLE,),
        "municipalities": TOWNS,
    }
    section = SocialstyrelsenSettings.model_validate(held | told)
    with client(database) as asker:
        settings = SourceSettings(socialstyrelsen=section)
        return fetch(settings, store, NIGHT, client=asker, region=region)


def client(database: Database) -> PoliteClient:
    made = PoliteClient(HttpSettings(attempts=1), sleep=lambda _: None)
    made.allow(database.base_url, Limits(1000, 1.0))
    return made


def held(pulled: OpenData) -> dict[tuple[str, int], tuple[float | None, str]]:
    return {
        (row["area_code"], row["year"]): (row["value"], row["value_status"])
        for row in pulled.area_value.to_pylist()
    }


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("size", [5000, 7, 1])
def test_every_figure_of_the_region_comes_whatever_ids_order_and_pages_the_topic_has(
    server: HTTPServer, tmp_path: Path, seed: int, size: int
) -> None:
    server.clear()
    database = Database(server, {"diagnoserislutenvard": draw(seed)})
    database.size_at_most = size
    wanted = database.topics["diagnoserislutenvard"].expected
    inside = {key: told for key, told in wanted.items() if key[0] in {"00", "12", *TOWNS}}
    assert held(pull(database, tmp_path)) == inside
    assert len(inside) > 30


def test_a_next_page_is_asked_for_at_our_own_address_and_by_its_number(
    database: Database, tmp_path: Path
) -> None:
    database.size_at_most = 10
    pull(database, tmp_path)
    pages = [address for address in database.asked if "resultat" in address]
    assert len(pages) == 4
    assert [address.rpartition("sida=")[2] for address in pages] == ["1", "2", "3", "4"]
    assert not [address for address in pages if "forts" in address]


def test_kinds_of_areas_are_told_by_name_or_code_and_never_by_id(
    database: Database, tmp_path: Path
) -> None:
    rows = pull(database, tmp_path).area_value.to_pylist()
    kinds = {row["area_code"]: row["area_kind"] for row in rows}
    assert kinds == {"00": "country", "12": "region", **dict.fromkeys(TOWNS, "municipality")}
    assert {row["source"] for row in rows} == {"socialstyrelsen"}


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("Skåne län", "12"),
        ("Region Skåne", "12"),
        ("SKÅNE  LÄN", "12"),
        ("Ska\u030ane la\u0308n", "12"),
        ("Stockholms län", "01"),
        ("Västra Götalands län", "14"),
        ("Västra Götalandsregionen", "14"),
        ("Dalarnas län", "20"),
        ("Södermanlands län", "04"),
        ("Jämtlands län", "23"),
        ("Kronobergs län", "07"),
        ("Örebro län", "18"),
        ("Gävleborgs län", "21"),
    ],
)
def test_a_region_is_known_by_its_names(text: str, region: str) -> None:
    import unicodedata

    area = area_of(Choice("3", "", unicodedata.normalize("NFC", text)), region, {})
    assert area is not None and (area.code, area.kind) == (region, "region")


def test_a_municipality_with_the_name_of_its_region_is_not_the_region() -> None:
    town = area_of(Choice("9", "", "Stockholm"), "01", {"0180": "Stockholm"})
    assert town is not None and town.kind == "municipality"
    assert area_of(Choice("9", "", "Stockholm"), "01", {}) is None


def test_only_one_measure_may_be_asked_for_at_a_time(database: Database, tmp_path: Path) -> None:
    answers = Answers(client(database), SnapshotStore(tmp_path), "socialstyrelsen", 400, NIGHT)
    source = Socialstyrelsen(answers, database.base_url)
    with pytest.raises(SourceError, match="one measure only"):
        source.results("diagnoserislutenvard", {"matt": ("4", "5")})
    assert database.asked == []


def test_two_measures_of_a_topic_are_two_questions(database: Database, tmp_path: Path) -> None:
    other = TABLE.model_copy(update={"measure": "SOS_ANTAL", "matt": "Antal"})
    pulled = pull(database, tmp_path, tables=(TABLE, other))
    assert len([one for one in database.asked if "resultat" in one]) == 2
    codes = {row["measure_code"] for row in pulled.area_value.to_pylist()}
    assert codes == {"SOS_SLUTENVARD", "SOS_ANTAL"}


def test_a_topic_that_is_unknown_is_told_with_those_that_are(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="no topic 'primarvard'") as stop:
        pull(database, tmp_path, tables=(TABLE.model_copy(update={"topic": "primarvard"}),))
    assert "diagnoserislutenvard" in stop.value.mend


def test_a_topic_without_figures_is_missing_and_stays_so_offline(
    database: Database, tmp_path: Path
) -> None:
    database.topics["diagnoserislutenvard"].figures.clear()
    pulled = pull(database, tmp_path)
    assert pulled.area_value.num_rows == 0
    assert [one.what for one in pulled.missing] == ["values"]
    database.asked.clear()
    section = SocialstyrelsenSettings(
        enabled=True, base_url=database.base_url, tables=(TABLE,), municipalities=TOWNS
    )
    again = fetch(SourceSettings(offline=True, socialstyrelsen=section), tmp_path, NIGHT)
    assert again.missing == pulled.missing
    assert database.asked == []


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"matt": "Medelvärde"}, "No value is called 'Medelvärde'"),
        ({"choose": {"kon": "Båda könen"}}, "divided by alder"),
        ({"choose": TABLE.choose | {"diagnos": "I50"}}, "no variable diagnos"),
    ],
)
def test_a_choice_that_the_topic_does_not_have_is_told(
    database: Database, tmp_path: Path, table: dict[str, Any], words: str
) -> None:
    with pytest.raises(SourceError, match=words):
        pull(database, tmp_path, tables=(TABLE.model_copy(update=table),))


def test_years_and_regions_that_the_topic_does_not_have_are_told(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="no year of 2030–2031"):
        pull(database, tmp_path, first_year=2030, last_year=2031)
    with pytest.raises(SourceError, match="no region 25"):
        pull(database, tmp_path, region="25")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sidor": 2}, "rows, not 5000"),
        ({"sida": 2}, "says that it is page 2"),
        ({"sidor": "många"}, "envelope"),
        ({"data": None}, "envelope"),
        ({"nasta_sida": "http://sdb.example/2"}, "next page"),
        ({"data": [{"varde": "1"}]}, "a row has no"),
    ],
    ids=["more pages", "another page", "no number", "no rows", "a next page", "no ids"],
)
def test_a_page_that_does_not_hold_what_it_says_is_told(
    database: Database, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    database.change = change
    with pytest.raises(SourceError, match=words):
        pull(database, tmp_path)


def test_a_page_that_is_short_of_rows_is_not_taken_for_whole(
    database: Database, tmp_path: Path
) -> None:
    database.size_at_most = 10
    database.change = {"per_sida": 11}
    with pytest.raises(SourceError, match="has 10 rows, not 11"):
        pull(database, tmp_path)


@pytest.mark.parametrize("told", ["1.234,5", "1,234.5", "12.5", "ca 12", "1 23", "12%"])
def test_a_number_written_in_another_way_is_told_and_never_guessed(
    database: Database, tmp_path: Path, told: str
) -> None:
    figures = database.topics["diagnoserislutenvard"].figures
    figures.update(dict.fromkeys(figures, told))
    with pytest.raises(SourceError, match="neither a number with a comma"):
        pull(database, tmp_path)


def test_a_row_of_another_area_than_was_asked_for_is_told(
    database: Database, tmp_path: Path
) -> None:
    row = {"regionId": 9999, "ar": 2020, "konId": 3, "alderId": 99, "mattId": 5, "varde": "1"}
    database.change = {"data": [row]}
    with pytest.raises(SourceError, match="of another"):
        pull(database, tmp_path)


def test_per_cent_become_shares(database: Database, tmp_path: Path) -> None:
    whole = held(pull(database, tmp_path / "a"))
    table = TABLE.model_copy(update={"is_percent": True})
    shares = held(pull(database, tmp_path / "b", tables=(table,)))
    for key, (value, status) in whole.items():
        expected = None if value is None else pytest.approx(value / 100)
        assert shares[key] == (expected, status)


def test_a_mark_must_stand_for_a_status_of_a_missing_value(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no status of a missing value"):
        pull(database, tmp_path, marks={"-": "zero"})
