"""Events that one person may have several of."""

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.rates import rate
from equity_pipeline.statistics.standardise.directly import direct_rate
from equity_pipeline.statistics.standardise.repeats import (
    direct_repeat_rate,
    from_frequencies,
    repeat_rate,
)

NAN = float("nan")


def test_frequencies_by_hand():
    people = np.array([[70, 20, 10], [5, 0, 0]])
    made = from_frequencies(people, [1, 2, 3])
    assert made.people.tolist() == [100, 5]
    assert made.events.tolist() == [70 + 40 + 30, 5]
    assert made.squares.tolist() == [70 + 80 + 90, 5]
    turned = from_frequencies(people.T, [1, 2, 3], axis=0)
    assert turned.squares.tolist() == made.squares.tolist()


def test_people_without_events_may_be_told_and_do_not_count():
    made = from_frequencies([900, 70, 20, 10], [0, 1, 2, 3])
    assert (float(made.people), float(made.events)) == (100, 140)


def test_events_that_come_once_have_the_limits_of_a_rate():
    x, time = np.array([0, 4, 12, 300]), 1000
    repeated, single = repeat_rate(x, x, time, limits="dobson"), rate(x, time)
    for name in ("value", "lower", "upper", "standard_error"):
        np.testing.assert_allclose(
            getattr(repeated, name), getattr(single, name), rtol=1e-9, atol=1e-15
        )


def test_the_same_events_in_fewer_people_have_wider_limits_by_the_root_of_the_squares():
    single, pairs = repeat_rate(100, 100, 500), repeat_rate(100, 200, 500)
    assert float(pairs.standard_error) == pytest.approx(np.sqrt(2) * float(single.standard_error))
    assert float(pairs.upper - pairs.value) == pytest.approx(
        np.sqrt(2) * float(single.upper - single.value)
    )


def test_the_standardised_rate_by_hand():
    # weights .25 and .75; variance sum w^2 squares / n^2; Byar's limits of 110 events around it
    made = direct_repeat_rate([30, 80], [50, 140], [100, 200], [1, 3], scale=100)
    variance = 0.25**2 * 50 / 100**2 + 0.75**2 * 140 / 200**2
    assert float(made.value) == pytest.approx(100 * (0.25 * 0.3 + 0.75 * 0.4))
    assert float(made.standard_error) == pytest.approx(100 * np.sqrt(variance))
    x, z = 110, stats.norm.ppf(0.975)
    low = x * (1 - 1 / (9 * x) - z / (3 * np.sqrt(x))) ** 3
    assert float(made.lower) == pytest.approx(
        float(made.value) + 100 * np.sqrt(variance / x) * (low - x)
    )
    single = direct_rate([30, 80], [100, 200], [1, 3], scale=100)
    assert float(single.value) == pytest.approx(float(made.value))
    assert float(single.upper) < float(made.upper)


def test_under_ten_events_limits_are_gamma_ones_with_the_variance_over_people_and_warned_of():
    few = direct_repeat_rate([2, 4], [4, 10], [100, 200], [1, 3])
    single = direct_rate([2, 4], [100, 200], [1, 3])
    assert few.warnings[Caution.FEW_EVENTS].all()
    assert float(few.upper) > float(single.upper)
    assert 0 < float(few.lower) < float(single.lower)
    none = direct_repeat_rate([0, 0], [0, 0], [100, 200], [1, 3])
    assert (float(none.value), float(none.lower)) == (0, 0)
    assert float(none.upper) == pytest.approx(float(direct_rate([0, 0], [100, 200], [1, 3]).upper))


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: from_frequencies([1, 2], [1, 1.5]),
        lambda: from_frequencies([1, 2], [1, -2]),
        lambda: from_frequencies([1, -2], [1, 2]),
        lambda: from_frequencies([1, NAN], [1, 2]),
        lambda: from_frequencies([1, 2, 3], [1, 2]),
        lambda: repeat_rate(10, 9, 100),
        lambda: repeat_rate(10, 101, 100),
        lambda: repeat_rate(-1, 1, 100),
        lambda: repeat_rate(1, 1, 0),
        lambda: repeat_rate(1, 1, 10, limits="wald"),
        lambda: direct_repeat_rate([1], [1], [10], [0]),
        lambda: direct_repeat_rate([1], [1], [10], [-1]),
        lambda: direct_repeat_rate([1, 2], [1, 2, 3], [10, 10], [1, 1]),
    ],
)
def test_what_cannot_be_repeat_events_is_refused(attempt):
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.mend
