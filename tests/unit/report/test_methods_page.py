"""The page of methods tells what the computation goes by, and nothing that it does not."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

from equity_pipeline import tables
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.report.methods.measures import declared_measures, literature
from equity_pipeline.report.methods.page import write_methods
from equity_pipeline.report.methods.rules import hidden_rules
from equity_pipeline.report.speech import LANGUAGES, speech
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.vocabulary import vocabulary
from tests.disclosed import FACTS
from tests.whole_report import MADE

FUNCTIONS = sorted({one for held in declared_measures().values() for one in held["functions"]})


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The words of the page in each language."""
    folder = tmp_path_factory.mktemp("methods")
    declared = list(load_catalogue().values())
    written = write_methods(declared, MADE, FACTS, folder, {"VT01"})
    return {code: words(path) for code, path in zip(LANGUAGES, written, strict=True)}


def words(path: Path) -> str:
    bare = re.sub(r"<style>.*?</style>|<[^>]+>", " ", path.read_text("utf-8"), flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(bare))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_measure_names_functions_that_the_tables_call_and_that_name_their_literature(name):
    module, _, function = name.rpartition(".")
    assert callable(getattr(import_module(f"equity_pipeline.statistics.{module}"), function))
    folder = Path(str(tables.__file__)).parent
    text = "\n".join(one.read_text("utf-8") for one in folder.glob("*.py"))
    assert re.search(rf"\b{function}\b", text)


def test_every_measure_has_literature_and_forms_that_exist():
    for held in declared_measures().values():
        assert literature(held["functions"])
        assert set(held["forms"]) <= set(vocabulary().forms)


def test_a_remark_on_a_reference_is_left_out_and_a_doi_is_whole():
    assert "10.1016/0197-2456(86)90046-2" in literature(["variation.random_effects"])
    assert "delta method" not in literature(["gaps.difference"])


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_state_adjustment_rule_and_indicator_stands_on_the_page(pages, code):
    spoken, page = speech(code), pages[code]
    for label in vocabulary().codes["evidence_state"].values():
        assert spoken.word(label) in page
    for name in vocabulary().codes["adjustment"]:
        assert spoken.say(f"methods.{name}_holds") in page
    for one in load_catalogue().values():
        assert one.definition_hash in page
        assert (one.definition_sv if code == "sv" else one.definition_en) in page
    for one in hidden_rules(DisclosureSettings(), spoken):
        assert one.reason in page and one.limit in page


def test_the_limits_are_those_that_the_region_has_set():
    own = DisclosureSettings(
        smallest_denominator=30, smallest_count=10, sensitive_dimensions=("education",),
        hide_extreme_shares=False, reasons={"dominance": "Bestämt i nämnden."},
    )  # fmt: skip
    rules = hidden_rules(own, speech("sv"))
    assert [one.limit for one in rules[:3]] == [
        "färre än 30 personer", "1–9 personer", "känsliga indelningar: utbildning",
    ]  # fmt: skip
    assert "Bestämt i nämnden." in {one.reason for one in rules}
    assert "75" in rules[3].limit and "90" in rules[3].limit


def test_the_versions_behind_the_release_are_told(pages):
    for code in LANGUAGES:
        for told in (FACTS.run_id, MADE.code, MADE.configuration, MADE.as_of, "Kolada"):
            assert told in pages[code]


def test_without_an_open_source_the_page_says_so(tmp_path):
    made = replace(MADE, sources=())
    [swedish, _] = write_methods(load_catalogue().select(["VT01"]), made, FACTS, tmp_path)
    assert "Inga öppna källor ingår" in words(swedish)


def test_what_the_attack_finds_stops_a_release_only_where_the_region_lets_it(pages, tmp_path):
    assert "det som faller släpps inte" in pages["sv"]
    made = replace(MADE, disclosure=DisclosureSettings(audit="tell"))
    [swedish, _] = write_methods(load_catalogue().select(["VT01"]), made, FACTS, tmp_path)
    assert "det som faller släpps inte" not in words(swedish)
    assert "berättas och bedöms av människor" in words(swedish)
