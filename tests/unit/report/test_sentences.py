"""Sentences say what a row holds: who, how much, how sure, and never why."""

from __future__ import annotations

import pytest

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.sentences import HIDDEN, SENTENCES, UNITS, headline, verdict
from equity_pipeline.report.speech import SWEDISH
from equity_pipeline.vocabulary import vocabulary

HARM = {"gap_harm": None, "gap_harm_lower": None, "gap_harm_upper": None}
ABS = {"gap_abs": None, "gap_abs_lower": None, "gap_abs_upper": None}
UNKNOWN = float("nan")


def plain(text: str) -> str:
    """Return the text with ordinary spaces, as a reader sees it."""
    return text.replace("\u00a0", " ")


def test_a_gap_to_the_disadvantage_names_both_levels_the_gap_and_its_interval(gap):
    assert plain(headline(gap())) == (
        "Kvinnor: 80,1 %, män: 88,9 %. Skillnad till nackdel för den förstnämnda gruppen: "
        "8,8 procentenheter (95 % konfidensintervall 6,6 till 11,0), ojusterat."
    )


def test_a_reversed_gap_is_said_as_an_advantage_with_its_interval_turned(gap):
    row = gap(gap_harm=-0.02, gap_harm_lower=-0.05, gap_harm_upper=0.01)
    assert (
        "Skillnad till fördel för den förstnämnda gruppen: "
        "2,0 procentenheter (95 % konfidensintervall −1,0 till 5,0)"
    ) in plain(headline(row))


def test_equal_levels_have_no_side(gap):
    row = gap(gap_harm=-0.0001, gap_harm_lower=-0.01, gap_harm_upper=0.01)
    told = plain(headline(row))
    assert "Skillnad 0,0 procentenheter (95 % konfidensintervall −1,0 till 1,0)" in told
    assert "nackdel" not in told
    assert "fördel" not in told


def test_an_indicator_without_a_good_side_tells_the_difference_alone(gap):
    told = plain(headline(gap(**HARM, evidence_state="not_applicable")))
    assert "Skillnad −8,8 procentenheter (95 % konfidensintervall −11,0 till −6,6)" in told
    assert "nackdel" not in told


def test_a_missing_interval_leaves_the_gap_standing(gap):
    row = gap(gap_harm_lower=UNKNOWN, gap_harm_upper=None)
    assert plain(headline(row)).endswith("8,8 procentenheter, ojusterat.")


@pytest.mark.parametrize("absent", [None, UNKNOWN])
def test_a_suppressed_row_says_that_it_is_not_shown(gap, absent):
    hidden = dict.fromkeys([*HARM, *ABS, "focus_value", "reference_value"], absent)
    assert headline(gap(**hidden)) == (
        "Kvinnor: .., män: ... Skillnaden visas inte (..), ojusterat."
    )
    assert verdict(gap(**hidden, evidence_state=None)).startswith("Redovisas inte (..)")


def test_a_verdict_says_the_limit_that_was_set_beforehand(gap):
    assert plain(verdict(gap())) == (
        "Skillnaden är statistiskt säkerställd och större än gränsen vi satte i förväg "
        "(3,0 procentenheter)."
    )
    assert plain(verdict(gap(evidence_state="equivalent"))) == (
        "En eventuell skillnad är mindre än 3,0 procentenheter."
    )


def test_every_state_of_evidence_has_its_sentence():
    assert set(SENTENCES) == set(vocabulary().codes["evidence_state"])


def test_every_unit_of_an_indicator_can_be_said():
    assert {one.unit for one in load_catalogue().select()} - set(UNITS) == set()


@pytest.mark.parametrize(
    ("value", "unit", "is_gap", "said"),
    [
        (0.5, "percent", False, "50,0 %"),
        (0.0123, "percent", True, "1,2 procentenheter"),
        (1234.5, "sek", False, "1 235 kr"),
        (-1234.6, "sek", True, "−1 235 kr"),
        (223.94, "per_1000", False, "223,9 per 1 000"),
        (1.25, "index", False, "1,25"),
        (0.0, "days", True, "0,0 dagar"),
        (-0.04, "days", True, "0,0 dagar"),
    ],
)
def test_numbers_are_written_as_in_swedish(value, unit, is_gap, said):
    assert plain(SWEDISH.number(value, unit, is_gap=is_gap)) == said


@pytest.mark.parametrize("absent", [None, UNKNOWN])
@pytest.mark.parametrize("unit", list(UNITS))
def test_what_is_not_shown_is_two_dots_in_every_unit(absent, unit):
    assert SWEDISH.number(absent, unit) == HIDDEN == ".."
