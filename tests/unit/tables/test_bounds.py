"""How far gaps and values could move by what is not known, and what other divisions say."""

from dataclasses import replace

import pandas as pd
import pytest

from equity_pipeline.tables.gap import gap
from equity_pipeline.tables.stratified import stratified

GROUPS = {"pre_secondary": 0.5, "upper_secondary": 0.6, "post_secondary": 0.8}


def with_missing(context, indicator, n_missing, n_all, dimension="education"):
    told = pd.DataFrame(
        {
            "indicator_id": [indicator],
            "period_code": ["r12-2024-12"],
            "dimension": [dimension],
            "n_missing": [n_missing],
            "n_all": [n_all],
        }
    )
    return replace(context, missing=told)


def crude(table, level="pre_secondary"):
    rows = table.data.to_pandas()
    return rows[(rows["adjustment"] == "crude") & (rows["focus_level"] == level)].iloc[0]


def bounded(tabled, cells, indicator, share):
    """A gap of 1 600 beside 1 600 people, and 400 of unknown education, half with the event."""
    known = cells(indicator, "education", {"pre_secondary": 0.5, "post_secondary": 0.8})
    unknown = cells(indicator, "education", {"missing": 0.5}, n=10)
    made, context = tabled(known, unknown)
    context = with_missing(context, indicator, int(1000 * share), 1000)
    return crude(gap(made, context))


def test_a_tenth_without_the_group_gives_the_gap_its_best_and_worst_case(tabled, cells):
    one = bounded(tabled, cells, "VT01", 0.12)
    worst = (1280 + 200) / 1800 - 800 / 1800  # 200 without the event to one, 200 with to the other
    best = 1280 / 1800 - (800 + 200) / 1800
    assert one["gap_harm"] == pytest.approx(0.3)
    assert (one["gap_harm_best"], one["gap_harm_worst"]) == (
        pytest.approx(best),
        pytest.approx(worst),
    )
    assert (one["bounds_from"], one["bounds_indicator_id"], one["bounds_level"]) == (
        "missing_level",
        "VT01",
        "missing",
    )


def test_the_worst_case_of_what_should_be_low_is_turned(tabled, cells):
    one = bounded(tabled, cells, "BR07", 0.12)  # of those measured, with too high a value
    worst = (800 + 200) / 1800 - 1280 / 1800
    best = 800 / 1800 - (1280 + 200) / 1800
    assert one["gap_harm"] == pytest.approx(-0.3)
    assert (one["gap_harm_best"], one["gap_harm_worst"]) == (
        pytest.approx(best),
        pytest.approx(worst),
    )


@pytest.mark.parametrize("share", [0.05, 0.3])
def test_with_few_missing_or_too_many_there_are_no_bounds(tabled, cells, share):
    one = bounded(tabled, cells, "VT01", share)
    assert pd.isna(one["gap_harm_best"]) and pd.isna(one["bounds_from"])


def test_where_more_than_a_fifth_lack_the_group_nothing_is_judged(tabled, cells):
    assert bounded(tabled, cells, "VT01", 0.2)["evidence_state"] == "established_important"
    one = bounded(tabled, cells, "VT01", 0.21)
    assert one["evidence_state"] == "not_assessable"
    assert one["evidence_state_label_sv"].startswith("Kan inte bedömas")
    assert one["gap_harm"] == pytest.approx(0.3)


def test_a_mean_is_bounded_by_all_missing_in_one_of_the_groups(tabled, cells):
    one = bounded(tabled, cells, "VT03", 0.15)  # days: less is better
    ends = [0.5 - 0.8, 1000 / 2000 - 0.8, 0.5 - 1480 / 2000]
    assert one["gap_harm_best"] == pytest.approx(min(ends))
    assert one["gap_harm_worst"] == pytest.approx(max(ends))


def test_those_not_measured_give_a_share_of_the_measured_its_best_and_worst(tabled, cells):
    levels = {"pre_secondary": 0.5, "post_secondary": 0.5}
    measured = cells("BR07", "education", levels, n=40)  # 1 600 of each group were measured
    asked = cells("BR08", "education", levels, n=50)  # of 2 000
    made, context = tabled(measured, asked)
    t1 = stratified(made, context).data.to_pandas()
    one = t1[
        (t1["indicator_id"] == "BR07")
        & (t1["level"] == "pre_secondary")
        & (t1["strat2_level"] == "all")
    ].iloc[0]
    assert one["bounds_indicator_id"] == "BR08"
    assert one["value_best"] == pytest.approx(800 / 2000)
    assert one["value_worst"] == pytest.approx(1200 / 2000)
    two = crude(gap(made, context))
    assert (two["gap_harm_best"], two["gap_harm_worst"]) == (
        pytest.approx(-0.2),
        pytest.approx(0.2),
    )
    assert (two["bounds_from"], two["bounds_indicator_id"]) == ("not_measured", "BR08")
    others = t1[t1["indicator_id"] == "BR08"]
    assert others["value_best"].isna().all() and others["bounds_indicator_id"].isna().all()


def flags(tabled, cells, second):
    tables = [cells("VT01", "area_income_quintile", {"q1": 0.5, "q5": 0.8})]
    tables += [cells("VT01", "area_income_quintile_second", second)] if second else []
    made, context = tabled(*tables)
    rows = gap(made, context).data.to_pandas()
    t1 = stratified(made, context).data.to_pandas()
    assert set(rows["dimension"]) == set(t1["dimension"]) == {"area_income_quintile"}
    return rows[rows["adjustment"] == "crude"]["maup_flag"].tolist()


def test_a_gap_that_turns_in_the_other_division_is_marked(tabled, cells):
    assert flags(tabled, cells, {"q1": 0.8, "q5": 0.5}) == [True]


def test_a_gap_of_another_evidence_in_the_other_division_is_marked(tabled, cells):
    assert flags(tabled, cells, {"q1": 0.775, "q5": 0.8}) == [True]


def test_a_gap_that_both_divisions_agree_on_is_not_marked(tabled, cells):
    assert flags(tabled, cells, {"q1": 0.45, "q5": 0.8}) == [False]


def test_without_a_second_division_nothing_is_said_of_it(tabled, cells):
    assert flags(tabled, cells, None) == [None]


def test_a_dimension_of_persons_has_no_other_division(tabled, cells):
    made, context = tabled(cells("VT01", "education", GROUPS))
    assert gap(made, context).data.to_pandas()["maup_flag"].isna().all()


def test_a_ratio_to_the_expected_is_never_adjusted_and_its_harm_is_towards_one(tabled, cells):
    made, context = tabled(
        cells("BR01", "education", {"pre_secondary": 0.5, "post_secondary": 0.9})
    )
    assert set(made["adjustment"]) == {"crude"}
    one = crude(gap(made, context))
    assert one["gap_abs"] == pytest.approx(-0.4)
    assert one["gap_harm"] == pytest.approx(0.4)  # half of one away beside a tenth
    assert one["is_headline"]
    t1 = stratified(made, context).data.to_pandas()
    row = t1[(t1["level"] == "pre_secondary") & (t1["strat2_level"] == "all")].iloc[0]
    assert row["value_crude"] == pytest.approx(0.5)
    assert row["ci_method"] == "byar_exact"
    assert set(t1["strat2_level"]) == {"all", "female", "male"}
