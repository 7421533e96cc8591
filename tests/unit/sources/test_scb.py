"""SCB's PxWebApi v2 behind the replay server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import HttpSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.pace import Limits
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.pxweb.scb import Scb
from tests.replay import Fault, ReplayServer

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
TABLE = "TAB6471"
TOTALS = {"Region": ["*"], "Alder": ["0-9"], "Kon": ["TotSa"], "ContentsCode": ["*"]}


def scb_at(server: ReplayServer, folder: Path) -> Scb:
    client = PoliteClient(HttpSettings(attempts=1), sleep=lambda _: None)
    return Scb(Answers(client, SnapshotStore(folder), "scb", 400, NIGHT), server.scb_url)


@pytest.fixture
def scb(replay: ReplayServer, tmp_path: Path) -> Scb:
    return scb_at(replay, tmp_path)


@pytest.fixture
def narrow(fixtures: Path) -> Iterator[ReplayServer]:
    with ReplayServer(fixtures=fixtures, max_cells=50, calls=7) as server:
        yield server


def posts(server: ReplayServer) -> list[dict[str, list[str]]]:
    bodies = [json.loads(body) for method, _, body, _ in server.requests if method == "POST"]
    return [{one["variableCode"]: one["valueCodes"] for one in b["selection"]} for b in bodies]


def test_limits_are_read_from_the_source_before_anything_else(
    scb: Scb, replay: ReplayServer
) -> None:
    scb.metadata(TABLE)
    assert scb.limits == Limits(3, 1.0, 150_000)
    assert replay.requests[0][1] == "/api/v2/config"


def test_other_limits_of_the_source_are_followed(narrow: ReplayServer, tmp_path: Path) -> None:
    assert scb_at(narrow, tmp_path).config() == Limits(7, 1.0, 50)


def test_a_source_that_hides_its_limits_is_not_guessed_at(scb: Scb, replay: ReplayServer) -> None:
    replay.fail(Fault(200, {"Content-Type": "application/json"}, b"{}"))
    with pytest.raises(SourceError, match="does not tell its limits"):
        scb.config()


def test_codes_are_resolved_from_the_metadata(scb: Scb, replay: ReplayServer) -> None:
    cube = scb.data(TABLE, TOTALS | {"Region": ["12"], "Tid": ["top(2)"]})
    assert cube.table["value"].to_pylist() == [141_352, 142_522]
    assert posts(replay) == [
        {
            "Region": ["12"],
            "Alder": ["0-9"],
            "Kon": ["TotSa"],
            "ContentsCode": ["000007SF"],
            "Tid": ["2026M03", "2026M04"],
        }
    ]


def test_a_large_question_is_split_under_the_limit_and_comes_back_whole(
    narrow: ReplayServer, replay: ReplayServer, tmp_path: Path
) -> None:
    counties = ["01", "03", "04", "05", "06", "07", "08", "09", "10", "12"]
    chosen = TOTALS | {"Region": counties, "Alder": ["0-9", "10-19"], "Tid": ["2026*"]}
    parts = scb_at(narrow, tmp_path / "a").data(TABLE, chosen).table
    whole = scb_at(replay, tmp_path / "b").data(TABLE, chosen).table
    assert len(posts(narrow)) == 2
    assert len(posts(replay)) == 1
    assert parts.to_pylist() == whole.to_pylist()
    assert whole.num_rows == 80


def test_a_dimension_that_must_be_chosen_is_named(scb: Scb) -> None:
    with pytest.raises(SourceError, match="Alder of table TAB6471 must be chosen"):
        scb.data(TABLE, {"Region": ["12"]})


def test_a_dimension_that_may_be_left_out_is_summed_by_the_source(scb: Scb) -> None:
    without = {key: value for key, value in TOTALS.items() if key != "Kon"}
    table = scb.data(TABLE, without | {"Region": ["12"], "Tid": ["2026M04"]}).table
    assert table["value"].to_pylist() == [142_522]


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        ({"Regoin": ["12"]}, "Regoin"),
        (TOTALS | {"Region": ["9999"], "Tid": ["*"]}, "'9999' in Region"),
    ],
)
def test_what_the_table_does_not_have_is_named(
    scb: Scb, selection: dict[str, list[str]], told: str
) -> None:
    with pytest.raises(SourceError, match=told):
        scb.data(TABLE, selection)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("400_too_many_cells", "Too many cells selected"),
        ("400_nonexistent_value", "Non-existent value"),
        ("400_missing_selection", "Missing selection for mandantory variable"),
        ("404_nonexistent_table", "Non-existent table"),
    ],
)
def test_the_sources_own_refusals_are_told(
    scb: Scb, replay: ReplayServer, fixtures: Path, name: str, told: str
) -> None:
    body = (fixtures / "errors_from_source" / "pxweb_v2" / f"{name}.json").read_bytes()
    replay.fail(Fault(int(name[:3]), {}, body, path="/api/v2/tables"))
    with pytest.raises(SourceError, match=told):
        scb.metadata(TABLE)


def test_population_is_by_region_age_and_sex_at_the_latest_month(scb: Scb) -> None:
    rows = scb.population(TABLE, ["12"]).to_pylist()
    assert len(rows) == 11 * 3
    assert {row["period"] for row in rows} == {"2026M04"}
    counts = {(row["age_group"], row["sex"]): row["population"] for row in rows}
    assert counts["0-9", "total"] == 142_522
    assert counts["0-9", "male"] == 73_200
    assert counts["0-9", "female"] == 69_320  # and 73 200 + 69 320 is not 142 522: noise of SCB
    assert "100+" in {age for age, _ in counts}


def test_a_table_without_ten_year_bands_is_refused_with_a_way_out(
    scb: Scb, replay: ReplayServer
) -> None:
    held = replay.scb.metadata["dimension"]["Alder"]["category"]["label"]
    held.update({code: f"ålder {code}" for code in held})
    with pytest.raises(SourceError, match="no ten-year age bands") as stop:
        scb.population(TABLE, ["12"])
    assert "sources.scb.population_table" in stop.value.mend
