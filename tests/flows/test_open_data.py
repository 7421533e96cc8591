"""Open data of Skåne's municipalities, as recorded: every fifth counted again in pandas."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.sources.catalogue import source
from tests.beside import absent
from tests.recorded import FIXTURES
from tests.replay import ReplayServer

from .conftest import ROOT, run_night

CONFIG = ROOT / "configs" / "skane_open_data.toml"
YEARS = range(2015, 2023)
OUTCOMES = {"OD01": "N20402", "OD02": "N00957", "OD03": "N66078"}
BENCHMARKS = {"OD04": "N71007", "OD05": "U79133", "OD06": "U71453"}
PERCENT = {"N66078"}
POPULATION = "N01951"
# measure, and whether a high value is a disadvantage
MEASURES = {
    "area_education_quintile": ("N01984", 1),
    "area_income_quintile": ("N00905", -1),
    "area_employment_quintile": ("N02267", -1),
    "area_foreign_born_quintile": ("N02926", 1),
}
RULES = ["", "_cumulative"]


@pytest.fixture(scope="module")
def recorded():
    """The recorded values of both sexes together: one column a measure, by area and year."""
    if not FIXTURES.is_dir():
        pytest.skip(absent("the recorded answers", "fixtures"))
    rows = [
        (row["kpi"], row["municipality"], row["period"], value["value"])
        for file in sorted((FIXTURES / "kolada_v2_reenveloped").glob("data_*.json"))
        for row in json.loads(file.read_text("utf-8"))["values"]
        for value in row["values"]
        if value["gender"] == "T" and row["period"] in YEARS
    ]
    long = pd.DataFrame(rows, columns=["kpi", "area", "year", "value"]).dropna()
    return long.drop_duplicates().pivot(index=["area", "year"], columns="kpi", values="value")


@pytest.fixture(scope="module")
def towns(recorded):
    held = recorded[recorded.index.get_level_values("area").str.fullmatch(r"12\d\d")]
    return held[held[POPULATION].notna()].reset_index()


@pytest.fixture(scope="module")
def skane(recorded, tmp_path_factory):
    with ReplayServer(fixtures=FIXTURES) as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment().items():
            patch.setenv(name, value)
        yield run_night(CONFIG, "2026-11-22", tmp_path_factory.mktemp("skane"))


@pytest.fixture(scope="module")
def table(skane):
    return pd.read_parquet(skane.current / "stratified.parquet")


@pytest.fixture(scope="module")
def ready(skane):
    return pd.read_parquet(skane.current / "readiness.parquet")


def fifth_of(year, measure, sign, rule):
    """The fifth of each municipality of one year; one value is one block."""
    known = year[year[measure].notna()]
    block = known.groupby(sign * known[measure])[POPULATION].sum().sort_index(ascending=False)
    through = block.cumsum()
    if rule:
        place = np.ceil(5 * through / block.sum() - 1e-12).clip(1, 5)
    else:
        place = np.minimum(5, np.floor(5 * (through - block / 2) / block.sum() + 1e-12) + 1)
    return (sign * year[measure]).map("q" + place.astype(int).astype(str))


def counted_again(towns, kpi, measure, sign, rule):
    made = {}
    for number, year in towns.groupby("year"):
        told = year.assign(fifth=fifth_of(year, measure, sign, rule))
        told = told[told[kpi].notna() & told["fifth"].notna()]
        for name, group in told.groupby("fifth"):
            value = np.average(group[kpi], weights=group[POPULATION])
            made[number, name] = value / (100 if kpi in PERCENT else 1)
    return made


@pytest.mark.parametrize("rule", RULES, ids=["midpoint", "cumulative"])
@pytest.mark.parametrize("dimension", MEASURES)
@pytest.mark.parametrize("indicator", OUTCOMES)
def test_a_fifth_is_the_weighted_mean_of_its_municipalities(
    table, towns, indicator, dimension, rule
):
    held = table[(table["indicator_id"] == indicator) & (table["dimension"] == dimension + rule)]
    if (indicator, dimension) == ("OD03", "area_income_quintile"):
        assert held.empty  # low economic standard is income measured in another way
        return
    found = {
        (row.period_start.year, row.level): row.value_crude
        for row in held.itertuples()
        if row.level != "missing"
    }
    wanted = counted_again(towns, OUTCOMES[indicator], *MEASURES[dimension], rule)
    years = {year for year, _ in wanted}
    assert years == set(YEARS if dimension != "area_employment_quintile" else range(2020, 2023))
    assert found == pytest.approx(wanted, rel=1e-9)


def test_the_midpoint_rule_leaves_no_fifth_empty_where_the_other_does(table):
    one = table[table["indicator_id"] == "OD02"]
    filled = {
        rule: one[one["dimension"] == f"area_foreign_born_quintile{rule}"]
        .groupby("period_start")["level"]
        .nunique()
        for rule in RULES
    }
    assert set(filled[""]) == {5}
    assert set(filled["_cumulative"]) == {4}


def test_every_fifth_is_of_areas_and_has_no_interval(table):
    fifths = table[table["dimension"].str.startswith("area_")]
    assert set(fifths["ses_measurement_level"]) == {"area"}
    assert fifths["level_label_sv"].str.startswith("Boende i").all()
    assert set(fifths["value_status"]) == {"shown"}
    limits = [name for name in table.columns if name.endswith(("_lower", "_upper"))]
    assert table[limits].isna().all(axis=None)


def test_no_verdict_is_given_on_a_gap_without_an_interval(skane, towns):
    gaps = pd.read_parquet(skane.current / "gap.parquet")
    assert set(gaps["indicator_id"]) == set(OUTCOMES)
    assert set(gaps["evidence_state"]) == {"not_estimated"}
    assert set(gaps["ses_measurement_level"]) == {"area"}
    assert gaps[["gap_abs_lower", "gap_harm_upper", "p_value", "p_fdr"]].isna().all(axis=None)
    (one,) = gaps[
        (gaps["indicator_id"] == "OD02")
        & (gaps["dimension"] == "area_education_quintile")
        & (gaps["period_start"].astype(str) == "2022-01-01")
        & gaps["is_declared_contrast"]
    ].to_dict("records")
    again = counted_again(towns, "N00957", *MEASURES["area_education_quintile"], "")
    assert one["gap_harm"] == pytest.approx(again[2022, "q1"] - again[2022, "q5"], rel=1e-9)


def test_the_gap_is_followed_over_the_years(skane):
    trend = pd.read_parquet(skane.current / "trend.parquet")
    years = trend.groupby(["indicator_id", "dimension"])["period_start"].nunique()
    for indicator in OUTCOMES:
        assert years[indicator, "area_education_quintile"] == 8
        assert years[indicator, "area_employment_quintile"] == 3
    long = trend[trend["n_periods"] >= 3]
    assert long["slope_abs_per_year"].notna().all()
    assert trend["slope_abs_per_year_lower"].isna().all()
    assert set(trend["gap_direction"]) == {"uncertain"}


@pytest.mark.parametrize("indicator", BENCHMARKS)
def test_a_figure_for_regions_only_stands_beside_the_country(table, recorded, indicator):
    kpi = BENCHMARKS[indicator]
    held = table[table["indicator_id"] == indicator]
    assert set(held["dimension"]) == {"total"}
    named = set(zip(held["geography_level"], held["geography_name"], strict=True))
    assert named == {("region", "Region Skåne"), ("country", "Riket")}
    found = {
        (row.geography_level, row.period_start.year): row.value_crude for row in held.itertuples()
    }
    per_cent = 100 if table_unit(held) == "percent" else 1
    wanted = {
        (level, year): recorded[kpi][code, year] / per_cent
        for level, code in (("region", "0012"), ("country", "0000"))
        for year in YEARS
        if (code, year) in recorded.index and pd.notna(recorded[kpi][code, year])
    }
    assert len(found) >= 14
    assert found == pytest.approx(wanted, rel=1e-12)


def table_unit(held):
    (unit,) = set(held["unit_of_measure"])
    return unit


def test_what_exists_for_regions_only_says_so_and_stands(ready):
    held = ready[ready["indicator_id"].isin(BENCHMARKS)].set_index(["indicator_id", "dimension"])
    for indicator in BENCHMARKS:
        total = held.loc[indicator, "total"]
        assert (total["readiness"], total["dimension_status"]) == ("green", "area_data")
        assert total["obstacle_sv"].startswith(
            "Måttet finns bara för regioner och riket och visas som jämförelse."
        )
        for dimension in MEASURES:
            row = held.loc[indicator, dimension]
            assert (row["readiness"], row["value_status"]) == ("red", "not_reported")
            assert row["obstacle_sv"] == (
                "Måttet finns bara för regioner och riket och kan inte delas upp på mindre områden."
            )


def test_no_obstacle_leaves_the_reader_without_a_reason(ready):
    red = ready[ready["readiness"] == "red"]
    assert red["obstacle_sv"].notna().all() and red["obstacle_en"].notna().all()
    assert not ready["obstacle_sv"].str.contains("Inga rader uppfyller", na=False).any()


def test_what_the_recordings_lack_is_said(ready):
    notes = ready[ready["definition_hash"].isna()].set_index("indicator_id")["obstacle_sv"]
    assert notes["N02267"].endswith("saknar värden för alla områden 2015–2019.")
    assert "saknar värden för Bjuv 2015–2019." in notes["N20402"]
    assert "medelvärde av tre år" in notes["N20402"]
    assert notes["U79133"].endswith("saknar värden för alla områden 2022.")
    assert notes["U71453"].endswith("saknar värden för Riket 2020.")
    for kpi in BENCHMARKS.values():
        assert "finns bara för regioner och riket och visas som jämförelse" in notes[kpi]
    assert "har inga värden för 2015–2022" in notes["N79173"]
    assert "visas som jämförelse" not in notes["N79173"]


def test_the_raw_answers_are_kept_untouched_with_where_they_came_from(skane):
    cards = sorted(skane.settings.snapshots.rglob("*.json"))
    assert len(cards) == 10
    for path in cards:
        card = json.loads(path.read_text("utf-8"))
        raw = skane.settings.snapshots / card["source"] / card["file"]
        assert hashlib.sha256(raw.read_bytes()).hexdigest() == card["sha256"]
        assert card["url"].startswith("http://127.0.0.1")
        assert card["licence"] == source(card["source"]).licence
        assert card["fetched_at"].endswith("+00:00")


def test_the_same_answers_once_more_are_nothing_new(skane):
    cards = {path.name for path in skane.settings.snapshots.rglob("*.json")}
    again = run_night(CONFIG, "2026-11-22", skane.settings.run.home)
    assert (again.report.status, again.report.run_id) == ("nothing_new", skane.report.run_id)
    assert {path.name for path in skane.settings.snapshots.rglob("*.json")} == cards


def test_the_release_names_every_source_with_licence_and_hash(skane):
    package = json.loads((skane.current / "datapackage.json").read_text("utf-8"))
    kept = {path.stem for path in skane.settings.snapshots.rglob("*.raw")}
    assert {one["sha256"] for one in package["sources"]} == kept
    assert {one["title"] for one in package["sources"]} == {
        source(name).publisher for name in ("kolada", "scb")
    }
    assert all(one["licence"] and one["attribution"] for one in package["sources"])
