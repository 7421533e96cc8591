"""G5 and G8 through T6: need and what remains, between and within units."""

from __future__ import annotations

import pytest

from equity_pipeline.tables.newest import newest
from tests.formed import cell, given_of, spread

AGES, NEEDS = ("30-34", "50-54"), ("none", "two")
G8 = {
    "q1": ([[900, 300], [500, 500]], [[0.78, 0.70], [0.82, 0.76]]),
    "q5": ([[600, 150], [900, 350]], [[0.86, 0.80], [0.90, 0.85]]),
}
# shares of the units among the people of a group, and their values there
G5 = {
    "q1": ((0.5, 0.3, 0.2), (0.70, 0.80, 0.86)),
    "q5": ((0.2, 0.3, 0.5), (0.76, 0.84, 0.89)),
}


def parts(rows: list[dict[str, object]], adjustment: str) -> dict[str, dict[str, object]]:
    made = newest(given_of(rows)).tables["decomposition"].data.to_pylist()
    return {one["component"]: one for one in made if one["adjustment"] == adjustment}


def test_g8_age_then_need_then_what_remains() -> None:
    rows = [
        row
        for level, (people, shares) in G8.items()
        for age, at_age in zip(AGES, range(2), strict=True)
        for need, at_need in zip(NEEDS, range(2), strict=True)
        for row in spread(
            level,
            people[at_age][at_need],
            people[at_age][at_need] * shares[at_age][at_need],
            age_group=age,
            morbidity=need,
            indicator_id="TG07",
        )
    ]
    made = parts(rows, "need_b")
    told = {name: round(made[name]["contribution"], 6) for name in made}
    assert told["total_crude"] == -0.098114
    assert told["demography"] == -0.005828
    assert told["need"] == -0.008119
    assert told["remaining"] == -0.084167
    assert round(made["remaining"]["share_of_crude"], 6) == 0.857849
    assert made["remaining"]["need_model"] == "age+sex+morbidity"
    assert made["remaining"]["is_headline"]
    by_age = parts(rows, "need_a")
    assert round(by_age["remaining"]["contribution"], 6) == -0.092286
    assert by_age["need"]["contribution"] == 0


def test_g5_half_lies_between_the_units_and_half_within() -> None:
    rows = [
        cell(level, f"U{unit}", 1000 * share, 1000 * share * value)
        for level, (shares, values) in G5.items()
        for unit, (share, value) in enumerate(zip(shares, values, strict=True))
    ]
    made = parts(rows, "crude")
    assert made["total_crude"]["contribution"] == pytest.approx(-0.087, abs=1e-12)
    assert made["remaining"]["contribution"] == pytest.approx(-0.087, abs=1e-12)
    assert made["between_units"]["contribution"] == pytest.approx(-0.0435, abs=1e-12)
    assert made["within_units"]["contribution"] == pytest.approx(-0.0435, abs=1e-12)
    assert made["units_of_one_group"]["contribution"] == 0
