"""Horizontal inequity and its fits: planted truths, other people's fits, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from numpy.testing import assert_allclose

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution
from equity_pipeline.statistics.gradient import concentration, ranked_people
from equity_pipeline.statistics.horizontal.index import (
    horizontal_inequity,
    horizontal_inequity_need_fixed,
)
from equity_pipeline.statistics.refits import Model, refit

NAN = float("nan")
ROWS = {
    "y": [1, 2, 2, 4, 3, 5],
    "rank": [1, 2, 3, 4, 5, 6],
    "need": [[0], [1], [0], [1], [0], [1]],
    "non_need": np.empty((6, 0)),
    "model": Model.LINEAR,
}


def region(seed: int, size: int = 1500) -> dict[str, object]:
    """Return people whose poor are sicker, and who get visits by need and by income."""
    random = np.random.default_rng(seed)
    income = random.normal(size=size)
    sick = random.normal(size=size) - 0.5 * income
    visits = random.negative_binomial(2, 2 / (2 + np.exp(0.5 + 0.4 * sick + 0.15 * income)))
    return {
        "y": visits.astype(float),
        "rank": income,
        "need": sick[:, np.newaxis],
        "non_need": income[:, np.newaxis],
    }


@pytest.mark.parametrize("model", [Model.LINEAR, Model.POISSON, Model.NEGATIVE_BINOMIAL])
def test_use_that_follows_need_alone_hides_use_that_follows_income(model: Model) -> None:
    made = horizontal_inequity(**region(1), model=model, draws=100, seed=3)
    assert made.index.upper < 0.05
    assert made.need.upper < 0
    assert made.difference.lower > 0
    assert_allclose(made.difference.value, made.index.value - made.need.value)


def test_a_linear_model_s_difference_is_its_standardised_index() -> None:
    made = horizontal_inequity_need_fixed(**region(2), model=Model.LINEAR)
    assert_allclose(made.difference.value, made.standardised.value, rtol=1e-12)
    # and so it is in every draw, where what is not need has another mean
    drawn = horizontal_inequity(**region(2, 200), model=Model.LINEAR, draws=40, seed=1)
    both = (drawn.difference.standard_error, drawn.standardised.standard_error)
    assert_allclose(*both, rtol=1e-9)


def test_the_error_of_the_difference_is_that_of_drawing_people_again() -> None:
    # use follows rank and not need, about a small mean: the mean is most of what is uncertain
    random = np.random.default_rng(14)
    rank, need = random.random(300), random.normal(size=(300, 1))
    rows = {"rank": rank, "need": need, "non_need": rank[:, np.newaxis]}
    y = 10 * rank - 2 + 0.2 * need[:, 0] + 0.5 * random.normal(size=300)
    made = horizontal_inequity_need_fixed(y, **rows, model=Model.LINEAR)
    again = []
    for _ in range(400):
        drawn = random.integers(0, 300, 300)
        both = [ranked_people(one[drawn], rank[drawn]) for one in (y, made.expected)]
        index, of_need = (concentration(one).value[0] for one in both)
        again.append(index - of_need)
    assert_allclose(made.difference.standard_error, np.std(again), rtol=0.12)


def test_without_need_the_expectation_is_the_same_for_all() -> None:
    rows = region(3) | {"need": np.empty((1500, 0))}
    made = horizontal_inequity_need_fixed(**rows, model=Model.POISSON)
    assert_allclose(made.expected, made.expected[0])
    assert_allclose(made.need.value, 0, atol=1e-12)
    assert_allclose(made.standardised.value, made.index.value)


def test_rows_of_equal_people_are_those_people() -> None:
    rows = {"rank": [1, 1, 2, 3], "need": [[0], [1], [1], [0]], "non_need": np.empty((4, 0))}
    people = [3, 2, 4, 1]
    y = [1.0, 0.0, 1.0, 0.0]
    few = horizontal_inequity_need_fixed(y, **rows, people=people, model=Model.LOGIT)
    each = {name: np.repeat(np.asarray(a), people, axis=0) for name, a in rows.items()}
    many = horizontal_inequity_need_fixed(np.repeat(y, people), **each, model=Model.LOGIT)
    for name in ("index", "need", "difference", "standardised"):
        one, other = getattr(few, name), getattr(many, name)
        assert_allclose(one.value, other.value, atol=1e-12)
        assert_allclose(one.standard_error, other.standard_error, rtol=1e-9)
    assert few.index.n == 10


def test_the_same_seed_gives_the_same_limits_in_any_order_of_rows() -> None:
    rows = region(4, 300)
    order = np.random.default_rng(5).permutation(300)
    other = {name: np.asarray(a)[order] for name, a in rows.items()}
    one, two = (
        horizontal_inequity(**r, model=Model.POISSON, draws=50, seed=8) for r in (rows, other)
    )
    assert one.difference.standard_error == pytest.approx(float(two.difference.standard_error))
    assert_allclose(one.expected[order], two.expected)
    assert one.difference.method == "bootstrap_50_seed_8"
    assert Caution.SEEDED in one.difference.warnings


def test_refitting_adds_what_the_model_does_not_know() -> None:
    random = np.random.default_rng(6)
    need = random.normal(size=(60, 8))
    rank = random.normal(size=60)
    rows = {"y": 4 + random.normal(size=60), "rank": rank, "need": need}
    refitted = horizontal_inequity(
        **rows, non_need=np.empty((60, 0)), model=Model.LINEAR, draws=400, seed=1
    )
    fixed = horizontal_inequity_need_fixed(**rows, non_need=np.empty((60, 0)), model=Model.LINEAR)
    assert refitted.need.standard_error > 1.3 * fixed.need.standard_error


def test_few_clusters_are_drawn_whole_and_told() -> None:
    rows = region(7, 400)
    unit = np.repeat(np.arange(10), 40)
    made = horizontal_inequity(**rows, model=Model.LINEAR, cluster=unit, draws=100, seed=2)
    width = (made.index.upper - made.index.value) / made.index.standard_error
    assert_allclose(width, 2.262157, rtol=1e-6)  # Student's t of nine degrees of freedom
    assert Caution.FEW_CLUSTERS in made.index.warnings
    fixed = horizontal_inequity_need_fixed(**rows, model=Model.LINEAR, cluster=unit)
    assert Caution.FEW_CLUSTERS in fixed.difference.warnings


def test_need_that_repeats_itself_or_does_not_vary_changes_nothing() -> None:
    rows = region(8)
    need = np.asarray(rows["need"])
    twice = rows | {"need": np.hstack([need, 2 * need, np.ones_like(need)])}
    one, other = (horizontal_inequity_need_fixed(**r, model=Model.POISSON) for r in (rows, twice))
    assert_allclose(one.difference.value, other.difference.value, rtol=1e-9)


def test_a_model_that_does_not_settle_has_no_value() -> None:
    separated = ROWS | {"y": [0, 1, 0, 1, 0, 1], "model": Model.LOGIT}
    for made in (
        horizontal_inequity(**separated, draws=10, seed=1),
        horizontal_inequity_need_fixed(**separated),
    ):
        assert np.isnan(made.difference.value)
        assert Caution.NOT_CONVERGED in made.difference.warnings


@pytest.mark.parametrize(
    "changed",
    [
        {"y": [1, 2, 2, 4, 3]},
        {"y": [1, 2, 2, 4, 3, NAN]},
        {"y": [-1, 2, 2, 4, 3, 5], "model": Model.POISSON},
        {"y": [0, 2, 2, 4, 3, 5], "model": Model.GAMMA},
        {"y": [0, 2, 0, 0, 1, 0], "model": Model.LOGIT},
        {"rank": [1, 1, 1, 1, 1, 1]},
        {"rank": [1, 2, 3, 4, 5, np.inf]},
        {"need": [0, 1, 0, 1, 0, 1]},
        {"need": [[0], [1]]},
        {"non_need": np.empty((5, 0))},
        {"people": [1, 1, 1, 1, 1, 0]},
        {"weight": [1, 1, 1, 1, 1, -1]},
        {"cluster": [1, 1, 1, 1, 1, 1]},
        {"model": "cubic"},
        {"draws": 1},
        {"confidence": 0},
    ],
)
def test_impossible_rows_are_refused(changed: dict[str, object]) -> None:
    with pytest.raises(MethodError):
        horizontal_inequity(**({"draws": 5, "seed": 1} | ROWS | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("model", "family"),
    [
        (Model.LOGIT, sm.families.Binomial()),
        (Model.PROBIT, sm.families.Binomial(sm.families.links.Probit())),
        (Model.POISSON, sm.families.Poisson()),
        (Model.GAMMA, sm.families.Gamma(sm.families.links.Log())),
    ],
)
def test_fits_are_those_of_statsmodels(model: Model, family: sm.families.Family) -> None:
    random = np.random.default_rng(9)
    X = np.column_stack([np.ones(200), random.normal(size=(200, 2))])
    weight = random.integers(1, 4, 200).astype(float)
    y = random.poisson(1.5, 200) + (1.0 if model is Model.GAMMA else 0.0)
    y = np.minimum(y, 1) if model.is_share else y
    theirs = sm.GLM(y, X, family=family, freq_weights=weight).fit(tol=1e-12)
    ours = refit(X, y, weight[np.newaxis], model)
    assert ours.settled.all()
    assert_allclose(ours.beta[0], theirs.params, rtol=1e-6)


def test_the_negative_binomial_s_size_is_that_of_statsmodels() -> None:
    random = np.random.default_rng(10)
    X = np.column_stack([np.ones(2000), random.normal(size=2000)])
    y = random.negative_binomial(1.5, 1.5 / (1.5 + np.exp(0.4 + 0.5 * X[:, 1]))).astype(float)
    theirs = sm.NegativeBinomial(y, X).fit(disp=0, maxiter=200)
    ours = refit(X, y, np.ones((1, 2000)), Model.NEGATIVE_BINOMIAL)
    assert_allclose(ours.beta[0], theirs.params[:2], rtol=1e-4)
    assert_allclose(1 / ours.size[0], theirs.params[2], rtol=1e-3)


def test_counts_without_excess_are_fitted_as_poisson() -> None:
    X = np.column_stack([np.ones(300), np.arange(300) / 300])
    y = np.tile([1.0, 2.0, 3.0], 100)
    negative = refit(X, y, np.ones((1, 300)), Model.NEGATIVE_BINOMIAL)
    assert_allclose(negative.beta, refit(X, y, np.ones((1, 300)), Model.POISSON).beta, rtol=1e-5)


def test_a_level_that_nobody_drew_does_not_lose_the_draw() -> None:
    X = np.column_stack([np.ones(40), np.arange(40) % 2, np.arange(40) == 7])
    y = np.tile([1.0, 2.0, 4.0, 2.0], 10)
    weight = np.ones((2, 40))
    weight[1, 7] = 0
    first = refit(X, y, weight[:1], Model.POISSON)
    both = refit(X, y, weight, Model.POISSON, first)
    alone = refit(X[:, :2], y, weight[1:], Model.POISSON)
    assert both.settled.all()
    assert_allclose(both.beta[1, :2], alone.beta[0], rtol=1e-6)
