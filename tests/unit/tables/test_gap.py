"""T2: signs, verdict states, families and flags, on groups whose values are known."""

import numpy as np
import pytest

from equity_pipeline.tables.gap import gap

INCOME = {"q1": 0.6, "q2": 0.65, "q3": 0.7, "q4": 0.75, "q5": 0.8}


def rows(tabled, *tables, **chosen):
    made, context = tabled(*tables)
    frame = gap(made, context).data.to_pandas()
    for name, value in chosen.items():
        frame = frame[frame[name] == value]
    return frame


def test_a_group_that_is_seen_less_often_is_worse_off_when_more_is_better(tabled, cells):
    [row] = rows(
        tabled, cells("VT01", "income_quintile", INCOME), focus_level="q1", adjustment="crude"
    ).to_dict("records")
    assert row["focus_value"] == pytest.approx(0.6)
    assert row["reference_value"] == pytest.approx(0.8)
    assert row["gap_abs"] == pytest.approx(-0.2)
    assert row["gap_harm"] == pytest.approx(0.2)
    assert row["ratio"] == pytest.approx(0.75)
    assert row["ratio_unfavourable"] == pytest.approx(2.0)
    assert row["is_declared_contrast"]
    assert row["is_headline"]
    assert row["evidence_state"] == "established_important"
    assert row["sii"] > 0.2


def test_a_group_with_more_missed_visits_is_worse_off_when_less_is_better(tabled, cells):
    levels = {"q1": 0.3, "q5": 0.2}
    [row] = rows(
        tabled, cells("TG05", "income_quintile", levels), focus_level="q1", adjustment="crude"
    ).to_dict("records")
    assert row["gap_abs"] == pytest.approx(10.0)  # per 100 booked
    assert row["gap_harm"] == pytest.approx(10.0)


def test_equal_groups_are_equivalent_and_never_called_equal_when_few(tabled, cells):
    same = dict.fromkeys(INCOME, 0.5)
    many = rows(tabled, cells("VT01", "income_quintile", same, n=400), adjustment="crude")
    assert set(many["evidence_state"]) == {"equivalent"}
    few = rows(tabled, cells("VT01", "income_quintile", same, n=4), adjustment="crude")
    assert set(few["evidence_state"]) == {"uncertain"}


def test_groups_where_everybody_was_seen_are_not_equivalent_when_they_are_few(tabled, cells):
    few = cells("VT01", "sex", {"female": 0.5, "male": 0.5}, n=2)
    few = few.take([0, 1, 42, 43])  # four cells of two people, two of each level
    everybody = few.set_column(few.schema.get_field_index("s"), "s", few["d"])
    [row] = rows(tabled, everybody, adjustment="crude").to_dict("records")
    assert row["gap_abs"] == 0
    assert row["gap_abs_upper"] > 0.2
    assert row["evidence_state"] == "uncertain"


def test_a_neutral_indicator_has_no_worse_side(tabled, cells):
    made = rows(tabled, cells("KO01", "sex", {"female": 0.6, "male": 0.5}), adjustment="crude")
    assert made["gap_harm"].isna().all()
    assert set(made["evidence_state"]) == {"not_applicable"}


def test_below_its_floor_an_indicator_gives_no_verdict(tabled, cells):
    low = rows(tabled, cells("BR14", "income_quintile", {"q1": 0.3, "q5": 0.15}, n=100))
    high = rows(tabled, cells("BR14", "income_quintile", {"q1": 0.5, "q5": 0.3}, n=100))
    assert set(low["evidence_state"]) == {"not_applicable"}
    assert "not_applicable" not in set(high["evidence_state"])


def test_missing_is_neither_focus_nor_reference_nor_part_of_a_gradient(tabled, cells):
    with_missing = rows(
        tabled, cells("VT01", "income_quintile", INCOME | {"missing": 0.1}), adjustment="crude"
    )
    without = rows(tabled, cells("VT01", "income_quintile", INCOME), adjustment="crude")
    assert set(with_missing["focus_level"]) == {"q1", "q2", "q3", "q4"}
    np.testing.assert_allclose(with_missing["sii"], without["sii"])


def test_a_family_is_a_domain_a_dimension_and_an_adjustment(tabled, cells):
    made = rows(
        tabled,
        cells("VT01", "income_quintile", INCOME),
        cells("VT01", "sex", {"female": 0.6, "male": 0.5}),
        adjustment="crude",
    )
    assert set(made["test_family"]) == {
        "waiting/income_quintile/crude",
        "waiting/sex/crude",
    }
    counted = made.groupby("test_family")["n_in_family"].first()
    assert counted["waiting/income_quintile/crude"] == 4
    assert counted["waiting/sex/crude"] == 1
    assert (made["p_fdr"] >= made["p_value"]).all()


def test_opposite_signs_on_persons_and_areas_are_flagged_on_both(tabled, cells):
    turned = {"q1": 0.8, "q5": 0.6}
    made = rows(
        tabled,
        cells("VT01", "income_quintile", INCOME),
        cells("VT01", "area_income_quintile", turned),
        cells("VT01", "sex", {"female": 0.6, "male": 0.5}),
        adjustment="crude",
    )
    flagged = set(made.loc[made["eco_reversal_flag"], "dimension"])
    assert flagged == {"income_quintile", "area_income_quintile"}


def test_a_dimension_is_never_adjusted_for_itself(tabled, cells):
    made = rows(tabled, cells("VT01", "sex", {"female": 0.6, "male": 0.5}), adjustment="need_a")
    assert set(made["need_model"]) == {"age"}


def test_an_indicator_whose_need_lacks_morbidity_is_headed_by_age_and_sex(tabled, cells):
    made = rows(tabled, cells("TG07", "income_quintile", INCOME))  # need is age, sex, morbidity
    headed = made[made["is_headline"]]
    assert set(headed["adjustment"]) == {"need_a"}
    assert set(headed["need_model"]) == {"age+sex"}


def test_published_figures_have_gaps_without_interval_or_verdict(tabled, cells):
    made = rows(tabled, cells("OD01", "area_income_quintile", {"q1": 0.6, "q5": 0.5}))
    assert set(made["adjustment"]) == {"crude"}
    assert made["gap_abs_lower"].isna().all()
    assert set(made["evidence_state"]) == {"not_estimated"}
