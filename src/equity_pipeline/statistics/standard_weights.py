"""Standard populations, and what is done where a standard stratum is empty."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.estimate import FloatArray, divide, require

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


class Weighed(NamedTuple):
    """Normalised weights with the axis last, those in use, and what was done about gaps."""

    weights: FloatArray
    enough: NDArray[np.bool_]
    suffix: str


def weigh(value: FloatArray, weights: FloatArray) -> Weighed:
    """Return the weights of strata with a value, normalised along the last axis.

    ``enough`` is false for groups whose empty strata hold more than 5 % of the weight; the
    suffix tells that some group was renormalised.
    """
    require(
        (weights >= 0) & np.isfinite(weights),
        "A standard weight is negative or missing.",
        where="standardise",
        mend="give each stratum of the standard population its number of people, or 0",
    )
    seen = np.where(np.isnan(value), 0.0, weights)
    total, left = weights.sum(axis=-1), seen.sum(axis=-1)
    # weights such as .60 and .35 do not add up to the last digit
    lacking = (total - left) - MISSING_WEIGHT_AT_MOST * total
    enough = (total > 0) & (lacking <= 1e-9 * total)
    suffix = "_renormalised" if np.any(enough & (left < total)) else ""
    return Weighed(divide(seen, left[..., np.newaxis]), enough, suffix)


def dot(weights: FloatArray, value: FloatArray) -> FloatArray:
    """Return the weighted sums along the last axis; what has no weight may be NaN."""
    used = np.where(weights > 0, value, 0.0)
    return np.asarray((np.nan_to_num(weights) * used).sum(axis=-1))
