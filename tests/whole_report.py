"""Every type of page of a report, in both languages, of invented tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.accessibility.page import write_accessibility
from equity_pipeline.report.chain_page import write_chains
from equity_pipeline.report.decisions_page import write_decisions
from equity_pipeline.report.indicator.page import write_indicators
from equity_pipeline.report.methods.page import Made, write_methods
from equity_pipeline.report.pages import write_index
from equity_pipeline.report.programme.page import write_programmes
from equity_pipeline.report.quality_page import write_quality
from equity_pipeline.report.unit.page import write_units
from equity_pipeline.settings import AccessibilitySettings, DisclosureSettings
from tests.described import case, published
from tests.disclosed import FACTS, disclosed_tables
from tests.programmes import chains, programme_tables

MADE = Made(
    code="0.1.0+abc",
    configuration="c0ffee",
    as_of="2025-01-15",
    disclosure=DisclosureSettings(),
    sources=[{"title": "Kolada", "licence": "Free to use; name the source"}],
)


def whole_report(folder: Path) -> Path:
    """Write every type of page into a folder and return it."""
    facts = replace(FACTS, region_code="12")
    declared = load_catalogue().select(["VT01"])
    tables = published(**programme_tables(), **chains())
    described = write_indicators(tables, declared, facts, folder)
    write_units(tables, declared, facts, folder)
    write_programmes(tables, declared, facts, folder)
    write_chains(tables, facts, folder)
    judged = [case(), case(auto_grade="watch")]
    write_decisions(published(decision_register=judged), facts, folder)
    start = tables | disclosed_tables()
    write_index(start, facts, folder, described)
    write_quality(start, facts, folder)
    write_methods(load_catalogue().values(), MADE, facts, folder, described)
    said = AccessibilitySettings()
    write_accessibility(said, facts, folder, as_of=MADE.as_of, code=MADE.code)
    return folder
