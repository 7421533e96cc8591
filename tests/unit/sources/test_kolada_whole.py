"""Kolada as it may come: other pages, hosts, orders, limits and faults than were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import HttpSettings, SourceSettings, load_settings
from equity_pipeline.sources import fetch
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.pace import Limits
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.kolada import Group, Kolada, Organisation
from equity_pipeline.sources.missing import find_missing
from tests.replay import Fault, Paging, ReplayServer, broken, slow, too_many, web_page

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
CONFIG = Path(__file__).resolve().parents[3] / "configs" / "skane_open_data.toml"
YEARS = range(2015, 2023)


def kolada_at(server: ReplayServer, folder: Path, *, attempts: int = 2) -> Kolada:
    http = HttpSettings(attempts=attempts, timeout_seconds=1)
    client = PoliteClient(http, sleep=lambda _: None)
    client.allow(server.url, Limits(1000, 1.0))
    return Kolada(Answers(client, SnapshotStore(folder), "kolada", 400, NIGHT), server.kolada_url)


@pytest.fixture
def kolada(replay: ReplayServer, tmp_path: Path) -> Kolada:
    return kolada_at(replay, tmp_path)


def drawn(seed: int) -> tuple[int, Paging]:
    """A page size and a form of pages that no recording has."""
    draw = Random(seed)
    host = draw.choice(
        [None, "https://api.kolada.se", "http://api.kolada.se:8080", "https://intern.example"]
    )
    last, count = draw.choice(["null", "absent", "empty"]), draw.choice(["all", "page", "absent"])
    return draw.choice([7, 33, 100, 1099, 5000]), Paging(host, last, count, seed)


def in_order(values: list[Any]) -> list[Any]:
    return sorted(values, key=lambda one: (one.kpi, one.area_code, one.year, one.sex))


@pytest.mark.parametrize("seed", range(8))
def test_pages_of_any_size_host_order_and_form_give_the_same_values(
    fixtures: Path, replay: ReplayServer, tmp_path: Path, seed: int
) -> None:
    plain = kolada_at(replay, tmp_path / "a")
    units = plain.units("12")
    size, paging = drawn(seed)
    with ReplayServer(fixtures=fixtures, page_size=size) as server:
        server.paging = paging
        other = kolada_at(server, tmp_path / "b")
        assert other.units("12") == units
        found = other.values(["N20402", "N00957"], units, YEARS)
        assert in_order(found) == in_order(plain.values(["N20402", "N00957"], units, YEARS))
        addresses = [target for _, target, _, _ in server.requests]
        assert all(target.startswith("/v3/") for target in addresses)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_whole_catalogue_comes_in_any_pages(fixtures: Path, tmp_path: Path, seed: int) -> None:
    _, paging = drawn(seed)
    with ReplayServer(fixtures=fixtures, page_size=450) as server:
        server.paging = replace(paging, host="https://api.kolada.se")
        found = kolada_at(server, tmp_path).catalogue()
        assert len(found) == 6099
        assert len(server.requests) == 14
        assert set(found) == {row["id"] for row in server.kolada.kpis}


def test_a_mirror_below_another_path_is_asked_for_its_own_pages(tmp_path: Path) -> None:
    class Mirror:
        """Knows its own addresses only; the pages name Kolada's."""

        def get(self, url: str) -> Any:
            asked, _, query = url.partition("?")
            assert asked == "https://mirror.example/open/kolada/kpi"
            number = int(query.rpartition("=")[2] or 1) if query else 1
            following = f"https://api.kolada.se/v3/kpi?per_page=1&page={number + 1}"
            row = {"id": f"N0000{number}", "title": "x", "municipality_type": "K"}
            return {"values": [row], "count": 3, "next_url": following if number < 3 else ""}

    mirrored = Kolada(Mirror(), "https://mirror.example/open/kolada/")  # type: ignore[arg-type]
    assert list(mirrored.catalogue()) == ["N00001", "N00002", "N00003"]


def test_a_server_that_ignores_the_page_number_is_found_out(tmp_path: Path) -> None:
    class Deaf:
        turn = 0

        def get(self, url: str) -> Any:
            self.turn += 1
            row = {"id": "N00001", "title": "x", "municipality_type": "K"}
            return {"values": [row], "next_url": f"http://h/v3/kpi?page={self.turn}"}

    with pytest.raises(SourceError, match="same page again"):
        Kolada(Deaf(), "http://h/v3").catalogue()  # type: ignore[arg-type]


def test_pages_that_overlap_are_not_taken_for_the_whole(
    kolada: Kolada, replay: ReplayServer
) -> None:
    replay.kolada.units.insert(5, dict(replay.kolada.units[0]))
    with pytest.raises(SourceError, match="gave a row twice"):
        kolada.units("12")


def test_no_question_is_asked_without_its_areas(kolada: Kolada, replay: ReplayServer) -> None:
    assert kolada.values(["N00957"], [], YEARS) == []
    assert kolada.group_values(["N00957"], [], YEARS) == []
    assert kolada.unit_values(["N00957"], [], YEARS) == []
    with pytest.raises(SourceError, match="without areas"):
        kolada.organisations([])
    assert replay.requests == []


def test_every_question_of_a_night_names_municipalities_of_the_region(
    replay: ReplayServer, tmp_path: Path
) -> None:
    fetch(settings_at(replay), tmp_path, NIGHT)
    asked = [target.split("/") for _, target, _, _ in replay.requests if "/data/" in target]
    assert asked
    for parts in asked:
        assert parts[5] == "municipality"
        ids = parts[6].split(",")
        assert all(one.startswith("12") or one in {"0012", "0000"} for one in ids)
        assert 1 <= len(ids) <= 25 and len(parts[4].split(",")) <= 25


@pytest.mark.parametrize("status", [400, 414])
def test_an_address_that_is_too_long_for_the_source_is_asked_in_halves(
    kolada: Kolada, replay: ReplayServer, status: int
) -> None:
    units = kolada.units("12")
    whole = kolada.values(["N00957"], units, YEARS)
    replay.requests.clear()
    replay.fail(Fault(status, {}, b'{"title": "URL too long"}', path="/v3/data/", times=3))
    halves = kolada.values(["N00957"], units, YEARS)
    assert in_order(halves) == in_order(whole)
    sizes = [len(target.split("/")[6].split(",")) for _, target, _, _ in replay.requests]
    assert sizes == [25, 13, 7, 4, 3, 6, 12, 10]


def test_no_address_is_longer_than_servers_take(
    kolada: Kolada, replay: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = kolada.units("12")
    many = [row["id"] for row in replay.kolada.kpis[:25]]
    monkeypatch.setattr("equity_pipeline.sources.kolada.LONGEST_ADDRESS", 250)
    replay.requests.clear()
    kolada.values(many, units, range(1980, 2023))
    addresses = [replay.url + target for _, target, _, _ in replay.requests]
    assert max(len(one) for one in addresses) <= 250
    years = [len(one.split("/")[10].split(",")) for one in addresses]
    assert set(years) == {25, 18}


def test_a_question_that_is_wrong_is_refused_and_not_halved_for_ever(
    kolada: Kolada, replay: ReplayServer
) -> None:
    units = kolada.units("12")
    replay.requests.clear()
    replay.fail(Fault(400, {}, b'{"title": "Illegal"}', path="/v3/data/", times=10_000))
    with pytest.raises(SourceError, match="Illegal"):
        kolada.values(["N00957"], units, YEARS)
    assert len(replay.requests) <= 8


@pytest.mark.parametrize(
    "fault",
    [
        too_many("3", path="/v3/data"),
        too_many("Sat, 20 Jun 2026 04:00:09 GMT", path="/v3/data"),
        broken(503, path="/v3/data"),
        slow(1.3, path="/v3/data"),
    ],
    ids=["429 in seconds", "429 with a date", "503", "too slow"],
)
def test_a_passing_fault_is_waited_out(kolada: Kolada, replay: ReplayServer, fault: Fault) -> None:
    units = kolada.units("12")
    replay.fail(fault)
    assert len(kolada.values(["N00957"], units, [2022])) == 35 * 3


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(404, {}, b"", path="/v3/data", times=9), "HTTP 404"),
        (Fault(500, {}, b"", path="/v3/data", times=9), "HTTP 500"),
        (web_page(path="/v3/data", times=9), "a web page"),
        (Fault(200, {}, b"[]", path="/v3/data", times=9), "envelope"),
        (Fault(200, {}, b'{"values": null}', path="/v3/data", times=9), "envelope"),
    ],
    ids=["404", "500", "web page", "a list", "no values"],
)
def test_a_lasting_fault_is_told(
    kolada: Kolada, replay: ReplayServer, fault: Fault, words: str
) -> None:
    units = kolada.units("12")
    replay.fail(fault)
    with pytest.raises(SourceError, match=words):
        kolada.values(["N00957"], units, [2022])


def test_municipality_groups_are_read_with_their_members(kolada: Kolada) -> None:
    groups = kolada.municipality_groups()
    assert len(groups) == 60
    assert groups["G128518"].title == "Familjen Helsingborg (ovägt medel)"
    assert len(groups["G128518"].members) == 11


def test_a_group_of_measures_is_read_in_the_form_of_v3_and_of_v2(
    kolada: Kolada, replay: ReplayServer
) -> None:
    replay.kolada.kpi_groups += [
        {"id": "GKPI1", "title": "A", "members": [{"member_id": "N1", "member_title": "x"}]},
        {"id": "GKPI2", "title": "B", "members": [{"id": "N2", "title": "y"}]},
    ]
    held = kolada.measure_groups()
    assert [one.members for one in held.values()] == [("N1",), ("N2",)]


def test_the_value_of_a_group_carries_how_many_members_it_is_a_mean_of(
    kolada: Kolada, replay: ReplayServer
) -> None:
    value = {"gender": "T", "count": 9, "status": "", "value": 28.5}
    replay.kolada.data.append(
        {"kpi": "N00957", "municipality": "G128518", "period": "2022", "values": [value]}
    )
    (one,) = kolada.group_values(["N00957"], [Group("G128518", "x", ())], [2022])
    assert (one.area_code, one.year, one.value, one.count) == ("G128518", 2022, 28.5, 9)


def changed(**told: Any) -> dict[str, Any]:
    value = {"gender": "T", "count": 1, "status": "", "value": 20.0} | told
    return {"kpi": "N00957", "municipality": "1280", "period": 2022, "values": [value]}


@pytest.mark.parametrize("key", ["isdeleted", "is_deleted"])
@pytest.mark.parametrize("told", [1, "1", True, "true"])
def test_changes_since_a_day_tell_what_was_deleted(
    kolada: Kolada, replay: ReplayServer, key: str, told: object
) -> None:
    units = [unit for unit in kolada.units("12") if unit.code == "1280"]
    replay.kolada.changed = [changed(value=None, **{key: told})]
    (one,) = kolada.values(["N00957"], units, [2022], since=date(2026, 2, 28))
    assert (one.value, one.is_deleted) == (None, True)
    assert replay.requests[-1][1].endswith("/year/2022?from_date=2026-02-28")


def test_changes_keep_their_day_on_every_page(fixtures: Path, tmp_path: Path) -> None:
    with ReplayServer(fixtures=fixtures, page_size=1) as server:
        kolada = kolada_at(server, tmp_path)
        units = [unit for unit in kolada.units("12") if unit.code in {"1280", "1281"}]
        server.requests.clear()
        server.kolada.changed = [changed(), changed() | {"municipality": "1281"}]
        found = kolada.values(["N00957"], units, [2022], since=date(2026, 2, 28))
        assert {one.area_code for one in found} == {"1280", "1281"}
        assert all("from_date=2026-02-28" in target for _, target, _, _ in server.requests)


def lay_out_units(replay: ReplayServer) -> None:
    """Two invented health centres and one elsewhere, with a measure of their own."""
    replay.kolada.ous = [
        {"id": "V11E128000101", "municipality": "1280", "title": "Vårdcentralen Lärkan"},
        {"id": "V11E128100101", "municipality": "1281", "title": "Vårdcentralen Linden"},
        {"id": "V11E018000101", "municipality": "0180", "title": "Vårdcentralen Norr"},
    ]
    row = next(row for row in replay.kolada.kpis if row["id"] == "N79173")
    row["has_ou_data"] = 1
    told = {"V11E128000101": 81.5, "V11E128100101": None, "V11E018000101": 70.0}
    replay.kolada.data += [
        {
            "kpi": "N79173",
            "ou": ou,
            "period": "2022",
            "values": [{"gender": "K", "count": 1, "status": "", "value": value}],
        }
        for ou, value in told.items()
    ]


def test_organisational_units_are_those_of_the_municipalities_asked_for(
    kolada: Kolada, replay: ReplayServer
) -> None:
    lay_out_units(replay)
    assert kolada.organisations(["1280"]) == (
        Organisation("V11E128000101", "Vårdcentralen Lärkan", "1280"),
    )


def settings_at(replay: ReplayServer, **kolada: Any) -> SourceSettings:
    held = load_settings(CONFIG, replay.environment()).settings.sources
    return held.model_copy(update={"kolada": held.kolada.model_copy(update=kolada)})


def test_values_of_units_become_rows_of_the_entity(replay: ReplayServer, tmp_path: Path) -> None:
    lay_out_units(replay)
    pulled = fetch(settings_at(replay, unit_measures=("N79173",)), tmp_path, NIGHT)
    rows = pulled.tables["unit_value"].to_pylist()
    assert [(row["unit_name"], row["value"], row["value_status"]) for row in rows] == [
        ("Vårdcentralen Lärkan", 0.815, "shown"),
        ("Vårdcentralen Linden", None, "not_reported"),
    ]
    assert rows[0]["municipality_code"] == "1280"
    assert (rows[0]["period_start"], rows[0]["period_end"], rows[0]["sex_group"]) == (
        date(2022, 1, 1),
        date(2023, 1, 1),
        "female",
    )


def test_a_measure_without_values_of_units_is_told(replay: ReplayServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no values of organisational units for N01951"):
        fetch(settings_at(replay, unit_measures=("N01951",)), tmp_path, NIGHT)


@pytest.mark.parametrize(("last", "told"), [(2024, 0), (2025, 1)])
def test_a_measure_that_has_ended_is_told_when_later_years_are_asked_for(
    kolada: Kolada, last: int, told: int
) -> None:
    kpis = kolada.catalogue(["U71453"])
    assert kpis["U71453"].last_year == 2024
    found = find_missing(kpis, ["U71453"], kolada.units("12"), range(2015, last + 1), [])
    ended = [one.sv for one in found if one.what == "ended"]
    assert len(ended) == told
    assert all(one.endswith("tas inte fram efter 2024.") for one in ended)


@pytest.fixture
def wrong(replay: ReplayServer) -> Iterator[dict[str, Any]]:
    yield next(
        row
        for row in replay.kolada.data
        if (row["kpi"], row["municipality"], row["period"]) == ("N00957", "1280", 2022)
    )


@pytest.mark.parametrize(
    "change",
    [
        {"values": None},
        {"values": [{"gender": "X", "value": 1.0}]},
        {"values": [{"gender": "T", "value": "1,5 kr"}]},
        {"period": "senaste"},
        {"municipality": None},
    ],
    ids=["no values", "unknown gender", "a text", "no year", "no area"],
)
def test_a_row_of_another_kind_is_told_and_never_guessed(
    kolada: Kolada, wrong: dict[str, Any], replay: ReplayServer, change: dict[str, Any]
) -> None:
    units = [unit for unit in kolada.units("12") if unit.code == "1280"]
    body = {"values": [wrong | change], "count": 1, "next_url": None}
    import json

    replay.fail(
        Fault(200, {"Content-Type": "application/json"}, json.dumps(body).encode(), path="/v3/data")
    )
    with pytest.raises(SourceError, match="cannot be used"):
        kolada.values(["N00957"], units, [2022])
