"""Direct standardisation: the choice of limits, standards, and who was left out."""

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.standardise.directly import (
    ESP2013,
    RateLimits,
    direct,
    direct_mean,
    direct_proportion,
    direct_rate,
    esp2013,
    own_region,
)

NAN = float("nan")
TIME, WEIGHTS = [1000, 500, 200], [0.5, 0.3, 0.2]


def test_by_default_limits_are_dobson_s_from_ten_events_and_fay_and_feuer_s_below():
    x = [[5, 9, 6], [1, 2, 1]]
    by = {choice: direct_rate(x, TIME, WEIGHTS, limits=choice) for choice in RateLimits}
    usual = direct_rate(x, TIME, WEIGHTS)
    assert usual.upper.tolist() == by["dobson_fay_feuer"].upper.tolist()
    assert usual.upper.tolist() == [by["dobson"].upper[0], by["fay_feuer"].upper[1]]
    assert usual.lower.tolist() == [by["dobson"].lower[0], by["fay_feuer"].lower[1]]
    assert usual.warnings[Caution.FEW_EVENTS].tolist() == [False, True]
    assert usual.n.tolist() == [1700, 1700]
    assert (by["dobson"].method, by["fay_feuer"].method) == ("dobson", "fay_feuer")


@pytest.mark.parametrize("x", [[50, 90, 60], [1, 2, 1], [0, 0, 0]])
def test_gamma_limits_are_the_chi_square_ones_of_fay_and_feuer(x):
    w = np.array(WEIGHTS) / np.array(TIME)
    y, v, top = (w * x).sum(), (w**2 * x).sum(), w.max()
    made = direct_rate(x, TIME, WEIGHTS, limits="fay_feuer", confidence=0.9)
    lower = 0 if y == 0 else v / (2 * y) * stats.chi2.ppf(0.05, 2 * y**2 / v)
    y, v = y + top, v + top**2
    upper = v / (2 * y) * stats.chi2.ppf(0.95, 2 * y**2 / v)
    assert [float(made.lower), float(made.upper)] == pytest.approx([lower, upper], rel=1e-9)


def test_without_events_the_limits_are_the_same_and_finite_under_every_choice():
    made = [direct_rate([0, 0, 0], TIME, WEIGHTS, limits=choice) for choice in RateLimits]
    assert {float(one.lower) for one in made} == {0.0}
    # 3.6889 events in the stratum where one weighs most: .2 / 200
    assert [float(one.upper) for one in made] == pytest.approx([3.688879 * 0.001] * 3, rel=1e-6)


def test_groups_with_an_empty_stratum_are_renormalised_and_warned_of():
    d = [[100, 100, 0], [100, 100, 100]]
    s = [[20, 30, 0], [20, 30, 40]]
    weights = [0.6, 0.36, 0.04]
    for made in (
        direct_rate(s, d, weights),
        direct_proportion(s, d, weights),
        direct_mean(d, d, s, s, s, d, weights),
        direct(np.divide(s, d, where=np.array(d) > 0, out=np.full((2, 3), NAN)), 0.01, weights),
    ):
        assert made.warnings[Caution.LEFT_OUT].tolist() == [True, False]
        assert made.method.endswith("_renormalised")
    assert direct_proportion(s, d, weights).n.tolist() == [200, 300]
    assert direct_mean(d, d, s, s, s, d, weights).n.tolist() == [200, 300]


def test_the_european_standard_may_be_gathered_into_wider_bands():
    assert esp2013([0, 20, 65]).tolist() == [21_500, 59_000, 19_500]
    assert esp2013(range(0, 90, 5)).tolist() == list(ESP2013.values())
    assert esp2013([0]).tolist() == [100_000]


def test_a_region_s_own_standard_is_the_share_of_all_its_people():
    people = np.array([[30, 10], [10, 50]])
    assert own_region(people).tolist() == [0.4, 0.6]
    assert own_region(people.T, axis=1).tolist() == [0.4, 0.6]
    # standardised to it, all groups together keep the region's crude rate
    events = np.array([[3, 2], [1, 5]])
    whole = direct_rate(events.sum(axis=0), people.sum(axis=0), own_region(people))
    assert float(whole.value) == pytest.approx(11 / 100)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: direct_rate([1, 2], [10, 10], [0, 0]),
        lambda: direct_rate([[1, 2], [1, 2]], [10, 10], [[1, 1], [0, 0]]),
        lambda: direct_rate([1, 2], [10, 10], [1, -1]),
        lambda: direct_rate([1, 2], [10, 10], [1, NAN]),
        lambda: direct_rate([1, 2], [10, 10], [1, np.inf]),
        lambda: direct_rate([1, 2], [10, np.inf], [1, 1]),
        lambda: direct_rate([1, 2], [10, 10], [1, 1], limits="wald"),
        lambda: direct_rate([1, 2], [10, 10], [1, 1], confidence=95),
        lambda: direct_proportion([1, 2], [10, 10], [0, 0]),
        lambda: direct_mean([2], [2], [2], [2], [2], [2], [0]),
        lambda: esp2013([0, 18]),
        lambda: esp2013([5, 20]),
        lambda: esp2013([0, 20, 20]),
        lambda: esp2013([]),
        lambda: own_region([[0, 0], [0, 0]]),
        lambda: own_region([[1, -1], [1, 1]]),
        lambda: own_region([[1, NAN], [1, 1]]),
    ],
)
def test_what_is_no_standard_is_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.where
    assert refused.value.mend
