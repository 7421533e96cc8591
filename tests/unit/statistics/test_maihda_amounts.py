"""Amounts: the Gamma likelihood, and the two parts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import gamma, norm

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.maihda import log_normal_two_part, random_intercept_gamma

RANDOM = np.random.default_rng(4)
GROUP = np.repeat(np.arange(12), 15)
COST = RANDOM.gamma(2.0, np.exp(1 + RANDOM.normal(0, 0.5, 12)[GROUP]) / 2)


def gamma_loglik(intercept: float, sigma: float, shape: float) -> float:
    whole = 0.0
    for code in range(12):
        y = COST[code == GROUP]

        def density(b: float, y: np.ndarray = y) -> float:
            mean = np.exp(intercept + sigma * b)
            one = gamma.logpdf(y, shape, scale=mean / shape).sum()
            return float(np.exp(one + 40) * norm.pdf(b))

        whole += np.log(quad(density, -8, 8, epsabs=0, epsrel=1e-10, limit=200)[0]) - 40
    return whole


def test_the_gamma_fit_is_the_greatest_likelihood() -> None:
    fit = random_intercept_gamma(COST, np.ones(180), np.log(COST), None, GROUP)
    best = [
        float(fit.fixed.value[0]),
        float(np.sqrt(fit.variance.value)),
        float(1 / fit.residual_variance.value),
    ]
    assert fit.loglik == pytest.approx(gamma_loglik(*best), abs=1e-6)
    for place, move in ((0, 0.02), (1, 0.02), (2, 0.02)):
        for sign in (-1, 1):
            other = list(best)
            other[place] += sign * move
            assert gamma_loglik(*other) < fit.loglik
    assert 0.25 < fit.residual_variance.lower < 0.5 < fit.residual_variance.upper < 1
    assert fit.variance.lower < 0.25 < fit.variance.upper


def test_cells_of_amounts_are_as_good_as_people() -> None:
    one = random_intercept_gamma(COST, np.ones(180), np.log(COST), None, GROUP)
    sums = [np.bincount(GROUP, a) for a in (COST, np.ones(180), np.log(COST))]
    cells = random_intercept_gamma(*sums, None, np.arange(12))
    assert cells.variance.value == pytest.approx(float(one.variance.value), rel=1e-4)
    assert cells.loglik == pytest.approx(one.loglik, abs=1e-6)


def test_the_currency_does_not_change_the_variance() -> None:
    kronor = random_intercept_gamma(COST, np.ones(180), np.log(COST), None, GROUP)
    ore = random_intercept_gamma(100 * COST, np.ones(180), np.log(100 * COST), None, GROUP)
    assert ore.variance.value == pytest.approx(float(kronor.variance.value), rel=1e-4)
    assert ore.fixed.value[0] - kronor.fixed.value[0] == pytest.approx(np.log(100), abs=1e-5)


def test_amounts_that_are_not_above_zero_or_contradict_their_logarithms_are_refused() -> None:
    for cost, logs in ((COST * 0, np.log(COST)), (COST, np.log(COST) + 1)):
        with pytest.raises(MethodError, match=r"above 0|Nobody"):
            random_intercept_gamma(cost, np.ones(180), logs, None, GROUP)


def test_the_two_parts_give_the_mean_of_people_with_and_without_costs() -> None:
    random = np.random.default_rng(9)
    people, groups = 400, 30
    some = random.random((groups, people)) < 0.6
    log_cost = random.normal(2 + random.normal(0, 0.3, (groups, 1)), 0.8, (groups, people))
    cost = np.where(some, np.exp(log_cost), 0)
    logs = np.where(some, log_cost, 0)
    made = log_normal_two_part(
        some.sum(axis=1), np.full(groups, people), logs.sum(axis=1), (logs**2).sum(axis=1),
        None, np.arange(groups),
    )  # fmt: skip
    assert made.mean.value == pytest.approx(cost.mean(axis=1), rel=0.25)
    covered = (made.mean.lower < cost.mean(axis=1)) & (cost.mean(axis=1) < made.mean.upper)
    assert covered.mean() > 0.8
    assert made.amount.residual_variance.value == pytest.approx(0.64, rel=0.05)
    nobody = log_normal_two_part(
        [0, 4, 5, 3], [9, 9, 9, 9], [0.0, 4.2, 6.1, 3.3], [0.0, 4.9, 8.2, 4.1], None, [0, 1, 2, 3]
    )
    assert np.isnan(nobody.mean.value).tolist() == [True, False, False, False]
