"""Indirect standardisation, by hand and at the edges."""

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.rates import rate
from equity_pipeline.statistics.standardise.indirect import (
    expected_events,
    indirect_rate,
    indirect_ratio,
    reference_rates,
)

NAN = float("nan")


def test_expected_events_by_hand():
    rates = reference_rates([10, 60], [1000, 2000])
    assert expected_events([[100, 200], [0, 50]], rates).tolist() == [7.0, 1.5]
    turned = expected_events(np.array([[100, 200], [0, 50]]).T, rates[:, np.newaxis], axis=0)
    assert turned.tolist() == [7.0, 1.5]


def test_people_where_the_reference_has_none_have_no_expectation():
    rates = reference_rates([10, 0], [1000, 0])
    assert expected_events([100, 0], rates) == 1.0
    assert np.isnan(expected_events([100, 1], rates))


def test_the_reference_itself_has_the_ratio_1_and_its_own_rate():
    events, people = np.array([10, 60, 80]), np.array([1000, 2000, 900])
    expected = expected_events(people, reference_rates(events, people))
    crude = events.sum() / people.sum()
    assert float(indirect_ratio(events.sum(), expected).value) == pytest.approx(1)
    own = indirect_rate(events.sum(), expected, crude, scale=1000)
    plain = rate(events.sum(), people.sum(), scale=1000)
    assert [float(own.lower), float(own.upper)] == pytest.approx(
        [float(plain.lower), float(plain.upper)]
    )


def test_ratios_of_two_units_with_the_same_rates_may_differ():
    """Why two indirectly standardised ratios are not comparable with one another."""
    rates, reference = np.array([0.02, 0.04]), np.array([0.01, 0.04])
    young, old = np.array([900, 100]), np.array([100, 900])
    ratios = [
        float(indirect_ratio((rates * people).sum(), expected_events(people, reference)).value)
        for people in (young, old)
    ]
    assert ratios == pytest.approx([22 / 13, 38 / 37])


def test_limits_are_byar_s_from_ten_events_exact_below_and_exact_throughout_if_asked():
    made, exact = indirect_ratio([4, 60], [5, 50]), indirect_ratio([4, 60], [5, 50], exact=True)
    assert made.lower[0] == exact.lower[0] == pytest.approx(stats.chi2.ppf(0.025, 8) / 2 / 5)
    assert exact.upper[1] == pytest.approx(stats.chi2.ppf(0.975, 122) / 2 / 50)
    assert made.upper[1] == pytest.approx(exact.upper[1], rel=1e-3)
    assert made.upper[1] != exact.upper[1]
    assert made.warnings[Caution.FEW_EVENTS].tolist() == [True, False]


def test_known_events_are_taken_off_the_observed_and_off_both_limits():
    made, whole = indirect_ratio(60, 50, offset=20), indirect_ratio(60, 50)
    assert float(made.value) == pytest.approx(40 / 50)
    assert float(made.lower) == pytest.approx(float(whole.lower) - 0.4)
    assert float(made.upper) == pytest.approx(float(whole.upper) - 0.4)
    assert float(made.standard_error) == float(whole.standard_error)
    cut = indirect_ratio(10, 5, offset=9)
    assert float(cut.lower) == 0
    assert cut.warnings[Caution.CUT_AT_BOUND].all()


def test_no_expectation_gives_nan_and_no_event_a_finite_upper_limit():
    for nothing in (indirect_ratio(0, 0), indirect_ratio(3, NAN), indirect_ratio(NAN, 3)):
        assert np.isnan([nothing.value, nothing.lower, nothing.upper]).all()
    none = indirect_ratio(0, 5)
    assert (float(none.value), float(none.lower)) == (0, 0)
    assert float(none.upper) == pytest.approx(-np.log(0.025) / 5)


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: reference_rates([1], [0]),
        lambda: reference_rates([-1], [10]),
        lambda: expected_events([-1], [0.1]),
        lambda: expected_events([1], [-0.1]),
        lambda: expected_events([np.inf], [0.1]),
        lambda: expected_events([1, 2], [0.1, 0.2, 0.3]),
        lambda: indirect_ratio(-1, 5),
        lambda: indirect_ratio(1, -5),
        lambda: indirect_ratio(1, np.inf),
        lambda: indirect_ratio(5, 5, offset=6),
        lambda: indirect_ratio(5, 5, offset=-1),
        lambda: indirect_ratio(5, 5, offset=NAN),
        lambda: indirect_ratio(5, 5, confidence=2),
        lambda: indirect_rate(5, 5, -0.1),
    ],
)
def test_what_cannot_be_standardised_is_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.mend
