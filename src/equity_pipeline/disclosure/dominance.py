"""Whether a few contributors make so much of a sum that it tells what they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.policy import DisclosurePolicy

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def dominated(first: Floats, second: Floats, policy: DisclosurePolicy) -> Flags:
    """Return which sums too few contributors make.

    Parameters
    ----------
    first, second
        Shares of the sum that its largest and second largest contributors make; NaN where the
        cell is no sum, which nothing dominates.
    policy
        The limits: the (n,k)-rules for one and two contributors, and the p-per-cent rule, by which
        the second largest could tell what the largest has to within p per cent.

    References
    ----------
    Hundepool A et al. (2012), Statistical Disclosure Control, chapter 4.2,
    doi:10.1002/9781118348239.

    Examples
    --------
    >>> first, second = np.array([0.76, 0.5, 0.5, 0.6, np.nan]), np.array([0, 0.41, 0.4, 0.3, 0.3])
    >>> dominated(first, second, DisclosurePolicy()).tolist()
    [True, True, False, False, False]
    """
    one, two = policy.dominance_one, policy.dominance_two
    left = 1 - first - second
    made: Flags = (first > one) | (first + second > two) | (left < policy.dominance_rest * first)
    return made & np.isfinite(first)
