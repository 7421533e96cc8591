"""Random intercepts on counts: the integral, its slope, the bound, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import binom, norm, poisson

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.maihda import FitMethod, random_intercept_counts
from equity_pipeline.statistics.maihda.kernel import Kernel
from equity_pipeline.statistics.maihda.quadrature import Marginal
from equity_pipeline.statistics.maihda.rows import read_rows
from equity_pipeline.statistics.need import Family

EVENTS = np.array([1, 4, 8, 15, 2, 4, 9, 12, 2, 0, 10, 14])
TRIALS = np.array([20, 22, 30, 25, 14, 19, 31, 17, 20, 9, 24, 21])
GROUP = np.repeat([4, 1, 9, 2, 5, 7], 2)
DESIGN = np.tile([[0.0], [1.0]], (6, 1))
BOTH = [Family.BINOMIAL, Family.POISSON]


def marginal(nodes: int, family: Family) -> Marginal:
    rows = read_rows(EVENTS, TRIALS, None, DESIGN, GROUP, family=family, where="a test")
    return Marginal(Kernel(family, rows), nodes)


def integrated(theta: np.ndarray, family: Family) -> float:
    """The log-likelihood, one numerical integral for each group."""
    fixed, sigma, whole = theta[0] + DESIGN[:, 0] * theta[1], theta[2], 0.0
    for code in np.unique(GROUP):
        at = code == GROUP

        def density(b: float, at: np.ndarray = at) -> float:
            eta = fixed[at] + sigma * b
            if family is Family.BINOMIAL:
                one = binom.pmf(EVENTS[at], TRIALS[at], 1 / (1 + np.exp(-eta)))
            else:
                one = poisson.pmf(EVENTS[at], TRIALS[at] * np.exp(eta))
            return float(norm.pdf(b) * one.prod())

        whole += np.log(quad(density, -9, 9, epsabs=0, epsrel=1e-11, limit=200)[0])
    return whole


@pytest.mark.parametrize("family", BOTH)
def test_the_quadrature_is_the_integral(family: Family) -> None:
    theta = np.array([-1.3, 0.6, 0.7])
    assert marginal(25, family).value(theta) == pytest.approx(integrated(theta, family), abs=1e-8)


@pytest.mark.parametrize("family", BOTH)
@pytest.mark.parametrize("nodes", [1, 2, 5, 11])
def test_the_slope_is_that_of_the_approximation_at_any_number_of_nodes(
    family: Family, nodes: int
) -> None:
    theta, likelihood = np.array([-1.2, 0.5, 0.6]), marginal(nodes, family)
    slope = likelihood.value_and_slope(theta)[1]
    step = 1e-5 * np.eye(3)
    differences = [(likelihood.value(theta + s) - likelihood.value(theta - s)) / 2e-5 for s in step]
    assert slope == pytest.approx(differences, abs=2e-6)


@pytest.mark.parametrize("family", BOTH)
def test_no_other_parameters_are_more_likely(family: Family) -> None:
    fit = random_intercept_counts(EVENTS, TRIALS, DESIGN, GROUP, family=family, nodes=25)
    best = np.append(fit.fixed.value, np.sqrt(fit.variance.value))
    assert fit.loglik == pytest.approx(integrated(best, family), abs=1e-8)
    for place in range(3):
        for move in (-0.02, 0.02):
            other = best.copy()
            other[place] += move
            assert integrated(other, family) < fit.loglik


def test_limits_of_the_variance_are_where_the_adjusted_deviance_is_that_of_chance() -> None:
    fit = random_intercept_counts(EVENTS, TRIALS, None, GROUP, nodes=25)
    rows = read_rows(EVENTS, TRIALS, None, None, GROUP, family=Family.BINOMIAL, where="a test")
    likelihood = Marginal(Kernel(Family.BINOMIAL, rows), 25)
    near = np.arange(-60, 61) * 0.001  # beside the best of those 0.05 apart

    def adjusted(sigma: float) -> float:
        """The profile less half the log of the curvature that the intercept has there."""

        def heights_at(grid: np.ndarray) -> np.ndarray:
            return np.array([likelihood.value(np.array([b, sigma])) for b in grid])

        apart = np.linspace(-3, 1, 81)
        heights = heights_at(apart[heights_at(apart).argmax()] + near)
        at = int(heights.argmax())
        bend = -np.diff(heights[at - 1 : at + 2], 2)[0] / 0.001**2
        return float(heights[at] - np.log(bend) / 2)

    top = max(adjusted(s) for s in np.sqrt(fit.variance.value) * np.linspace(0.9, 1.5, 25))
    for limit in (fit.variance.upper, fit.variance.lower):
        assert 2 * (top - adjusted(np.sqrt(limit))) == pytest.approx(3.841459, abs=0.02)
    assert 0 < fit.variance.lower < fit.variance.value < fit.variance.upper


def test_zero_variance_is_reached_and_told() -> None:
    fit = random_intercept_counts([10, 11, 9, 10], [50, 50, 50, 50], None, [0, 1, 2, 3])
    assert fit.at_bound and fit.variance.value == 0 and fit.variance.lower == 0
    assert 0.05 < fit.variance.upper < 1
    assert fit.variance.warnings[Caution.AT_BOUND]
    assert not fit.effects.value.any()
    assert (fit.effects.upper > 0.3).all()  # what the variance's upper limit still allows
    assert fit.fixed.value[0] == pytest.approx(np.log(0.2 / 0.8))
    assert fit.fixed.standard_error[0] == pytest.approx((200 * 0.2 * 0.8) ** -0.5)
    assert fit.fit_method is FitMethod.AGQ_COUNTS


def test_groups_without_events_or_with_only_events_have_finite_effects() -> None:
    fit = random_intercept_counts([0, 20, 6, 9], [20, 20, 20, 20], None, [0, 1, 2, 3])
    assert np.isfinite([fit.effects.value, fit.effects.lower, fit.effects.upper]).all()
    assert (fit.fitted.upper > fit.fitted.lower).all()
    assert 0 < fit.fitted.value[0] < 0.2 < 0.8 < fit.fitted.value[1] < 1


def test_effects_are_modes_with_the_deviation_of_the_curvature_there() -> None:
    fit = random_intercept_counts(EVENTS, TRIALS, DESIGN, GROUP)
    p = fit.fitted.value
    codes = np.searchsorted(fit.groups, GROUP)
    pull = np.bincount(codes, EVENTS - TRIALS * p) - fit.effects.value / float(fit.variance.value)
    assert pull == pytest.approx(np.zeros(6), abs=1e-7)
    curvature = np.bincount(codes, TRIALS * p * (1 - p)) + 1 / float(fit.variance.value)
    assert fit.effects.standard_error == pytest.approx(curvature**-0.5, rel=1e-7)


def test_groups_of_one_or_two_people_have_no_variance_to_find() -> None:
    with pytest.raises(MethodError, match="too small for a variance"):
        random_intercept_counts([0, 2, 2, 0, 2, 0, 2, 2], [2] * 8, None, np.arange(8), nodes=1)


def test_a_variance_without_upper_limit_leaves_shares_that_of_shares() -> None:
    fit = random_intercept_counts([0, 3, 3, 0, 1, 3, 0, 3], [3] * 8, None, np.arange(8))
    assert np.isnan(fit.variance.upper) and fit.variance.lower > 0
    assert fit.vpc.upper == 1 and fit.vpc.warnings[Caution.CUT_AT_BOUND]


def test_rates_that_vary_less_than_chance_have_zero_variance_however_many_people() -> None:
    years = np.array([150_000, 90_000, 30_000, 180_000])
    fit = random_intercept_counts(
        years // 2 + [3, -5, 1, 0], years, None, np.arange(4), family=Family.POISSON, nodes=1
    )
    assert fit.variance.value == 0 < fit.variance.upper < 1e-4


def test_many_nodes_move_nothing() -> None:
    few, many = (
        random_intercept_counts(EVENTS, TRIALS, DESIGN, GROUP, nodes=nodes) for nodes in (11, 25)
    )
    assert few.variance.value == pytest.approx(float(many.variance.value), rel=1e-6)
    assert few.fixed.standard_error == pytest.approx(many.fixed.standard_error, rel=1e-6)


def test_no_nodes_put_the_fixed_effects_where_residuals_cancel() -> None:
    fit = random_intercept_counts(EVENTS, TRIALS, DESIGN, GROUP, nodes=0)
    left = EVENTS - TRIALS * fit.fitted.value
    assert [left.sum(), left @ DESIGN[:, 0]] == pytest.approx([0, 0], abs=1e-4)
    laplace = random_intercept_counts(EVENTS, TRIALS, DESIGN, GROUP, nodes=1)
    assert fit.loglik < laplace.loglik < fit.loglik + 0.1
    assert fit.variance.lower < fit.variance.value < fit.variance.upper


def test_two_rows_of_one_group_are_one_row_of_their_sums() -> None:
    two = random_intercept_counts(EVENTS, TRIALS, None, GROUP)
    sums = [np.bincount(GROUP, part)[np.unique(GROUP)] for part in (EVENTS, TRIALS)]
    one = random_intercept_counts(*sums, None, np.unique(GROUP))
    assert one.variance.value == pytest.approx(float(two.variance.value), rel=1e-7)
    assert one.effects.value == pytest.approx(two.effects.value, abs=1e-7)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"events": EVENTS - 3}, "fewer than no events"),
        ({"events": TRIALS + 1}, "more events than people"),
        ({"events": np.where(EVENTS == 2, np.nan, EVENTS)}, "missing or infinite"),
        ({"trials": np.where(EVENTS == 0, 0, TRIALS)}, "nobody at risk"),
        ({"events": np.zeros(12)}, "Nobody had the event"),
        ({"events": TRIALS}, "everybody had"),
        ({"events": EVENTS[:5]}, "different lengths"),
        ({"group": np.zeros(12, dtype=int)}, "too few groups"),
        ({"group": GROUP + 0.5}, "whole-number codes"),
        ({"design": np.ones((12, 1))}, "constant or a sum of others"),
        ({"design": np.hstack([DESIGN, 1 - DESIGN])}, "constant or a sum of others"),
        ({"nodes": -1}, "quadrature nodes"),
        ({"family": Family.GAUSSIAN}, "Counts are not"),
        ({"confidence": 1.0}, "no coverage"),
    ],
)
def test_impossible_numbers_are_refused(change: dict, words: str) -> None:
    given = {"events": EVENTS, "trials": TRIALS, "design": DESIGN, "group": GROUP} | change
    arrays = [given.pop(name) for name in ("events", "trials", "design", "group")]
    with pytest.raises(MethodError, match=words):
        random_intercept_counts(*arrays, **given)


def test_a_level_without_events_is_refused_and_named_as_such() -> None:
    events = np.where(DESIGN[:, 0] == 1, 0, EVENTS)
    with pytest.raises(MethodError, match="no events, or only events"):
        random_intercept_counts(events, TRIALS, DESIGN, GROUP)
