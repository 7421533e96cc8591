"""Whether ordered groups lie on a line at all: the test to look at before a slope index."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from equity_pipeline.statistics.estimate import FloatArray, divide, require
from equity_pipeline.statistics.gradient.grouped import normalised, ridits
from equity_pipeline.statistics.gradient.transformed import Scale
from equity_pipeline.statistics.reading import covariance_of, one_of, together


@dataclass(frozen=True, slots=True)
class LackOfFit:
    """Chi-square of the groups about a line over their ranks, with L - 2 degrees of freedom.

    A small ``p`` says that no line fits, so that a slope index hides the shape of the gradient.
    """

    statistic: FloatArray
    freedom: int
    p: FloatArray


def lack_of_fit(
    values: ArrayLike,
    shares: ArrayLike,
    covariance: ArrayLike,
    *,
    scale: Scale = Scale.IDENTITY,
) -> LackOfFit:
    """Return the test that the groups' values lie on a line over their mid-ranks.

    The statistic is the least possible sum of squares about any line, in units of the values'
    covariance; it does not depend on how the line of the slope index is weighted.

    Parameters
    ----------
    values, shares
        Values and sizes (..., L) in order, at least three; sizes above 0.
    covariance
        Of the values on their own scale, (..., L, L).
    scale
        The scale of the line; see :class:`Scale`.

    Returns
    -------
    LackOfFit
        NaN where a value has no place on the scale, or the covariance is not positive.

    Raises
    ------
    MethodError
        If there are fewer than three groups, a group has nobody, or the shapes do not go
        together.

    References
    ----------
    Seber GAF, Lee AJ (2003), Linear Regression Analysis, 2nd ed., section 4.4.

    Examples
    --------
    >>> spread = np.eye(4) * 0.01**2
    >>> even = lack_of_fit([0.71, 0.79, 0.90, 0.99], [1, 1, 1, 1], spread)
    >>> bent = lack_of_fit([0.70, 0.90, 0.90, 0.90], [1, 1, 1, 1], spread)
    >>> round(float(even.p), 4), round(float(bent.statistic), 1), bent.freedom
    (0.4724, 120.0, 2)
    """
    scale = one_of(scale, Scale, where="lack_of_fit")
    y, share = together(values, shares, where="lack_of_fit")
    require(
        y.ndim > 0 and y.shape[-1] > 2 and bool((normalised(share) > 0).all()),
        "A line needs three groups with people to be tested.",
        where="lack_of_fit",
        mend="leave out empty groups, and give at least three",
    )
    v = covariance_of(y, covariance, where="lack_of_fit")
    steep = divide(1, scale.slope(scale.check(y, where="lack_of_fit")))
    spread = v * steep[..., :, np.newaxis] * steep[..., np.newaxis, :]
    statistic = _about_line(scale.of(y), ridits(share), spread)
    freedom = y.shape[-1] - 2
    return LackOfFit(statistic, freedom, np.asarray(chdtrc(freedom, statistic)))


def _about_line(place: FloatArray, rank: FloatArray, spread: FloatArray) -> FloatArray:
    line = np.stack([np.ones_like(rank), rank], axis=-1)
    across = np.linalg.svd(line, full_matrices=True)[0][..., 2:]  # what no line can move
    bent = (np.swapaxes(across, -1, -2) @ place[..., np.newaxis])[..., 0]
    own = np.swapaxes(across, -1, -2) @ spread @ across
    sound = np.isfinite(own).all(axis=(-2, -1)) & np.isfinite(bent).all(axis=-1)
    own = np.where(sound[..., np.newaxis, np.newaxis], own, np.eye(own.shape[-1]))
    roots, turn = np.linalg.eigh(own)
    sound &= (roots > 1e-14 * np.abs(roots).max(axis=-1, keepdims=True)).all(axis=-1)
    turned = (np.swapaxes(turn, -1, -2) @ bent[..., np.newaxis])[..., 0]
    return np.where(sound, divide(turned**2, roots).sum(axis=-1), np.nan)
