"""Slope indices: impossible input, edges, and numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose
from scipy.special import expit

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.gradient import (
    Robust,
    Scale,
    error_from_limits,
    fitted_ends,
    lack_of_fit,
    model_index,
    ridits,
    scatter_concentration,
    scatter_slope_index,
    slope_index,
)
from equity_pipeline.statistics.gradient.fieller import fieller_limits
from equity_pipeline.statistics.need import Family

NAN = float("nan")
P = [0.79, 0.82, 0.85, 0.87, 0.89]
N = [4200, 4100, 4000, 3900, 3800]


def _model(**changed: object) -> object:
    given: dict[str, object] = {
        "s": [3, 4, 5, 6],
        "d": [10, 10, 10, 10],
        "rank": [0.125, 0.375, 0.625, 0.875],
        "family": Family.BINOMIAL,
    }
    return model_index(**(given | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: fitted_ends([0.1, 0.2], [1, -1]),
        lambda: fitted_ends([0.1, 0.2, 0.3], [1, 1]),
        lambda: fitted_ends(0.1, 1),
        lambda: fitted_ends([0.1, 0.2], [1, 1], np.eye(3)),
        lambda: fitted_ends([0.1, 0.2], [1, 1], scale="probit"),  # type: ignore[arg-type]
        lambda: fitted_ends([0.1, 0.2], [1, 1], np.eye(2), confidence=95),
        lambda: error_from_limits(0.5, 0.6, 0.4),
        lambda: lack_of_fit([0.1, 0.2], [1, 1], np.eye(2)),
        lambda: lack_of_fit([0.1, 0.2, 0.3], [1, 1, 0], np.eye(3)),
        lambda: lack_of_fit([0.1, 0.2, 0.3], [1, 1, 1], np.eye(2)),
        lambda: scatter_slope_index([10, 20, 30], [1, 1, 1], scale=Scale.LOGIT),
        lambda: scatter_slope_index([1, 2, 3], [1, 1, 1], scale=Scale.LOG),
        lambda: scatter_slope_index([1, 2, 3], [1, 1, 1], weight=[0, 0, 0]),
        lambda: scatter_concentration([1, 2, 3], [1, 1, 1], bounds=(0, 5)),
        lambda: _model(s=[3, 4, 5]),
        lambda: _model(s=[3, 4, 5, 11]),
        lambda: _model(s=[3, 4, 5, NAN]),
        lambda: _model(s=[-1, 1, 1, 1], family=Family.POISSON),
        lambda: _model(d=[10, 10, 10, 0]),
        lambda: _model(rank=[0.1, 0.2, 0.3, 1.1]),
        lambda: _model(rank=[0.5, 0.5, 0.5, 0.5]),
        lambda: _model(need=[1, 2, 3, 4]),
        lambda: _model(cluster=[1, 2]),
        lambda: _model(cluster=[1, 2, 3, 4], error=Robust.MODEL),
        lambda: _model(error=Robust.HC3),
        lambda: _model(error="hc9"),
        lambda: _model(family=Family.POISSON, squares=[0, 0, 0, 0]),
        lambda: _model(family=Family.POISSON, squares=[9, 9]),
    ],
)
def test_impossible_input_is_refused_with_a_way_to_mend_it(attempt: Callable[[], object]) -> None:
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.where
    assert refused.value.mend


def test_on_the_identity_scale_the_index_is_the_plain_slope_index() -> None:
    covariance = np.diag([4e-5, 4e-5, 3e-5, 3e-5, 2e-5])
    ends, plain = fitted_ends(P, N, covariance), slope_index(P, N, covariance)
    assert_allclose(ends.sii.value, plain.sii.value)
    assert_allclose(ends.sii.lower, plain.sii.lower)
    assert_allclose(ends.rii.value, plain.rii.value)
    assert_allclose(ends.rii.standard_error, plain.rii.standard_error)
    # Fieller's limits beside those on the log scale
    assert_allclose(ends.rii.lower, plain.rii.lower, atol=2e-4)
    assert_allclose(ends.last.value - ends.first.value, ends.sii.value)


def test_values_that_double_from_rank_to_rank_have_a_log_line_by_hand() -> None:
    # ranks 1/6, 1/2, 5/6; log2 of the values 1, 2, 3: the line is 0.5 + 3 r
    made = fitted_ends([2, 4, 8], [1, 1, 1], np.diag([0.01, 0.04, 0.16]), scale=Scale.LOG)
    assert_allclose(made.first.value, np.sqrt(2))
    assert_allclose(made.last.value, 2**3.5)
    assert_allclose(made.rii.value, 8)
    # each log has standard error 0.05; the slope is 1.5 (third minus first)
    assert_allclose(made.rii.standard_error, 8 * 1.5 * 0.05 * np.sqrt(2))


def test_a_value_that_has_no_place_on_the_scale_gives_nothing() -> None:
    zero = fitted_ends([0.0, 0.1, 0.2], [1, 1, 1], np.eye(3) * 1e-4, scale=Scale.LOG)
    one = fitted_ends([0.1, 0.5, 1.0], [1, 1, 1], np.eye(3) * 1e-4, scale=Scale.LOGIT)
    for ends in (zero, one):
        assert np.isnan([ends.sii.value, ends.rii.value, ends.sii.lower, ends.first.value]).all()


def test_a_group_without_people_does_not_matter() -> None:
    spread = np.eye(3) * 1e-4
    three = fitted_ends([0.2, NAN, 0.4], [2, 0, 3], spread, scale=Scale.LOGIT)
    two = fitted_ends([0.2, 0.4], [2, 3], np.eye(2) * 1e-4, scale=Scale.LOGIT)
    assert_allclose(three.sii.value, two.sii.value)
    assert_allclose(three.sii.standard_error, two.sii.standard_error)
    holed = scatter_slope_index([1.0, 2.0, NAN, 4.0], [1, 1, 0, 2])
    full = scatter_slope_index([1.0, 2.0, 4.0], [1, 1, 2])
    assert_allclose(holed.sii.standard_error, full.sii.standard_error)


def test_areas_stand_side_by_side_as_alone() -> None:
    values, people = np.array([P, P[::-1]]), np.array([N, N])
    covariance = np.array([np.eye(5) * 1e-4, np.eye(5) * 4e-4])
    both = fitted_ends(values, people, covariance, scale=Scale.LOGIT)
    alone = fitted_ends(values[1], people[1], covariance[1], scale=Scale.LOGIT)
    assert both.sii.value.shape == (2,)
    assert_allclose(both.rii.upper[1], alone.rii.upper)
    scattered = scatter_slope_index(values, people, scale=Scale.LOGIT)
    one = scatter_slope_index(values[1], people[1], scale=Scale.LOGIT)
    assert_allclose(scattered.sii.standard_error[1], one.sii.standard_error)
    tests = lack_of_fit(values, people, covariance)
    assert_allclose(tests.p[1], lack_of_fit(values[1], people[1], covariance[1]).p)


def test_fieller_has_no_limits_where_the_bottom_may_be_zero() -> None:
    one = np.array(1.0)
    limits = fieller_limits(one, one, (one, one, 0 * one), confidence=0.95)
    assert np.isnan(limits).all()


def test_the_lack_of_fit_is_the_residual_of_generalised_least_squares() -> None:
    y, people = np.array([0.70, 0.90, 0.85, 0.90]), np.array([3.0, 2.0, 2.0, 3.0])
    error = np.array([0.02, 0.01, 0.03, 0.02])
    line = sm.WLS(y, sm.add_constant(ridits(people)), weights=1 / error**2).fit()
    made = lack_of_fit(y, people, np.diag(error**2))
    assert_allclose(made.statistic, (line.resid**2 / error**2).sum())
    assert_allclose(made.p, np.exp(-made.statistic / 2))  # chi-square of two degrees of freedom
    straight = lack_of_fit(expit(1 + 2 * ridits(people)), people, np.eye(4), scale=Scale.LOGIT)
    assert_allclose(straight.statistic, 0, atol=1e-20)
    assert_allclose(straight.p, 1)


def test_an_unknown_covariance_gives_no_test() -> None:
    assert np.isnan(lack_of_fit(P, N, np.full((5, 5), NAN)).p)
    assert np.isnan(lack_of_fit(P, N, np.zeros((5, 5))).p)


def test_the_scatter_about_a_line_is_hc1_of_statsmodels() -> None:
    design, people = sm.add_constant(ridits(N)), np.array(N, dtype=float)
    theirs = sm.WLS(P, design, weights=people).fit(cov_type="HC1")
    ours = scatter_slope_index(P, N)
    assert_allclose(ours.sii.value, theirs.params[1])
    assert_allclose(ours.sii.standard_error, theirs.bse[1])
    assert_allclose(ours.first.standard_error, theirs.bse[0])


def test_without_scatter_there_is_no_error_and_two_groups_have_no_limits() -> None:
    straight = scatter_slope_index(2 + 3 * ridits([1, 2, 3]), [1, 2, 3])
    assert_allclose([straight.sii.value, straight.sii.standard_error], [3, 0], atol=1e-12)
    two = scatter_slope_index([1.0, 2.0], [1, 1])
    assert_allclose(two.sii.value, 2)
    assert np.isnan(two.sii.lower)


def test_shares_of_zero_and_one_alone_have_no_logit_line() -> None:
    made = scatter_slope_index([0.0, 0.0, 1.0], [1, 1, 1], scale=Scale.LOGIT)
    assert np.isnan(made.sii.value)
    assert np.isnan(scatter_slope_index([0.0] * 3, [1] * 3, scale=Scale.LOGIT).rii.value)


def test_people_summed_into_cells_have_the_index_of_the_people() -> None:
    draw = np.random.default_rng(5)
    level, age, unit = (draw.integers(0, k, 900) for k in (4, 3, 45))
    rank = ridits(np.bincount(level))[level]
    yes = (draw.random(900) < 0.2 + 0.1 * level + 0.05 * age).astype(float)
    visits = draw.poisson(1 + 0.5 * level).astype(float)
    cell = (level * 3 + age) * 45 + unit
    n, kept = np.bincount(cell, minlength=540), np.bincount(cell, minlength=540) > 0

    def sums(numbers: np.ndarray) -> np.ndarray:
        return np.bincount(cell, numbers, 540)[kept]

    size = n[kept]
    where = sums(rank) / size, (sums(age) / size)[:, np.newaxis], sums(unit) / size
    for family, y in ((Family.BINOMIAL, yes), (Family.POISSON, visits), (Family.GAUSSIAN, visits)):
        squares = None if family is Family.BINOMIAL else sums(y**2)
        for error in (Robust.HC1, Robust.MODEL):
            people = model_index(
                y, np.ones(900), rank, age[:, np.newaxis], family=family, error=error
            )
            cells = model_index(
                sums(y), size, *where[:2], family=family, squares=squares, error=error
            )
            for name in ("sii", "rii", "first", "last", "coefficient"):
                ours, theirs = getattr(cells, name), getattr(people, name)
                assert_allclose(ours.value, theirs.value, rtol=1e-8)
                assert_allclose(ours.standard_error, theirs.standard_error, rtol=1e-7)
        clustered = model_index(
            sums(y), size, *where[:2], family=family, squares=squares, cluster=where[2]
        )
        alike = model_index(y, np.ones(900), rank, age[:, np.newaxis], family=family, cluster=unit)
        assert_allclose(clustered.sii.standard_error, alike.sii.standard_error, rtol=1e-7)


def test_a_linear_model_without_need_is_the_slope_index_of_the_groups() -> None:
    s = np.array(P) * N
    made = model_index(s, N, ridits(N), family=Family.GAUSSIAN)
    plain = slope_index(P, N)
    assert_allclose([made.sii.value, made.rii.value], [plain.sii.value, plain.rii.value])
    assert_allclose(made.coefficient.value, plain.sii.value)
    assert np.isnan(made.ratio.value)


def test_nobody_with_the_outcome_gives_no_index_and_says_so() -> None:
    made = _model(s=[0, 0, 0, 0])
    assert not made.converged  # type: ignore[attr-defined]
    assert np.isnan(made.sii.value)  # type: ignore[attr-defined]
    assert made.rii.warnings[Caution.NOT_CONVERGED]  # type: ignore[attr-defined]


def test_few_clusters_widen_the_limits_and_are_told() -> None:
    made = _model(cluster=[1, 2, 3, 4])
    sii = made.sii  # type: ignore[attr-defined]
    assert sii.warnings[Caution.FEW_CLUSTERS]
    # Student's t with 3 degrees of freedom
    assert_allclose((sii.upper - sii.value) / sii.standard_error, 3.182446, rtol=1e-6)
