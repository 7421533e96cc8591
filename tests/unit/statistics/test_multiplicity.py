"""Many comparisons: adjusted p values beside another implementation, families, picks."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from statsmodels.stats.multitest import multipletests

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics import multiplicity as many

METHODS = {
    "fdr_bh": many.benjamini_hochberg,
    "fdr_by": many.benjamini_yekutieli,
    "bonferroni": many.bonferroni,
    "holm": many.holm,
    "hommel": many.hommel,
    "simes-hochberg": many.hochberg,
}
EVERY = pytest.mark.parametrize("name", sorted(METHODS))


@EVERY
def test_adjusted_p_values_are_those_of_statsmodels(name: str) -> None:
    rng = np.random.default_rng(5)
    for size in (1, 2, 3, 7, 20, 61):
        p = rng.random(size) ** 3
        assert_allclose(METHODS[name](p), multipletests(p, method=name)[1], rtol=1e-12)


@EVERY
def test_what_was_not_estimated_counts_if_it_was_declared(name: str) -> None:
    p = np.array([0.01, np.nan, 0.02])
    declared = METHODS[name](p, comparisons=4)
    beside = METHODS[name](np.array([0.01, 1.0, 0.02, 1.0]))
    assert_allclose(declared[[0, 2]], beside[[0, 2]], rtol=1e-12)
    assert np.isnan(declared[1])
    assert (METHODS[name](p)[[0, 2]] <= declared[[0, 2]]).all()


@EVERY
def test_no_p_values_are_no_trouble(name: str) -> None:
    assert METHODS[name]([]).size == 0
    assert np.isnan(METHODS[name]([np.nan])).all()
    assert METHODS[name]([[0.5]]).shape == (1, 1)


@EVERY
@pytest.mark.parametrize("p", [[1.1], [-0.1], [np.inf]])
def test_what_is_no_probability_is_refused(name: str, p: list[float]) -> None:
    with pytest.raises(MethodError):
        METHODS[name](p)


@EVERY
def test_fewer_declared_than_there_are_is_refused(name: str) -> None:
    with pytest.raises(MethodError, match="declared"):
        METHODS[name]([0.1, 0.2], comparisons=1)


def test_rejected_counts_those_at_the_rate_too() -> None:
    assert many.rejected([0.05, 0.051, np.nan, 0.01], rate=0.05) == 2
    with pytest.raises(MethodError):
        many.rejected([0.5], rate=5)


class TestFamilies:
    rng = np.random.default_rng(9)
    family = rng.choice(["care/income", "care/sex", "cost/income", "cost/sex"], 500)
    p = np.where(rng.random(500) < 0.1, np.nan, rng.random(500) ** 2)

    @pytest.mark.parametrize(
        ("adjustment", "one"),
        [
            ("benjamini_hochberg", many.benjamini_hochberg),
            ("benjamini_yekutieli", many.benjamini_yekutieli),
            ("holm", many.holm),
            ("bonferroni", many.bonferroni),
        ],
    )
    def test_all_families_at_once_are_each_by_itself(self, adjustment: str, one: object) -> None:
        made = many.within_families(self.p, self.family, adjustment=adjustment)
        for name in np.unique(self.family):
            mine = self.family == name
            alone = one(self.p[mine], comparisons=int(mine.sum()))
            assert_allclose(made.q[mine], alone, rtol=1e-13)
            assert (made.comparisons[mine] == mine.sum()).all()
            assert (made.estimated[mine] == (~np.isnan(self.p[mine])).sum()).all()

    def test_what_was_declared_beforehand_counts(self) -> None:
        made = many.within_families([0.01, 0.02, 0.01], ["a", "a", "b"], declared=[10, 10, 1])
        assert_allclose(made.q, [0.1, 0.1, 0.01])

    def test_a_family_that_has_no_p_value_has_no_q(self) -> None:
        made = many.within_families([np.nan, 0.01], [1, 2])
        assert np.isnan(made.q[0])
        assert (made.estimated.tolist(), made.comparisons.tolist()) == ([0, 1], [1, 1])

    def test_no_comparisons_are_no_trouble(self) -> None:
        assert many.within_families([], []).q.size == 0

    @pytest.mark.parametrize(
        ("p", "family", "told"),
        [
            ([0.1, 0.2], ["a"], {}),
            ([0.1], [np.nan], {}),
            ([[0.1]], [["a"]], {}),
            ([1.2], ["a"], {}),
            ([0.1, 0.2], ["a", "a"], {"declared": 1}),
            ([0.1, 0.2], ["a", "a"], {"declared": [2, 3]}),
            ([0.1], ["a"], {"adjustment": "hommel"}),
        ],
    )
    def test_what_cannot_be_is_refused(self, p: object, family: object, told: dict) -> None:
        with pytest.raises(MethodError):
            many.within_families(p, family, **told)

    def test_a_declared_family_has_comparisons(self) -> None:
        assert many.Family("access", "sex", "need_a", 3).name == "access/sex/need_a"
        with pytest.raises(MethodError):
            many.Family("access", "sex", "need_a", 0)


class TestSelectBeyond:
    families, m, limit = 4000, 200, 0.03

    def drawn(self, truth: object, freedom: float, seed: int) -> many.Selection:
        rng = np.random.default_rng(seed)
        shape = (self.families, self.m)
        noise = rng.standard_normal(shape) if np.isinf(freedom) else rng.standard_t(freedom, shape)
        return many.select_beyond(truth + 0.01 * noise, 0.01, self.limit, freedom=freedom)

    @pytest.mark.parametrize("freedom", [np.inf, 5])
    def test_where_nothing_is_beyond_its_limit_few_families_have_a_pick(
        self, freedom: float
    ) -> None:
        edge = self.limit * np.where(np.arange(self.m) % 2, 1, -1)
        share = self.drawn(edge, freedom, 1).selected.any(axis=-1).mean()
        # one side only: a gap on the limit is as often inside it
        assert 0.02 < share < 0.032

    def test_where_all_is_well_inside_there_is_hardly_a_pick(self) -> None:
        assert self.drawn(0.0, np.inf, 2).selected.mean() < 1e-6

    @pytest.mark.parametrize("freedom", [np.inf, 8])
    def test_of_the_picked_intervals_few_fail_to_cover(self, freedom: float) -> None:
        truth = np.where(np.arange(self.m) < 20, 0.07, 0.0)
        made = self.drawn(truth, freedom, 3)
        missed = (made.estimate.lower > truth) | (made.estimate.upper < truth)
        picked = made.selected.sum(axis=-1)
        assert picked.mean() > 4
        assert ((missed & made.selected).sum(axis=-1) / np.maximum(picked, 1)).mean() < 0.05

    def test_a_picked_interval_does_not_reach_back_over_the_limit(self) -> None:
        made = self.drawn(np.linspace(-0.1, 0.1, self.m), 12, 4)
        nearest = np.minimum(np.abs(made.estimate.lower), np.abs(made.estimate.upper))
        assert (nearest[made.selected] >= self.limit - 1e-9).all()
        assert np.isnan(made.estimate.lower[~made.selected]).all()
        assert (made.selected == (made.q <= 0.05)).mean() > 0.999999

    def test_two_of_four_by_hand(self) -> None:
        made = many.select_beyond([0.10, 0.05, 0.01, -0.09], 0.01, 0.03)
        # z of 7, 2, - and 6: p of 3e-12, .0455, 1 and 2e-9; .0455 is above .05 x 3 / 4
        assert made.selected.tolist() == [True, False, False, True]
        assert_allclose(made.p[1:3], [0.0455003, 1], rtol=1e-6)
        assert_allclose(made.confidence, 1 - 0.05 * 2 / 4)
        assert_allclose(made.estimate.upper[0] - 0.1, 0.022414, atol=1e-6)

    def test_what_was_not_estimated_counts_and_is_not_picked(self) -> None:
        y, s = [0.1, np.nan, 0.2, 0.3], [0.01, 0.01, 0.0, np.nan]
        made = many.select_beyond(y, s, 0.0)
        assert made.selected.tolist() == [True, False, False, False]
        assert_allclose(made.confidence, 1 - 0.05 / 4)
        assert np.isnan(made.p[1:]).all()

    def test_no_degrees_of_freedom_are_no_test(self) -> None:
        made = many.select_beyond([0.1, 0.1], 0.01, 0.0, freedom=[0, 4])
        assert made.selected.tolist() == [False, True]

    def test_a_limit_of_nothing_is_the_two_sided_test(self) -> None:
        made = many.select_beyond([1.96, -1.96], 1.0, 0.0)
        assert_allclose(made.p, 0.05, rtol=1e-3)
        assert_allclose(made.q, made.p)

    @pytest.mark.parametrize(
        ("told", "rate"),
        [
            (([], [], []), 0.05),
            (([1], [-1], [0]), 0.05),
            (([np.inf], [1], [0]), 0.05),
            (([1], [1], [-1]), 0.05),
            (([1], [1], [np.nan]), 0.05),
            (([1], [1], [0]), 1.0),
        ],
    )
    def test_what_cannot_be_is_refused(self, told: tuple, rate: float) -> None:
        with pytest.raises(MethodError):
            many.select_beyond(*told, rate=rate)
