"""Shares, rates, means, standardised values, costs: from counts of simulated people."""

from __future__ import annotations

import numpy as np

from equity_pipeline.statistics.costs import two_part_cost
from equity_pipeline.statistics.gaps import newcombe, risk_ratio
from equity_pipeline.statistics.means import difference_of_means, geometric_mean, mean
from equity_pipeline.statistics.proportions import (
    clustered_proportion,
    exact_proportion,
    proportion,
)
from equity_pipeline.statistics.rates import exact_rate, rate, ratio_of_sums
from equity_pipeline.statistics.standardise.directly import (
    direct_mean,
    direct_proportion,
    direct_rate,
)
from equity_pipeline.statistics.standardise.indirect import indirect_ratio
from equity_pipeline.statistics.standardise.repeats import direct_repeat_rate, repeat_rate
from equity_pipeline.statistics.two_groups.rates import (
    exact_rate_ratio,
    score_rate_difference,
    score_rate_ratio,
)
from equity_pipeline.statistics.two_groups.shares import (
    score_difference,
    score_odds_ratio,
    score_risk_ratio,
)
from tests.coverage.simulated import Book

BOOK = Book()
STEPS = "a count of few people moves in steps: coverage swings with n and p (Brown, Cai, DasGupta)"
COMMON = "the peers' variance takes people with events as rare; ratio_of_sums is for common ones"

for n in (30, 100, 1000, 5000):
    for p in (0.05, 0.2, 0.5, 0.95):
        BOOK.add(
            "wilson",
            f"n={n} p={p}",
            lambda rng, k, n=n, p=p: (proportion(rng.binomial(n, p, k), n), p),
            reason=STEPS if n == 100 and p in (0.05, 0.95) else "",
        )
        BOOK.add(
            "clopper_pearson",
            f"n={n} p={p}",
            lambda rng, k, n=n, p=p: (exact_proportion(rng.binomial(n, p, k), n), p),
            conservative=True,
        )

for events in (5, 20, 100, 1000):
    BOOK.add(
        "byar_exact",
        f"events={events}",
        lambda rng, k, m=events: (rate(rng.poisson(m, k), 100.0), m / 100),
        conservative=True,
    )
    BOOK.add(
        "garwood",
        f"events={events}",
        lambda rng, k, m=events: (exact_rate(rng.poisson(m, k), 100.0), m / 100),
        conservative=True,
    )


def _people(rng: np.random.Generator, k: int, n: int) -> tuple[np.ndarray, ...]:
    """Visits of n people, k times: one person's visits are alike, the next person's others."""
    time = rng.uniform(0.5, 1.0, (k, n))
    own = rng.gamma(1.5, 2 / 1.5, (k, n))
    visits = rng.poisson(own * time).astype(float)
    return visits, time


def _ratio(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    y, t = _people(rng, k, n)
    sums = (t, y, y * y, y * t, t * t)
    return ratio_of_sums(n, *(a.sum(axis=1) for a in sums)), 2.0


def _repeat(rng: np.random.Generator, k: int, n: int, mean: float) -> tuple[object, float]:
    own = rng.gamma(0.5, mean / 0.5, (k, n))
    visits = rng.poisson(own).astype(float)
    return repeat_rate(visits.sum(axis=1), (visits**2).sum(axis=1), float(n)), mean


def _direct_repeat(rng: np.random.Generator, k: int, n: int, mean: float) -> tuple[object, float]:
    level = np.array([0.5, 1.0, 2.0]) * mean
    own = rng.gamma(0.5, 1 / 0.5, (k, 3, n)) * level[:, np.newaxis]
    visits = rng.poisson(own).astype(float)
    made = direct_repeat_rate(visits.sum(axis=2), (visits**2).sum(axis=2), float(n), [5, 3, 2])
    return made, float(level @ [0.5, 0.3, 0.2])


for n in (100, 1000):
    BOOK.add("ratio_of_sums", f"people={n}", lambda rng, k, n=n: _ratio(rng, k, n), draws=5000)
for mean_events, reason in ((0.08, ""), (2.0, COMMON)):
    for name, draw in (("repeat_rate", _repeat), ("direct_repeat_rate", _direct_repeat)):
        BOOK.add(
            name,
            f"1 000 people, {mean_events} events each",
            lambda rng, k, draw=draw, mean=mean_events: draw(rng, k, 1000, mean),
            reason=reason,
            draws=3000,
        )


def _normal(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    y = rng.normal(10, 4, (k, n))
    return mean(n, y.sum(axis=1), (y**2).sum(axis=1)), 10.0


def _days(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    y = rng.geometric(0.2, (k, n)).astype(float)
    return mean(n, y.sum(axis=1), (y**2).sum(axis=1)), 5.0


def _geometric(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    logs = rng.normal(8, 1.2, (k, n))
    return geometric_mean(n, logs.sum(axis=1), (logs**2).sum(axis=1)), float(np.exp(8))


def _welch(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    a, b = rng.normal(10, 6, (k, n)), rng.normal(8, 2, (k, 2 * n))
    made = difference_of_means(
        n, a.sum(axis=1), (a**2).sum(axis=1), 2 * n, b.sum(axis=1), (b**2).sum(axis=1)
    )
    return made.difference, 2.0


def _two_part(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    some = rng.random((k, n)) < 0.4
    cost = np.where(some, np.exp(rng.normal(7, 0.8, (k, n))), 0.0)
    logs = np.log(np.where(some, cost, 1.0))
    sums = (some, cost, cost**2, logs, logs**2)
    made = two_part_cost(n, *(a.sum(axis=1) for a in sums))
    return made.overall, float(0.4 * np.exp(7 + 0.32))


for n in (10, 50, 500):
    BOOK.add("mean normal", f"n={n}", lambda rng, k, n=n: _normal(rng, k, n), draws=10_000)
    BOOK.add("geometric_mean", f"n={n}", lambda rng, k, n=n: _geometric(rng, k, n), draws=10_000)
    BOOK.add("welch_difference", f"n={n}", lambda rng, k, n=n: _welch(rng, k, n), draws=10_000)
for n in (100, 1000):
    BOOK.add("mean of days", f"n={n}", lambda rng, k, n=n: _days(rng, k, n), draws=10_000)
    BOOK.add("two_part_cost", f"n={n}", lambda rng, k, n=n: _two_part(rng, k, n), draws=10_000)


STRATA = np.array([0.4, 0.3, 0.2, 0.1])  # standard weights
SIZES = np.array([200, 150, 300, 50])
RISKS = np.array([0.05, 0.1, 0.2, 0.4])


def _direct_rate(rng: np.random.Generator, k: int, scale: float) -> tuple[object, float]:
    risk = RISKS * scale
    x = rng.poisson(risk * SIZES, (k, 4))
    return direct_rate(x, SIZES, STRATA), float(STRATA @ risk)


def _direct_share(rng: np.random.Generator, k: int, size: int) -> tuple[object, float]:
    x = rng.binomial(SIZES * size, RISKS, (k, 4))
    return direct_proportion(x, SIZES * size, STRATA), float(STRATA @ RISKS)


def _direct_mean(rng: np.random.Generator, k: int, n: int) -> tuple[object, float]:
    level = np.array([3.0, 5.0, 8.0, 9.0])
    y = rng.gamma(2.0, level[:, np.newaxis] / 2, (k, 4, n))
    s, ss = y.sum(axis=2), (y**2).sum(axis=2)
    return direct_mean(n, n, s, ss, s, n, STRATA), float(STRATA @ level)


BOOK.add("direct_rate", "93 events", lambda rng, k: _direct_rate(rng, k, 1.0))
BOOK.add("direct_rate", "930 events", lambda rng, k: _direct_rate(rng, k, 10.0))
BOOK.add(
    "direct_rate",
    "under 10 events (gamma)",
    lambda rng, k: _direct_rate(rng, k, 0.06),
    conservative=True,
)
BOOK.add("direct_proportion", "700 people", lambda rng, k: _direct_share(rng, k, 1))
BOOK.add("direct_proportion", "7 000 people", lambda rng, k: _direct_share(rng, k, 10))
BOOK.add("direct_mean", "100 a stratum", lambda rng, k: _direct_mean(rng, k, 100), draws=5000)
BOOK.add(
    "indirect_ratio",
    "40 expected",
    lambda rng, k: (indirect_ratio(rng.poisson(50, k), 40.0), 1.25),
    conservative=True,
)


def _pair(make: object, truth: float, n1: int, p1: float, n0: int, p0: float) -> object:
    def draw(rng: np.random.Generator, k: int) -> tuple[object, float]:
        return make(rng.binomial(n1, p1, k), n1, rng.binomial(n0, p0, k), n0), truth

    return draw


for n1, p1, n0, p0 in ((50, 0.3, 80, 0.2), (500, 0.1, 300, 0.05), (2000, 0.84, 3000, 0.86)):
    case = f"{n1}x{p1} beside {n0}x{p0}"
    odds = p1 / (1 - p1) / (p0 / (1 - p0))
    for name, function, truth in (
        ("newcombe", newcombe, p1 - p0),
        ("miettinen_nurminen", score_difference, p1 - p0),
        ("score_risk_ratio", score_risk_ratio, p1 / p0),
        ("score_odds_ratio", score_odds_ratio, odds),
        ("katz", risk_ratio, p1 / p0),
    ):
        BOOK.add(name, case, _pair(function, truth, n1, p1, n0, p0))


def _rates(make: object, truth: float, m1: float, m0: float) -> object:
    def draw(rng: np.random.Generator, k: int) -> tuple[object, float]:
        made = make(rng.poisson(m1, k), 100.0, rng.poisson(m0, k), 200.0)
        return getattr(made, "ratio", made), truth

    return draw


for m1, m0 in ((15, 40), (150, 200)):
    case = f"{m1} beside {m0} events"
    r1, r0 = m1 / 100, m0 / 200
    BOOK.add("score_rate_ratio", case, _rates(score_rate_ratio, r1 / r0, m1, m0))
    BOOK.add("score_rate_difference", case, _rates(score_rate_difference, r1 - r0, m1, m0))
    BOOK.add(
        "exact_rate_ratio",
        case,
        _rates(exact_rate_ratio, r1 / r0, m1, m0),
        conservative=True,
        draws=4000,
    )


def _clustered(rng: np.random.Generator, k: int, units: int) -> tuple[object, float]:
    own = rng.beta(20, 5, (k, units))
    size = rng.integers(40, 120, (k, units)).astype(float)
    s = rng.binomial(size.astype(int), own).astype(float)
    sums = (size, s, s * s, s * size, size * size)
    # sizes do not depend on the units' own levels: the ratio of sums seeks their mean
    return clustered_proportion(units, *(a.sum(axis=1) for a in sums)), 0.8


for units in (12, 40):
    BOOK.add(
        "clustered_proportion", f"{units} units", lambda rng, k, u=units: _clustered(rng, k, u)
    )
