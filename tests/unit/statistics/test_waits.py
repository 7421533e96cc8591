"""Waits: hand-worked curves and quantiles, a second reference, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom
from statsmodels.duration.survfunc import SurvfuncRight, survdiff

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import waits
from equity_pipeline.statistics.estimate import Caution

NAN = float("nan")
METHODS = (
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
)

# Kalbfleisch and Prentice's carcinogen data, first group: 19 rats, 2 censored
RATS = [143, 164, 188, 188, 190, 192, 206, 209, 213, 216, 220, 227, 230, 234, 246, 265, 304]
RATS_CENSORED = [216, 244]


def _rats() -> waits.WaitCurve:
    days, seen = RATS + RATS_CENSORED, [1] * 17 + [0] * 2
    return waits.kaplan_meier(waits.wait_counts(days, seen))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: waits.quantiles([-1, 2], 0.5),
        lambda: waits.quantiles([NAN, 2], 0.5),
        lambda: waits.quantiles([], 0.5),
        lambda: waits.quantiles([1, 2], 50),
        lambda: waits.quantiles([1, 2], 0.5, r_type=10),
        lambda: waits.quantiles([1, 2], 0.5, count=[1.5, 1]),
        lambda: waits.quantiles([1, 2], 0.5, count=[-1, 1]),
        lambda: waits.quantiles([1, 2], 0.5, group=[0, 2], n_groups=2),
        lambda: waits.quantiles([1, 2], 0.5, group=[0, 0.5]),
        lambda: waits.quantiles([1, 2], 0.5, group=[0, 0, 1]),
        lambda: waits.quantiles([1, 2], 0.5, confidence=2),
        lambda: waits.weighted_quantiles([1, 2], 0.5, weight=[-1, 1]),
        lambda: waits.weighted_quantiles([1, 2], 0.5, weight=1, rule="hf7"),  # type: ignore[arg-type]
        lambda: waits.WaitCounts([3, 3], [1, 1], [0, 0]),
        lambda: waits.WaitCounts([3, 5], [1, -1], [0, 0]),
        lambda: waits.WaitCounts([3, 5], [1, NAN], [0, 0]),
        lambda: waits.WaitCounts([3, 5], [1, 1], [0, 0], [0, 3]),
        lambda: waits.WaitCounts([3, 5], [1, 1, 1], [0, 0]),
        lambda: waits.wait_counts([3, 5], [1, 2]),
        lambda: waits.wait_counts([3, 5], [1, 1], entry=[0, 5]),
        lambda: waits.kaplan_meier(_counts(), transform="loglog"),  # type: ignore[arg-type]
        lambda: waits.kaplan_meier(_counts(), confidence=95),
        lambda: waits.still_waiting(_rats(), -1),
        lambda: waits.seen_within(_rats(), NAN),
        lambda: waits.days_until_seen(_rats(), 1.5),
        lambda: waits.mean_wait(_rats(), 0),
        lambda: waits.log_rank(waits.WaitCounts([3, 5], [1, 1], [0, 0])),
        lambda: waits.log_rank(waits.WaitCounts([3, 5], [[1, 1]], [[0, 0]])),
        lambda: waits.log_rank(_counts(), rho=NAN),
        lambda: waits.area_quantiles([1, 2], first_is_high=True, parts=1),
        lambda: waits.area_quantiles([1, float("inf")], first_is_high=True),
    ],
)
def test_impossible_waits_are_refused(attempt: object) -> None:
    with pytest.raises(MethodError) as told:
        attempt()  # type: ignore[operator]
    assert told.value.mend


def _counts() -> waits.WaitCounts:
    return waits.WaitCounts([3, 7], [[2, 1], [0, 4]], [[0, 1], [1, 0]])


@pytest.mark.parametrize("r_type", range(1, 10))
def test_every_type_of_quantile_is_numpy_s(r_type: int) -> None:
    days = np.random.default_rng(3).integers(0, 40, 37)
    at = [0.0, 0.01, 0.1, 0.25, 0.5, 0.77, 0.9, 0.99, 1.0]
    ours = waits.quantiles(days, at, r_type=r_type)
    assert_allclose(ours.value[0], np.quantile(days, at, method=METHODS[r_type - 1]), rtol=1e-12)


def test_a_whole_rank_is_whole_whatever_rounding_does() -> None:
    """0.35 x 20 is 7 in numbers but not in floating point: the seventh and eighth are averaged."""
    ours = waits.quantiles(np.arange(1, 21), [0.35, 0.7], r_type=2)
    assert_array_equal(ours.value, [[7.5, 14.5]])


def test_counted_days_are_the_rows_they_stand_for() -> None:
    rows = waits.quantiles([2, 2, 2, 5, 9, 9, 1, 4], 0.5, group=[0, 0, 0, 0, 0, 0, 1, 1])
    cells = waits.quantiles([5, 9, 2, 4, 1], 0.5, count=[1, 2, 3, 1, 1], group=[0, 0, 0, 1, 1])
    for name in ("value", "lower", "upper", "n"):
        assert_array_equal(getattr(rows, name), getattr(cells, name))


def test_limits_of_a_median_cover_it_at_least_as_often_as_told() -> None:
    """Ten waits: the second and the ninth cover the median in 1002 of 1024 samples."""
    ours = waits.quantiles(np.arange(10), 0.5)
    assert (ours.lower, ours.upper) == (1, 8)
    assert binom.cdf(8, 10, 0.5) - binom.cdf(1, 10, 0.5) == 1002 / 1024
    assert ours.warnings[Caution.STEPS].all()


def test_five_waits_do_not_limit_their_median() -> None:
    few = waits.quantiles([1, 2, 3, 4, 5], 0.5)
    assert few.value == 3
    assert np.isnan([few.lower, few.upper]).all()
    assert few.warnings[Caution.FEW_PEOPLE].all()


def test_a_group_without_waits_has_no_quantile() -> None:
    ours = waits.quantiles([4, 6], [0.5, 0.9], group=[1, 1], n_groups=3)
    assert_array_equal(np.isnan(ours.value[:, 0]), [True, False, True])
    assert_array_equal(ours.n[:, 0], [0, 2, 0])
    weighed = waits.weighted_quantiles([4, 6], 0.5, weight=1, group=[1, 1], n_groups=3)
    assert_array_equal(np.isnan(weighed.value[:, 0]), [True, False, True])
    assert np.isnan(waits.weighted_quantiles([4, 6], 0.5, weight=0).value).all()


def test_the_weighted_rules_differ_where_the_share_is_met_exactly() -> None:
    for rule, expected in (("math", 3), ("school", 5)):
        ours = waits.weighted_quantiles([3, 7, 9], 0.5, weight=[2, 1, 1], rule=rule)  # type: ignore[arg-type]
        assert ours.value == expected


def test_the_curve_of_the_rats_is_the_published_one() -> None:
    """Kalbfleisch and Prentice, table 1.2: 18/19, 17/19, 15/19 ... and 0 in the end."""
    curve = _rats()
    assert_allclose(curve.share.value[0, :5], np.array([18, 17, 15, 14, 13]) / 19)
    assert curve.share.value[0, -1] == 0
    assert waits.days_until_seen(curve, 0.5).value == 216


def test_curve_error_and_median_are_those_of_statsmodels() -> None:
    rng = np.random.default_rng(5)
    days, seen = rng.geometric(0.1, 200), rng.random(200) < 0.7
    curve, theirs = waits.kaplan_meier(waits.wait_counts(days, seen)), SurvfuncRight(days, seen)
    at = np.searchsorted(curve.days, theirs.surv_times)
    assert_allclose(curve.share.value[0, at], theirs.surv_prob, rtol=1e-12)
    inner = theirs.surv_prob > 0
    assert_allclose(curve.share.standard_error[0, at][inner], theirs.surv_prob_se[inner])
    ours = waits.days_until_seen(curve, [0.3, 0.5]).value[0]
    assert_allclose(ours, [theirs.quantile(0.3), theirs.quantile(0.5)])


def test_without_censoring_the_curve_is_the_share_of_longer_waits() -> None:
    days = np.array([3, 5, 5, 8, 9, 12])
    curve = waits.kaplan_meier(waits.wait_counts(days, np.ones(6)))
    asked = waits.still_waiting(curve, [4, 5, 10])
    assert_allclose(asked.value, [[5 / 6, 3 / 6, 1 / 6]])
    median = waits.days_until_seen(curve, 0.5).value
    assert_array_equal(median, waits.quantiles(days, 0.5, r_type=2).value)
    assert_allclose(waits.mean_wait(curve, 1000).value, days.mean())


def test_people_still_waiting_are_censored_never_dropped() -> None:
    """Ten seen within a week, ten waiting for longer: the median wait is no week."""
    days, seen = [5] * 10 + [30] * 10, [1] * 10 + [0] * 10
    curve = waits.kaplan_meier(waits.wait_counts(days, seen))
    assert waits.seen_within(curve, 7).value == 0.5
    assert waits.quantiles([5] * 10, 0.5).value == 5
    assert waits.days_until_seen(curve, 0.5).value == 17.5
    later = waits.days_until_seen(curve, 0.6)
    assert np.isnan(later.value)
    assert later.warnings[Caution.NOT_REACHED].all()


def test_a_share_beyond_the_last_day_followed_is_not_known() -> None:
    curve = waits.kaplan_meier(waits.WaitCounts([3, 7], [[5, 2], [5, 5]], [[0, 3], [0, 0]]))
    asked = waits.seen_within(curve, [7, 30])
    assert_allclose(asked.value, [[0.7, NAN], [1, 1]])
    assert_array_equal(asked.warnings[Caution.NOT_REACHED], [[False, True], [False, False]])
    assert np.isnan(waits.mean_wait(curve, 30).value[0])
    assert_allclose(waits.mean_wait(curve, 30).value[1], 5)


def test_a_curve_at_its_edges_has_limits_of_some_width() -> None:
    """Nobody of 20 seen: Wilson's limit 20 / (20 + 1.96^2)."""
    curve = waits.kaplan_meier(waits.WaitCounts([3, 7], seen=[0, 20], censored=[0, 0]))
    first, last = waits.still_waiting(curve, [3, 7]).lower, waits.still_waiting(curve, [3, 7]).upper
    assert_allclose(first, [20 / (20 + 1.959963984540054**2), 0])
    assert last[0] == 1
    assert_allclose(last[1], 1.959963984540054**2 / (20 + 1.959963984540054**2))
    assert curve.share.warnings[Caution.AT_BOUND].all()
    before = waits.still_waiting(curve, 0)
    assert before.lower < before.value == before.upper == 1


def test_a_mean_wait_with_nobody_seen_so_soon_is_all_of_it_with_a_limit_below() -> None:
    curve = waits.kaplan_meier(waits.WaitCounts([3, 9], seen=[0, 20], censored=[0, 5]))
    mean = waits.mean_wait(curve, 5)
    assert mean.value == mean.upper == 5
    assert 0 < mean.lower < 5
    assert mean.warnings[Caution.AT_BOUND]


def test_a_wait_known_only_from_its_tenth_day_counts_from_then_on() -> None:
    """By hand: of two followed from the start one is seen on day 5; then two of three on day 12."""
    counts = waits.wait_counts([5, 12, 12, 20], [1, 1, 1, 0], entry=[NAN, NAN, 10, 10])
    assert_array_equal(counts.at_risk[0], [2, 1, 3, 1])
    curve = waits.kaplan_meier(counts)
    assert_allclose(waits.still_waiting(curve, [5, 12]).value, [[1 / 2, 1 / 6]])


@pytest.mark.parametrize("transform", ["plain", "log", "log-log", "logit", "arcsin"])
def test_every_scale_of_limits_holds_the_value_within_0_and_1(transform: str) -> None:
    curve = waits.kaplan_meier(_counts(), transform=transform)  # type: ignore[arg-type]
    share = curve.share
    assert (share.lower >= 0).all()
    assert (share.upper <= 1).all()
    assert ((share.lower <= share.value) & (share.value <= share.upper)).all()


def test_limits_on_the_log_log_scale_are_worked_by_hand() -> None:
    """S = 0.6 with Greenwood's 0.4 / 6: 0.6 to the power exp(-/+ 1.96 x 0.2582 / 0.5108)."""
    curve = waits.kaplan_meier(waits.WaitCounts([3], seen=[4], censored=[6]))
    bend = np.exp(1.959963984540054 * np.sqrt(4 / 60) / -np.log(0.6))
    assert_allclose([curve.share.lower[0], curve.share.upper[0]], [0.6**bend, 0.6 ** (1 / bend)])


@pytest.mark.parametrize(("rho", "weights"), [(0.0, {}), (1.0, {"weight_type": "fh", "fh_p": 1})])
def test_the_log_rank_test_is_statsmodels(rho: float, weights: dict[str, object]) -> None:
    rng = np.random.default_rng(8)
    group = rng.integers(0, 3, 300)
    days, seen = rng.geometric(0.1 + 0.03 * group), rng.random(300) < 0.8
    ours = waits.log_rank(waits.wait_counts(days, seen, group=group), rho=rho)
    chi2, p = survdiff(days, seen, group, **weights)
    assert_allclose([ours.chi2, ours.p], [chi2, p], rtol=1e-8)
    assert ours.df == 2


def test_groups_of_whom_nobody_was_seen_are_not_judged() -> None:
    test = waits.log_rank(waits.WaitCounts([3, 7], [[0, 0], [0, 0]], [[4, 4], [4, 4]]))
    assert np.isnan([test.chi2, test.p]).all()


def test_leading_axes_are_tests_of_their_own() -> None:
    rng = np.random.default_rng(2)
    seen, left = rng.integers(0, 9, (4, 3, 5)), rng.integers(0, 3, (4, 3, 5))
    both = waits.log_rank(waits.WaitCounts(np.arange(5), seen, left))
    one = waits.log_rank(waits.WaitCounts(np.arange(5), seen[2], left[2]))
    assert_allclose([both.chi2[2], both.p[2]], [one.chi2, one.p])


def test_areas_with_one_value_are_in_one_part_and_small_groups_in_none() -> None:
    value = [3, 3, 1, 5, NAN, 7, 8, 9]
    ours = waits.area_quantiles(value, first_is_high=False, parts=4, group=[0, 0, 0, 0, 0, 1, 1, 1])
    assert_array_equal(ours, [2, 2, 1, 4, 0, 0, 0, 0])
