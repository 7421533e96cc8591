"""What must always hold of two groups side by side and of waits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from equity_pipeline.statistics import waits
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.two_groups.rates import (
    exact_rate_ratio,
    score_rate_difference,
    score_rate_ratio,
)
from equity_pipeline.statistics.two_groups.shares import (
    score_difference,
    score_odds_ratio,
    score_risk_ratio,
)
from equity_pipeline.statistics.two_groups.table import wald_two_by_two

often = settings(derandomize=True, deadline=None, max_examples=25)
seldom = settings(derandomize=True, deadline=None, max_examples=10)
confidences = st.sampled_from([0.5, 0.8, 0.95, 0.998])


@st.composite
def two_shares(draw: st.DrawFn) -> tuple[int, int, int, int]:
    n1, n0 = draw(st.integers(1, 3000)), draw(st.integers(1, 3000))
    return draw(st.integers(0, n1)), n1, draw(st.integers(0, n0)), n0


@st.composite
def two_rates(draw: st.DrawFn) -> tuple[int, float, int, float]:
    events = st.integers(0, 500)
    time = st.floats(0.5, 1e5)
    return draw(events), draw(time), draw(events), draw(time)


@st.composite
def followed(draw: st.DrawFn, groups: int = 3) -> dict[str, np.ndarray]:
    size = draw(st.integers(12, 60))
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    return {
        "days": rng.integers(0, draw(st.integers(1, 30)), size) + 1,
        "seen": (rng.random(size) < draw(st.floats(0, 1))).astype(int),
        "group": rng.integers(0, groups, size),
    }


def _holds(made: Estimate) -> None:
    """The value lies within its limits, wherever they are known."""
    for low, high in ((made.lower, made.value), (made.value, made.upper)):
        known = ~(np.isnan(low) | np.isnan(high))
        assert (low[known] <= high[known] + 1e-12 * np.abs(high[known])).all()


@often
@given(two_shares(), confidences)
def test_score_limits_of_shares_hold_the_value_and_exist(
    counts: tuple[int, int, int, int], confidence: float
) -> None:
    x1, n1, x0, _ = counts
    gap = score_difference(*counts, confidence=confidence)
    ratio = score_risk_ratio(*counts, confidence=confidence)
    odds = score_odds_ratio(*counts, centred=False, confidence=confidence)
    for made in (gap, ratio, odds):
        _holds(made)
    assert -1 <= gap.lower < gap.upper <= 1
    assert np.isfinite(ratio.lower)
    assert np.isfinite(odds.lower)
    assert np.isnan(ratio.upper) == (x0 == 0)
    assert np.isnan(odds.upper) == (x0 == 0 or x1 == n1)


@often
@given(two_shares(), confidences, st.booleans())
def test_swapping_the_groups_turns_shares_contrasts_round(
    counts: tuple[int, int, int, int], confidence: float, corrected: bool
) -> None:
    x1, n1, x0, n0 = counts
    how = {"bias_corrected": corrected, "confidence": confidence}
    one, other = (score_difference(*c, **how) for c in ((x1, n1, x0, n0), (x0, n0, x1, n1)))
    assert_allclose([one.value, one.lower], [-other.value, -other.upper], atol=1e-12)
    for contrast in (score_risk_ratio, score_odds_ratio):
        one, other = (contrast(*c, **how) for c in ((x1, n1, x0, n0), (x0, n0, x1, n1)))
        if not np.isnan(one.upper):
            assert_allclose(other.lower * one.upper, 1, rtol=1e-8)


@often
@given(two_shares())
def test_counting_those_without_the_event_turns_difference_and_odds_round(
    counts: tuple[int, int, int, int],
) -> None:
    x1, n1, x0, n0 = counts
    one, other = score_difference(*counts), score_difference(n1 - x1, n1, n0 - x0, n0)
    assert_allclose([one.value, one.lower], [-other.value, -other.upper], atol=1e-12)
    odds, against = score_odds_ratio(*counts), score_odds_ratio(n1 - x1, n1, n0 - x0, n0)
    if not np.isnan(odds.upper):
        assert_allclose(against.lower * odds.upper, 1, rtol=1e-8)


@often
@given(two_shares())
def test_more_confidence_makes_wider_limits(counts: tuple[int, int, int, int]) -> None:
    narrow, wide = (score_difference(*counts, confidence=c) for c in (0.8, 0.99))
    assert wide.lower <= narrow.lower + 1e-12
    assert wide.upper >= narrow.upper - 1e-12


@often
@given(two_rates(), confidences)
def test_limits_of_rates_hold_the_value_and_turn_round_with_the_groups(
    counts: tuple[int, float, int, float], confidence: float
) -> None:
    x1, t1, x0, t0 = counts
    turned = x0, t0, x1, t1
    for contrast in (
        score_rate_ratio,
        lambda *c, **k: exact_rate_ratio(*c, **k).ratio,
    ):
        one, other = (contrast(*c, confidence=confidence) for c in (counts, turned))
        _holds(one)
        if not np.isnan(one.upper):
            assert_allclose(other.lower * one.upper, 1, rtol=1e-8)
    gap, back = (score_rate_difference(*c, confidence=confidence) for c in (counts, turned))
    _holds(gap)
    assert gap.lower < gap.upper
    assert_allclose(gap.lower, -back.upper, rtol=1e-7)
    p, q = (exact_rate_ratio(*c).p for c in (counts, turned))
    assert 0 <= p <= 1
    assert_allclose(p, q, rtol=1e-6)


@often
@given(two_rates(), st.floats(0.01, 100))
def test_a_ratio_of_rates_does_not_know_the_unit_of_time(
    counts: tuple[int, float, int, float], unit: float
) -> None:
    x1, t1, x0, t0 = counts
    one, other = score_rate_ratio(*counts), score_rate_ratio(x1, t1 * unit, x0, t0 * unit)
    assert_allclose([one.lower, one.upper], [other.lower, other.upper], rtol=1e-8)


@often
@given(two_shares())
def test_wald_limits_hold_the_value_and_parts_follow_from_ratio_and_gap(
    counts: tuple[int, int, int, int],
) -> None:
    _, n1, _, n0 = counts
    table = wald_two_by_two(*counts)
    for name in table.__slots__:
        _holds(getattr(table, name))
    assert_allclose(
        table.population_risk.value, n1 / (n1 + n0) * table.risk_difference.value, atol=1e-12
    )


@often
@given(followed(), st.integers(1, 9), confidences)
def test_quantiles_rise_with_the_probability_and_ignore_the_order_of_rows(
    rows: dict[str, np.ndarray], r_type: int, confidence: float
) -> None:
    p = np.array([0.0, 0.1, 0.25, 0.5, 0.9, 1.0])
    how = {"n_groups": 3, "r_type": r_type, "confidence": confidence}
    ours = waits.quantiles(rows["days"], p, group=rows["group"], **how)
    some = ours.n[:, 0] > 0
    assert (np.diff(ours.value[some], axis=1) >= 0).all()
    assert (ours.value[some] >= rows["days"].min()).all()
    assert (ours.value[some] <= rows["days"].max()).all()
    back = waits.quantiles(rows["days"][::-1], p, group=rows["group"][::-1], **how)
    assert_array_equal(ours.value, back.value)
    moved = waits.quantiles(2 * rows["days"] + 5, p, group=rows["group"], **how)
    assert_allclose(moved.value, 2 * ours.value + 5, rtol=1e-12)


@often
@given(followed())
def test_equal_weights_give_the_first_type_of_quantile(rows: dict[str, np.ndarray]) -> None:
    p = [0.11, 0.31, 0.5, 0.73]
    for rule, r_type in (("math", 1), ("school", 2)):
        ours = waits.weighted_quantiles(
            rows["days"], p, weight=0.37, group=rows["group"], n_groups=3, rule=rule
        )
        plain = waits.quantiles(rows["days"], p, group=rows["group"], n_groups=3, r_type=r_type)
        assert_array_equal(ours.value, plain.value)


@often
@given(followed(), st.sampled_from(["log-log", "log", "plain", "logit", "arcsin"]))
def test_a_curve_falls_within_its_limits_and_quantiles_lie_where_it_does(
    rows: dict[str, np.ndarray], transform: str
) -> None:
    counts = waits.wait_counts(rows["days"], rows["seen"], group=rows["group"], n_groups=4)
    curve = waits.kaplan_meier(counts, transform=transform)
    some = ~np.isnan(curve.last_day)
    share = curve.share.value[some]
    assert (np.diff(share, axis=1) <= 0).all()
    assert ((share >= 0) & (share <= 1)).all()
    _holds(curve.share)
    median = waits.days_until_seen(curve, 0.5)
    _holds(median)
    for group in np.flatnonzero(~np.isnan(median.value[:, 0])):
        at = waits.still_waiting(curve, median.value[group, 0]).value[group, 0]
        assert at <= 0.5 + 1e-9
    assert np.isnan(curve.share.value[3]).all()


@often
@given(followed(), st.integers(1, 40))
def test_a_mean_wait_lies_between_nothing_and_its_horizon(
    rows: dict[str, np.ndarray], within: int
) -> None:
    curve = waits.kaplan_meier(waits.wait_counts(rows["days"], rows["seen"], group=rows["group"]))
    mean = waits.mean_wait(curve, within)
    known = ~np.isnan(mean.value)
    assert ((mean.value[known] >= 0) & (mean.value[known] <= within + 1e-9)).all()
    _holds(mean)


@often
@given(followed())
def test_counting_waits_as_ended_never_makes_them_longer(rows: dict[str, np.ndarray]) -> None:
    censored = waits.kaplan_meier(waits.wait_counts(rows["days"], rows["seen"]))
    ended = waits.kaplan_meier(waits.wait_counts(rows["days"], np.ones(len(rows["days"]))))
    assert (ended.share.value <= censored.share.value + 1e-12).all()


@seldom
@given(followed(), st.floats(0, 1))
def test_the_log_rank_test_does_not_know_the_groups_names(
    rows: dict[str, np.ndarray], rho: float
) -> None:
    one, other = (
        waits.log_rank(waits.wait_counts(rows["days"], rows["seen"], group=g, n_groups=3), rho=rho)
        for g in (rows["group"], (rows["group"] + 1) % 3)
    )
    assert_allclose(one.chi2, other.chi2, rtol=1e-6, atol=1e-9)
    assert_allclose(one.seen.sum(), rows["seen"].sum())
    if rho == 0:
        assert_allclose(one.expected.sum(), rows["seen"].sum())


@seldom
@given(followed())
def test_days_in_another_unit_leave_hazard_ratios_and_scale_gaps(
    rows: dict[str, np.ndarray],
) -> None:
    seen = np.where(np.arange(len(rows["days"])) % 4 == 0, 1, rows["seen"])
    level = np.arange(len(rows["days"])) % 2
    seen[:2] = 1
    one, other = (
        waits.hazard_ratios(rows["days"] * unit, seen, level, n_levels=2) for unit in (1, 24)
    )
    assert_allclose(one.value, other.value, rtol=1e-9)
    gaps = [waits.quantile_gaps(rows["days"] * unit, level, n_levels=2).value for unit in (1, 24)]
    plain = waits.quantile_regression(rows["days"], level[:, np.newaxis])
    if plain.unique:
        assert_allclose(24 * gaps[0], gaps[1], rtol=1e-9, atol=1e-9)


@often
@given(st.lists(st.integers(0, 50), min_size=10, max_size=60), st.integers(2, 10))
def test_parts_of_areas_follow_the_values_and_turn_round_with_the_direction(
    value: list[int], parts: int
) -> None:
    up = waits.area_quantiles(value, first_is_high=False, parts=parts)
    order = np.argsort(value, kind="stable")
    assert (np.diff(up[order]) >= 0).all()
    assert up.max() <= parts
    assert up.min() >= 1
    down = waits.area_quantiles([-v for v in value], first_is_high=True, parts=parts)
    assert_array_equal(up, down)
