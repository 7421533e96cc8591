"""Which cases are nominated: made from cells, through the gap table."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.decision_candidates import nominated
from equity_pipeline.tables.gap import gap
from equity_pipeline.vocabulary import vocabulary

NEWEST, BEFORE = "r12-2024-12", "r12-2023-12"
SPANS = {
    NEWEST: (date(2024, 1, 1), date(2025, 1, 1)),
    BEFORE: (date(2023, 1, 1), date(2024, 1, 1)),
}
UNEQUAL = {"q1": 0.60, "q2": 0.80, "q3": 0.80, "q4": 0.80, "q5": 0.82}
EQUAL = dict.fromkeys(UNEQUAL, 0.80)


@pytest.fixture
def judged(cells, tabled):
    """Return a function: what is delivered a period -> the nominated cases by id and dimension."""

    def make(newest, before=None, *, indicator="TG07", dimension="income_quintile", ready=None,
             post_hoc=None, beside=()):  # fmt: skip
        held = [cells(indicator, dimension, newest, n=100)]
        if before is not None:
            held.append(cells(indicator, dimension, before, n=100, period=BEFORE))
        estimates, context = tabled(*held, *beside)
        periods = pd.concat(
            [context.periods.assign(period_code=code, period_start=span[0], period_end=span[1])
             for code, span in SPANS.items()]
        )  # fmt: skip
        context = replace(context, periods=periods, post_hoc=post_hoc or {})
        made = nominated(gap(estimates, context).data.to_pandas(), ready, context.declared, "12")
        return made.set_index(["indicator_id", "dimension"])

    return make


def one(made, indicator="TG07", dimension="income_quintile"):
    return made.loc[(indicator, dimension)]


def test_beyond_the_limit_in_every_model_and_two_years_is_candidate_a(judged):
    found = one(judged(UNEQUAL, UNEQUAL))
    assert found["auto_grade"] == "candidate_a"
    assert (found["n_periods_established"], found["worse_off_level"]) == (2, "q1")
    assert found["n_need_models"] >= 1


def test_one_year_alone_is_candidate_b(judged):
    assert one(judged(UNEQUAL))["auto_grade"] == "candidate_b"
    assert one(judged(UNEQUAL, EQUAL))["auto_grade"] == "candidate_b"


def test_two_years_on_opposite_sides_are_not_two_in_a_row(judged):
    turned = {"q1": 0.82, "q2": 0.8, "q3": 0.8, "q4": 0.8, "q5": 0.60}
    found = one(judged(UNEQUAL, turned))
    assert (found["auto_grade"], found["n_periods_established"]) == ("candidate_b", 1)


def test_no_difference_is_no_candidate(judged):
    assert one(judged(EQUAL, EQUAL))["auto_grade"] == "no_candidate"


def test_areas_reach_candidate_b_at_most(judged, cells):
    found = judged(
        UNEQUAL, UNEQUAL, dimension="area_income_quintile",
        beside=[cells("TG07", "income_quintile", EQUAL, n=100)],
    )  # fmt: skip
    assert one(found, dimension="area_income_quintile")["auto_grade"] == "candidate_b"


def test_without_socioeconomics_of_persons_nothing_reaches_candidate_a(judged):
    unequal = {"female": 0.60, "male": 0.82}
    assert one(judged(unequal, unequal, dimension="sex"), dimension="sex")["auto_grade"] == (
        "candidate_b"
    )


def test_persons_of_a_known_income_let_the_sexes_reach_candidate_a(judged, cells):
    unequal = {"female": 0.60, "male": 0.82}
    beside = [cells("TG07", "income_quintile", EQUAL, n=100)]
    found = judged(unequal, unequal, dimension="sex", beside=beside)
    assert one(found, dimension="sex")["auto_grade"] == "candidate_a"


@pytest.mark.parametrize(
    ("readiness", "completeness"), [("red", 1.0), ("yellow", 0.79)], ids=["red", "missing"]
)
def test_red_readiness_and_much_missing_cannot_be_assessed(judged, readiness, completeness):
    ready = pd.DataFrame(
        {"indicator_id": ["TG07"], "dimension": ["income_quintile"], "readiness": [readiness],
         "completeness": [completeness]}
    )  # fmt: skip
    assert one(judged(UNEQUAL, UNEQUAL, ready=ready))["auto_grade"] == "not_assessable"


def test_a_fifth_missing_can_still_be_assessed(judged):
    ready = pd.DataFrame(
        {"indicator_id": ["TG07"], "dimension": ["income_quintile"], "readiness": ["yellow"],
         "completeness": [0.80]}
    )  # fmt: skip
    assert one(judged(UNEQUAL, UNEQUAL, ready=ready))["auto_grade"] == "candidate_a"


def test_a_definition_changed_after_data_were_seen_is_watched_at_most(judged):
    changed = {"TG07": date(2024, 6, 1)}
    assert one(judged(UNEQUAL, UNEQUAL, post_hoc=changed))["auto_grade"] == "watch"


def test_a_year_from_before_the_definition_does_not_make_a_candidate_a(judged):
    changed = {"TG07": date(2024, 1, 1)}
    assert one(judged(UNEQUAL, UNEQUAL, post_hoc=changed))["auto_grade"] == "candidate_b"


def test_an_indicator_without_a_good_side_has_no_case(judged):
    neutral = next(one.id for one in load_catalogue().select() if not one.enters_verdicts)
    assert judged(UNEQUAL, UNEQUAL, indicator=neutral).empty


def test_what_is_picked_says_among_how_many_and_has_a_wider_interval(judged, cells):
    equal = [
        cells("TG07", name, dict.fromkeys(levels, 0.8), n=100)
        for name, levels in {
            "sex": ("female", "male"),
            "education": ("pre_secondary", "upper_secondary", "post_secondary"),
            "employment": ("not_employed", "employed"),
        }.items()
    ]
    found = judged(UNEQUAL, UNEQUAL, beside=equal)
    picked = one(found)
    assert (picked["n_comparisons"], picked["n_picked"]) == (4, 1)
    assert picked["gap_picked_lower"] < picked["gap_harm_lower"]
    assert picked["gap_picked_lower"] > picked["mid"]


def test_what_would_not_be_picked_among_many_is_watched():
    """Equal groups beside it: the same interval does not stay beyond the limit."""
    names = [
        one.name for one in vocabulary().dimensions.values()
        if one.focus is not None and one.family != "area_sensitivity"
    ]  # fmt: skip
    declared = {"TG07": load_catalogue()["TG07"]}
    mid = declared["TG07"].mid
    rows = pd.DataFrame({"dimension": names})
    rows["gap_harm"] = [mid + 0.0201] + [0.0] * (len(names) - 1)
    for end, z in (("lower", -1.96), ("upper", 1.96)):
        rows[f"gap_harm_{end}"] = rows["gap_harm"] + z * 0.01
    state = ["established_important"] + ["equivalent"] * (len(names) - 1)
    rows = rows.assign(
        indicator_id="TG07", geography_code="12", adjustment="need_b", is_headline=True,
        is_declared_contrast=True, period_kind="rolling_12_months", n_clusters=float("nan"),
        period_start=SPANS[NEWEST][0], period_end=SPANS[NEWEST][1], mid=mid, gap_abs=-0.05,
        evidence_state=state, ses_measurement_level="individual",
        definition_status="pre_specified", focus_level="a", reference_level="b",
    )  # fmt: skip
    alone = nominated(rows.head(1), None, declared, "12")
    among = nominated(rows, None, declared, "12")
    assert alone["auto_grade"].tolist() == ["candidate_b"]
    assert among["auto_grade"].iloc[0] == "watch"
