"""Waits, programmes, units and parts of a gap: from simulated people."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from equity_pipeline.statistics.burden import burden_at_group
from equity_pipeline.statistics.decompose import (
    between_within_units,
    kitagawa,
    shapley_standardisation,
    threefold,
)
from equity_pipeline.statistics.estimate import Estimate
from equity_pipeline.statistics.evaluate import (
    cost_per_effect,
    count_series,
    difference_in_differences,
    permutation_test,
    remembering_series,
    segments,
    two_way_effects,
    value_series,
    wild_cluster_bootstrap,
)
from equity_pipeline.statistics.trend import line
from equity_pipeline.statistics.variation import (
    intraclass_correlation,
    intraclass_correlation_binary,
    poisson_gamma,
    random_effects,
    spread_interval,
)
from equity_pipeline.statistics.waits.counts import wait_counts
from equity_pipeline.statistics.waits.quantiles import quantiles
from equity_pipeline.statistics.waits.reached import days_until_seen, mean_wait
from equity_pipeline.statistics.waits.survival import kaplan_meier, seen_within
from tests.coverage.simulated import Book, each

BOOK = Book()
FEW_TREATED = (
    "4 treated units: told as FEW_CLUSTERS; permutation and wild bootstrap stand beside it"
)
GREENWOOD = "the peers' error of an area under a curve is a large-sample one"
SHORT = "errors of Newey and West are too small in short series, as is known of them"
Draw = Callable[[np.random.Generator, int], tuple[Estimate, object]]


def _curve(rng: np.random.Generator, n: int) -> object:
    """Exponential waits of mean 10 days, of which a fifth end after the day they are looked at."""
    days, end = rng.exponential(10.0, n), rng.uniform(5, 40, n)
    return kaplan_meier(wait_counts(np.minimum(days, end), days <= end))


def _wait(ours: Callable[[object], Estimate], truth: float, n: int) -> Draw:
    return lambda rng, k: (each(lambda _: ours(_curve(rng, n)), k), truth)


for n in (60, 600):
    case = f"n={n}, censored"
    BOOK.add(
        "seen_within", case, _wait(lambda c: seen_within(c, 7.0), 1 - np.exp(-0.7), n), draws=3000
    )
    BOOK.add(
        "days_until_seen",
        case,
        _wait(lambda c: days_until_seen(c, 0.5), 10 * np.log(2), n),
        draws=3000,
    )
    BOOK.add(
        "mean_wait",
        case,
        _wait(lambda c: mean_wait(c, 20.0), 10 * (1 - np.exp(-2)), n),
        reason=GREENWOOD if n == 60 else "",
        draws=3000,
    )


def _median(rng: np.random.Generator, k: int, n: int) -> tuple[Estimate, object]:
    days = rng.exponential(10.0, (k, n))
    return each(lambda i: quantiles(days[i], [0.5]), k), 10 * np.log(2)


for n in (20, 200):
    BOOK.add(
        "quantiles",
        f"n={n}",
        lambda rng, k, n=n: _median(rng, k, n),
        conservative=True,
        draws=4000,
    )


def _panel(units: int, what: str) -> Draw:
    """Twelve or more units over eight periods; units differ, and so do their own slopes."""
    unit, period = np.repeat(np.arange(units), 8), np.tile(np.arange(8), units)
    treated, post = (unit < units // 3).astype(float), (period >= 4).astype(float)
    design = np.column_stack([np.ones(len(unit)), treated, post, treated * post])

    def one(rng: np.random.Generator) -> Estimate:
        y = (
            rng.normal(0, 0.05, units)[unit]
            + rng.normal(0, 0.01, units)[unit] * period
            + rng.normal(0, 0.03, len(unit))
            + 0.04 * treated * post
        )
        if what == "did":
            return difference_in_differences(y, treated, post, unit).clustered
        if what == "two way":
            return two_way_effects(y, treated * post, unit, period).clustered
        if what == "wild":
            return wild_cluster_bootstrap(y, design, 3, unit, draws=399, seed=1).effect
        change = y.reshape(units, 8)[:, 4:].mean(axis=1) - y.reshape(units, 8)[:, :4].mean(axis=1)
        return permutation_test(change, np.arange(units) < units // 3).effect

    return lambda rng, k: (each(lambda _: one(rng), k), 0.04)


for units in (12, 45):
    BOOK.add(
        "difference_in_differences",
        f"{units} units",
        _panel(units, "did"),
        reason=FEW_TREATED if units == 12 else "",
        draws=3000,
    )
    BOOK.add("two_way_effects", f"{units} units", _panel(units, "two way"), draws=3000)
BOOK.add("wild_cluster_bootstrap", "12 units", _panel(12, "wild"), draws=600)
BOOK.add(
    "permutation_test",
    "12 units, 495 ways",
    _panel(12, "permutation"),
    conservative=True,
    draws=2000,
)


def _series(what: str) -> Draw:
    n = 72
    design = segments(np.arange(n), 36)
    people = np.full(n, 4e4)

    def one(rng: np.random.Generator) -> Estimate:
        if what == "counts":
            mean = people * np.exp(design @ [-6, 0.002, -0.15, 0.0])
            x = rng.poisson(mean * rng.gamma(40, 1 / 40, n))
            made = count_series(x, design, person_time=people).coefficients
        else:
            error = np.zeros(n + 20)
            noise = rng.normal(0, 1, n + 20)
            for t in range(1, n + 20):
                error[t] = (0.3 if what == "memory" else 0.0) * error[t - 1] + noise[t]
            y = design @ [50, 0.02, -0.15, 0.0] + error[20:]
            fit = remembering_series if what == "memory" else lambda *a: value_series(*a, lag=2)
            made = fit(y, design).coefficients
        return Estimate(
            made.value[2:3], made.lower[2:3], made.upper[2:3], made.standard_error[2:3], made.method
        )

    return lambda rng, k: (each(lambda _: one(rng), k), -0.15)


BOOK.add("count_series step", "72 months, overdispersed", _series("counts"), draws=2000)
BOOK.add("value_series step", "72 months", _series("values"), reason=SHORT, draws=2000)
BOOK.add("remembering_series step", "72 months", _series("memory"), draws=1000)


def _trend(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    times = np.arange(8.0)
    y = 0.1 + 0.01 * times + rng.normal(0, 0.02, (k, 8))
    return each(lambda i: line(y[i], None, times).slope, k), 0.01


BOOK.add("line slope", "8 years", _trend, draws=5000)


def _price(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    effect = rng.normal(0.04, 0.008, k)
    cost = 185 + 40 * (0.3 * (effect - 0.04) / 0.008 + np.sqrt(1 - 0.09) * rng.normal(size=k))
    made = cost_per_effect(cost, effect, 40, 0.008, correlation=0.3).cost_per_effect
    # a price is only asked for where there is an effect
    return made.where(np.isfinite(made.lower)), np.where(
        np.isfinite(made.lower), 185 / 0.04, np.nan
    )


BOOK.add("cost_per_effect", "effect of 5 errors", _price)


def _units_normal(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    y = rng.normal(0, 1, (k, 30))[..., None] * 0.5 + rng.normal(0, 1, (k, 30, 40))
    s, ss = y.sum(axis=2), (y**2).sum(axis=2)
    return intraclass_correlation(np.full((k, 30), 40.0), s, ss), 0.25 / 1.25


def _units_binary(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    risk = rng.beta(8, 12, (k, 60))  # intraclass correlation 1 / (8 + 12 + 1)
    x = rng.binomial(50, risk)
    return intraclass_correlation_binary(x, np.full((k, 60), 50.0)), 1 / 21


def _spread(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    variance = np.linspace(0.02, 0.2, 25)
    y = rng.normal(0, np.sqrt(0.1 + variance), (k, 25))
    return spread_interval(y, np.broadcast_to(variance, (k, 25))), 0.1


def _centre(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    variance = np.linspace(0.02, 0.2, 40)
    y = rng.normal(0.3, np.sqrt(0.1 + variance), (k, 40))
    return random_effects(y, np.broadcast_to(variance, (k, 40))).mean, 0.3


def _shrunken(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    expected = np.linspace(5, 60, 80)
    ratio = rng.gamma(10, 0.1, (k, 80))
    return poisson_gamma(rng.poisson(expected * ratio), expected).shrunken, ratio


BOOK.add("intraclass_correlation", "30 units of 40", _units_normal, draws=3000)
BOOK.add("intraclass_correlation_binary", "60 units of 50", _units_binary, draws=3000)
BOOK.add("spread_interval", "25 units", _spread, draws=3000)
BOOK.add("random_effects mean", "40 units", _centre, draws=3000)
BOOK.add("poisson_gamma", "80 units, over units", _shrunken, draws=500)


SHARES = np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4]])
RATES = np.array([[0.3, 0.4, 0.5], [0.25, 0.3, 0.45]])


def _cells(rng: np.random.Generator, k: int) -> tuple[np.ndarray, np.ndarray]:
    people = np.stack([rng.multinomial(1500, p, k) for p in SHARES], axis=1)
    return people, rng.binomial(people, RATES) / people


def _kitagawa(part: str) -> Draw:
    truth = getattr(kitagawa(SHARES * 1e6, RATES), part)

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        people, rates = _cells(rng, k)
        return getattr(kitagawa(people, rates), part), float(truth.value)

    return draw


def _units(part: str) -> Draw:
    truth = getattr(between_within_units(SHARES * 1e6, RATES), part)

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        people, rates = _cells(rng, k)
        return getattr(between_within_units(people, rates), part), float(truth.value)

    return draw


def _shapley(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    share = np.array([[[0.3, 0.2], [0.3, 0.2]], [[0.15, 0.15], [0.3, 0.4]]])
    rate = np.array([[[0.3, 0.4], [0.5, 0.6]], [[0.25, 0.35], [0.45, 0.5]]])
    people = np.stack([rng.multinomial(1500, p.ravel(), k) for p in share], axis=1)
    people = people.reshape(k, 2, 2, 2)
    made = shapley_standardisation(people, rng.binomial(people, rate) / people, factors=2)
    truth = shapley_standardisation(share * 1e6, rate, factors=2).remaining
    return made.remaining, float(truth.value)


def _blinder(part: str) -> Draw:
    """Two groups with their own education and their own yield of it."""

    def people(rng: np.random.Generator, n: int) -> tuple[np.ndarray, ...]:
        focus = np.repeat([1, 0], n)
        x = rng.normal(np.where(focus == 1, 0.0, 0.6), 1)
        y = 1 + 0.3 * (focus == 0) + x * np.where(focus == 1, 0.5, 0.7) + rng.normal(0, 1, 2 * n)
        return y, x[:, np.newaxis], focus

    truths = {"endowments": -0.6 * 0.7, "coefficients": -0.3 - 0.6 * 0.2, "interaction": 0.6 * 0.2}

    def draw(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
        return each(lambda _: getattr(threefold(*people(rng, 300)), part).overall, k), truths[part]

    return draw


def _burden(rng: np.random.Generator, k: int) -> tuple[Estimate, object]:
    size, risk = np.array([400, 500, 600]), np.array([0.3, 0.25, 0.2])
    y = rng.binomial(size, risk, (k, 3)) / size
    covariance = np.zeros((k, 3, 3))
    covariance[:, range(3), range(3)] = y * (1 - y) / size
    made = burden_at_group(y, size, 2, direction="lower", covariance=covariance)
    return made.total, float(size @ (risk - 0.2))


for part in ("gap", "composition", "rate"):
    BOOK.add(f"kitagawa {part}", "1 500 a group", _kitagawa(part), draws=10_000)
for part in ("between", "within"):
    BOOK.add(f"between_within_units {part}", "1 500 a group", _units(part), draws=10_000)
for part in ("endowments", "coefficients", "interaction"):
    BOOK.add(f"threefold {part}", "300 a group", _blinder(part), draws=2000)
BOOK.add("shapley remaining", "1 500 a group", _shapley, draws=10_000)
BOOK.add("burden_at_group", "1 500 people", _burden, draws=10_000)
