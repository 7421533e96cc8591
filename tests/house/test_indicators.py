"""Every declared indicator can be read by both audiences, sourced, judged and counted."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from equity_pipeline.indicators import catalogue as module
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.not_computed import NotComputed, not_computed
from equity_pipeline.vocabulary import vocabulary

ALL = list(load_catalogue().values())
# of the first release, by domain; the others of the catalogue that the sample can carry
FIRST_RELEASE = """
VT01 VT02 VT03 VT05
TG01 TG02 TG03 TG05 TG07 TG08 TG10
BR01 BR02 BR03 BR06 BR07 BR08 BR10 BR11 BR13 BR14 BR16 BR19 BR21
KO01 KO02 KO03 KO04
UP01 UP03 UP04 UP06 UP07 UP08
FP01 FP02 FP04 FP05
"""
LATER = "VT04 VT06 TG04 BR09 BR12 KO05 UP02 UP05"
# numbers of the whole catalogue: the last of each domain
CATALOGUE = {"VT": 7, "TG": 10, "BR": 21, "KO": 7, "UP": 8, "FP": 6}
CARE = [one for one in ALL if one.population_base != "areas"]
GOOD_CARE = {
    "kunskapsbaserad och ändamålsenlig", "säker", "patientfokuserad", "effektiv", "jämlik",
    "i rimlig tid",
}  # fmt: skip


def test_38_indicators_of_the_first_release_are_declared_and_8_more() -> None:
    assert len(FIRST_RELEASE.split()) == 38
    assert {one.id for one in CARE} == {*FIRST_RELEASE.split(), *LATER.split()}


def test_what_is_in_the_catalogue_is_declared_or_told_why_not() -> None:
    whole = {f"{domain}{n:02}" for domain, last in CATALOGUE.items() for n in range(1, last + 1)}
    told = [one.id for one in not_computed()]
    assert len(whole) == 59
    assert sorted(told + [one.id for one in CARE]) == sorted(whole)


@pytest.mark.parametrize("one", not_computed(), ids=lambda one: one.id)
def test_what_is_missing_is_told_in_both_languages_and_without_judging(one: NotComputed) -> None:
    for words in (one.label.sv, one.label.en, one.needs.sv, one.needs.en):
        assert words.strip() == words != ""
    assert one.needs.sv.endswith(".") and one.needs.en.endswith(".")
    assert vocabulary().misspoken(one.label.sv) == vocabulary().misspoken(one.needs.sv) == []


def test_every_domain_has_its_indicators_and_prevention_four() -> None:
    held = Counter(one.domain for one in ALL)
    assert set(held) == set(vocabulary().domains)
    assert held["prevention"] >= 4


@pytest.mark.parametrize("one", CARE, ids=lambda one: one.id)
def test_it_says_which_part_of_good_care_it_is(one: Declaration) -> None:
    assert one.good_care in GOOD_CARE


def test_a_ratio_says_that_the_expected_is_taken_as_known() -> None:
    ratios = [one for one in ALL if one.kind == "ratio"]
    assert {one.id for one in ratios} == {"BR01", "KO02"}
    for one in ratios:
        assert "tas som känt" in one.definition_sv
        assert "taken as known" in one.definition_en


def test_who_is_not_measured_is_shown_beside_those_who_are() -> None:
    assert load_catalogue()["BR07"].beside == "BR08"


def test_an_indicator_is_read_with_the_coverage_of_the_register_it_is_counted_from() -> None:
    assert "lvr" in {one.quality_register for one in ALL}


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_it_has_names_and_definitions_in_both_languages(one: Declaration) -> None:
    for text in (one.sv, one.en, one.definition_sv, one.definition_en):
        assert text.strip() == text != ""
    assert one.definition_sv != one.definition_en
    assert one.definition_sv.endswith(".")
    assert one.definition_en.endswith(".")


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_it_names_its_public_source(one: Declaration) -> None:
    assert one.has_evidence


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_its_limit_was_set_beforehand(one: Declaration) -> None:
    assert one.minimum_difference(1.0) > 0


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_its_columns_are_in_the_dictionary(one: Declaration) -> None:
    named = [
        condition.column for part in (one.denominator, one.numerator) for condition in part.where
    ]
    named += [part.sum for part in (one.denominator, one.numerator) if part.sum]
    assert set(named) <= set(vocabulary().columns)


def test_every_target_area_and_facet_of_access_has_an_indicator() -> None:
    assert {area for one in ALL for area in one.target_area} == {"M1", "M2", "M3", "M4"}
    facets = {one.access_facet for one in ALL}
    assert facets >= {"physical", "administrative", "linguistic"}


@pytest.mark.parametrize("room", ["indicators", "statistics", "tables", "disclosure", "report"])
def test_no_room_that_counts_or_judges_names_an_indicator(room: str) -> None:
    source = Path(module.__file__).parents[1] / room
    ids = {one.id for one in ALL}
    for path in source.rglob("*.py"):
        code = "\n".join(_statements(path.read_text("utf-8")))
        assert not {one for one in ids if f'"{one}"' in code}, path.name


def _statements(text: str) -> list[str]:
    """Return the lines that are not in a docstring."""
    kept, inside = [], False
    for line in text.splitlines():
        marks = line.count('"""')
        if not inside and not marks:
            kept.append(line)
        inside ^= marks == 1
    return kept
