"""Many models fitted side by side give what each gives alone."""

from __future__ import annotations

import numpy as np
import pytest

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.need import (
    Family,
    NeedVariable,
    age_spline,
    many,
    marginal_standardisation,
    marginal_standardisations,
)

LEVELS, CLUSTERS = 4, 12
AGES = np.arange(2.5, 92.5, 5)


def cells(seed: int, family: Family, *, models: int = 6, rows: int = 400):
    """Random cells: the last model lacks a level, another holds one sex, a third one cluster."""
    draw = np.random.default_rng(seed)
    size = models * rows
    model = np.repeat(np.arange(models), rows)
    level = draw.integers(0, LEVELS, size)
    level[(model == models - 1) & (level == 2)] = 1
    age, sex, ill = draw.integers(4, 18, size), draw.integers(0, 2, size), draw.integers(0, 4, size)
    sex[model == 1] = 1
    cluster = draw.integers(0, CLUSTERS, size)
    cluster[model == 2] = 3
    d = draw.integers(0, 9, size).astype(float)
    eta = -1 + 0.2 * level + 0.02 * age + 0.3 * sex + 0.2 * ill + 0.1 * (cluster % 3)
    if family is Family.BINOMIAL:
        s = draw.binomial(d.astype(int), 1 / (1 + np.exp(-eta))).astype(float)
    else:
        s = draw.poisson(d * np.exp(eta)).astype(float)
    s[(model == 3) & (level == 0)] = 0.0  # a level without an outcome
    variables = (
        NeedVariable("age", age, age_spline(AGES, (10.0, 30.0, 50.0, 65.0, 80.0))),
        NeedVariable.categorical("sex", sex, n_codes=2),
        NeedVariable.categorical("morbidity", ill, n_codes=4),
    )
    return s, d, model, level, variables, cluster


@pytest.mark.parametrize("family", list(Family))
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_models_are_what_each_is_alone(family, seed):
    s, d, model, level, variables, cluster = cells(seed, family)
    many = marginal_standardisations(
        s, d, model, level, variables, cluster,
        n_levels=LEVELS, family=family, strata=["income_quintile"] * 6,
    )  # fmt: skip
    for number in range(6):
        own = model == number
        alone = marginal_standardisation(
            s[own], d[own], level[own],
            [NeedVariable(v.name, v.code[own], v.basis) for v in variables],
            cluster[own], n_levels=LEVELS, family=family,
        )  # fmt: skip
        assert many.converged[number] == alone.converged
        assert many.method[number] == alone.method
        for name in ("value", "lower", "upper", "covariance"):
            np.testing.assert_allclose(
                getattr(many, name)[number], getattr(alone, name), rtol=1e-9, atol=1e-14
            )


def many_of(s, d, model, level, variables, cluster, *, strata=("income_quintile",) * 6):
    return marginal_standardisations(
        s, d, model, level, variables, cluster,
        n_levels=LEVELS, family=Family.BINOMIAL, strata=list(strata),
    )  # fmt: skip


def test_the_order_of_cells_and_the_size_of_tables_change_nothing(monkeypatch):
    s, d, model, level, variables, cluster = cells(4, Family.BINOMIAL)
    whole = many_of(s, d, model, level, variables, cluster)
    order = np.random.default_rng(9).permutation(len(s))
    mixed = [NeedVariable(v.name, v.code[order], v.basis) for v in variables]
    monkeypatch.setattr(many, "LARGEST_TABLE", 1)
    turned = many_of(s[order], d[order], model[order], level[order], mixed, cluster[order])
    np.testing.assert_allclose(turned.value, whole.value, rtol=1e-12)
    np.testing.assert_allclose(turned.covariance, whole.covariance, rtol=1e-9, atol=1e-16)


def test_a_model_that_need_separates_is_empty_and_leaves_the_others_as_they_are():
    s, d, model, level, variables, cluster = cells(5, Family.BINOMIAL)
    whole = many_of(s, d, model, level, variables, cluster)
    apart = model == 4
    s = np.where(apart, np.where(variables[1].code == 1, d, 0.0), s)  # sex decides all
    made = many_of(s, d, model, level, variables, cluster)
    assert made.converged.tolist() == [True, True, True, True, False, True]
    assert made.method[4] == "not_converged"
    assert np.isnan(made.value[4]).all() and np.isnan(made.covariance[4]).all()
    np.testing.assert_array_equal(made.value[~np.isin(range(6), 4)], np.delete(whole.value, 4, 0))


def test_a_model_without_people_has_no_values():
    s, d, model, level, variables, cluster = cells(6, Family.BINOMIAL)
    nobody = model == 2
    s, d = np.where(nobody, 0.0, s), np.where(nobody, 0.0, d)
    made = many_of(s, d, model, level, variables, cluster)
    assert not made.converged[2]
    assert np.isnan(made.value[2]).all()


def test_what_is_never_adjusted_for_is_refused_of_any_of_the_models():
    s, d, model, level, variables, cluster = cells(7, Family.BINOMIAL)
    income = NeedVariable.categorical("income", variables[1].code, n_codes=2)
    with pytest.raises(MethodError, match="income"):
        many_of(s, d, model, level, [income], cluster)
    with pytest.raises(MethodError, match="sex"):
        many_of(s, d, model, level, variables, cluster, strata=["education"] * 5 + ["sex"])


def test_a_level_that_does_not_exist_is_refused():
    s, d, model, level, variables, cluster = cells(8, Family.BINOMIAL)
    with pytest.raises(MethodError, match="level"):
        many_of(s, d, model, level + LEVELS, variables, cluster)
