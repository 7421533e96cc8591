"""Funnels: limits, flags, overdispersion, and the spread of true values between units."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.rates import rate
from equity_pipeline.statistics.variation import (
    axis_ends,
    beside,
    count_ratio_scores,
    exact_curve,
    funnel,
    funnel_axis,
    funnel_limits,
    outside,
    overdispersed_funnel,
    overdispersion,
    random_effects,
    scale_error,
    scores,
    spread_interval,
    spread_limits,
)

# the four trials of a textbook's worked example: log odds ratios and their variances
EFFECTS = np.array([0.1, 0.3, 0.35, 0.65])
VARIANCES = np.array([0.03, 0.03, 0.05, 0.01])


class TestLimits:
    def test_a_unit_beyond_exact_limits_is_one_that_an_exact_test_finds(self) -> None:
        people, target = 60, 0.2
        events = np.arange(people + 1)
        limits = funnel_limits(np.full(61, people), target, kind="proportion")
        low, high = stats.binom.cdf(events, people, target), stats.binom.sf(events - 1, people, 0.2)
        tail = np.where(low < 0.025, -1, np.where(high < 0.025, 1, 0))
        assert outside(events / people, limits).tolist() == tail.tolist()

    def test_a_share_beyond_score_limits_is_one_whose_wilson_interval_leaves_the_target_out(
        self,
    ) -> None:
        from equity_pipeline.statistics.proportions import proportion

        events, people = np.arange(61), np.full(61, 60)
        limits = funnel_limits(people, 0.2, kind="proportion", form="score")
        wilson = beside(proportion(events, people), 0.2)
        assert outside(events / people, limits).tolist() == wilson.tolist()

    def test_drawn_limits_lie_within_one_event_of_the_steps(self) -> None:
        base = np.arange(5, 200)
        for kind, target in (("proportion", 0.3), ("ratio", 1.0)):
            steps = funnel_limits(base, target, kind=kind)
            drawn = funnel_limits(base, target, kind=kind, form="interpolated")
            assert np.all(steps.upper - drawn.upper < 1 / base)
            assert np.all(drawn.upper <= steps.upper)
            assert np.all(drawn.lower <= steps.lower)

    def test_a_unit_beyond_the_exact_curve_is_one_whose_exact_interval_leaves_the_target_out(
        self,
    ) -> None:
        # Garwood's interval for 8 events is 3.4538 to 15.7632
        curve = exact_curve(8)
        assert round(float(curve.base_upper), 4) == 3.4538
        assert round(float(curve.base_lower), 4) == 15.7632
        assert round(float(curve.lower), 4) == round(8 / 15.7632, 4)

    def test_no_events_have_no_upper_curve(self) -> None:
        curve = exact_curve(0)
        assert np.isnan(curve.upper)
        assert curve.lower == 0

    def test_a_base_of_none_has_no_limits(self) -> None:
        limits = funnel_limits([0, np.nan, 50], 0.2, kind="proportion")
        assert np.isnan(limits.lower).tolist() == [True, True, False]

    def test_at_a_target_of_none_or_all_nothing_is_left_to_chance(self) -> None:
        for form in ("exact", "interpolated", "score"):
            limits = funnel_limits(10, [0, 1], kind="proportion", form=form)
            assert limits.lower.tolist() == limits.upper.tolist() == [0, 1]

    def test_drawn_limits_of_tiny_bases_are_not_below_nothing(self) -> None:
        limits = funnel_limits([0.001, 0.5], 1, kind="ratio", form="interpolated")
        assert (limits.upper >= limits.lower).all()
        assert (limits.lower >= 0).all()

    def test_limits_stay_inside_what_a_share_can_be_and_say_so(self) -> None:
        limits = funnel_limits([3, 3000], 0.02, kind="proportion", form="score")
        assert limits.lower[0] == 0
        assert limits.warnings[Caution.CUT_AT_BOUND].tolist() == [True, False]

    @pytest.mark.parametrize(
        ("base", "target", "options"),
        [
            (-1, 0.5, {"kind": "proportion"}),
            (np.inf, 0.5, {"kind": "proportion"}),
            (10, 1.5, {"kind": "proportion"}),
            (10, -0.5, {"kind": "rate"}),
            (10.5, 0.5, {"kind": "proportion"}),
            (10, 0.5, {"kind": "proportion", "form": "garwood"}),
            (10, 0.5, {"kind": "share"}),
            (10, 0.5, {"kind": "rate", "form": "wald"}),
            (10, 0.5, {"kind": "rate", "confidence": 95}),
            ([10, 20], [0.5, 0.5, 0.5], {"kind": "rate"}),
        ],
    )
    def test_what_cannot_be_is_refused(self, base, target, options) -> None:
        with pytest.raises(MethodError):
            funnel_limits(base, target, **options)


class TestFunnel:
    def test_the_target_is_the_pooled_mean_unless_it_is_given(self) -> None:
        pooled = funnel([30, 20], [20, 20], kind="ratio")
        given = funnel([30, 20], [20, 20], kind="ratio", target=1)
        assert (pooled.target.tolist(), pooled.target_from) == ([1.25], "pooled")
        assert (given.target.tolist(), given.target_from) == ([1.0], "given")
        assert pooled.inner.method == "funnel_exact_poisson_pooled"

    def test_each_leading_place_has_its_own_target(self) -> None:
        units = funnel([[10, 20], [40, 30]], 100, kind="proportion")
        assert units.target.tolist() == [[0.15], [0.35]]

    def test_a_unit_without_people_has_no_value_and_no_side(self) -> None:
        units = funnel([5, 0, np.nan], [20, 0, 10], kind="proportion")
        assert np.isnan(units.value).tolist() == [False, True, True]
        assert np.isnan(units.inner_side).tolist() == [False, True, True]

    def test_all_and_nobody_are_outside_a_funnel_of_large_units(self) -> None:
        units = funnel([0, 100, 200], [200, 200, 200], kind="proportion", target=0.5)
        assert units.outer_side.tolist() == [-1, 0, 1]

    @pytest.mark.parametrize(
        ("events", "base", "options"),
        [
            ([-1, 2], [5, 5], {"kind": "ratio"}),
            ([6, 2], [5, 5], {"kind": "proportion"}),
            ([1, 2], [0, 5], {"kind": "rate"}),
            (3, 5, {"kind": "rate"}),
            ([0, 0], [0, 0], {"kind": "rate"}),
            ([1, 2], [5, 5], {"kind": "rate", "confidence": 0.999}),
            ([1, 2], [5, 5, 5], {"kind": "rate"}),
            ([1, 2], [5, 5], {"kind": "rate", "target": [0.2, 0.3]}),
            ([1, 2], [5, 5], {"kind": "rate", "target": np.nan}),
        ],
    )
    def test_impossible_counts_are_refused(self, events, base, options) -> None:
        with pytest.raises(MethodError):
            funnel(events, base, **options)

    def test_a_unit_s_own_interval_lies_on_one_side_of_the_target_or_holds_it(self) -> None:
        assert beside(rate([80, 100, 150, 0], [100, 100, 100, 0]), 1.0)[:3].tolist() == [-1, 0, 1]


class TestAxis:
    def test_it_runs_from_first_to_last_in_whole_rising_numbers(self) -> None:
        axis = funnel_axis(1, 630)
        assert (axis[0], axis[-1], len(axis)) == (1, 630, 100)
        assert np.all(np.diff(axis) >= 1)

    def test_like_sized_units_do_not_start_it_at_nothing(self) -> None:
        assert axis_ends([400, 596]) == (300.0, 630.0)

    @pytest.mark.parametrize("ends", [(0, 10), (5, 4), (1, np.inf)])
    def test_impossible_ends_are_refused(self, ends) -> None:
        with pytest.raises(MethodError):
            funnel_axis(*ends)

    def test_no_units_have_no_axis(self) -> None:
        with pytest.raises(MethodError):
            axis_ends([])


class TestOverdispersion:
    events = np.array([30, 18, 12, 24, 60, 21, 19, 20, 22, 5])
    base = np.full(10, 20.0)

    def units(self, transform="sqrt"):
        return scores(self.events, self.base, kind="ratio", transform=transform, target=1)

    def test_winsorised_scores_end_at_the_quantiles(self) -> None:
        units = self.units()
        used = overdispersion(units, outliers="winsorise", share=0.2).z_used
        assert used.min() == pytest.approx(np.quantile(units.z, 0.2))
        assert used.max() == pytest.approx(np.quantile(units.z, 0.8))

    def test_truncated_units_are_those_at_the_ends(self) -> None:
        spread = overdispersion(self.units(), outliers="truncate", share=0.1)
        assert np.flatnonzero(np.isnan(spread.z_used)).tolist() == [4, 9]
        assert spread.units == 8

    def test_the_spread_by_hand(self) -> None:
        # z of 20 against 20, 30, 12 on the root scale: w = 80 each
        units = scores([30, 20, 12], [20, 20, 20], kind="ratio", transform="sqrt", target=1)
        z = 2 * (np.sqrt([30, 20, 12]) - np.sqrt(20))
        spread = overdispersion(units, outliers="keep")
        assert spread.phi == pytest.approx((z**2).mean())
        assert spread.tau2 == pytest.approx(((z**2).sum() - 2) / (240 - 80))

    def test_units_alike_have_no_spread(self) -> None:
        units = scores([20, 20, 20], [20, 20, 20], kind="ratio", transform="log", target=1)
        spread = overdispersion(units, outliers="keep")
        assert (float(spread.phi), float(spread.tau2)) == (0, 0)
        plain = spread_limits(1, units.error, spread, kind="ratio", transform="log", how="none")
        wide = spread_limits(1, units.error, spread, kind="ratio", transform="log")
        assert wide.upper.tolist() == plain.upper.tolist()

    def test_a_unit_without_events_has_a_finite_log_score(self) -> None:
        units = scores([0, 20, 30], [20, 20, 20], kind="ratio", transform="log", target=1)
        assert units.z[0] == pytest.approx(np.sqrt(20) * np.log(0.5 / 20))
        shares = scores([0, 20, 10], [20, 20, 20], kind="proportion", transform="logit")
        assert np.isfinite(shares.z).all()

    def test_both_ways_widen_the_limits_and_name_themselves(self) -> None:
        made = {
            how: overdispersed_funnel(
                self.events,
                self.base,
                kind="ratio",
                transform="sqrt",
                outliers="winsorise",
                how=how,
                target=1,
            ).funnel
            for how in ("none", "additive", "multiplicative")
        }
        assert made["none"].outer.upper[0] < made["additive"].outer.upper[0]
        assert made["none"].outer.upper[0] < made["multiplicative"].outer.upper[0]
        assert made["additive"].inner.method == "additive_sqrt_winsorised_0.1_target_given"

    def test_limits_come_back_from_the_root(self) -> None:
        spread = overdispersion(self.units(), outliers="keep")
        limits = spread_limits(1, self.units().error, spread, kind="ratio", transform="sqrt")
        reach = 1.959963985 * np.sqrt(1 / 80 + spread.tau2)
        assert limits.upper[0] == pytest.approx((1 + reach) ** 2)
        assert limits.lower[0] == pytest.approx((1 - reach) ** 2)

    def test_limits_that_would_fall_below_nothing_are_cut_and_told(self) -> None:
        units = scores([1, 30, 0], [2, 2, 2], kind="ratio", transform="sqrt", target=1)
        spread = overdispersion(units, outliers="keep")
        limits = spread_limits(1, units.error, spread, kind="ratio", transform="sqrt")
        assert limits.lower.tolist() == [0, 0, 0]
        assert limits.warnings[Caution.CUT_AT_BOUND].all()

    def test_the_spread_about_the_own_centre_can_be_chosen(self) -> None:
        units = self.units("log")
        spread = overdispersion(units, outliers="keep", tau2="reml")
        direct = random_effects(np.log(self.events / self.base), 1 / self.base, tau2="reml")
        assert spread.tau2 == pytest.approx(direct.tau2)

    def test_the_error_of_a_ratio_of_counts_has_both_counts_in_it(self) -> None:
        units = count_ratio_scores([10, 20], [20, 40], target=0.5)
        assert units.error[0] == pytest.approx(np.sqrt(10 / 10.5**2 + 20 / 20.5**2))

    def test_errors_at_the_target_by_hand(self) -> None:
        assert scale_error(100, 0.2, kind="proportion", transform="arcsine") == pytest.approx(0.05)
        assert scale_error(100, 0.2, kind="proportion", transform="logit") == pytest.approx(0.25)
        assert scale_error(100, 0.2, kind="proportion", transform="identity") == pytest.approx(0.04)
        assert scale_error(100, 4.0, kind="rate", transform="log") == pytest.approx(0.05)

    @pytest.mark.parametrize(
        "options",
        [
            {"outliers": "drop"},
            {"outliers": "truncate", "share": 0.5},
            {"outliers": "winsorise", "share": 0},
            {"outliers": "keep", "tau2": "guess"},
        ],
    )
    def test_unknown_choices_are_refused(self, options) -> None:
        with pytest.raises(MethodError):
            overdispersion(self.units(), **options)

    @pytest.mark.parametrize(
        ("kind", "transform", "target"),
        [
            ("proportion", "log", 0.5),
            ("ratio", "arcsine", 1),
            ("proportion", "logit", 1.0),
            ("ratio", "log", 0),
            ("ratio", "cube", 1),
        ],
    )
    def test_scales_that_do_not_fit_are_refused(self, kind, transform, target) -> None:
        with pytest.raises(MethodError):
            scores([1, 2], [5, 5], kind=kind, transform=transform, target=target)


class TestRandomEffects:
    def test_the_likeliest_spread_is_the_top_of_the_likelihood(self) -> None:
        def minus_log_likelihood(tau2: float, restricted: bool) -> float:
            w = 1 / (VARIANCES + tau2)
            centre = (w * EFFECTS).sum() / w.sum()
            found = -np.log(w).sum() + (w * (EFFECTS - centre) ** 2).sum()
            return float(found + restricted * np.log(w.sum()))

        grid = np.linspace(0, 0.3, 30001)
        for restricted, name in ((False, "ml"), (True, "reml")):
            best = grid[np.argmin([minus_log_likelihood(t, restricted) for t in grid])]
            assert random_effects(EFFECTS, VARIANCES, tau2=name).tau2 == pytest.approx(
                best, abs=2e-5
            )

    def test_paule_and_mandel_s_spread_brings_q_to_its_degrees_of_freedom(self) -> None:
        tau2 = random_effects(EFFECTS, VARIANCES, tau2="pm").tau2
        w = 1 / (VARIANCES + tau2)
        centre = (w * EFFECTS).sum() / w.sum()
        assert (w * (EFFECTS - centre) ** 2).sum() == pytest.approx(3)

    def test_by_hand(self) -> None:
        # w = 33.33, 33.33, 20, 100: Q = 9.0221, C = 119.05
        made = random_effects(EFFECTS, VARIANCES, tau2="dl")
        assert round(float(made.q), 3) == 9.024
        assert round(float(made.tau2), 4) == 0.0506
        assert round(float(random_effects(EFFECTS, VARIANCES, tau2="he").tau2), 4) == 0.0217

    def test_values_alike_have_no_spread_in_any_way(self) -> None:
        for name in ("dl", "he", "pm", "ml", "reml"):
            made = random_effects([0.2, 0.2, 0.2], [0.1, 0.2, 0.3], tau2=name)
            assert (float(made.tau2), float(made.i2)) == (0, 0)
            assert made.mean.value == pytest.approx(0.2)

    def test_a_missing_unit_is_as_no_unit(self) -> None:
        whole = random_effects(EFFECTS, VARIANCES)
        more = random_effects([*EFFECTS, np.nan], [*VARIANCES, np.nan])
        assert more.tau2 == whole.tau2
        assert more.mean.n == 4

    def test_one_unit_among_missing_ones_has_no_spread(self) -> None:
        made = random_effects([0.2, np.nan], [0.1, np.nan])
        assert np.isnan(made.tau2)
        assert np.isnan(made.mean.value)

    def test_the_interval_of_the_spread_holds_its_value(self) -> None:
        made = spread_interval(EFFECTS, VARIANCES)
        assert made.lower <= made.value <= made.upper

    @pytest.mark.parametrize(
        ("value", "variance", "tau2"),
        [
            ([0.1], [0.1], "dl"),
            ([0.1, 0.2], [0.1, 0.0], "dl"),
            ([0.1, 0.2], [0.1, np.nan], "dl"),
            ([0.1, np.inf], [0.1, 0.1], "dl"),
            ([0.1, 0.2], [0.1, 0.1], "eb2"),
        ],
    )
    def test_impossible_values_are_refused(self, value, variance, tau2) -> None:
        with pytest.raises(MethodError):
            random_effects(value, variance, tau2=tau2)
