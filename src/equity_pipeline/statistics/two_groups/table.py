"""The two-by-two table of a cohort with Wald limits, as epidemiologists' tables print it.

Wald limits fail where a cell is 0 (there are none) and are too narrow where cells are small:
prefer :mod:`two_groups`. They stand here to compare with published tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    critical,
    divide,
    log_estimate,
    normal_estimate,
    require_counts,
)
from equity_pipeline.statistics.gaps import risk_ratio
from equity_pipeline.statistics.reading import together

__all__ = ["TwoByTwo", "wald_two_by_two"]

Spread = Literal["share", "independent"]


@dataclass(frozen=True, slots=True)
class TwoByTwo:
    """Measures of association and of impact, each with Wald limits.

    Attributes
    ----------
    risk_ratio, odds_ratio, risk_difference
        Exposed over, and minus, unexposed.
    attributable_fraction
        Share of the exposed's events that they would not have at the risk of the unexposed.
    population_risk
        The whole population's risk minus that of the unexposed (PAR).
    population_fraction
        The same as a share of the population's risk (PAF).
    """

    risk_ratio: Estimate
    odds_ratio: Estimate
    risk_difference: Estimate
    attributable_fraction: Estimate
    population_risk: Estimate
    population_fraction: Estimate


def wald_two_by_two(
    events1: ArrayLike,
    n1: ArrayLike,
    events0: ArrayLike,
    n0: ArrayLike,
    *,
    population_spread: Spread = "share",
    confidence: float = 0.95,
) -> TwoByTwo:
    """Return ratio, difference and attributable parts of exposed and unexposed, with Wald limits.

    Parameters
    ----------
    events1, n1, events0, n0
        Counts of the exposed (1) and the unexposed (0) per stratum, ``0 <= events <= n``.
    population_spread
        How the limits of the population's attributable risk are made. With ``share`` it is the
        share exposed times the risk difference, the share being known. With ``independent`` the
        population and the unexposed, who are part of it, are taken for independent samples, as
        many packages do: too wide, since what both share cancels.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    TwoByTwo
        NaN limits where a measure's formula divides by a cell of 0, and of the difference where
        both risks are 0 or 1: Wald's formula knows no chance there. Attributable parts are
        negative where the exposed have the lower risk.

    Raises
    ------
    MethodError
        If the counts cannot be shares, or the spread is unknown.

    References
    ----------
    Katz D, Baptista J, Azen SP, Pike MC (1978), Biometrics 34:469-474.
    Woolf B (1955), Annals of Human Genetics 19:251-253.
    Fleiss JL (1979), American Journal of Epidemiology 110:103-104.

    Examples
    --------
    >>> table = wald_two_by_two(56, 70, 48, 80)
    >>> odds, part = table.odds_ratio, table.population_fraction
    >>> [round(float(x), 4) for x in (odds.value, odds.lower, odds.upper)]
    [2.6667, 1.2762, 5.572]
    >>> [round(float(x), 4) for x in (part.value, part.lower, part.upper)]
    [0.1346, 0.0268, 0.2305]
    """
    a, m1, c, m0 = together(events1, n1, events0, n0, where="wald_two_by_two")
    require_counts(a, m1, where="wald_two_by_two")
    require_counts(c, m0, where="wald_two_by_two")
    ratio = risk_ratio(a, m1, c, m0, confidence=confidence)
    difference = _difference(a, m1, c, m0, confidence)
    return TwoByTwo(
        ratio,
        _odds(a, m1 - a, c, m0 - c, confidence),
        difference,
        _fraction(ratio),
        _population_risk(a, m1, c, m0, difference, population_spread, confidence),
        _population_fraction(a, m1 - a, c, m0 - c, confidence),
    )


def _difference(
    a: FloatArray, m1: FloatArray, c: FloatArray, m0: FloatArray, confidence: float
) -> Estimate:
    p1, p0 = divide(a, m1), divide(c, m0)
    variance = divide(p1 * (1 - p1), m1) + divide(p0 * (1 - p0), m0)
    error = np.sqrt(np.where(variance > 0, variance, np.nan))  # no cell is 0 without chance
    return normal_estimate(p1 - p0, error, confidence=confidence, method="wald_difference")


def _odds(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, confidence: float
) -> Estimate:
    made = divide(a * d, b * c)
    error = made * np.sqrt(divide(1, a) + divide(1, b) + divide(1, c) + divide(1, d))
    return log_estimate(made, error, confidence=confidence, method="woolf_log")


def _fraction(ratio: Estimate) -> Estimate:
    """Return 1 - 1 / ratio with the limits of the ratio."""
    value, lower, upper = (1 - divide(1, x) for x in (ratio.value, ratio.lower, ratio.upper))
    error = divide(ratio.standard_error, ratio.value**2)
    return Estimate(value, lower, upper, error, "attributable_katz")


def _population_risk(
    a: FloatArray,
    m1: FloatArray,
    c: FloatArray,
    m0: FloatArray,
    difference: Estimate,
    spread: Spread,
    confidence: float,
) -> Estimate:
    everybody, share = divide(a + c, m1 + m0), divide(m1, m1 + m0)
    unexposed = divide(c, m0)
    if spread == "share":
        error = share * difference.standard_error
    elif spread == "independent":
        error = np.sqrt(
            divide(everybody * (1 - everybody), m1 + m0) + divide(unexposed * (1 - unexposed), m0)
        )
    else:
        raise MethodError(
            f"{spread!r} is no way to the limits of the attributable risk.",
            where="wald_two_by_two",
            mend="use 'share' or 'independent'",
        )
    return normal_estimate(
        everybody - unexposed, error, confidence=confidence, method=f"wald_population_{spread}"
    )


def _population_fraction(
    a: FloatArray, b: FloatArray, c: FloatArray, d: FloatArray, confidence: float
) -> Estimate:
    """Return the fraction with limits symmetric in log(1 - fraction)."""
    total = a + b + c + d
    value = divide(a * d - b * c, (a + c) * (c + d))
    spread = np.sqrt(np.maximum(divide(b + value * (a + d), total * c), 0))
    factor = np.exp(critical(confidence) * np.where(spread > 0, spread, np.nan))
    return Estimate(
        value,
        1 - (1 - value) * factor,
        1 - divide(1 - value, factor),
        (1 - value) * spread,
        "population_fraction_log",
    )
