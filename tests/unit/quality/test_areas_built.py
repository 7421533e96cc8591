"""Codes, sums and series of areas are told in words, as notes and warnings, never mended."""

from __future__ import annotations

from datetime import date

import pytest

from equity_pipeline.quality.areas_built import (
    AreasBuilt,
    Change,
    Codes,
    area_checks,
    area_obstacles,
)
from equity_pipeline.quality.published import check_rows
from equity_pipeline.quality.results import GateReport

from .test_readiness import Indicator, row

EMPLOYED = Change("share_employed_20_64", "employment", 2020, "RAMS", "BAS")
AMISS = AreasBuilt(
    codes={"person": Codes(1000, 30, 60, (2023, 2024)), "unit": Codes(40, 0, 0)},
    n_sums=33,
    n_sums_outside=2,
    n_series=8,
    changes=(EMPLOYED,),
)


def told(dimension, fact="fct_person", built=AMISS):
    return {words.sv: colour for colour, words in area_obstacles(built, fact, dimension)}


def test_unknown_codes_are_a_note_and_caution_from_one_row_in_twenty():
    assert told("area_type") == {
        "Områdeskoden finns inte i indelningen för 3,0 % av raderna (2023, 2024).": "green",
        "Områdeskoden hör till ett annat års indelning för 6,0 % av raderna (2023, 2024).":
            "yellow",
        "Folkmängden i 2 av 33 områden skiljer sig från delarnas mer än publicerat brus.": "green",
    }  # fmt: skip


def test_a_handful_of_rows_is_not_told_as_a_handful():
    few = AreasBuilt({"person": Codes(1_000_000, 3, 0, (2024,))})
    assert list(told("area_type", built=few)) == [
        "Områdeskoden finns inte i indelningen för 0,1 % av raderna (2024)."
    ]


@pytest.mark.parametrize(
    ("dimension", "says"),
    [("area_employment_quintile", True), ("area_class", True), ("area_income_quintile", False)],
)
def test_a_change_of_series_is_said_by_the_dimensions_that_rest_on_it(dimension, says):
    sentence = "byter 2020 för andel sysselsatta, 20–64 år: RAMS före, BAS från och med 2020."
    assert any(one.endswith(sentence) for one in told(dimension)) is says


def test_codes_of_units_are_said_of_what_is_known_by_unit_only():
    units = AreasBuilt({"unit": Codes(40, 40, 0, (2024,))})
    assert told("area_type", "fct_survey", units) != {}
    assert told("area_type", "fct_person", units) == {}


def test_the_checks_of_areas_warn_and_are_published_without_numbers_of_persons():
    checks = area_checks(AMISS)
    assert {(one.check, one.passed, one.severity) for one in checks} == {
        ("person_area_codes", False, "warning"),
        ("unit_area_codes", True, "warning"),
        ("area_sums", False, "warning"),
        ("area_series", False, "warning"),
    }
    assert "30 of 1000 rows of person" in checks[0].detail
    rows = check_rows(GateReport(checks), {})
    assert [row["check_result"] for row in rows] == ["failed", "passed", "failed", "failed"]
    assert {row["entity"] for row in rows} == {"area"}
    assert not any("30" in str(value) for row in rows for value in row.values())


def test_without_any_areas_nothing_is_checked():
    rows = check_rows(GateReport(area_checks(AreasBuilt())), {})
    assert {row["check_result"] for row in rows} == {"not_checked"}


def test_the_readiness_of_areas_says_it_and_that_of_persons_does_not():
    given = {"areas": AMISS, "indicators": [Indicator()], "as_of": date(2025, 1, 15)}
    area, person = row("area_class", **given), row("sex", **given)
    assert "finns inte i indelningen" in area["obstacle_sv"]
    assert "is in no division" in area["obstacle_en"]
    assert area["readiness"] == "yellow"
    assert person["obstacle_sv"] is None
