"""What more effect cost: the plane of cost and effect, and effects weighted for equity."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr
from scipy.stats import multivariate_normal

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.reading import covariance_of, together


class Quadrant(StrEnum):
    """Where a programme lies: its cost and effect beside doing as before."""

    MORE_EFFECT_MORE_COST = "more_effect_more_cost"
    MORE_EFFECT_LESS_COST = "more_effect_less_cost"
    LESS_EFFECT_MORE_COST = "less_effect_more_cost"
    LESS_EFFECT_LESS_COST = "less_effect_less_cost"
    NOT_ESTIMATED = "not_estimated"


@dataclass(frozen=True, slots=True)
class CostEffect:
    """Cost per effect, where the point lies and with what certainty, per programme.

    ``cost_per_effect`` is NaN where the effect's interval holds 0: there is then no price of an
    effect. ``quadrant`` holds codes of :class:`Quadrant`; ``probability`` (..., 4) the chance of
    each quadrant in the order of that enum, from the joint normal distribution.
    """

    cost_per_effect: Estimate
    quadrant: np.ndarray[tuple[int, ...], np.dtype[np.str_]]
    probability: FloatArray


def cost_per_effect(
    cost: ArrayLike,
    effect: ArrayLike,
    cost_error: ArrayLike,
    effect_error: ArrayLike,
    *,
    correlation: ArrayLike = 0.0,
    confidence: float = 0.95,
) -> CostEffect:
    """Return the extra cost per extra effect, with Fieller's limits.

    Parameters
    ----------
    cost, effect
        Extra cost and extra effect of each programme, on any scales; above 0 = more.
    cost_error, effect_error
        Their standard errors, not negative.
    correlation
        Of the two estimates, between -1 and 1.
    confidence
        Coverage of the limits, between 0 and 1.

    Raises
    ------
    MethodError
        If an error is negative or missing, or the correlation is out of bounds.

    References
    ----------
    Fieller EC (1954), Journal of the Royal Statistical Society B 16:175-185.
    Willan AR, O'Brien BJ (1996), Health Economics 5:297-305.

    Examples
    --------
    >>> found = cost_per_effect(185, 0.044, 40, 0.010)
    >>> round(float(found.cost_per_effect.value), 2), str(found.quadrant)
    (4204.55, 'more_effect_more_cost')
    """
    c, e, sc, se, rho = together(
        cost, effect, cost_error, effect_error, correlation, where="cost_per_effect"
    )
    require(
        (sc >= 0) & (se >= 0) & (np.abs(rho) <= 1),
        "A standard error is negative or missing, or a correlation is beyond 1.",
        where="cost_per_effect",
        mend="give standard errors of 0 or more and a correlation between -1 and 1",
    )
    ratio, lower, upper, known = _fieller(c, e, sc, se, rho * sc * se, critical(confidence))
    error = np.abs(divide(1, e)) * np.sqrt(
        np.maximum(sc**2 + ratio**2 * se**2 - 2 * ratio * rho * sc * se, 0)
    )
    made = Estimate(ratio, lower, upper, error, "fieller").where(known)
    return CostEffect(
        cost_per_effect=made.warned(Caution.NOT_REACHED, ~known),
        quadrant=_quadrant(c, e),
        probability=_chances(c, e, sc, se, rho),
    )


def equity_weighted_effect(
    effects: ArrayLike,
    covariance: ArrayLike,
    shares: ArrayLike,
    weights: ArrayLike,
    *,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean effect with groups weighted by their people and by declared equity weights.

    With equal weights it is the population's mean effect. Weights are a choice of values: they
    are declared before the effects are seen and shown beside the unweighted effect.

    Parameters
    ----------
    effects, covariance
        Effects of the groups (..., L) and their covariance (..., L, L).
    shares
        People of the groups (..., L), not negative, not all 0.
    weights
        Equity weights (..., L), not negative; scaled so that their mean over people is 1.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If shares or weights are negative, missing, or all 0.

    References
    ----------
    Johannesson M (1999), Health Economics 8:381-386.

    Examples
    --------
    >>> equal = equity_weighted_effect([0.06, 0.02], [[1e-4, 0], [0, 1e-4]], [1, 1], [1, 1])
    >>> poor = equity_weighted_effect([0.06, 0.02], [[1e-4, 0], [0, 1e-4]], [1, 1], [2, 1])
    >>> round(float(equal.value), 4), round(float(poor.value), 4)
    (0.04, 0.0467)
    """
    y, people, value = together(effects, shares, weights, where="equity_weighted_effect")
    mass = people * value
    total = mass.sum(axis=-1, keepdims=True)
    require(
        bool((people >= 0).all() and (value >= 0).all() and (total > 0).all()),
        "People or equity weights are negative, missing or all 0.",
        where="equity_weighted_effect",
        mend="give each group its people and a weight of 0 or more",
    )
    part = mass / total
    spread = covariance_of(y, covariance, where="equity_weighted_effect")
    spread = np.einsum("...i,...ij,...j->...", part, spread, part)
    return normal_estimate(
        (part * y).sum(axis=-1),
        np.sqrt(np.maximum(spread, 0)),
        confidence=confidence,
        method="equity_weighted",
    )


def _fieller(
    c: FloatArray, e: FloatArray, sc: FloatArray, se: FloatArray, sce: FloatArray, z: float
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return ratio, limits, and where the effect's own interval leaves 0 out."""
    known = np.abs(e) > z * se
    below = np.where(known, e**2 - z**2 * se**2, np.nan)
    middle = c * e - z**2 * sce
    root = np.sqrt(np.maximum(middle**2 - below * (c**2 - z**2 * sc**2), 0))
    return divide(c, e), (middle - root) / below, (middle + root) / below, known


def _quadrant(c: FloatArray, e: FloatArray) -> np.ndarray[tuple[int, ...], np.dtype[np.str_]]:
    more = np.where(c > 0, Quadrant.MORE_EFFECT_MORE_COST, Quadrant.MORE_EFFECT_LESS_COST)
    less = np.where(c > 0, Quadrant.LESS_EFFECT_MORE_COST, Quadrant.LESS_EFFECT_LESS_COST)
    return np.where(np.isnan(c + e), Quadrant.NOT_ESTIMATED, np.where(e > 0, more, less))


def _chances(
    c: FloatArray, e: FloatArray, sc: FloatArray, se: FloatArray, rho: FloatArray
) -> FloatArray:
    """Return the chance of each quadrant (..., 4); a standard error of 0 leaves no doubt."""
    known = ~np.isnan(c + e)
    zc, ze = (_steps(np.where(known, x, 0.0), s) for x, s in ((c, sc), (e, se)))
    pc, pe = ndtr(zc), ndtr(ze)
    both = np.array(
        [_both(a, b, r) for a, b, r in zip(zc.ravel(), ze.ravel(), rho.ravel(), strict=True)]
    ).reshape(c.shape)
    made = np.stack([both, pe - both, pc - both, 1 - pe - pc + both], axis=-1)
    return np.where(known[..., np.newaxis], made, np.nan)


def _steps(x: FloatArray, s: FloatArray) -> FloatArray:
    """Return how many errors a number lies from 0; a number without error lies at an end."""
    at_end = np.where(x == 0, 0.0, np.copysign(np.inf, x))
    return np.where(s > 0, divide(x, s), at_end)


def _both(a: float, b: float, rho: float) -> float:
    """Return P(U < a, V < b) of a standard bivariate normal."""
    if np.isinf(a) or np.isinf(b) or abs(rho) == 1:
        least = min(ndtr(a), ndtr(b))
        return float(ndtr(a) * ndtr(b) if abs(rho) < 1 else least if rho > 0 else _opposed(a, b))
    return float(multivariate_normal.cdf([a, b], cov=[[1, rho], [rho, 1]]))


def _opposed(a: float, b: float) -> float:
    return float(max(ndtr(a) + ndtr(b) - 1, 0.0))
