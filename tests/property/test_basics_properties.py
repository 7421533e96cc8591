"""What always holds of shares, rates, means, costs and their standardised forms."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics.costs import two_part_cost
from equity_pipeline.statistics.equivalence import equivalence
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.means import difference_of_means, geometric_mean
from equity_pipeline.statistics.proportions import (
    clustered_proportion,
    exact_proportion,
    proportion,
)
from equity_pipeline.statistics.rates import exact_rate
from equity_pipeline.statistics.standardise.directly import RateLimits, direct_rate
from equity_pipeline.statistics.standardise.indirect import (
    expected_events,
    indirect_ratio,
    reference_rates,
)
from equity_pipeline.statistics.standardise.repeats import (
    direct_repeat_rate,
    from_frequencies,
    repeat_rate,
)

always = settings(derandomize=True, deadline=None, max_examples=60)
confidences = st.floats(0.5, 0.999)
choices = st.sampled_from(list(RateLimits))


def contains_its_value(made: Estimate) -> bool:
    known = ~np.isnan(made.lower) & ~np.isnan(made.upper)
    slack = 1e-9 * (1 + np.abs(made.value))
    inside = (made.lower <= made.value + slack) & (made.value <= made.upper + slack)
    return bool(inside[known].all())


@st.composite
def clusters(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Events and people of some clusters."""
    people = draw(st.lists(st.integers(1, 60), min_size=2, max_size=12))
    return np.array([draw(st.integers(0, n)) for n in people]), np.array(people)


@st.composite
def frequencies(draw: st.DrawFn) -> np.ndarray:
    """People with one to four events in three standard strata."""
    row = st.lists(st.integers(0, 30), min_size=4, max_size=4)
    return np.array(draw(st.lists(row, min_size=3, max_size=3)), dtype=float)


amounts = st.lists(st.one_of(st.just(0.0), st.floats(0.01, 1e5)), min_size=2, max_size=12).filter(
    lambda rows: sum(y > 0 for y in rows) > 0
)


@always
@given(st.integers(0, 400), st.integers(1, 400), st.floats(1, 20), confidences)
def test_exact_and_clustered_limits_of_a_share_hold_it_and_stay_within_0_and_1(
    events: int, more: int, effect: float, confidence: float
) -> None:
    n = events + more
    plain = proportion(events, n, confidence=confidence)
    for made in (
        exact_proportion(events, n, confidence=confidence),
        proportion(events, n, design_effect=effect, confidence=confidence),
    ):
        assert contains_its_value(made)
        assert 0 <= made.lower <= made.upper <= 1
    assert made.upper - made.lower >= plain.upper - plain.lower - 1e-12


@always
@given(clusters(), confidences)
def test_clusters_never_make_a_share_more_certain_and_do_not_come_in_an_order(
    drawn: tuple[np.ndarray, np.ndarray], confidence: float
) -> None:
    x, n = (array.astype(float) for array in drawn)
    sums = len(x), n.sum(), x.sum(), x @ x, x @ n, n @ n
    made = clustered_proportion(*sums, confidence=confidence)
    plain = proportion(x.sum(), n.sum(), confidence=confidence)
    assert contains_its_value(made)
    assert 0 <= made.lower < made.upper <= 1
    assert made.upper - made.lower >= plain.upper - plain.lower - 1e-9
    turned = clustered_proportion(
        sums[0],
        sums[1],
        n.sum() - x.sum(),
        (n - x) @ (n - x),
        (n - x) @ n,
        n @ n,
        confidence=confidence,
    )
    assert_allclose([turned.lower, turned.upper], [1 - made.upper, 1 - made.lower], atol=1e-9)


@always
@given(st.integers(0, 10**6), st.floats(0.1, 1e6), st.floats(0.1, 1e5), confidences)
def test_an_exact_rate_holds_its_value_and_scales(
    events: int, time: float, scale: float, confidence: float
) -> None:
    made = exact_rate(events, time, confidence=confidence)
    assert contains_its_value(made)
    assert made.upper > made.lower >= 0
    scaled = exact_rate(events, time, scale=scale, confidence=confidence)
    assert_allclose([scaled.lower, scaled.upper], [made.lower * scale, made.upper * scale])


@always
@given(frequencies(), choices, confidences, st.permutations([0, 1, 2]))
def test_repeats_widen_a_rate_and_leave_its_value_in_any_order_of_strata(
    people: np.ndarray, limits: RateLimits, confidence: float, order: list[int]
) -> None:
    made = from_frequencies(people, [1, 2, 3, 4])
    time, weights = np.array([900.0, 400.0, 250.0]), np.array([5.0, 3.0, 2.0])
    asked = {"limits": limits, "confidence": confidence}
    cells = (made.events, made.squares, time, weights)
    repeated, single = (
        direct_repeat_rate(*cells, **asked),
        direct_rate(*cells[::2], weights, **asked),
    )
    assert_allclose(repeated.value, single.value)
    assert contains_its_value(repeated)
    assert repeated.upper >= single.upper * (1 - 1e-12)
    assert repeated.lower <= single.lower + 1e-12
    turned = direct_repeat_rate(*(array[order] for array in cells), **asked)
    assert_allclose([turned.lower, turned.upper], [repeated.lower, repeated.upper], rtol=1e-9)
    crude = repeat_rate(made.events.sum(), made.squares.sum(), time.sum(), **asked)
    own = direct_repeat_rate(made.events, made.squares, time, time, **asked)
    assert_allclose([own.value, own.standard_error], [crude.value, crude.standard_error])


@always
@given(st.lists(st.integers(1, 500), min_size=3, max_size=3), st.integers(0, 300), confidences)
def test_an_indirect_ratio_holds_its_value_and_grows_as_expectations_shrink(
    people: list[int], observed: int, confidence: float
) -> None:
    rates = reference_rates([10, 40, 90], [1000, 1500, 900])
    expected = expected_events(people, rates)
    made = indirect_ratio(observed, expected, confidence=confidence)
    assert contains_its_value(made)
    half = indirect_ratio(observed, expected / 2, confidence=confidence)
    assert_allclose([half.lower, half.upper], [2 * made.lower, 2 * made.upper])
    assert_allclose(expected_events(people[::-1], rates[::-1]), expected)


@always
@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=10), st.floats(0.01, 100), confidences)
def test_a_geometric_mean_lies_within_its_limits_and_scales(
    rows: list[float], factor: float, confidence: float
) -> None:
    logs, scaled = np.log(rows), np.log(np.array(rows) * factor)
    made, other = (
        geometric_mean(len(rows), one.sum(), (one**2).sum(), confidence=confidence)
        for one in (logs, scaled)
    )
    assert contains_its_value(made)
    assert_allclose(other.value, made.value * factor, rtol=1e-9)
    assert min(rows) * (1 - 1e-9) <= made.value <= np.mean(rows) * (1 + 1e-9)


@always
@given(amounts, amounts, confidences)
def test_a_difference_of_means_changes_sign_with_the_groups(
    one: list[float], other: list[float], confidence: float
) -> None:
    a, b = ((len(y), np.sum(y), np.sum(np.square(y))) for y in (one, other))
    there = difference_of_means(*a, *b, confidence=confidence)
    back = difference_of_means(*b, *a, confidence=confidence)
    assert_allclose(there.difference.value, -back.difference.value)
    assert_allclose(there.difference.lower, -back.difference.upper)
    assert_allclose([there.p, there.df], [back.p, back.df])
    assert contains_its_value(there.difference)


@always
@given(
    st.lists(amounts, min_size=1, max_size=4), st.sampled_from(["direct", "smearing"]), confidences
)
def test_two_parts_multiply_to_the_whole_and_scale_with_the_currency(
    groups: list[list[float]], way: str, confidence: float
) -> None:
    def sums(factor: float) -> list[np.ndarray]:
        rows = [np.array(y) * factor for y in groups]
        logs = [np.log(y[y > 0]) for y in rows]
        parts = zip(rows, logs, strict=True)
        made = [(len(y), len(g), y.sum(), (y**2).sum(), g.sum(), (g**2).sum()) for y, g in parts]
        return list(np.array(made).T)

    made = two_part_cost(*sums(1.0), mean=way, confidence=confidence)
    assert_allclose(made.overall.value, made.share.value * made.among.value, rtol=1e-12)
    for part in (made.share, made.among, made.overall):
        assert contains_its_value(part)
    dearer = two_part_cost(*sums(10.0), mean=way, confidence=confidence)
    assert_allclose(dearer.overall.value, made.overall.value * 10, rtol=1e-9)
    if way == "direct":
        assert_allclose(made.overall.value, [np.mean(y) for y in groups], rtol=1e-12)


@always
@given(st.floats(-0.1, 0.1), st.floats(0.001, 0.1), st.floats(0.001, 0.1), st.floats(0.001, 0.49))
def test_equivalence_does_not_depend_on_the_side_and_grows_with_the_bound(
    gap: float, error: float, mid: float, alpha: float
) -> None:
    made, turned = (equivalence(side * gap, error, mid, alpha=alpha) for side in (1, -1))
    assert_allclose([made.p, made.p_lower], [turned.p, turned.p_upper])
    assert equivalence(gap, error, 2 * mid, alpha=alpha).p <= made.p
    assert contains_its_value(made.difference)
