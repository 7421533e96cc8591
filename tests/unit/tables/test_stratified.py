"""T1: values, words and standards, on groups whose values are known."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pyarrow.compute as pc
import pytest

from equity_pipeline.tables.gap import gap
from equity_pipeline.tables.stratified import stratified


def frame(tabled, *tables, published=None):
    made, context = tabled(*tables)
    return stratified(made, context, published).data.to_pandas()


def test_a_row_holds_the_groups_value_with_wilsons_interval(tabled, cells):
    made = frame(tabled, cells("VT01", "education", {"pre_secondary": 0.5, "post_secondary": 0.8}))
    [row] = made[(made["level"] == "pre_secondary") & (made["strat2_level"] == "all")].to_dict(
        "records"
    )
    assert row["n_denominator"] == 1_600
    assert row["n_numerator"] == 800
    assert row["value_crude"] == pytest.approx(0.5)
    assert row["value_crude_lower"] == pytest.approx(0.4755, abs=5e-5)
    assert row["ci_method"] == "wilson"
    assert row["level_label_sv"] == "Förgymnasial utbildning"


def test_each_level_stands_for_all_and_for_each_sex(tabled, cells):
    made = frame(tabled, cells("VT01", "education", {"pre_secondary": 0.5, "post_secondary": 0.8}))
    assert made.groupby("level").size().to_dict() == {"pre_secondary": 3, "post_secondary": 3}
    parts = made[made["strat2_level"] != "all"]
    assert set(parts["strat2_dimension"]) == {"sex"}
    assert parts["n_denominator"].sum() == 3_200


def test_area_levels_speak_of_residents_and_of_units_where_only_the_unit_is_known(tabled, cells):
    share = {"q1": 0.5, "q5": 0.8}
    lived = frame(tabled, cells("VT01", "area_income_quintile", share))
    asked = frame(tabled, cells("UP07", "area_income_quintile", share))
    assert lived["level_label_sv"].str.startswith("Boende i områden").all()
    assert asked["level_label_sv"].str.startswith("Enheter i områden").all()
    assert set(lived["ses_measurement_level"]) == {"area"}


def test_a_definition_changed_after_data_were_seen_says_so_in_its_rows(tabled, cells):
    shares = {"pre_secondary": 0.5, "post_secondary": 0.8}
    made, context = tabled(cells("VT01", "education", shares), cells("TG07", "education", shares))
    context = replace(context, post_hoc={"TG07": date(2024, 6, 1), "VT01": date(2024, 1, 1)})
    for form in (stratified, gap):
        told = form(made, context).data.to_pandas().groupby("indicator_id")["definition_status"]
        assert told.unique().map(list).to_dict() == {
            "TG07": ["post_hoc"],
            "VT01": ["pre_specified"],
        }


def test_a_published_figure_of_the_region_stands_instead_of_our_own_mean(tabled, cells):
    published = pd.DataFrame(
        {
            "indicator_id": ["OD01", "OD01"],
            "period_code": ["r12-2024-12"] * 2,
            "geography_level": ["region", "municipality"],
            "geography_code": ["12", "1280"],
            "geography_name": ["Region Skåne", "Malmö"],
            "value": [5_000.0, 6_000.0],
            "value_lower": [4_900.0, None],
            "value_upper": [5_100.0, None],
        }
    )
    made = frame(tabled, cells("OD01", "total", {"all": 0.5}), published=published)
    assert made.set_index("geography_code")["value_crude"].to_dict() == {
        "12": 5_000.0,
        "1280": 6_000.0,
    }
    whole, town = (made[made["geography_code"] == code].iloc[0] for code in ("12", "1280"))
    assert (whole["value_crude_lower"], whole["value_crude_upper"]) == (4_900.0, 5_100.0)
    assert pd.isna(town["value_crude_lower"]) and town["ci_method"] == "published"


def test_a_row_of_area_classes_says_which_criteria_made_them(tabled, cells):
    classes = {"resource_weak": 0.5, "other": 0.8}
    by_class = [cells(name, "area_class", classes) for name in ("VT01", "OD02")]
    made, context = tabled(*by_class, cells("VT01", "total", {"all": 0.6}))
    context = replace(context, four_criteria={("OD02", "r12-2024-12")})
    held = stratified(made, context).data.to_pandas()
    told = held.groupby(["indicator_id", "dimension"], dropna=False)["area_class_variant"]
    assert told.agg(lambda some: set(some.dropna())).to_dict() == {
        ("OD02", "area_class"): {"four_criteria"},
        ("VT01", "area_class"): {"five_criteria"},
        ("VT01", "total"): set(),
    }


def test_the_standard_is_reached_by_those_whom_the_dimension_reaches(tabled, cells):
    total = cells("VT01", "total", {"all": 0.5})
    adults = cells("VT01", "education", {"pre_secondary": 0.5, "post_secondary": 0.8})
    young = adults.filter(pc.equal(adults["age_group"], "30-34"))
    made = frame(tabled, total, young)
    held = made[(made["dimension"] == "education") & (made["strat2_level"] == "all")]
    assert held["value_std"].notna().all()
