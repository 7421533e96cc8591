"""Models fitted one sample at a time: strata of crossed categories, equal need, hazards."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np

from equity_pipeline.statistics.decompose import wagstaff
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient import concentration, ranked_people
from equity_pipeline.statistics.horizontal.index import Model, horizontal_inequity
from equity_pipeline.statistics.maihda import maihda
from equity_pipeline.statistics.need import Family
from equity_pipeline.statistics.waits import hazard_ratios
from tests.coverage.simulated import Book

BOOK = Book()
Draw = Callable[[np.random.Generator, int], tuple[Estimate, object]]
DIMS = np.array(list(product(range(2), *[range(3)] * 4)))  # 162 strata


def _strata(what: str, family: Family) -> Draw:
    """162 strata with main effects and interactions of their own, which are drawn each time."""

    def one(rng: np.random.Generator) -> tuple[Estimate, object]:
        own = rng.normal(0, 0.2, len(DIMS))
        link = -0.6 + DIMS @ [0.1, -0.05, 0.18, 0.15, -0.2] + own
        n = np.full(len(DIMS), 250.0)
        if family is Family.BINOMIAL:
            truth = 1 / (1 + np.exp(-link))
            x = rng.binomial(250, truth)
        else:
            truth = np.exp(link)
            x = rng.poisson(250 * truth)
        made = maihda(x, n, DIMS, family=family)
        if what == "variance":
            return made.additive.variance, 0.04
        if what == "effects":
            return made.additive.effects, own
        return made.predicted, truth

    return _stacked(one)


def _stacked(one: Callable[[np.random.Generator], tuple[Estimate, object]]) -> Draw:
    """Draws of several estimates each: every one of them counts."""

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        pairs = [one(rng) for _ in range(k)]
        made = [p[0] for p in pairs]
        parts = (
            np.concatenate([np.ravel(getattr(e, name)) for e in made])
            for name in ("value", "lower", "upper", "standard_error")
        )
        truth = np.concatenate([np.broadcast_to(np.ravel(t), np.size(e.value)) for e, t in pairs])
        return Estimate(*parts, made[0].method), truth

    return draw


GIVEN = "conditional deviations, as lme4's, take variance and main effects as known"
for family in (Family.BINOMIAL, Family.POISSON):
    BOOK.add(f"maihda variance {family}", "162 strata", _strata("variance", family), draws=600)
    BOOK.add(f"maihda predicted {family}", "162 strata", _strata("predicted", family), draws=150)
BOOK.add(
    "maihda effects binomial",
    "162 strata",
    _strata("effects", Family.BINOMIAL),
    reason=GIVEN,
    draws=150,
)


def _people(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
    income = rng.normal(0, 1, n)
    need = rng.normal(-0.3 * income, 1)
    visits = rng.poisson(np.exp(0.4 + 0.25 * need + 0.1 * income))
    return visits.astype(float), income, need[:, np.newaxis]


def _of_people(ours: Callable[[np.random.Generator, int], Estimate], n: int) -> Draw:
    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        truth = float(np.mean([np.ravel(ours(rng, 400_000).value)[0] for _ in range(3)]))
        return _stacked(lambda r: (ours(r, n), truth))(rng, k)

    return draw


def _inequity(rng: np.random.Generator, n: int) -> Estimate:
    y, income, need = _people(rng, n)
    draws = 199 if n < 10_000 else 2
    return horizontal_inequity(
        y, income, need, income[:, np.newaxis], model=Model.LINEAR, draws=draws, seed=3
    ).standardised


def _contribution(rng: np.random.Generator, n: int) -> Estimate:
    y, income, need = _people(rng, n)
    made = wagstaff(y, income, np.column_stack([need, income])).contribution
    return Estimate(*(a[:1] for a in (made.value, made.lower, made.upper, made.standard_error)), "")


def _index(rng: np.random.Generator, n: int) -> Estimate:
    y, income, _ = _people(rng, n)
    return concentration(ranked_people(y, income))


BOOK.add("horizontal_inequity", "500 people, refitted", _of_people(_inequity, 500), draws=400)
BOOK.add("wagstaff contribution", "500 people", _of_people(_contribution, 500), draws=1500)
BOOK.add("concentration of visits", "500 people", _of_people(_index, 500), draws=3000)


def _hazard(rng: np.random.Generator) -> tuple[Estimate, object]:
    level = rng.integers(0, 2, 400)
    need = rng.normal(0.4 * level, 1)
    days = rng.exponential(np.exp(-(-2 + 0.3 * need - 0.4 * level)))
    end = rng.uniform(5, 60, 400)
    made = hazard_ratios(
        np.minimum(days, end), days <= end, level, need[:, np.newaxis], n_levels=2, reference=0
    )
    return Estimate(
        *(a[1:] for a in (made.value, made.lower, made.upper, made.standard_error)), ""
    ), np.exp(-0.4)


BOOK.add("hazard_ratios", "400 waits, censored", _stacked(_hazard), draws=1500)
