"""Dummies told as distances from their factor's mean level, so that no base is special."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray, require


def reported_columns(
    X: FloatArray, normalised: Sequence[Sequence[int]], *, where: str
) -> tuple[FloatArray, FloatArray]:
    """Return the reported columns (m, Q) and how fitted coefficients are spread over them."""
    fitted = X.shape[1]
    named = [number for one in normalised for number in one]
    require(
        len(set(named)) == len(named) and all(0 <= n < fitted - 1 for n in named),
        "The normalised sets overlap, or name columns that do not exist.",
        where=where,
        mend="give each factor's dummies once, as column numbers of X from 0",
    )
    columns, spread = X, np.eye(fitted)
    for one in normalised:
        places = np.array(one, dtype=np.int64) + 1
        dummies = X[:, places]
        base = 1 - dummies.sum(axis=1)
        require(
            np.isin(dummies, (0, 1)).all() and (base >= 0).all(),
            "A normalised set does not hold the dummies of one factor.",
            where=where,
            mend="give columns of 0 and 1 of which at most one is 1 in a row",
        )
        centre = np.zeros(fitted)
        centre[places] = 1 / (len(places) + 1)
        spread[0] += centre
        spread[places] -= centre
        spread = np.vstack([spread, -centre])
        columns = np.hstack([columns, base[:, np.newaxis]])
    return columns, spread
