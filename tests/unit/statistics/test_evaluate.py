"""Programmes: differences of changes, what chance gives, series, run charts, costs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.evaluate import (
    Quadrant,
    cost_per_effect,
    count_series,
    difference_in_differences,
    equity_weighted_effect,
    harmonics,
    permutation_test,
    remembering_series,
    run_chart,
    segments,
    two_way_effects,
    value_series,
    wild_cluster_bootstrap,
)
from equity_pipeline.statistics.evaluate.panel import least_squares, newey_west
from equity_pipeline.statistics.glm import sandwich

RNG = np.random.default_rng(11)
UNITS, PERIODS = 12, 6
UNIT = np.repeat(np.arange(UNITS), PERIODS)
PERIOD = np.tile(np.arange(PERIODS), UNITS)
TREATED = (UNIT < 5).astype(float)
POST = (PERIOD >= 3).astype(float)
Y = (
    0.8
    + 0.05 * TREATED * POST
    + RNG.normal(0, 0.03, UNITS)[UNIT]
    + 0.01 * PERIOD
    + RNG.normal(0, 0.01, len(UNIT))
)


def test_least_squares_is_that_of_statsmodels_with_every_kind_of_error() -> None:
    design = np.column_stack([np.ones(len(Y)), TREATED, POST, TREATED * POST])
    weight = RNG.uniform(1, 3, len(Y))
    ours, theirs = least_squares(Y, design, weight=weight), sm.WLS(Y, design, weights=weight)
    assert_allclose(ours.coefficients, theirs.fit().params, rtol=1e-10)
    for covariance, kind, options in (
        (ours.covariance, "nonrobust", None),
        (sandwich(ours), "HC1", None),
        (sandwich(ours, small_sample="none"), "HC0", None),
        (sandwich(ours, cluster=UNIT), "cluster", {"groups": UNIT}),
        (newey_west(ours, 2), "HAC", {"maxlags": 2, "use_correction": True}),
    ):
        fitted = theirs.fit(cov_type=kind, cov_kwds=options)
        assert_allclose(covariance, fitted.cov_params(), rtol=1e-8, err_msg=kind)


def test_two_by_two_and_two_way_give_one_effect_in_a_balanced_panel() -> None:
    plain = difference_in_differences(Y, TREATED, POST, UNIT)
    within = two_way_effects(Y, TREATED * POST, UNIT, PERIOD)
    assert_allclose(within.clustered.value, plain.clustered.value, rtol=1e-10)
    assert plain.clustered.standard_error < plain.robust.standard_error
    assert plain.clustered.warnings[Caution.FEW_CLUSTERS].all()
    assert plain.clustered.n == UNITS
    assert plain.robust.n == len(Y)


def test_permutation_limits_hold_just_the_effects_that_the_test_does_not_refuse() -> None:
    change = np.array([0.09, 0.03, 0.06, 0.02, 0.05, 0.00, 0.01, 0.04, -0.02, 0.02])
    treated = np.arange(10) < 4
    found = permutation_test(change, treated)
    assert found.assignments == 210

    def p(effect: float) -> float:
        """By counting, without any algebra."""
        moved = change - effect * treated
        apart = []
        for chosen in combinations(range(10), 4):
            has = np.isin(np.arange(10), chosen)
            apart.append(moved[has].mean() - moved[~has].mean())
        observed = moved[treated].mean() - moved[~treated].mean()
        return float(np.mean(np.abs(apart) >= abs(observed) - 1e-12))

    assert found.p_value == pytest.approx(p(0.0))
    inside, outside = 1e-9, -1e-6
    for limit, sign in ((found.effect.lower, 1), (found.effect.upper, -1)):
        assert p(float(limit) + sign * inside) > 0.05
        assert p(float(limit) + sign * outside) <= 0.05


def test_blocks_are_permuted_only_inside_themselves() -> None:
    change = [0.5, 0.4, 0.1, 0.0]
    free = permutation_test(change, [True, False, True, False])
    paired = permutation_test(change, [True, False, True, False], block=[1, 1, 2, 2])
    assert (free.assignments, paired.assignments) == (6, 4)
    assert paired.p_value == pytest.approx(0.5)  # both pairs one way, or both the other


def test_many_assignments_are_sampled_from_a_seed_that_the_method_names() -> None:
    change = np.random.default_rng(3).normal(size=40)
    once, again = (permutation_test(change, np.arange(40) < 12, draws=500, seed=7) for _ in "ab")
    assert once.effect.method == "permutation_500_seed_7"
    assert once.assignments == 501
    assert once.p_value == again.p_value


def test_with_too_few_assignments_no_effect_can_be_refused() -> None:
    found = permutation_test([1.0, 0.0, 0.1], [True, False, False])
    assert found.p_value == pytest.approx(1 / 3)
    assert np.isinf([found.effect.lower, found.effect.upper]).all()


def test_the_wild_bootstrap_is_what_refitting_every_draw_gives() -> None:
    """All 2^8 patterns of signs, refitted one by one with statsmodels."""
    keep = np.isin(UNIT, [0, 1, 2, 5, 6, 7, 8, 9])
    y, unit = Y[keep], UNIT[keep]
    design = np.column_stack([np.ones(len(y)), TREATED[keep], POST[keep], (TREATED * POST)[keep]])
    names, place = np.unique(unit, return_inverse=True)

    def t(outcome: np.ndarray) -> float:
        fitted = sm.OLS(outcome, design).fit(cov_type="cluster", cov_kwds={"groups": place})
        return abs(fitted.params[3] / fitted.bse[3])

    restricted = sm.OLS(y, design[:, :3]).fit()
    signs = 2.0 * ((np.arange(2 ** len(names))[:, None] >> np.arange(len(names))) & 1) - 1
    drawn = [t(restricted.fittedvalues + restricted.resid * sign[place]) for sign in signs]
    expected = np.mean(np.array(drawn) >= t(y) * (1 - 1e-10))
    found = wild_cluster_bootstrap(y, design, 3, unit)
    assert found.p_value == pytest.approx(expected)
    assert found.effect.lower < found.effect.value < found.effect.upper
    # a value at a limit has p = 5 %: both sides of it
    for limit, inward in ((found.effect.lower, 1e-4), (found.effect.upper, -1e-4)):
        just = [
            wild_cluster_bootstrap(y - (limit + step) * design[:, 3], design, 3, unit).p_value
            for step in (inward, -inward)
        ]
        assert just[0] >= 0.05 >= just[1] - 0.02


def test_seeded_weights_give_the_same_limits_twice_and_name_their_seed() -> None:
    design = np.column_stack([np.ones(len(Y)), TREATED, POST, TREATED * POST])
    cluster = UNIT * 2 + (PERIOD > 2)  # 24 of them: too many to enumerate
    once = wild_cluster_bootstrap(Y, design, 3, cluster, draws=399, seed=5)
    again = wild_cluster_bootstrap(Y, design, 3, cluster, draws=399, seed=5)
    assert once.effect.method == "wild_cluster_webb_399_seed_5"
    assert once.effect.lower == again.effect.lower


def test_a_planted_step_is_found_in_counts_with_a_season() -> None:
    month = np.arange(60) % 12 + 1
    rate = np.exp(-6 - 0.2 * (np.arange(60) >= 36) + 0.1 * np.sin(2 * np.pi * month / 12))
    people = np.full(60, 1e6)
    design = np.hstack([segments(np.arange(60), 36), harmonics(month, 1)])
    made = count_series(np.round(rate * people), design, person_time=people)
    assert_allclose(made.coefficients.value[2], -0.2, atol=2e-3)
    assert_allclose(made.coefficients.value[4:], [0.1, 0.0], atol=2e-3)
    assert made.dispersion < 0.01  # rounding is all the noise there is


def test_remembered_errors_are_found_again() -> None:
    rng = np.random.default_rng(8)
    error = np.zeros(400)
    for t in range(1, 400):
        error[t] = 0.6 * error[t - 1] + rng.normal()
    design = segments(np.arange(400), 200)
    made = remembering_series(design @ [10, 0.01, 2.0, 0.0] + error, design)
    assert made.memory == pytest.approx(0.6, abs=0.08)
    plain = value_series(design @ [10, 0.01, 2.0, 0.0] + error, design, lag=0)
    assert (made.coefficients.standard_error > plain.coefficients.standard_error).all()


def test_memory_fades_over_points_left_out_whatever_their_order() -> None:
    rng = np.random.default_rng(3)
    when = np.array([0, 1, 2, 3, 5, 6, 9, 10, 11, 12, 14, 15, 16, 17, 18, 20])
    design = segments(when, 9)[:, :3]
    y = design @ [5, 0.2, 1] + np.cumsum(rng.normal(0, 0.3, when.size))
    made = remembering_series(y, design, time=when, restricted=False)
    covariance = made.memory ** np.abs(when[:, np.newaxis] - when)
    inverse = np.linalg.inv(covariance)
    by_hand = np.linalg.solve(design.T @ inverse @ design, design.T @ inverse @ y)
    assert_allclose(made.coefficients.value, by_hand, rtol=1e-9)

    def deviance(memory: float) -> float:
        v = memory ** np.abs(when[:, np.newaxis] - when)
        gls = sm.GLS(y, design, sigma=v).fit()
        return float(-2 * gls.llf)

    assert deviance(made.memory) <= min(deviance(made.memory + d) for d in (-1e-3, 1e-3))
    mixed = rng.permutation(when.size)
    again = remembering_series(y[mixed], design[mixed], time=when[mixed], restricted=False)
    assert_allclose(again.coefficients.value, made.coefficients.value, rtol=1e-9)
    for wrong in (when * 0.5, when * 0, when[:-1]):
        with pytest.raises(MethodError):
            remembering_series(y, design, time=wrong)


def test_run_chart_rules_speak_of_shift_trend_and_crossings_each() -> None:
    calm = [5, 6, 4, 5.5, 4.5, 6, 4, 5.2, 4.8, 6, 4, 5.1]
    assert not run_chart(calm, base=8).signal
    shift = run_chart([5, 6, 4, 5.5, 4.5, 6, 4, 5.2, 7, 7.1, 6.9, 7.2, 7, 6.8], base=8)
    assert shift.in_shift[-6:].all()
    assert not shift.in_shift[:7].any()
    assert shift.centre == 5.1
    trend = run_chart([5, 6, 4, 5.5, 4.5, 6, 4, 5.2, 4.1, 4.6, 4.9, 5.3, 5.4], base=8, shift=12)
    assert trend.in_trend[-5:].all()
    assert trend.in_trend.sum() == 5
    clumped = run_chart([1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 5, 5], base=12, shift=11, trend=11)
    assert clumped.crossings == 1
    assert clumped.signal


def test_points_that_are_missing_or_on_the_line_neither_break_nor_make_a_run() -> None:
    points = [1, 9, 2, 8, 3, 7, 5, 5, 6, np.nan, 6, 5, 6, 6, 6, 6]
    chart = run_chart(points, base=8)
    assert chart.centre == 5
    assert chart.in_shift.nonzero()[0].tolist() == list(range(5, 16))
    assert chart.longest_run == 7


def test_many_series_give_what_each_gives_alone() -> None:
    rows = np.random.default_rng(2).normal(size=(5, 24))
    together = run_chart(rows, base=12)
    for row, series in enumerate(rows):
        alone = run_chart(series, base=12)
        assert alone.signal == together.signal[row]
        assert alone.longest_run == together.longest_run[row]
        assert_allclose(alone.in_shift, together.in_shift[row])


def test_fewest_crossings_are_those_of_anhoj_and_olesen() -> None:
    """With 24 useful points a run over 8, or under 8 crossings, is a signal."""
    for points, least, run in ((10, 2, 6), (20, 6, 7), (24, 8, 8)):
        wave = np.tile([0.0, 1.0], points // 2)
        chart = run_chart(wave, base=points)
        assert (chart.crossings_limit, chart.longest_run_limit) == (least, run)


def test_fieller_s_limits_are_where_cost_and_effect_agree_with_no_price() -> None:
    made = cost_per_effect(185, 0.044, 40, 0.010, correlation=0.3).cost_per_effect
    for price in (made.lower, made.upper):
        spread = np.sqrt(40**2 + price**2 * 0.01**2 - 2 * price * 0.3 * 40 * 0.01)
        assert_allclose(abs(185 - price * 0.044) / spread, 1.959964, rtol=1e-6)


def test_there_is_no_price_of_an_effect_that_may_be_none() -> None:
    made = cost_per_effect([185, 185], [0.044, 0.01], 40, 0.010)
    assert np.isnan(made.cost_per_effect.value).tolist() == [False, True]
    assert made.cost_per_effect.warnings[Caution.NOT_REACHED].tolist() == [False, True]


def test_quadrants_hold_all_the_probability_there_is() -> None:
    made = cost_per_effect([10, -5], [0.2, -0.1], [8, 3], [0.15, 0.1], correlation=[0.4, -0.2])
    assert_allclose(made.probability.sum(axis=-1), 1)
    assert made.quadrant.tolist() == [
        Quadrant.MORE_EFFECT_MORE_COST,
        Quadrant.LESS_EFFECT_LESS_COST,
    ]
    drawn = multivariate_normal([10, 0.2], [[64, 0.48], [0.48, 0.0225]]).rvs(
        200_000, random_state=1
    )
    seen = np.mean((drawn[:, 0] > 0) & (drawn[:, 1] > 0))
    assert_allclose(made.probability[0, 0], seen, atol=0.005)


def test_equity_weights_count_only_by_their_proportions() -> None:
    effects, spread = [0.06, 0.02, 0.01], np.diag([1e-4, 2e-4, 3e-4])
    one = equity_weighted_effect(effects, spread, [3, 2, 1], [2, 1, 1])
    ten = equity_weighted_effect(effects, spread, [3, 2, 1], [20, 10, 10])
    assert_allclose([one.value, one.lower], [ten.value, ten.lower])


@pytest.mark.parametrize(
    "call",
    [
        lambda: difference_in_differences(Y, TREATED * 2, POST, UNIT),
        lambda: difference_in_differences(Y, np.zeros(len(Y)), POST, UNIT),
        lambda: difference_in_differences(Y, TREATED, POST, np.zeros(len(Y))),
        lambda: difference_in_differences(np.where(Y > 0.8, np.nan, Y), TREATED, POST, UNIT),
        lambda: two_way_effects(Y, np.zeros(len(Y)), UNIT, PERIOD),
        lambda: permutation_test([1, 2, 3], [True, True, True]),
        lambda: permutation_test([1, np.nan, 3], [True, False, False]),
        lambda: permutation_test([1, 2], [True, False], weight=[1, 0]),
        lambda: wild_cluster_bootstrap(Y, np.ones((len(Y), 1)), 0, UNIT % 2),
        lambda: wild_cluster_bootstrap(Y, np.ones((len(Y), 1)), 1, UNIT),
        lambda: segments([1, 2, 3], 3),
        lambda: harmonics([1, 2], 7),
        lambda: count_series([1, 2, 3], np.ones((3, 1)), person_time=[1, 0, 1]),
        lambda: value_series(Y, np.ones((len(Y), 1)), lag=len(Y)),
        lambda: value_series(Y, np.ones((len(Y), 2)), lag=1),
        lambda: run_chart([1, 2, 3], base=8),
        lambda: run_chart(np.full(20, np.nan), base=8),
        lambda: cost_per_effect(1, 1, -1, 1),
        lambda: cost_per_effect(1, 1, 1, 1, correlation=1.5),
        lambda: equity_weighted_effect([1, 2], np.eye(2), [1, 1], [0, 0]),
    ],
)
def test_what_cannot_be_judged_is_refused_with_a_way_to_mend_it(call: object) -> None:
    with pytest.raises(MethodError) as refused:
        call()
    assert refused.value.mend
    assert refused.value.where
