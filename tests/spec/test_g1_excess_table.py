"""G1 and the examples of days and kronor through T7."""

from __future__ import annotations

import pytest

from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.settings.series import UnitCost
from equity_pipeline.tables.newest import newest
from tests.formed import given_of, spread

PEOPLE = {"q1": 4200, "q2": 4100, "q3": 4000, "q4": 3900, "q5": 3800}
ASSESSED = {"q1": 3318, "q2": 3362, "q3": 3400, "q4": 3393, "q5": 3382}


def excess(rows, scenario="reference_group", options=None):
    made = newest(given_of(rows, options=options)).tables["excess_burden"].data.to_pylist()
    return {
        one["level"]: one
        for one in made
        if one["reference_scenario"] == scenario and one["adjustment"] == "crude"
    }


def test_g1_945_were_not_assessed_in_time_beyond_the_level_of_the_highest_fifth() -> None:
    rows = [row for level in PEOPLE for row in spread(level, PEOPLE[level], ASSESSED[level])]
    made = excess(rows)
    cases = {level: round(one["excess_cases"], 6) for level, one in made.items()}
    assert cases == {"q1": 420, "q2": 287, "q3": 160, "q4": 78, "q5": 0, "all": 945}
    assert made["all"]["par_abs"] == pytest.approx(0.04725, abs=1e-12)
    assert round(made["all"]["paf"], 6) == 0.300477
    assert made["all"]["n"] == 20000
    assert [made[level]["additive_ok"] for level in ("q1", "all")] == [True, False]
    assert excess(rows, "best_group")["all"]["excess_cases"] == pytest.approx(945)


def test_3360_waiting_days() -> None:
    def waits(level, n, days):
        return [
            row
            for unit, shift in enumerate((0.1, -0.1) * 5)
            for row in spread(
                level, n / 10, n / 10 * (days + shift), units=1, indicator_id="VT03",
                cluster_key=f"U{unit}", ss=n / 10 * ((days + shift) ** 2 + 4),
            )
        ]  # fmt: skip

    made = excess([*waits("q1", 4200, 2.9), *waits("q5", 3800, 2.1)])
    assert made["q1"]["excess_waiting_days"] == pytest.approx(3360)
    assert made["q1"]["excess_cases"] is None


def test_14_million_kronor_of_admissions_at_a_price_that_is_told_with_its_source() -> None:
    def admissions(level, person_years, per_1000):
        return spread(level, person_years, person_years * per_1000 / 1000, indicator_id="BR19")

    price = UnitCost(sek=62000, source="An invented price", price_year=2023)
    options = FormSettings(unit_costs={"BR19": price})
    rows = [*admissions("q1", 52000, 14.2), *admissions("q5", 50000, 9.6)]
    made = excess(rows, options=options)["q1"]
    assert made["excess_cases"] == pytest.approx(239.2)
    assert made["excess_sek"] == pytest.approx(14_830_400)
    assert made["excess_per_1000"] == pytest.approx(4.6)
    assert (made["unit_cost"], made["price_year"]) == (62000, 2023)
    assert made["unit_cost_source"] == "An invented price"
    assert excess(rows)["q1"]["excess_sek"] is None
