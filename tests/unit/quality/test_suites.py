"""Suites are refused when they would check less than they say."""

from __future__ import annotations

import json
from datetime import date

import pytest

from equity_pipeline.bundled import bundled
from equity_pipeline.errors import DeclarationError
from equity_pipeline.quality.suites import load_suite, raw_columns
from equity_pipeline.vocabulary import vocabulary

GOOD = {
    "type": "expect_column_values_to_be_in_set",
    "kwargs": {"column": "sex", "value_set": "@codes:sex"},
    "severity": "critical",
}


def written(folder, *expectations, entity="person"):
    held = {"name": entity, "expectations": list(expectations), "meta": {}}
    (folder / f"{entity}.json").write_text(json.dumps(held), "utf-8")
    return folder


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_every_entity_has_a_suite_whose_columns_it_has(entity):
    suite = load_suite(entity)
    assert {name for one in suite.expectations for name in one.columns} <= set(raw_columns(entity))


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_every_required_column_is_expected_to_be_filled_critically(entity):
    filled = {
        one.columns[0]
        for one in load_suite(entity).expectations
        if one.type == "expect_column_values_to_not_be_null" and one.severity == "critical"
    }
    required = vocabulary().entities[entity].required
    assert {"person_key" if name == "person_id" else name for name in required} <= filled


@pytest.mark.parametrize("entity", sorted(vocabulary().entities))
def test_every_column_with_codes_is_held_against_them(entity):
    held = {
        one.columns[0]: set(one.kwargs["value_set"])
        for one in load_suite(entity).expectations
        if one.type == "expect_column_values_to_be_in_set"
    }
    columns = [vocabulary().column(name) for name in vocabulary().entities[entity].columns]
    for column in columns:
        if column.codes is not None:
            assert held[column.name] == set(vocabulary().codes[column.codes])


def test_there_is_no_suite_of_an_entity_that_is_not_delivered():
    suites = bundled("expectations").glob("*.json")
    assert {path.stem for path in suites} == set(vocabulary().entities)


def test_the_code_list_comes_from_the_vocabulary(tmp_path):
    (one,) = load_suite("person", folder=written(tmp_path, GOOD)).expectations
    assert one.kwargs["value_set"] == ["female", "male"]


def test_dates_become_days_since_1970(tmp_path):
    between = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": "death_date", "min_value": "@date:1970-01-11", "max_value": "@as_of"},
        "severity": "warning",
    }
    (one,) = load_suite(
        "person", as_of=date(1970, 1, 21), folder=written(tmp_path, between)
    ).expectations
    assert (one.kwargs["min_value"], one.kwargs["max_value"]) == (10, 20)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (GOOD | {"type": "expect_column_values_to_be_in_sett"}, "in_sett"),
        (GOOD | {"kwargs": {"column": "sexx", "value_set": "@codes:sex"}}, "sexx"),
        (GOOD | {"kwargs": {"column": "sex", "value_set": "@codes:kön"}}, "@codes:kön"),
        (GOOD | {"kwargs": {"column": "sex", "value_sett": ["a"]}}, "value_set"),
        (GOOD | {"severity": "fatal"}, "fatal"),
        ({"type": GOOD["type"], "kwargs": GOOD["kwargs"]}, "None"),
    ],
)
def test_a_misspelt_expectation_is_refused_and_named(tmp_path, wrong, named):
    with pytest.raises(DeclarationError, match=named):
        load_suite("person", folder=written(tmp_path, GOOD, wrong))


def test_a_suite_without_expectations_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="lets everything pass"):
        load_suite("person", folder=written(tmp_path))


def test_an_entity_without_a_suite_is_refused(tmp_path):
    with pytest.raises(DeclarationError, match="no suite"):
        load_suite("person", folder=tmp_path)
