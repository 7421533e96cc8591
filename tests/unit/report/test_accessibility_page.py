"""The accessibility statement holds what the law asks for, and does not say more than was done."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from equity_pipeline.report.accessibility.page import write_accessibility
from equity_pipeline.settings import AccessibilitySettings
from tests.disclosed import FACTS


@pytest.fixture
def said(tmp_path):
    """Write the statement of some settings and return its words, the Swedish or the English."""

    def make(code: str = "sv", **settings: object) -> str:
        own = AccessibilitySettings.model_validate(settings)
        paths = write_accessibility(own, FACTS, tmp_path, as_of="2025-01-15", code="0.1.0")
        path: Path = paths[0] if code == "sv" else paths[1]
        text = html.unescape(path.read_text("utf-8").replace("\u00ad", ""))
        return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.S))

    return make


def test_the_statement_holds_what_the_law_asks_for(said):
    text = said(contact=["tillganglighet@region.example"], assessed="2025-02-01", answer_days=5)
    assert "Region Norr står bakom den här rapporten" in text
    assert "delvis förenlig med lagen" in text
    assert "tillganglighet@region.example" in text and "inom 5 dagar" in text
    assert "https://www.digg.se/tdosanmalan" in text
    assert "Egen bedömning" in text and "Bedömningen gjordes 2025-02-01" in text
    assert "oskäligt betungande" in text and "omfattas inte" in text
    assert "axe-core 4.12.1" in text and "360, 768, 1280" in text


def test_a_statement_without_a_contact_or_a_day_says_that_it_lacks_them(said):
    text = said()
    assert "Redogörelsen är inte fullständig" in text
    assert "har ännu inte angett dagen" in text


def test_what_the_region_found_itself_stands_among_the_shortcomings(said):
    text = said(problems=["Filmen saknar text."], conformance="not")
    assert "Filmen saknar text." in text and "inte förenlig med lagen" in text


def test_the_statement_does_not_claim_that_people_have_tried_the_pages(said):
    assert "not been tried by persons with disabilities" in said("en")
    assert "inte provade av personer med funktionsnedsättning" in said()
