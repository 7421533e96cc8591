"""Impossible numbers are refused; numbers that say nothing give NaN."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import gaps, gradient, inequality, multiplicity, trend
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.means import mean
from equity_pipeline.statistics.need import Family, age_spline, marginal_standardisation
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.quintiles import weighted_quintile
from equity_pipeline.statistics.rates import rate, ratio_of_sums
from equity_pipeline.statistics.standardise.directly import (
    ESP2013,
    direct,
    direct_mean,
    direct_proportion,
    direct_rate,
)

NAN = float("nan")
GAP = Estimate(0.1, 0.05, 0.15, 0.025, "difference")


def _need(**changed: object) -> object:
    cells: dict[str, object] = {
        "s": [3, 4, 5, 6],
        "d": [10, 10, 10, 10],
        "level": [0, 0, 1, 1],
        "design": [[0], [1], [0], [1]],
        "cluster": [0, 1, 0, 1],
        "n_levels": 2,
        "family": Family.BINOMIAL,
    }
    return marginal_standardisation(**(cells | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: proportion(11, 10),
        lambda: proportion(-1, 10),
        lambda: proportion([1, 2, 3], [10, 10]),
        lambda: proportion(1, 10, confidence=95),
        lambda: rate(-1, 10),
        lambda: rate(1, -10),
        lambda: rate(1, 0),
        lambda: ratio_of_sums(-1, 1, 1, 1, 1, 1),
        lambda: mean(-1, 1, 1),
        lambda: mean(2, 10, 49),
        lambda: mean(2, 10, 50, confidence=1.0),
        lambda: direct([0.1], [0.1], [-1]),
        lambda: direct([0.1], [0.1], [NAN]),
        lambda: direct([0.1, 0.2], [0.1, 0.1], [0, 0]),
        lambda: direct_proportion([11], [10], [1]),
        lambda: direct_rate([1], [0], [1]),
        lambda: direct_mean([-1], [1], [1], [1], [1], [1], [1]),
        lambda: gaps.difference([0.1, 0.2], np.eye(2), 0, 2),
        lambda: gaps.difference([0.1, 0.2], np.eye(2), -1, 0),
        lambda: gaps.harm(GAP, "upwards"),
        lambda: gaps.harm(GAP, "toward_one"),
        lambda: gaps.evidence_state(0.2, 0.1, 0.03),
        lambda: gaps.evidence_state(0.1, 0.2, -0.03),
        lambda: gradient.ridits([1, -1]),
        lambda: gradient.ridits([0, 0]),
        lambda: gradient.slope_index([0.1, 0.2], [1, NAN]),
        lambda: gradient.erreygers_index([0.1, 0.2], [1, 1], 1, 0),
        lambda: inequality.excess_cases([0.1], [-1], "higher"),
        lambda: inequality.cochran_armitage([2, 1], [1, 1]),
        lambda: inequality.heterogeneity_chi2([2, 1], [1, 1]),
        lambda: multiplicity.benjamini_hochberg([1.1]),
        lambda: multiplicity.fcr_confidence(3, 2),
        lambda: trend.slope([1, 2], [0, 1], [2020, 2021]),
        lambda: trend.direction(0, 1, tolerance=-1),
        lambda: weighted_quintile([1], [-1], worst_is_low=True),
        lambda: weighted_quintile([1], [1], worst_is_low=True, rule="other"),  # type: ignore[arg-type]
        lambda: age_spline([1], [10, 20]),
        lambda: age_spline([1], [10, 30, 20]),
        lambda: _need(s=[3, 4, 5]),
        lambda: _need(s=[3, 4, 5, 11]),
        lambda: _need(s=[3, 4, 5, NAN]),
        lambda: _need(s=[3, 4, 5, -1], family=Family.POISSON),
        lambda: _need(d=[10, 10, 10, -1]),
        lambda: _need(d=[10, 10, 10, 0]),
        lambda: _need(level=[0, 0, 1, 2]),
        lambda: _need(design=[0, 1, 0, 1]),
    ],
)
def test_impossible_numbers_are_refused_with_a_way_to_mend_them(
    attempt: Callable[[], object],
) -> None:
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.where
    assert refused.value.mend


@pytest.mark.parametrize(
    "made",
    [
        lambda: proportion(0, 0),
        lambda: proportion(NAN, 10),
        lambda: rate(0, 0),
        lambda: ratio_of_sums(0, 0, 0, 0, 0, 0),
        lambda: mean(0, 0, 0),
        lambda: direct([NAN, NAN], [0.1, 0.1], [1, 1]),
        lambda: direct_proportion([0, 1], [0, 10], [1, 1]),
        lambda: direct_rate([0, 1], [0, 10], [1, 1]),
        lambda: direct_mean([0, 2], [0, 2], [0, 2], [0, 2], [0, 2], [0, 2], [1, 1]),
        lambda: gaps.newcombe(0, 0, 1, 2),
        lambda: gaps.risk_ratio(1, 2, 0, 2),
        lambda: gaps.ratio([0.1, 0.0], np.eye(2), 0, 1),
        lambda: gaps.harm(GAP, "neutral"),
        lambda: gradient.slope_index([0.1, NAN], [1, 1]).sii,
        lambda: gradient.slope_index([0.1, 0.2], [1, 0]).sii,
        lambda: gradient.concentration_index([0.0, 0.0], [1, 1]),
        lambda: trend.slope([1.0, NAN], [1.0, 1.0], [2020, 2021]),
    ],
)
def test_numbers_that_say_nothing_give_nan_throughout(made: Callable[[], Estimate]) -> None:
    nothing = made()
    assert np.isnan([nothing.value, nothing.lower, nothing.upper, nothing.standard_error]).all()


@pytest.mark.parametrize(
    "made",
    [
        lambda: ratio_of_sums(1, 1, 2, 4, 2, 1),
        lambda: ratio_of_sums(3, 3, 0, 0, 0, 3),
        lambda: mean(1, 5, 25),
        lambda: gaps.risk_ratio(0, 2, 1, 2),
        lambda: gaps.risk_ratio(2, 2, 3, 3),
        lambda: gradient.slope_index([0.1, 0.2], [1, 1]).sii,
        lambda: trend.slope([1.0, 2.0], None, [2020, 2021]),
        lambda: direct([0.0], [0.0], [1], events=[0]),
    ],
)
def test_a_value_without_known_spread_has_no_limits(made: Callable[[], Estimate]) -> None:
    bare = made()
    assert not np.isnan(bare.value)
    assert np.isnan([bare.lower, bare.upper]).all()


def test_a_stratum_of_five_per_cent_may_be_empty_and_the_method_says_so() -> None:
    filled = direct_proportion([8, 5], [10, 10], [0.60, 0.35])
    made = direct_proportion([8, 5, 0], [10, 10, 0], [0.60, 0.35, 0.05])
    assert made.method == "wilson_effective_size_renormalised"
    assert float(made.value) == pytest.approx(float(filled.value))
    assert np.isnan(direct_proportion([8, 5, 0], [10, 10, 0], [0.6, 0.34, 0.06]).value)


def test_the_standard_strata_may_lie_along_any_axis() -> None:
    s, d = np.array([[8, 5], [2, 1]]), np.array([[10, 10], [20, 30]])
    weights = np.array([3, 1])
    down = direct_rate(s.T, d.T, weights[:, np.newaxis], axis=0, scale=100)
    assert down.value.tolist() == direct_rate(s, d, weights, scale=100).value.tolist()
    by_events = direct(s / d, s / d**2, weights, events=s)
    turned = direct((s / d).T, (s / d**2).T, weights[:, np.newaxis], axis=0, events=s.T)
    assert by_events.upper.tolist() == turned.upper.tolist()


def test_one_person_borrows_the_spread_of_the_others() -> None:
    made = direct_mean([1, 3], [1, 3], [4, 6], [16, 14], [4, 6], [1, 3], [1, 1])
    # the others: 1, 2, 3 with variance 1; a stratum of one has variance 1, of three 1/3
    assert float(made.value) == 3.0
    assert float(made.standard_error) == pytest.approx(np.sqrt((1 + 1 / 3) / 4))


def test_the_european_standard_has_five_year_age_groups_and_100_000_people() -> None:
    assert sum(ESP2013.values()) == 100_000
    assert list(ESP2013) == [f"{age:02}-{age + 4:02}" for age in range(0, 85, 5)] + ["85+"]


def test_shapes_of_ordered_levels_are_told_apart() -> None:
    error = 0.01
    assert gradient.shape([0.5, 0.6, 0.7, 0.8], error) == "gradient"
    assert gradient.shape([0.5, 0.8, 0.8, 0.8], error) == "threshold"
    assert gradient.shape([0.8, 0.7, 0.6, 0.5], error) == "reversed"
    assert gradient.shape([0.8, 0.7, 0.6, 0.5], error, direction="lower") == "gradient"
    assert gradient.shape([0.50, 0.51, 0.50, 0.51], error) == "none"
    assert gradient.shape([0.5, NAN, 0.7], error) is None


def test_many_shapes_are_what_each_is_alone() -> None:
    rows = np.array([[0.5, 0.6, 0.7, 0.8], [0.5, 0.8, 0.8, 0.8], [0.8, 0.7, 0.6, 0.5],
                     [0.50, 0.51, 0.50, 0.51], [0.5, NAN, 0.7, 0.9]])  # fmt: skip
    together = gradient.shapes(rows, 0.01)
    assert together.tolist() == ["gradient", "threshold", "reversed", "none", None]
    assert together.tolist() == [gradient.shape(row, 0.01) for row in rows]
    assert gradient.shapes(rows[:, :2], 0.01).tolist() == [None] * 5


def test_few_of_many_selected_intervals_are_wider() -> None:
    assert multiplicity.fcr_confidence(100, 100) == pytest.approx(0.95)
    assert multiplicity.fcr_confidence(0, 100) == multiplicity.fcr_confidence(1, 100)
    assert multiplicity.fcr_confidence(1, 100) == pytest.approx(0.9995)


def test_fifths_by_hand() -> None:
    value = [10, 20, 30, 30, 50, NAN]
    people = [100, 100, 100, 100, 100, 50]
    by_middle = weighted_quintile(value, people, worst_is_low=True)
    # blocks of 20, 20, 40, 20 %: middles at 10, 30, 60 and 90 %
    assert by_middle.tolist() == [1, 2, 4, 4, 5, 0]
    by_last = weighted_quintile(value, people, worst_is_low=True, rule="cumulative")
    assert by_last.tolist() == [1, 2, 4, 4, 5, 0]
    worst_high = weighted_quintile(value, people, worst_is_low=False)
    assert worst_high.tolist() == [5, 4, 3, 3, 1, 0]


def test_the_rules_differ_where_a_block_is_large() -> None:
    # blocks of 30 and 70 %: middles at 15 and 65 %, last persons at 30 and 100 %
    value, people = [1, 2], [30, 70]
    assert weighted_quintile(value, people, worst_is_low=True).tolist() == [1, 4]
    cumulative = weighted_quintile(value, people, worst_is_low=True, rule="cumulative")
    assert cumulative.tolist() == [2, 5]


def test_a_gap_that_favours_the_focus_group_widens_downwards() -> None:
    assert trend.direction(-0.9, -0.1, level=-3.0) == "widening"
    assert trend.direction(-0.9, -0.1, level=3.0) == "narrowing"
    assert trend.direction(NAN, 0.1) == "uncertain"


def test_scatter_beyond_the_variances_widens_the_limits_of_a_trend() -> None:
    years = [2020, 2021, 2022, 2023]
    calm = trend.slope([1.0, 2.0, 3.0, 4.0], [0.01] * 4, years)
    wild = trend.slope([1.0, 3.0, 2.0, 4.0], [0.01] * 4, years)
    assert float(calm.standard_error) == pytest.approx(np.sqrt(0.01 / 5))
    assert float(wild.standard_error) > 5 * float(calm.standard_error)


def test_a_p_value_without_a_standard_error_is_nan() -> None:
    assert np.isnan(gaps.wald_p([0.1, 0.1], [0.0, NAN])).all()
