"""Means, geometric means and differences, beside scipy's tests on the rows."""

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.means import difference_of_means, geometric_mean, mean

NAN = float("nan")


def sums(rows):
    rows = np.asarray(rows, dtype=float)
    return len(rows), rows.sum(), (rows**2).sum()


@pytest.fixture
def groups():
    rng = np.random.default_rng(11)
    return rng.gamma(2, 5, 40), rng.gamma(3, 9, 25)


@pytest.mark.parametrize("equal", [False, True])
def test_differences_are_those_of_scipy_on_the_rows(groups, equal):
    made = difference_of_means(*sums(groups[0]), *sums(groups[1]), equal_variances=equal)
    theirs = stats.ttest_ind(*groups, equal_var=equal)
    interval = theirs.confidence_interval(0.95)
    ours = (made.difference.lower, made.difference.upper, made.df, made.p)
    assert [float(a) for a in ours] == pytest.approx(
        [interval.low, interval.high, theirs.df, theirs.pvalue]
    )
    assert float(made.difference.n) == 65
    assert made.difference.method == ("student_t_difference" if equal else "welch")


def test_differences_are_made_for_all_comparisons_at_once(groups):
    one, other = sums(groups[0]), sums(groups[1])
    table = np.array([one, other]).T, np.array([other, one]).T
    made = difference_of_means(*table[0], *table[1])
    assert made.difference.value[0] == -made.difference.value[1]
    assert made.difference.lower[0] == pytest.approx(-made.difference.upper[1])
    assert made.p[0] == made.p[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [([5.0], [1, 2, 3]), ([4, 4, 4], [2, 2]), ([], [1, 2, 3]), ([0.1] * 10, [0.3] * 7)],
)
def test_groups_that_say_nothing_of_the_spread_have_no_p_value(one, other):
    made = difference_of_means(*sums(one), *sums(other))
    assert np.isnan([made.difference.lower, made.difference.upper, made.df, made.p]).all()


def test_the_geometric_mean_is_that_of_the_logarithms():
    rows = np.array([3.0, 8.0, 21.0, 55.0, 2.0])
    made = geometric_mean(*sums(np.log(rows)))
    low, high = stats.t.interval(0.95, 4, np.log(rows).mean(), stats.sem(np.log(rows)))
    assert float(made.value) == pytest.approx(stats.gmean(rows))
    assert [float(made.lower), float(made.upper)] == pytest.approx([np.exp(low), np.exp(high)])
    assert float(made.n) == 5


def test_one_row_and_rows_that_are_all_alike_are_warned_of_and_have_no_limits():
    made = mean([1, 3, 3, 3], [5, 0, 6, 6], [25, 0, 12, 14])
    assert made.warnings[Caution.FEW_PEOPLE].tolist() == [True, True, True, False]
    assert np.isnan(made.upper).tolist() == [True, True, True, False]
    assert made.n.tolist() == [1, 3, 3, 3]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: mean(2, np.inf, np.inf),
        lambda: geometric_mean(-1, 0, 0),
        lambda: geometric_mean(2, 4, 7.9),
        lambda: difference_of_means(2, 4, 7.9, 2, 4, 10),
        lambda: difference_of_means(2, 4, 10, 2, 4, 7.9),
        lambda: difference_of_means(-2, 4, 10, 2, 4, 10),
        lambda: difference_of_means(2, 4, 10, 2, 4, 10, confidence=1),
        lambda: difference_of_means([2, 2], 4, 10, [2, 2, 2], 4, 10),
    ],
)
def test_sums_that_contradict_each_other_are_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.mend
