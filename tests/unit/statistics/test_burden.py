"""What a difference amounts to, beside sums by hand; continuity of care."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.burden import (
    Burden,
    burden_at_best,
    burden_at_group,
    burden_at_target,
)
from equity_pipeline.statistics.continuity import continuity_index

SHARES = np.array([0.79, 0.82, 0.85, 0.87, 0.89])
PEOPLE = np.array([4200, 4100, 4000, 3900, 3800])
INDEPENDENT = np.diag(SHARES * (1 - SHARES) / PEOPLE)

MAKE: dict[str, Callable[..., Burden]] = {
    "best": burden_at_best,
    "group": lambda y, n, **told: burden_at_group(y, n, 0, **told),
    "target": lambda y, n, **told: burden_at_target(y, n, 0.9, **told),
}
EVERY = pytest.mark.parametrize("name", sorted(MAKE))


def test_the_best_level_is_that_of_the_golden_example() -> None:
    made = burden_at_best(SHARES, PEOPLE, direction="higher", covariance=INDEPENDENT, ceiling=1)
    assert_allclose(made.each.value, [420, 287, 160, 78, 0], atol=1e-9)
    assert_allclose([made.total.value, made.fraction.value], [945, 0.300477], rtol=1e-5)
    assert (made.each.value[-1], made.each.standard_error[-1]) == (0, 0)
    assert made.level == 0.89


def test_the_errors_are_those_of_independent_groups() -> None:
    made = burden_at_best(SHARES, PEOPLE, direction="higher", covariance=INDEPENDENT)
    v = np.diag(INDEPENDENT)
    assert_allclose(made.each.standard_error[0], 4200 * np.sqrt(v[0] + v[4]))
    rest = PEOPLE[:4]
    total = np.sqrt((rest**2 * v[:4]).sum() + rest.sum() ** 2 * v[4])
    assert_allclose(made.total.standard_error, total)
    assert np.isnan(made.fraction.value)


def test_covariance_between_groups_is_counted() -> None:
    v = np.array([[4.0, 3.9], [3.9, 4.0]])
    together = burden_at_group([10.0, 8.0], [1, 1], 1, direction="lower", covariance=v)
    assert_allclose(together.total.standard_error, np.sqrt(4 + 4 - 7.8))


def test_a_target_has_no_error_of_its_own() -> None:
    made = burden_at_target([31.0, 20.0], [10, 10], 25, direction="lower", covariance=np.eye(2))
    assert made.each.value.tolist() == [60, -50]
    assert_allclose(made.total.standard_error, 10 * np.sqrt(2))
    assert_allclose(made.fraction.value, 10 / 510)


def test_the_error_of_the_part_is_that_of_its_derivatives() -> None:
    def part(y: np.ndarray) -> np.ndarray:
        return burden_at_group(y, PEOPLE, 4, direction="higher", ceiling=1).fraction.value

    step = 1e-6
    around = part(SHARES + step * np.concatenate([np.eye(5), -np.eye(5)]))
    slope = (around[:5] - around[5:]) / (2 * step)
    made = burden_at_best(SHARES, PEOPLE, direction="higher", covariance=INDEPENDENT, ceiling=1)
    assert_allclose(made.fraction.standard_error, np.sqrt(slope @ INDEPENDENT @ slope), rtol=1e-6)


@EVERY
def test_strata_are_made_at_once(name: str) -> None:
    y = np.array([SHARES, SHARES[::-1]])
    told = {"direction": "higher", "covariance": INDEPENDENT, "ceiling": 1}
    both = MAKE[name](y, PEOPLE, **told)
    for place in range(2):
        one = MAKE[name](y[place], PEOPLE, **told)
        assert_allclose(both.each.upper[place], one.each.upper)
        assert_allclose(both.fraction.lower[place], one.fraction.lower)


@EVERY
def test_a_group_with_nobody_has_no_burden(name: str) -> None:
    told = {"direction": "higher", "ceiling": 1}
    v = np.pad(INDEPENDENT, (0, 1), constant_values=np.nan)
    more = MAKE[name](np.append(SHARES, np.nan), np.append(PEOPLE, 0), covariance=v, **told)
    whole = MAKE[name](SHARES, PEOPLE, covariance=INDEPENDENT, **told)
    assert more.each.value[-1] == 0
    assert_allclose(more.total.upper, whole.total.upper)


@EVERY
def test_a_group_with_people_and_no_value_gives_none(name: str) -> None:
    made = MAKE[name]([0.8, np.nan], [5, 5], direction="higher")
    assert np.isnan(made.total.value)


def test_a_reference_with_nobody_gives_none() -> None:
    assert np.isnan(burden_at_group([0.8, 0.9], [5, 0], 1, direction="higher").total.value)


@EVERY
@pytest.mark.parametrize(
    ("y", "n", "told"),
    [
        ([0.8, 0.9], [5, -1], {"direction": "higher"}),
        ([0.8, 0.9], [0, 0], {"direction": "higher"}),
        ([0.8, 0.9], [5, np.nan], {"direction": "higher"}),
        ([0.8, np.inf], [5, 5], {"direction": "higher"}),
        ([0.8, 1.9], [5, 5], {"direction": "higher", "ceiling": 1}),
        ([0.8, 0.9], [5, 5], {"direction": "neutral"}),
        ([0.8, 0.9], [5, 5], {"direction": "lower", "covariance": np.eye(3)}),
        ([0.8, 0.9], [5, 5], {"direction": "lower", "covariance": [1, 1]}),
        ([0.8, 0.9], [5, 5], {"direction": "lower", "covariance": -np.eye(2)}),
    ],
)
def test_what_cannot_be_is_refused(name: str, y: object, n: object, told: dict) -> None:
    with pytest.raises(MethodError):
        MAKE[name](y, n, **told)


def test_a_reference_or_target_that_is_not_there_is_refused() -> None:
    with pytest.raises(MethodError):
        burden_at_group([1, 2], [1, 1], 2, direction="lower")
    with pytest.raises(MethodError):
        burden_at_target([1, 2], [1, 1], np.nan, direction="lower")


def test_continuity_needs_two_visits() -> None:
    assert np.isnan(continuity_index([[1, 0], [0, 0]])).all()
    assert_allclose(continuity_index([5, 5]), (50 - 10) / 90)


@pytest.mark.parametrize("visits", [[-1, 2], [np.nan, 2], [0.5, 2], 3])
def test_visits_are_counted(visits: object) -> None:
    with pytest.raises(MethodError):
        continuity_index(visits)
