"""What noise alone does to an index over groups, and limits from seeded draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, chdtri, chndtrinc, ndtr, ndtri

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    divide,
    require,
)
from equity_pipeline.statistics.inequality.given import Groups, curvature, dot, groups

Measure = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, slots=True)
class NoiseBand:
    """What an index would be if all groups were equal and only noise spread them.

    Attributes
    ----------
    expected
        Its mean under noise alone: the part of the index that is bias.
    upper
        What noise alone stays below with the asked confidence.
    p
        How often noise alone gives at least the index that was seen.
    method
        ``chi2_two_moments``, or ``simulated`` with draws and seed.
    """

    expected: FloatArray
    upper: FloatArray
    p: FloatArray
    method: str


def variance_noise(
    values: ArrayLike, shares: ArrayLike, errors: ArrayLike, *, confidence: float = 0.95
) -> NoiseBand:
    """Return what noise alone makes of the between-group variance.

    The expectation, the sum of p (1 - p) s^2, is exact; the distribution is a scaled chi-square
    with the right mean and variance.

    Parameters
    ----------
    values, shares, errors
        Values, sizes and independent standard errors of the groups (..., L).
    confidence
        Share of noise that stays below ``upper``, between 0 and 1.

    Raises
    ------
    MethodError
        If there are fewer than two groups, or sizes or errors cannot be.

    References
    ----------
    Satterthwaite FE (1946), Biometrics Bulletin 2:110-114.

    Examples
    --------
    >>> band = variance_noise([0.79, 0.80, 0.80], [42, 40, 38], 0.01)
    >>> float(band.expected.round(7)), float(band.p.round(3))
    (6.66e-05, 0.71)
    """
    critical(confidence)
    given = groups(values, shares, errors, where="variance_noise")
    seen, expected, scale, freedom = _chi2(given)
    upper = scale * chdtri(freedom, 1 - confidence)
    return NoiseBand(expected, upper, chdtrc(freedom, divide(seen, scale)), "chi2_two_moments")


def noise_corrected_variance(
    values: ArrayLike, shares: ArrayLike, errors: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """Return the between-group variance without the part that noise adds; 0 if that is all.

    Parameters and errors as in :func:`variance_noise`.

    Returns
    -------
    Estimate
        Limits from the noncentral chi-square, so that they hold where groups are equal too;
        groups nearer to each other than noise alone would bring them are read as if they lay
        as far apart as it does, and never give an interval without width.

    References
    ----------
    Cowan G, Cranmer K, Gross E, Vitells O (2011), arXiv:1105.3166, on power constraints.

    Examples
    --------
    >>> bgv = noise_corrected_variance([0.79, 0.85, 0.89], [42, 40, 38], 0.01)
    >>> [round(float(x), 6) for x in (bgv.value, bgv.lower, bgv.upper)]
    [0.001631, 0.000865, 0.00272]
    """
    given = groups(values, shares, errors, where="noise_corrected_variance")
    seen, expected, scale, freedom = _chi2(given)
    half, z = (1 - confidence) / 2, critical(confidence)
    x = divide(seen, scale)
    lower = scale * _noncentrality(x, freedom, 1 - half)
    upper = scale * _noncentrality(np.maximum(x, freedom), freedom, half)
    value = np.clip(np.maximum(seen - expected, 0), lower, upper)
    error = (upper - lower) / (2 * z)
    sure = scale == 0
    made = Estimate(
        np.where(sure, seen, value),
        np.where(sure, seen, lower),
        np.where(sure, seen, upper),
        np.where(sure, 0, error),
        "bgv_noncentral_chi2",
    )
    return made.where(given.enough).warned(Caution.AT_BOUND, given.enough & (seen < expected))


def noise_band(
    measure: Measure,
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike,
    *,
    draws: int,
    seed: int,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    confidence: float = 0.95,
) -> NoiseBand:
    """Return what noise alone makes of any index over groups, from seeded draws.

    All groups are put at the population mean and drawn with their own errors.

    Parameters
    ----------
    measure
        Gives an index (...) for values (..., L).
    values, shares, errors
        Values, sizes and independent standard errors of the groups (..., L).
    draws, seed
        How many draws, and where the generator starts.
    bounds
        What values can at least and at most be; draws stay between.
    confidence
        Share of noise that stays below ``upper``, between 0 and 1.

    Raises
    ------
    MethodError
        If there are fewer than two groups or a hundred draws, or sizes or errors cannot be.

    References
    ----------
    Davison AC, Hinkley DV (1997), Bootstrap methods and their application, section 4.2.

    Examples
    --------
    >>> from equity_pipeline.statistics.inequality import theil_index
    >>> y, n = [0.79, 0.80, 0.80], [42, 40, 38]
    >>> band = noise_band(
    ...     lambda y: theil_index(y, n).value, y, n, 0.01, draws=1000, seed=2024, bounds=(0, 1)
    ... )
    >>> bool(band.expected > theil_index(y, n).value), band.method
    (True, 'simulated_1000_seed_2024')
    """
    critical(confidence)
    given = groups(values, shares, errors, where="noise_band")
    seen = np.asarray(measure(given.values))
    level = np.broadcast_to(given.mean[..., np.newaxis], given.values.shape)
    made = np.asarray(measure(_drawn(level, given.errors, draws, seed, bounds, "noise_band")))
    unknown = np.isnan(seen) | np.isnan(made).any(axis=0)
    return NoiseBand(
        made.mean(axis=0),
        np.quantile(made, confidence, axis=0),
        (1 + (made >= seen).sum(axis=0)) / np.where(unknown, np.nan, draws + 1),
        f"simulated_{draws}_seed_{seed}",
    )


def simulated(
    measure: Measure,
    values: ArrayLike,
    shares: ArrayLike,
    errors: ArrayLike,
    *,
    draws: int,
    seed: int,
    bounds: tuple[float, float] = (-np.inf, np.inf),
    confidence: float = 0.95,
) -> Estimate:
    """Return any index over groups with percentile limits of seeded draws about the values.

    Drawing adds noise to noise, so an index that cannot be negative is drawn too large: these
    are the limits that others publish, not those to prefer. They are widened to hold the value.

    Parameters and errors as in :func:`noise_band`.

    References
    ----------
    Ahn J, Harper S, Yu M, Feuer EJ, Liu B (2019), doi:10.1371/journal.pone.0219542.

    Examples
    --------
    >>> from equity_pipeline.statistics.inequality import between_group_variance
    >>> y, n = [0.79, 0.85, 0.89], [42, 40, 38]
    >>> bgv = simulated(
    ...     lambda y: between_group_variance(y, n).value, y, n, 0.01, draws=1000, seed=2024
    ... )
    >>> bool(bgv.lower < bgv.value < bgv.upper), bgv.method
    (True, 'simulated_1000_seed_2024')
    """
    critical(confidence)
    tail = (1 - confidence) / 2
    given = groups(values, shares, errors, where="simulated")
    value = np.asarray(measure(given.values))
    made = np.asarray(measure(_drawn(given.values, given.errors, draws, seed, bounds, "simulated")))
    lower, upper = np.quantile(made, [tail, 1 - tail], axis=0)
    result = Estimate(
        value,
        np.minimum(lower, value),
        np.maximum(upper, value),
        made.std(axis=0, ddof=1),
        f"simulated_{draws}_seed_{seed}",
    )
    return result.warned(Caution.SEEDED)


def _chi2(given: Groups) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return BGV, its expectation under noise, and scale and freedom of that noise."""
    p, v = given.shares, given.errors**2
    seen = dot(p, (given.values - given.mean[..., np.newaxis]) ** 2)
    expected = dot(p * (1 - p), v)
    half = curvature(given) / 2
    return seen, expected, divide(half, expected), divide(expected**2, half)


def _noncentrality(x: FloatArray, freedom: FloatArray, share: float) -> FloatArray:
    """Return the noncentrality at which a chi-square is at most x with this probability, or 0."""
    above = 1 - chdtrc(freedom, x) > share
    return np.where(above, chndtrinc(x, freedom, share), 0 * x)


def _drawn(
    centre: FloatArray,
    errors: FloatArray,
    draws: int,
    seed: int,
    bounds: tuple[float, float],
    where: str,
) -> FloatArray:
    """Return normal draws (draws, ..., L), those outside the bounds drawn again."""
    low, high = bounds
    require(
        draws >= 100, "There are fewer than 100 draws.", where=where, mend="draw 1000 times or more"
    )
    if not low < high or np.any(centre < low) or np.any(centre > high):
        raise MethodError(
            "The bounds are the wrong way round, or a value is outside them.",
            where=where,
            mend="give what values can at least and at most be",
        )
    uniform = np.random.default_rng(seed).random((draws, *centre.shape))
    spread = np.where(errors > 0, errors, 1)
    first, last = ndtr((low - centre) / spread), ndtr((high - centre) / spread)
    made = centre + errors * ndtri(first + uniform * (last - first))
    return np.asarray(np.clip(made, low, high))
