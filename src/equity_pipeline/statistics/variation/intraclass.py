"""Intraclass correlation from the counts or sums of units, by analysis of variance."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import fdtri

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    arrays,
    critical,
    divide,
    require,
    require_counts,
)
from equity_pipeline.statistics.reading import together

FEW_UNITS = 10


def intraclass_correlation(
    n: ArrayLike, s: ArrayLike, ss: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Return the share of variance between units, by analysis of variance, with F limits.

    Parameters
    ----------
    n, s, ss
        People, sum and sum of squares of each unit; the units lie on the last axis, groups on the
        axes before it. Units without people do not count.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        Of the shape of the leading axes; ``n`` is the number of units. Below 0 where units differ
        less than chance lets them. NaN where fewer than two units have people, where no unit has
        two, or where nothing varies. With unequal units the limits are approximate.

    Raises
    ------
    MethodError
        If counts are negative, a square sum is impossible or there is only one unit.

    References
    ----------
    Searle SR (1971), Linear models. Smith CAB (1957), Annals of Human Genetics 21:363-373.
    Donner A (1979), American Journal of Epidemiology 110:335-342 (unequal units).

    Examples
    --------
    >>> alike = intraclass_correlation([3, 3, 3], [6, 15, 24], [14, 77, 194])
    >>> [round(float(v), 4) for v in (alike.value, alike.lower, alike.upper)]
    [0.8966, 0.4754, 0.9972]
    """
    people, total, squares = _unit_sums(n, s, ss)
    value, ratio, size, inner, outer = _analysis_of_variance(people, total, squares)
    critical(confidence)
    tail = (1 - confidence) / 2
    lower, upper = (
        divide(ratio / f - 1, ratio / f + size - 1)
        for f in (fdtri(outer, inner, 1 - tail), fdtri(outer, inner, tail))
    )
    units = outer + 1
    error = _smith_error(value, people, size)
    made = Estimate(value, lower, upper, error, "anova_f", n=units)
    return made.warned(Caution.FEW_PEOPLE, units < FEW_UNITS)


def intraclass_correlation_binary(
    events: ArrayLike, at_risk: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Return the intraclass correlation of a yes-or-no outcome, with F limits.

    The correlation is of the 0s and 1s themselves, not of the latent scale: compare with
    the latent share only with that in mind. F limits hold the truth in 95 of 100 draws where a
    normal interval on Smith's error holds it in 91 to 94 (60 units or fewer); where the outcome
    is rare and units differ much, they too are short.

    Parameters
    ----------
    events, at_risk
        Counts of each unit, ``0 <= events <= at_risk``; units on the last axis.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        As :func:`intraclass_correlation`.

    Raises
    ------
    MethodError
        If counts are impossible or there is only one unit.

    References
    ----------
    Ridout MS, Demetrio CGB, Firth D (1999), doi:10.1111/j.0006-341X.1999.00137.x.
    Smith CAB (1957), Annals of Human Genetics 21:363-373.

    Examples
    --------
    >>> alike = intraclass_correlation_binary([10, 25, 30, 12], [50, 60, 50, 40])
    >>> round(float(alike.value), 4), round(float(alike.standard_error), 4)
    (0.1021, 0.0892)
    """
    x, size = together(events, at_risk, where="intraclass_correlation_binary")
    require_counts(x, size, where="intraclass_correlation_binary")
    return intraclass_correlation(size, x, x, confidence=confidence)


def _unit_sums(n: ArrayLike, s: ArrayLike, ss: ArrayLike) -> list[FloatArray]:
    people, total, squares = arrays(n, s, ss)
    where = "intraclass_correlation"
    require(
        people.ndim >= 1 and people.shape[-1] >= 2,
        "One unit says nothing of the spread between units.",
        where=where,
        mend="give two units or more on the last axis",
    )
    require(
        np.isfinite(people) & np.isfinite(total) & np.isfinite(squares) & (people >= 0),
        "Counts or sums are negative, missing or infinite.",
        where=where,
        mend="give people, sum and sum of squares of every unit; 0 people for an empty one",
    )
    # by Cauchy and Schwarz; rounding of the sums may break it by a hair
    require(
        squares * people >= total**2 * (1 - 1e-9),
        "A sum of squares is smaller than the squared sum allows.",
        where=where,
        mend="check that ss is the sum of squares of the same people's values as s",
    )
    return [people, total, squares]


def _analysis_of_variance(
    people: FloatArray, total: FloatArray, squares: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return correlation, F ratio, typical size and degrees of freedom within and between."""
    everyone, units = people.sum(axis=-1), (people > 0).sum(axis=-1).astype(np.float64)
    means = np.where(people > 0, divide(total, people), 0.0)
    grand = np.expand_dims(divide(total.sum(axis=-1), everyone), -1)
    inner, outer = everyone - units, units - 1
    usable = (inner > 0) & (outer > 0)
    inner, outer = np.where(usable, inner, np.nan), np.where(usable, outer, np.nan)
    within = np.maximum(squares - people * means**2, 0).sum(axis=-1) / inner
    between = (people * (means - grand) ** 2).sum(axis=-1) / outer
    size = (everyone - divide((people**2).sum(axis=-1), everyone)) / outer
    value = divide(between - within, between + (size - 1) * within)
    ratio = np.where(within > 0, divide(between, within), np.nan)
    return value, ratio, size, inner, outer


def _smith_error(value: FloatArray, people: FloatArray, size: FloatArray) -> FloatArray:
    everyone, units = people.sum(axis=-1), (people > 0).sum(axis=-1)
    second, third = (people**2).sum(axis=-1), (people**3).sum(axis=-1)
    uneven = second - 2 * divide(third, everyone) + divide(second, everyone) ** 2
    inner = divide((1 + value * (size - 1)) ** 2, everyone - units)
    outer = (units - 1) * (1 - value) * (1 + value * (2 * size - 1)) + value**2 * uneven
    spread = inner + divide(outer, (units - 1.0) ** 2)
    return np.asarray(np.sqrt(np.maximum(2 * (1 - value) ** 2 / size**2 * spread, 0)))
