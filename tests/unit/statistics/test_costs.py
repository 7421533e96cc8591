"""Two-part costs: identities, errors beside simulation, edges."""

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.costs import two_part_cost
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.means import mean
from equity_pipeline.statistics.proportions import proportion

NAN = float("nan")


def cells(*groups):
    """Six sums of each group of rows, stacked."""
    made = []
    for group in groups:
        y = np.asarray(group, dtype=float)
        logs = np.log(y[y > 0])
        made.append((len(y), len(logs), y.sum(), (y**2).sum(), logs.sum(), (logs**2).sum()))
    return tuple(np.array(column) for column in zip(*made, strict=True))


@pytest.fixture
def groups():
    rng = np.random.default_rng(5)
    return [
        np.where(rng.random(n) < p, rng.lognormal(m, 1, n), 0.0)
        for n, p, m in ((400, 0.6, 8), (150, 0.3, 8.5), (60, 0.9, 7))
    ]


@pytest.mark.parametrize("way", ["direct", "smearing"])
def test_the_overall_mean_is_the_share_times_the_mean_among_those_with_a_cost(groups, way):
    made = two_part_cost(*cells(*groups), mean=way)
    np.testing.assert_allclose(
        made.overall.value, made.share.value * made.among.value, rtol=1e-12, atol=0
    )


def test_directly_made_it_is_the_mean_of_everybody_with_zeros(groups):
    made = two_part_cost(*cells(*groups))
    np.testing.assert_allclose(made.overall.value, [g.mean() for g in groups], rtol=1e-12)
    plain = mean(*(np.array([f(g) for g in groups]) for f in (len, np.sum, lambda g: (g**2).sum())))
    # two parts multiplied have the error of the mean but for degrees of freedom
    np.testing.assert_allclose(made.overall.standard_error, plain.standard_error, rtol=0.02)
    assert made.share.upper.tolist() == proportion(*cells(*groups)[1::-1]).upper.tolist()


def test_of_one_stratum_smearing_and_the_direct_mean_are_the_same(groups):
    direct, smeared = (two_part_cost(*cells(groups[0]), mean=w) for w in ("direct", "smearing"))
    for name in ("value", "lower", "upper", "standard_error"):
        np.testing.assert_allclose(
            getattr(smeared.among, name), getattr(direct.among, name), rtol=1e-12
        )
    np.testing.assert_allclose(smeared.smearing, direct.smearing, rtol=1e-12)


def test_the_smearing_factor_is_the_mean_of_the_exponentiated_residuals_of_all(groups):
    made = two_part_cost(*cells(*groups), mean="smearing")
    logs = [np.log(g[g > 0]) for g in groups]
    residuals = np.concatenate([one - one.mean() for one in logs])
    np.testing.assert_allclose(made.smearing, np.exp(residuals).mean(), rtol=1e-12)
    np.testing.assert_allclose(
        made.among.value, [np.exp(o.mean()) * made.smearing[0] for o in logs], rtol=1e-12
    )


def test_the_error_of_a_smeared_mean_is_that_of_a_simulation():
    rng, n = np.random.default_rng(1), np.array([300, 80, 40])
    draws = np.array(
        [
            two_part_cost(
                *cells(*(rng.lognormal(m, 0.8, k) for m, k in zip((5, 6, 7), n, strict=True))),
                mean="smearing",
            ).among
            for _ in range(1500)
        ]
    )
    logs = np.log([one.value for one in draws])
    told = np.array([one.standard_error / one.value for one in draws])
    np.testing.assert_allclose(np.sqrt((told**2).mean(axis=0)), logs.std(axis=0), rtol=0.06)


def test_nobody_with_a_cost_costs_nothing_and_nothing_says_how_much_one_would():
    made = two_part_cost(*cells([0.0] * 20, [0.0, 5.0, 7.0]))
    assert made.overall.value[0] == 0
    assert np.isnan(made.overall.upper[0])
    assert np.isnan(made.among.value[0])
    assert 0 < made.share.upper[0] < 0.2
    assert made.overall.warnings[Caution.AT_BOUND].tolist() == [True, False]
    assert made.overall.lower[1] > 0


def test_one_person_with_a_cost_has_a_value_and_no_limits_unless_others_lend_their_spread():
    sums = cells([0.0, 80.0], [30.0, 60.0, 90.0])
    direct, smeared = (two_part_cost(*sums, mean=way) for way in ("direct", "smearing"))
    assert direct.among.value[0] == 80
    assert np.isnan([direct.among.upper[0], direct.overall.upper[0]]).all()
    assert direct.among.warnings[Caution.FEW_PEOPLE].tolist() == [True, False]
    assert smeared.among.lower[0] < smeared.among.value[0] < smeared.among.upper[0]


def test_nobody_at_all_gives_nan_and_equal_costs_no_limits():
    made = two_part_cost(*cells([], [0.1] * 9))
    assert np.isnan([made.share.value[0], made.overall.value[0]]).all()
    assert made.overall.value[1] == pytest.approx(0.1)
    assert np.isnan(made.among.upper[1])


@pytest.mark.parametrize(
    "changed",
    [
        {"n_positive": 6},
        {"n": -5, "n_positive": -3},
        {"s": 0},
        {"s": -1200},
        {"ss": 400_000},
        {"ss": 2_000_000},
        {"sum_log_squared": 90},
        {"sum_log": 19, "sum_log_squared": 121},
        {"n_positive": 0},
        {"s": np.inf},
        {"mean": "median"},
        {"confidence": 0},
    ],
)
def test_sums_that_are_not_of_the_same_people_are_refused(changed):
    cost = np.array([0.0, 0.0, 100.0, 300.0, 800.0])
    names = ("n", "n_positive", "s", "ss", "sum_log", "sum_log_squared")
    sums = dict(zip(names, (float(c[0]) for c in cells(cost)), strict=True))
    two_part_cost(**sums)
    with pytest.raises(MethodError) as refused:
        two_part_cost(**(sums | changed))
    assert refused.value.mend
