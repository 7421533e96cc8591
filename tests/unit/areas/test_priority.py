"""Areas by their results: each flag with its number, and no flag by chance alone."""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.areas.priority import area_priority
from equity_pipeline.errors import MethodError


def one(rows, code):
    return next(row for row in rows if row.area_code == code)


def test_an_area_clearly_worse_than_the_reference_is_flagged_with_how_much():
    rows = area_priority(
        ["A", "B", "C"], [300, 420, 395], [500] * 3, better="higher", reference=0.8
    )
    assert [row.low_result_flag for row in rows] == [True, False, False]
    assert [round(row.shortfall, 3) for row in rows] == [0.2, -0.04, 0.01]


def test_where_low_is_good_the_high_area_is_the_worse():
    rows = area_priority(["A", "B"], [200, 80], [500] * 2, better="lower", reference=0.2)
    assert [(row.low_result_flag, round(row.shortfall, 2)) for row in rows] == [
        (True, 0.2), (False, -0.04),
    ]  # fmt: skip


def test_the_spread_is_that_between_true_shares_with_chance_taken_off():
    draw = np.random.default_rng(7)
    true = draw.normal(0.6, 0.08, 400)
    events = draw.binomial(150, true.clip(0, 1))
    rows = area_priority(["A"] * 400, events, [150] * 400, better="higher")
    assert rows[0].spread == pytest.approx(0.08, abs=0.01)
    assert rows[0].high_variation_flag is True


def test_chance_alone_flags_no_more_areas_than_it_may():
    draw = np.random.default_rng(11)
    codes = np.repeat([f"A{n:04}" for n in range(2000)], 6)
    rows = area_priority(codes, draw.binomial(200, 0.7, codes.size), [200] * codes.size,
                         better="higher", reference=0.7)  # fmt: skip
    assert np.mean([row.high_variation_flag for row in rows]) == pytest.approx(0.05, abs=0.015)
    assert np.mean([row.low_result_flag for row in rows]) == pytest.approx(0.025, abs=0.012)


def test_a_spread_below_what_matters_is_not_high():
    rows = area_priority(["A", "A"], [6000, 6300], [10000] * 2, better="higher", mid=0.05)
    assert rows[0].spread_p < 0.001
    assert rows[0].high_variation_flag is False


def test_small_parts_and_single_parts_say_nothing_of_variation():
    rows = area_priority(["A", "A", "B"], [19, 300, 5], [19, 500, 100], better="higher")
    assert [(one(rows, c).spread, one(rows, c).high_variation_flag) for c in "AB"] == [
        (None, None), (None, None),
    ]  # fmt: skip
    assert one(rows, "A").n == 519


def test_an_area_without_people_has_neither_value_nor_flag():
    rows = area_priority(["A", "B"], [0, 30], [0, 50], better="higher")
    assert (rows[0].value, rows[0].shortfall, rows[0].low_result_flag) == (None, None, None)


@pytest.mark.parametrize(
    ("codes", "events", "people"),
    [(["A"], [1, 2], [3, 4]), (["A"], [5], [4]), (["A"], [0], [0]), (["A"], [-1], [4])],
)
def test_counts_that_are_no_shares_are_refused(codes, events, people):
    with pytest.raises(MethodError):
        area_priority(codes, events, people, better="higher")
