"""What must always hold of programme effects: signs, order of rows, scales."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.evaluate import (
    cost_per_effect,
    difference_in_differences,
    permutation_test,
    run_chart,
    two_way_effects,
    wild_cluster_bootstrap,
)

SEEDS = range(6)


def _panel(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    unit, period = np.repeat(np.arange(10), 4), np.tile(np.arange(4), 10)
    y = rng.normal(0, 1, 10)[unit] + 0.3 * period + rng.normal(0, 0.5, 40)
    return y, (unit < 4).astype(float), (period >= 2).astype(float), unit


def _flipped(one: Estimate) -> list[float]:
    return [-float(one.value), -float(one.upper), -float(one.lower)]


def _told(one: Estimate) -> list[float]:
    return [float(one.value), float(one.lower), float(one.upper)]


@pytest.mark.parametrize("seed", SEEDS)
def test_swapping_the_groups_turns_the_sign_of_every_effect(seed: int) -> None:
    y, treated, post, unit = _panel(seed)
    one = difference_in_differences(y, treated, post, unit).clustered
    other = difference_in_differences(y, 1 - treated, post, unit).clustered
    assert_allclose(_told(other), _flipped(one), rtol=1e-9)
    change = y.reshape(10, 4) @ [-0.5, -0.5, 0.5, 0.5]
    has = np.arange(10) < 4
    chance, mirror = permutation_test(change, has), permutation_test(change, ~has)
    assert_allclose(_told(mirror.effect), _flipped(chance.effect), rtol=1e-9)
    assert mirror.p_value == pytest.approx(chance.p_value)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_rows_does_not_matter(seed: int) -> None:
    y, treated, post, unit = _panel(seed)
    period = np.tile(np.arange(4), 10)
    mixed = np.random.default_rng(seed).permutation(40)
    rows = (y, treated * post, unit, period)
    assert_allclose(
        _told(two_way_effects(*(a[mixed] for a in rows)).clustered),
        _told(two_way_effects(*rows).clustered),
        rtol=1e-9,
    )
    design = np.column_stack([np.ones(40), treated, post, treated * post])
    wild = wild_cluster_bootstrap(y, design, 3, unit)
    again = wild_cluster_bootstrap(y[mixed], design[mixed], 3, unit[mixed])
    assert_allclose(_told(again.effect), _told(wild.effect), rtol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_limits_contain_the_value_and_a_constant_added_to_all_changes_nothing(seed: int) -> None:
    y, treated, post, unit = _panel(seed)
    design = np.column_stack([np.ones(40), treated, post, treated * post])
    for make in (
        lambda z: difference_in_differences(z, treated, post, unit).clustered,
        lambda z: permutation_test(z.reshape(10, 4)[:, 3], np.arange(10) < 4).effect,
        lambda z: wild_cluster_bootstrap(z, design, 3, unit).effect,
    ):
        value, lower, upper = _told(make(y))
        assert lower <= value <= upper
        assert_allclose(_told(make(y + 7.0)), [value, lower, upper], rtol=1e-5, atol=1e-9)
        assert_allclose(_told(make(2 * y)), [2 * value, 2 * lower, 2 * upper], rtol=1e-5)


def test_alike_changes_have_no_effect() -> None:
    _, treated, post, unit = _panel(1)
    same = np.tile([0.0, 1.0, 4.0, 2.0], 10)
    assert_allclose(
        difference_in_differences(same, treated, post, unit).clustered.value, 0, atol=1e-12
    )
    assert permutation_test(np.full(10, 0.3), np.arange(10) < 4).p_value == 1


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_chart_upside_down_has_the_same_signals(seed: int) -> None:
    points = np.random.default_rng(seed).normal(size=(8, 30)).round(1)
    one, other = run_chart(points, base=12), run_chart(-points, base=12)
    for name in ("in_shift", "in_trend", "longest_run", "crossings", "signal"):
        assert_allclose(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_price_in_another_currency_is_the_price_times_the_rate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cost, effect, sc, se = (
        rng.uniform(1, 9),
        rng.uniform(3, 9),
        rng.uniform(0, 2),
        rng.uniform(0, 1),
    )
    one = cost_per_effect(cost, effect, sc, se).cost_per_effect
    ten = cost_per_effect(10 * cost, effect, 10 * sc, se).cost_per_effect
    assert_allclose(_told(ten), [10 * x for x in _told(one)], rtol=1e-9)
