"""Rates: exact limits at any count, and what stands beside them."""

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.rates import byar_limits, exact_rate, rate, ratio_of_sums

NAN = float("nan")


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.998])
def test_exact_limits_are_the_chi_square_ones_of_garwood(confidence):
    x, tail = np.array([0, 1, 9, 10, 400, 7_776_456]), (1 - confidence) / 2
    made = exact_rate(x, 100, scale=100, confidence=confidence)
    lower = np.where(x == 0, 0, stats.chi2.ppf(tail, 2 * x) / 2)
    np.testing.assert_allclose(made.lower, np.nan_to_num(lower), rtol=1e-9)
    np.testing.assert_allclose(made.upper, stats.chi2.isf(tail, 2 * x + 2) / 2, rtol=1e-9)


def test_garwood_s_limits_of_none_to_three_are_the_published_ones():
    # Garwood (1936), table: 95 % limits of the expectation
    made = exact_rate([0, 1, 2, 3], 1)
    assert made.lower.round(3).tolist() == [0, 0.025, 0.242, 0.619]
    assert made.upper.round(3).tolist() == [3.689, 5.572, 7.225, 8.767]


def test_below_ten_events_the_rate_has_the_exact_limits_and_says_so():
    both = rate([0, 9, 10], 50), exact_rate([0, 9, 10], 50)
    assert both[0].upper[:2].tolist() == both[1].upper[:2].tolist()
    assert both[0].upper[2] != both[1].upper[2]
    for made in both:
        assert made.warnings[Caution.FEW_EVENTS].tolist() == [True, True, False]
        assert made.n.tolist() == [50, 50, 50]


def test_byar_s_limits_are_those_of_breslow_and_day_not_of_other_forms():
    lower, upper = byar_limits(np.array(65.0), confidence=0.95)
    assert (round(float(lower), 2), round(float(upper), 2)) == (50.16, 82.85)
    assert (round(float(lower), 2), round(float(upper), 2)) != (50.60, 82.29)


def test_one_person_s_ratio_is_warned_of():
    made = ratio_of_sums([1, 2], [1, 2], [2, 4], [4, 10], [2, 4], [1, 2])
    assert made.warnings[Caution.FEW_PEOPLE].tolist() == [True, False]
    assert made.n.tolist() == [1, 2]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: exact_rate(-1, 10),
        lambda: exact_rate(1, 0),
        lambda: exact_rate(1, -1),
        lambda: exact_rate(1, np.inf),
        lambda: rate(np.inf, 10),
        lambda: exact_rate(1, 10, confidence=0),
    ],
)
def test_what_is_no_rate_is_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.mend


def test_no_time_gives_nan():
    for made in (exact_rate(0, 0), exact_rate(NAN, 10)):
        assert np.isnan([made.value, made.lower, made.upper, made.standard_error]).all()
        assert Caution.FEW_EVENTS not in made.warnings
