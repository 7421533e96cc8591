"""Empirical Bayes for shares: units' proportions drawn towards the mean by a beta prior.

What :mod:`equity_pipeline.statistics.variation.shrinkage` says of verdicts holds here too: never
on the shrunken value alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, betaln, digamma, zeta

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
    require_counts,
)
from equity_pipeline.statistics.reading import together

Fit = Literal["ml", "moments"]
STEPS = 200
CLOSE = 1e-10
NEAR, FLAT = 1e-3, 1e-14  # a step this short that gains no more than this is the last
FIRST_DAMPING, STUCK = 1e-2, 1e12
VANISHING = -12  # the logarithm of a and b


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """Units' shares drawn towards a beta prior.

    Attributes
    ----------
    shrunken
        Posterior mean, standard deviation and equal-tailed limits of each unit.
    own
        The unit's own share: always to be shown beside the shrunken one.
    factor
        Weight of the own share, 0 to 1; the rest is the prior mean's.
    prior_mean, prior_variance
        Of the true shares. Where the variance is 0 no spread could be told from chance: all
        shrunken shares are the mean, and limits and error are NaN.
    a, b
        Of the beta prior; NaN where its variance is 0.
    """

    shrunken: Estimate
    own: FloatArray
    factor: FloatArray
    prior_mean: FloatArray
    prior_variance: FloatArray
    a: FloatArray
    b: FloatArray


def beta_binomial(
    events: ArrayLike, at_risk: ArrayLike, *, fit: Fit = "ml", confidence: float = 0.95
) -> BetaBinomial:
    """Return units' shares drawn towards their mean, the more the fewer people they rest on.

    Never base a verdict on the shrunken share alone: show the own share too.

    Parameters
    ----------
    events, at_risk
        Counts per unit, on the last axis; a unit without people or with NaN does not count.
    fit
        ``"ml"``: mean and spread of the prior by maximum likelihood. ``"moments"``: the pooled
        share, and the spread from the analysis of variance.
    confidence
        Coverage of the limits, between 0 and 1, given the fitted prior.

    Returns
    -------
    BetaBinomial
        NaN where fewer than two units count, or all or nobody had the event, or the fit did not
        settle.

    Raises
    ------
    MethodError
        If counts cannot be shares, there is one unit, or the fit is unknown.

    References
    ----------
    Kleinman JC (1973), doi:10.1080/01621459.1973.10481332. Skellam JG (1948), Journal of the
    Royal Statistical Society B 10:257-261.

    Examples
    --------
    >>> made = beta_binomial([10, 25, 30, 12], [50, 60, 50, 40])
    >>> made.shrunken.value.round(3), made.own.round(3), made.prior_mean.round(3)
    (array([0.238, 0.41 , 0.554, 0.32 ]), array([0.2  , 0.417, 0.6  , 0.3  ]), np.float64(0.381))
    """
    x, n = together(events, at_risk, where="beta_binomial")
    require(
        x.ndim >= 1 and x.shape[-1] >= 2 and fit in ("ml", "moments"),
        "There is only one unit, or the fit is unknown.",
        where="beta_binomial",
        mend="give two units or more on the last axis, and ml or moments",
    )
    require_counts(x, n, where="beta_binomial")
    require(
        ~((n < 0) | np.isinf(n)),
        "There are fewer than no people, or infinitely many.",
        where="beta_binomial",
        mend="give counts of people",
    )
    critical(confidence)
    held = (n > 0) & ~np.isnan(x)
    x, n = np.where(held, x, 0.0), np.where(held, n, 0.0)
    mean, alike = _moments(x, n, held)
    usable = (held.sum(axis=-1) > 1) & (mean > 0) & (mean < 1)
    total = np.where(alike > 0, divide(1 - alike, alike), np.inf)  # a + b
    if fit == "ml":
        spread = usable & _spreads_beyond_chance(x, n, mean)
        fitted = _most_likely(x[spread], n[spread], mean[spread], total[spread])
        total = np.where(spread, 0.0, np.inf)
        mean[spread], total[spread] = fitted
    mean, total = np.where(usable, mean, np.nan), np.where(usable, total, np.nan)
    return _drawn_in(
        np.where(held, x, np.nan), np.where(held, n, np.nan), mean, total, fit, confidence
    )


def _moments(x: FloatArray, n: FloatArray, held: BoolArray) -> tuple[FloatArray, FloatArray]:
    """Return the pooled share and the intraclass correlation, not cut at 0."""
    everyone, count = n.sum(axis=-1), held.sum(axis=-1)
    mean = divide(x.sum(axis=-1), everyone)
    share = np.where(held, divide(x, n), 0.0)
    apart = (n * (share - np.expand_dims(mean, -1)) ** 2).sum(axis=-1)
    squares = divide(apart, mean * (1 - mean))
    room = everyone - divide((n**2).sum(axis=-1), everyone) - (count - 1)
    return mean, np.minimum(divide(squares - (count - 1), room), 0.999)


def _spreads_beyond_chance(x: FloatArray, n: FloatArray, mean: FloatArray) -> BoolArray:
    """Return whether the likelihood rises as soon as the prior has any spread (Tarone's test)."""
    p = np.expand_dims(mean, -1)
    slope = divide(x * (x - 1), p) + divide((n - x) * (n - x - 1), 1 - p) - n * (n - 1)
    return np.asarray(slope.sum(axis=-1) > 0)


def _drawn_in(
    x: FloatArray, n: FloatArray, mean: FloatArray, total: FloatArray, fit: str, confidence: float
) -> BetaBinomial:
    m, known = np.expand_dims(mean, -1), np.where(np.isinf(total), np.nan, total)
    a, b = mean * known, (1 - mean) * known
    factor = n / (n + np.expand_dims(total, -1))
    own = x / n
    value = factor * own + (1 - factor) * m
    after = x + np.expand_dims(a, -1), n - x + np.expand_dims(b, -1)
    tail = (1 - confidence) / 2
    lower, upper = (
        np.asarray(betaincinv(*after, share), dtype=np.float64) for share in (tail, 1 - tail)
    )
    error = np.sqrt(value * (1 - value) / (after[0] + after[1] + 1))
    made = Estimate(value, lower, upper, error, f"beta_binomial_{fit}", n=n)
    made = made.warned(Caution.AT_BOUND, np.isinf(np.expand_dims(total, -1)) & ~np.isnan(n))
    made = made.warned(Caution.NOT_CONVERGED, np.isnan(m) & ~np.isnan(n))
    variance = mean * (1 - mean) / (total + 1)
    return BetaBinomial(made, own, factor, mean, variance, a, b)


def _most_likely(
    x: FloatArray, n: FloatArray, mean: FloatArray, total: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return mean and a + b of the likeliest prior of each row: damped Newton in log a, log b."""
    size = np.clip(total, 1e-2, 1e3)
    at = np.log(np.stack([mean * size, (1 - mean) * size], axis=-1))
    best = _log_likelihood(x, n, at)
    damping = np.full(best.shape, FIRST_DAMPING)
    going = np.arange(len(best))
    for _ in range(STEPS):
        step = _newton_step(x[going], n[going], at[going], damping[going])
        tried = at[going] + np.clip(step, -2, 2)
        reached = _log_likelihood(x[going], n[going], tried)
        gain, least = reached - best[going], FLAT * np.abs(best[going])
        better, length = gain >= 0, np.abs(step).max(axis=-1)
        at[going] = np.where(better[:, np.newaxis], tried, at[going])
        best[going] = np.where(better, reached, best[going])
        damping[going] *= np.where(better, 0.1, 10)
        settled = better & ((length <= CLOSE) | (gain <= least) & (length <= NEAR))
        going = going[~settled & (damping[going] < STUCK)]
        if not going.size:
            break
    at[going] = np.nan
    at[at.max(axis=-1) < VANISHING] = np.nan  # all or nobody in each unit: no prior is likeliest
    a, b = np.exp(at[:, 0]), np.exp(at[:, 1])
    return a / (a + b), a + b


def _log_likelihood(x: FloatArray, n: FloatArray, at: FloatArray) -> FloatArray:
    a, b = np.exp(at[..., :1]), np.exp(at[..., 1:])
    return np.asarray((betaln(x + a, n - x + b) - betaln(a, b)).sum(axis=-1))


def _newton_step(x: FloatArray, n: FloatArray, at: FloatArray, damping: FloatArray) -> FloatArray:
    a, b = np.exp(at[..., :1]), np.exp(at[..., 1:])
    first, second = [], []
    for more, part in ((x, a), (n - x, b), (n, a + b)):
        first.append((digamma(part + more) - digamma(part)).sum(axis=-1))
        second.append((zeta(2, part + more) - zeta(2, part)).sum(axis=-1))
    a, b = a[..., 0], b[..., 0]
    slope_a, slope_b = a * (first[0] - first[2]), b * (first[1] - first[2])
    bend_a = a**2 * (second[0] - second[2]) + slope_a
    bend_b = b**2 * (second[1] - second[2]) + slope_b
    across = -a * b * second[2]
    # a bend upwards is turned down, so that the step climbs
    bend_a, bend_b = (-np.abs(bend) * (1 + damping) - 1e-12 for bend in (bend_a, bend_b))
    turn = bend_a * bend_b - across**2
    turn = np.where(turn > 0, turn, np.nan)
    straight = np.stack([-slope_a / bend_a, -slope_b / bend_b], axis=-1)
    crossed = np.stack(
        [across * slope_b - bend_b * slope_a, across * slope_a - bend_a * slope_b], axis=-1
    )
    made = crossed / turn[..., np.newaxis]
    return np.where(np.isnan(made), straight, made)
