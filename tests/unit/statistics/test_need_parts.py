"""Gaps taken apart by need, composition and units: worked numbers, edges, refusals."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.decompose import (
    between_within_units,
    das_gupta,
    kitagawa,
    sequential_standardisation,
    shapley_standardisation,
)
from equity_pipeline.statistics.estimate import Caution, Estimate

# focus and reference group by age and need
PEOPLE = np.array([[[900, 300], [500, 500]], [[600, 150], [900, 350]]])
SHARES = np.array([[[0.78, 0.70], [0.82, 0.76]], [[0.86, 0.80], [0.90, 0.85]]])
NAN = float("nan")


def test_the_other_order_gives_other_parts_and_the_same_rest() -> None:
    parts = sequential_standardisation(PEOPLE, SHARES, order=(1, 0))
    assert_allclose(parts.parts.value, [-0.005989, -0.007957], atol=5e-7)
    assert_allclose(parts.remaining.value, -0.084167, atol=5e-7)


def test_shapley_takes_the_mean_of_all_orders() -> None:
    parts = shapley_standardisation(PEOPLE, SHARES, factors=2)
    # age: (-.005828 - .007957) / 2; need: (-.008119 - .005989) / 2
    assert_allclose(parts.parts.value, [-0.006893, -0.007054], atol=5e-7)


def test_a_declared_population_stands_for_the_pooled_one() -> None:
    # the reference group's people: its own crude value, and 0.78 * .3 + 0.70 * .075 + ...
    parts = sequential_standardisation(PEOPLE, SHARES, order=(0, 1), target=PEOPLE[1])
    weights = PEOPLE[1] / PEOPLE[1].sum()
    assert_allclose(parts.remaining.value, (weights * (SHARES[0] - SHARES[1])).sum())


def test_das_gupta_s_parts_of_two_factors_worked_by_his_formula() -> None:
    def numbers(n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows, columns = n.sum(axis=1, keepdims=True), n.sum(axis=0, keepdims=True)
        first = np.sqrt(n / columns * rows / n.sum())
        return first, n / n.sum() / first

    (a1, b1), (a0, b0), (t1, t0) = numbers(PEOPLE[0]), numbers(PEOPLE[1]), SHARES
    age = (a1 - a0) * ((b1 * t1 + b0 * t0) / 3 + (b1 * t0 + b0 * t1) / 6)
    need = (b1 - b0) * ((a1 * t1 + a0 * t0) / 3 + (a1 * t0 + a0 * t1) / 6)
    rate = (t1 - t0) * ((a1 * b1 + a0 * b0) / 3 + (a1 * b0 + a0 * b1) / 6)
    parts = das_gupta(PEOPLE, SHARES, factors=2)
    assert_allclose(parts.composition.value, [age.sum(), need.sum()])
    assert_allclose(parts.rate.value, rate.sum())


def test_one_factor_is_kitagawa_s_composition() -> None:
    one = das_gupta(PEOPLE.reshape(2, 4), SHARES.reshape(2, 4), factors=1)
    other = kitagawa(PEOPLE.reshape(2, 4), SHARES.reshape(2, 4))
    assert_allclose(one.composition.value[0], other.composition.value)
    assert_allclose(one.composition.standard_error[0], other.composition.standard_error)
    assert_allclose(one.rate.standard_error, other.rate.standard_error)


@pytest.mark.parametrize("method", ["sequential", "shapley", "kitagawa", "das_gupta"])
def test_errors_are_those_of_drawing_people_again(method: str) -> None:
    random = np.random.default_rng(11)
    whole = PEOPLE.sum()
    again = []
    for _ in range(600):
        people = random.multinomial(whole, (PEOPLE / whole).ravel()).reshape(PEOPLE.shape)
        again.append([one.value for one in made(method, people, random.binomial(people, SHARES))])
    errors = [one.standard_error for one in made(method, PEOPLE, PEOPLE * SHARES)]
    assert_allclose(np.hstack(errors), np.std([np.hstack(a) for a in again], axis=0), rtol=0.12)


def test_the_levels_own_people_are_uncertain_where_gaps_differ_by_level() -> None:
    random = np.random.default_rng(13)
    people = np.array([[60, 40], [30, 70]])
    shares = np.array([[0.9, 0.1], [0.1, 0.9]])
    again = []
    for _ in range(1000):
        drawn = random.multinomial(200, people.ravel() / 200).reshape(2, 2)
        events = random.binomial(drawn, shares)
        again.append(sequential_standardisation(drawn, events / drawn, order=(0,)).remaining.value)
    error = sequential_standardisation(people, shares, order=(0,)).remaining.standard_error
    assert_allclose(error, np.std(again), rtol=0.08)


def made(method: str, people: np.ndarray, events: np.ndarray) -> list[Estimate]:
    shares = events / people
    if method == "sequential":
        parts = sequential_standardisation(people, shares, order=(0, 1))
        return [parts.gap, parts.parts, parts.after, parts.remaining, parts.remaining_share]
    if method == "shapley":
        parts = shapley_standardisation(people, shares, factors=2)
        return [parts.parts, parts.remaining]
    if method == "kitagawa":
        units = kitagawa(people.reshape(2, 4), shares.reshape(2, 4))
        return [units.composition, units.rate]
    crossed = das_gupta(people, shares, factors=2)
    return [crossed.composition, crossed.rate]


def test_units_that_one_group_does_not_attend_stand_apart() -> None:
    people = [[50, 30, 20, 0], [20, 30, 0, 50]]
    shares = [[0.7, 0.8, 0.9, NAN], [0.76, 0.84, NAN, 0.6]]
    parts = between_within_units(people, shares)
    # in common units: focus .59 / .8, reference .404 / .5; they are .77 and .704 overall
    assert_allclose(parts.gap.value, 0.77 - 0.704)
    assert_allclose(parts.only_focus.value, 0.77 - 0.59 / 0.8)
    assert_allclose(parts.only_reference.value, 0.404 / 0.5 - 0.704)
    assert_allclose(parts.between.value + parts.within.value, 0.59 / 0.8 - 0.404 / 0.5)
    assert_allclose(parts.within.value, -0.06 * (0.625 + 0.4) / 2 - 0.04 * (0.375 + 0.6) / 2)
    assert parts.within.warnings[Caution.LEFT_OUT].all()


def test_without_a_common_unit_there_is_a_gap_and_no_parts() -> None:
    parts = between_within_units([[50, 0], [0, 50]], [[0.7, NAN], [NAN, 0.6]])
    assert_allclose(parts.gap.value, 0.1)
    assert np.isnan([parts.between.value, parts.within.value, parts.only_focus.value]).all()


def test_many_gaps_are_those_made_one_by_one() -> None:
    random = np.random.default_rng(12)
    people, shares = random.integers(5, 90, (3, 4, 2, 2, 3)), random.random((3, 4, 2, 2, 3))
    at_once = shapley_standardisation(people, shares, factors=2)
    alone = shapley_standardisation(people[1, 2], shares[1, 2], factors=2)
    assert_allclose(at_once.parts.value[1, 2], alone.parts.value)
    assert_allclose(at_once.after.standard_error[1, 2], alone.after.standard_error)
    assert_allclose(at_once.remaining_share.lower[1, 2], alone.remaining_share.lower)


def test_nobody_with_the_event_still_leaves_limits_with_a_width() -> None:
    parts = sequential_standardisation(PEOPLE, 0 * SHARES, order=(0, 1))
    assert parts.gap.value == 0
    # two events in the 2 204 and in the 2 004 people: sqrt(2 / 2204 / 2200 + 2 / 2004 / 2000)
    assert_allclose(parts.gap.standard_error, 0.000954, atol=5e-7)
    assert_allclose(parts.remaining.standard_error, 0.001005, atol=5e-5)


def test_few_people_without_an_equal_are_left_out_and_told() -> None:
    people = np.array([[[900, 300], [500, 20]], [[600, 150], [900, 0]]])
    parts = sequential_standardisation(people, np.where(people > 0, SHARES, NAN), order=(0, 1))
    assert np.isfinite(parts.remaining.value)
    assert parts.remaining.warnings[Caution.LEFT_OUT].all()
    assert Caution.LEFT_OUT not in parts.gap.warnings


def test_many_people_without_an_equal_leave_nothing_to_compare() -> None:
    people = np.array([[[900, 300], [500, 500]], [[600, 150], [900, 0]]])
    parts = sequential_standardisation(people, np.where(people > 0, SHARES, NAN), order=(0, 1))
    assert np.isnan(parts.remaining.value)
    assert np.isfinite(parts.gap.value)


def test_means_take_the_variances_that_are_given() -> None:
    parts = kitagawa([[4, 4], [4, 4]], [[10.0, 20.0], [5.0, 20.0]], variance=np.ones((2, 2)))
    assert_allclose(parts.gap.value, 2.5)
    # people fall by chance, n (y - mean)^2 / N^2; values vary, (n / N)^2
    spread = (25 * 8 / 64) + (7.5**2 * 8 / 64) + 4 * 0.25
    assert_allclose(parts.gap.standard_error, np.sqrt(spread))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: kitagawa([[-1, 2], [3, 4]], [[0.1, 0.2], [0.3, 0.4]]),
        lambda: kitagawa([[1, NAN], [3, 4]], [[0.1, 0.2], [0.3, 0.4]]),
        lambda: kitagawa([[1, 2], [3, 4]], [[0.1, NAN], [0.3, 0.4]]),
        lambda: kitagawa([[1, 2], [3, 4]], [[0.1, 1.2], [0.3, 0.4]]),
        lambda: kitagawa([[1, 2], [3, 4], [5, 6]], [[0.1, 0.2]] * 3),
        lambda: kitagawa([1, 2], [0.3, 0.4]),
        lambda: kitagawa([[1, 2], [3, 4]], [[9, 9], [9, 9]], variance=-np.ones((2, 2))),
        lambda: kitagawa([[1, 2], [3, 4]], [[0.1, 0.2], [0.3, 0.4]], confidence=95),
        lambda: sequential_standardisation(PEOPLE, SHARES, order=(0, 0)),
        lambda: sequential_standardisation(PEOPLE, SHARES, order=()),
        lambda: sequential_standardisation(PEOPLE, SHARES, order=(0, 1, 2)),
        lambda: sequential_standardisation(PEOPLE[:1], SHARES[:1], order=(0, 1)),
        lambda: sequential_standardisation(PEOPLE, SHARES, order=(0, 1), target=[[0, 0], [0, 0]]),
        lambda: sequential_standardisation(PEOPLE, SHARES, order=(0, 1), target=[[1, 1, 1]] * 2),
        lambda: sequential_standardisation(PEOPLE, SHARES, order=(0, 1), target=-PEOPLE[0]),
        lambda: sequential_standardisation(PEOPLE, SHARES[:, :, [0, 1, 1]], order=(0, 1)),
        lambda: shapley_standardisation(PEOPLE, SHARES, factors=0),
        lambda: shapley_standardisation(PEOPLE, SHARES, factors=3),
        lambda: das_gupta(PEOPLE, SHARES, factors=0),
    ],
)
def test_impossible_cells_are_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(MethodError):
        attempt()
