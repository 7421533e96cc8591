"""T7: an arithmetic example with its caveats, its limits, and no sum across dimensions."""

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.tables.newest import newest
from equity_pipeline.vocabulary import vocabulary
from tests.formed import given_of, spread

FORBIDDEN = ("undvikbar", "möjlig förbättring", "beror på", "orsakas", "leder till", "onödig")
LEVELS = {"q1": 0.6, "q3": 0.8, "q5": 0.75}


def rows(indicator="VT01", levels=LEVELS, n=1000, **more):
    return [
        row
        for level, share in levels.items()
        for row in spread(level, n, round(n * share), indicator_id=indicator, **more)
    ]


def made(held, options=None):
    return newest(given_of(held, options=options)).tables["excess_burden"].data.to_pandas()


def one(frame, scenario, level, adjustment="crude"):
    [row] = frame[
        (frame["reference_scenario"] == scenario)
        & (frame["level"] == level)
        & (frame["adjustment"] == adjustment)
    ].to_dict("records")
    return row


def test_a_group_that_is_better_off_lessens_the_sum():
    found = made(rows())
    assert one(found, "reference_group", "q3")["excess_cases"] == pytest.approx(-50)
    assert one(found, "reference_group", "q1")["excess_cases"] == pytest.approx(150)
    assert one(found, "reference_group", "all")["excess_cases"] == pytest.approx(100)


def test_the_best_group_is_named_and_its_sum_bears_the_caveat_that_it_was_picked():
    found = one(made(rows()), "best_group", "all")
    assert found["scenario_level"] == "q3"
    assert found["excess_cases"] == pytest.approx(250)
    assert "vald efter sitt värde" in found["caveat_sv"]


def test_around_the_mean_of_the_region_the_groups_even_out():
    found = made(rows())
    assert one(found, "region_mean", "all")["excess_cases"] == 0
    assert one(found, "region_mean", "q1")["excess_cases"] == pytest.approx(1000 * (2.15 / 3 - 0.6))
    assert one(found, "region_mean", "q1")["excess_cases_lower"] > 0
    assert np.isnan(one(found, "region_mean", "all")["paf"])


def test_a_target_counts_only_where_somebody_set_one():
    found = made(rows(), FormSettings(target_levels={"VT01": 0.9}))
    assert one(found, "target_level", "q1")["excess_cases"] == pytest.approx(300)
    assert one(found, "target_level", "all")["excess_cases"] == pytest.approx(550)
    assert "target_level" not in set(made(rows())["reference_scenario"])


def test_the_limits_of_a_group_are_those_of_its_gap():
    given = given_of(rows(), forms=True)
    found = newest(given).tables["excess_burden"].data.to_pandas()
    gaps = given.made["gap"].data.to_pandas()
    [gap] = gaps[(gaps["focus_level"] == "q1") & (gaps["adjustment"] == "crude")].to_dict("records")
    row = one(found, "reference_group", "q1")
    for end in ("lower", "upper"):
        assert row[f"excess_cases_{end}"] == pytest.approx(1000 * gap[f"gap_harm_{end}"])


def test_an_adjusted_example_has_the_limits_of_the_adjusted_gap():
    held = [
        row
        for level, shift in {"q1": 0, "q5": 60}.items()
        for age, n in (("20-24", 700 - shift), ("70-74", 500 + shift))
        for row in spread(
            level, n, round(n * (0.5 if level == "q1" else 0.65)), indicator_id="TG07",
            age_group=age,
        )
    ]  # fmt: skip
    given = given_of(held, forms=True)
    found = newest(given).tables["excess_burden"].data.to_pandas()
    gaps = given.made["gap"].data.to_pandas()
    [gap] = gaps[gaps["adjustment"] == "need_a"].to_dict("records")
    row = one(found, "reference_group", "q1", "need_a")
    assert row["is_headline"]
    assert row["excess_cases"] == pytest.approx(1200 * gap["gap_harm"])
    for end in ("lower", "upper"):
        assert row[f"excess_cases_{end}"] == pytest.approx(1200 * gap[f"gap_harm_{end}"], rel=1e-6)


def test_groups_of_a_dimension_may_be_added_and_dimensions_never():
    found = made([*rows(), *rows(levels={"female": 0.6, "male": 0.7}, dimension="sex")])
    every = found["level"] == "all"
    assert found.loc[~every, "additive_ok"].all()
    assert not found.loc[every, "additive_ok"].any()


@pytest.mark.parametrize("indicator", ["KO01"])
def test_an_indicator_without_a_good_side_has_no_row(indicator):
    assert made(rows(indicator)).empty


def test_ages_are_not_held_to_the_level_of_the_best_age():
    assert made(rows(levels={"18-44": 0.6, "65-79": 0.7}, dimension="age_band")).empty


def test_those_whose_group_is_not_known_are_not_in_the_example():
    found = made(rows(levels=LEVELS | {"missing": 0.1}))
    assert "missing" not in set(found["level"])
    assert one(found, "reference_group", "all")["n"] == 3000


def test_without_the_reference_group_there_is_a_row_and_no_number():
    [row] = made(rows(levels={"q1": 0.6, "q2": 0.7})).to_dict("records")
    assert row["value_status"] == "no_population"
    assert row["level_label_sv"] == "Alla grupper"
    assert pd.isna(row["excess_cases"])


def test_one_unit_gives_numbers_without_limits():
    held = [row | {"cluster_key": "U1"} for row in rows()]
    found = one(made(held), "reference_group", "q1")
    assert found["excess_cases"] == pytest.approx(150)
    assert np.isnan(found["excess_cases_lower"])


def test_missed_visits_are_priced_with_a_source_that_is_told():
    found = one(made(rows("TG05", {"q1": 0.10, "q5": 0.06})), "reference_group", "q1")
    assert found["excess_cases"] == pytest.approx(40)
    assert found["excess_sek"] == pytest.approx(40 * found["unit_cost"])
    assert "prislista" in found["unit_cost_source"]


def test_every_caveat_says_that_it_is_an_arithmetic_example():
    for words in vocabulary().codes["caveat"].values():
        assert words.sv.startswith("Räkneexempel: om alla grupper hade")
        assert "inte en prognos" in words.sv
        assert "aldrig ihop över indelningar" in words.sv
        assert not [bad for bad in FORBIDDEN if bad in words.sv.lower()]
    assert set(vocabulary().codes["caveat"]) == set(vocabulary().codes["reference_scenario"])
