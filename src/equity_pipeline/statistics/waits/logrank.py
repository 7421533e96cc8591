"""Whether groups wait differently: the log-rank test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.waits.counts import WaitCounts


@dataclass(frozen=True, slots=True)
class LogRank:
    """The test's statistic, freedom and p value (...); seen and expected per group (..., G)."""

    chi2: FloatArray
    df: FloatArray
    p: FloatArray
    seen: FloatArray
    expected: FloatArray


def log_rank(counts: WaitCounts, *, rho: float = 0.0) -> LogRank:
    """Return the log-rank test of the groups of one table of waits.

    Parameters
    ----------
    counts
        Seen and censored waits (..., G, T): G groups, two or more. Leading axes are separate
        tests.
    rho
        Weight of a day as a power of the share that still waited before it: 0 for the log-rank
        test, 1 for Peto and Peto's, which looks at early days.

    Returns
    -------
    LogRank
        NaN in ``chi2`` and ``p`` where fewer than two groups were followed while anybody was
        seen. ``df`` counts the groups that were, less one.

    Raises
    ------
    MethodError
        If there is one group only, or ``rho`` is not finite.

    References
    ----------
    Peto R, Peto J (1972), Journal of the Royal Statistical Society A 135:185-207.
    Harrington DP, Fleming TR (1982), Biometrika 69:553-566.

    Examples
    --------
    >>> two = WaitCounts([3, 7, 14], seen=[[20, 30, 10], [5, 15, 25]], censored=[[0, 5, 15]] * 2)
    >>> test = log_rank(two)
    >>> round(float(test.chi2), 3), int(test.df), round(float(test.p), 4)
    (6.509, 1, 0.0107)
    """
    require(
        counts.seen.ndim >= 2 and counts.seen.shape[-2] >= 2 and bool(np.isfinite(rho)),
        "A log-rank test needs two groups or more, and a finite rho.",
        where="log_rank",
        mend="give counts with the groups on the axis before the days",
    )
    n, d = counts.at_risk, counts.seen
    everybody, gone = n.sum(axis=-2), d.sum(axis=-2)
    weight = _weights(everybody, gone, rho)
    share = n / np.where(everybody > 0, everybody, 1)[..., np.newaxis, :]
    weighed = weight[..., np.newaxis, :]
    seen = (weighed * d).sum(axis=-1)
    expected = (weighed * gone[..., np.newaxis, :] * share).sum(axis=-1)
    tied = np.nan_to_num(divide(everybody - gone, everybody - 1))
    spread = weight**2 * gone * tied
    covariance = -np.einsum("...t,...gt,...ht->...gh", spread, share, share)
    diagonal = np.arange(share.shape[-2])
    covariance[..., diagonal, diagonal] += np.einsum("...t,...gt->...g", spread, share)
    away = seen - expected
    inverse = np.linalg.pinv(covariance, rcond=1e-10, hermitian=True)
    chi2 = np.einsum("...g,...gh,...h->...", away, inverse, away)
    groups = (expected > 0).sum(axis=-1)
    judged = (groups >= 2) & (np.einsum("...gg->...", covariance) > 0)
    df = np.maximum(groups - 1, 0).astype(np.float64)
    chi2 = np.where(judged, chi2, np.nan)
    p = np.where(judged, chdtrc(np.maximum(df, 1), np.nan_to_num(chi2)), np.nan)
    return LogRank(chi2, df, p, d.sum(axis=-1), expected)


def _weights(everybody: FloatArray, gone: FloatArray, rho: float) -> FloatArray:
    """Return the pooled share still waiting before each day, to the power rho."""
    step = 1 - gone / np.where(everybody > 0, everybody, 1)
    before = np.cumprod(np.concatenate([np.ones((*step.shape[:-1], 1)), step], -1), -1)[..., :-1]
    return np.asarray(np.where(gone > 0, before, 1) ** rho)
