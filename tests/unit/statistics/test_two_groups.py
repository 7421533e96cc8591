"""Two groups side by side: published figures, zero cells, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binomtest, chi2

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.two_groups.rates import (
    exact_rate_ratio,
    score_rate_difference,
    score_rate_ratio,
)
from equity_pipeline.statistics.two_groups.shares import (
    newcombe,
    score_difference,
    score_odds_ratio,
    score_risk_ratio,
)
from equity_pipeline.statistics.two_groups.table import wald_two_by_two

NAN = float("nan")
Z = 1.959963984540054


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: score_difference(11, 10, 1, 10),
        lambda: score_difference(1, 10, -1, 10),
        lambda: score_difference(1, 10, 1, float("inf")),
        lambda: score_difference([1, 2], [10, 10], [1, 2, 3], 10),
        lambda: score_difference(1, 10, 1, 10, confidence=95),
        lambda: score_risk_ratio(11, 10, 1, 10),
        lambda: score_odds_ratio(1, 10, 11, 10),
        lambda: score_rate_ratio(-1, 10, 1, 10),
        lambda: score_rate_ratio(1, 0, 1, 10),
        lambda: score_rate_difference(1, 10, 1, -10),
        lambda: score_rate_difference(1, 10, 1, 10, confidence=1.0),
        lambda: exact_rate_ratio(1.5, 10, 1, 10),
        lambda: exact_rate_ratio(1, 10, 1, 10, assumed=0),
        lambda: exact_rate_ratio(1, 10, 1, 10, confidence=0),
        lambda: wald_two_by_two(11, 10, 1, 10),
        lambda: wald_two_by_two(1, 10, 1, 10, population_spread="wide"),  # type: ignore[arg-type]
    ],
)
def test_impossible_groups_are_refused(attempt: object) -> None:
    with pytest.raises(MethodError) as told:
        attempt()  # type: ignore[operator]
    assert told.value.mend


def test_mee_s_limits_of_newcombe_s_examples_are_the_published_ones() -> None:
    """Newcombe 1998, table II, method 5 (Mee): 56/70 - 48/80, 9/10 - 3/10, 5/56 - 0/29."""
    mee = score_difference([56, 9, 5], [70, 10, 56], [48, 3, 0], [80, 10, 29], bias_corrected=False)
    assert_allclose(mee.lower, [0.0533, 0.1821, -0.0313], atol=6e-5)
    assert_allclose(mee.upper, [0.3377, 0.8370, 0.1926], atol=6e-5)
    assert mee.method == "mee"


def test_koopman_s_limits_of_his_example_are_the_published_ones() -> None:
    """Koopman 1984: 36 of 40 beside 16 of 80 gives 2.939 to 7.152."""
    ratio = score_risk_ratio(36, 40, 16, 80, bias_corrected=False)
    assert_allclose([ratio.value, ratio.lower, ratio.upper], [4.5, 2.939, 7.152], atol=6e-4)


def test_with_no_events_in_either_group_the_difference_is_limited_by_what_could_be_missed() -> None:
    """The root has a closed form then: q / (1 + q) with q = z^2 N / (N - 1) / n1."""
    none = score_difference(0, 20, 0, 20)
    q = Z**2 * 40 / 39 / 20
    assert_allclose([none.lower, none.upper], [-q / (1 + q), q / (1 + q)], rtol=1e-10)


def test_rare_events_keep_their_digits() -> None:
    """A million people without an event: the closed form of the test above, to ten digits."""
    none = score_difference(0, 1e6, 0, 1e6)
    q = Z**2 * 2e6 / (2e6 - 1) / 1e6
    assert_allclose([none.lower, none.upper], [-q / (1 + q), q / (1 + q)], rtol=1e-10)


def test_everybody_beside_nobody_has_its_value_as_one_limit() -> None:
    far = score_difference([20, 0], 20, [0, 20], 20)
    assert_array_equal(far.upper, [1, far.upper[1]])
    assert_array_equal(far.lower, [far.lower[0], -1])
    assert_allclose(far.lower[0], -far.upper[1])
    assert far.warnings[Caution.AT_BOUND].all()


@pytest.mark.parametrize("ratio", [score_risk_ratio, score_odds_ratio, score_rate_ratio])
def test_a_group_without_events_gives_one_sided_limits(ratio: object) -> None:
    made = ratio([0, 5, 0], [20, 56, 30], [2, 0, 0], [20, 29, 40])  # type: ignore[operator]
    assert made.value[0] == 0
    assert made.lower[0] == 0
    assert 0 < made.upper[0] < np.inf
    assert np.isnan(made.value[1])
    assert np.isfinite(made.lower[1])
    assert np.isnan(made.upper[1])
    assert made.lower[2] == 0
    assert np.isnan(made.upper[2])
    assert made.warnings[Caution.AT_BOUND].all()


def test_everybody_in_both_groups_gives_a_ratio_of_one_with_limits_about_it() -> None:
    same = score_risk_ratio(20, 20, 30, 30)
    assert same.lower < same.value == 1 < same.upper


def test_an_empty_group_gives_nothing() -> None:
    for made in (
        score_difference([0, NAN], [0, 10], 1, 10),
        score_risk_ratio([0, NAN], [0, 10], 1, 10),
        score_odds_ratio([0, NAN], [0, 10], 1, 10),
        score_rate_ratio([0, NAN], [0, 10], 1, 10),
        score_rate_difference([0, NAN], [0, 10], 1, 10),
        exact_rate_ratio([0, NAN], [0, 10], 1, 10).ratio,
    ):
        assert np.isnan([made.value, made.lower, made.upper]).all()
        assert not made.warnings.get(Caution.AT_BOUND, np.array(False)).any()


def test_at_a_score_limit_the_chi_square_test_of_no_difference_is_critical() -> None:
    """Without the correction the score of a difference of 0 is Pearson's chi-square."""
    pearson = (56 * 32 - 14 * 48) ** 2 * 150 / (70 * 80 * 104 * 46)
    level = float(chi2.cdf(pearson, 1))
    for made, nothing in (
        (score_difference(56, 70, 48, 80, bias_corrected=False, confidence=level), 0),
        (score_risk_ratio(56, 70, 48, 80, bias_corrected=False, confidence=level), 1),
        (
            score_odds_ratio(56, 70, 48, 80, bias_corrected=False, centred=False, confidence=level),
            1,
        ),
    ):
        assert_allclose(made.lower, nothing, atol=1e-9)


def test_the_exact_p_is_scipy_s_binomial_test() -> None:
    x1, x0, share = [0, 3, 17, 9, 0], [0, 9, 17, 0, 4], 120 / 320
    ours = exact_rate_ratio(x1, 120, x0, 200).p
    theirs = [
        binomtest(a, a + b, share).pvalue if a + b else 1.0 for a, b in zip(x1, x0, strict=True)
    ]
    assert_allclose(ours, theirs, rtol=1e-12)


def test_an_assumed_ratio_at_an_exact_limit_has_half_of_what_lies_outside_below_it() -> None:
    exact = exact_rate_ratio(7, 120, 3, 200).ratio
    share = float(exact.lower) * 120 / (float(exact.lower) * 120 + 200)
    assert_allclose(binomtest(7, 10, share, alternative="greater").pvalue, 0.025, rtol=1e-9)
    assert exact.warnings[Caution.STEPS]


def test_a_rate_difference_with_no_events_at_all_has_limits_of_some_width() -> None:
    """Given no events, the score is d / sqrt(d / t): the limit is z^2 / t."""
    none = score_rate_difference(0, 50, 0, 80)
    assert_allclose([none.lower, none.upper], [-(Z**2) / 80, Z**2 / 50], rtol=1e-9)


def test_a_rate_s_scale_multiplies_everything() -> None:
    one, thousand = (score_rate_difference(7, 120, 3, 200, scale=s) for s in (1, 1000))
    for name in ("value", "lower", "upper", "standard_error"):
        assert_allclose(getattr(thousand, name), 1000 * getattr(one, name))


def test_wald_limits_are_nothing_at_a_zero_cell_where_score_limits_are_something() -> None:
    table, score = wald_two_by_two(0, 20, 2, 20), score_risk_ratio(0, 20, 2, 20)
    assert np.isnan(table.risk_ratio.upper)
    assert np.isnan(table.odds_ratio.upper)
    assert 1 < score.upper < 2


def test_the_population_s_attributable_parts_are_those_of_its_risks() -> None:
    table = wald_two_by_two(56, 70, 48, 80)
    assert_allclose(table.population_risk.value, 104 / 150 - 48 / 80)
    assert_allclose(table.population_fraction.value, 1 - (48 / 80) / (104 / 150))
    assert_allclose(
        table.population_risk.standard_error, 70 / 150 * table.risk_difference.standard_error
    )


def test_newcombe_is_the_one_of_the_gaps() -> None:
    assert newcombe.__module__ == "equity_pipeline.statistics.gaps"
