"""Standard populations, and what is done where a standard stratum is empty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.reading import codes, together

MISSING_WEIGHT_AT_MOST = 0.05  # more than this of the population unseen is no standardisation

ESP2013: Mapping[str, int] = MappingProxyType(
    {
        "00-04": 5000,
        "05-09": 5500,
        "10-14": 5500,
        "15-19": 5500,
        "20-24": 6000,
        "25-29": 6000,
        "30-34": 6500,
        "35-39": 7000,
        "40-44": 7000,
        "45-49": 7000,
        "50-54": 7000,
        "55-59": 6500,
        "60-64": 6000,
        "65-69": 5500,
        "70-74": 5000,
        "75-79": 4000,
        "80-84": 2500,
        "85+": 2500,
    }
)
"""European standard population 2013 per age group (Eurostat 2013, ISBN 978-92-79-31094-2)."""


def esp2013(first_ages: Sequence[int]) -> FloatArray:
    """Return the European standard population in age bands that begin at these ages.

    Parameters
    ----------
    first_ages
        First age of each band, rising, the first 0; each a multiple of 5 up to 85. A band ends
        where the next begins; the last is open.

    Raises
    ------
    MethodError
        If a band begins inside a five-year group, or the ages do not rise from 0.

    References
    ----------
    Eurostat (2013), Revision of the European Standard Population, ISBN 978-92-79-31094-2.

    Examples
    --------
    >>> esp2013([0, 20, 65])
    array([21500., 59000., 19500.])
    """
    ages = codes(first_ages, where="esp2013")
    known = np.arange(0, 90, 5)
    require(
        ages.ndim == 1 and ages.size > 0 and ages[0] == 0 and np.isin(ages, known).all(),
        "An age band begins inside a five-year group, or the first does not begin at 0.",
        where="esp2013",
        mend="give first ages such as [0, 20, 65]: multiples of 5 from 0 to 85",
    )
    require(
        np.diff(ages) > 0,
        "The age bands do not rise.",
        where="esp2013",
        mend="give each first age once, in order",
    )
    people = np.array(list(ESP2013.values()), dtype=np.float64)
    return np.asarray(np.add.reduceat(people, np.searchsorted(known, ages)))


def own_region(people: ArrayLike, *, axis: int = 0) -> FloatArray:
    """Return the region's own standard: the share of all its people in each standard stratum.

    Parameters
    ----------
    people
        People per group (along ``axis``) and standard stratum, not negative, all groups of the
        region together. NaN is refused: a group that is not counted is no part of a standard.
    axis
        Where the groups lie; they are summed over.

    Returns
    -------
    ndarray
        Shares that sum to 1 over all strata.

    Raises
    ------
    MethodError
        If people are negative, missing or infinite, or there are none.

    Examples
    --------
    >>> own_region([[30, 10], [10, 50]])
    array([0.4, 0.6])
    """
    counted = together(people, where="own_region")[0]
    require(
        (counted >= 0) & np.isfinite(counted) & (counted.sum() > 0),
        "The standard's people are negative, missing, infinite, or there are none.",
        where="own_region",
        mend="give the number of people of every group in every standard stratum",
    )
    return np.asarray(counted.sum(axis=axis) / counted.sum())


class Weighed(NamedTuple):
    """Normalised weights with the axis last, those in use, and what was done about gaps."""

    weights: FloatArray
    enough: NDArray[np.bool_]
    suffix: str
    left_out: NDArray[np.bool_]


def weigh(value: FloatArray, weights: FloatArray) -> Weighed:
    """Return the weights of strata with a value, normalised along the last axis.

    ``enough`` is false for groups whose empty strata hold more than 5 % of the weight;
    ``left_out`` tells which groups were renormalised, the suffix that some group was.

    Raises
    ------
    MethodError
        If a weight is negative or missing, or all of a group's weights are 0.

    Examples
    --------
    >>> made = weigh(np.array([0.8, 0.5, np.nan]), np.array([0.6, 0.36, 0.04]))
    >>> made.weights, bool(made.enough), made.suffix
    (array([0.625, 0.375, 0.   ]), True, '_renormalised')
    """
    require(
        (weights >= 0) & np.isfinite(weights),
        "A standard weight is negative or missing.",
        where="standardise",
        mend="give each stratum of the standard population its number of people, or 0",
    )
    seen = np.where(np.isnan(value), 0.0, weights)
    total, left = weights.sum(axis=-1), seen.sum(axis=-1)
    require(
        total > 0,
        "All standard weights are 0.",
        where="standardise",
        mend="give a standard population with people in it, its strata along axis",
    )
    # weights such as .60 and .35 do not add up to the last digit
    lacking = (total - left) - MISSING_WEIGHT_AT_MOST * total
    enough = lacking <= 1e-9 * total
    left_out = np.asarray(enough & (left < total))
    suffix = "_renormalised" if left_out.any() else ""
    return Weighed(divide(seen, left[..., np.newaxis]), enough, suffix, left_out)


def dot(weights: FloatArray, value: FloatArray) -> FloatArray:
    """Return the weighted sums along the last axis; what has no weight may be NaN.

    Examples
    --------
    >>> float(dot(np.array([0.5, 0.5, 0.0]), np.array([1.0, 3.0, np.nan])))
    2.0
    """
    used = np.where(weights > 0, value, 0.0)
    return np.asarray((np.nan_to_num(weights) * used).sum(axis=-1))


def people_in_use(size: FloatArray, chosen: Weighed) -> FloatArray:
    """Return the people of each group in strata that have a weight, along the last axis.

    Examples
    --------
    >>> chosen = weigh(np.array([0.8, 0.5]), np.array([1.0, 0.0]))
    >>> float(people_in_use(np.array([10.0, 99.0]), chosen))
    10.0
    """
    return np.asarray(np.where(chosen.weights > 0, np.nan_to_num(size), 0).sum(axis=-1))
