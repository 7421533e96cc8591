"""Ratios by level with cluster-robust covariance, held against sums over rows."""

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.statistics.clustered import (
    few_clusters,
    few_events,
    ratio_by_level,
    t_p,
)
from equity_pipeline.statistics.clustered_tables import ratios_by_level
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.standardise.directly import direct_proportion


@pytest.fixture
def rows():
    """Return 4 000 people in 3 levels, 4 strata and 12 clusters that share an effect."""
    rng = np.random.default_rng(7)
    n = 4_000
    level, stratum, cluster = (rng.integers(0, k, n) for k in (3, 4, 12))
    effect = rng.normal(0, 0.5, 12)[cluster]
    odds = -1 + 0.3 * level + 0.4 * stratum + effect
    y = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(float)
    return y, level, stratum, cluster


def test_crude_values_and_covariance_are_those_of_a_sum_over_clusters(rows):
    y, level, _, cluster = rows
    made = ratio_by_level(y, np.ones_like(y), level, cluster, n_levels=3)
    means = np.array([y[level == k].mean() for k in range(3)])
    moves = np.zeros((12, 3))
    for g in range(12):
        for k in range(3):
            here = (cluster == g) & (level == k)
            moves[g, k] = (y[here] - means[k]).sum() / (level == k).sum()
    np.testing.assert_allclose(made.value, means, rtol=1e-12)
    np.testing.assert_allclose(made.covariance, moves.T @ moves * 12 / 11, rtol=1e-10)
    assert made.n_clusters.tolist() == [12, 12, 12]


def test_standardised_values_are_those_of_direct_standardisation(rows):
    y, level, stratum, cluster = rows
    weights = np.array([4.0, 3.0, 2.0, 1.0])
    made = ratio_by_level(
        y, np.ones_like(y), level, cluster, n_levels=3, stratum=stratum, weights=weights
    )
    s, d = np.zeros((3, 4)), np.zeros((3, 4))
    np.add.at(s, (level, stratum), y)
    np.add.at(d, (level, stratum), 1)
    np.testing.assert_allclose(made.value, direct_proportion(s, d, weights).value, rtol=1e-12)


def test_cells_of_many_rows_give_what_the_rows_give(rows):
    y, level, _, cluster = rows
    key = level * 12 + cluster
    s, d = np.bincount(key, y), np.bincount(key).astype(float)
    cells = ratio_by_level(s, d, np.arange(36) // 12, np.arange(36) % 12, n_levels=3)
    whole = ratio_by_level(y, np.ones_like(y), level, cluster, n_levels=3)
    np.testing.assert_allclose(cells.covariance, whole.covariance, rtol=1e-10)


def test_a_level_without_people_in_heavy_strata_has_no_standardised_value(rows):
    y, level, stratum, cluster = rows
    kept = ~((level == 0) & (stratum == 3))
    made = ratio_by_level(
        y[kept], np.ones(kept.sum()), level[kept], cluster[kept],
        n_levels=3, stratum=stratum[kept], weights=np.ones(4),
    )  # fmt: skip
    assert np.isnan(made.value[0])
    assert np.isnan(made.covariance[0]).all()
    assert np.isfinite(made.value[1:]).all()


def test_one_cluster_gives_a_value_without_a_covariance(rows):
    y, level, _, cluster = rows
    made = ratio_by_level(y, np.ones_like(y), level, np.zeros_like(cluster), n_levels=3)
    assert np.isfinite(made.value).all()
    assert np.isnan(made.covariance).all()


def test_limits_and_p_values_of_few_clusters_are_students():
    one = Estimate(0.3, 0.1, 0.5, 0.1, "difference")
    made = few_clusters(one, np.array(5.0))
    assert made.upper == pytest.approx(0.3 + stats.t.ppf(0.975, 5) * 0.1)
    assert float(t_p(one, np.array(5.0))) == pytest.approx(2 * stats.t.sf(3.0, 5))
    ratio = few_clusters(Estimate(2.0, 1.0, 4.0, 0.2, "ratio"), np.array(5.0), log=True)
    assert ratio.upper / 2.0 == pytest.approx(2.0 / ratio.lower)


def test_units_that_all_saw_everybody_do_not_make_a_group_certain():
    nothing = np.zeros((2, 2))
    shares = few_events(nothing, np.array([8.0, 60.0]), np.array([8.0, 90.0]), bounded=True)
    assert shares[0, 0] == pytest.approx((10 / 12) * (2 / 12) / 12)
    rates = few_events(nothing, np.array([0.0, 60.0]), np.array([50.0, 90.0]), bounded=False)
    assert rates[0, 0] == pytest.approx(1 / 50**2)
    assert shares[1, 1] == rates[1, 1] == 0.0


def test_levels_with_many_events_keep_their_covariance():
    covariance = np.array([[4e-4, 1e-4], [1e-4, 4e-4]])
    made = few_events(covariance, np.array([50.0, 60.0]), np.array([100.0, 90.0]), bounded=True)
    np.testing.assert_array_equal(made, covariance)


@pytest.mark.parametrize("standardised", [False, True])
def test_many_groupings_are_what_each_is_alone(standardised):
    draw = np.random.default_rng(3)
    table, level = draw.integers(0, 3, 400), draw.integers(0, 4, 400)
    cluster, stratum = draw.integers(0, 7, 400), draw.integers(0, 2, 400)
    cluster[table == 1] = 2  # one cluster alone: no covariance
    d = draw.integers(0, 9, 400).astype(float)
    s = draw.binomial(d.astype(int), 0.4).astype(float)
    weights = np.array([[0.5, 0.5], [0.2, 0.8], [1.0, 0.0]])
    strata = {"stratum": stratum, "weights": weights} if standardised else {}
    many = ratios_by_level(s, d, table, level, cluster, shape=(3, 4), **strata)
    for number in range(3):
        own = table == number
        strata = {"stratum": stratum[own], "weights": weights[number]} if standardised else {}
        alone = ratio_by_level(s[own], d[own], level[own], cluster[own], n_levels=4, **strata)
        np.testing.assert_allclose(many.value[number], alone.value, rtol=1e-13)
        np.testing.assert_allclose(many.covariance[number], alone.covariance, rtol=1e-11)
        assert many.n_clusters[number].tolist() == alone.n_clusters.tolist()
    assert np.isnan(many.covariance[1]).all()
