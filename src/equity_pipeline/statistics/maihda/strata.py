"""Strata of several dimensions: their codes, and the main effects that they are made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import codes as whole

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Strata:
    """The strata that have people.

    Attributes
    ----------
    codes
        Each stratum's code in every dimension (G, k), in rising order of the first dimension,
        then the second, and so on.
    of_row
        The stratum of each row (m,).
    main_effects
        Columns of the additive model (G, q): a dummy of each level but the lowest.
    terms
        For each of these columns the dimension's number and the level's code (q, 2).
    """

    codes: IntArray
    of_row: IntArray
    main_effects: FloatArray
    terms: IntArray

    def summed(self, values: FloatArray) -> FloatArray:
        """Return the rows' values summed over each stratum."""
        return np.bincount(self.of_row, values, len(self.codes)).astype(np.float64)


def read_strata(dims: ArrayLike) -> Strata:
    """Return the strata of rows from their codes in each dimension (m, k).

    Levels that no row has get no column.

    Raises
    ------
    MethodError
        If codes are no whole numbers, a dimension has one level, or the strata are too few for
        their main effects.

    Examples
    --------
    >>> strata = read_strata([[0, 1], [0, 2], [1, 1], [1, 2], [0, 1], [2, 2]])
    >>> strata.of_row, strata.terms.tolist()
    (array([0, 1, 2, 3, 0, 4]), [[0, 1], [0, 2], [1, 2]])
    """
    codes = whole(dims, where="maihda, dims")
    require(
        codes.ndim == 2 and codes.size > 0,
        "Strata are not given by whole-number codes of one or more dimensions.",
        where="maihda",
        mend="give an array of shape (rows, dimensions) with the levels numbered",
    )
    levels = [np.unique(column, return_inverse=True) for column in codes.T]
    require(
        all(len(names) > 1 for names, _ in levels),
        "A dimension has one level only.",
        where="maihda",
        mend="leave that dimension out of the strata",
    )
    sizes = tuple(len(names) for names, _ in levels)
    # numbered one after the other the key stays small, however many dimensions there are
    key = np.zeros(len(codes), dtype=np.int64)
    for (_, number), size in zip(levels, sizes, strict=True):
        _, key = np.unique(key * size + number.reshape(-1), return_inverse=True)
    _, first = np.unique(key, return_index=True)
    found = codes[first].astype(np.int64)
    terms = np.array(
        [(d, name) for d, (names, _) in enumerate(levels) for name in names[1:]], dtype=np.int64
    )
    effects = (found[:, terms[:, 0]] == terms[:, 1]).astype(np.float64)
    require(
        len(found) > len(terms) + 1,
        "There are as many main effects as strata, so nothing is left between strata.",
        where="maihda",
        mend="cross more dimensions, or give fewer levels",
    )
    return Strata(found, key.reshape(-1), effects, terms)
