"""G9 and the recovery of planted strata, through T3."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.optimize import brentq

from equity_pipeline.tables.maihda import intersections
from tests.formed import given_of, spread, stratum

FIVE = {
    "sex": ("male", "female"),
    "age_three": ("18-44", "45-64", "65+"),
    "education": ("pre_secondary", "upper_secondary", "post_secondary"),
    "income_three": ("q1", "q2_q4", "q5"),
    "birth_three": ("sweden", "europe_other", "outside_europe"),
}
SMALL = [
    dict(zip(("sex", "age_three"), both, strict=True))
    for both in product(FIVE["sex"], FIVE["age_three"])
]
APART = np.array([-1.2, 0.4, 1.1, 0.9, -0.3, -0.9])
# only tells that the indicator has a newest year: the model is made of the strata
COUNTED = [*spread("q1", 400, 300), *spread("q5", 400, 320)]


def model(rows):
    made = intersections(given_of(COUNTED, strata=rows)).tables
    [row] = made["maihda_model"].data.to_pylist()
    return row


def rows_apart(by):
    share = 1 / (1 + np.exp(-(0.5 + by * APART)))
    return [stratum(one, 4000, 4000 * p) for one, p in zip(SMALL, share, strict=True)]


@pytest.mark.parametrize(
    ("variance", "vpc", "mor"),
    [(0.0144, 0.004358, 1.121273), (0.1, 0.029500, 1.352076), (0.25, 0.070624, 1.611131)],
)
def test_g9_the_share_of_variance_and_the_median_odds_ratio(variance, vpc, mor) -> None:
    def beyond(by):
        return model(rows_apart(by))["sigma2_null"] - variance

    by = brentq(beyond, 0.08, 0.9, xtol=1e-9, rtol=1e-9)
    row = model(rows_apart(by))
    assert row["sigma2_null"] == pytest.approx(variance, abs=1e-7)
    assert round(row["vpc_null"], 6) == vpc
    assert round(row["mor_null"], 6) == mor


def test_one_region_of_162_strata_gives_back_what_was_planted() -> None:
    random = np.random.default_rng(2024)
    crossed = [dict(zip(FIVE, one, strict=True)) for one in product(*FIVE.values())]
    places = np.array([[FIVE[name].index(one[name]) for name in FIVE] for one in crossed])
    main = 1.4 + places @ np.array([0.10, -0.05, 0.18, 0.15, -0.20])
    share = 1 / (1 + np.exp(-(main + random.normal(0, 0.12, 162))))
    people = random.multinomial(40_000, np.full(162, 1 / 162))
    events = random.binomial(people, share)
    rows = [stratum(*one) for one in zip(crossed, people.tolist(), events.tolist(), strict=True)]
    row = model(rows)
    assert (row["n_persons"], row["n_strata"], row["fit_method"]) == (40_000, 162, "agq_counts")
    assert row["strata_definition"] == "sex+age_three+education+income_three+birth_three"
    assert row["vpc_null"] == pytest.approx(0.0243, abs=0.009)
    assert row["vpc_main"] == pytest.approx(0.0044, abs=0.004)
    assert row["pcv"] == pytest.approx(0.824, abs=0.16)
    assert row["vpc_label"] == "weak"
