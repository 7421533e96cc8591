"""How alike the people of one unit are: latent share, median ratios, design effect."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.reading import numbers

Link = Literal["logit", "probit", "cloglog"]
# variance of a person's error on the latent scale: logistic, normal, extreme value
RESIDUAL = {"logit": np.pi**2 / 3, "probit": 1.0, "cloglog": np.pi**2 / 6}
UPPER_QUARTILE = float(ndtri(0.75))


def latent_vpc(variance: ArrayLike, *, link: Link = "logit") -> FloatArray:
    """Return the share of the latent variance that lies between units or strata.

    Parameters
    ----------
    variance
        Variance between units on the scale of the link, not negative; NaN passes through. The
        share only grows with it, so limits of the variance give limits of the share.
    link
        Whose residual variance stands for the person: pi^2/3, 1 or pi^2/6.

    Raises
    ------
    MethodError
        If a variance is negative or the link unknown.

    References
    ----------
    Goldstein H, Browne W, Rasbash J (2002), doi:10.1207/S15328031US0104_02.

    Examples
    --------
    >>> latent_vpc([0.0144, 0.1, 0.25]).round(6)
    array([0.004358, 0.0295  , 0.070624])
    """
    between = _variances(variance, where="latent_vpc")
    require(
        link in RESIDUAL,
        "The link is unknown.",
        where="latent_vpc",
        mend=f"give one of {', '.join(RESIDUAL)}",
    )
    return between / (between + RESIDUAL[link])


def median_odds_ratio(variance: ArrayLike) -> FloatArray:
    """Return the median odds ratio between two people alike who go to two units at random.

    Of two units drawn at random, the one with more is set over the other; half of all such
    odds ratios are larger than this. 1 says that units do not differ.

    Parameters
    ----------
    variance
        Variance between units of the log odds, not negative; NaN passes through. The ratio only
        grows with it, so limits of the variance give limits of the ratio.

    Raises
    ------
    MethodError
        If a variance is negative.

    References
    ----------
    Larsen K, Merlo J (2005), doi:10.1093/aje/kwi017.

    Examples
    --------
    >>> median_odds_ratio([0.0144, 0.1, 0.25]).round(6)
    array([1.121273, 1.352076, 1.611131])
    """
    return _median_ratio(variance, where="median_odds_ratio")


def median_rate_ratio(variance: ArrayLike) -> FloatArray:
    """Return the median rate ratio between two units: :func:`median_odds_ratio` for log rates.

    Parameters
    ----------
    variance
        As in :func:`median_odds_ratio`, of the log rate.

    Raises
    ------
    MethodError
        If a variance is negative.

    References
    ----------
    Austin PC, Stryhn H, Leckie G, Merlo J (2018), doi:10.1002/sim.7532.

    Examples
    --------
    >>> median_rate_ratio([0.0, 0.04]).round(4)
    array([1.    , 1.2102])
    """
    return _median_ratio(variance, where="median_rate_ratio")


def median_mean_ratio(variance: ArrayLike) -> FloatArray:
    """Return the median ratio of two units' means, for a model of the logarithm (costs, waits).

    Parameters
    ----------
    variance
        As in :func:`median_odds_ratio`, of the logarithm of the mean.

    Raises
    ------
    MethodError
        If a variance is negative.

    References
    ----------
    Austin PC, Stryhn H, Leckie G, Merlo J (2018), doi:10.1002/sim.7532.

    Examples
    --------
    >>> median_mean_ratio([0.0, 0.01]).round(4)
    array([1.    , 1.1001])
    """
    return _median_ratio(variance, where="median_mean_ratio")


def design_effect(n: ArrayLike, icc: ArrayLike) -> FloatArray:
    """Return by how much clustering in units makes a variance larger: 1 + (m - 1) icc.

    m is the size of unit that a person is in on average, sum n^2 / sum n, so that unequal units
    count. People divided by the design effect are the people who would tell as much unclustered.

    Parameters
    ----------
    n
        People of each unit, on the last axis.
    icc
        Intraclass correlation, at most 1, of the leading axes' shape.

    Raises
    ------
    MethodError
        If counts are negative or a correlation is above 1 or below -1.

    References
    ----------
    Kish L (1987), Statistical design for research; Eldridge SM, Ashby D, Kerry S (2006),
    doi:10.1093/ije/dyl129.

    Examples
    --------
    >>> design_effect([[100, 100, 100], [50, 100, 150]], 0.02).round(4)
    array([2.98  , 3.3133])
    """
    people = np.atleast_1d(numbers(n, where="design_effect"))
    alike = numbers(icc, where="design_effect")
    require(
        ~(people < 0).any() & ~(np.abs(alike) > 1).any(),
        "Units have fewer than no people, or a correlation lies outside -1 to 1.",
        where="design_effect",
        mend="give counts of people and an intraclass correlation",
    )
    typical = divide((people**2).sum(axis=-1), people.sum(axis=-1))
    return np.asarray(1 + (typical - 1) * alike)


def _variances(variance: ArrayLike, *, where: str) -> FloatArray:
    between = numbers(variance, where=where)
    require(
        ~(between < 0) & ~np.isinf(between),
        "A variance between units is negative or infinite.",
        where=where,
        mend="give the variance (not the standard deviation) of the unit effects",
    )
    return between


def _median_ratio(variance: ArrayLike, *, where: str) -> FloatArray:
    # clipped so that a hopeless limit ends at the largest number, not in a warning
    between = np.minimum(np.sqrt(2 * _variances(variance, where=where)) * UPPER_QUARTILE, 700)
    return np.asarray(np.exp(between))
