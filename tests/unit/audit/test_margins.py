"""Hidden counts cannot be had from margins, from linked tables, or from what is not told at all."""

from __future__ import annotations

import pytest

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.release import read_release
from tests.unit.audit.conftest import RECTANGLE, TRUTH, cell, rows_of

SMALL = ("pre_secondary", "male")


def found(verdict):
    return {(one.attack, one.key.level, one.key.sex, one.column) for one in verdict.findings}


def test_a_protected_rectangle_holds(judged):
    verdict = judged(stratified=rows_of())
    assert (verdict.exit_code, verdict.findings, verdict.n_hidden) == (0, (), 4)


@pytest.mark.parametrize("shown", sorted(RECTANGLE - {SMALL}))
def test_with_one_complementary_suppression_undone_the_small_count_is_found(judged, shown):
    verdict = judged(stratified=rows_of(RECTANGLE - {shown}))
    assert ("margins", *SMALL, "numerator") in found(verdict)
    (one,) = [one for one in verdict.findings if (one.key.level, one.key.sex) == SMALL]
    assert (verdict.exit_code, one.low, one.high) == (1, 3, 3)


def test_a_level_that_is_never_published_is_found_from_what_is_left_of_the_total(judged):
    rows = [cell("all", "all", 600, 300), cell("all", "male", 597, 298)]
    assert ("margins", "all", "(rest)", "numerator") in found(judged(stratified=rows))


def test_a_cell_that_one_table_hides_and_another_tells_protects_no_longer(judged):
    gap = cell("pre_secondary", "all", None, None) | {"focus_level": "pre_secondary"}
    gap |= {"reference_level": "post_secondary", "n_focus": 15, "n_reference": 250}
    rows = rows_of(frozenset({("pre_secondary", "all"), *RECTANGLE}))
    assert ("small", "pre_secondary", "all", "denominator") in found(
        judged(stratified=rows, gap=[gap])
    )


def test_places_add_up_to_the_place_that_holds_them(judged):
    places = {"1280": (400, 200), "1281": (180, 97), "1233": (20, 3)}
    rows = [cell("all", "all", 600, 300)]
    for code, counts in places.items():
        more = {"geography_level": "municipality", "geography_code": code}
        rows.append(cell("all", "all", *counts, hidden=code == "1233", **more))
    verdict = judged(stratified=rows)
    assert [(one.key.place, one.column, one.low, one.high) for one in verdict.findings] == [
        ("1233", "numerator", 3, 3)
    ]


def test_a_kind_of_sum_that_leaves_a_rest_elsewhere_is_not_taken_to_hold_to_the_last_person(judged):
    other = {key: (n + 40 * (key[0] == "all"), m) for key, (n, m) in TRUTH.items()}
    other = {key: (n, m + 20 * (key[0] == "all")) for key, (n, m) in other.items()}
    earlier = rows_of(frozenset(), {**other, SMALL: (50, 23), ("pre_secondary", "all"): (110, 73)})
    period = {"period_start": earlier[0]["period_start"].replace(year=2023)}
    period |= {"period_end": earlier[0]["period_start"]}
    rows = [row | period for row in earlier if row["strat2_level"] == "all"]
    hidden = frozenset({("pre_secondary", "all"), SMALL, ("pre_secondary", "female")})
    later = {**TRUTH, ("all", "all"): (600, 320)}
    rows += [row for row in rows_of(hidden, later) if row["strat2_level"] == "all"]
    assert judged(stratified=rows).findings == ()


def test_the_rounded_table_holds(judged):
    near = {key: tuple(5 * round(one / 5) for one in counts) for key, counts in TRUTH.items()}
    verdict = judged(stratified=rows_of(frozenset(), near, disclosure_tier="open"))
    assert (verdict.exit_code, verdict.findings) == (0, ())


def test_without_time_nothing_is_taken_as_proved(released):
    verdict = audit(read_release(released(stratified=rows_of())), time_limit=0)
    assert (verdict.exit_code, list(verdict.unjudged)) == (2, ["margins"])
