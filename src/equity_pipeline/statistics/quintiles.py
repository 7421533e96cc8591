"""Fifths of the population by the areas that people live in."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import require
from equity_pipeline.statistics.reading import together


def weighted_quintile(
    value: ArrayLike,
    weight: ArrayLike,
    *,
    worst_is_low: bool,
    rule: Literal["midpoint", "cumulative"] = "midpoint",
) -> NDArray[np.int64]:
    """Return the population fifth of each area: 1 = most disadvantaged, 5 = least, 0 = unknown.

    Areas with one value are one block. With ``midpoint`` a block belongs to the fifth in which
    the middle of its population falls (the upper one where it falls on the border); with
    ``cumulative`` to the fifth in which its last person falls. Where a block holds more than a
    fifth, fifths are unequal and some may be empty.

    Parameters
    ----------
    value, weight
        Value and population of the areas (m,); a NaN value or population gives 0 and takes no
        part in the ranking.
    worst_is_low
        Whether low values are the disadvantaged side (income, employment).
    rule
        How a block is placed.

    Raises
    ------
    MethodError
        If a population is negative, or the rule is unknown.

    Examples
    --------
    >>> weighted_quintile([5, 1, 3, 2, 4, float("nan")], 100, worst_is_low=True).tolist()
    [5, 1, 3, 2, 4, 0]
    """
    y, population = together(value, weight, where="weighted_quintile")
    require(
        ~(population < 0),
        "An area has fewer than no inhabitants.",
        where="weighted_quintile",
        mend="give each area its population, 0 or more",
    )
    made = np.zeros(y.shape, dtype=np.int64)
    known = ~(np.isnan(y) | np.isnan(population))
    _, block = np.unique(y[known] if worst_is_low else -y[known], return_inverse=True)
    size = np.bincount(block, population[known]).astype(np.float64)
    if not size.sum() > 0:
        return made
    made[known] = _fifth(size, rule)[block]
    return made


def _fifth(size: NDArray[np.float64], rule: str) -> NDArray[np.int64]:
    last = np.cumsum(size)
    # multiplied before dividing: whole populations on a border are then placed exactly
    if rule == "midpoint":
        fifth = np.floor(5 * (2 * last - size) / (2 * last[-1])) + 1
    elif rule == "cumulative":
        fifth = np.ceil(5 * last / last[-1])
    else:
        raise MethodError(
            f"{rule!r} is no rule for placing areas.",
            where="weighted_quintile",
            mend="use 'midpoint' or 'cumulative'",
        )
    return np.asarray(np.clip(fifth, 1, 5), dtype=np.int64)
