"""Overdispersion: how much further units lie from a target than chance alone lets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import rankdata

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.variation.random_effects import Tau2, random_effects
from equity_pipeline.statistics.variation.scores import Scores

Outliers = Literal["keep", "winsorise", "truncate"]
Spread = Literal["target", "dl", "he", "pm", "ml", "reml"]
_WORDS = {"keep": "kept", "winsorise": "winsorised", "truncate": "truncated"}


@dataclass(frozen=True, slots=True)
class Overdispersion:
    """How much further units lie from the target than chance alone.

    Attributes
    ----------
    phi
        Mean of the squared z scores used: 1 by chance alone, on average.
    tau2
        Variance of the units' true values about the target, on the scores' scale; not negative.
    z_used
        The z scores after winsorising; NaN for a truncated unit or one without a base.
    units
        How many units phi and tau2 are made of.
    method
        Scale, treatment of the outermost units and estimator, such as
        ``log_truncated_0.1_target``.
    """

    phi: FloatArray
    tau2: FloatArray
    z_used: FloatArray
    units: FloatArray
    method: str


def overdispersion(
    units: Scores, *, outliers: Outliers, share: float = 0.1, tau2: Spread = "target"
) -> Overdispersion:
    """Return the dispersion ratio phi and the spread tau2 of units' z scores.

    Parameters
    ----------
    units
        z scores, from :func:`~equity_pipeline.statistics.variation.scores.scores`.
    outliers
        What is done to the outermost units, so that the ones a funnel is to find do not hide
        themselves: ``"keep"`` them, ``"winsorise"`` (pull z scores in to the quantiles ``share``
        and ``1 - share``) or ``"truncate"`` (leave out the units whose rank, over their number
        and one, is below ``share`` or not below ``1 - share``).
    share
        At each end, above 0 and below one half; not used with ``"keep"``.
    tau2
        ``"target"``: by moments about the target, max(0, (I phi - (I - 1)) / (sum w - sum w^2 /
        sum w)). The others are about the units' own centre, see
        :func:`~equity_pipeline.statistics.variation.random_effects.random_effects`.

    Returns
    -------
    Overdispersion
        NaN where fewer than two units are left.

    Raises
    ------
    MethodError
        If the choice is unknown or the share out of its range.

    References
    ----------
    Spiegelhalter DJ (2005), doi:10.1002/sim.1970; Spiegelhalter DJ, Sherlaw-Johnson C, Bardsley M
    et al. (2012), doi:10.1111/j.1467-985X.2011.01010.x.

    Examples
    --------
    >>> from equity_pipeline.statistics.variation.scores import scores
    >>> seen = [1290, 2592, 480, 810, 1617]
    >>> people = [1500, 3200, 600, 900, 2100]
    >>> spread = overdispersion(
    ...     scores(seen, people, kind="proportion", transform="identity"), outliers="keep"
    ... )
    >>> spread.phi.round(4), spread.tau2.round(6), spread.method
    (np.float64(18.7167), np.float64(0.002179), 'identity_kept_target')
    """
    require(
        outliers in _WORDS and 0 < share < 0.5,
        "The treatment of the outermost units is unknown, or its share out of range.",
        where="overdispersion",
        mend="give keep, winsorise or truncate, and a share above 0 and below 0.5",
    )
    used = _treated(units.z, outliers, share)
    held = ~np.isnan(used)
    count = held.sum(axis=-1).astype(np.float64)
    count = np.where(count > 1, count, np.nan)
    phi = np.where(held, used**2, 0.0).sum(axis=-1) / count
    if tau2 == "target":
        weights = np.where(held, units.error**-2.0, 0.0)
        total = weights.sum(axis=-1)
        room = total - divide((weights**2).sum(axis=-1), total)
        between = np.maximum(divide(count * phi - (count - 1), room), 0)
    else:
        between = _about_own_centre(used, units.error, tau2)
    cut = _WORDS[outliers] if outliers == "keep" else f"{_WORDS[outliers]}_{share:g}"
    return Overdispersion(phi, between, used, count, f"{units.transform}_{cut}_{tau2}")


def _treated(z: FloatArray, outliers: str, share: float) -> FloatArray:
    if outliers == "keep":
        return z
    missing = np.isnan(z)
    if outliers == "winsorise":
        empty = missing.all(axis=-1, keepdims=True)
        low, high = np.nanquantile(
            np.where(empty, 0.0, z), (share, 1 - share), axis=-1, keepdims=True
        )
        return np.asarray(np.clip(z, low, high))
    among = (~missing).sum(axis=-1, keepdims=True) + 1
    rank = rankdata(np.where(missing, np.inf, z), axis=-1)
    step = rank * (1 / share) / among
    return np.where(missing | (step < 1) | (step >= 1 / share - 1), np.nan, z)


def _about_own_centre(z: FloatArray, error: FloatArray, tau2: Tau2) -> FloatArray:
    return random_effects(z * error, error**2, tau2=tau2).tau2
