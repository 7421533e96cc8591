"""The spread of a gamma prior of mean 1 that makes units' counts most likely."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma, zeta

from equity_pipeline.statistics.estimate import BoolArray, FloatArray, divide

MOST = 1e8  # what the spread may be, or one over it
NEWTON = 200
CLOSE = 1e-11


def prior_spread(observed: FloatArray, expected: FloatArray) -> FloatArray:
    """Return the variance of a gamma prior of mean 1 that makes the counts most likely.

    Units on the last axis, NaN for those that do not count. 0 where counts vary no more than
    chance; NaN where there is no event at all, which a mean of 1 cannot explain.
    """
    units = observed.shape[-1]
    held = ~np.isnan(observed)
    o, e = np.where(held, observed, 0.0), np.where(held, expected, 1.0)
    some = (o.sum(axis=-1) > 0) & (held.sum(axis=-1) > 1)
    beyond = np.where(held, (o - e) ** 2 - o, 0.0).sum(axis=-1)
    start = divide(beyond, np.where(held, e**2, 0.0).sum(axis=-1))
    found = np.where(some, 0.0, np.nan).ravel()
    at = np.flatnonzero(some & (beyond > 0))
    if at.size:
        begin = np.log(np.clip(start.ravel()[at], 1e-6, 1e2))
        counts, base, counted = (part.reshape(-1, units)[at] for part in (o, e, held))
        found[at] = np.exp(_most_likely(counts, base, counted.astype(bool), begin))
    return np.asarray(found.reshape(some.shape))


def _most_likely(
    o: FloatArray, e: FloatArray, held: BoolArray, log_spread: FloatArray
) -> FloatArray:
    """Return the root of the likelihood's slope for each row, by Newton held inside a bracket."""
    low, high = np.full_like(log_spread, np.log(1 / MOST)), np.full_like(log_spread, np.log(MOST))
    at, going = log_spread.copy(), np.arange(len(log_spread))
    for _ in range(NEWTON):
        here = at[going]
        score, slope = _spread_score(o[going], e[going], held[going], np.exp(-here))
        low[going] = np.where(score > 0, low[going], here)
        high[going] = np.where(score > 0, here, high[going])
        onward = here - divide(score, slope)
        inside = (onward > low[going]) & (onward < high[going])
        at[going] = np.where(inside, onward, (low[going] + high[going]) / 2)
        going = going[np.abs(at[going] - here) > CLOSE]
        if not going.size:
            break
    return at


def _spread_score(
    o: FloatArray, e: FloatArray, held: BoolArray, alpha: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the likelihood's slope in alpha = 1 / variance, and that slope's in -log alpha."""
    a = np.expand_dims(alpha, -1)
    first = digamma(a + o) - digamma(a) - np.log1p(e / a) + 1 - (o + a) / (e + a)
    second = zeta(2, a + o) - zeta(2, a) + 1 / a - 1 / (e + a) - (e - o) / (e + a) ** 2
    score, slope = (np.where(held, part, 0.0).sum(axis=-1) for part in (first, second))
    return score, -alpha * slope
