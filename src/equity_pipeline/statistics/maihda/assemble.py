"""Estimates that all random-intercept models make alike: group effects and fitted means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    arrays,
    critical,
    divide,
)
from equity_pipeline.statistics.maihda.rows import Rows
from equity_pipeline.statistics.need.family import Family


def estimate(
    value: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    standard_error: ArrayLike,
    method: str,
    *,
    n: ArrayLike = np.nan,
) -> Estimate:
    """Return an estimate of single numbers or arrays."""
    centre, low, high, error, people = arrays(value, lower, upper, standard_error, n)
    return Estimate(centre, low, high, error, method, n=people)


def through(variance: Estimate, function: Callable[[FloatArray], FloatArray]) -> Estimate:
    """Return a rising function of a variance: its limits are those of the variance."""
    v = variance.value
    value, lower, upper = (function(a) for a in (v, variance.lower, variance.upper))
    move = 1e-4 * v
    slope = divide(function(v + move) - function(v - move), 2 * move)
    made = estimate(value, lower, upper, slope * variance.standard_error, variance.method)
    return replace(made, n=variance.n).warned(Caution.AT_BOUND, v == 0)


def effects_estimate(
    modes: FloatArray, spread: FloatArray, n: FloatArray, variance: Estimate, confidence: float
) -> Estimate:
    """Return the groups' effects with limits of the conditional standard deviation.

    At zero variance every effect is 0 and its conditional deviation too; the limits then say how
    large an effect the variance's upper limit still allows.
    """
    z = critical(confidence)
    at_bound = bool(variance.value == 0)
    reach = z * (np.sqrt(variance.upper) if at_bound else spread)
    name = "variance_upper_limit" if at_bound else "conditional_mode"
    made = estimate(modes, modes - reach, modes + reach, spread, name, n=n)
    return made.warned(Caution.AT_BOUND, at_bound)


def fitted_estimates(
    rows: Rows,
    family: Family,
    beta: FloatArray,
    covariance: FloatArray,
    modes: FloatArray,
    spread: FloatArray,
    pull: FloatArray,
    confidence: float,
) -> tuple[Estimate, Estimate]:
    """Return means with and without group effects, for the rows as they were given.

    ``pull`` (G, p) is how far a group's effect moves against a unit of each fixed effect; errors
    are those of Booth JG, Hobert JP (1998), doi:10.1080/01621459.1998.10474117: the conditional
    variance and that of the fixed effects beyond what the group's effect takes back.
    """
    fixed = rows.X @ beta
    left = rows.X - rows.spread(pull)
    own = (rows.X @ covariance * rows.X).sum(axis=1)
    joint = rows.spread(spread) ** 2 + (left @ covariance * left).sum(axis=1)
    with_group = _on_scale(
        rows, family, fixed + rows.spread(modes), np.sqrt(joint), confidence, "conditional_mean"
    )
    without = _on_scale(rows, family, fixed, np.sqrt(own), confidence, "fixed_part")
    return with_group, without


def _on_scale(
    rows: Rows, family: Family, eta: FloatArray, error: FloatArray, confidence: float, method: str
) -> Estimate:
    """Return the mean of link-scale estimates, with limits made on the link scale."""
    z = critical(confidence)
    value, lower, upper = (
        rows.as_given(family.mean(np.clip(e, -700, 700) if family is not Family.GAUSSIAN else e))
        for e in (eta, eta - z * error, eta + z * error)
    )
    slope = family.slope(value) * rows.as_given(error)
    return estimate(value, lower, upper, slope, method, n=rows.as_given(rows.size))
