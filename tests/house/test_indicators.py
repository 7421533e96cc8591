"""Every declared indicator can be read by both audiences, sourced, judged and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from equity_pipeline.indicators import catalogue as module
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.vocabulary import vocabulary

ALL = list(load_catalogue().values())


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
