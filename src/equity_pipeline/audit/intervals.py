"""Intervals turned round: which counts can be behind a published value and its limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy.special import betaincinv, gammaincinv, ndtri

from equity_pipeline.audit.bounds import Floats

Limits = tuple[Floats, Floats]
Method = Callable[[Floats, Floats], Limits]
CONFIDENCE = 0.95
Z = float(ndtri(0.5 + CONFIDENCE / 2))
TAIL = (1 - CONFIDENCE) / 2


def wilson(n: Floats, d: Floats) -> Limits:
    """Return Wilson's limits of n of d.

    Examples
    --------
    >>> low, high = wilson(np.array([82.0]), np.array([100.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.733], [0.883])
    """
    share = n / d
    middle = (share + Z**2 / (2 * d)) / (1 + Z**2 / d)
    half = Z / (1 + Z**2 / d) * np.sqrt(share * (1 - share) / d + Z**2 / (4 * d**2))
    return middle - half, middle + half


def wald(n: Floats, d: Floats) -> Limits:
    """Return the normal limits of n of d, kept within 0 and 1."""
    share = n / d
    half = Z * np.sqrt(share * (1 - share) / d)
    return np.maximum(share - half, 0), np.minimum(share + half, 1)


def clopper_pearson(n: Floats, d: Floats) -> Limits:
    """Return the exact limits of n of d.

    Examples
    --------
    >>> low, high = clopper_pearson(np.array([3.0]), np.array([19.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.034], [0.396])
    """
    low = np.where(n > 0, betaincinv(np.maximum(n, 1), d - n + 1, TAIL), 0)
    high = np.where(n < d, betaincinv(n + 1, np.maximum(d - n, 1), 1 - TAIL), 1)
    return low, high


def poisson(n: Floats, d: Floats) -> Limits:
    """Return the exact limits of a rate of n events in d."""
    low = np.where(n > 0, gammaincinv(np.maximum(n, 1), TAIL), 0)
    return low / d, gammaincinv(n + 1, 1 - TAIL) / d


def byar(n: Floats, d: Floats) -> Limits:
    """Return Byar's limits of a rate of n events in d."""
    some = np.maximum(n, 1)
    low = some * (1 - 1 / (9 * some) - Z / (3 * np.sqrt(some))) ** 3
    above = n + 1
    high = above * (1 - 1 / (9 * above) + Z / (3 * np.sqrt(above))) ** 3
    return np.where(n > 0, low, 0) / d, high / d


def log_log(n: Floats, d: Floats) -> Limits:
    """Return the limits of a share by Kaplan and Meier where nobody left: n of d within a time.

    Examples
    --------
    >>> low, high = log_log(np.array([3.0]), np.array([19.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.054], [0.413])
    """
    left = np.clip(1 - n / d, 1e-12, 1 - 1e-12)
    spread = Z * np.sqrt((1 - left) / (left * d)) / np.abs(np.log(left))
    ends = 1 - left ** np.exp(-spread), 1 - left ** np.exp(spread)
    none = (n == 0) | (n == d)
    return np.where(none, n / d, ends[0]), np.where(none, n / d, ends[1])


def newcombe_beside(n_beside: float, d_beside: float) -> Method:
    """Return Newcombe's limits of a difference to a share that is told, as a method of n of d.

    Parameters
    ----------
    n_beside, d_beside
        The share that n of d is held against: so many with the outcome of so many.

    Examples
    --------
    >>> low, high = newcombe_beside(50.0, 100.0)(np.array([3.0]), np.array([19.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([-0.483], [-0.104])
    """
    one = np.array([n_beside]), np.array([d_beside])
    (low_beside,), (high_beside,) = wilson(*one)
    beside = n_beside / d_beside

    def limits(n: Floats, d: Floats) -> Limits:
        share = n / d
        low, high = wilson(n, d)
        return (
            share - beside - np.sqrt((share - low) ** 2 + (high_beside - beside) ** 2),
            share - beside + np.sqrt((high - share) ** 2 + (beside - low_beside) ** 2),
        )

    return limits


# every method that the `ci_method` of a crude value names; several words of one author are one
INVERTED: Mapping[str, tuple[Method, ...]] = MappingProxyType(
    {
        "wilson": (wilson,),
        "wald": (wald,),
        "normal": (wald,),
        "clopper_pearson": (clopper_pearson,),
        "exact": (clopper_pearson, poisson),
        "poisson": (poisson,),
        "poisson_exact": (poisson,),
        "byar": (byar,),
        "byar_exact": (byar, poisson),  # exact where Byar's approximation is poor
        "kaplan_meier_log-log": (log_log,),
    }
)
# their width tells the spread of the values too: no count follows without it
NOT_OF_COUNTS = ("student_t", "ratio_of_sums", "cluster_jackknife_t", "difference_t", "")
# what stands in forms that do not name the method of a crude value: of shares, and of rates
UNNAMED = ("wilson", "byar_exact")
LARGEST = 3000  # denominators tried where none is known


def behind(
    value: float,
    limits: tuple[float, float] | None,
    methods: tuple[Method, ...],
    half: float,
    denominators: Floats,
    factor: float = 1.0,
) -> tuple[Floats, Floats]:
    """Return the numerators and denominators that round to a published value and its limits.

    Parameters
    ----------
    value, limits
        As published; None where no interval is.
    methods
        How the interval may have been made.
    half
        Half a unit of the last published decimal.
    denominators
        Those that are tried.
    factor
        What the value is per: 1 for shares, 1000 for rates per thousand.

    Examples
    --------
    >>> tried = np.arange(1.0, 100)
    >>> n, d = behind(0.158, (0.055, 0.376), (wilson,), 0.0005, tried)
    >>> n.tolist(), d.tolist()
    ([3.0], [19.0])
    """
    near = value / factor * denominators
    reach = half / factor * denominators + 1e-9
    most = int(np.ceil(2 * reach.max())) + 1
    n: Floats = np.add.outer(np.ceil(near - reach), np.arange(float(most))).ravel()
    d = np.repeat(denominators, most)
    kept = (n >= 0) & (np.abs(n / d * factor - value) <= half + 1e-12)
    if factor == 1.0:
        kept &= n <= d
    n, d = n[kept], d[kept]
    if limits is None or not len(n):
        return n, d
    fits = np.zeros(len(n), bool)
    for method in methods:
        low, high = method(n, d)
        near_low = np.abs(low * factor - limits[0]) <= half * 1.02
        fits |= near_low & (np.abs(high * factor - limits[1]) <= half * 1.02)
    return n[fits], d[fits]
