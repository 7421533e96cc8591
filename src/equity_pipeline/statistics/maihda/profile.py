"""Limits where the likelihood, all else refitted, has fallen by as much as chance allows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from equity_pipeline.statistics.estimate import critical

DOUBLINGS = 60


def profile_limits(
    loglik: Callable[[float], float],
    best: float,
    top: float,
    step: float,
    *,
    confidence: float,
    ceiling: float = np.inf,
) -> tuple[float, float]:
    """Return the limits of a parameter that is at least 0, from its profile log-likelihood.

    Parameters
    ----------
    loglik
        The greatest log-likelihood with the parameter held at a value.
    best, top
        The parameter's estimate and the log-likelihood there.
    step
        About one standard error: how far apart to look.
    confidence
        Coverage, between 0 and 1.
    ceiling
        How far to look for an upper limit; without one there it is NaN.
    """
    z = critical(confidence)

    def beyond(value: float) -> float:
        # the root of the deviance is nearly a straight line in the parameter
        return float(np.sqrt(max(2 * (top - loglik(value)), 0.0)) - z)

    lower = 0.0
    if best > 0 and beyond(0.0) > 0:
        lower = _between(beyond, 0.0, best, z)
    reach = z * step
    for _ in range(DOUBLINGS):
        outside = min(best + reach, ceiling)
        if beyond(outside) > 0:
            return lower, _between(beyond, best, outside, z)
        if outside == ceiling:
            break
        reach *= 2
    return lower, float("nan")


def adjusted_limits(
    loglik: Callable[[float], float],
    best: float,
    step: float,
    *,
    confidence: float,
    ceiling: float = np.inf,
) -> tuple[float, float]:
    """Return limits about the top of an adjusted profile, which is not at the estimate itself.

    Parameters, with ``best`` the unadjusted estimate, are those of :func:`profile_limits`. The
    limits always hold the estimate.
    """
    found = minimize_scalar(
        lambda value: -loglik(float(value)), bounds=(0.0, min(best + 4 * step, ceiling)),
        method="bounded", options={"xatol": 1e-4 * step},
    )  # fmt: skip
    highest, top = float(found.x), -float(found.fun)
    if loglik(0.0) >= top:
        highest, top = 0.0, loglik(0.0)
    lower, upper = profile_limits(
        loglik, highest, top, step, confidence=confidence, ceiling=ceiling
    )
    return min(lower, best), max(upper, best)


def _between(beyond: Callable[[float], float], one: float, other: float, z: float) -> float:
    if beyond(one) * beyond(other) > 0:
        return float("nan")  # so flat a likelihood has no limit here
    return float(brentq(beyond, one, other, xtol=1e-7 * z, rtol=1e-7))
