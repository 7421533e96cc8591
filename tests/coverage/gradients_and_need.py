"""Gradients, concentration, group measures and need-adjusted gaps: from simulated people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equity_pipeline.statistics import gaps
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.gradient import (
    Normalisation,
    Scale,
    concentration,
    concentration_index,
    erreygers_index,
    fitted_ends,
    model_index,
    ranked_people,
    ridits,
    slope_index,
)
from equity_pipeline.statistics.inequality import who_measures
from equity_pipeline.statistics.need import Family, marginal_standardisation
from tests.coverage.simulated import Book, each

BOOK = Book()
SHARES = np.array([0.22, 0.21, 0.2, 0.19, 0.18])
RISKS = np.array([0.30, 0.27, 0.24, 0.20, 0.16])
Draw = Callable[[np.random.Generator, int], tuple[Estimate, object]]


def _groups(rng: np.random.Generator, k: int, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of five fifths with their sizes and the diagonal covariance."""
    size = np.round(n * SHARES).astype(int)
    x = rng.binomial(size, RISKS, (k, 5))
    y = x / size
    covariance = np.zeros((k, 5, 5))
    covariance[:, np.arange(5), np.arange(5)] = y * (1 - y) / size
    return y, np.broadcast_to(size / size.sum(), (k, 5)), covariance


def _of_groups(n: int, ours: Callable[..., Estimate]) -> Draw:
    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        y, shares, covariance = _groups(rng, k, n)
        truth = ours(RISKS, shares[0], np.zeros((5, 5)))
        return ours(y, shares, covariance), float(truth.value)

    return draw


ORDERED = {
    "slope_index sii": lambda y, p, v: slope_index(y, p, v).sii,
    "slope_index rii": lambda y, p, v: slope_index(y, p, v).rii,
    "slope_index rii_mean": lambda y, p, v: slope_index(y, p, v).rii_mean,
    "fitted_ends log sii": lambda y, p, v: fitted_ends(y, p, v, scale=Scale.LOG).sii,
    "fitted_ends log rii": lambda y, p, v: fitted_ends(y, p, v, scale=Scale.LOG).rii,
    "fitted_ends logit sii": lambda y, p, v: fitted_ends(y, p, v, scale=Scale.LOGIT).sii,
    "fitted_ends logit rii": lambda y, p, v: fitted_ends(y, p, v, scale=Scale.LOGIT).rii,
    "concentration_index": concentration_index,
    "erreygers_index": lambda y, p, v: erreygers_index(y, p, 0, 1, v),
}
for n in (500, 5000):
    for name, ours in ORDERED.items():
        BOOK.add(name, f"n={n}", _of_groups(n, ours))


def _person_ranks(index: Normalisation, clusters: int) -> Draw:
    """People in units with an income and an outcome; a large population gives the truth."""
    bounds = (0.0, 1.0) if index is not Normalisation.STANDARD else None

    def people(rng: np.random.Generator, n: int) -> Estimate:
        unit = rng.integers(0, clusters, n)
        own = rng.normal(0, 0.4, clusters)[unit]
        income = rng.normal(0, 1, n)
        y = (rng.random(n) < 1 / (1 + np.exp(1 + 0.3 * income - own))).astype(float)
        ranked = ranked_people(y, income, cluster=unit)
        return concentration(ranked, index=index, bounds=bounds)

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        truth = float(np.mean([_large(rng, index, bounds) for _ in range(4)]))
        return each(lambda _: people(rng, 800), k), truth

    return draw


def _large(rng: np.random.Generator, index: Normalisation, bounds: object) -> float:
    n = 1_000_000
    income, own = rng.normal(0, 1, n), rng.normal(0, 0.4, n)
    risk = 1 / (1 + np.exp(1 + 0.3 * income - own))
    made = concentration(ranked_people(risk, income), index=index, bounds=bounds)
    return float(made.value.item())


for index in (Normalisation.STANDARD, Normalisation.ERREYGERS):
    BOOK.add(f"concentration {index}", "800 people, 60 units", _person_ranks(index, 60), draws=2000)


def _modelled(family: Family, what: str) -> Draw:
    """Slope index at everybody's need, from a model that is true; need is drawn each time."""
    rank = ridits(SHARES)

    def mean(at: np.ndarray, need: np.ndarray) -> np.ndarray:
        link = -1.2 - 0.6 * at + 0.5 * need
        return 1 / (1 + np.exp(-link)) if family is Family.BINOMIAL else np.exp(link)

    chance = np.array([0.5, 0.3, 0.2])
    top = float(chance @ mean(np.ones(3), np.arange(3)))
    bottom = float(chance @ mean(np.zeros(3), np.arange(3)))
    truth = top - bottom if what == "sii" else top / bottom

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        def one(_: int) -> Estimate:
            at, need = rng.choice(rank, 1000, p=SHARES), rng.choice(3, 1000, p=chance)
            m = mean(at, need)
            y = rng.binomial(1, m) if family is Family.BINOMIAL else rng.poisson(m)
            made = model_index(y, np.ones(1000), at, need[:, np.newaxis], family=family)
            return getattr(made, what)

        return each(one, k), truth

    return draw


for family in (Family.BINOMIAL, Family.POISSON):
    for what in ("sii", "rii"):
        BOOK.add(
            f"model_index {what}", f"{family}, 1 000 people", _modelled(family, what), draws=2000
        )


def _need_gap(family: Family, units: int, measure: str) -> Draw:
    """A gap at everybody's need, with units of their own level and the group unevenly spread."""
    chance = np.array([[0.6, 0.3, 0.1], [0.3, 0.4, 0.3]])  # need of the two groups
    link = np.array([-0.5, -0.9])

    def mean(group: np.ndarray, need: np.ndarray, own: np.ndarray) -> np.ndarray:
        eta = link[group] + 0.5 * need + own
        return 1 / (1 + np.exp(-eta)) if family is Family.BINOMIAL else np.exp(eta)

    def truth() -> float:
        nodes, weight = np.polynomial.hermite_e.hermegauss(41)
        own, share = 0.2 * nodes, weight / weight.sum()
        need = chance.mean(axis=0)
        level = [
            sum(need[j] * (share @ mean(np.array(g), np.array(j), own)) for j in range(3))
            for g in (0, 1)
        ]
        return level[1] - level[0] if measure == "difference" else level[1] / level[0]

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        def one(_: int) -> Estimate:
            unit = np.repeat(np.arange(units), 60)
            group = (rng.random(len(unit)) < 0.5).astype(int)
            need = (rng.random(len(unit))[:, None] > chance[group].cumsum(axis=1)).sum(axis=1)
            m = mean(group, need, rng.normal(0, 0.2, units)[unit])
            y = rng.binomial(1, m) if family is Family.BINOMIAL else rng.poisson(m)
            design = np.stack([need == 1, need == 2], axis=1).astype(float)
            made = marginal_standardisation(
                y, np.ones(len(y)), group, design, unit, n_levels=2, family=family
            )
            ours = gaps.difference if measure == "difference" else gaps.ratio
            return ours(made.value, made.covariance, 1, 0)

        return each(one, k), truth()

    return draw


for family in (Family.BINOMIAL, Family.POISSON):
    for measure in ("difference", "ratio"):
        BOOK.add(
            f"need-adjusted {measure}",
            f"{family}, 40 units of 60",
            _need_gap(family, 40, measure),
            draws=2000,
        )


def _who(measure: str, n: int, direction: str = "lower") -> Draw:
    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        y, shares, covariance = _groups(rng, k, n)
        error = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        made = who_measures(y, shares, error, direction=direction, ordered=True, reference=4)
        truth = who_measures(
            RISKS, shares[0], np.zeros(5), direction=direction, ordered=True, reference=4
        )
        return getattr(made, measure), float(getattr(truth, measure).value)

    return draw


for measure in (
    "d", "r", "par", "paf", "bgv", "bgsd", "cov", "ti", "mld", "idisu", "idisw",
    "mdbu", "mdbw", "mdmu", "mdmw", "mdru", "mdrw", "aci", "rci", "sii", "rii", "rii_mean",
):  # fmt: skip
    BOOK.add(f"who {measure}", "n=5000", _who(measure, 5000))
