"""Two one-sided tests, beside statsmodels and beside their interval."""

import numpy as np
import pytest
from statsmodels.stats.weightstats import ttost_ind

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.equivalence import equivalence
from equity_pipeline.statistics.judgement import evidence_state
from equity_pipeline.statistics.means import difference_of_means

NAN = float("nan")


def test_p_values_are_those_of_statsmodels_on_the_rows():
    rng = np.random.default_rng(3)
    one, other = rng.normal(10, 2, 60), rng.normal(10.2, 3, 50)
    gap = difference_of_means(60, one.sum(), (one**2).sum(), 50, other.sum(), (other**2).sum())
    made = equivalence(gap.difference.value, gap.difference.standard_error, 1.0, df=gap.df)
    p, lower, upper = ttost_ind(one, other, -1, 1, usevar="unequal")
    assert [float(made.p), float(made.p_lower), float(made.p_upper)] == pytest.approx(
        [p, lower[1], upper[1]]
    )


def test_a_difference_in_the_middle_by_hand():
    # half a MID of two standard errors is two errors from either bound: p = 0.0228
    made = equivalence(0.0, 0.01, 0.02)
    assert round(float(made.p), 4) == 0.0228
    assert bool(made.equivalent)
    assert not bool(equivalence(0.0, 0.01, 0.02, alpha=0.02).equivalent)


def test_a_difference_at_the_bound_has_p_one_half():
    assert float(equivalence(0.03, 0.01, 0.03).p) == 0.5
    assert float(equivalence(-0.03, 0.01, 0.03).p) == 0.5


@pytest.mark.parametrize("alpha", [0.01, 0.025, 0.05, 0.1])
def test_equivalence_is_the_interval_inside_the_bounds(alpha):
    gap, error = np.meshgrid(np.linspace(-0.05, 0.05, 41), np.linspace(0.001, 0.02, 40))
    for df in (np.inf, 12):
        made = equivalence(gap, error, 0.03, alpha=alpha, df=df)
        inside = (made.difference.lower > -0.03) & (made.difference.upper < 0.03)
        assert (made.equivalent == inside).all()
        assert made.equivalent.any()
        assert not made.equivalent.all()


def test_the_equivalent_state_is_equivalence_at_a_fortieth_with_0_inside():
    gap, error = np.meshgrid(np.linspace(-0.05, 0.05, 41), np.linspace(0.001, 0.02, 40))
    made = equivalence(gap, error, 0.03, alpha=0.025)
    state = evidence_state(made.difference.lower, made.difference.upper, 0.03)
    covers_0 = (made.difference.lower <= 0) & (made.difference.upper >= 0)
    assert ((state == "equivalent") == (made.equivalent & covers_0)).all()


def test_what_has_no_error_is_not_shown_to_be_equivalent():
    made = equivalence([0.0, 0.0, NAN], [0.0, NAN, 0.01], 0.03)
    assert np.isnan(made.p).all()
    assert not made.equivalent.any()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: equivalence(0.0, 0.01, 0.0),
        lambda: equivalence(0.0, 0.01, -0.03),
        lambda: equivalence(0.0, 0.01, NAN),
        lambda: equivalence(0.0, 0.01, np.inf),
        lambda: equivalence(0.0, -0.01, 0.03),
        lambda: equivalence(0.0, 0.01, 0.03, alpha=0.5),
        lambda: equivalence(0.0, 0.01, 0.03, alpha=0.0),
        lambda: equivalence(0.0, 0.01, 0.03, df=0),
        lambda: equivalence([0.0, 0.0], [0.01] * 3, 0.03),
    ],
)
def test_what_is_no_test_is_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.mend
