"""Rates: Byar's limits from ten events and exact ones below, exact ones at any count."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.stats import norm, poisson

from equity_pipeline.statistics.estimate import Caution, Estimate, normal_estimate
from equity_pipeline.statistics.rates import byar_limits, exact_rate, rate
from tests.reference.peer_tables import (
    echoed,
    keys_of,
    numbers,
    places,
    roles,
    scale_of,
    told,
    with_limits,
)
from tests.reference.vectors import Case

EVENTS = ("numerator", "x", "events", "count", "obs")
TIME = ("denominator", "person_time", "pt", "py", "n", "pop", "time")
STOPS_AT = np.finfo(float).eps ** 0.25  # R's uniroot, unless told otherwise


def run(case: Case) -> None:
    given, rows = case.frame(), case.rows()
    keys = keys_of(case, given, rows)
    wanted = (EVENTS, TIME) if _has_time(case, given, rows, keys) else (EVENTS,)
    columns = roles(case, given, keys, *wanted)
    where = places(given, rows, keys, columns)
    x, *rest = (np.array([given[c].to_numpy()[at].sum() for at in where]) for c in columns)
    time = rest[0] if rest else np.ones_like(x, dtype=float)
    scale = scale_of(case, rows, 1.0)
    make = _maker(case, np.asarray(x, dtype=float), time, counts_only=not rest)
    values = x / time * scale
    told(case, rows, value=values, rate=values, estimate=values)
    echoed(case, rows, (EVENTS, x), (TIME, time))
    with_limits(case, rows, make, scale)
    if "method" in rows and set(rows["method"]) <= {"Exact", "Byars"}:
        few = rate(x, time).warnings.get(Caution.FEW_EVENTS, np.zeros(len(rows), bool))
        case.same("method", np.where(few, "Exact", "Byars"))


def _has_time(case: Case, given: pd.DataFrame, rows: pd.DataFrame, keys: list[str]) -> bool:
    """Whether these are rates at all: the peers' limits of bare counts have no value."""
    named = any(name in given or case.param(name) in given for name in TIME)
    many = len(numbers(given)) > 1
    free = len([c for c in numbers(given) if c not in keys]) > 1
    return named or free or (many and bool({"value", "rate", "estimate"} & set(rows.columns)))


def _maker(
    case: Case, x: np.ndarray, time: np.ndarray, *, counts_only: bool
) -> Callable[[float], Estimate]:
    says = f"{case.param('method', default='')} {case.call}".lower()
    if "pois.byar" in says:
        return lambda c: _byar_at_a_half(x, time, c)
    if "pois.exact" in says:
        return lambda c: _as_far_as_the_peer_searched(x, time, c)
    if "pois.approx" in says:
        bare = rate(x, time)
        return lambda c: normal_estimate(
            bare.value, bare.standard_error, confidence=c, method="normal"
        )
    if counts_only and "byar" in says and "exact" not in says:
        return lambda c: _byar_alone(x, c)
    if re.search(r"byar|phe_rate", says) or "byar" in case.peer.lower() or not says.strip():
        return lambda c: rate(x, time, confidence=c)
    if re.search(r"exact|garwood|poisson\.test|pois\.daly", says):
        return lambda c: exact_rate(x, time, confidence=c)
    return lambda c: rate(x, time, confidence=c)


def _byar_alone(x: np.ndarray, confidence: float) -> Estimate:
    """Byar's limits of counts; the peer leaves out one below 0, ours is then 0."""
    lower, upper = byar_limits(x, confidence=confidence)
    return Estimate(x, lower, upper, np.sqrt(x), "byar")


def _byar_at_a_half(x: np.ndarray, time: np.ndarray, confidence: float) -> Estimate:
    """epitools' own form, x + 1/2 in both limits: ours at half an event more, and half less."""
    lower = byar_limits(x + 0.5, confidence=confidence)[0]
    upper = byar_limits(x - 0.5, confidence=confidence)[1]
    half, z = x + 0.5, norm.ppf((1 + confidence) / 2)
    # with no events the peer's lower limit lies below 0; ours is cut there
    cut = half * (1 - 1 / (9 * half) - z / (3 * np.sqrt(half))) ** 3
    ours = byar_limits(x, confidence=confidence)
    assert (np.abs(ours[1] - upper) > 1e-3).all(), "ours has the form of Breslow and Day"
    return Estimate(x / time, np.where(cut < 0, cut, lower) / time, upper / time, 0, "half")


def _as_far_as_the_peer_searched(x: np.ndarray, time: np.ndarray, confidence: float) -> Estimate:
    """Our exact limits, moved by as much as epitools' root search stops before the root."""
    exact, tail = exact_rate(x, time, confidence=confidence), (1 - confidence) / 2
    short = np.array([[_short(k, tail, lower=side) for side in (True, False)] for k in x])
    return replace(
        exact, lower=exact.lower + short[:, 0] / time, upper=exact.upper + short[:, 1] / time
    )


def _short(x: float, tail: float, *, lower: bool) -> float:
    if lower and x == 0:
        return 0.0

    def apart(m: float) -> float:
        below = poisson.cdf(x, m)
        return float(1 - below + poisson.pmf(x, m) - tail if lower else below - tail)

    end = 5 * x + 4
    return _uniroot(apart, 0.0, end) - brentq(apart, 0.0, end, xtol=1e-13, rtol=1e-15)


def _uniroot(f: Callable[[float], float], a: float, b: float) -> float:
    """Brent's search in the steps that R's uniroot takes, with its default precision."""
    eps = np.finfo(float).eps
    fa, fb = f(a), f(b)
    c, fc = a, fa
    while True:
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c, fa, fb, fc = b, c, b, fb, fc, fb
        least, step = 2 * eps * abs(b) + STOPS_AT / 2, (c - b) / 2
        if abs(step) <= least or fb == 0:
            return b
        if abs(before) >= least and abs(fa) > abs(fb):
            p, q = _interpolated(a, b, c, fa, fb, fc)
            if p < 0.75 * (c - b) * q - abs(least * q) / 2 and p < abs(before * q / 2):
                step = p / q
        a, fa = b, fb
        b += step if abs(step) > least else np.copysign(least, step)
        fb = f(b)
        if (fb > 0) == (fc > 0):
            c, fc = a, fa


def _interpolated(
    a: float, b: float, c: float, fa: float, fb: float, fc: float
) -> tuple[float, float]:
    """The step to a secant's or an inverse parabola's zero, as p / q with p not negative."""
    if a == c:
        p, q = (c - b) * fb / fa, 1 - fb / fa
    else:
        r, s, t = fa / fc, fb / fc, fb / fa
        p = t * ((c - b) * r * (r - s) - (b - a) * (s - 1))
        q = (r - 1) * (s - 1) * (t - 1)
    return (p, -q) if p > 0 else (-p, q)
