"""The linear random intercept: closed forms, a second implementation, and its sums."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.maihda import FitMethod, random_intercept_linear

# three groups of three: means 5.2667, 6.7333, 4.1; within 1.43333, between 10.44667
Y = np.array([5.1, 4.8, 5.9, 7.2, 6.9, 6.1, 4.0, 4.4, 3.9])
GROUP = np.repeat([3, 1, 2], 3)
ONES = np.ones(9)


def rows(seed: int = 7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(30), random.integers(2, 15, 30))
    X = random.normal(size=(len(group), 2))
    y = 3 + X @ [0.5, -1.0] + random.normal(0, 1.6, 30)[group] + random.normal(0, 1.5, len(group))
    return y, X, group


def test_balanced_groups_have_the_textbook_variances() -> None:
    within = 1.43333333 / 6
    ml = random_intercept_linear(Y, Y**2, ONES, None, GROUP)
    assert ml.residual_variance.value == pytest.approx(within)
    assert ml.variance.value == pytest.approx((10.44666667 / 3 - within) / 3)
    reml = random_intercept_linear(Y, Y**2, ONES, None, GROUP, reml=True)
    assert reml.residual_variance.value == pytest.approx(within)
    assert reml.variance.value == pytest.approx((10.44666667 / 2 - within) / 3)
    assert reml.fixed.standard_error[0] == pytest.approx(np.sqrt(10.44666667 / 2 / 9))
    assert (ml.fit_method, reml.fit_method) == (FitMethod.LMM_ML, FitMethod.LMM_REML)


def dense(between: float, within: float, reml: bool) -> tuple[float, np.ndarray, np.ndarray]:
    """The log-likelihood by whole matrices, with fixed effects and their errors."""
    y, X, group = rows()
    V = within * np.eye(len(y)) + between * (group[:, None] == group)
    D = np.column_stack([np.ones(len(y)), X])
    A = D.T @ np.linalg.solve(V, D)
    beta = np.linalg.solve(A, D.T @ np.linalg.solve(V, y))
    left = y - D @ beta
    volume = np.linalg.slogdet(V)[1] + (np.linalg.slogdet(A)[1] if reml else 0)
    free = len(y) - (3 if reml else 0)
    whole = free * np.log(2 * np.pi) + volume + left @ np.linalg.solve(V, left)
    return -whole / 2, beta, np.sqrt(np.diag(np.linalg.inv(A)))


@pytest.mark.parametrize("reml", [False, True])
def test_the_fit_is_the_top_of_the_likelihood_written_with_whole_matrices(reml: bool) -> None:
    y, X, group = rows()
    ours = random_intercept_linear(y, y**2, np.ones(len(y)), X, group, reml=reml)
    best = float(ours.variance.value), float(ours.residual_variance.value)
    top, beta, errors = dense(*best, reml)
    assert ours.loglik == pytest.approx(top, abs=1e-8)
    assert ours.fixed.value == pytest.approx(beta, rel=1e-8)
    assert ours.fixed.standard_error == pytest.approx(errors, rel=1e-8)
    for place in range(2):
        other = list(best)
        slope = 0.0
        for move in (-1e-4, 1e-4):
            other[place] = best[place] * (1 + move)
            slope += np.sign(move) * dense(other[0], other[1], reml)[0]
            assert dense(other[0], other[1], reml)[0] < top
        assert slope / 2e-4 == pytest.approx(0, abs=1e-4)


def test_errors_of_fitted_means_are_those_of_the_mixed_model_equations() -> None:
    y, X, group = rows()
    fit = random_intercept_linear(y, y**2, np.ones(len(y)), X, group)
    Z = (group[:, None] == np.arange(30)).astype(float)
    whole = np.column_stack([np.ones(len(y)), X, Z])
    penalty = np.diag([0.0] * 3 + [float(fit.residual_variance.value / fit.variance.value)] * 30)
    inverse = np.linalg.inv(whole.T @ whole + penalty) * float(fit.residual_variance.value)
    errors = np.sqrt((whole @ inverse * whole).sum(axis=1))
    solution = np.linalg.solve(whole.T @ whole + penalty, whole.T @ y)
    assert fit.effects.value == pytest.approx(solution[3:], abs=1e-8)
    assert fit.fitted.value == pytest.approx(whole @ solution, abs=1e-8)
    assert fit.fitted.standard_error == pytest.approx(errors, rel=1e-8)


def test_sums_of_groups_are_as_good_as_people() -> None:
    y, _, group = rows()
    X = (group % 3 == 0)[:, np.newaxis].astype(float)
    people = random_intercept_linear(y, y**2, np.ones(len(y)), X, group)
    sums = [np.bincount(group, a) for a in (y, y**2, np.ones(len(y)))]
    groups = random_intercept_linear(*sums, (np.arange(30) % 3 == 0)[:, np.newaxis], np.arange(30))
    assert groups.variance.value == pytest.approx(float(people.variance.value), rel=1e-9)
    assert groups.loglik == pytest.approx(people.loglik, abs=1e-8)
    assert groups.variance.upper == pytest.approx(float(people.variance.upper), rel=1e-5)


@pytest.mark.parametrize("reml", [False, True])
def test_limits_are_where_the_restricted_profile_has_fallen_as_chance_allows(reml: bool) -> None:
    y, X, group = rows()
    ours = random_intercept_linear(y, y**2, np.ones(len(y)), X, group, reml=reml)
    top = random_intercept_linear(y, y**2, np.ones(len(y)), X, group, reml=True).loglik
    near = float(ours.residual_variance.value) * np.array([0.8, 1.25])
    for limit in (ours.variance.lower, ours.variance.upper):
        held = minimize_scalar(lambda w, at=float(limit): -dense(at, w, True)[0], bounds=near)
        assert held.success and 2 * (top + held.fun) == pytest.approx(3.841459, abs=5e-3)


def test_zero_variance_is_reached_and_the_fit_is_the_pooled_one() -> None:
    y = np.array([1.0, 2, 3, 1.1, 2.1, 2.8, 0.9, 2.2, 2.9])
    fit = random_intercept_linear(y, y**2, ONES, None, GROUP)
    assert fit.at_bound and fit.vpc.value == 0 and fit.vpc.upper > 0.05
    assert fit.variance.warnings[Caution.AT_BOUND]
    assert fit.residual_variance.value == pytest.approx(y.var())
    assert fit.loglik == pytest.approx(-4.5 * (np.log(2 * np.pi * y.var()) + 1))


def test_a_large_mean_costs_no_digits() -> None:
    y, X, group = rows()
    home, away = (random_intercept_linear(a, a**2, np.ones(len(y)), X, group) for a in (y, y + 1e5))
    assert away.variance.value == pytest.approx(float(home.variance.value), rel=1e-6)


def test_most_of_the_variance_may_lie_between_groups() -> None:
    y = np.array([1.0, 1.1, 5.0, 5.2, 9.0, 9.1, 14.0, 13.8])
    fit = random_intercept_linear(y, y**2, np.ones(8), None, np.repeat(np.arange(4), 2))
    assert 0.99 < fit.vpc.value < 1 and 0.9 < fit.vpc.lower < fit.vpc.value < fit.vpc.upper < 1
    assert 5 < fit.variance.lower < fit.variance.value < fit.variance.upper < 500


@pytest.mark.parametrize(
    ("y", "squares", "group", "words"),
    [
        (Y, Y**2 / 2, GROUP, "sum of squares is less"),
        (np.repeat([1.0, 2, 3], 3), np.repeat([1.0, 4, 9], 3), GROUP, "Nothing varies within"),
        (Y, Y**2, np.arange(9), "Nothing varies within"),
        (np.full(9, 2.0), np.full(9, 4.0), GROUP, "Nothing varies within"),
        (np.where(Y > 7, np.inf, Y), Y**2, GROUP, "infinite"),
    ],
)
def test_what_has_no_variance_within_groups_is_refused(
    y: np.ndarray, squares: np.ndarray, group: np.ndarray, words: str
) -> None:
    with pytest.raises(MethodError, match=words):
        random_intercept_linear(y, squares, ONES, None, group)
