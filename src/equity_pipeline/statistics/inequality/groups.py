"""Inequality over groups in any order: distances, what levelling would mean, tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    FloatArray,
    divide,
    require,
    require_counts,
)
from equity_pipeline.statistics.gradient.grouped import normalised
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.reading import numbers, one_of, together


@dataclass(frozen=True, slots=True)
class Attributable:
    """What all groups at the best group's level would change for the whole population.

    ``par`` is the population's distance to the best level, on the value's scale; ``paf`` that
    distance as a part of the population's unfavourable level.
    """

    par: FloatArray
    paf: FloatArray


def best(values: ArrayLike, direction: str) -> FloatArray:
    """Return the best value of the groups (last axis); NaN if no side is good.

    Parameters
    ----------
    values
        Of the groups (..., L); NaN where one has none.
    direction
        ``higher`` or ``lower`` is good; with any other direction no side is.

    Raises
    ------
    MethodError
        If there are no groups, or no such direction.

    Examples
    --------
    >>> float(best([0.79, 0.89], "higher")), float(best([0.79, 0.89], "neutral"))
    (0.89, nan)
    """
    y = numbers(values, where="best")
    one_of(direction, Direction, where="best, direction")
    require(
        y.ndim > 0 and y.shape[-1] > 0,
        "There are no groups.",
        where="best",
        mend="give the groups on the last axis",
    )
    unknown = np.isnan(y).all(axis=-1)
    if direction == "higher":
        return np.where(unknown, np.nan, np.where(np.isnan(y), -np.inf, y).max(axis=-1))
    if direction == "lower":
        return np.where(unknown, np.nan, np.where(np.isnan(y), np.inf, y).min(axis=-1))
    return np.full(y.shape[:-1], np.nan)


def _shortfall(values: FloatArray, direction: str) -> FloatArray:
    return np.asarray(np.abs(best(values, direction)[..., np.newaxis] - values))


def _weighted(shares: FloatArray, values: FloatArray) -> FloatArray:
    return np.asarray(np.where(shares == 0, 0, shares * values).sum(axis=-1))


def mean_difference_from_best(values: ArrayLike, shares: ArrayLike, direction: str) -> FloatArray:
    """Return the population's mean distance to the best group.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L).
    direction
        ``higher`` or ``lower`` is good; any other gives NaN.

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.

    Examples
    --------
    >>> float(mean_difference_from_best([0.8, 0.9], [1, 3], "higher").round(6))
    0.025
    """
    y, share = together(values, shares, where="mean_difference_from_best")
    return _weighted(normalised(share), _shortfall(y, direction))


def between_group_sd(values: ArrayLike, shares: ArrayLike) -> FloatArray:
    """Return the standard deviation of the groups' values about the population mean.

    It is never 0 in samples: noise alone spreads the groups.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L).

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.

    Examples
    --------
    >>> float(between_group_sd([0.8, 0.9], [1, 1]).round(6))
    0.05
    """
    y, share = together(values, shares, where="between_group_sd")
    p = normalised(share)
    centre = _weighted(p, y)[..., np.newaxis]
    return np.sqrt(_weighted(p, (y - centre) ** 2))


def excess_cases(values: ArrayLike, sizes: ArrayLike, direction: str) -> FloatArray:
    """Return how many cases fewer (or more wanted ones) each group would have at the best level.

    Parameters
    ----------
    values
        Shares, or rates per one unit of ``sizes`` (not per 1 000), of the groups (..., L).
    sizes
        People or person-time of the groups.
    direction
        ``higher`` or ``lower`` is good; any other gives NaN.

    Raises
    ------
    MethodError
        If a size is negative.

    Examples
    --------
    >>> excess_cases([0.79, 0.82, 0.89], [4200, 4100, 3800], "higher").round(6)
    array([420., 287.,   0.])
    """
    y, n = together(values, sizes, where="excess_cases")
    require(
        ~(n < 0),
        "A group has fewer than no people.",
        where="excess_cases",
        mend="give each group its number of people or its person-time",
    )
    return np.asarray(n * _shortfall(y, direction))


def population_attributable(values: ArrayLike, shares: ArrayLike, direction: str) -> Attributable:
    """Return population attributable risk and fraction: arithmetic, not a claim about causes.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L). With ``higher`` as the good side the fraction
        is of the unfavourable part ``1 - value``, so values must be shares; for others it is NaN.
    direction
        ``higher`` or ``lower`` is good; any other gives NaN.

    Raises
    ------
    MethodError
        If shares are negative, missing or all 0.

    References
    ----------
    Levin ML (1953), Acta Unio Internationalis contra Cancrum 9:531-541.

    Examples
    --------
    >>> gain = population_attributable([0.8, 0.9], [1, 1], "higher")
    >>> float(gain.par.round(6)), float(gain.paf.round(6))
    (0.05, 0.333333)
    """
    y, share = together(values, shares, where="population_attributable")
    par = mean_difference_from_best(y, share, direction)
    level = _weighted(normalised(share), y)
    if direction == "higher":
        is_share = ((y >= 0) & (y <= 1)).all(axis=-1)
        level = np.where(is_share, 1 - level, np.nan)
    return Attributable(par, divide(par, level))


def cochran_armitage(
    events: ArrayLike, at_risk: ArrayLike, scores: ArrayLike | None = None
) -> FloatArray:
    """Return z of the trend in shares over ordered groups; above 0 = rising.

    Parameters
    ----------
    events, at_risk
        Counts of the groups (..., L), ``0 <= events <= at_risk``.
    scores
        Places of the groups (..., L); 1, 2, 3, ... if None.

    Returns
    -------
    ndarray
        Standard normal under no trend; NaN where nobody or everybody had the event.

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Armitage P (1955), Biometrics 11:375-386.

    Examples
    --------
    >>> float(cochran_armitage([10, 20, 30], [100, 100, 100]).round(4))
    3.5355
    """
    x, n = together(events, at_risk, where="cochran_armitage")
    require_counts(x, n, where="cochran_armitage")
    x, n = np.atleast_1d(x), np.atleast_1d(n)
    told = np.arange(x.shape[-1]) if scores is None else scores
    place = together(told, x, where="cochran_armitage, scores")[0]
    require(
        ~np.isnan(place),
        "A score is missing.",
        where="cochran_armitage, scores",
        mend="give each group its place on the scale",
    )
    total = n.sum(axis=-1, keepdims=True)
    share = divide(x.sum(axis=-1, keepdims=True), total)
    from_middle = place - divide((n * place).sum(axis=-1, keepdims=True), total)
    rise = ((x - n * share) * from_middle).sum(axis=-1)
    spread = (share * (1 - share))[..., 0] * (n * from_middle**2).sum(axis=-1)
    return divide(rise, np.sqrt(spread))


def heterogeneity_chi2(events: ArrayLike, at_risk: ArrayLike) -> FloatArray:
    """Return Pearson's chi-square for one share in all groups; L - 1 degrees of freedom.

    Parameters
    ----------
    events, at_risk
        Counts of the groups (..., L); groups with nobody add nothing (count them out of L).

    Returns
    -------
    ndarray
        NaN where nobody or everybody had the event.

    Raises
    ------
    MethodError
        If the counts cannot be shares.

    References
    ----------
    Pearson K (1900), Philosophical Magazine 50:157-175.

    Examples
    --------
    >>> float(heterogeneity_chi2([10, 20, 30], [100, 100, 100]))
    12.5
    """
    x, n = together(events, at_risk, where="heterogeneity_chi2")
    require_counts(x, n, where="heterogeneity_chi2")
    share = divide(x.sum(axis=-1, keepdims=True), n.sum(axis=-1, keepdims=True))
    parts = np.where(n == 0, 0, divide((x - n * share) ** 2, n * share * (1 - share)))
    return np.asarray(parts.sum(axis=-1))
