"""A decided case is followed up: then beside now, through the form."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.tables.decision_persons import KEY, concerned
from equity_pipeline.tables.decision_register import JUDGED, NAMES, decision_register
from equity_pipeline.tables.gap import gap
from equity_pipeline.tables.table import form_of

CASE = "TG07/income_quintile/q1/listed"
NOW = {"q1": 0.78, "q2": 0.80, "q3": 0.80, "q4": 0.80, "q5": 0.82}
BEFORE = {"q1": 0.60, "q2": 0.80, "q3": 0.80, "q4": 0.80, "q5": 0.82}


@pytest.fixture
def form(cells, tabled):
    """Return a function: versions of the register -> T10 of a region with two years."""
    estimates, context = tabled(
        cells("TG07", "income_quintile", NOW, n=100),
        cells("TG07", "income_quintile", BEFORE, n=100, period="r12-2023-12"),
    )
    spans = {"r12-2024-12": 2024, "r12-2023-12": 2023}
    periods = [
        context.periods.assign(
            period_code=code, period_start=date(year, 1, 1), period_end=date(year + 1, 1, 1)
        )
        for code, year in spans.items()
    ]
    context = replace(context, periods=pd.concat(periods))
    gaps = gap(estimates, context)

    def make(*versions):
        register = pd.DataFrame(list(versions)) if versions else None
        made = decision_register(gaps, None, context, register).data.to_pylist()
        return {(row["case_id"], row["version"]): row for row in made}

    return make


@pytest.fixture
def version(form):
    """Return a function: a version of the case as the register holds it, decided a year ago."""
    now = form()[(CASE, 0)]

    def make(number=1, **more):
        blank = dict.fromkeys((*JUDGED, *NAMES))
        then = {
            "gap_then": 0.22, "gap_then_lower": 0.20, "gap_then_upper": 0.24,
            "then_n_clusters": now["n_clusters"], "then_period_end": date(2024, 1, 1),
            "then_definition_hash": now["definition_hash"],
            "then_adjustment": now["adjustment"], "importance_size": 3, "importance_duration": 1,
        }  # fmt: skip
        names = ("indicator_id", "dimension", "focus_level", "reference_level", "population_base")
        case = {name: now[name] for name in names}
        stamp = {"case_id": CASE, "version": number, "status": "decided"}
        return {**blank, **case, **then, **stamp, **more}

    return make


def test_a_gap_that_was_closed_is_told_to_have_narrowed_with_its_interval(form, version):
    row = form(version())[(CASE, 1)]
    assert row["follow_up"] == "narrowed"
    assert row["gap_narrowing"] == pytest.approx(0.22 - row["gap_harm"], abs=1e-9)
    assert 0 < row["gap_narrowing_lower"] < row["gap_narrowing"] < row["gap_narrowing_upper"]
    assert "återgång mot det vanliga" in row["follow_up_label_sv"]


def test_a_gap_that_grew_is_told_to_have_widened(form, version):
    then = {"gap_then": 0.0, "gap_then_lower": -0.005, "gap_then_upper": 0.005}
    assert form(version(**then))[(CASE, 1)]["follow_up"] == "widened"


def test_an_uncertain_change_is_never_called_no_change(form, version):
    then = {"gap_then": 0.05, "gap_then_lower": -0.15, "gap_then_upper": 0.25}
    row = form(version(**then))[(CASE, 1)]
    assert row["follow_up"] == "not_settled"
    assert row["follow_up_label_sv"].startswith("Underlaget räcker inte")


def test_no_whole_period_after_the_decision_is_told_so(form, version):
    row = form(version(then_period_end=date(2025, 1, 1)))[(CASE, 1)]
    assert (row["follow_up"], row["gap_narrowing"]) == ("not_yet", None)


@pytest.mark.parametrize(
    "changed", [{"then_definition_hash": "other"}, {"then_adjustment": "crude"}]
)
def test_a_changed_definition_cannot_be_compared(form, version, changed):
    assert form(version(**changed))[(CASE, 1)]["follow_up"] == "not_comparable"


def test_then_is_the_version_in_which_it_was_first_decided(form, version):
    again = version(2, status="ongoing", gap_then=0.9, gap_then_lower=0.8, gap_then_upper=1.0)
    found = form(version(), again)
    assert found[(CASE, 2)]["gap_then"] == 0.22
    assert found[(CASE, 1)]["gap_then"] is None
    assert (found[(CASE, 1)]["is_newest"], found[(CASE, 2)]["is_newest"]) == (False, True)


def test_a_case_under_review_is_not_followed_up(form, version):
    assert form(version(status="under_review"))[(CASE, 1)]["follow_up"] is None


def test_the_grade_is_derived_from_what_was_judged(form, version):
    judged = {"verdict": "unwarranted", "importance_persons": 2, "importance_severity": 2}
    row = form(version(**judged))[(CASE, 1)]
    assert (row["importance_class"], row["grade"]) == ("large", "A")


def test_a_case_without_a_row_tonight_stands_with_its_words(form, version):
    lost = {"case_id": "TG07/sex/female/listed", "dimension": "sex", "focus_level": "female",
            "reference_level": "male"}  # fmt: skip
    row = form(version(**lost))[("TG07/sex/female/listed", 1)]
    assert (row["value_status"], row["gap_harm"]) == ("not_estimated", None)
    assert (row["dimension_label_sv"], row["period_end"]) == ("Kön", date(2025, 1, 1))
    assert row["follow_up"] == "not_estimated"


def test_a_case_of_an_indicator_that_is_not_counted_has_no_row(form, version):
    gone = {"case_id": "XX99/sex/female/listed", "indicator_id": "XX99"}
    assert ("XX99/sex/female/listed", 1) not in form(version(**gone))


def test_no_name_is_a_column_of_the_form():
    assert set(NAMES) & set(form_of("decision_register").columns) == set()


def test_the_form_is_the_same_in_every_order_of_the_register(form, version):
    one, two = version(), version(2, status="ongoing")
    assert form(one, two) == form(two, one)
    assert np.isfinite(form(one, two)[(CASE, 2)]["gap_narrowing"])


def test_how_many_a_case_concerns_comes_from_the_example_where_it_tells(form):
    case = form()[(CASE, 0)] | {"n_focus": 4000, "n_reference": 4000, "gap_harm": 0.04}
    key = {name: case[name] for name in KEY if name != "level"}
    cases = pd.DataFrame([case, case | {"worse_off_level": "q5"}])
    told = [{**key, "level": "q1", "reference_scenario": name, "excess_cases": n}
            for name, n in (("reference_group", 150.0), ("best_group", 900.0))]  # fmt: skip
    declared = {"TG07": load_catalogue()["TG07"]}
    assert concerned(cases, declared, None).tolist() == [160.0, 160.0]
    assert concerned(cases, declared, pd.DataFrame(told)).tolist() == [150.0, 160.0]
