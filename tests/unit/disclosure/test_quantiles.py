"""A quantile is told where enough persons bear it, and enough lie beyond it."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from equity_pipeline.disclosure.disclose import disclose
from equity_pipeline.disclosure.policy import DisclosurePolicy
from equity_pipeline.disclosure.quantiles import fewest, without_few
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import vocabulary

CELL = {
    "indicator_id": "VT03", "period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1),
    "geography_code": "12", "dimension": "total", "level": "all",
}  # fmt: skip
DAYS = {"median_days": 3.0, "median_days_lower": 2.0, "median_days_upper": 4.0,
        "median_status": "shown", "p90_days": 9.0, "p90_days_lower": 7.0, "p90_days_upper": 12.0,
        "p90_status": "shown", "mean_finished": 4.5}  # fmt: skip
MEDIAN = ("median_days", "median_days_lower", "median_days_upper")
TAIL = ("p90_days", "p90_days_lower", "p90_days_upper")


def waits(**more):
    row = CELL | {"geography_level": "region", "value_status": "shown"} | DAYS | more
    return StratifiedTable.of("waits", pa.Table.from_pylist([row])).data


def told(n, policy=None, **more):
    made = without_few("waits", waits(**more), np.array([n]), policy or DisclosurePolicy())
    return made.to_pylist()[0]


@pytest.mark.parametrize(
    ("n", "median", "tail"),
    [(19, False, False), (20, True, False), (49, True, False), (50, True, True)],
)
def test_a_median_needs_twenty_persons_and_a_tail_fifty(n, median, tail):
    row = told(n)
    assert [row[name] is not None for name in MEDIAN] == [median] * 3
    assert [row[name] is not None for name in TAIL] == [tail] * 3
    assert row["mean_finished"] == 4.5


def test_what_is_not_told_says_that_it_is_suppressed():
    row = told(30)
    assert (row["median_status"], row["p90_status"]) == ("shown", "suppressed")
    row = told(10)
    assert (row["median_status"], row["p90_status"]) == ("suppressed", "suppressed")


def test_what_was_never_estimated_keeps_saying_so():
    row = told(10, median_days=None, median_days_lower=None, median_status="not_estimated")
    assert (row["median_status"], row["p90_status"]) == ("not_estimated", "suppressed")


@pytest.mark.parametrize(("k", "expected"), [(5, (20, 50)), (10, (20, 100)), (20, (40, 200))])
def test_as_many_lie_beyond_a_quantile_as_the_smallest_count_asks(k, expected):
    assert fewest(DisclosurePolicy(smallest_count=k)) == expected
    row = told(expected[1] - 1, DisclosurePolicy(smallest_count=k))
    assert row["p90_days"] is None
    assert told(expected[1], DisclosurePolicy(smallest_count=k))["p90_days"] == 9.0


def test_the_policy_may_ask_for_more_and_never_gets_less():
    policy = DisclosurePolicy(smallest_median=60, smallest_tail=10, smallest_count=5)
    assert fewest(policy) == (60, 50)


def test_the_time_since_the_last_contact_is_a_median_too():
    row = CELL | {"geography_level": "region", "value_status": "shown", "n_need": 30,
                  "need_definition": "observed", "last_contact_median_months": 4.0}  # fmt: skip
    table = StratifiedTable.of("reach", pa.Table.from_pylist([row])).data
    for n, expected in ((19, None), (20, 4.0)):
        made = without_few("reach", table, np.array([n]), DisclosurePolicy())
        assert made["last_contact_median_months"].to_pylist() == [expected]
        assert made["n_need"].to_pylist() == [30]


def test_a_form_without_quantiles_is_left_as_it_is():
    row = CELL | {"strat2_dimension": "total", "strat2_level": "all", "value_status": "shown",
                  "n_denominator": 3}  # fmt: skip
    table = StratifiedTable.of("stratified", pa.Table.from_pylist([row])).data
    assert without_few("stratified", table, np.array([3]), DisclosurePolicy()) is table


def test_every_quantile_of_every_form_is_known_to_its_door():
    """A column called median or a percentile is one that the door looks at."""
    for form in vocabulary().forms.values():
        for name in form.columns:
            words = set(name.split("_"))
            if "status" in words:
                continue
            assert ("median" in words) == (name in form.door.medians), (form.name, name)
            tails = {"p10", "p90"} & words
            assert bool(tails) == (name in form.door.tails), (form.name, name)
            of_people = vocabulary().columns[name].unit != "standard deviations"
            assert not (of_people and words & {"min", "max", "p5", "p25", "p75", "p95"}), name


def test_nobody_counted_behind_a_median_tells_none():
    """Through the door: persons of the cell, not the waits, are what a quantile needs."""
    rows = [CELL | {"geography_level": "region", "value_status": "shown", "n_waits": 900} | DAYS]
    t1 = [CELL | {"strat2_dimension": "total", "strat2_level": "all", "value_status": "shown",
                  "n_denominator": 880, "value_crude": 4.5}]  # fmt: skip
    counts = [CELL | {"strat2_level": "all", "n_persons": 40, "n_persons_with": 20,
                      "n_persons_without": 20}]  # fmt: skip
    out = disclose(
        {"stratified": StratifiedTable.of("stratified", pa.Table.from_pylist(t1)),
         "waits": StratifiedTable.of("waits", pa.Table.from_pylist(rows))},
        PersonCounts.of(pa.Table.from_pylist(counts)), DisclosurePolicy(), kinds={"VT03": "mean"},
    )  # fmt: skip
    [row] = out.tables["waits"].data.to_pylist()
    assert (row["median_days"], row["p90_days"], row["p90_status"]) == (3.0, None, "suppressed")
