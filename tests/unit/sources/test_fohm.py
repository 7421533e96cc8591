"""Folkhälsomyndigheten over PxWeb v1: the recorded shape, and tables in the documented one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import FohmSettings, FohmTable, HttpSettings, SourceSettings
from equity_pipeline.sources import fetch
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.snapshot import SnapshotStore
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.pxweb.folkhalsomyndigheten import pull
from equity_pipeline.sources.pxweb.pxweb_v1 import PxWebV1
from tests.agencies import Agency, Axis, Table
from tests.replay import Fault

NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)
HEALTH = "Självskattat hälsotillstånd"
CI = "Andel och konfidensintervall"
PERIODS = ("2013-2016", "2018-2021", "2021-2024")


def health() -> Table:
    """Good health by area, in per cent; withheld in the smallest municipality."""
    areas = {"00": "Riket", "12": "Skåne län", "1280": "Malmö", "1275": "Perstorp", "0180": "Sthlm"}
    bounds = {"01": "Andel", "02": "Konfidensintervall nedre gräns", "03": "Övre gräns"}
    axes = [
        Axis("Region", {code: f"{code} {name}" for code, name in areas.items()}, elimination=True),
        Axis(HEALTH, {"1": "Bra eller mycket bra hälsa", "2": "Dålig eller mycket dålig hälsa"}),
        Axis(CI, bounds),
        Axis("Kön", {"01": "Män", "02": "Kvinnor", "00": "Totalt"}),
        Axis("År", {period: period for period in PERIODS}, role="time"),
    ]

    def value(key: Mapping[str, str]) -> float | str:
        if key["Region"] == "1275":
            return ".."
        middle = 60.0 + len(key["Region"]) + PERIODS.index(key["År"])
        middle -= 50 * (key[HEALTH] == "2") + 9 * (key["Kön"] != "00")
        return middle + {"01": 0, "02": -3, "03": 3}[key[CI]]

    return Table("halsgodyreg.px", "Hälsa", axes, value)


TABLE = FohmTable(
    path="mapp/halsgodyreg.px", measure="good_health", choose={HEALTH: "bra eller mycket bra"}
)


def answers(folder: Path) -> Answers:
    client = PoliteClient(HttpSettings(attempts=1), sleep=lambda _: None)
    return Answers(client, SnapshotStore(folder), "folkhalsomyndigheten", 400, NIGHT)


def pulled(agency: Agency, folder: Path, table: FohmTable = TABLE, **changes: Any) -> Part:
    settings = FohmSettings(enabled=True, base_url=agency.v1, tables=(table,), **changes)
    return pull(answers(folder), settings, "12")


@pytest.fixture(params=[1, 2, 3])
def agency(request: pytest.FixtureRequest) -> Any:
    with Agency([health()], seed=request.param, max_cells=10) as made:
        yield made


def values(part: Part) -> dict[tuple[str, int], tuple[float | None, str]]:
    return {
        (row["area_code"], row["year"]): (row["value"], row["value_status"])
        for row in part.tables["area_value"].to_pylist()
    }


def test_published_values_are_of_the_region_its_municipalities_and_the_country(
    agency: Agency, tmp_path: Path
) -> None:
    table = pulled(agency, tmp_path).tables["area_value"]
    assert table.schema == entity_schema("area_value")
    kinds = {(row["area_code"], row["area_kind"]) for row in table.to_pylist()}
    assert kinds == {
        ("00", "country"),
        ("12", "region"),
        ("1280", "municipality"),
        ("1275", "municipality"),
    }
    assert set(table["source"].to_pylist()) == {"folkhalsomyndigheten"}
    assert set(table["measure_code"].to_pylist()) == {"good_health"}


def test_per_cent_are_shares_of_both_sexes_in_the_last_year_of_the_period(
    agency: Agency, tmp_path: Path
) -> None:
    found = values(pulled(agency, tmp_path))
    assert found["1280", 2024] == (pytest.approx(0.66), "shown")
    assert found["12", 2021] == (pytest.approx(0.63), "shown")
    assert {year for _, year in found} == {2016, 2021, 2024}


def test_a_withheld_value_is_null_with_a_status_and_is_told(agency: Agency, tmp_path: Path) -> None:
    part = pulled(agency, tmp_path)
    assert values(part)["1275", 2024] == (None, "suppressed")
    assert any("saknar 3 av 12 värden" in one.sv for one in part.missing)


def test_the_confidence_interval_and_the_period_as_written_are_kept(
    agency: Agency, tmp_path: Path
) -> None:
    table = pulled(agency, tmp_path).tables["area_interval"]
    assert table.schema == entity_schema("area_interval")
    rows = table.to_pylist()
    [malmo] = [r for r in rows if (r["area_code"], r["published_period"]) == ("1280", "2021-2024")]
    assert (malmo["value_lower"], malmo["value_upper"]) == pytest.approx((0.63, 0.69))
    assert all(row["value_lower"] is not None for row in rows)  # none of a withheld value


def test_several_years_in_one_are_told_in_both_languages(agency: Agency, tmp_path: Path) -> None:
    [told] = [one for one in pulled(agency, tmp_path).missing if one.what == "many_years"]
    assert "avser flera år tillsammans (2013-2016, 2018-2021, 2021-2024)" in told.sv
    assert "covers several years together" in told.en


def test_years_before_the_first_are_not_asked_for(agency: Agency, tmp_path: Path) -> None:
    found = values(pulled(agency, tmp_path, first_year=2018))
    assert {year for _, year in found} == {2021, 2024}


def test_names_come_without_their_codes(agency: Agency, tmp_path: Path) -> None:
    assert pulled(agency, tmp_path).names["1280"] == "Malmö"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"choose": {}}, "no category is the total"),
        ({"choose": {HEALTH: "lycka"}}, "nothing is called 'lycka'"),
        ({"choose": {HEALTH: "hälsa"}}, "'hälsa' fits 2 categories"),
        ({"choose": {"Lycka": "1"}}, "Lycka"),
        ({"region": "Kommun"}, "Kommun"),
        ({"path": "mapp/borta.px"}, "no table or folder"),
    ],
)
def test_a_table_that_is_not_as_the_settings_say_is_told(
    agency: Agency, tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    with pytest.raises(SourceError, match=told):
        pulled(agency, tmp_path, TABLE.model_copy(update=change))


def test_a_period_that_is_no_year_is_not_guessed_at(tmp_path: Path) -> None:
    table = health()
    table.axes[-1].labels = {"senaste": "senaste"}
    with Agency([table]) as agency, pytest.raises(SourceError, match="not a year or a span"):
        pulled(agency, tmp_path)


def test_the_same_values_come_from_the_stored_answers(agency: Agency, tmp_path: Path) -> None:
    section = FohmSettings(enabled=True, base_url=agency.v1, tables=(TABLE,))
    chosen = SourceSettings(http=HttpSettings(attempts=1), folkhalsomyndigheten=section)
    first = fetch(chosen, tmp_path, NIGHT)
    agency.__exit__()
    again = fetch(chosen, tmp_path, NIGHT)
    fed = SourceSettings(folkhalsomyndigheten=section.model_copy(update={"folder": tmp_path}))
    assert again.area_value.equals(first.area_value)
    assert fetch(fed, tmp_path / "elsewhere", NIGHT).area_value.equals(first.area_value)
    assert len(again.stale) == len(again.snapshots) > 0


def test_the_recorded_table_is_asked_for_with_its_swedish_variable_codes(
    fixtures: Path, tmp_path: Path
) -> None:
    folder = fixtures / "fohm"
    recorded = [(folder / f"{name}_mobbning.json").read_bytes() for name in ("metadata", "data")]
    with Agency([]) as agency:
        agency.fail(Fault(404), *(Fault(200, {}, body) for body in recorded))
        cube = PxWebV1(answers(tmp_path), agency.v1).data(
            "mobbning.px",
            {
                "Region": ["00", "21"],
                "Kategori": ["*"],
                "Hur ofta": ["2-3 ggr/månad"],
                "Ålder": ["13"],
                "Kön": ["1"],
                "År": ["2021-2022"],
            },
        )
    assert cube.table["value"].to_pylist() == [4, 5]
    [measure] = cube.fixed
    assert dict(measure.units) == {"EliminatedValue": "procent"}
    asked = json.loads(agency.requests[-1][2])["query"]
    assert [one["code"] for one in asked][2:5] == ["Hur ofta", "Ålder", "Kön"]
