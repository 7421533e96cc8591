"""Worked examples with exact answers; the same numbers are printed into the methods section.

Every expected number stands here as it is printed there, with all its digits.
"""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.statistics import gaps, gradient, inequality, multiplicity, trend, variation
from equity_pipeline.statistics.continuity import continuity_index
from equity_pipeline.statistics.decompose import (
    between_within_units,
    sequential_standardisation,
)
from equity_pipeline.statistics.evaluate import cost_per_effect, difference_of_changes
from equity_pipeline.statistics.proportions import proportion
from equity_pipeline.statistics.standardise.directly import direct_proportion

# G1: a medical assessment within three days, in five income fifths, lowest first
PEOPLE = np.array([4200, 4100, 4000, 3900, 3800])
ASSESSED = np.array([3318, 3362, 3400, 3393, 3382])
SHARES = ASSESSED / PEOPLE


def rounded(values: object, digits: int = 6) -> object:
    return np.round(np.asarray(values, dtype=float), digits).tolist()


def limits(estimate: object) -> list[float]:
    return [round(float(estimate.lower), 6), round(float(estimate.upper), 6)]


class TestG1:
    def test_the_shares_and_their_total(self) -> None:
        assert rounded(proportion(ASSESSED, PEOPLE).value) == [0.79, 0.82, 0.85, 0.87, 0.89]
        assert (ASSESSED.sum(), PEOPLE.sum()) == (16855, 20000)
        assert rounded(proportion(16855, 20000).value) == 0.84275

    def test_wilson_of_the_lowest_and_the_highest_fifth(self) -> None:
        assert limits(proportion(3318, 4200)) == [0.777420, 0.802050]
        assert limits(proportion(3382, 3800)) == [0.879655, 0.899557]

    def test_newcombe_of_lowest_minus_highest(self) -> None:
        gap = gaps.newcombe(3318, 4200, 3382, 3800)
        assert rounded(gap.value) == -0.1
        assert limits(gap) == [-0.115799, -0.084118]

    def test_the_gap_in_harm_is_positive_since_more_is_better(self) -> None:
        worse = gaps.harm(gaps.newcombe(3318, 4200, 3382, 3800), "higher")
        assert rounded(worse.value) == 0.1
        assert limits(worse) == [0.084118, 0.115799]

    def test_the_ratio_of_being_assessed(self) -> None:
        less = gaps.risk_ratio(3318, 4200, 3382, 3800)
        assert rounded(less.value) == 0.887640
        assert limits(less) == [0.870773, 0.904834]

    def test_the_ratio_of_not_being_assessed(self) -> None:
        more = gaps.risk_ratio(4200 - 3318, 4200, 3800 - 3382, 3800)
        assert rounded(more.value) == 1.909091
        assert limits(more) == [1.714003, 2.126384]

    def test_the_mid_ranks(self) -> None:
        assert rounded(gradient.ridits(PEOPLE), 4) == [0.105, 0.3125, 0.515, 0.7125, 0.905]

    def test_the_slope_index_and_its_ratio_to_the_mean(self) -> None:
        index = gradient.slope_index(SHARES, PEOPLE)
        assert rounded(index.sii.value) == 0.125481
        assert rounded(index.rii_mean.value) == 0.148894

    def test_the_concentration_indices(self) -> None:
        assert rounded(gradient.concentration_index(SHARES, PEOPLE).value) == 0.023819
        assert rounded(gradient.concentration_index(1 - SHARES, PEOPLE).value) == -0.127655
        assert rounded(gradient.erreygers_index(SHARES, PEOPLE, 0, 1).value) == 0.080295

    def test_the_excess_at_the_best_level(self) -> None:
        excess = inequality.excess_cases(SHARES, PEOPLE, "higher")
        assert rounded(excess) == [420, 287, 160, 78, 0]
        assert rounded(excess.sum()) == 945

    def test_population_attributable_risk_and_fraction(self) -> None:
        gain = inequality.population_attributable(SHARES, PEOPLE, "higher")
        assert rounded(gain.par, 5) == 0.04725
        assert rounded(gain.paf) == 0.300477

    def test_the_trend_and_heterogeneity_tests(self) -> None:
        assert rounded(inequality.cochran_armitage(ASSESSED, PEOPLE), 4) == 13.7675
        assert rounded(inequality.heterogeneity_chi2(ASSESSED, PEOPLE), 3) == 191.656

    def test_the_levels_form_a_gradient(self) -> None:
        error = proportion(ASSESSED, PEOPLE).standard_error
        assert gradient.shape(SHARES, error) == "gradient"


class TestG2:
    """Ages 18-44, 45-64, 65+ with weights .42, .32, .26."""

    people = np.array([[2400, 1200, 600], [1300, 1400, 1100]])
    events = np.array([[1800, 960, 510], [1066, 1190, 968]])

    def test_the_crude_gap(self) -> None:
        crude = proportion(self.events.sum(axis=1), self.people.sum(axis=1))
        assert rounded(crude.value) == [0.778571, 0.848421]
        assert rounded(crude.value[0] - crude.value[1]) == -0.069850

    def test_the_standardised_gap(self) -> None:
        std = direct_proportion(self.events, self.people, [0.42, 0.32, 0.26])
        assert rounded(std.value, 4) == [0.7920, 0.8452]
        assert rounded(std.standard_error) == [0.006465, 0.005987]
        assert rounded(std.value[0] - std.value[1], 4) == -0.0532


def test_g3_false_discovery_rates() -> None:
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216]
    assert rounded(multiplicity.benjamini_hochberg(p)) == [
        0.010,
        0.040,
        0.084,
        0.084,
        0.084,
        0.100,
        0.105714,
        0.216,
        0.216,
        0.216,
    ]


def test_g5_half_of_the_gap_lies_between_units_and_half_within() -> None:
    attended = 1000 * np.array([[0.5, 0.3, 0.2], [0.2, 0.3, 0.5]])
    rates = np.array([[0.70, 0.80, 0.86], [0.76, 0.84, 0.89]])
    assert rounded((attended * rates).sum(axis=1) / 1000, 3) == [0.762, 0.849]
    parts = between_within_units(attended, rates)
    assert rounded(parts.gap.value, 4) == -0.087
    assert rounded(parts.between.value, 4) == -0.0435
    assert rounded(parts.within.value, 4) == -0.0435
    assert rounded([parts.only_focus.value, parts.only_reference.value]) == [0, 0]


class TestG8:
    """Focus and reference group by age and need; age is taken away first, then need."""

    parts = sequential_standardisation(
        [[[900, 300], [500, 500]], [[600, 150], [900, 350]]],
        [[[0.78, 0.70], [0.82, 0.76]], [[0.86, 0.80], [0.90, 0.85]]],
        order=(0, 1),
    )

    def test_the_gap_before_and_after_each_step(self) -> None:
        assert rounded(self.parts.gap.value) == -0.098114
        assert rounded(self.parts.after.value) == [-0.092286, -0.084167]

    def test_the_parts_of_demography_and_need(self) -> None:
        assert rounded(self.parts.parts.value) == [-0.005828, -0.008119]

    def test_the_share_that_remains(self) -> None:
        assert rounded(self.parts.remaining.value) == -0.084167
        assert rounded(self.parts.remaining_share.value) == 0.857849


class TestG4:
    """Five units beside a funnel by the normal approximation."""

    people = np.array([1500, 3200, 600, 900, 2100])
    events = np.array([1290, 2592, 480, 810, 1617])

    def test_the_pooled_share_and_the_limits_of_the_first_unit(self) -> None:
        units = variation.funnel(self.events, self.people, kind="proportion", form="score")
        assert rounded(units.target) == [0.817952]
        assert rounded([units.inner.lower[0], units.inner.upper[0]], 4) == [0.7984, 0.8375]
        assert rounded([units.outer.lower[0], units.outer.upper[0]], 4) == [0.7872, 0.8487]

    def test_the_scores_and_the_overdispersion(self) -> None:
        units = variation.scores(self.events, self.people, kind="proportion", transform="identity")
        assert rounded(units.z, 4) == [4.2202, -1.1657, -1.1395, 6.3787, -5.6945]
        assert rounded(variation.overdispersion(units, outliers="keep").phi, 4) == 18.7167


def test_g9_the_latent_share_and_the_median_odds_ratio() -> None:
    variances = [0.0144, 0.1, 0.25]
    assert rounded(variation.latent_vpc(variances)) == [0.004358, 0.029500, 0.070624]
    assert rounded(variation.median_odds_ratio(variances)) == [1.121273, 1.352076, 1.611131]


def test_g6_a_programme_s_effect_and_what_one_more_costs() -> None:
    effect = difference_of_changes(0.756, 0.812, 0.814, 0.826)
    assert rounded(effect.value) == 0.044
    price = cost_per_effect(185, effect.value, 40, 0.01).cost_per_effect
    assert rounded(price.value, 2) == 4204.55


def test_g7_continuity_of_care() -> None:
    visits = [[3, 1, 0, 0], [2, 2, 0, 0], [1, 1, 1, 1], [4, 0, 0, 0]]
    assert rounded(continuity_index(visits)) == [0.5, 0.333333, 0, 1]


def test_g10_the_gap_grows_by_three_quarters_a_year() -> None:
    fitted = trend.line([7.0, 7.6, 8.4, 9.1, 10.0], None, [2019, 2020, 2021, 2022, 2023])
    assert rounded(fitted.slope.value) == 0.75
    assert rounded(fitted.start) == 6.92
    assert trend.direction(fitted.slope.lower, fitted.slope.upper) == "widening"


@pytest.mark.parametrize(
    ("lower", "upper", "state"),
    [
        (0.0841, 0.1158, "established_important"),
        (0.01, 0.05, "established_size_unclear"),
        (0.005, 0.02, "established_small"),
        (-0.01, 0.02, "equivalent"),
        (-0.02, 0.06, "uncertain"),
        (float("nan"), 0.06, "not_estimated"),
    ],
)
def test_g11_an_interval_beside_the_limit_set_beforehand(
    lower: float, upper: float, state: str
) -> None:
    assert gaps.evidence_state(lower, upper, 0.03) == state
