"""What must hold of need-adjusted gaps whatever the cells: signs, sums, order, scale, nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics.need import (
    Covariates,
    Family,
    NeedVariable,
    Scale,
    Standardised,
    Variance,
    calibration,
    contrast,
    marginal_standardisation,
    need_model,
    wald_equal,
    within_units,
)

always = settings(derandomize=True, deadline=None, max_examples=10)
seeds = st.integers(0, 2**32 - 1)
families = pytest.mark.parametrize("family", list(Family))
LEVELS, UNITS = 3, 8


class Cells:
    """Cells of level, unit, age and sickness with about ten people each."""

    def __init__(self, seed: int, family: Family) -> None:
        draw = np.random.default_rng(seed)
        grids = np.meshgrid(range(LEVELS), range(UNITS), range(4), range(3), indexing="ij")
        self.level, self.unit, self.age, self.sick = (g.ravel() for g in grids)
        self.d = draw.integers(5, 15, len(self.level)).astype(float)
        own = draw.normal(0, 0.3, UNITS)[self.unit]
        eta = -0.5 + own + 0.3 * self.level + 0.1 * self.age + 0.3 * self.sick
        share = 1 / (1 + np.exp(-eta))
        self.family = family
        self.s = {
            Family.BINOMIAL: lambda: draw.binomial(self.d.astype(int), share).astype(float),
            Family.POISSON: lambda: draw.poisson(self.d * np.exp(eta)).astype(float),
            Family.GAUSSIAN: lambda: self.d * eta + draw.normal(size=len(eta)),
            Family.GAMMA: lambda: draw.gamma(self.d, np.exp(eta)),
        }[family]()

    def need(self) -> list[NeedVariable]:
        return [
            NeedVariable.numeric("age", self.age.astype(float)),
            NeedVariable.categorical("morbidity", self.sick, n_codes=3),
        ]

    def standardised(self, **options: object) -> Standardised:
        return marginal_standardisation(
            self.s, self.d, self.level, self.need(), self.unit,
            n_levels=LEVELS, family=self.family, **options,
        )  # fmt: skip


@families
@always
@given(seed=seeds)
def test_contrasts_change_sign_with_their_order_and_hold_their_value(
    family: Family, seed: int
) -> None:
    made = Cells(seed, family).standardised()
    for scale in (Scale.DIFFERENCE, Scale.LOG_RATIO, Scale.LOG_ODDS_RATIO):
        one = contrast(made.value, made.covariance, [1, 2], 0, scale=scale)
        other = contrast(made.value, made.covariance, 0, [1, 2], scale=scale)
        assert_allclose(one.estimate.value, -other.estimate.value)
        assert_allclose(one.estimate.lower, -other.estimate.upper)
        assert_allclose(one.p, other.p)
        known = np.isfinite(one.estimate.value)
        assert (one.estimate.lower[known] < one.estimate.value[known]).all()
        # a p value and an interval are two ways to say the same
        outside = (one.estimate.lower > 0) | (one.estimate.upper < 0)
        assert (outside[known] == (one.p[known] < 0.05)).all()


@families
@always
@given(seed=seeds)
def test_variables_and_plain_columns_are_one_model(family: Family, seed: int) -> None:
    cells = Cells(seed, family)
    one = cells.standardised()
    columns = np.column_stack([cells.age, cells.sick == 1, cells.sick == 2]).astype(float)
    other = marginal_standardisation(
        cells.s, cells.d, cells.level, columns, cells.unit,
        n_levels=LEVELS, family=family, names=["age", "morbidity", "morbidity"],
    )  # fmt: skip
    assert_allclose(one.value, other.value, rtol=1e-9)
    assert_allclose(one.covariance, other.covariance, rtol=1e-7, atol=1e-15)


@families
@always
@given(seed=seeds)
def test_a_sampled_population_never_makes_a_model_based_error_smaller(
    family: Family, seed: int
) -> None:
    cells = Cells(seed, family)
    options = {"variance": Variance.MODEL}
    fixed = cells.standardised(covariates=Covariates.FIXED, **options)
    sampled = cells.standardised(**options)
    assert np.linalg.eigvalsh(sampled.covariance - fixed.covariance).min() > -1e-12
    one_cluster = marginal_standardisation(
        cells.s, cells.d, cells.level, cells.need(), np.zeros(len(cells.s), int),
        n_levels=LEVELS, family=family,
    )  # fmt: skip
    assert one_cluster.method.endswith("model_based")
    assert_allclose(one_cluster.covariance, sampled.covariance, rtol=1e-9)


@pytest.mark.parametrize("family", [Family.POISSON, Family.GAUSSIAN, Family.GAMMA])
@always
@given(seed=seeds)
def test_another_currency_scales_values_and_errors(family: Family, seed: int) -> None:
    cells = Cells(seed, family)
    one = cells.standardised()
    cells.s = cells.s * 11
    other = cells.standardised()
    assert_allclose(other.value, one.value * 11, rtol=1e-8)
    assert_allclose(other.covariance, one.covariance * 121, rtol=1e-6)


@families
@always
@given(seed=seeds)
def test_equal_groups_have_no_gap_in_total_within_or_between_units(
    family: Family, seed: int
) -> None:
    cells = Cells(seed, family)
    same = cells.level == 0
    cells.s, cells.d = np.tile(cells.s[same], LEVELS), np.tile(cells.d[same], LEVELS)
    made = cells.standardised()
    assert_allclose(made.value - made.value[0], 0, atol=1e-9 * np.abs(made.value[0]))
    test = wald_equal(made.value, made.covariance)
    assert np.isnan(test.p) or test.p > 0.999
    split = within_units(
        cells.s, cells.d, cells.level, cells.need(), cells.unit,
        n_levels=LEVELS, family=family, reference=0,
    )  # fmt: skip
    for part in (split.total, split.within, split.between):
        assert_allclose(part.value, 0, atol=1e-8)


@families
@always
@given(seed=seeds)
def test_parts_add_up_and_turn_with_the_reference(family: Family, seed: int) -> None:
    cells = Cells(seed, family)
    given_cells = (cells.s, cells.d, cells.level, cells.need(), cells.unit)
    options = {"n_levels": LEVELS, "family": family}
    one = within_units(*given_cells, reference=0, **options)
    other = within_units(*given_cells, reference=1, **options)
    assert_allclose(one.total.value, one.within.value + one.between.value, atol=1e-9)
    for name in ("total", "within", "between"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert_allclose(mine.value[0], -theirs.value[0], atol=1e-8)
        assert_allclose(mine.standard_error[0], theirs.standard_error[0], rtol=1e-6)
        assert (mine.lower <= mine.value).all()


@families
@always
@given(seed=seeds)
def test_twice_the_people_in_each_cell_give_the_same_values_and_errors_by_unit(
    family: Family, seed: int
) -> None:
    cells = Cells(seed, family)
    given_cells = (cells.s, cells.d, cells.level, cells.need(), cells.unit)
    options = {"n_levels": LEVELS, "family": family}
    one = need_model(*given_cells, **options)
    cells.s, cells.d = cells.s * 2, cells.d * 2
    other = need_model(cells.s, cells.d, *given_cells[2:], **options)
    assert_allclose(one.levels.value, other.levels.value, rtol=1e-7, atol=1e-9)
    # by unit the same units weigh as before
    assert_allclose(one.covariance, other.covariance, rtol=1e-6, atol=1e-12)


@families
@always
@given(seed=seeds)
def test_observed_less_predicted_adds_up_to_the_level_s_own(family: Family, seed: int) -> None:
    cells = Cells(seed, family)
    made = calibration(
        cells.s, cells.d, cells.level, cells.need(), cells.unit,
        n_levels=LEVELS, family=family, bands=3,
    )  # fmt: skip
    parts = np.nansum(made.n * made.gap.value, axis=1) / np.nansum(made.n, axis=1)
    assert_allclose(parts, made.in_the_large.value, atol=1e-10 * np.abs(made.observed).max())
    assert_allclose(np.nansum(made.n), cells.d.sum())
