"""Mean distances of the groups: from the best, the mean or a reference; index of disparity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Estimate, FloatArray, divide, require
from equity_pipeline.statistics.inequality.given import (
    Groups,
    best_place,
    delta,
    dot,
    groups,
    never_negative,
    over_mean,
    place_of,
    side,
)
from equity_pipeline.statistics.judgement import Direction
from equity_pipeline.statistics.reading import numbers


def difference_from_best(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    direction: str,
    weighted: bool,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean distance from the best group: MDBW if weighted by size, else MDBU.

    Parameters
    ----------
    values, shares
        Values and sizes of the groups (..., L); those without people are left out.
    errors
        Standard errors of the values, independent; without them the limits are NaN.
    direction
        ``higher`` or ``lower`` is good; ``neutral`` gives NaN.
    weighted
        Whether each group counts by its size, or as one.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        The limits are those of a best group named beforehand, cut at 0: that it was picked for
        being best makes the distance too large on the whole (see :func:`noise_band`).

    Raises
    ------
    MethodError
        If there are fewer than two groups, or sizes, errors or direction cannot be.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.

    Examples
    --------
    >>> told = {"direction": "higher", "weighted": False}
    >>> mdbu = difference_from_best([0.79, 0.85, 0.89], [42, 40, 38], 0.01, **told)
    >>> round(float(mdbu.value), 6), round(float(mdbu.standard_error), 6)
    (0.046667, 0.008165)
    """
    where = "difference_from_best"
    given = groups(values, shares, errors, where=where)
    good = side(direction, where=where)
    place = best_place(given, good)
    weights = given.weights(weighted)
    value = dot(weights, np.abs(given.values - given.taken(place)[0][..., np.newaxis]))
    slope = _one_hot(place, given) - weights
    known = given.enough & (good is not Direction.NEUTRAL)
    return never_negative(
        value, delta(slope, given.errors), known, confidence=confidence, method="distance_delta"
    )


def difference_from_mean(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    weighted: bool,
    average: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean distance from the mean: MDMW if weighted by size, else MDMU.

    Parameters
    ----------
    values, shares, errors, weighted, confidence
        As in :func:`difference_from_best`.
    average
        The setting's average if it is known otherwise, and then without error; by default the
        groups' values weighted by size.

    Returns
    -------
    Estimate
        Limits cut at 0. Distances have a kink where a group lies at the mean: the error takes
        the expected first and second derivatives over the noise, and is then smooth and above 0.

    Raises
    ------
    MethodError
        If there are fewer than two groups, or sizes, errors or the average cannot be.

    References
    ----------
    Houdre C, Kagan A (1995), Journal of Theoretical Probability 8:23-30.

    Examples
    --------
    >>> mdmw = difference_from_mean([0.79, 0.85, 0.89], [42, 40, 38], 0.01, weighted=True)
    >>> round(float(mdmw.value), 6), round(float(mdmw.standard_error), 6)
    (0.036167, 0.005252)
    """
    given = groups(values, shares, errors, where="difference_from_mean")
    point, q = _about(given, average, "difference_from_mean")
    value, slope, bend = _mean_distance(given, given.weights(weighted), point, q)
    variance = delta(slope, given.errors) + bend
    return never_negative(
        value, variance, given.enough, confidence=confidence, method="distance_smooth_delta"
    )


def difference_from_reference(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    reference: ArrayLike | None,
    weighted: bool,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean distance from a reference group: MDRW if weighted by size, else MDRU.

    Parameters
    ----------
    values, shares, errors, weighted, confidence
        As in :func:`difference_from_best`; the reference itself counts among the groups.
    reference
        Its place, from 0, single or one for each stratum; None gives NaN.

    Returns
    -------
    Estimate
        Limits as in :func:`difference_from_mean`.

    Raises
    ------
    MethodError
        If there are fewer than two groups, or sizes, errors or the reference cannot be.

    References
    ----------
    World Health Organization (2013), Handbook on health inequality monitoring.

    Examples
    --------
    >>> told = {"reference": 2, "weighted": False}
    >>> mdru = difference_from_reference([0.79, 0.85, 0.89], [42, 40, 38], 0.01, **told)
    >>> round(float(mdru.value), 6), round(float(mdru.standard_error), 6)
    (0.046667, 0.008146)
    """
    where = "difference_from_reference"
    given = groups(values, shares, errors, where=where)
    place = place_of(0 if reference is None else reference, given, where=where)
    there = given.taken(place)[2] > 0
    q = _one_hot(place, given)
    value, slope, bend = _mean_distance(given, given.weights(weighted), dot(q, given.values), q)
    known = given.enough & there & (reference is not None)
    variance = delta(slope, given.errors) + bend
    return never_negative(
        value, variance, known, confidence=confidence, method="distance_smooth_delta"
    )


def index_of_disparity(
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike | None = None,
    *,
    weighted: bool,
    average: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """Return the index of disparity, a part of 1: IDISW if weighted by size, else IDISU.

    It is the mean distance from the mean over the mean. Parameters, limits and errors as in
    :func:`difference_from_mean`; NaN unless the mean is above 0.

    References
    ----------
    Pearcy JN, Keppel KG (2002), Public Health Reports 117:273-280.

    Examples
    --------
    >>> idisw = index_of_disparity([0.79, 0.85, 0.89], [42, 40, 38], 0.01, weighted=True)
    >>> round(float(idisw.value), 6), round(float(idisw.standard_error), 6)
    (0.04297, 0.006257)
    """
    given = groups(values, shares, errors, where="index_of_disparity")
    point, q = _about(given, average, "index_of_disparity")
    distance, slope, bend = _mean_distance(given, given.weights(weighted), point, q)
    value = over_mean(distance, point)
    slope = over_mean(slope - value[..., np.newaxis] * q, point[..., np.newaxis])
    variance = delta(slope, given.errors) + over_mean(bend, point**2)
    return never_negative(
        value, variance, given.enough, confidence=confidence, method="disparity_smooth_delta"
    )


def _about(given: Groups, average: ArrayLike | None, where: str) -> tuple[FloatArray, FloatArray]:
    """Return the point that distances are taken from, and its weights of the groups' values."""
    if average is None:
        return given.mean, given.shares
    known = numbers(average, where=where)
    require(
        np.isfinite(known), "The setting's average is missing.", where=where, mend="give a number"
    )
    try:
        point = np.broadcast_to(known, given.mean.shape)
    except ValueError as error:
        raise MethodError(
            "The average has another shape than the strata.",
            where=where,
            mend="give one average, or one for each stratum",
        ) from error
    return point, np.zeros_like(given.shares)


def _one_hot(place: np.ndarray, given: Groups) -> FloatArray:
    return np.asarray(np.arange(given.values.shape[-1]) == place[..., np.newaxis], dtype=np.float64)


def _mean_distance(
    given: Groups, weights: FloatArray, point: FloatArray, q: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the mean distance from the point q'y, its expected derivatives, and their bend.

    With X = y - q'y and normal noise, the expected derivative of |X| is 2 Phi(x/s) - 1, and that
    of its derivative 2 phi(x/s)/s. The bend is half the squared sum of the latter with the
    covariances of X, written out so that no table of groups by groups is made.
    """
    apart = given.values - point[..., np.newaxis]
    v = given.errors**2
    u, c = q * v, dot(q**2, v)[..., np.newaxis]
    own = np.maximum(v - 2 * u + c, 0)
    spread = np.sqrt(own)
    sure = own == 0
    z = divide(apart, spread)
    turn = np.where(sure, np.sign(apart), 2 * ndtr(z) - 1)
    h = np.where(sure, 0, weights * 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi))
    h = np.where(sure, 0, divide(h, spread))
    pulled = weights * turn
    slope = pulled - q * pulled.sum(axis=-1, keepdims=True)
    h0, h1, h2 = h.sum(axis=-1), (h * u).sum(axis=-1), (h * u**2).sum(axis=-1)
    c0 = c[..., 0]
    pairs = c0**2 * h0**2 + 2 * h0 * h2 - 4 * c0 * h0 * h1 + 2 * h1**2
    diagonal = (h**2 * (own**2 - (c - 2 * u) ** 2)).sum(axis=-1)
    return dot(weights, np.abs(apart)), slope, np.maximum(pairs + diagonal, 0) / 2
