"""What must always hold of the statistics, whatever the numbers."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics import gaps, gradient, inequality, multiplicity, trend
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.means import mean
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.quintiles import weighted_quintile
from equity_pipeline.statistics.rates import rate, ratio_of_sums
from equity_pipeline.statistics.standardise.directly import (
    direct,
    direct_mean,
    direct_proportion,
    direct_rate,
)

always = settings(derandomize=True, deadline=None, max_examples=100)
counts = st.integers(0, 5000)
confidences = st.floats(0.5, 0.999)


@st.composite
def shares(draw: st.DrawFn, size: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Events and people of some groups."""
    people = draw(st.lists(st.integers(1, 5000), min_size=size, max_size=size))
    events = [draw(st.integers(0, n)) for n in people]
    return np.array(events), np.array(people)


@st.composite
def amounts(draw: st.DrawFn, strata: int = 3) -> dict[str, np.ndarray]:
    """Sums over people with amounts y and time t, in some strata."""
    sums: dict[str, list[float]] = {name: [] for name in ("n", "d", "s", "ss", "sd", "dd")}
    for _ in range(strata):
        n = draw(st.integers(2, 6))
        y = np.array(draw(st.lists(st.integers(0, 50), min_size=n, max_size=n)), dtype=float)
        t = np.array(draw(st.lists(st.integers(1, 4), min_size=n, max_size=n)), dtype=float)
        numbers = (n, t.sum(), y.sum(), (y * y).sum(), (y * t).sum(), (t * t).sum())
        for name, number in zip(sums, numbers, strict=True):
            sums[name].append(float(number))
    return {name: np.array(values) for name, values in sums.items()}


def contains_its_value(estimate: Estimate) -> bool:
    known = ~np.isnan(estimate.lower) & ~np.isnan(estimate.upper)
    slack = 1e-12 * (1 + np.abs(estimate.value))
    inside = (estimate.lower <= estimate.value + slack) & (estimate.value <= estimate.upper + slack)
    return bool(known.any()) and bool(inside[known].all())


@always
@given(shares(), confidences)
def test_a_share_lies_within_its_limits_and_they_within_0_and_1(
    groups: tuple[np.ndarray, np.ndarray], confidence: float
) -> None:
    made = proportion(*groups, confidence=confidence)
    assert contains_its_value(made)
    assert (made.lower >= 0).all()
    assert (made.upper <= 1).all()


@always
@given(counts, st.floats(0.1, 1e6), confidences)
def test_a_rate_lies_within_its_limits(events: int, time: float, confidence: float) -> None:
    assert contains_its_value(rate(events, time, confidence=confidence))


@always
@given(amounts(), confidences)
def test_means_and_ratios_lie_within_their_limits(
    cells: dict[str, np.ndarray], confidence: float
) -> None:
    people_differ = cells["n"] * cells["ss"] > cells["s"] ** 2
    rates_differ = cells["ss"] * cells["dd"] > cells["sd"] ** 2
    assume((cells["s"] > 0).all() and people_differ.any() and rates_differ.any())
    assert contains_its_value(mean(cells["n"], cells["s"], cells["ss"], confidence=confidence))
    assert contains_its_value(ratio_of_sums(**cells, confidence=confidence))
    assert contains_its_value(direct_mean(**cells, weights=[1, 2, 3], confidence=confidence))


@always
@given(amounts())
def test_where_everybody_has_the_same_time_the_ratio_of_sums_has_the_error_of_the_mean(
    cells: dict[str, np.ndarray],
) -> None:
    n, s, ss = cells["n"], cells["s"], cells["ss"]
    ratio = ratio_of_sums(n=n, d=2 * n, s=s, ss=ss, sd=2 * s, dd=4 * n, scale=10)
    rows = mean(n, s, ss)
    assert_allclose(ratio.value, rows.value * 5)
    assert_allclose(ratio.standard_error, rows.standard_error * 5, atol=1e-6)


@always
@given(shares(), st.lists(st.integers(1, 9), min_size=4, max_size=4), confidences)
def test_standardised_values_lie_within_their_limits(
    groups: tuple[np.ndarray, np.ndarray], weights: list[int], confidence: float
) -> None:
    made = direct_proportion(*groups, weights, confidence=confidence)
    assert contains_its_value(made)
    assert 0 <= made.lower <= made.upper <= 1
    assert contains_its_value(direct_rate(*groups, weights, confidence=confidence))


@always
@given(st.integers(1, 500), st.integers(0, 500), confidences)
def test_one_standard_stratum_has_the_limits_of_a_plain_share_or_rate(
    people: int, events: int, confidence: float
) -> None:
    events = min(events, people)
    one = direct_proportion([events], [people], [7], confidence=confidence)
    plain = proportion(events, people, confidence=confidence)
    assert_allclose([one.lower, one.upper], [plain.lower, plain.upper], rtol=1e-9, atol=1e-12)
    per = direct_rate([events], [people], [7], scale=3, confidence=confidence)
    simple = rate(events, people, scale=3, confidence=confidence)
    assert_allclose([per.lower, per.upper], [simple.lower, simple.upper], rtol=1e-6)


@always
@given(shares(), st.floats(0.1, 100))
def test_the_size_of_the_standard_population_does_not_matter(
    groups: tuple[np.ndarray, np.ndarray], factor: float
) -> None:
    weights = np.array([4.0, 3.0, 2.0, 1.0])
    one, other = direct_rate(*groups, weights), direct_rate(*groups, weights * factor)
    assert_allclose(one.value, other.value)
    assert_allclose(one.upper, other.upper)


@always
@given(shares())
def test_standardised_to_their_own_ages_people_keep_the_crude_value(
    groups: tuple[np.ndarray, np.ndarray],
) -> None:
    events, people = groups
    assert_allclose(direct_proportion(events, people, people).value, events.sum() / people.sum())
    assert_allclose(direct_rate(events, people, people).value, events.sum() / people.sum())


@always
@given(shares())
def test_all_groups_at_once_are_what_each_is_alone(
    groups: tuple[np.ndarray, np.ndarray],
) -> None:
    together = proportion(*groups)
    alone = [proportion(x, n) for x, n in zip(*groups, strict=True)]
    assert together.lower.tolist() == [float(one.lower) for one in alone]
    table = (np.stack([groups[0], groups[0] // 2]), np.stack([groups[1], groups[1]]))
    rates = direct_rate(*table, [1, 1, 1, 1])
    second = direct_rate(table[0][1], table[1][1], [1, 1, 1, 1])
    assert_allclose(rates.upper[1], second.upper, rtol=1e-12)


@always
@given(shares(2))
def test_gaps_change_sign_with_the_order_of_the_groups(
    groups: tuple[np.ndarray, np.ndarray],
) -> None:
    (x1, x0), (n1, n0) = groups
    gap, turned = gaps.newcombe(x1, n1, x0, n0), gaps.newcombe(x0, n0, x1, n1)
    assert gap.value == -turned.value
    assert_allclose([gap.lower, gap.upper], [-turned.upper, -turned.lower], atol=1e-15)
    assert contains_its_value(gap)


@always
@given(shares(2))
def test_ratios_invert_with_the_order_of_the_groups(
    groups: tuple[np.ndarray, np.ndarray],
) -> None:
    (x1, x0), (n1, n0) = groups
    assume(min(x1, x0) > 0 and (x1 < n1 or x0 < n0))
    one, other = gaps.risk_ratio(x1, n1, x0, n0), gaps.risk_ratio(x0, n0, x1, n1)
    assert_allclose([one.value, one.lower], [1 / other.value, 1 / other.upper], rtol=1e-9)
    assert contains_its_value(one)


@always
@given(st.lists(st.floats(0.2, 0.8), min_size=3, max_size=3), st.integers(0, 2**32 - 1))
def test_differences_and_ratios_of_levels_turn_with_their_order(
    value: list[float], seed: int
) -> None:
    root = np.random.default_rng(seed).normal(size=(3, 3)) / 100
    covariance = root @ root.T
    one = gaps.difference(value, covariance, [0, 1], [2, 2])
    other = gaps.difference(value, covariance, [2, 2], [0, 1])
    assert_allclose(one.lower, -other.upper)
    assert_allclose(
        gaps.ratio(value, covariance, 0, 2).lower,
        1 / gaps.ratio(value, covariance, 2, 0).upper,
        rtol=1e-9,
    )


@always
@given(st.floats(-1, 1), st.floats(0.001, 1), st.sampled_from(["higher", "lower"]))
def test_harm_is_positive_exactly_when_the_focus_group_is_worse_off(
    gap: float, error: float, direction: str
) -> None:
    made = gaps.harm(Estimate(gap, gap - error, gap + error, error / 2, "x"), direction)
    worse = gap < 0 if direction == "higher" else gap > 0
    assert (float(made.value) > 0) is worse
    assert made.lower <= made.value <= made.upper


@always
@given(st.floats(0.2, 2.0), st.floats(0.2, 2.0))
def test_harm_toward_one_is_the_distance_of_the_focus_less_that_of_the_reference(
    focus: float, reference: float
) -> None:
    one = Estimate(focus, focus - 0.02, focus + 0.02, 0.01, "x")
    other = Estimate(reference, reference - 0.02, reference + 0.02, 0.01, "x")
    gap = gaps.difference([focus, reference], np.diag([0.01**2, 0.01**2]), 0, 1)
    made = gaps.harm(gap, "toward_one", focus=one, reference=other)
    assert_allclose(made.value, abs(focus - 1) - abs(reference - 1), atol=1e-12)
    assert_allclose(made.standard_error, np.sqrt(2) * 0.01)
    assert contains_its_value(made)


@always
@given(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1))
def test_the_evidence_state_does_not_depend_on_the_side(
    lower: float, width: float, mid: float
) -> None:
    state = gaps.evidence_state(lower, lower + width, mid)
    assert state == gaps.evidence_state(-lower - width, -lower, mid)
    assert str(state) in set(gaps.EvidenceState) - {"not_estimated"}


@always
@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_false_discovery_rates_keep_the_order_and_never_fall_below_p(p: list[float]) -> None:
    adjusted = multiplicity.benjamini_hochberg(p)
    order = np.argsort(p, kind="stable")
    assert (np.diff(adjusted[order]) >= 0).all()
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= 1).all()
    with_gap = multiplicity.benjamini_hochberg([*p, float("nan")])
    assert with_gap[:-1].tolist() == adjusted.tolist()
    assert np.isnan(with_gap[-1])


@always
@given(shares(5), st.floats(0.1, 10))
def test_slope_and_concentration_turn_with_the_side_and_not_with_the_size(
    groups: tuple[np.ndarray, np.ndarray], factor: float
) -> None:
    events, people = groups
    value = (events + 1) / (people + 2)
    covariance = np.diag(value * (1 - value) / people)
    index = gradient.slope_index(value, people, covariance)
    back = gradient.slope_index(value[::-1], people[::-1], covariance[::-1, ::-1])
    assert_allclose(index.sii.value, -back.sii.value, atol=1e-12)
    assert_allclose(index.sii.lower, -back.sii.upper, atol=1e-12)
    assert contains_its_value(index.sii)
    larger = gradient.slope_index(value, people * factor, covariance)
    assert_allclose(index.rii_mean.upper, larger.rii_mean.upper)
    unfavourable = gradient.erreygers_index(1 - value, people, 0, 1)
    assert_allclose(
        gradient.erreygers_index(value, people, 0, 1).value, -unfavourable.value, atol=1e-12
    )


@always
@given(shares(5))
def test_analytic_errors_of_the_indices_are_those_of_small_changes(
    groups: tuple[np.ndarray, np.ndarray],
) -> None:
    events, people = groups
    value = (events + 50) / (people + 100)
    covariance = np.diag(value * (1 - value) / people)

    def by_steps(measure: object) -> float:
        step = 1e-6
        slopes = [
            (measure(value + step * unit) - measure(value - step * unit)) / (2 * step)  # type: ignore[operator]
            for unit in np.eye(5)
        ]
        return float(np.sqrt(np.array(slopes) @ covariance @ np.array(slopes)))

    index = gradient.slope_index(value, people, covariance)
    for name in ("sii", "rii", "rii_mean"):
        expected = by_steps(
            lambda v, name=name: float(getattr(gradient.slope_index(v, people), name).value)
        )
        assert_allclose(getattr(index, name).standard_error, expected, rtol=1e-4, atol=1e-9)
    expected = by_steps(lambda v: float(gradient.concentration_index(v, people).value))
    ours = gradient.concentration_index(value, people, covariance)
    assert_allclose(ours.standard_error, expected, rtol=1e-4, atol=1e-9)


@always
@given(shares(5))
def test_nothing_is_lost_and_nobody_worse_at_the_best_level(
    groups: tuple[np.ndarray, np.ndarray],
) -> None:
    events, people = groups
    value = events / people
    for direction in ("higher", "lower"):
        excess = inequality.excess_cases(value, people, direction)
        assert (excess >= 0).all()
        assert excess.min() == 0
        par = inequality.population_attributable(value, people, direction).par
        assert_allclose(par * people.sum(), excess.sum(), atol=1e-9)


@always
@given(st.lists(st.floats(-10, 10), min_size=3, max_size=8), st.floats(-5, 5))
def test_a_trend_does_not_change_with_the_level_and_turns_with_the_sign(
    values: list[float], shift: float
) -> None:
    years = np.arange(len(values)) + 2019.0
    one = trend.slope(values, [1.0] * len(values), years)
    moved = trend.slope(np.array(values) + shift, [1.0] * len(values), years)
    turned = trend.slope(-np.array(values), [1.0] * len(values), years)
    assert_allclose(one.value, moved.value, atol=1e-9)
    assert_allclose(one.lower, -turned.upper, atol=1e-9)


areas = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 1000)), min_size=1, max_size=40)


@always
@given(areas, st.booleans())
def test_fifths_do_not_depend_on_the_order_or_the_scale_of_the_areas(
    rows: list[tuple[int, int]], low: bool
) -> None:
    value, people = (np.array(column) for column in zip(*rows, strict=True))
    fifths = weighted_quintile(value, people, worst_is_low=low)
    mixed = np.random.default_rng(len(rows)).permutation(len(rows))
    assert weighted_quintile(value[mixed], people[mixed], worst_is_low=low).tolist() == (
        fifths[mixed].tolist()
    )
    assert weighted_quintile(value * 3 + 1, people * 2, worst_is_low=low).tolist() == (
        fifths.tolist()
    )


@always
@given(areas, st.sampled_from(["midpoint", "cumulative"]))
def test_fifths_follow_the_value_and_equal_values_share_one(
    rows: list[tuple[int, int]], rule: str
) -> None:
    value, people = (np.array(column) for column in zip(*rows, strict=True))
    fifths = weighted_quintile(value, people, worst_is_low=True, rule=rule)  # type: ignore[arg-type]
    order = np.argsort(value, kind="stable")
    assert (np.diff(fifths[order]) >= 0).all()
    assert all(len(set(fifths[value == one].tolist())) == 1 for one in value)
    assert set(fifths.tolist()) <= {1, 2, 3, 4, 5}


@always
@given(areas)
def test_by_midpoints_the_worst_fifth_of_one_side_is_the_best_of_the_other(
    rows: list[tuple[int, int]],
) -> None:
    value, people = (np.array(column) for column in zip(*rows, strict=True))
    up = weighted_quintile(value, people, worst_is_low=True)
    down = weighted_quintile(value, people, worst_is_low=False)
    middle = np.array([(people[value < v].sum() + people[value == v].sum() / 2) for v in value])
    inside = (5 * middle) % people.sum() != 0  # a middle on a border goes up on either side
    assert (up + down)[inside].tolist() == [6] * int(inside.sum())


@always
@given(shares(3))
def test_a_weighted_mean_lies_between_its_parts(groups: tuple[np.ndarray, np.ndarray]) -> None:
    value = groups[0] / groups[1]
    made = direct(value, np.full(3, 0.01), [1, 2, 3])
    assert value.min() - 1e-12 <= made.value <= value.max() + 1e-12
