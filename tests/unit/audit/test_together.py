"""What the shown parts of a sum leave of its total is a count too."""

from __future__ import annotations

import pytest

from tests.unit.audit.conftest import cell

LEVELS = {"pre_secondary": (8, 3), "upper_secondary": (9, 5), "post_secondary": (283, 142)}
TOTAL = cell("all", "all", 300, 150)


def rows_of(levels, hidden):
    return [TOTAL, *(cell(one, "all", *of, hidden=one in hidden) for one, of in levels.items())]


@pytest.mark.parametrize("other", [(9, 5), (11, 5)])
def test_two_small_levels_are_found_that_are_too_few_together(judged, other):
    levels = LEVELS | {"upper_secondary": other, "post_secondary": (292 - other[0], 142)}
    verdict = judged(stratified=rows_of(levels, {"pre_secondary", "upper_secondary"}))
    together = [one for one in verdict.findings if one.key.level == "(hidden parts)"]
    assert [(one.attack, one.column, one.low, one.high) for one in together] == [
        ("margins", "denominator", 8 + other[0], 8 + other[0])
    ]


def test_levels_that_are_enough_together_are_no_finding(judged):
    levels = LEVELS | {"upper_secondary": (12, 6), "post_secondary": (280, 141)}
    verdict = judged(stratified=rows_of(levels, {"pre_secondary", "upper_secondary"}))
    assert (verdict.exit_code, verdict.findings) == (0, ())


def test_a_level_of_whom_nobody_has_the_outcome_does_not_cover_a_small_one(judged):
    levels = LEVELS | {"pre_secondary": (60, 0), "upper_secondary": (70, 4)}
    levels |= {"post_secondary": (170, 146)}
    verdict = judged(stratified=rows_of(levels, {"pre_secondary", "upper_secondary"}))
    found = {(one.key.level, one.column, one.low, one.high) for one in verdict.findings}
    assert ("(hidden parts)", "numerator", 4, 4) in found


def test_levels_of_a_provider_are_parts_of_the_total_as_those_of_any_dimension(judged):
    more = {"dimension": "financing_type"}
    rows = [TOTAL, cell("choice_system", "all", 290, 146, **more)]
    rows.append(cell("own_budget", "all", 10, 4, hidden=True, **more))
    found = {(one.key.level, one.column, one.low) for one in judged(stratified=rows).findings}
    assert {("own_budget", "denominator", 10), ("own_budget", "numerator", 4)} <= found
