"""Marginal standardisation from cells is the same thing done person by person."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from equity_pipeline.statistics.need import (
    Family,
    Standardised,
    age_spline,
    marginal_standardisation,
)

always = settings(derandomize=True, deadline=None, max_examples=15)
seeds = st.integers(0, 2**32 - 1)
families = pytest.mark.parametrize("family", list(Family))
LEVELS, CLUSTERS = 3, 6
GLM = {
    Family.BINOMIAL: sm.families.Binomial(),
    Family.POISSON: sm.families.Poisson(),
    Family.GAUSSIAN: sm.families.Gaussian(),
    Family.GAMMA: sm.families.Gamma(sm.families.links.Log()),
}


class People:
    """Person rows: outcome y, time t, level, need, unit - with need and outcome tied to units."""

    def __init__(self, seed: int, family: Family, size: int = 900) -> None:
        draw = np.random.default_rng(seed)
        self.family = family
        self.cluster = draw.integers(0, CLUSTERS, size)
        self.level = (draw.integers(0, LEVELS, size) + (self.cluster == 0)) % LEVELS
        sick = draw.random(size) < 0.2 + 0.1 * self.level + 0.05 * self.cluster
        self.need = np.column_stack([draw.integers(0, 4, size), sick]).astype(float)
        eta = -0.8 + 0.3 * self.level + self.need @ [0.15, 0.6] + 0.05 * self.cluster
        self.t = np.ones(size)
        if family is Family.POISSON:
            self.t = draw.choice([0.25, 0.5, 1.0], size)
        self.y = self._outcome(draw, eta)

    def _outcome(self, draw: np.random.Generator, eta: np.ndarray) -> np.ndarray:
        if self.family is Family.BINOMIAL:
            return (draw.random(len(eta)) < 1 / (1 + np.exp(-eta))).astype(float)
        if self.family is Family.POISSON:
            return draw.poisson(self.t * np.exp(eta)).astype(float)
        if self.family is Family.GAMMA:
            return draw.gamma(2.0, np.exp(eta))
        return eta + draw.normal(size=len(eta))

    def from_cells(self) -> Standardised:
        keys = np.column_stack([self.level, self.cluster, self.need])
        cells, number = np.unique(keys, axis=0, return_inverse=True)
        number = number.reshape(-1)
        return marginal_standardisation(
            np.bincount(number, self.y),
            np.bincount(number, self.t),
            cells[:, 0].astype(int),
            cells[:, 2:],
            cells[:, 1].astype(int),
            n_levels=LEVELS,
            family=self.family,
        )

    def design(self, level: np.ndarray) -> np.ndarray:
        return np.hstack([np.eye(LEVELS)[level], self.need])

    def glm(self) -> object:
        offset = np.log(self.t) if self.family is Family.POISSON else None
        model = sm.GLM(self.y, self.design(self.level), GLM[self.family], offset=offset)
        return model.fit(tol=1e-12, maxiter=200)

    def predictions(self, beta: np.ndarray) -> np.ndarray:
        """Per person and level, per unit of time."""
        columns = [
            GLM[self.family].link.inverse(self.design(np.full(len(self.y), level)) @ beta)
            for level in range(LEVELS)
        ]
        return np.column_stack(columns)

    def values(self, beta: np.ndarray) -> np.ndarray:
        return self.t @ self.predictions(beta) / self.t.sum()


@families
@always
@given(seed=seeds)
def test_levels_are_the_mean_predictions_of_a_glm_on_persons(family: Family, seed: int) -> None:
    people = People(seed, family)
    made = people.from_cells()
    assert made.converged
    assert_allclose(made.value, people.values(people.glm().params), rtol=1e-8)
    assert (made.lower < made.value).all()
    assert (made.value < made.upper).all()


def _score(people: People, beta: np.ndarray) -> np.ndarray:
    """Each person's part of the estimating equations (n, coefficients)."""
    X, family = people.design(people.level), GLM[people.family]
    mean = people.t * family.link.inverse(X @ beta)
    return X * ((people.y - mean) / family.link.deriv(mean) / family.variance(mean))[:, np.newaxis]


def _influence_by_person(people: People) -> np.ndarray:
    """Each person's influence on each level: need, and the fit with numerical derivatives."""
    fitted = people.glm()
    beta = np.asarray(fitted.params)
    step = 1e-5
    gradient = np.column_stack(
        [
            (people.values(beta + step * unit) - people.values(beta - step * unit)) / (2 * step)
            for unit in np.eye(len(beta))
        ]
    )
    fall = np.column_stack(
        [
            (_score(people, beta - step * unit) - _score(people, beta + step * unit)).sum(axis=0)
            for unit in np.eye(len(beta))
        ]
    )
    through_fit = _score(people, beta) @ np.linalg.solve(fall / (2 * step), gradient.T)
    distance = people.predictions(beta) - people.values(beta)
    return people.t[:, np.newaxis] * distance / people.t.sum() + through_fit


@families
@always
@given(seed=seeds)
def test_the_covariance_is_that_of_person_rows_summed_by_unit(family: Family, seed: int) -> None:
    people = People(seed, family)
    by_person = _influence_by_person(people)
    by_unit = np.stack([by_person[people.cluster == g].sum(axis=0) for g in range(CLUSTERS)])
    expected = by_unit.T @ by_unit * CLUSTERS / (CLUSTERS - 1)
    covariance = people.from_cells().covariance
    assert_allclose(covariance, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@families
def test_the_coefficients_part_is_the_cluster_covariance_of_statsmodels(family: Family) -> None:
    """Beside a made-up population of one need there is only the fit's uncertainty left."""
    people = People(7, family)
    one = (people.need == [2.0, 1.0]).all(axis=1)
    made = marginal_standardisation(
        people.y,
        people.t,
        people.level,
        people.need,
        people.cluster,
        n_levels=LEVELS,
        family=family,
        weight=one.astype(float),
    )
    offset = np.log(people.t) if family is Family.POISSON else None
    fitted = sm.GLM(people.y, people.design(people.level), GLM[family], offset=offset).fit(
        tol=1e-12,
        cov_type="cluster",
        cov_kwds={"groups": people.cluster, "use_correction": False},
    )
    at = np.hstack([np.eye(LEVELS), np.tile([2.0, 1.0], (LEVELS, 1))])
    mean = GLM[family].link.inverse(at @ fitted.params)
    gradient = at / GLM[family].link.deriv(mean)[:, np.newaxis]
    expected = gradient @ fitted.cov_params() @ gradient.T * CLUSTERS / (CLUSTERS - 1)
    assert_allclose(made.value, mean, rtol=1e-8)
    assert_allclose(made.covariance, expected, rtol=1e-5)


@families
@always
@given(seed=seeds)
def test_order_and_names_of_cells_units_and_columns_do_not_matter(
    family: Family, seed: int
) -> None:
    people = People(seed, family, size=300)
    mixed = np.random.default_rng(seed).permutation(300)
    plain = (people.y, people.t, people.level, people.need, people.cluster)
    one = marginal_standardisation(*plain, n_levels=LEVELS, family=family)
    other = marginal_standardisation(
        people.y[mixed],
        people.t[mixed],
        people.level[mixed],
        people.need[mixed][:, ::-1] * [10, 0.1] + [5, -3],
        1000 - 7 * people.cluster[mixed],
        n_levels=LEVELS,
        family=family,
    )
    assert_allclose(one.value, other.value, rtol=1e-8)
    assert_allclose(one.covariance, other.covariance, rtol=1e-6, atol=1e-12)


@families
def test_columns_that_add_nothing_are_left_out(family: Family) -> None:
    people = People(3, family)
    plain = (people.y, people.t, people.level)
    doubled = np.column_stack(
        [
            people.need,
            people.need.sum(axis=1),
            np.ones(len(people.y)),
            people.level == 1,
            people.need[:, 0] * 1e6,
        ]
    )
    options = {"n_levels": LEVELS, "family": family}
    one = marginal_standardisation(*plain, people.need, people.cluster, **options)
    other = marginal_standardisation(*plain, doubled, people.cluster, **options)
    assert_allclose(one.value, other.value, rtol=1e-8)
    assert_allclose(one.covariance, other.covariance, rtol=1e-6)


@pytest.mark.parametrize("family", [Family.BINOMIAL, Family.POISSON, Family.GAMMA])
def test_a_level_without_any_outcome_is_nan_and_the_others_stay(family: Family) -> None:
    people = People(5, family)
    outcome = np.where(people.level == 1, 0, people.y)
    made = marginal_standardisation(
        outcome,
        people.t,
        people.level,
        people.need,
        people.cluster,
        n_levels=LEVELS,
        family=family,
    )
    assert made.converged
    assert np.isnan([made.value[1], made.lower[1], made.upper[1], made.covariance[1, 1]]).all()
    # the silent level's people stay in the population that the others are averaged over
    seen = people.level != 1
    offset = np.log(people.t[seen]) if family is Family.POISSON else None
    design = people.design(people.level)[seen][:, [0, 2, 3, 4]]
    beta = sm.GLM(outcome[seen], design, GLM[family], offset=offset).fit(tol=1e-12).params
    full = np.array([beta[0], 0, beta[1], beta[2], beta[3]])
    assert_allclose(made.value[[0, 2]], people.values(full)[[0, 2]], rtol=1e-8)


def test_a_level_where_everybody_had_the_outcome_is_nan_and_the_others_stay() -> None:
    people = People(5, Family.BINOMIAL)
    people.y = np.where(people.level == 1, 1.0, people.y)
    made = people.from_cells()
    assert made.converged
    assert np.isnan(made.value).tolist() == [False, True, False]


SCALES = {
    Family.BINOMIAL: lambda x: np.log(x / (1 - x)),
    Family.POISSON: np.log,
    Family.GAUSSIAN: lambda x: x,
    Family.GAMMA: np.log,
}


@families
def test_limits_are_symmetric_on_the_family_s_own_scale(family: Family) -> None:
    made = People(11, family).from_cells()
    lower, middle, upper = (SCALES[family](x) for x in (made.lower, made.value, made.upper))
    assert_allclose(upper - middle, middle - lower, rtol=1e-9)
    error = np.sqrt(np.diag(made.covariance))
    near = (SCALES[family](made.value + 1e-6) - SCALES[family](made.value - 1e-6)) / 2e-6
    assert_allclose(upper - middle, 1.959964 * error * near, rtol=1e-5)


def test_without_need_a_level_is_its_crude_value() -> None:
    made = marginal_standardisation(
        [8, 6, 9, 5],
        [10, 10, 20, 10],
        [0, 0, 1, 1],
        np.zeros((4, 0)),
        [0, 1, 0, 1],
        n_levels=3,
        family=Family.BINOMIAL,
    )
    assert made.value[:2].round(12).tolist() == [0.7, round(14 / 30, 12)]
    assert np.isnan(made.value[2])


def test_outcomes_that_need_separates_give_nan_and_no_exception() -> None:
    made = marginal_standardisation(
        [0, 10, 0, 10],
        [10, 10, 10, 10],
        [0, 0, 1, 1],
        [[0], [1], [0], [1]],
        [0, 1, 2, 3],
        n_levels=2,
        family=Family.BINOMIAL,
    )
    assert not made.converged
    assert np.isnan(made.value).all()
    assert np.isnan(made.covariance).all()


def test_no_cells_at_all_give_nan_and_no_exception() -> None:
    made = marginal_standardisation(
        [], [], [], np.zeros((0, 2)), [], n_levels=2, family=Family.POISSON
    )
    assert (made.converged, made.n_clusters) == (False, 0)
    assert np.isnan(made.value).all()


@always
@given(seed=seeds)
def test_a_natural_spline_is_straight_outside_and_smooth_at_its_knots(seed: int) -> None:
    knots = np.sort(np.random.default_rng(seed).choice(np.arange(1, 90), 5, replace=False))
    outside = np.array([*(knots[0] - [30.0, 20, 10]), *(knots[-1] + [10.0, 20, 30])])
    basis = age_spline(outside, knots)
    assert_allclose(basis[0] - 2 * basis[1] + basis[2], 0, atol=1e-8)
    assert_allclose(basis[3] - 2 * basis[4] + basis[5], 0, atol=1e-8)
    near = age_spline(knots[:, np.newaxis] + [-1e-4, 0, 1e-4], knots)
    bend = (near[:, 0] - 2 * near[:, 1] + near[:, 2]) / 1e-8
    before = age_spline(knots[:, np.newaxis] - [3e-4, 2e-4, 1e-4], knots)
    earlier = (before[:, 0] - 2 * before[:, 1] + before[:, 2]) / 1e-8
    assert_allclose(bend, earlier, atol=1e-2)


def _simulated(draw: np.random.Generator, clusters: int) -> tuple[np.ndarray, ...]:
    """Cells of units that differ in need and level; the truth is averaged over their origin."""
    frail = draw.normal(0, 0.5, clusters)
    cluster, level, sick = (
        a.ravel() for a in np.meshgrid(range(clusters), range(2), range(2), indexing="ij")
    )
    mix = 1 / (1 + np.exp(-(frail[cluster] - 0.5 + 0.8 * level)))
    size = draw.poisson(60 * np.where(sick == 1, mix, 1 - mix))
    chance = 1 / (1 + np.exp(-(-0.4 + 0.4 * level + 0.9 * sick)))
    return draw.binomial(size, chance), size, level, sick, cluster


@pytest.mark.long
def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """2 000 regions of 60 units; the truth comes from 40 000 units."""
    draw = np.random.default_rng(2013)

    def fitted(clusters: int) -> Standardised:
        s, d, level, sick, cluster = _simulated(draw, clusters)
        return marginal_standardisation(
            s, d, level, sick[:, np.newaxis], cluster, n_levels=2, family=Family.BINOMIAL
        )

    truth = fitted(40_000).value
    covers, gap_covers = [], []
    for _ in range(2000):
        made = fitted(60)
        covers.append((made.lower <= truth) & (truth <= made.upper))
        gap = made.value[1] - made.value[0]
        error = np.sqrt(made.covariance[0, 0] + made.covariance[1, 1] - 2 * made.covariance[0, 1])
        gap_covers.append(abs(gap - (truth[1] - truth[0])) <= 1.96 * error)
    assert 0.925 <= np.mean(covers) <= 0.97
    assert 0.925 <= np.mean(gap_covers) <= 0.97
