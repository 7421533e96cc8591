"""A region that may not link individual socioeconomics still gets its tables, by area."""

from __future__ import annotations

import pandas as pd
import pytest

from equity_pipeline.synthetic import generate
from equity_pipeline.vocabulary import vocabulary

from .conftest import PERSONS, SEED, run_night, thin, write_config

pytestmark = pytest.mark.long

INDIVIDUAL = {
    "education": ("utbildning", "education"),
    "income_quintile": ("inkomst", "income"),
    "employment": ("sysselsättning", "employment"),
    "economic_standard": ("ekonomisk standard", "economic standard"),
}
AREA = {
    "area_education_quintile", "area_income_quintile", "area_employment_quintile",
    "area_foreign_born_quintile", "area_class",
}  # fmt: skip


@pytest.fixture(scope="module")
def area_night(tmp_path_factory):
    folder = tmp_path_factory.mktemp("area_mode")
    generate(PERSONS, SEED, folder / "region", individual_ses=False)
    incoming = thin(folder / "region" / "incoming")
    assert not list(incoming.rglob("ses_*"))
    return run_night(write_config(folder, incoming, periods=1, tiers=()))


@pytest.fixture(scope="module")
def tables(area_night):
    return {form: region(area_night, form) for form in ("stratified", "gap", "readiness")}


def region(night, form: str) -> pd.DataFrame:
    """Return the rows of a published form that are of the whole region."""
    held = pd.read_parquet(night.current / f"{form}.parquet")
    return held[held["geography_level"] == "region"] if "geography_level" in held else held


def test_every_form_stands_and_crosses_and_nominates_by_area(area_night):
    made = {path.stem for path in area_night.current.glob("*.parquet")}
    assert made == set(vocabulary().forms)
    strata = pd.read_parquet(area_night.current / "maihda_strata.parquet")
    assert len(strata) and (strata["area_class"] != "all").all()
    assert (strata[["education", "income_three"]] == "all").all().all()
    cases = pd.read_parquet(area_night.current / "decision_register.parquet")
    assert len(cases) and "candidate_a" not in set(cases["auto_grade"])
    parts = pd.read_parquet(area_night.current / "decomposition.parquet")
    assert set(INDIVIDUAL).isdisjoint(parts["dimension"]) and len(parts)


@pytest.mark.parametrize("form", ["stratified", "gap"])
def test_no_table_has_a_row_of_individual_socioeconomics(tables, form):
    assert set(INDIVIDUAL).isdisjoint(tables[form]["dimension"])


@pytest.mark.parametrize("indicator", ["VT01", "TG05", "TG07"])
def test_the_area_tables_stand(tables, indicator):
    held = tables["stratified"]
    held = held[(held["indicator_id"] == indicator) & (held["strat2_level"] == "all")]
    assert set(held["dimension"]) >= AREA | {"sex", "age_band", "country_of_birth"}
    fifths = held[held["dimension"] == "area_income_quintile"]
    assert list(fifths["level"]) == ["q1", "q2", "q3", "q4", "q5"]
    assert fifths["value_crude"].notna().all()
    gaps = tables["gap"]
    mine = gaps[(gaps["indicator_id"] == indicator) & gaps["dimension"].isin(AREA)]
    declared = mine[mine["is_declared_contrast"] & mine["is_headline"]]
    assert set(declared["dimension"]) == AREA
    assert declared["gap_abs_lower"].notna().all()


def test_the_area_values_are_those_of_the_region_with_individual_data(tables, small_night):
    full = region(small_night, "stratified")
    key = ["indicator_id", "period_start", "dimension", "level", "strat2_level"]
    both = tables["stratified"].merge(full, on=key, suffixes=("", "_full"), validate="1:1")
    both = both[both["dimension"].isin(AREA) & (both["strat2_level"] == "all")]
    assert len(both) > 50
    assert (both["n_denominator"] == both["n_denominator_full"]).all()
    pd.testing.assert_series_equal(
        both["value_crude"], both["value_crude_full"], check_names=False, check_exact=True
    )


def test_the_same_people_are_behind_an_area_and_no_row_mixes_levels(tables):
    for form in ("stratified", "gap"):
        held = tables[form]
        levels = held.groupby("dimension")["ses_measurement_level"].agg(set)
        for dimension, found in levels.items():
            assert found == {vocabulary().dimensions[dimension].level}, dimension
        assert set(
            held.loc[held["dimension"].str.startswith("area_"), "ses_measurement_level"]
        ) == {"area"}


def test_a_label_of_an_area_says_that_people_live_there(tables):
    held = tables["stratified"]
    areas = held[(held["ses_measurement_level"] == "area") & (held["level"] != "missing")]
    assert areas["level_label_sv"].str.startswith("Boende i").all()
    assert areas["level_label_en"].str.startswith(("Residents of", "Residents in")).all()
    gaps = tables["gap"]
    for name in ("focus_label_sv", "reference_label_sv"):
        mine = gaps[gaps["dimension"].str.startswith("area_") & (gaps["focus_level"] != "missing")]
        assert mine[name].str.startswith("Boende i").all()


@pytest.mark.parametrize("dimension", INDIVIDUAL)
def test_what_is_missing_is_said_in_both_languages(tables, dimension):
    sv, en = INDIVIDUAL[dimension]
    held = tables["readiness"]
    held = held[(held["dimension"] == dimension) & held["indicator_id"].isin(["VT01", "TG07"])]
    assert set(held["readiness"]) == {"red"}
    assert set(held["value_status"]) == {"not_reported"}
    assert set(held["dimension_status"]) == {"area_data"}
    assert set(held["obstacle_sv"]) == {
        f"Individuell uppgift om {sv} är inte levererad; områdestabellerna gäller."
    }
    assert set(held["obstacle_en"]) == {
        f"Individual data on {en} are not delivered; the area tables apply."
    }


def test_what_is_delivered_is_as_ready_as_with_individual_data(tables, small_night):
    full = pd.read_parquet(small_night.current / "readiness.parquet")
    key = ["indicator_id", "dimension"]
    both = tables["readiness"].merge(full, on=key, suffixes=("", "_full"))
    both = both[~both["dimension"].isin([*INDIVIDUAL, "disability_proxy"])]
    assert (both["readiness"] == both["readiness_full"]).all()
