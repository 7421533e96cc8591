"""What the largest contributors make of sums that are put together. Never published."""

from __future__ import annotations

import numpy as np

from equity_pipeline.tables.cells import FloatArray, IntArray


def of_disjoint(group: IntArray, size: int, sums: FloatArray, shares: FloatArray) -> FloatArray:
    """Return the two largest shares of groups of cells in which nobody is twice, (2, size).

    Parameters
    ----------
    group
        Which of the ``size`` groups each cell is in (C,).
    sums, shares
        The sum of each cell (C,), and the shares of its two largest contributors (2, C); NaN where
        they are not known, and then not known of the group either.

    Examples
    --------
    >>> shares = np.array([[0.5, 0.8], [0.3, 0.1]])
    >>> of_disjoint(np.array([0, 0]), 1, np.array([60.0, 40.0]), shares).round(2).tolist()
    [[0.32], [0.3]]
    """
    parts = np.concatenate([shares[0] * sums, shares[1] * sums])
    number = np.concatenate([group, group])
    order = np.lexsort((-parts, number))
    first = np.searchsorted(number[order], np.arange(size))
    known = np.append(parts[order], np.nan)
    top = np.stack([known[first], known[np.minimum(first + 1, len(parts))]])
    total = np.bincount(group, sums, size).astype(np.float64)
    unknown = np.bincount(group, np.isnan(shares).any(axis=0), size) > 0
    return np.where(unknown, np.nan, _shares(top, total))


def at_most(amounts: FloatArray, total: FloatArray) -> FloatArray:
    """Return how large the shares can be at most, where one contributor may be in several parts.

    Parameters
    ----------
    amounts
        The sums over the parts of what the largest and the second largest of each part made, (2,
        ...): together no contributor has more.
    total
        The sum of all parts.

    Examples
    --------
    >>> at_most(np.array([[30.0], [20.0]]), np.array([100.0])).tolist()
    [[0.3], [0.2]]
    """
    return _shares(amounts, total)


def _shares(amounts: FloatArray, total: FloatArray) -> FloatArray:
    some = np.where(np.isnan(amounts), np.nan, np.where(amounts > 0, 1.0, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, amounts / total, some)
