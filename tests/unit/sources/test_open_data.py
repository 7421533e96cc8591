"""What the pipeline gets from the open sources, with the committed configuration."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.indicators.declaration import Declaration, read_declaration
from equity_pipeline.settings import ScbSettings, SourceSettings, load_settings
from equity_pipeline.sources import OpenData, fetch
from equity_pipeline.vocabulary import vocabulary
from tests.beside import absent
from tests.recorded import FIXTURES
from tests.replay import ReplayServer

ROOT = Path(__file__).resolve().parents[3]
CONFIG = ROOT / "configs" / "skane_open_data.toml"
DECLARED = ROOT / "src/equity_pipeline/indicators/declared/open_data"
NIGHT = datetime(2026, 6, 20, 4, tzinfo=UTC)


def settings_at(replay: ReplayServer, **kolada: Any) -> SourceSettings:
    sources = load_settings(CONFIG, replay.environment()).settings.sources
    return sources.model_copy(update={"kolada": sources.kolada.model_copy(update=kolada)})


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> OpenData:
    if not FIXTURES.is_dir():
        pytest.skip(absent("the recorded answers", "fixtures"))
    with ReplayServer() as server:
        return fetch(settings_at(server), tmp_path_factory.mktemp("snapshots"), NIGHT)


def recorded(fixtures: Path, kpi: str) -> dict[tuple[str, int], float]:
    """Both sexes together, read from the recording without any of our code."""
    path = fixtures / "kolada_v2_reenveloped" / f"data_{kpi}_skane.json"
    return {
        (row["municipality"], row["period"]): one["value"]
        for row in json.loads(path.read_text("utf-8"))["values"]
        for one in row["values"]
        if one["gender"] == "T" and one["value"] is not None
    }


def told(data: OpenData, kpi: str, what: str) -> tuple[str, str]:
    found = [one for one in data.missing if (one.kpi, one.what) == (kpi, what)]
    assert len(found) == 1
    return found[0].sv, found[0].en


def test_areas_are_the_33_municipalities_in_eight_years(pulled: OpenData) -> None:
    assert pulled.area.num_rows == 33 * 8
    assert pulled.area.column_names == list(vocabulary().entities["area"].columns)
    assert pulled.area["area_kind"].unique().to_pylist() == ["municipality"]
    assert pulled.area["vintage"].unique().to_pylist() == ["KOMMUN"]
    assert pulled.area["population"].null_count == 0


def test_malmo_2022_is_as_recorded_with_per_cent_as_shares(pulled: OpenData) -> None:
    row = next(
        row for row in pulled.area.to_pylist() if (row["area_code"], row["year"]) == ("1280", 2022)
    )
    assert row["population"] == 357_377
    assert 200_000 < row["median_income_sek"] < 300_000
    assert row["share_foreign_born"] == pytest.approx(0.356, abs=0.0005)
    assert row["municipality_code"] == "1280"


@pytest.mark.parametrize(
    ("column", "kpi", "scale"),
    [
        ("population", "N01951", 1),
        ("median_income_sek", "N00905", 1),
        ("share_low_education", "N01984", 100),
        ("share_employed_20_64", "N02267", 100),
        ("share_foreign_born", "N02926", 100),
    ],
)
def test_every_cell_of_an_area_column_is_the_recorded_one(
    pulled: OpenData, fixtures: Path, column: str, kpi: str, scale: int
) -> None:
    source = recorded(fixtures, kpi)
    for row in pulled.area.to_pylist():
        expected = source.get((row["area_code"], row["year"]))
        assert row[column] == (None if expected is None else pytest.approx(expected / scale))


@pytest.mark.parametrize(("kpi", "scale"), [("N20402", 1), ("N00957", 1), ("N66078", 100)])
def test_every_outcome_is_the_recorded_one(
    pulled: OpenData, fixtures: Path, kpi: str, scale: int
) -> None:
    source = recorded(fixtures, kpi)
    rows = [row for row in pulled.area_value.to_pylist() if row["measure_code"] == kpi]
    towns = {
        (row["area_code"], row["year"]): row["value"]
        for row in rows
        if row["area_kind"] == "municipality"
    }
    expected = {key: value for key, value in source.items() if key[0].startswith("12")}
    assert towns == {key: pytest.approx(value / scale) for key, value in expected.items()}


def test_benchmarks_stand_beside_as_region_and_country(pulled: OpenData) -> None:
    rows = [row for row in pulled.area_value.to_pylist() if row["measure_code"] == "N71007"]
    costs = {
        (row["area_kind"], row["area_code"]): row["value"] for row in rows if row["year"] == 2022
    }
    assert costs == {
        ("country", "00"): pytest.approx(5265, abs=1),
        ("region", "12"): pytest.approx(4731, abs=1),
    }
    assert {row["area_kind"] for row in rows} == {"region", "country"}


def test_area_values_have_one_row_a_key(pulled: OpenData) -> None:
    keys = pulled.area_value.group_by(["source", "measure_code", "area_code", "year"]).aggregate([])
    assert keys.num_rows == pulled.area_value.num_rows
    assert pulled.area_value["value"].null_count == 0


def test_population_by_age_and_sex_comes_through_the_same_client(pulled: OpenData) -> None:
    total = pulled.population.filter(pc.equal(pulled.population["sex"], "total"))
    assert pc.sum(total["population"]).as_py() == pytest.approx(1_430_000, rel=0.02)
    assert {one.source for one in pulled.snapshots} == {"kolada", "scb"}


def test_what_the_recordings_lack_is_found_and_told_in_both_languages(pulled: OpenData) -> None:
    assert told(pulled, "N02267", "years")[0].endswith("saknar värden för alla områden 2015–2019.")
    assert told(pulled, "N20402", "areas")[1].endswith("has no values for Bjuv in 2015–2019.")
    assert "medelvärde av tre år" in told(pulled, "N20402", "three_year_mean")[0]
    assert told(pulled, "N79173", "values")[0].endswith("har inga värden för 2015–2022.")
    assert told(pulled, "U79133", "years")[1].endswith("has no values for any area in 2022.")
    assert told(pulled, "U71453", "areas")[0].endswith("saknar värden för Riket 2020.")
    only_regions = {one.kpi for one in pulled.missing if one.what == "region_only"}
    assert only_regions == {"N71007", "N79173", "U71453", "U79133"}
    # Bjuv rises from 1 578 to 4 746 as its missing years leave the mean: no trend in falls
    assert "mean for Bjuv in 2020–2021 covers years" in told(pulled, "N20402", "incomplete_mean")[1]
    assert len(pulled.missing) == 11


def test_a_hole_that_appears_tomorrow_is_found_without_new_code(
    replay: ReplayServer, tmp_path: Path
) -> None:
    replay.kolada.data = [
        row
        for row in replay.kolada.data
        if (row["kpi"], row["municipality"], row["period"]) != ("N00957", "1281", 2018)
    ]
    data = fetch(settings_at(replay), tmp_path, NIGHT)
    assert told(data, "N00957", "areas")[1].endswith("has no values for Lund in 2018.")


def test_what_is_filled_tomorrow_is_no_longer_missed(replay: ReplayServer, tmp_path: Path) -> None:
    row = {"gender": "T", "count": 1, "status": "", "value": 85.0}
    replay.kolada.data += [
        {"kpi": "N79173", "municipality": area, "period": year, "values": [row]}
        for area in ("0012", "0000")
        for year in range(2015, 2023)
    ]
    data = fetch(settings_at(replay), tmp_path, NIGHT)
    assert not [one for one in data.missing if (one.kpi, one.what) == ("N79173", "values")]
    kept = [row for row in data.area_value.to_pylist() if row["measure_code"] == "N79173"]
    assert {row["value"] for row in kept} == {0.85}


def test_a_measure_that_the_catalogue_does_not_hold_is_told(
    replay: ReplayServer, tmp_path: Path
) -> None:
    data = fetch(settings_at(replay, expected=("N99999",)), tmp_path, NIGHT)
    assert told(data, "N99999", "measure")[0] == "Kolada har inget nyckeltal N99999."


def test_the_same_night_twice_gives_the_same_tables_and_files(
    replay: ReplayServer, tmp_path: Path
) -> None:
    first = fetch(settings_at(replay), tmp_path, NIGHT)
    names = sorted(tmp_path.rglob("*"))
    second = fetch(settings_at(replay), tmp_path, NIGHT)
    assert first == second
    assert sorted(tmp_path.rglob("*")) == names


def test_sources_that_are_off_give_empty_tables_and_ask_nobody(
    replay: ReplayServer, tmp_path: Path
) -> None:
    data = fetch(SourceSettings(), tmp_path, NIGHT)
    assert (data.area.num_rows, data.area_value.num_rows, data.population.num_rows) == (0, 0, 0)
    assert data.area.column_names == list(vocabulary().entities["area"].columns)
    assert replay.requests == []


@pytest.mark.parametrize(
    ("measures", "error", "words"),
    [
        ({"share_low_education": "N01984"}, ConfigurationError, "Population is not named"),
        ({"population": "N01951", "happiness": "N1"}, ConfigurationError, "happiness"),
        ({"population": "N01951", "share_foreign_born": "N00905"}, SourceError, "not a percentage"),
        ({"population": "N01951", "median_income_sek": "N01984"}, SourceError, "a percentage"),
    ],
)
def test_a_measure_that_does_not_fit_its_column_is_refused(
    replay: ReplayServer, tmp_path: Path, measures: Any, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        fetch(settings_at(replay, area_measures=measures), tmp_path, NIGHT)


def test_a_region_that_does_not_exist_is_told(replay: ReplayServer, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no municipality whose code begins with 99"):
        kolada_alone = settings_at(replay).model_copy(update={"scb": ScbSettings()})
        fetch(kolada_alone, tmp_path, NIGHT, region="99")


def test_a_time_without_a_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        fetch(SourceSettings(), tmp_path, datetime(2026, 1, 1))


def open_data_declarations() -> dict[str, Declaration]:
    found = map(read_declaration, sorted(DECLARED.glob("*.toml")))
    return {one.id: one for one in found}


def test_the_configuration_names_the_declared_indicators_and_pulls_their_measures() -> None:
    settings = load_settings(CONFIG, {}).settings
    declared = open_data_declarations()
    assert settings.run.indicators == tuple(declared)
    pulled = {*settings.sources.kolada.outcomes, *settings.sources.kolada.benchmarks}
    assert {one.denominator.where[0].value for one in declared.values()} == pulled
    assert settings.sources.kolada.base_url == "https://api.kolada.se/v3"


def test_units_of_the_declarations_are_those_of_the_measures(pulled: OpenData) -> None:
    for one in open_data_declarations().values():
        kpi = pulled.kpis[str(one.denominator.where[0].value)]
        assert (one.unit == "percent") == kpi.is_percent
        assert (one.unit == "per_100000") == ("100 000" in kpi.title)
        assert kpi.id in one.definition_sv
        assert "Källa: Kolada" in one.definition_sv


def test_low_economic_standard_is_not_crossed_with_income() -> None:
    barred = open_data_declarations()["OD03"].exclude_dimensions
    assert "area_income_quintile" in barred
