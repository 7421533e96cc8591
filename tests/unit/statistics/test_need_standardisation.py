"""The choices of variance and contrast are those that other packages make."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.need import (
    Covariates,
    Dispersion,
    Family,
    Information,
    NeedVariable,
    Scale,
    SmallSample,
    Variance,
    WaldTest,
    contrast,
    marginal_standardisation,
    need_model,
    wald_equal,
    wald_zero,
)

LEVELS, UNITS = 3, 12
GLM = {
    Family.BINOMIAL: sm.families.Binomial(),
    Family.POISSON: sm.families.Poisson(),
    Family.GAUSSIAN: sm.families.Gaussian(),
    Family.GAMMA: sm.families.Gamma(sm.families.links.Log()),
}
families = pytest.mark.parametrize("family", list(Family))


def people(family: Family, size: int = 700) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(5)
    unit = draw.integers(0, UNITS, size)
    level = draw.integers(0, LEVELS, size)
    age, sick = draw.integers(0, 5, size), draw.integers(0, 3, size)
    eta = -0.6 + 0.3 * level + 0.1 * age + 0.4 * (sick == 2) + 0.05 * unit
    y = {
        Family.BINOMIAL: (draw.random(size) < 1 / (1 + np.exp(-eta))).astype(float),
        Family.POISSON: draw.poisson(np.exp(eta)).astype(float),
        Family.GAUSSIAN: eta + draw.normal(size=size),
        Family.GAMMA: draw.gamma(2, np.exp(eta) / 2),
    }[family]
    return {"y": y, "level": level, "age": age, "sick": sick, "unit": unit}


def variables(of: dict[str, np.ndarray]) -> list[NeedVariable]:
    return [
        NeedVariable.numeric("age", of["age"].astype(float)),
        NeedVariable.categorical("morbidity", of["sick"], n_codes=3),
    ]


def design(of: dict[str, np.ndarray]) -> np.ndarray:
    return np.column_stack(
        [np.eye(LEVELS)[of["level"]], of["age"], of["sick"] == 1, of["sick"] == 2]
    ).astype(float)


def model(of: dict[str, np.ndarray], family: Family, **options: object) -> object:
    return need_model(
        of["y"], np.ones(len(of["y"])), of["level"], variables(of), of["unit"],
        n_levels=LEVELS, family=family, **options,
    )  # fmt: skip


def peer(of: dict[str, np.ndarray], family: Family, **how: object) -> object:
    made = sm.GLM(of["y"], design(of), GLM[family])
    return made.fit(tol=1e-12, maxiter=200, tol_criterion="params", **how)


@families
@pytest.mark.parametrize(
    ("options", "how"),
    [
        (
            {"variance": Variance.ROWS, "small_sample": SmallSample.NONE},
            {"cov_type": "HC0"},
        ),
        (
            {"variance": Variance.CLUSTER, "small_sample": SmallSample.NONE},
            {"cov_type": "cluster", "cov_kwds": {"use_correction": False}},
        ),
        (
            {"variance": Variance.CLUSTER, "small_sample": SmallSample.HC1},
            {"cov_type": "cluster", "cov_kwds": {"use_correction": True}},
        ),
        (
            {"variance": Variance.MODEL, "dispersion_rule": Dispersion.FAMILY,
             "information": Information.EXPECTED},
            {},
        ),
    ],
)  # fmt: skip
def test_coefficients_and_their_errors_are_those_of_statsmodels(
    family: Family, options: dict[str, object], how: dict[str, object]
) -> None:
    of = people(family)
    if "cov_kwds" in how:
        how = how | {"cov_kwds": how["cov_kwds"] | {"groups": of["unit"]}}
    ours, theirs = model(of, family, **options), peer(of, family, **how)
    assert_allclose(np.r_[ours.levels.value, ours.columns.value], theirs.params, rtol=1e-7)
    assert_allclose(np.sqrt(np.diag(ours.covariance)), theirs.bse, rtol=1e-6)


def test_rows_of_a_linear_model_are_weighed_by_their_leverage_as_in_statsmodels() -> None:
    of = people(Family.GAUSSIAN, size=60)
    fitted = sm.OLS(of["y"], design(of)).fit()
    for rule, theirs in (
        (SmallSample.HC1, fitted.HC1_se),
        (SmallSample.HC2, fitted.HC2_se),
        (SmallSample.HC3, fitted.HC3_se),
    ):
        ours = model(of, Family.GAUSSIAN, variance=Variance.ROWS, small_sample=rule)
        assert_allclose(np.sqrt(np.diag(ours.covariance)), theirs, rtol=1e-9)


def test_mean_costs_of_cells_give_the_gamma_model_of_statsmodels_with_weights() -> None:
    of = people(Family.GAMMA)
    keys = np.column_stack([of["level"], of["age"], of["sick"], of["unit"]])
    cells, number = np.unique(keys, axis=0, return_inverse=True)
    n, s = np.bincount(number.ravel()), np.bincount(number.ravel(), of["y"])
    cell = dict(zip(("level", "age", "sick", "unit"), cells.T, strict=True))
    ours = need_model(
        s, n, cell["level"], variables(cell), cell["unit"], n_levels=LEVELS,
        family=Family.GAMMA, variance=Variance.ROWS, small_sample=SmallSample.NONE,
    )  # fmt: skip
    made = sm.GLM(s / n, design(cell), GLM[Family.GAMMA], var_weights=n)
    theirs = made.fit(tol=1e-12, tol_criterion="params", cov_type="HC0")
    assert_allclose(np.r_[ours.levels.value, ours.columns.value], theirs.params, rtol=1e-7)
    assert_allclose(np.sqrt(np.diag(ours.covariance)), theirs.bse, rtol=1e-6)
    by_person = peer(of, Family.GAMMA).params
    assert_allclose(theirs.params, by_person, rtol=1e-6)


@families
@pytest.mark.parametrize("covariates", list(Covariates))
def test_cells_with_their_squares_give_the_errors_of_persons(
    family: Family, covariates: Covariates
) -> None:
    of = people(family)
    keys = np.column_stack([of["level"], of["age"], of["sick"]])
    cells, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.ravel()
    n, s = np.bincount(number), np.bincount(number, of["y"])
    within = np.bincount(number, (of["y"] - (s / n)[number]) ** 2)
    cell = dict(zip(("level", "age", "sick"), cells.T, strict=True))
    options = {
        "n_levels": LEVELS,
        "family": family,
        "variance": Variance.ROWS,
        "small_sample": SmallSample.HC1,
        "covariates": covariates,
        "information": Information.EXPECTED,
    }
    ours = marginal_standardisation(
        s, n, cell["level"], variables(cell), np.zeros(len(n), int), within=within, **options
    )
    one = np.ones(len(of["y"]))
    persons = marginal_standardisation(
        of["y"], one, of["level"], variables(of), of["unit"], **options
    )
    assert_allclose(ours.value, persons.value, rtol=1e-9)
    assert_allclose(ours.covariance, persons.covariance, rtol=1e-8, atol=1e-14)


@families
def test_a_fixed_population_leaves_the_delta_method_and_a_sampled_one_adds_to_it(
    family: Family,
) -> None:
    of = people(family)
    fitted = peer(of, family, cov_type="cluster", cov_kwds={"groups": of["unit"]})
    beta, covariance = np.asarray(fitted.params), np.asarray(fitted.cov_params())

    def values(at: np.ndarray) -> np.ndarray:
        rows = design(of)
        made = []
        for level in range(LEVELS):
            rows[:, :LEVELS] = np.eye(LEVELS)[level]
            made.append(GLM[family].link.inverse(rows @ at).mean())
        return np.array(made)

    step = 1e-6
    slope = np.column_stack(
        [(values(beta + step * e) - values(beta - step * e)) / (2 * step) for e in np.eye(6)]
    )
    given = (of["y"], np.ones(len(of["y"])), of["level"], variables(of), of["unit"])
    options = {"n_levels": LEVELS, "family": family, "small_sample": SmallSample.HC1}
    fixed = marginal_standardisation(*given, covariates=Covariates.FIXED, **options)
    assert_allclose(fixed.value, values(beta), rtol=1e-8)
    assert_allclose(fixed.covariance, slope @ covariance @ slope.T, rtol=1e-5)
    sampled = marginal_standardisation(*given, **options)
    assert_allclose(sampled.value, fixed.value, rtol=1e-12)
    assert not np.allclose(sampled.covariance, fixed.covariance, rtol=1e-3)


def test_a_poisson_model_of_a_share_gives_its_risk_ratio() -> None:
    """60 of 100 against 30 of 100, robust: the error of Katz's log ratio."""
    made = marginal_standardisation(
        [60, 30], [100, 100], [0, 1], [], [0, 1], n_levels=2, family=Family.POISSON,
        within=[24, 21], variance=Variance.ROWS, small_sample=SmallSample.NONE,
    )  # fmt: skip
    log_ratio = contrast(made.value, made.covariance, 0, 1, scale=Scale.LOG_RATIO)
    assert_allclose(log_ratio.estimate.value, np.log(2))
    assert_allclose(log_ratio.estimate.standard_error, np.sqrt(1 / 60 - 1 / 100 + 1 / 30 - 1 / 100))


def test_contrasts_by_hand() -> None:
    value, covariance = [0.5, 0.4], [[4e-4, 1e-4], [1e-4, 4e-4]]
    made = {s: contrast(value, covariance, 0, 1, scale=s) for s in Scale}
    by_hand = {
        Scale.DIFFERENCE: (0.1, np.sqrt(6e-4)),
        Scale.RATIO: (1.25, np.sqrt(4e-4 + 1.5625 * 4e-4 - 2.5e-4) / 0.4),
        Scale.LIFT: (0.25, np.sqrt(4e-4 + 1.5625 * 4e-4 - 2.5e-4) / 0.4),
        Scale.LOG_RATIO: (np.log(1.25), np.sqrt(4e-4 / 0.25 + 4e-4 / 0.16 - 2e-4 / 0.2)),
        Scale.LOG_ODDS_RATIO: (
            np.log(1.5),
            np.sqrt(4e-4 / 0.25**2 + 4e-4 / 0.24**2 - 2e-4 / (0.25 * 0.24)),
        ),
    }
    for scale, (expected, error) in by_hand.items():
        assert_allclose(made[scale].estimate.value, expected)
        assert_allclose(made[scale].estimate.standard_error, error)
        assert_allclose(made[scale].estimate.upper, expected + 1.959963985 * error)
    assert made[Scale.RATIO].p == pytest.approx(made[Scale.LIFT].p)
    assert 0 < made[Scale.LOG_RATIO].p < 0.001


def test_what_has_no_ratio_is_nan_and_still_has_a_difference() -> None:
    assert np.isnan(contrast([0, 0.4], np.eye(2), 0, 1, scale=Scale.LOG_RATIO).estimate.value)
    assert np.isnan(contrast([0.4, 0], np.eye(2), 0, 1, scale=Scale.RATIO).estimate.value)
    assert np.isnan(contrast([1, 0.4], np.eye(2), 0, 1, scale=Scale.LOG_ODDS_RATIO).p)
    assert contrast([0, 0.4], np.eye(2), 0, 1).estimate.value == pytest.approx(-0.4)


def test_the_omnibus_test_is_that_of_statsmodels() -> None:
    of = people(Family.POISSON)
    ours = model(of, Family.POISSON, small_sample=SmallSample.HC1)
    theirs = peer(
        of, Family.POISSON, cov_type="cluster", cov_kwds={"groups": of["unit"]}
    ).wald_test([[1, -1, 0, 0, 0, 0], [0, 1, -1, 0, 0, 0]], scalar=True)
    made = wald_equal(ours.levels.value, ours.covariance[:LEVELS, :LEVELS])
    assert_allclose(made.statistic, theirs.statistic, rtol=1e-6)
    assert_allclose(made.p, theirs.pvalue, rtol=1e-5)
    assert made.df == 2


def test_levels_that_are_unknown_are_left_out_of_the_omnibus_test() -> None:
    spread = np.diag([0.01, np.nan, 0.01, 0.04])
    made = wald_equal([0.2, np.nan, 0.4, 0.5], spread)
    assert_allclose(
        made.statistic, wald_equal([0.2, 0.4, 0.5], np.diag([0.01, 0.01, 0.04])).statistic
    )
    assert made.df == 2
    assert np.isnan(wald_equal([0.2, np.nan], np.diag([0.01, np.nan])).p)


def test_few_clusters_make_the_omnibus_test_careful_and_too_few_impossible() -> None:
    given = ([0.2, 0.3, 0.4], np.eye(3) * 0.001)
    chi2 = wald_equal(*given)
    f = wald_equal(*given, test=WaldTest.F, n_clusters=10)
    hotelling = wald_equal(*given, test=WaldTest.HOTELLING, n_clusters=10)
    assert f.statistic == pytest.approx(chi2.statistic / 2)
    assert hotelling.statistic == pytest.approx(chi2.statistic / 2 * 8 / 9)
    assert chi2.p < f.p < hotelling.p
    assert np.isnan(wald_equal(*given, test=WaldTest.F, n_clusters=2).p)


def test_omnibus_tests_of_several_tables_are_made_at_once() -> None:
    value = np.array([[0.2, 0.3], [0.2, np.nan]])
    made = wald_equal(value, np.stack([np.eye(2), np.diag([1, np.nan])]))
    assert made.statistic.shape == (2,)
    assert_allclose(made.statistic[0], 0.005)
    assert np.isnan(made.statistic[1])


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: contrast([0.1, 0.2], np.eye(3), 0, 1),
        lambda: contrast([0.1, 0.2], np.eye(2), 0, 2),
        lambda: wald_equal([0.1, 0.2], np.eye(3)),
        lambda: wald_equal([0.1, 0.2], np.eye(2), test=WaldTest.F),
        lambda: wald_zero([0.1, 0.2], np.eye(3)),
        lambda: NeedVariable("age", np.array([0, 2]), np.eye(2)),
        lambda: NeedVariable("age", np.array([0, -1]), np.eye(2)),
        lambda: NeedVariable("age", np.array([0.0, 1.0]), np.eye(2)),
        lambda: NeedVariable("age", np.array([0, 1]), np.array([[np.nan], [1]])),
        lambda: NeedVariable.numeric("age", [np.nan]),
        lambda: NeedVariable.categorical("sex", [0], n_codes=0),
        lambda: _small(small_sample=SmallSample.HC3),
        lambda: _small(by_level=["age"]),
        lambda: _small(names=["age", "sex"]),
        lambda: _small(within=[1, 1, 1, -1]),
        lambda: _small(within=[1, 1]),
        lambda: _small(design=[NeedVariable.numeric("age", [1, 2])]),
        lambda: _small(design=[NeedVariable.numeric("age", [1, 2, 1, 2])] * 2),
        lambda: _small(design=[[0], [np.nan], [0], [1]]),
    ],
)
def test_what_does_not_go_together_is_refused(attempt: object) -> None:
    with pytest.raises(MethodError) as refused:
        attempt()
    assert refused.value.where
    assert refused.value.mend


def _small(**changed: object) -> object:
    given = {
        "s": [3, 4, 5, 6],
        "d": [10, 10, 10, 10],
        "level": [0, 0, 1, 1],
        "design": [[0], [1], [0], [1]],
        "cluster": [0, 1, 0, 1],
        "n_levels": 2,
        "family": Family.BINOMIAL,
    }
    return marginal_standardisation(**(given | changed))


def test_small_variables_read_together_are_the_same_model() -> None:
    """Sixteen codes each: two are merged, the third would be too many."""
    draw = np.random.default_rng(3)
    codes = draw.integers(0, 16, (3, 500))
    level, unit = draw.integers(0, 2, 500), draw.integers(0, 9, 500)
    y = (draw.random(500) < 0.3 + 0.02 * codes[0]).astype(float)
    need = [NeedVariable.numeric(n, c.astype(float)) for n, c in zip("abc", codes, strict=True)]
    given = {"n_levels": 2, "family": Family.BINOMIAL}
    one = marginal_standardisation(y, np.ones(500), level, need, unit, **given)
    other = marginal_standardisation(y, np.ones(500), level, codes.T, unit, **given)
    assert_allclose(one.value, other.value, rtol=1e-10)
    assert_allclose(one.covariance, other.covariance, rtol=1e-8)


def test_a_variable_with_an_effect_by_level_is_the_model_fitted_level_by_level() -> None:
    of = people(Family.BINOMIAL)
    one = np.ones(len(of["y"]))
    made = marginal_standardisation(
        of["y"], one, of["level"], variables(of), of["unit"], n_levels=LEVELS,
        family=Family.BINOMIAL, by_level=["age", "morbidity"], variance=Variance.MODEL,
        covariates=Covariates.FIXED,
    )  # fmt: skip
    rows = design(of)[:, LEVELS:]
    every = np.column_stack([np.ones(len(rows)), rows])
    for level in range(LEVELS):
        own = of["level"] == level
        fitted = sm.GLM(of["y"][own], every[own], GLM[Family.BINOMIAL]).fit(tol=1e-12)
        mean = fitted.predict(every)
        assert made.value[level] == pytest.approx(mean.mean(), rel=1e-8)
        slope = (mean * (1 - mean)) @ every / len(every)
        variance = slope @ fitted.cov_params() @ slope
        assert made.covariance[level, level] == pytest.approx(variance, rel=1e-6)


def test_levels_are_an_estimate_that_tells_of_few_clusters_and_of_no_fit() -> None:
    given = {"n_levels": 2, "family": Family.BINOMIAL}
    cells = ([8, 18, 4, 9], [10, 30, 10, 30], [0, 0, 1, 1], [[0], [1], [0], [1]], [0, 1, 0, 1])
    made = marginal_standardisation(*cells, **given)
    told = made.estimate
    assert told.value.tolist() == made.value.tolist()
    assert told.standard_error.tolist() == np.sqrt(np.diag(made.covariance)).tolist()
    assert told.warnings[Caution.FEW_CLUSTERS].all()
    nobody = marginal_standardisation([0, 0], [9, 9], [0, 1], [[0], [1]], [0, 1], **given)
    assert not nobody.converged
    assert list(nobody.estimate.warnings) == [Caution.NOT_CONVERGED]
