"""The generalised linear model beside another fitter, and where no fit exists."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.glm import fit_glm, sandwich
from equity_pipeline.statistics.need import Family

FAMILIES = {
    Family.BINOMIAL: sm.families.Binomial(),
    Family.POISSON: sm.families.Poisson(),
    Family.GAUSSIAN: sm.families.Gaussian(),
    Family.GAMMA: sm.families.Gamma(sm.families.links.Log()),
}


def _rows(family: Family) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    draw = np.random.default_rng(7)
    age = draw.normal(50, 20, 500)
    design = np.column_stack([np.ones(500), age, draw.integers(0, 2, 500), age**2])
    eta = design @ [-1.0, 0.02, 0.3, -0.0001]
    made = {
        Family.BINOMIAL: (draw.random(500) < 1 / (1 + np.exp(-eta))).astype(float),
        Family.POISSON: draw.poisson(np.exp(eta)).astype(float),
        Family.GAUSSIAN: eta + draw.normal(size=500),
        Family.GAMMA: draw.gamma(2, np.exp(eta)),
    }
    return made[family], design, draw.integers(0, 25, 500)


@pytest.mark.parametrize("family", FAMILIES)
def test_coefficients_and_model_errors_are_those_of_statsmodels(family: Family) -> None:
    y, design, _ = _rows(family)
    ours = fit_glm(y, design, family=family)
    theirs = sm.GLM(y, design, family=FAMILIES[family]).fit(tol=1e-12)
    assert_allclose(ours.coefficients, theirs.params, rtol=1e-9)
    assert_allclose(np.sqrt(np.diag(ours.covariance)), theirs.bse, rtol=1e-6)


@pytest.mark.parametrize("family", [f for f in FAMILIES if f is not Family.GAMMA])
def test_robust_errors_are_those_of_statsmodels(family: Family) -> None:
    y, design, cluster = _rows(family)
    ours = fit_glm(y, design, family=family)
    model = sm.GLM(y, design, family=FAMILIES[family])
    plain = model.fit(tol=1e-12, cov_type="HC0")
    clustered = model.fit(tol=1e-12, cov_type="cluster", cov_kwds={"groups": cluster})
    none = sandwich(ours, small_sample="none")
    assert_allclose(np.sqrt(np.diag(none)), plain.bse, rtol=1e-9)
    by_unit = sandwich(ours, cluster=cluster)
    assert_allclose(np.sqrt(np.diag(by_unit)), clustered.bse, rtol=1e-9)


@pytest.mark.parametrize("rule", ["hc2", "hc3"])
def test_residuals_over_their_leverage_are_those_of_statsmodels(rule: str) -> None:
    y, design, _ = _rows(Family.GAUSSIAN)
    ours = sandwich(fit_glm(y, design, family=Family.GAUSSIAN), small_sample=rule)  # type: ignore[arg-type]
    theirs = sm.OLS(y, design).fit(cov_type=rule.upper())
    assert_allclose(np.sqrt(np.diag(ours)), theirs.bse, rtol=1e-7)


def test_weights_and_offsets_are_those_of_statsmodels() -> None:
    y, design, cluster = _rows(Family.POISSON)
    weight, time = cluster % 3 + 1.0, 0.01 * cluster
    ours = fit_glm(y, design, family=Family.POISSON, weight=weight, offset=time)
    theirs = sm.GLM(
        y, design, family=FAMILIES[Family.POISSON], freq_weights=weight, offset=time
    ).fit(tol=1e-12)
    assert_allclose(ours.coefficients, theirs.params, rtol=1e-9)
    assert_allclose(ours.predict(design, time), ours.mean, rtol=1e-12)


def test_people_summed_into_cells_have_the_robust_error_of_the_people() -> None:
    x = np.repeat([0.0, 1.0, 2.0], 50)
    y = np.random.default_rng(3).normal(size=150) + x
    people = fit_glm(y, np.column_stack([np.ones(150), x]), family=Family.GAUSSIAN)
    mean = y.reshape(3, 50).mean(axis=1)
    within = ((y.reshape(3, 50) - mean[:, np.newaxis]) ** 2).sum(axis=1)
    design = np.column_stack([np.ones(3), [0.0, 1.0, 2.0]])
    cells = fit_glm(mean, design, family=Family.GAUSSIAN, weight=np.full(3, 50.0))
    assert_allclose(cells.coefficients, people.coefficients)
    assert_allclose(sandwich(cells, within=within), sandwich(people))


def test_a_column_that_depends_on_those_before_it_is_left_out() -> None:
    y, design, _ = _rows(Family.GAUSSIAN)
    doubled = np.column_stack([design, design[:, 1] + design[:, 2]])
    made = fit_glm(y, doubled, family=Family.GAUSSIAN)
    assert made.kept.tolist() == [True, True, True, True, False]
    assert np.isnan(made.covariance[4]).all()
    assert_allclose(made.mean, fit_glm(y, design, family=Family.GAUSSIAN).mean)


@pytest.mark.parametrize(
    ("y", "family"),
    [
        ([0.0, 0.0, 0.0], Family.BINOMIAL),
        ([1.0, 1.0, 1.0], Family.BINOMIAL),
        ([0.0, 1.0, 1.0], Family.BINOMIAL),
        ([0.0, 0.0, 0.0], Family.POISSON),
        ([0.0, 2.0, 3.0], Family.POISSON),
    ],
)
def test_where_no_finite_fit_exists_there_are_no_numbers(y: list[float], family: Family) -> None:
    made = fit_glm(y, [[1, 0], [1, 1], [1, 1]], family=family)
    assert not made.converged
    assert np.isnan(made.coefficients).all()
    assert np.isnan(sandwich(made)).all()
    assert np.isnan(made.predict([[1, 0]])).all()


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: fit_glm([0.1, 1.2], [[1], [1]], family=Family.BINOMIAL),
        lambda: fit_glm([-1, 2], [[1], [1]], family=Family.POISSON),
        lambda: fit_glm([0, 2], [[1], [1]], family=Family.GAMMA),
        lambda: fit_glm([1, np.nan], [[1], [1]], family=Family.GAUSSIAN),
        lambda: fit_glm([1, 2], [[1], [np.inf]], family=Family.GAUSSIAN),
        lambda: fit_glm([1, 2], [[1], [1], [1]], family=Family.GAUSSIAN),
        lambda: fit_glm([1, 2], [[1], [1]], family=Family.GAUSSIAN, weight=[0, 0]),
        lambda: fit_glm([1, 2], [[1], [1]], family=Family.GAUSSIAN, weight=[1, -1]),
        lambda: sandwich(fit_glm([1, 2], [[1], [1]], family=Family.GAUSSIAN), cluster=[1]),
        lambda: sandwich(fit_glm([1, 2], [[1], [1]], family=Family.GAUSSIAN), within=[1]),
        lambda: sandwich(
            fit_glm([1, 2], [[1], [1]], family=Family.GAUSSIAN), cluster=[1, 2], small_sample="hc3"
        ),
        lambda: sandwich(
            fit_glm([1, 2], [[1], [1]], family=Family.GAUSSIAN),
            small_sample="hc9",  # type: ignore[arg-type]
        ),
    ],
)
def test_impossible_rows_are_refused(attempt: Callable[[], object]) -> None:
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.mend
