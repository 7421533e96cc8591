"""Shares: exact limits, clusters, and what is refused."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.proportions import (
    clustered_proportion,
    exact_proportion,
    proportion,
)

NAN = float("nan")


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.998])
def test_exact_limits_are_those_of_scipy_from_none_to_all(confidence):
    x = np.arange(13)
    made = exact_proportion(x, 12, confidence=confidence)
    theirs = [stats.binomtest(int(k), 12).proportion_ci(confidence, "exact") for k in x]
    np.testing.assert_allclose(made.lower, [t.low for t in theirs], rtol=1e-9)
    np.testing.assert_allclose(made.upper, [t.high for t in theirs], rtol=1e-9)


def test_exact_limits_of_none_are_those_of_the_rule_of_three():
    made = exact_proportion(0, 100)
    assert float(made.lower) == 0
    assert float(made.upper) == pytest.approx(1 - 0.025 ** (1 / 100))


def test_exact_limits_never_cover_less_than_they_say():
    n, x = 30, np.arange(31)
    made = exact_proportion(x, n)
    for truth in np.linspace(0.01, 0.99, 99):
        inside = (made.lower <= truth) & (truth <= made.upper)
        assert stats.binom.pmf(x, n, truth)[inside].sum() >= 0.95


def test_a_design_effect_gives_the_limits_of_fewer_people():
    wide, fewer = proportion(40, 200, design_effect=4), proportion(10, 50)
    assert float(wide.value) == float(fewer.value) == 0.2
    assert [float(wide.lower), float(wide.upper)] == pytest.approx(
        [float(fewer.lower), float(fewer.upper)]
    )
    assert float(wide.standard_error) == pytest.approx(
        2 * float(proportion(40, 200).standard_error)
    )
    assert (float(wide.n), wide.method) == (200, "wilson_design_effect")
    low, high = proportion_confint(10, 50, method="wilson")
    assert [float(wide.lower), float(wide.upper)] == pytest.approx([low, high])


def test_none_and_all_have_one_sided_limits_and_say_so():
    made = proportion([0, 5, 10], 10)
    assert made.warnings[Caution.AT_BOUND].tolist() == [True, False, True]
    assert made.lower[0] == 0 < made.upper[0] < 1
    assert 0 < made.lower[2] < made.upper[2] == 1


def _sums(x, n):
    x, n = np.asarray(x, dtype=float), np.asarray(n, dtype=float)
    return len(x), n.sum(), x.sum(), (x * x).sum(), (x * n).sum(), (n * n).sum()


def test_clusters_that_are_all_alike_inside_leave_as_many_people_as_clusters():
    # four clusters of ten, all or none: the variance is that of four observations, 4/3 for df
    made = clustered_proportion(*_sums([10, 0, 10, 0], [10] * 4))
    assert float(made.standard_error) == pytest.approx(np.sqrt(0.25 / 4 * 4 / 3))
    size = 3 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 3)) ** 2
    low, high = proportion_confint(size / 2, size, method="wilson")
    assert [float(made.lower), float(made.upper)] == pytest.approx([low, high])
    assert made.warnings[Caution.FEW_CLUSTERS].all()


def test_many_clusters_that_do_not_matter_give_wilson_s_limits():
    rng = np.random.default_rng(4)
    x = rng.binomial(50, 0.3, size=400)
    made = clustered_proportion(*_sums(x, [50] * 400))
    plain = proportion(x.sum(), 20_000)
    assert float(made.upper - made.lower) == pytest.approx(
        float(plain.upper - plain.lower), rel=0.08
    )
    assert Caution.FEW_CLUSTERS not in made.warnings


def test_no_event_in_any_cluster_is_no_more_than_none_in_as_many_people():
    made = clustered_proportion(*_sums([0] * 50, [20] * 50))
    assert float(made.lower) == 0
    assert float(proportion(0, 50).upper) < float(made.upper) < 0.08


def test_one_cluster_has_a_value_and_no_limits():
    made = clustered_proportion(1, 10, 4, 16, 40, 100)
    assert float(made.value) == 0.4
    assert np.isnan([made.lower, made.upper, made.standard_error]).all()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: proportion(1, np.inf),
        lambda: proportion(1, 10, design_effect=0),
        lambda: proportion(1, 10, design_effect=NAN),
        lambda: exact_proportion(11, 10),
        lambda: exact_proportion(-1, 10),
        lambda: exact_proportion(1, 10, confidence=1),
        lambda: clustered_proportion(-1, 10, 4, 16, 40, 100),
        lambda: clustered_proportion(4, 10, 11, 40, 40, 100),
    ],
)
def test_what_is_no_share_is_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.where
    assert refused.value.mend


def test_nobody_at_risk_gives_nan():
    for made in (exact_proportion(0, 0), clustered_proportion(0, 0, 0, 0, 0, 0)):
        assert np.isnan([made.value, made.lower, made.upper, made.standard_error]).all()


def test_clusters_more_alike_than_chance_are_no_more_certain_than_as_many_people():
    made = clustered_proportion(*_sums([5] * 98 + [4, 6], [10] * 100))
    plain = proportion(500, 1000)
    assert float(made.standard_error) < float(plain.standard_error) / 5
    assert made.upper - made.lower >= plain.upper - plain.lower
