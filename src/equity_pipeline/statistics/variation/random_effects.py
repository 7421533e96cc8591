"""The spread of true values between units, from values with known errors: five estimators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtri

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    arrays,
    critical,
    divide,
    normal_estimate,
    require,
)

Tau2 = Literal["dl", "he", "pm", "ml", "reml"]
STEPS = 500
CLOSE = 1e-12
FEW_UNITS = 10

_Step = Callable[[FloatArray, FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class RandomEffects:
    """Values of units as draws about one mean.

    Attributes
    ----------
    mean
        The mean of the units' true values, with its error; ``n`` is the number of units.
    tau2
        Variance of the true values, not negative.
    q
        Cochran's heterogeneity statistic, chi-squared with units less one when there is no spread.
    i2, h2
        Share of the units' variance that is true spread (0 to 1), and total over sampling variance.
    """

    mean: Estimate
    tau2: FloatArray
    q: FloatArray
    i2: FloatArray
    h2: FloatArray


def random_effects(
    value: ArrayLike, variance: ArrayLike, *, tau2: Tau2 = "reml", confidence: float = 0.95
) -> RandomEffects:
    """Return mean and spread of the units' true values.

    Parameters
    ----------
    value, variance
        Estimate and squared standard error of each unit, on the last axis. A NaN value leaves a
        unit out.
    tau2
        ``"dl"`` DerSimonian and Laird, ``"he"`` Hedges, ``"pm"`` Paule and Mandel, ``"ml"`` or
        ``"reml"`` (restricted) maximum likelihood.
    confidence
        Coverage of the mean's interval, between 0 and 1.

    Returns
    -------
    RandomEffects
        NaN where fewer than two units have values, or where the iteration did not settle.

    Raises
    ------
    MethodError
        If a variance is not above 0, there is one unit, or the estimator is unknown.

    References
    ----------
    DerSimonian R, Laird N (1986), doi:10.1016/0197-2456(86)90046-2.
    Viechtbauer W (2005), doi:10.3102/10769986030003261. Higgins JPT, Thompson SG (2002),
    doi:10.1002/sim.1186.

    Examples
    --------
    >>> units = random_effects([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01], tau2="dl")
    >>> units.tau2.round(4), units.mean.value.round(4), units.i2.round(3)
    (np.float64(0.0506), np.float64(0.374), np.float64(0.668))
    """
    y, v = _units(value, variance)
    require(
        tau2 in _ESTIMATORS,
        f"There is no estimator {tau2!r} of the spread.",
        where="random_effects",
        mend=f"give one of {', '.join(_ESTIMATORS)}",
    )
    count = (~np.isnan(y)).sum(axis=-1).astype(np.float64)
    count = np.where(count > 1, count, np.nan)
    spread = np.where(np.isnan(count), np.nan, _ESTIMATORS[tau2](y, v))
    weights, centre = _weighted(y, v, spread)
    made = normal_estimate(
        centre, divide(1.0, np.sqrt(weights.sum(axis=-1))), confidence=confidence, method=tau2
    )
    fixed, middle = _weighted(y, v, np.zeros_like(spread))
    q = np.where(np.isnan(count), np.nan, _squares(y, fixed, middle))
    typical = divide(count - 1, _leverage(fixed))
    mean = Estimate(
        made.value, made.lower, made.upper, made.standard_error, f"random_effects_{tau2}", n=count
    ).warned(Caution.FEW_PEOPLE, count < FEW_UNITS)
    mean = mean.warned(Caution.NOT_CONVERGED, np.isnan(spread) & ~np.isnan(count))
    return RandomEffects(mean, spread, q, divide(spread, spread + typical), 1 + spread / typical)


def spread_interval(value: ArrayLike, variance: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Return Paule and Mandel's tau2 with its Q-profile interval, exact under normality.

    Parameters
    ----------
    value, variance, confidence
        As :func:`random_effects`.

    Returns
    -------
    Estimate
        ``lower`` is 0 where chance alone may be at work. There is no standard error: NaN.

    Raises
    ------
    MethodError
        As :func:`random_effects`.

    References
    ----------
    Viechtbauer W (2007), doi:10.1002/sim.2514.

    Examples
    --------
    >>> spread = spread_interval([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01])
    >>> [round(float(v), 4) for v in (spread.value, spread.lower, spread.upper)]
    [0.0339, 0.0, 0.6999]
    """
    y, v = _units(value, variance)
    critical(confidence)
    count = (~np.isnan(y)).sum(axis=-1).astype(np.float64)
    freedom = np.where(count > 1, count - 1, np.nan)
    tail = (1 - confidence) / 2
    ends = [freedom, chdtri(freedom, tail), chdtri(freedom, 1 - tail)]
    found, lower, upper = (_generalised_q(y, v, end) for end in ends)
    return Estimate(
        found, lower, upper, np.full(found.shape, np.nan), "paule_mandel_q_profile", n=count
    )


def _units(value: ArrayLike, variance: ArrayLike) -> tuple[FloatArray, FloatArray]:
    y, v = arrays(value, variance)
    require(
        y.ndim >= 1 and y.shape[-1] >= 2,
        "One unit says nothing of the spread between units.",
        where="random_effects",
        mend="give two units or more on the last axis",
    )
    held = ~np.isnan(y)
    require(
        ~(held & ~((v > 0) & np.isfinite(v) & np.isfinite(y))),
        "A unit has a value but no variance above 0.",
        where="random_effects",
        mend="give squared standard errors above 0; NaN as value leaves a unit out",
    )
    return y, np.where(held, v, np.nan)


def _weighted(y: FloatArray, v: FloatArray, tau2: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the weights, 0 for units that are left out, and the weighted mean."""
    weights = np.where(np.isnan(y), 0.0, 1 / (v + np.expand_dims(tau2, -1)))
    weights = np.where(np.isnan(y), 0.0, weights)
    return weights, divide((weights * np.nan_to_num(y)).sum(axis=-1), weights.sum(axis=-1))


def _squares(y: FloatArray, weights: FloatArray, centre: FloatArray, power: int = 1) -> FloatArray:
    apart = np.where(weights > 0, np.nan_to_num(y) - np.expand_dims(centre, -1), 0.0)
    return np.asarray((weights**power * apart**2).sum(axis=-1))


def _leverage(weights: FloatArray) -> FloatArray:
    total = weights.sum(axis=-1)
    return np.asarray(total - divide((weights**2).sum(axis=-1), total))


def _dersimonian_laird(y: FloatArray, v: FloatArray) -> FloatArray:
    weights, centre = _weighted(y, v, np.zeros(y.shape[:-1]))
    beyond = _squares(y, weights, centre) - ((weights > 0).sum(axis=-1) - 1)
    return np.maximum(divide(beyond, _leverage(weights)), 0)


def _hedges(y: FloatArray, v: FloatArray) -> FloatArray:
    held = ~np.isnan(y)
    count = held.sum(axis=-1)
    centre = divide(np.nan_to_num(y).sum(axis=-1), count)
    seen = divide(_squares(y, held.astype(np.float64), centre), count - 1.0)
    return np.maximum(seen - divide(np.nan_to_num(v).sum(axis=-1), count), 0)


def _paule_mandel(y: FloatArray, v: FloatArray) -> FloatArray:
    return _generalised_q(y, v, (~np.isnan(y)).sum(axis=-1) - 1.0)


def _generalised_q(y: FloatArray, v: FloatArray, end: FloatArray) -> FloatArray:
    """Return the spread at which the weighted squares come to ``end``, 0 where they never do."""

    def step(weights: FloatArray, centre: FloatArray) -> FloatArray:
        return divide(_squares(y, weights, centre) - end, _squares(y, weights, centre, power=2))

    return _settled(y, v, np.zeros(y.shape[:-1]), step)


def _likelihood(y: FloatArray, v: FloatArray) -> FloatArray:
    def step(weights: FloatArray, centre: FloatArray) -> FloatArray:
        score = _squares(y, weights, centre, power=2) - weights.sum(axis=-1)
        return divide(score, (weights**2).sum(axis=-1))

    return _settled(y, v, _hedges(y, v), step)


def _restricted(y: FloatArray, v: FloatArray) -> FloatArray:
    def step(weights: FloatArray, centre: FloatArray) -> FloatArray:
        first, second, third = ((weights**p).sum(axis=-1) for p in (1, 2, 3))
        score = _squares(y, weights, centre, power=2) - _leverage(weights)
        return divide(score, second - 2 * divide(third, first) + divide(second, first) ** 2)

    return _settled(y, v, _hedges(y, v), step)


def _settled(y: FloatArray, v: FloatArray, start: FloatArray, step: _Step) -> FloatArray:
    """Return where the steps come to rest, not below 0; NaN where they do not."""
    tau2 = np.asarray(start, dtype=np.float64)
    size = np.where(np.isnan(v), 0.0, v).max(axis=-1)
    moved, before, pace = np.full(tau2.shape, np.inf), np.zeros(tau2.shape), np.ones(tau2.shape)
    for _ in range(STEPS):
        onward = step(*_weighted(y, v, tau2))
        pace, before = np.where(onward * before < 0, pace / 2, pace), onward  # or it may swing
        following = np.maximum(tau2 + pace * onward, 0)
        moved, tau2 = np.abs(following - tau2), following
        if not np.any(moved > CLOSE * (tau2 + size)):
            break
    return np.where(moved > CLOSE * (tau2 + size), np.nan, tau2)


_ESTIMATORS: dict[str, Callable[[FloatArray, FloatArray], FloatArray]] = {
    "dl": _dersimonian_laird,
    "he": _hedges,
    "pm": _paule_mandel,
    "ml": _likelihood,
    "reml": _restricted,
}
