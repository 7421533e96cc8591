"""Areas sorted into equal parts within groups, by the value of an indicator."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from equity_pipeline.statistics.estimate import require
from equity_pipeline.statistics.reading import numbers
from equity_pipeline.statistics.waits.counts import places


def area_quantiles(
    value: ArrayLike,
    *,
    first_is_high: bool,
    parts: int = 10,
    group: ArrayLike | None = None,
    n_groups: int | None = None,
) -> NDArray[np.int64]:
    """Return the part of its group that each area belongs to (m,): 1 to ``parts``, 0 = none.

    Every area counts once; to sort people rather than areas use :mod:`quintiles`.

    Parameters
    ----------
    value
        Values of the areas (m,); NaN is in no part and does not count.
    first_is_high
        Whether part 1 holds the highest values: the worst, for an indicator where low is good.
    parts
        How many parts: 10 for tenths, 5 for fifths.
    group, n_groups
        Group of each area from 0 (m,), and how many groups there are; one group if None.

    Returns
    -------
    NDArray[np.int64]
        Areas with one value are in one part, that of the first of them. 0 throughout a group
        with fewer areas than parts.

    Raises
    ------
    MethodError
        If parts are fewer than two, values endless, or groups not one for each area.

    Examples
    --------
    >>> area_quantiles([5, 1, 3, 2, 4, float("nan")], first_is_high=True, parts=5).tolist()
    [1, 5, 3, 4, 2, 0]
    """
    y = np.atleast_1d(numbers(value, where="area_quantiles"))
    require(
        y.ndim == 1 and parts >= 2 and parts == int(parts) and not bool(np.isinf(y).any()),
        "There are fewer than two parts to sort areas into, or a value is endless.",
        where="area_quantiles",
        mend="give one value per area, and parts such as 5 or 10",
    )
    place, groups = places(group, n_groups, y.size, where="area_quantiles")
    known = ~np.isnan(y)
    number = np.bincount(place[known], minlength=groups)[place]
    # ranks over all, groups one after another, less those of the groups before
    order = rankdata(-y if first_is_high else y, method="min", nan_policy="omit")
    rank = _within(place, order, known, groups)
    # the last of n areas is in the last part; whole numbers, so that no border is missed
    behind = np.maximum(number + 1 - rank, 0)
    part = parts + 1 - -(-behind * parts // np.maximum(number, 1))
    return np.where(known & (number >= parts), np.maximum(part, 1), 0)


def _within(
    place: NDArray[np.int64], order: NDArray[np.float64], known: NDArray[np.bool_], groups: int
) -> NDArray[np.int64]:
    """Return ranks within groups from 1, the least for ties, of an order over all areas."""
    total = order.size + 1
    key = place * total + np.where(known, order, total - 1).astype(np.int64)
    sorted_keys = np.sort(key)
    start = np.searchsorted(sorted_keys, np.arange(groups) * total)
    return np.asarray(np.searchsorted(sorted_keys, key) - start[place] + 1, dtype=np.int64)
