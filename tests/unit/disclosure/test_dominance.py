"""A sum that one or two make is theirs: each rule at its border, and through the door."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.dominance import dominated
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.units import NamedUnits
from equity_pipeline.errors import DisclosureStop
from equity_pipeline.settings import DisclosureSettings
from equity_pipeline.tables.table import PersonCounts, StratifiedTable

NONE = float("nan")


def is_dominated(first, second, **limits):
    policy = DisclosurePolicy.of(DisclosureSettings(**limits))
    return bool(dominated(np.array([first]), np.array([second]), policy)[0])


@pytest.mark.parametrize(
    ("first", "second", "hidden"),
    [
        (0.75, 0.10, False), (0.76, 0.10, True),  # (1, 75)
        (0.50, 0.40, False), (0.50, 0.41, True),  # (2, 90)
        (0.0, 0.0, False), (NONE, NONE, False), (1.0, 0.0, True),
    ],
)  # fmt: skip
def test_one_may_make_three_quarters_and_two_nine_tenths(first, second, hidden):
    assert is_dominated(first, second) is hidden


@pytest.mark.parametrize(("second", "hidden"), [(0.43, False), (0.46, True)])
def test_all_others_make_at_least_a_tenth_of_the_largest(second, hidden):
    # the largest has 0.5: others have 0.07 or 0.04, and a tenth of the largest is 0.05
    assert is_dominated(0.5, second, dominance_two=1.0) is hidden


def row(place, level, **numbers):
    return {
        "indicator_id": "KO01", "period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1),
        "geography_code": place, "dimension": "total" if level == "all" else "sex", "level": level,
        "strat2_level": "all", "value_status": "shown", **numbers,
    }  # fmt: skip


def through(cells, *, kind="amount", named=NamedUnits()):  # noqa: B008
    rows = [row(*one[:2], n_persons=100, n_denominator=100, value_crude=4000.0) for one in cells]
    tops = ("top_1", "top_2", "top_unit_1", "top_unit_2")
    counts = [
        row(*one[:2], n_persons=100, n_persons_with=90, n_persons_without=10)
        | dict(zip(tops, one[2:], strict=False))
        for one in cells
    ]
    counted = PersonCounts.of(pa.Table.from_pylist(counts))
    tables = {"stratified": StratifiedTable.of("stratified", pa.Table.from_pylist(rows))}
    return disclose(tables, counted, DisclosurePolicy(), kinds={"KO01": kind}, named=named)


def shown(out):
    rows = out.tables["stratified"].data.to_pylist()
    return {one["geography_code"]: one["value_crude"] for one in rows}


def test_a_sum_that_one_person_makes_is_hidden_with_the_reason():
    out = through([("12", "all", 0.8, 0.1)])
    assert shown(out) == {"12": None}
    assert out.hidden["reason"].to_pylist() == ["dominance"]


def test_a_sum_of_many_is_shown():
    assert shown(through([("12", "all", 0.1, 0.05)])) == {"12": 4000.0}


def test_what_one_unit_makes_is_hidden_where_no_unit_is_told_by_name():
    cell = [("12", "all", 0.1, 0.05, 0.9, 0.1)]
    assert shown(through(cell)) == {"12": 4000.0}
    assert shown(through(cell, named=NamedUnits(frozenset({"KO01"})))) == {"12": None}


def test_a_sum_of_which_nobody_said_what_the_largest_make_is_refused():
    with pytest.raises(DisclosureStop, match="1 cells of sums do not say"):
        through([("12", "all")])


def test_a_mean_that_is_no_sum_of_amounts_needs_no_largest():
    assert shown(through([("12", "all")], kind="mean")) == {"12": 4000.0}
