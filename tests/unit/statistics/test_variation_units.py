"""Variation between units: clustering, systematic variation, quotients, chance, shrinkage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import betaln

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.variation import (
    beta_binomial,
    chance_band,
    clayton_kaldor,
    design_effect,
    intraclass_correlation,
    intraclass_correlation_binary,
    latent_vpc,
    marshall,
    median_mean_ratio,
    median_odds_ratio,
    median_rate_ratio,
    normal_normal,
    poisson_gamma,
    poisson_gamma_error,
    posterior_quotient,
    quotient,
    random_effects,
    systematic_variation,
)

OBSERVED = np.array([30, 18, 12, 24, 4, 33])
EXPECTED = np.array([20.0, 20, 20, 20, 5, 25])


class TestClustering:
    def test_the_median_odds_ratio_is_the_median_of_drawn_pairs(self) -> None:
        pairs = stats.norm(0, np.sqrt(2 * 0.3)).ppf(0.75)  # of the absolute difference
        assert median_odds_ratio(0.3) == pytest.approx(np.exp(pairs))
        assert median_rate_ratio(0.3) == median_mean_ratio(0.3) == median_odds_ratio(0.3)

    def test_no_variance_is_a_ratio_of_one_and_no_share(self) -> None:
        assert (float(median_odds_ratio(0)), float(latent_vpc(0))) == (1, 0)

    def test_each_link_has_its_own_residual_variance(self) -> None:
        shares = [float(latent_vpc(1, link=link)) for link in ("logit", "probit", "cloglog")]
        assert shares == pytest.approx([1 / (1 + np.pi**2 / 3), 0.5, 1 / (1 + np.pi**2 / 6)])

    @pytest.mark.parametrize("variance", [-0.1, np.inf])
    def test_an_impossible_variance_is_refused(self, variance) -> None:
        for function in (latent_vpc, median_odds_ratio, median_rate_ratio, median_mean_ratio):
            with pytest.raises(MethodError):
                function(variance)

    def test_an_unknown_link_is_refused(self) -> None:
        with pytest.raises(MethodError):
            latent_vpc(1, link="identity")

    def test_the_correlation_of_three_units_of_three_by_hand(self) -> None:
        # 1 2 3, 4 5 6, 7 8 9: 27 between, 1 within; F(2, 6) is 7.2599 at 97.5 %, 0.02543 at 2.5 %
        alike = intraclass_correlation([3, 3, 3], [6, 15, 24], [14, 77, 194])
        assert alike.value == pytest.approx(26 / 29)
        assert alike.lower == pytest.approx((27 / 7.2599 - 1) / (27 / 7.2599 + 2), abs=1e-4)
        assert alike.upper == pytest.approx((27 / 0.02543 - 1) / (27 / 0.02543 + 2), abs=1e-4)
        assert alike.n == 3
        assert alike.warnings[Caution.FEW_PEOPLE]

    def test_a_yes_or_no_outcome_is_a_sum_of_ones(self) -> None:
        events, people = np.array([10, 25, 30, 12]), np.array([50, 60, 50, 40])
        binary = intraclass_correlation_binary(events, people)
        assert binary.value == intraclass_correlation(people, events, events).value

    def test_the_error_of_equal_units_is_fisher_s(self) -> None:
        alike = intraclass_correlation_binary([10, 25, 30, 12], 50)
        rho, units, size = float(alike.value), 4, 50
        known = (1 - rho) * (1 + (size - 1) * rho) / size
        spread = 2 * known**2 * (1 / (units * (size - 1)) + 1 / (units - 1))
        assert alike.standard_error == pytest.approx(np.sqrt(spread))

    def test_unequal_units_count_by_their_typical_size(self) -> None:
        rows = [np.array(r, float) for r in ([1, 2], [4, 5, 7, 4], [2, 9, 3])]
        n, everyone = np.array([len(r) for r in rows]), np.concatenate(rows)
        alike = intraclass_correlation(n, [r.sum() for r in rows], [(r**2).sum() for r in rows])
        size = (9 - (n**2).sum() / 9) / 2  # 3.1111
        within = sum(((r - r.mean()) ** 2).sum() for r in rows) / 6
        between = sum(len(r) * (r.mean() - everyone.mean()) ** 2 for r in rows) / 2
        assert alike.value == pytest.approx((between - within) / (between + (size - 1) * within))

    def test_units_alike_in_every_person_correlate_fully(self) -> None:
        assert intraclass_correlation_binary([0, 20, 20, 0], 20).value == 1

    def test_units_with_the_same_share_correlate_less_than_not_at_all(self) -> None:
        alike = intraclass_correlation_binary([5, 5, 5], 20)
        assert alike.value == pytest.approx(-1 / 19)

    def test_what_does_not_vary_or_cannot_be_told_has_no_correlation(self) -> None:
        for events, people in (([0, 0], 20), ([1, 0], 1), ([5, 0], [20, 0])):
            assert np.isnan(intraclass_correlation_binary(events, people).value)

    def test_leading_axes_are_groups(self) -> None:
        one = intraclass_correlation_binary([10, 25, 30], 60)
        two = intraclass_correlation_binary([[10, 25, 30], [20, 20, 25]], 60)
        assert two.value.shape == (2,)
        assert two.value[0] == one.value

    @pytest.mark.parametrize(
        ("n", "s", "ss"),
        [
            ([5], [2], [2]),
            ([5, -1], [2, 1], [2, 1]),
            ([5, np.nan], [2, 1], [2, 1]),
            ([2, 5], [10, 1], [1, 1]),
        ],
    )
    def test_impossible_sums_are_refused(self, n, s, ss) -> None:
        with pytest.raises(MethodError):
            intraclass_correlation(n, s, ss)

    def test_unequal_units_have_the_larger_design_effect(self) -> None:
        assert design_effect([100, 100], 0.02) == pytest.approx(1 + 99 * 0.02)
        assert design_effect([50, 150], 0.02) == pytest.approx(1 + 124 * 0.02)
        with pytest.raises(MethodError):
            design_effect([50, 150], 1.5)


class TestSystematic:
    def test_both_forms_by_hand(self) -> None:
        ratio = OBSERVED / EXPECTED
        diehr = systematic_variation(OBSERVED, EXPECTED)
        log = systematic_variation(OBSERVED, EXPECTED, form="log", scale=100)
        assert diehr.raw == pytest.approx(((ratio - 1) ** 2 - 1 / EXPECTED).mean())
        assert log.raw == pytest.approx(100 * (np.log(ratio) ** 2 - 1 / EXPECTED).mean())
        assert log.scv.method == "scv_log_scale_100"

    def test_less_than_chance_is_reported_as_none_and_kept_raw(self) -> None:
        made = systematic_variation([20, 20, 21], [20, 20, 21])
        assert made.scv.value == made.scv.lower == 0
        assert made.raw < 0
        assert made.scv.warnings[Caution.AT_BOUND]

    def test_a_unit_without_events_has_no_logarithm_but_a_diehr_form(self) -> None:
        with pytest.raises(MethodError, match="no logarithm"):
            systematic_variation([0, 20], [20, 20], form="log")
        assert np.isfinite(systematic_variation([0, 20], [20, 20]).raw)

    def test_a_unit_with_nothing_expected_does_not_count(self) -> None:
        more = systematic_variation([*OBSERVED, 0], [*EXPECTED, 0])
        assert more.raw == systematic_variation(OBSERVED, EXPECTED).raw
        assert more.scv.n == 6

    @pytest.mark.parametrize(
        ("observed", "expected"), [([1], [1]), ([-1, 1], [1, 1]), ([1, 1], [0, 1])]
    )
    def test_impossible_counts_are_refused(self, observed, expected) -> None:
        for function in (systematic_variation, poisson_gamma, clayton_kaldor, marshall):
            with pytest.raises(MethodError):
                function(observed, expected)

    def test_quotients_of_units_alike_are_one(self) -> None:
        for form in ("extremes", "percentiles", "shares"):
            assert quotient([0.7] * 6, form=form) == pytest.approx(1)

    def test_nothing_at_the_low_end_has_no_quotient(self) -> None:
        assert np.isnan(quotient([0, 1, 2], form="extremes"))
        assert np.isnan(quotient([np.nan, np.nan], form="extremes"))

    @pytest.mark.parametrize(
        ("values", "options"),
        [
            ([1, -1], {"form": "extremes"}),
            ([1, 1], {"form": "mean"}),
            ([], {"form": "extremes"}),
            ([1, 1], {"form": "shares", "share": 0.5}),
        ],
    )
    def test_impossible_quotients_are_refused(self, values, options) -> None:
        with pytest.raises(MethodError):
            quotient(values, **options)


class TestChance:
    def test_chance_alone_gives_no_systematic_component_on_average(self) -> None:
        band = chance_band(np.full(30, 20.0), measure="diehr", draws=2000, seed=1)
        assert band.lower < 0 < band.upper
        assert abs(band.value) < 0.005
        assert band.method == "chance_diehr_2000_seed_1"
        assert band.warnings[Caution.SEEDED]

    def test_more_units_stretch_the_extremes_of_chance(self) -> None:
        few, many = (
            chance_band(np.full(k, 20.0), measure="extremes", draws=500, seed=1) for k in (5, 100)
        )
        assert few.value < many.value

    def test_draws_without_a_value_are_left_out_and_told(self) -> None:
        band = chance_band(np.full(5, 2.0), measure="extremes", draws=500, seed=1)
        assert np.isfinite(band.value)
        assert band.warnings[Caution.LEFT_OUT]

    def test_the_same_seed_gives_the_same_band_in_any_order_of_units(self) -> None:
        one = chance_band(EXPECTED, measure="shares", draws=200, seed=7)
        two = chance_band(EXPECTED[::-1], measure="shares", draws=200, seed=7)
        other = chance_band(EXPECTED, measure="shares", draws=200, seed=8)
        assert one.upper == two.upper
        assert one.upper != other.upper

    def test_drawn_in_blocks_or_at_once_the_shape_is_that_of_the_groups(self, monkeypatch) -> None:
        from equity_pipeline.statistics.variation import chance

        monkeypatch.setattr(chance, "BLOCK", 100)
        band = chance_band(np.full((2, 4), 9.0), measure="diehr", draws=150, seed=1)
        assert band.value.shape == (2,)

    @pytest.mark.parametrize("options", [{"measure": "x"}, {"draws": 9}, {"scale": 0}])
    def test_impossible_wishes_are_refused(self, options) -> None:
        with pytest.raises(MethodError):
            chance_band(EXPECTED, **{"measure": "diehr", "draws": 100, "seed": 1, **options})

    def test_true_quotients_lie_between_the_shrunken_and_the_raw(self) -> None:
        fitted = poisson_gamma(OBSERVED, EXPECTED)
        true = posterior_quotient(fitted, form="extremes", draws=4000, seed=3)
        shrunken = quotient(fitted.shrunken.value, form="extremes")
        raw = quotient(fitted.own, form="extremes")
        assert shrunken < true.value < raw * 1.5

    def test_no_spread_has_no_true_quotient(self) -> None:
        fitted = poisson_gamma([20, 20, 20], [20, 20, 20])
        true = posterior_quotient(fitted, form="extremes", draws=100, seed=3)
        assert np.isnan(true.value)


class TestShrinkage:
    def test_the_spread_is_the_likeliest_under_the_negative_binomial(self) -> None:
        def minus_log_likelihood(alpha: float) -> float:
            chance = alpha / (alpha + EXPECTED)
            return -float(stats.nbinom.logpmf(OBSERVED, alpha, chance).sum())

        best = optimize.minimize_scalar(
            minus_log_likelihood, bounds=(1, 200), method="bounded", options={"xatol": 1e-8}
        )
        assert poisson_gamma(OBSERVED, EXPECTED).rate == pytest.approx(best.x, rel=1e-6)

    def test_the_shrunken_value_is_the_posterior_mean_with_gamma_limits(self) -> None:
        made = poisson_gamma(OBSERVED, EXPECTED)
        after = stats.gamma(OBSERVED + made.shape, scale=1 / (EXPECTED + made.rate))
        np.testing.assert_allclose(made.shrunken.value, after.mean())
        np.testing.assert_allclose(made.shrunken.lower, after.ppf(0.025))
        np.testing.assert_allclose(made.shrunken.standard_error, after.std())
        np.testing.assert_allclose(
            made.shrunken.value, made.factor * made.own + (1 - made.factor) * 1
        )

    def test_another_mean_is_another_scale_of_the_expected(self) -> None:
        one = poisson_gamma(OBSERVED, EXPECTED)
        two = poisson_gamma(OBSERVED, EXPECTED / 2, prior_mean=2)
        np.testing.assert_allclose(two.shrunken.value, 2 * one.shrunken.value)
        np.testing.assert_allclose(two.prior_variance, 4 * one.prior_variance)
        with pytest.raises(MethodError):
            poisson_gamma(OBSERVED, EXPECTED, prior_mean=0)

    @pytest.mark.parametrize("fit", [poisson_gamma, clayton_kaldor, marshall])
    def test_units_that_vary_no_more_than_chance_are_drawn_in_fully(self, fit) -> None:
        made = fit([20, 21, 20, 19], [20, 20, 20, 20])
        assert made.prior_variance == 0
        np.testing.assert_allclose(made.shrunken.value, 1)
        assert np.isnan(made.shrunken.lower).all()
        assert made.shrunken.warnings[Caution.AT_BOUND].all()

    @pytest.mark.parametrize("fit", [poisson_gamma, clayton_kaldor, marshall])
    def test_a_unit_without_events_has_a_shrunken_value_above_none(self, fit) -> None:
        made = fit([0, 30, 12, 40], [10, 20, 20, 20])
        assert made.own[0] == 0
        assert made.shrunken.lower[0] > 0

    @pytest.mark.parametrize("fit", [poisson_gamma, clayton_kaldor, marshall])
    def test_a_unit_that_does_not_count_changes_nothing(self, fit) -> None:
        made, more = fit(OBSERVED, EXPECTED), fit([*OBSERVED, 0, np.nan], [*EXPECTED, 0, 5])
        np.testing.assert_allclose(more.shrunken.value[:6], made.shrunken.value)
        assert np.isnan(more.shrunken.value[6:]).all()

    @pytest.mark.parametrize("fit", [poisson_gamma, clayton_kaldor, marshall])
    def test_one_unit_that_counts_has_no_fit(self, fit) -> None:
        assert np.isnan(fit([5, np.nan], [5, 5]).shrunken.value).all()

    def test_units_of_all_and_nobody_have_no_likeliest_prior(self) -> None:
        made = beta_binomial([0, 20], [20, 20])
        assert np.isnan(made.shrunken.value).all()
        assert made.shrunken.warnings[Caution.NOT_CONVERGED].all()

    def test_no_event_at_all_has_no_fit(self) -> None:
        assert np.isnan(poisson_gamma([0, 0], [5, 5]).shrunken.value).all()

    def test_the_iteration_ends_where_its_mean_and_variance_rest(self) -> None:
        made = clayton_kaldor(OBSERVED, EXPECTED)
        ratio = made.shrunken.value
        assert made.prior_mean == pytest.approx(ratio.mean())
        apart = (1 + made.rate / EXPECTED) * (ratio - ratio.mean()) ** 2
        assert made.prior_variance == pytest.approx(apart.sum() / 5, rel=1e-8)

    def test_an_iteration_cut_short_has_no_value(self) -> None:
        made = clayton_kaldor(OBSERVED, EXPECTED, steps=1)
        assert np.isnan(made.shrunken.value).all()
        assert made.shrunken.warnings[Caution.NOT_CONVERGED].all()

    def test_the_jackknife_sums_each_unit_s_change_over_the_units_left_out(self) -> None:
        made = poisson_gamma_error(OBSERVED, EXPECTED)
        full = poisson_gamma(OBSERVED, EXPECTED)
        shift = moved = 0.0
        for left_out in range(6):
            others = np.arange(6) != left_out
            rate = poisson_gamma(OBSERVED[others], EXPECTED[others]).rate
            rate = np.inf if np.isnan(rate) else rate
            assert made.spread_without[left_out] == pytest.approx(1 / rate, rel=1e-8)
            weight = EXPECTED[0] / (EXPECTED[0] + rate)
            value = weight * 1.5 + (1 - weight)
            variance = 0.0 if np.isinf(rate) else value / (EXPECTED[0] + rate)
            shift += variance - full.shrunken.standard_error[0] ** 2
            moved += (value - full.shrunken.value[0]) ** 2
        expected = full.shrunken.standard_error[0] ** 2 - 5 / 6 * shift
        assert made.mse[0] == pytest.approx(max(expected, 0) + 5 / 6 * moved, rel=1e-8)

    def test_the_likeliest_beta_prior(self) -> None:
        x, n = np.array([10, 25, 30, 12, 3]), np.array([50, 60, 50, 40, 20])

        def minus_log_likelihood(at: np.ndarray) -> float:
            a, b = np.exp(at)
            return -float((betaln(x + a, n - x + b) - betaln(a, b)).sum())

        best = optimize.minimize(minus_log_likelihood, [1, 1], tol=1e-12, method="Nelder-Mead")
        made = beta_binomial(x, n)
        np.testing.assert_allclose([made.a, made.b], np.exp(best.x), rtol=1e-4)
        after = stats.beta(x + made.a, n - x + made.b)
        np.testing.assert_allclose(made.shrunken.value, after.mean())
        np.testing.assert_allclose(made.shrunken.upper, after.ppf(0.975))
        np.testing.assert_allclose(made.shrunken.standard_error, after.std())

    def test_moments_are_those_of_the_analysis_of_variance(self) -> None:
        x, n = np.array([10, 25, 30, 12]), np.array([50, 50, 50, 50])
        made = beta_binomial(x, n, fit="moments")
        p = 77 / 200
        alike = ((50 * (x / 50 - p) ** 2).sum() / (p * (1 - p)) - 3) / (150 - 3)
        assert made.a + made.b == pytest.approx((1 - alike) / alike)
        assert made.prior_variance == pytest.approx(p * (1 - p) * alike)

    @pytest.mark.parametrize("fit", ["ml", "moments"])
    def test_shares_alike_are_drawn_in_fully_and_all_or_nobody_not_at_all(self, fit) -> None:
        alike = beta_binomial([5, 5, 5], [20, 20, 20], fit=fit)
        np.testing.assert_allclose(alike.shrunken.value, 0.25)
        assert alike.prior_variance == 0
        assert np.isnan(beta_binomial([0, 0], [20, 20], fit=fit).shrunken.value).all()
        assert np.isnan(beta_binomial([20, 20], [20, 20], fit=fit).shrunken.value).all()

    @pytest.mark.parametrize(
        ("x", "n", "fit"),
        [
            ([5], [20], "ml"),
            ([5, 21], [20, 20], "ml"),
            ([5, -1], [20, 20], "ml"),
            ([5, 5], 20, "x"),
        ],
    )
    def test_impossible_shares_are_refused(self, x, n, fit) -> None:
        with pytest.raises(MethodError):
            beta_binomial(x, n, fit=fit)

    def test_means_are_drawn_in_by_the_share_of_true_spread(self) -> None:
        y, v = np.array([0.1, 0.3, 0.35, 0.65]), np.array([0.03, 0.03, 0.05, 0.01])
        made, prior = normal_normal(y, v), random_effects(y, v)
        weight = prior.tau2 / (prior.tau2 + v)
        np.testing.assert_allclose(made.factor, weight)
        np.testing.assert_allclose(
            made.shrunken.value, weight * y + (1 - weight) * prior.mean.value
        )
        np.testing.assert_allclose(
            made.shrunken.standard_error**2,
            weight * v + ((1 - weight) * prior.mean.standard_error) ** 2,
        )

    def test_means_alike_are_the_mean_with_the_mean_s_error(self) -> None:
        made = normal_normal([0.2, 0.2, np.nan], [0.1, 0.1, np.nan])
        np.testing.assert_allclose(made.shrunken.value[:2], 0.2)
        np.testing.assert_allclose(made.shrunken.standard_error[:2], np.sqrt(0.05))
        assert np.isnan(made.shrunken.value[2])
