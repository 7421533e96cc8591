"""Indices over groups: worked values, errors beside derivatives, edges, and what is refused."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import inequality as ineq
from equity_pipeline.statistics.estimate import Caution, Estimate
from equity_pipeline.statistics.gradient import slope_index

VALUES = np.array([0.79, 0.82, 0.85, 0.87, 0.89])
PEOPLE = np.array([4200, 4100, 4000, 3900, 3800])
ERRORS = np.sqrt(VALUES * (1 - VALUES) / PEOPLE)
HIGHER = {"direction": "higher", "ordered": False}

Index = Callable[..., Estimate]


def _told(function: Index, **told: object) -> Index:
    return lambda y, n, s=None, **more: function(y, n, s, **told, **more)


EVERY: dict[str, Index] = {
    "d": _told(ineq.group_difference, **HIGHER),
    "r": _told(ineq.group_ratio, **HIGHER),
    "par": _told(ineq.attributable_risk, **HIGHER),
    "paf": _told(ineq.attributable_fraction, **HIGHER),
    "bgv": ineq.between_group_variance,
    "bgsd": ineq.between_group_deviation,
    "cov": ineq.coefficient_of_variation,
    "ti": ineq.theil_index,
    "mld": ineq.mean_log_deviation,
    "idisw": _told(ineq.index_of_disparity, weighted=True),
    "idisu": _told(ineq.index_of_disparity, weighted=False),
    "mdbw": _told(ineq.difference_from_best, direction="higher", weighted=True),
    "mdmu": _told(ineq.difference_from_mean, weighted=False),
    "mdrw": _told(ineq.difference_from_reference, reference=1, weighted=True),
}


class TestWorkedByHand:
    """Three groups of equal size with values 1, 2 and 6: the mean is 3."""

    y, n = np.array([1.0, 2.0, 6.0]), [5, 5, 5]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("d", 5.0),
            ("r", 6.0),
            ("par", 3.0),
            ("paf", 1.0),
            ("bgv", (4 + 1 + 9) / 3),
            ("bgsd", np.sqrt(14 / 3)),
            ("cov", np.sqrt(14 / 3) / 3),
            ("ti", (1 * np.log(1 / 3) + 2 * np.log(2 / 3) + 6 * np.log(2)) / 9),
            ("mld", (np.log(3) + np.log(3 / 2) + np.log(1 / 2)) / 3),
            ("idisw", 2 / 3),
            ("mdbw", (5 + 4) / 3),
            ("mdmu", (2 + 1 + 3) / 3),
            ("mdrw", (1 + 4) / 3),
        ],
    )
    def test_the_value(self, name: str, value: float) -> None:
        assert_allclose(EVERY[name](self.y, self.n).value, value, rtol=1e-14)

    def test_lower_is_good_turns_the_attributable_risk(self) -> None:
        told = {"direction": "lower", "ordered": False}
        assert_allclose(ineq.attributable_risk(self.y, self.n, **told).value, -2)
        best = ineq.difference_from_best(self.y, self.n, direction="lower", weighted=True)
        assert_allclose(best.value, 2)

    def test_a_reference_is_beside_the_worst_group(self) -> None:
        higher = ineq.group_difference(self.y, self.n, reference=1, **HIGHER)
        lower = ineq.group_difference(self.y, self.n, reference=1, direction="lower", ordered=False)
        assert (higher.value, lower.value) == (2 - 1, 6 - 2)

    def test_ordered_groups_have_ends(self) -> None:
        y = [2.0, 6.0, 1.0]
        up, down = (
            ineq.group_ratio(y, self.n, direction=d, ordered=True).value
            for d in ("higher", "lower")
        )
        assert (up, down) == (0.5, 2)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_the_error_is_that_of_the_derivatives(name: str) -> None:
    index, step = EVERY[name], 1e-6
    moved = VALUES + step * np.concatenate([np.eye(5), -np.eye(5)])
    around = index(moved, PEOPLE).value
    slope = (around[:5] - around[5:]) / (2 * step)
    # so certain that neither kinks nor bends are felt
    sure = ERRORS / 1000
    expected = np.sqrt((slope**2 * sure**2).sum())
    assert_allclose(index(VALUES, PEOPLE, sure).standard_error, expected, rtol=1e-5)


@pytest.mark.parametrize("name", ["bgv", "mdmu", "mdrw", "idisw", "idisu", "mdbw"])
@pytest.mark.parametrize("spread", [0.0, 1.0, 5.0])
def test_the_error_is_the_spread_of_the_index_under_noise(name: str, spread: float) -> None:
    s, n = np.array([0.01, 0.02, 0.01, 0.015]), np.array([40, 10, 30, 20])
    truth = 0.8 + spread * np.array([-0.02, 0.03, 0.0, 0.01])
    drawn = truth + s * np.random.default_rng(2024).standard_normal((20_000, 4))
    seen = EVERY[name](drawn, n).value.std()
    told = EVERY[name](truth, n, s).standard_error
    # the best of equal groups is another one in each draw, which only lessens the spread
    wide = (0.9, 1.6) if name == "mdbw" else (0.92, 1.02)
    assert wide[0] < told / seen < wide[1] if spread != 0 or name == "bgv" else told > 0.8 * seen


class TestEdges:
    @pytest.mark.parametrize("name", sorted(set(EVERY) - {"d", "r", "bgsd", "cov"}))
    def test_equal_groups_have_no_inequality_and_limits_with_width(self, name: str) -> None:
        made = EVERY[name](np.full(4, 0.8), [1, 2, 3, 4], 0.01)
        assert_allclose(made.value, 0, atol=1e-15)
        assert made.upper > 1e-6

    @pytest.mark.parametrize("name", ["bgsd", "cov"])
    def test_equal_groups_have_a_root_with_width(self, name: str) -> None:
        made = EVERY[name](np.full(4, 0.8), [1, 2, 3, 4], 0.01)
        assert_allclose([made.value, made.lower], 0, atol=1e-9)
        assert made.upper > 0.005

    @pytest.mark.parametrize("name", sorted(EVERY))
    def test_without_errors_there_are_no_limits(self, name: str) -> None:
        for y in (VALUES, np.full(5, 0.8)):
            made = EVERY[name](y, PEOPLE)
            assert not np.isnan(made.value)
            assert np.isnan([made.lower, made.upper]).all()

    @pytest.mark.parametrize("name", ["bgv", "bgsd", "cov", "ti", "mld", "mdmu", "mdbw", "idisw"])
    def test_a_limit_below_nothing_is_cut_and_told(self, name: str) -> None:
        made = EVERY[name]([0.80, 0.801, 0.80], [1, 1, 1], 0.02)
        assert (made.lower == 0) and made.warnings[Caution.CUT_AT_BOUND].all()
        assert Caution.CUT_AT_BOUND not in EVERY[name](VALUES, PEOPLE, ERRORS).warnings

    @pytest.mark.parametrize("name", ["d", "r", "par", "mdbw"])
    def test_of_equal_best_groups_the_least_certain_counts_in_any_order(self, name: str) -> None:
        y, n, s = np.array([0.9, 0.9, 0.5]), np.array([20, 30, 50]), np.array([0.01, 0.03, 0.02])
        one, other = EVERY[name](y, n, s), EVERY[name](y[::-1], n[::-1], s[::-1])
        assert_allclose(one.standard_error, other.standard_error, rtol=1e-12)
        assert one.standard_error > EVERY[name](y, n, [0.01, 0.01, 0.02]).standard_error

    @pytest.mark.parametrize("name", sorted(EVERY))
    def test_a_group_with_nobody_is_left_out(self, name: str) -> None:
        whole = EVERY[name](VALUES, PEOPLE, ERRORS)
        more = EVERY[name](
            np.append(VALUES, np.nan), np.append(PEOPLE, 0), np.append(ERRORS, np.nan)
        )
        assert_allclose([more.value, more.upper], [whole.value, whole.upper], rtol=1e-12)

    @pytest.mark.parametrize("name", sorted(EVERY))
    def test_a_group_with_people_and_no_value_gives_none(self, name: str) -> None:
        assert np.isnan(EVERY[name]([0.8, np.nan, 0.9], [1, 2, 3], 0.01).value)

    @pytest.mark.parametrize("name", sorted(EVERY))
    def test_one_group_with_people_is_not_compared(self, name: str) -> None:
        made = EVERY[name]([0.8, 0.5], [10, 0], 0.01)
        assert np.isnan([made.value, made.lower, made.standard_error]).all()

    @pytest.mark.parametrize("name", sorted(EVERY))
    def test_strata_are_made_at_once(self, name: str) -> None:
        y = np.array([VALUES, VALUES[::-1], VALUES**2])
        every = EVERY[name](y, PEOPLE, ERRORS)
        each = [EVERY[name](row, PEOPLE, ERRORS) for row in y]
        assert every.value.shape == (3,)
        for field in ("value", "lower", "upper", "standard_error"):
            single = [float(getattr(one, field)) for one in each]
            assert_allclose(getattr(every, field), single, rtol=1e-12)

    def test_a_ratio_of_nothing_has_an_upper_limit(self) -> None:
        made = ineq.group_ratio([0.0, 0.5], [9, 9], [0.02, 0.01], direction="higher", ordered=True)
        assert np.isnan(made.value)
        made = ineq.group_ratio([0.5, 0.0], [9, 9], [0.01, 0.02], direction="higher", ordered=True)
        assert (made.value, made.lower) == (0, 0)
        assert_allclose(made.upper, 1.959964 * 0.02 / 0.5, rtol=1e-6)
        assert made.warnings[Caution.AT_BOUND].all()

    def test_a_value_of_zero_adds_nothing_to_theil_and_ends_the_mean_log(self) -> None:
        y, n = [0.0, 2.0], [1, 1]
        assert_allclose(ineq.theil_index(y, n).value, np.log(2))
        assert np.isnan(ineq.theil_index(y, n, 0.1).upper)
        assert np.isnan(ineq.mean_log_deviation(y, n, 0.1).value)


class TestAttributable:
    def test_a_reference_worse_than_the_mean_levels_nothing(self) -> None:
        made = ineq.attributable_risk(
            [0.9, 0.95, 0.8], [1, 1, 1], 0.01, direction="higher", ordered=True
        )
        assert (made.value, made.upper) == (0, 0)
        assert made.lower < -0.05
        assert made.warnings[Caution.AT_BOUND].all()

    def test_walter_s_limits_of_a_table(self) -> None:
        # exposed 30 of 100 ill, reference 20 of 100
        told = {"direction": "lower", "ordered": False, "limits": "table", "unit": 1}
        made = ineq.attributable_fraction([0.3, 0.2], [100, 100], **told)
        a, b, c, d, n = 30, 70, 20, 80, 200
        error = np.sqrt(c * n * (a * d * (n - c) + b * c**2) / ((a + c) ** 3 * (c + d) ** 3))
        assert_allclose([made.value, made.standard_error], [-0.2, error], rtol=1e-12)

    @pytest.mark.parametrize("best", [0.0, 1.0])
    def test_nobody_or_everybody_has_limits_with_width(self, best: float) -> None:
        direction = "lower" if best == 0 else "higher"
        others = [0.1, 0.2] if best == 0 else [1.0, 1.0]
        told = {"direction": direction, "ordered": False, "limits": "table", "unit": 1}
        for index in (ineq.attributable_risk, ineq.attributable_fraction):
            made = index([best, *others], [50, 60, 70], **told)
            assert made.lower <= made.value <= made.upper
            assert made.upper - made.lower > 0.01

    def test_the_unit_changes_the_risk_and_not_the_fraction(self) -> None:
        told = {**HIGHER, "limits": "table"}
        for function, times in ((ineq.attributable_risk, 100), (ineq.attributable_fraction, 1)):
            one = function(VALUES, PEOPLE, unit=1, **told)
            hundred = function(100 * VALUES, PEOPLE, unit=100, **told)
            assert_allclose(hundred.lower, times * one.lower, rtol=1e-9)


class TestWho:
    def test_ordered_groups_have_the_slope_of_the_gradient(self) -> None:
        made = ineq.who_measures(VALUES, PEOPLE, ERRORS, direction="higher", ordered=True)
        slope = slope_index(VALUES, PEOPLE, np.diag(ERRORS**2))
        assert_allclose(made.sii.lower, slope.sii.lower)
        assert_allclose([made.rci.value, made.rii_mean.value], [0.023819, 0.148894], atol=1e-6)
        assert_allclose(made.aci.value, made.rci.value * 0.84275, rtol=1e-9)

    def test_groups_without_order_have_no_slope(self) -> None:
        made = ineq.who_measures(VALUES, PEOPLE, ERRORS, direction="higher", ordered=False)
        assert np.isnan([made.sii.value, made.rii.value, made.aci.value, made.rci.value]).all()
        assert np.isnan(made.mdrw.value)

    def test_no_good_side_has_no_best_group(self) -> None:
        made = ineq.who_measures(VALUES, PEOPLE, ERRORS, direction="neutral", ordered=False)
        assert np.isnan([made.par.value, made.paf.value, made.mdbu.value]).all()
        assert_allclose(made.d.value, 0.1)

    def test_a_known_average_is_for_the_unweighted_distances(self) -> None:
        made = ineq.who_measures(
            VALUES, PEOPLE, ERRORS, direction="higher", ordered=False, average=0.8
        )
        assert_allclose(made.mdmu.value, np.abs(VALUES - 0.8).mean())
        assert_allclose(made.idisu.value, np.abs(VALUES - 0.8).mean() / 0.8)
        assert_allclose(made.mdmw.value, 0.0314825)

    def test_published_figures_are_per_cent_and_thousandths(self) -> None:
        made = ineq.who_measures(VALUES, PEOPLE, ERRORS, direction="higher", ordered=True)
        told = made.published()
        assert_allclose(told["ti"].upper, 1000 * made.ti.upper)
        assert_allclose(told["paf"].standard_error, 100 * made.paf.standard_error)
        assert_allclose(told["d"].value, made.d.value)


class TestNoise:
    s, n = np.array([0.01, 0.02, 0.01, 0.05, 0.008]), np.array([42, 40, 38, 5, 60])

    @pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
    def test_the_corrected_variance_covers_the_true_one(self, spread: float) -> None:
        truth = 0.8 + spread * np.array([-0.1, 0.0, 0.05, 0.1, 0.0])
        p = self.n / self.n.sum()
        true = (p * (truth - p @ truth) ** 2).sum()
        drawn = truth + self.s * np.random.default_rng(7).standard_normal((4000, 5))
        made = ineq.noise_corrected_variance(drawn, self.n, self.s)
        assert ((made.lower <= true) & (true <= made.upper)).mean() > 0.945
        assert ((made.lower <= made.value) & (made.value <= made.upper)).all()
        assert (made.upper > made.lower).all()

    def test_noise_is_told_from_differences_one_time_in_twenty(self) -> None:
        drawn = 0.8 + self.s * np.random.default_rng(8).standard_normal((4000, 5))
        band = ineq.variance_noise(drawn, self.n, self.s)
        assert 0.04 < (band.p < 0.05).mean() < 0.06
        seen = ineq.between_group_variance(drawn, self.n).value
        assert_allclose(seen.mean(), band.expected[0], rtol=0.05)
        assert_allclose((seen > band.upper).mean(), (band.p < 0.05).mean())

    def test_the_drawn_band_is_that_of_the_chi_square(self) -> None:
        y = np.array([0.79, 0.8, 0.82, 0.8, 0.81])
        drawn = ineq.noise_band(
            lambda v: ineq.between_group_variance(v, self.n).value,
            y, self.n, self.s, draws=20_000, seed=1,
        )  # fmt: skip
        exact = ineq.variance_noise(y, self.n, self.s)
        assert_allclose(drawn.expected, exact.expected, rtol=0.02)
        assert_allclose(drawn.upper, exact.upper, rtol=0.05)
        assert_allclose(drawn.p, exact.p, atol=0.02)

    def test_the_same_seed_gives_the_same_limits_and_is_named(self) -> None:
        def drawn(seed: int) -> Estimate:
            return ineq.simulated(
                lambda v: ineq.theil_index(v, PEOPLE).value,
                VALUES, PEOPLE, ERRORS, draws=500, seed=seed, bounds=(0, 1),
            )  # fmt: skip

        assert drawn(3).upper == drawn(3).upper
        assert drawn(3).upper != drawn(4).upper
        assert drawn(3).method == "simulated_500_seed_3"
        assert drawn(3).warnings[Caution.SEEDED].all()

    def test_draws_stay_within_their_bounds(self) -> None:
        made = ineq.simulated(
            lambda v: v.max(axis=-1), [0.99, 0.5], [1, 1], 0.2, draws=1000, seed=1, bounds=(0, 1)
        )
        assert made.upper <= 1
        assert_allclose(made.upper, 1, atol=0.01)


@pytest.mark.parametrize("name", sorted(EVERY))
@pytest.mark.parametrize(
    ("y", "n", "s"),
    [
        ([0.5], [1], None),
        ([0.5, 0.6], [1, -1], None),
        ([0.5, 0.6], [1, np.nan], None),
        ([0.5, 0.6], [0, 0], None),
        ([0.5, np.inf], [1, 1], None),
        ([0.5, 0.6], [1, 1], [0.1, -0.1]),
        ([0.5, 0.6], [1, 1], [0.1, np.inf]),
        ([0.5, 0.6], [1, 1, 1], None),
    ],
)
def test_what_cannot_be_groups_is_refused(name: str, y: object, n: object, s: object) -> None:
    with pytest.raises(MethodError):
        EVERY[name](y, n, s)


@pytest.mark.parametrize(
    "call",
    [
        lambda: ineq.group_difference([1, 2], [1, 1], direction="up", ordered=True),
        lambda: ineq.group_difference([1, 2], [1, 1], reference=2, **HIGHER),
        lambda: ineq.group_difference([1, 2], [1, 1], reference=0.5, **HIGHER),
        lambda: ineq.difference_from_reference([1, 2], [1, 1], reference=-1, weighted=True),
        lambda: ineq.theil_index([-1, 2], [1, 1]),
        lambda: ineq.index_of_disparity([1, 2], [1, 1], weighted=True, average=np.nan),
        lambda: ineq.difference_from_mean([1, 2], [1, 1], weighted=True, average=[1, 2, 3]),
        lambda: ineq.attributable_risk([0.1, 0.2], [1, 1], limits="table", **HIGHER),
        lambda: ineq.attributable_risk([10, 20], [1, 1], limits="table", unit=1, **HIGHER),
        lambda: ineq.between_group_variance([1, 2], [1, 1], 0.1, confidence=1),
        lambda: ineq.noise_band(lambda y: y[..., 0], [1, 2], [1, 1], 0.1, draws=10, seed=1),
        lambda: ineq.simulated(
            lambda y: y[..., 0], [1, 2], [1, 1], 0.1, draws=100, seed=1, bounds=(0, 1)
        ),
    ],
)
def test_arguments_that_cannot_be_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(MethodError):
        call()
