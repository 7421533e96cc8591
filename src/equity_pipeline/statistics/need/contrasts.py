"""Differences and ratios between levels, and whether all levels are the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc, fdtrc

from equity_pipeline.statistics.estimate import (
    Estimate,
    FloatArray,
    floats,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.gaps import wald_p
from equity_pipeline.statistics.reading import covariance_of, numbers, one_of, pair_of

SINGULAR = 1e-10  # a contrast with less of its own than this, on the correlations' scale


class Scale(StrEnum):
    """What a contrast of focus and reference is: its limits are normal on this very scale."""

    DIFFERENCE = "difference"
    RATIO = "ratio"
    LIFT = "lift"
    LOG_RATIO = "log_ratio"
    LOG_ODDS_RATIO = "log_odds_ratio"


class WaldTest(StrEnum):
    """The distribution a Wald statistic is held against.

    CHI2 takes the covariance as known; F (q, G - 1) and HOTELLING know that it is from G clusters.
    """

    CHI2 = "chi2"
    F = "f"
    HOTELLING = "hotelling"


@dataclass(frozen=True, slots=True)
class Contrast:
    """Contrasts with limits, and two-sided p values of "no difference"."""

    estimate: Estimate
    p: FloatArray


@dataclass(frozen=True, slots=True)
class Omnibus:
    """A Wald test that several figures are the same; NaN where it cannot be made."""

    statistic: FloatArray
    df: FloatArray
    p: FloatArray
    test: WaldTest


def contrast(
    value: ArrayLike,
    covariance: ArrayLike,
    focus: ArrayLike,
    reference: ArrayLike,
    *,
    scale: Scale = Scale.DIFFERENCE,
    confidence: float = 0.95,
) -> Contrast:
    """Return contrasts of levels on a scale, by the delta method from the levels' covariance.

    Parameters
    ----------
    value, covariance
        Levels (L,) and their covariance (L, L), as from ``marginal_standardisation``.
    focus, reference
        Level numbers, single or arrays of one shape.
    scale
        DIFFERENCE; RATIO and LIFT (ratio - 1); LOG_RATIO; LOG_ODDS_RATIO of shares. A ratio is
        tested against 1, the others against 0; what does not exist (ratios of values not above
        0) is NaN.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If a level number is outside the levels, or the covariance is not (L, L).

    References
    ----------
    Oehlert GW (1992), The American Statistician 46:27-29 (the delta method).

    Examples
    --------
    >>> made = contrast([0.5, 0.4], [[4e-4, 1e-4], [1e-4, 4e-4]], 0, 1, scale=Scale.LOG_RATIO)
    >>> [round(float(x), 4) for x in (made.estimate.value, made.estimate.lower, made.p)]
    [0.2231, 0.114, 0.0001]
    """
    y, scale = numbers(value, where="contrast"), one_of(scale, Scale, where="contrast, scale")
    require(
        y.ndim == 1,
        "The levels are not those of one variable.",
        where="contrast",
        mend="give values (L,) and their covariance (L, L)",
    )
    v = covariance_of(y, covariance, where="contrast")
    f, r = pair_of(len(y), focus, reference, where="contrast")
    made, by_focus, by_reference = _on_scale(y[f], y[r], scale)
    variance = by_focus**2 * v[f, f] + by_reference**2 * v[r, r]
    variance = variance + 2 * by_focus * by_reference * v[f, r]
    error = np.sqrt(np.maximum(variance, 0))
    estimate = normal_estimate(made, error, confidence=confidence, method=f"{scale}_delta")
    return Contrast(estimate, wald_p(made - (scale is Scale.RATIO), error))


def _on_scale(
    y1: FloatArray, y0: FloatArray, scale: Scale
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the contrasts and their derivatives by focus and reference."""
    if scale is Scale.DIFFERENCE:
        return y1 - y0, np.ones_like(y1), -np.ones_like(y0)
    if scale in (Scale.RATIO, Scale.LIFT):
        below = np.where(y0 == 0, np.nan, y0)
        return y1 / below - (scale is Scale.LIFT), 1 / below, -y1 / below**2
    above, below = (np.where(y > 0, y, np.nan) for y in (y1, y0))
    if scale is Scale.LOG_RATIO:
        return np.log(above / below), 1 / above, -1 / below
    above, below = (np.where(y < 1, y, np.nan) for y in (above, below))
    odds = np.log(above / (1 - above)) - np.log(below / (1 - below))
    return odds, 1 / (above * (1 - above)), -1 / (below * (1 - below))


def wald_equal(
    value: ArrayLike,
    covariance: ArrayLike,
    *,
    test: WaldTest = WaldTest.CHI2,
    n_clusters: ArrayLike | None = None,
) -> Omnibus:
    """Return the Wald test that all levels are the same: the gatekeeper of single contrasts.

    Parameters
    ----------
    value, covariance
        Levels (..., L) and their covariance (..., L, L); levels that are NaN are left out.
    test
        F and HOTELLING need ``n_clusters``.
    n_clusters
        How many clusters the covariance was made from, (...).

    Returns
    -------
    Omnibus
        The statistic is chi2, or F; ``df`` is one less than the levels that are known. NaN with
        fewer than two levels, or with no more clusters than ``df``.

    Raises
    ------
    MethodError
        If the arrays do not go together, or clusters are needed and not given.

    References
    ----------
    Wald A (1943), doi:10.1090/S0002-9947-1943-0012401-3.
    Cameron AC, Miller DL (2015), doi:10.3368/jhr.50.2.317.

    Examples
    --------
    >>> made = wald_equal([0.2, 0.3, 0.3], np.eye(3) * 0.0025)
    >>> [round(float(x), 3) for x in (made.statistic, made.df, made.p)]
    [2.667, 2.0, 0.264]
    """
    y, test = numbers(value, where="wald_equal"), one_of(test, WaldTest, where="wald_equal, test")
    require(
        y.ndim > 0 and y.shape[-1] > 0,
        "There are no levels.",
        where="wald_equal",
        mend="give values (..., L) and their covariance (..., L, L)",
    )
    v = covariance_of(y, covariance, where="wald_equal")
    require(
        test is WaldTest.CHI2 or n_clusters is not None,
        f"The test {test} knows how many clusters there were.",
        where="wald_equal",
        mend="give n_clusters, or take WaldTest.CHI2",
    )
    return _held_against(*_distance(y, v), test, n_clusters)


def wald_zero(
    value: ArrayLike,
    covariance: ArrayLike,
    *,
    test: WaldTest = WaldTest.CHI2,
    n_clusters: ArrayLike | None = None,
) -> Omnibus:
    """Return the Wald test that several figures are all 0, such as a variable's coefficients.

    Parameters, result and errors as in :func:`wald_equal`.

    References
    ----------
    Wald A (1943), doi:10.1090/S0002-9947-1943-0012401-3.

    Examples
    --------
    >>> made = wald_zero([0.1, -0.1], np.eye(2) * 0.0025)
    >>> [round(float(x), 3) for x in (made.statistic, made.df, made.p)]
    [8.0, 2.0, 0.018]
    """
    y = np.atleast_1d(numbers(value, where="wald_zero"))
    v = covariance_of(y, covariance, where="wald_zero")
    front = [(0, 0)] * (y.ndim - 1)
    # a level that is 0 and known exactly, and the test that all are the same as it
    return wald_equal(
        np.pad(y, [*front, (1, 0)]),
        np.pad(v, [*front, (1, 0), (1, 0)]),
        test=test,
        n_clusters=n_clusters,
    )


def _held_against(
    chi2: FloatArray, df: FloatArray, test: WaldTest, n_clusters: ArrayLike | None
) -> Omnibus:
    told = np.full(df.shape, np.inf) if n_clusters is None else n_clusters
    clusters = floats(told, where="wald_equal, n_clusters")
    require(
        (n_clusters is None or np.isfinite(clusters).all())
        and (clusters >= 0).all()
        and clusters.shape in ((), df.shape),
        "Numbers of clusters are missing, negative, or not one for each test.",
        where="wald_equal, n_clusters",
        mend="give how many clusters the covariance was made from",
    )
    known = (df > 0) & (clusters > df)
    chi2, df = np.where(known, chi2, np.nan), np.where(known, df, np.nan)
    if test is WaldTest.CHI2:
        return Omnibus(chi2, df, np.asarray(chdtrc(df, chi2)), test)
    below = clusters - 1 if test is WaldTest.F else clusters - df
    statistic = chi2 / df * below / (clusters - 1)
    return Omnibus(statistic, df, np.asarray(fdtrc(df, below, statistic)), test)


def _distance(y: FloatArray, v: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the squared distance of the levels from the first one known, and its freedom."""
    known = np.isfinite(y) & np.isfinite(np.diagonal(v, axis1=-2, axis2=-1))
    first = np.argmax(known, axis=-1)[..., np.newaxis]
    at = np.take_along_axis
    others = known & (np.arange(y.shape[-1]) != first)
    apart = np.where(others, y - at(y, first, -1), 0.0)
    column = at(v, first[..., np.newaxis], -1)
    row = at(v, first[..., np.newaxis], -2)
    corner = at(column, first[..., np.newaxis], -2)
    both = others[..., :, np.newaxis] & others[..., np.newaxis, :]
    spread = np.where(both, v - column - row + corner, np.eye(y.shape[-1]))
    df = others.sum(axis=-1).astype(np.float64)
    size = np.sqrt(np.maximum(np.diagonal(spread, axis1=-2, axis2=-1), 0))
    size = np.where(size > 0, size, 1)
    spread, apart = spread / (size[..., np.newaxis] * size[..., np.newaxis, :]), apart / size
    singular = np.linalg.matrix_rank(spread, tol=SINGULAR, hermitian=True) < y.shape[-1]
    spread = np.where(singular[..., np.newaxis, np.newaxis], np.eye(y.shape[-1]), spread)
    solved = np.linalg.solve(spread, apart[..., np.newaxis])[..., 0]
    return np.where(singular, np.nan, (apart * solved).sum(axis=-1)), df
