"""Ranks and concentration of people drawn again: the same rows under many sets of weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.estimate import FloatArray


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of rows by rank: those of equal rank have one ``place`` (m,), of ``places``."""

    place: NDArray[np.int64]
    places: int

    @classmethod
    def of(cls, rank: FloatArray) -> Ranking:
        """Return the order of the rows (m,)."""
        values, place = np.unique(rank, return_inverse=True)
        return cls(place.reshape(-1).astype(np.int64), len(values))

    def mid(self, weight: FloatArray) -> FloatArray:
        """Return the mid-ranks (B, m), from 0 to 1, of rows with weights (B, m).

        Examples
        --------
        >>> Ranking.of(np.array([3.0, 1.0, 3.0, 2.0])).mid(np.ones((1, 4)))
        array([[0.75 , 0.125, 0.75 , 0.375]])
        """
        draws = len(weight)
        flat = np.arange(draws)[:, np.newaxis] * self.places + self.place
        size = np.bincount(flat.ravel(), weight.ravel(), draws * self.places)
        size = size.reshape(draws, self.places)
        middle = (np.cumsum(size, axis=1) - size / 2) / size.sum(axis=1, keepdims=True)
        return np.asarray(middle[:, self.place])


def concentration_of(y: FloatArray, ranks: FloatArray, weight: FloatArray) -> FloatArray:
    """Return the concentration indices (B,); y is (m,) or (B, m), ranks and weights (B, m).

    Examples
    --------
    >>> ones = np.ones((1, 2))
    >>> concentration_of(np.array([1.0, 3.0]), Ranking.of(np.array([5.0, 9.0])).mid(ones), ones)
    array([0.25])
    """
    bottom = (weight * y).sum(axis=1)
    top = (2 * weight * (ranks - 0.5) * y).sum(axis=1)
    return np.asarray(np.where(bottom == 0, np.nan, top / np.where(bottom == 0, 1, bottom)))
