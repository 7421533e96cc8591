"""Whether a person meets the same provider each time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.reading import numbers


def continuity_index(visits: ArrayLike) -> FloatArray:
    """Return Bice and Boxerman's continuity of care (COC): 1 if all visits are to one provider.

    With n_i visits to provider i and N in all: (sum of n_i^2 - N) / (N (N - 1)).

    Parameters
    ----------
    visits
        Visits of each person to each provider (..., providers); providers not seen have 0.

    Returns
    -------
    ndarray
        One index per person; NaN with fewer than two visits.

    Raises
    ------
    MethodError
        If a number of visits is negative, missing or not whole.

    References
    ----------
    Bice TW, Boxerman SB (1977), Medical Care 15:347-349.

    Examples
    --------
    >>> continuity_index([[3, 1, 0, 0], [2, 2, 0, 0], [1, 1, 1, 1], [4, 0, 0, 0]]).round(6)
    array([0.5     , 0.333333, 0.      , 1.      ])
    """
    n = numbers(visits, where="continuity_index")
    require(
        n.ndim > 0 and bool(np.isfinite(n).all() and (n >= 0).all() and (n == np.round(n)).all()),
        "A number of visits is negative, missing or not whole.",
        where="continuity_index",
        mend="count each person's visits to each provider",
    )
    total = n.sum(axis=-1)
    return divide((n**2).sum(axis=-1) - total, total * (total - 1))
