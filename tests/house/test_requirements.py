"""Every requirement is seen somewhere and held by tests that exist."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

from equity_pipeline.cli.manual import commands
from equity_pipeline.vocabulary import vocabulary
from tests.requirements_summary import NOT_RUN, REQUIREMENTS, fared

ROOT = Path(__file__).resolve().parents[2]


@cache
def functions_of(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef))


def test_no_requirement_is_left_out():
    assert list(REQUIREMENTS) == [f"R{number}" for number in range(1, 63)]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_a_requirement_is_seen_somewhere_and_held_by_tests_that_exist(name):
    one = REQUIREMENTS[name]
    if "not_built" in one:
        assert set(one) == {"what", "not_built"}
        return
    assert one["tests"] and [
        *one.get("forms", ()),
        *one.get("commands", ()),
        *one.get("places", ()),
    ]
    assert set(one.get("forms", ())) <= set(vocabulary().forms)
    assert {" ".join(c.split()[:2]) for c in one.get("commands", ())} <= {
        " ".join(c.split()[:2]) for c in commands()
    }
    for test in one["tests"]:
        path, _, function = test.partition("::")
        assert function in functions_of(path), test


def test_a_requirement_fares_as_its_worst_test():
    outcomes = {"a::one": {"passed"}, "a::two": {"passed", "failed"}}
    assert fared(outcomes, ["a::one"]) == "passed"
    assert fared(outcomes, ["a::one", "a::two"]) == "failed"
    assert fared(outcomes, ["a::three"]) == NOT_RUN
