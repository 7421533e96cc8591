"""A gap within units is that of a model with a dummy for each unit."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.need import (
    Covariates,
    Family,
    NeedVariable,
    WithinUnits,
    marginal_standardisation,
    within_units,
)

LEVELS, UNITS = 3, 20
GLM = {
    Family.BINOMIAL: sm.families.Binomial(),
    Family.POISSON: sm.families.Poisson(),
    Family.GAUSSIAN: sm.families.Gaussian(),
    Family.GAMMA: sm.families.Gamma(sm.families.links.Log()),
}
families = pytest.mark.parametrize("family", list(Family))


class Region:
    """Persons of three levels in units that differ in outcome and in whom they serve."""

    def __init__(self, family: Family, size: int = 2500) -> None:
        draw = np.random.default_rng(7)
        self.family = family
        self.unit = draw.integers(0, UNITS, size)
        own = draw.normal(0, 0.6, UNITS)[self.unit]
        self.level = np.clip(draw.integers(0, LEVELS, size) + (own > 0.3), 0, LEVELS - 1)
        self.age, self.sick = draw.integers(0, 5, size), draw.integers(0, 3, size)
        eta = -0.6 + own + 0.3 * self.level + 0.1 * self.age + 0.4 * (self.sick == 2)
        self.y = {
            Family.BINOMIAL: lambda: (draw.random(size) < 1 / (1 + np.exp(-eta))).astype(float),
            Family.POISSON: lambda: draw.poisson(np.exp(eta)).astype(float),
            Family.GAUSSIAN: lambda: eta + draw.normal(size=size),
            Family.GAMMA: lambda: draw.gamma(3, np.exp(eta) / 3),
        }[family]()

    def need(self) -> list[NeedVariable]:
        return [
            NeedVariable.numeric("age", self.age.astype(float)),
            NeedVariable.categorical("morbidity", self.sick, n_codes=3),
        ]

    def split(self, **options: object) -> WithinUnits:
        return within_units(
            self.y, np.ones(len(self.y)), self.level, self.need(), self.unit,
            n_levels=LEVELS, family=self.family, **{"reference": 0, **options},
        )  # fmt: skip

    def dummies(self) -> np.ndarray:
        return np.column_stack(
            [
                np.eye(UNITS)[self.unit],
                np.eye(LEVELS)[self.level][:, 1:],
                self.age,
                self.sick == 1,
                self.sick == 2,
            ]
        ).astype(float)

    def peer(self) -> object:
        return sm.GLM(self.y, self.dummies(), GLM[self.family]).fit(
            tol=1e-13,
            maxiter=100,
            tol_criterion="params",
            cov_type="cluster",
            cov_kwds={"groups": self.unit, "use_correction": False},
        )

    def values(self, beta: np.ndarray) -> np.ndarray:
        rows, made = self.dummies(), []
        for level in range(LEVELS):
            rows[:, UNITS : UNITS + LEVELS - 1] = np.eye(LEVELS)[level, 1:]
            made.append(GLM[self.family].link.inverse(rows @ beta).mean())
        return np.array(made)


@families
def test_the_gap_within_units_is_that_of_explicit_dummies(family: Family) -> None:
    region = Region(family)
    made, theirs = region.split(), region.peer()
    at = slice(UNITS, UNITS + LEVELS - 1)
    assert_allclose(made.effect.value, theirs.params[at], rtol=1e-8)
    errors = theirs.bse[at] * np.sqrt(UNITS / (UNITS - 1))
    assert_allclose(made.effect.standard_error, errors, rtol=1e-8)
    values = region.values(np.asarray(theirs.params))
    assert_allclose(made.within.value, values[1:] - values[0], rtol=1e-8)


@families
def test_with_given_people_the_error_within_units_is_the_delta_method_s(family: Family) -> None:
    region = Region(family)
    made, theirs = region.split(covariates=Covariates.FIXED), region.peer()
    beta, step = np.asarray(theirs.params), 1e-6
    slope = np.column_stack(
        [
            (region.values(beta + step * e) - region.values(beta - step * e)) / (2 * step)
            for e in np.eye(len(beta))
        ]
    )
    slope = slope[1:] - slope[0]
    spread = slope @ theirs.cov_params() @ slope.T * UNITS / (UNITS - 1)
    assert_allclose(made.within.standard_error, np.sqrt(np.diag(spread)), rtol=1e-6)


@families
def test_the_total_is_the_need_adjusted_gap_and_the_parts_add_up(family: Family) -> None:
    region = Region(family)
    made = region.split()
    whole = marginal_standardisation(
        region.y, np.ones(len(region.y)), region.level, region.need(), region.unit,
        n_levels=LEVELS, family=family,
    )  # fmt: skip
    assert_allclose(made.total.value, whole.value[1:] - whole.value[0], rtol=1e-10)
    v = whole.covariance
    assert_allclose(
        made.total.standard_error, np.sqrt(np.diag(v)[1:] + v[0, 0] - 2 * v[0, 1:]), rtol=1e-8
    )
    assert_allclose(made.total.value, made.within.value + made.between.value, atol=1e-12)
    assert made.focus.tolist() == [1, 2]


def test_the_errors_are_near_those_of_leaving_out_one_unit_at_a_time() -> None:
    region = Region(Family.BINOMIAL)
    made, ones = region.split(), np.ones(len(region.y))
    parts = []
    for unit in range(UNITS):
        kept = region.unit != unit
        need = [NeedVariable(v.name, v.code[kept], v.basis) for v in region.need()]
        one = within_units(
            region.y[kept], ones[kept], region.level[kept], need, region.unit[kept],
            n_levels=LEVELS, family=Family.BINOMIAL, reference=0,
        )  # fmt: skip
        parts.append([one.total.value, one.within.value, one.between.value])
    jackknife = np.sqrt(np.var(parts, axis=0) * (UNITS - 1))
    ours = [made.total.standard_error, made.within.standard_error, made.between.standard_error]
    assert_allclose(ours, jackknife, rtol=0.15)


def test_a_gap_that_comes_from_where_people_go_is_all_between() -> None:
    """Units A and B: 80 and 40 of 100 in both groups, who attend them 3 : 1 and 1 : 3."""
    made = within_units(
        [240, 80, 40, 120], [300, 100, 100, 300], [0, 1, 0, 1], [], [0, 0, 1, 1],
        n_levels=2, family=Family.GAUSSIAN, reference=0,
    )  # fmt: skip
    # unit 0: 0.8 of both; unit 1: 0.4 of both
    assert_allclose(made.within.value, 0, atol=1e-12)
    assert_allclose(made.total.value, (80 + 120) / 400 - (240 + 40) / 400)
    assert_allclose(made.between.value, made.total.value)


def test_a_gap_inside_units_alone_is_all_within() -> None:
    made = within_units(
        [70, 60, 50, 40], [100, 100, 100, 100], [0, 1, 0, 1], [], [0, 0, 1, 1],
        n_levels=2, family=Family.GAUSSIAN, reference=0,
    )  # fmt: skip
    assert_allclose(made.within.value, -0.1)
    assert_allclose(made.between.value, 0, atol=1e-12)


def test_units_where_nobody_or_everybody_had_the_outcome_count_with_no_gap() -> None:
    made = within_units(
        [7, 5, 6, 3, 0, 0, 10, 10], [10] * 8, [0, 1] * 4, [], [0, 0, 1, 1, 2, 2, 3, 3],
        n_levels=2, family=Family.BINOMIAL, reference=0,
    )  # fmt: skip
    seen = within_units(
        [7, 5, 6, 3], [10] * 4, [0, 1] * 2, [], [0, 0, 1, 1],
        n_levels=2, family=Family.BINOMIAL, reference=0,
    )  # fmt: skip
    assert (made.n_units, made.n_silent, made.n_left_out) == (4, 2, 0)
    assert_allclose(made.within.value, seen.within.value / 2)
    assert_allclose(made.effect.value, seen.effect.value)


def test_a_unit_without_events_counts_with_no_gap_among_counts_too() -> None:
    """Rates 0.4 and 0.2 in two units of the same size, nothing in a third: a gap of 0.2 x 2 / 3."""
    made = within_units(
        [40, 20, 40, 20, 0, 0], [100] * 6, [0, 1] * 3, [], [0, 0, 1, 1, 2, 2],
        n_levels=2, family=Family.POISSON, reference=0,
    )  # fmt: skip
    assert made.n_silent == 1
    assert_allclose(made.within.value, -0.2 * 2 / 3)
    assert np.isfinite(made.within.standard_error).all()


def test_a_level_that_shares_no_unit_with_the_reference_is_nan_and_its_units_are_left_out() -> None:
    made = within_units(
        [7, 5, 6, 3, 4, 5], [10] * 6, [0, 1, 0, 1, 2, 2], [], [0, 0, 1, 1, 2, 3],
        n_levels=3, family=Family.BINOMIAL, reference=0,
    )  # fmt: skip
    assert np.isfinite(made.within.value[0]) and np.isnan(made.within.value[1])
    assert made.n_left_out == 2
    assert made.within.warnings[Caution.LEFT_OUT].all()


def test_levels_are_compared_through_a_chain_of_units() -> None:
    made = within_units(
        [7, 5, 6, 3], [10] * 4, [0, 1, 1, 2], [], [0, 0, 1, 1],
        n_levels=3, family=Family.GAUSSIAN, reference=0,
    )  # fmt: skip
    assert_allclose(made.within.value, [-0.2, -0.5])


def test_when_each_group_has_its_own_units_there_is_no_gap_within_them() -> None:
    made = within_units(
        [7, 5, 6, 3], [10] * 4, [0, 0, 1, 1], [], [0, 1, 2, 3],
        n_levels=2, family=Family.BINOMIAL, reference=0,
    )  # fmt: skip
    assert not made.converged
    assert np.isnan([made.total.value, made.within.value, made.between.value]).all()


def test_few_units_are_told_of() -> None:
    made = Region(Family.GAUSSIAN).split()
    assert made.between.warnings[Caution.FEW_CLUSTERS].all()


def test_the_order_of_people_and_the_names_of_units_do_not_matter() -> None:
    region = Region(Family.BINOMIAL)
    one = region.split()
    mixed = np.random.default_rng(1).permutation(len(region.y))
    for name in ("y", "level", "age", "sick", "unit"):
        setattr(region, name, getattr(region, name)[mixed])
    region.unit = 900 - 7 * region.unit
    other = region.split()
    for name in ("total", "within", "between"):
        assert_allclose(getattr(one, name).value, getattr(other, name).value, rtol=1e-9)
        assert_allclose(
            getattr(one, name).standard_error, getattr(other, name).standard_error, rtol=1e-7
        )


def test_another_reference_turns_the_gaps() -> None:
    region = Region(Family.POISSON)
    one, other = region.split(), region.split(reference=2)
    assert other.focus.tolist() == [0, 1]
    assert_allclose(other.within.value[0], -one.within.value[1], rtol=1e-8)
    assert_allclose(other.between.standard_error[0], one.between.standard_error[1], rtol=1e-6)


def test_a_reference_that_is_no_level_is_refused() -> None:
    with pytest.raises(MethodError, match="reference"):
        Region(Family.GAUSSIAN, size=100).split(reference=3)
