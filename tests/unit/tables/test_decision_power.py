"""The promised narrowing is found by the promised day: simulated through the table code."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.tables.decision_candidates import declared_rows, errors
from equity_pipeline.tables.decision_follow_up import followed_up
from equity_pipeline.tables.decision_power import detectable, narrowing_since
from equity_pipeline.tables.decision_register import decision_register
from equity_pipeline.tables.gap import gap

REGIONS, UNITS, FIRST_YEAR = 300, 25, 1700
TRUE = {"q1": 0.70, "q2": 0.80, "q3": 0.80, "q4": 0.80, "q5": 0.84}


KEYS = pd.MultiIndex.from_product(
    [TRUE, [f"U{number}" for number in range(UNITS)], ("30-34", "70-74"), ("female", "male")],
    names=["level", "cluster_key", "age_group", "sex"],
).to_frame(index=False)


def region(rng, period, shares, n=60):
    """Draw the cells of a region: units differ by chance, each year and group anew."""
    own = np.repeat(rng.normal(0, 0.02, len(TRUE) * UNITS), 4)
    share = np.clip(KEYS["level"].map(shares).to_numpy() + own, 0, 1)
    s = rng.binomial(n, share).astype(float)
    return KEYS.assign(
        indicator_id="TG07", period_code=period, dimension="income_quintile", morbidity="none",
        n=n, d=float(n), s=s, ss=s, sd=s, dd=float(n),
    )  # fmt: skip


def table(regions):
    return pa.Table.from_pandas(pd.concat(regions), preserve_index=False)


def years(context, codes):
    """Give each period a year of its own: then the first of a pair, now the second."""
    rows = [
        {"period_code": code, "period_kind": "year", "period_start": date(year, 1, 1),
         "period_end": date(year + 1, 1, 1), "data_status": "final", "area_vintage": "a"}
        for code, year in codes.items()
    ]  # fmt: skip
    return replace(context, periods=pd.DataFrame(rows))


def headlines(tabled, rows, codes):
    estimates, context = tabled(table(rows))
    context = years(context, codes)
    found = declared_rows(gap(estimates, context).data.to_pandas(), context.declared, "12")
    return found[found["is_headline"]].sort_values("period_start"), context


def as_decided(then):
    """Return the register of cases that were decided on the gaps of then, one a region."""
    names = {
        "gap_then": "gap_harm", "gap_then_lower": "gap_harm_lower",
        "gap_then_upper": "gap_harm_upper", "then_n_clusters": "n_clusters",
        "then_definition_hash": "definition_hash", "then_adjustment": "adjustment",
        "then_period_end": "period_end",
    }  # fmt: skip
    held = {name: then[source].to_list() for name, source in names.items()}
    cases = [str(number) for number in range(REGIONS)]
    return pd.DataFrame({"case_id": cases, "version": 1, "status": "decided", **held})


@pytest.fixture
def rng():
    return np.random.default_rng(20_240_131)


@pytest.fixture
def then(tabled, rng):
    """The gaps of many regions in the year that was decided on."""
    rows = [region(rng, f"then-{i}", TRUE) for i in range(REGIONS)]
    codes = {f"then-{i}": FIRST_YEAR + 2 * i for i in range(REGIONS)}
    return headlines(tabled, rows, codes)[0]


@pytest.fixture
def followed(tabled, rng, then):
    """Return a function: by how much the lowest fifth comes closer -> what is told a region."""

    def make(closer):
        rows = [
            region(rng, f"now-{i}", TRUE | {"q1": TRUE["q1"] + float(closer[i])})
            for i in range(REGIONS)
        ]
        codes = {f"now-{i}": FIRST_YEAR + 2 * i + 1 for i in range(REGIONS)}
        now, _ = headlines(tabled, rows, codes)
        now = now.assign(case_id=[str(number) for number in range(REGIONS)])
        return followed_up(as_decided(then), now)["follow_up"]

    return make


def test_the_promised_narrowing_is_found_by_its_day_nine_times_in_ten(then, followed):
    freedom = then["n_clusters"].astype(float) - 1
    found = detectable(then["gap_harm"], errors(then.assign(freedom=freedom)), freedom)
    assert (found.periods == 1).all()
    told = followed(found.narrowing)
    assert (told == "narrowed").mean() >= 0.90
    assert (told == "widened").sum() == 0


def test_what_has_not_changed_is_seldom_said_to_have(followed):
    told = followed(np.zeros(REGIONS))
    assert (told != "not_settled").mean() <= 0.08  # 5 % and three errors of 300 draws


@pytest.mark.parametrize("periods", [1, 2, 3, 5])
def test_a_narrowing_that_needs_more_periods_is_found_after_them(periods):
    rng, error, freedom, n = np.random.default_rng(periods), 0.01, 24.0, 4000
    size = float(detectable(1.0, error, freedom).narrowing) / np.sqrt(2)
    gap = 1.001 * size * np.sqrt(1 + 1 / periods)
    found = detectable(gap, error, freedom)
    assert float(found.periods) == periods
    s = error * np.sqrt(rng.chisquare(freedom, (n, periods + 1)) / freedom)
    drawn = rng.normal(0, error, (n, periods + 1))
    first = drawn[:, 0] + gap
    half = 2.064 * s[:, 0]
    then = Estimate(first, first - half, first + half, s[:, 0], "then")
    later = drawn[:, 1:] + gap - float(found.narrowing)
    made = narrowing_since(then, later, s[:, 1:], freedom)
    assert (made.lower > 0).mean() >= 0.90


def test_the_case_tells_the_narrowing_and_the_day(tabled, rng):
    estimates, context = tabled(table([region(rng, "r12-2024-12", TRUE)]))
    context = years(context, {"r12-2024-12": 2024})
    [row] = decision_register(gap(estimates, context), None, context).data.to_pylist()
    assert row["detectable_by"] == date(2026, 2, 1)
    assert 0 < row["detectable_narrowing"] < row["gap_harm"]


def test_a_gap_too_uncertain_to_be_seen_closing_promises_nothing():
    found = detectable([0.001, np.nan], [0.01, 0.01])
    assert np.isnan(found.narrowing).all() and np.isnan(found.periods).all()
