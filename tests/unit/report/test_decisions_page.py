"""The register's page nominates and leaves the judging to people."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from equity_pipeline.report.decisions_page import write_decisions
from equity_pipeline.report.facts import PageFacts
from tests.described import case, published

FACTS = PageFacts("Region Norr", "run-1", True, "", 0, "12")


JUDGED = case(
    version=1, verdict="unclear", status="reviewed", reviewer_1_role="Epidemiolog",
    reviewer_2_role="Allmänläkare", decision_body="Nämnden", decision_date=date(2026, 3, 1),
)  # fmt: skip


@pytest.fixture
def page(tmp_path):
    """Write the register's page of some cases and return its text, without hard spaces."""

    def write(*cases: dict[str, Any], place: str = "") -> str:
        write_decisions(published(decision_register=list(cases)), FACTS, tmp_path)
        path: Path = tmp_path / place / "beslut.html"
        return path.read_text("utf-8").replace("\u00a0", " ")

    return write


def test_candidates_are_told_among_how_many_they_were_found(page):
    assert (
        "2 skillnader är kandidater för granskning, av 552 jämförelser som valdes i förväg. "
        "Ingen har ännu bedömts av granskare." in page(case(), case())
    )
    assert "1 skillnad är kandidat" in page(case())
    assert "Ingen skillnad är kandidat" in page(case(auto_grade="no_candidate"))


def test_a_candidate_has_its_gap_and_what_could_be_seen_by_when(page):
    text = page(case())
    for cell in ("8,8 procentenheter", "6,6 till 11,0", "4,7 procentenheter", "2026-02-01"):
        assert f">{cell}</td>" in text
    assert "Inkomst: lägsta inkomstfemtedelen – högsta inkomstfemtedelen" in text


def test_a_judgement_has_the_roles_of_its_reviewers_and_its_decision(page):
    text = page(JUDGED)
    assert "1 fall har bedömts av granskare." in text
    assert "Epidemiolog, Allmänläkare" in text and "Nämnden, 2026-03-01" in text
    assert "Oklar, behöver fördjupas" in text


def test_a_suppressed_case_shows_no_number_of_it(page):
    text = page(case(value_status="suppressed", gap_harm=0.987, detectable_narrowing=0.986))
    assert "98," not in text and ">..</td>" in text


def test_what_is_watched_is_folded_away(page):
    text = page(case(auto_grade="watch"))
    assert "Visa det som bevakas (1)" in text


def test_the_page_is_there_in_english(page):
    assert "1 difference is a candidate for review, of 552" in page(case(), place="en")


def test_without_a_register_there_is_no_page(tmp_path):
    assert write_decisions(published(), FACTS, tmp_path) == []
