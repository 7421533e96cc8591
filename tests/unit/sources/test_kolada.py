"""Kolada v3 behind the replay server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import HttpSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.pace import Limits
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.kolada import Kolada, rows
from tests.replay import ReplayServer

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)


def kolada_at(server: ReplayServer, folder: Path) -> Kolada:
    client = PoliteClient(HttpSettings(attempts=1), sleep=lambda _: None)
    client.allow(server.url, Limits(1000, 1.0))
    return Kolada(Answers(client, SnapshotStore(folder), "kolada", 400, NIGHT), server.kolada_url)


@pytest.fixture
def kolada(replay: ReplayServer, tmp_path: Path) -> Kolada:
    return kolada_at(replay, tmp_path)


@pytest.fixture
def paged(fixtures: Path) -> Iterator[ReplayServer]:
    with ReplayServer(fixtures=fixtures, page_size=20) as server:
        yield server


class Canned:
    """Answers laid out beforehand, by address."""

    def __init__(self, **pages: Any) -> None:
        self.pages = {f"http://h/{name}": page for name, page in pages.items()}

    def get(self, url: str) -> Any:
        return self.pages[url]


def page(values: list[Any], count: int, following: str | None = None) -> dict[str, Any]:
    return {"values": values, "count": count, "next_url": following, "previous_url": None}


def canned_rows(**pages: Any) -> list[Any]:
    return list(rows(Canned(**pages), "http://h/a"))  # type: ignore[arg-type]


def test_the_whole_catalogue_of_6099_measures_comes_in_two_pages(
    kolada: Kolada, replay: ReplayServer
) -> None:
    assert len(kolada.catalogue()) == 6099
    assert [target for _, target, _, _ in replay.requests] == [
        "/v3/kpi",
        "/v3/kpi?per_page=5000&page=2",
    ]


def test_small_pages_give_the_same_values_as_one_large(
    replay: ReplayServer, paged: ReplayServer, tmp_path: Path
) -> None:
    units = kolada_at(replay, tmp_path / "u").units("12")
    years = range(2015, 2023)
    whole = kolada_at(replay, tmp_path / "a").values(["N20402"], units, years)
    parts = kolada_at(paged, tmp_path / "b").values(["N20402"], units, years)
    assert whole == parts
    assert len(paged.requests) > 10


def test_the_region_has_33_municipalities_itself_and_the_country(kolada: Kolada) -> None:
    units = kolada.units("12")
    kinds = [unit.area_kind for unit in units]
    assert kinds.count("municipality") == 33
    assert [unit.code for unit in units if unit.area_kind != "municipality"] == ["00", "12"]
    assert {unit.code: unit.kolada_code for unit in units}["12"] == "0012"


def test_at_most_25_ids_stand_in_an_address(kolada: Kolada, replay: ReplayServer) -> None:
    units = kolada.units("12")
    kolada.values(["N01951"], units, [2022])
    areas = [target.split("/")[6] for _, target, _, _ in replay.requests if "/data/" in target]
    assert [len(part.split(",")) for part in areas] == [25, 10]


def test_values_carry_our_codes_and_the_sources_numbers(kolada: Kolada) -> None:
    units = kolada.units("12")
    values = kolada.values(["N00905"], units, [2015])
    found = {(one.area_code, one.sex): one.value for one in values}
    assert found["00", "female"] == 199_700
    assert found["00", "male"] == 251_200
    assert found["00", "total"] == 222_700
    assert len(found) == 35 * 3


def test_deleted_values_are_dropped(kolada: Kolada, replay: ReplayServer) -> None:
    units = [unit for unit in kolada.units("12") if unit.code == "1280"]
    before = kolada.values(["N01951"], units, [2022])
    row = next(
        row
        for row in replay.kolada.data
        if (row["kpi"], row["municipality"], row["period"]) == ("N01951", "1280", 2022)
    )
    row["values"][0]["isdeleted"] = True
    after = kolada.values(["N01951"], units, [2022])
    assert len(before) == 3
    assert len(after) == 2


@pytest.mark.parametrize(("told", "meant"), [(1, True), (0, False), (True, True), ("true", True)])
def test_booleans_come_in_several_forms(
    kolada: Kolada, replay: ReplayServer, told: object, meant: bool
) -> None:
    row = next(row for row in replay.kolada.kpis if row["id"] == "N01951")
    row["is_divided_by_gender"], row["publ_period"] = told, 2026
    kpi = kolada.catalogue(["N01951"])["N01951"]
    assert kpi.is_divided_by_gender is meant
    assert kpi.publ_period == "2026"


def test_the_catalogue_tells_percent_three_year_means_and_regions(kolada: Kolada) -> None:
    kpis = kolada.catalogue(["N66078", "N20402", "N71007"])
    assert [kpis[name].is_percent for name in ("N66078", "N20402", "N71007")] == [
        True,
        False,
        False,
    ]
    assert [name for name, kpi in kpis.items() if kpi.is_three_year_mean] == ["N20402"]
    assert [name for name, kpi in kpis.items() if kpi.is_region_only] == ["N71007"]


def test_a_page_that_speaks_of_next_page_is_an_old_envelope() -> None:
    with pytest.raises(SourceError, match="envelope is not that of v3"):
        canned_rows(a={"values": [1], "count": 1, "next_page": "http://h/b"})


def test_fewer_rows_than_were_counted_are_not_taken_for_all() -> None:
    with pytest.raises(SourceError, match="counted 3 rows and gave 2"):
        canned_rows(a=page([1, 2], 3))


def test_a_count_of_each_page_alone_is_understood_too() -> None:
    assert canned_rows(a=page([1, 2], 2, "http://h/b"), b=page([3], 1)) == [1, 2, 3]


def test_pages_that_lead_in_a_circle_are_left() -> None:
    with pytest.raises(SourceError, match="in a circle"):
        canned_rows(a=page([1], 2, "http://h/a"))


def test_a_page_on_another_host_is_not_followed() -> None:
    with pytest.raises(SourceError, match="another host, elsewhere"):
        canned_rows(a=page([1], 2, "http://elsewhere/b"))


def test_a_row_without_its_fields_is_told_as_a_change_of_format(
    kolada: Kolada, replay: ReplayServer
) -> None:
    del replay.kolada.units[0]["id"]
    with pytest.raises(SourceError, match="a row lacks a field"):
        kolada.units("12")
