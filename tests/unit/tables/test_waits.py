"""T1b by hand: medians of all who began to wait, and what is left out of them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from equity_pipeline.tables.waits import KINDS, waits
from equity_pipeline.vocabulary import vocabulary
from tests.beside import absent
from tests.formed import given_of, spread
from tests.reference.vectors import FOLDER

PERIOD = "r12-2024-12"
VECTORS = FOLDER / "wait_quantiles"


def place(level: str = "q1", **more: Any) -> dict[str, Any]:
    return {
        "indicator_id": "VT03", "period_code": PERIOD, "geography_level": "region",
        "geography_code": "region", "dimension": "income_quintile", "level": level, **more,
    }  # fmt: skip


def ended(day: int, finished: int = 0, waiting: int = 0, gave_up: int = 0, died: int = 0, **more):
    counts = {"n_finished": finished, "n_waiting": waiting, "n_gave_up": gave_up, "n_died": died}
    return {**place(**more), "wait_days": day, **counts}


def people(n: int, outcome: str = "begun", **more: Any) -> dict[str, Any]:
    counts = {"n_persons": n, "n_persons_with": n, "n_persons_without": 0}
    return {**place(**more), "outcome": outcome, **counts}


def form(days: list[dict[str, Any]], persons: list[dict[str, Any]], **more: Any):
    return waits(given_of(more.pop("rows", []), waits=days, wait_persons=persons, **more))


def told(days: list[dict[str, Any]], n: int = 100, **more: Any) -> dict[str, Any]:
    [row] = form(days, [people(n)], **more).tables["waits"].data.to_pylist()
    return row


# of 100: 40 seen the same day, 10 gave up on it, 30 on day 3, 12 on day 10, 8 wait for 120 days
HUNDRED = [ended(0, 40, gave_up=10), ended(3, 30), ended(10, 12), ended(120, waiting=6, died=2)]


def test_those_who_wait_and_those_who_gave_up_are_in_the_median_and_the_shares() -> None:
    row = told(HUNDRED)
    counts = {name: row[name] for name in ("n_waits", "n_finished", "n_waiting", "n_gave_up")}
    assert counts == {"n_waits": 100, "n_finished": 82, "n_waiting": 8, "n_gave_up": 10}
    # still waiting: 0.6 after the day, 0.6 * 20/50 after three, 0.24 * 8/20 after ten
    assert (row["share_within_0"], row["share_within_3"]) == (
        pytest.approx(0.4),
        pytest.approx(0.76),
    )
    assert row["share_within_90"] == pytest.approx(0.904)
    assert (row["median_days"], row["p90_days"]) == (3.0, 10.0)
    # after the day at least 0.6 ** exp(1.96 * (40 / 100 / 60) ** 0.5 / -log(0.6)) = 0.497 wait
    assert (row["median_days_lower"], row["median_days_upper"]) == (0.0, 3.0)
    assert (row["p90_days_lower"], row["p90_days_upper"]) == (10.0, None)  # may be beyond 120 days
    assert row["wait_method"] == "kaplan_meier_log-log"
    assert (row["value_status"], row["median_status"], row["p90_status"]) == ("shown",) * 3


def test_leaving_out_those_who_gave_up_and_those_who_wait_would_shorten_the_wait() -> None:
    finished = [ended(0, 40), ended(3, 30), ended(10, 12)]
    few = [ended(0, 40), ended(3, 30), ended(10, 12), ended(120, waiting=18)]
    assert told(finished)["share_within_3"] == pytest.approx(70 / 82)
    assert told(few)["share_within_3"] == pytest.approx(0.7)
    assert (told(finished)["p90_days"], told(few)["p90_days"]) == (10.0, None)


def test_a_quantile_that_too_few_have_reached_is_not_estimated() -> None:
    row = told([ended(0, 40), ended(5, waiting=60)])
    assert (row["median_days"], row["median_status"], row["p90_status"]) == (
        None, "not_estimated", "not_estimated",
    )  # fmt: skip
    assert row["share_within_0"] == pytest.approx(0.4)
    assert (row["share_within_3"], row["share_within_90"]) == (pytest.approx(0.4), None)
    assert row["value_status"] == "shown"


@pytest.mark.parametrize(
    ("persons", "shown"),
    [(19, (None, None)), (20, (3.0, None)), (49, (3.0, None)), (50, (3.0, 10.0))],
)
def test_a_median_takes_twenty_persons_and_a_90th_percentile_fifty(persons, shown) -> None:
    row = told(HUNDRED, n=persons)
    assert (row["median_days"], row["p90_days"]) == shown
    assert [row["median_status"] == "shown", row["p90_status"] == "shown"] == [
        one is not None for one in shown
    ]


def test_a_day_that_hardly_anybody_waited_beyond_is_never_told() -> None:
    """The longest wait of all is one person's own; so is a limit out there."""
    last = [ended(0, 30, gave_up=60), ended(4, 6), ended(50, 4)]
    assert told(last)["p90_days"] is None
    more = [ended(0, 30, gave_up=59), ended(4, 6), ended(50, 5)]
    assert told(more)["p90_days"] == 50.0
    first = [ended(0, 4), ended(2, 90), ended(9, 6)]
    assert (told(first)["median_days"], told(first)["median_days_lower"]) == (2.0, 2.0)


def test_the_mean_is_of_the_finished_waits_as_in_the_stratified_table() -> None:
    rows = spread("q1", 82, 210.0, indicator_id="VT03", units=2, ss=900.0)
    given = given_of(rows, waits=HUNDRED, wait_persons=[people(100)], forms=True)
    [row] = waits(given).tables["waits"].data.to_pylist()
    [own] = [
        one for one in given.made["stratified"].data.to_pylist() if one["strat2_level"] == "all"
    ]
    assert row["mean_finished"] == own["value_crude"] == pytest.approx(210 / 82)
    assert row["mean_finished_lower"] == own["value_crude_lower"]


def test_places_and_levels_stand_in_rows_of_their_own_and_keep_their_own_days() -> None:
    unit = {"geography_level": "unit", "geography_code": "SE-A"}
    days = [
        *HUNDRED, ended(1, 60, level="q5"), ended(7, 40, level="q5"),
        {**ended(2, 30), **unit}, {**ended(8, 30), **unit},
    ]  # fmt: skip
    persons = [people(100), people(100, level="q5"), {**people(60), **unit}]
    rows = form(days, persons).tables["waits"].data.to_pylist()
    assert [(one["geography_code"], one["level"], one["median_days"]) for one in rows] == [
        ("12", "q1", 3.0), ("12", "q5", 1.0), ("SE-A", "q1", 5.0),
    ]  # fmt: skip


def test_the_persons_of_every_cut_are_told_for_the_door_and_it_knows_each() -> None:
    made = form(HUNDRED, [people(100, name.removeprefix("wait_")) for name in KINDS])
    behind = made.persons.data.to_pylist()
    assert {one["indicator_id"] for one in behind} == set(KINDS)
    assert {(one["strat2_level"], one["geography_code"]) for one in behind} == {("VT03", "12")}
    door = vocabulary().forms["waits"].door
    judged = {key["indicator_id"].removeprefix("=") for _, key in door.also}
    assert judged == set(KINDS) == set(made.kinds)


def test_an_indicator_that_is_no_wait_has_no_row() -> None:
    made = waits(given_of(spread("q1", 40, 20.0)))
    assert made.tables["waits"].data.num_rows == 0


@pytest.mark.skipif(not VECTORS.exists(), reason=absent("the peers' vectors", "vectors"))
def test_medians_and_shares_are_those_of_the_survival_package() -> None:
    rows = pd.read_csv(VECTORS / "input.csv")
    days, persons = [], []
    for number, group in rows.groupby("deprivation_q"):
        level = f"q{number}"
        persons.append(people(len(group), level=level))
        for day, held in group.groupby("wait_days"):
            seen = int(held["seen"].sum())
            days.append(ended(int(day), seen, waiting=len(held) - seen, level=level))
    made = form(days, persons).tables["waits"].data.to_pylist()
    every = json.loads((VECTORS / "expected.json").read_text("utf-8"))["cases"]
    [case] = [one for one in every if one["id"] == "kaplan_meier_loglog"]
    assert len(made) == len(case["expected"]) == 5
    for row, peer in zip(made, case["expected"], strict=True):
        assert row["level"] == f"q{peer['deprivation_q']}"
        assert (row["n_waits"], row["n_finished"]) == (peer["n"], peer["events"])
        ours = [row[f"median_days{end}"] for end in ("", "_lower", "_upper")]
        assert ours == [peer[f"p50{end}"] for end in ("", "_lower", "_upper")]
        assert row["share_within_3"] == pytest.approx(1 - peer["S3"], rel=1e-9)
        assert np.sign(row["p90_days"] - peer["p80"]) == 1
