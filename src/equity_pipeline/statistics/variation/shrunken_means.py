"""Empirical Bayes for means and other values with known errors: the normal-normal model.

What :mod:`equity_pipeline.statistics.variation.shrinkage` says of verdicts holds here too: never
on the shrunken value alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import Estimate, FloatArray, normal_estimate
from equity_pipeline.statistics.reading import together
from equity_pipeline.statistics.variation.random_effects import (
    RandomEffects,
    Tau2,
    random_effects,
)


@dataclass(frozen=True, slots=True)
class NormalNormal:
    """Units' values drawn towards their mean.

    Attributes
    ----------
    shrunken
        Best linear predictor of each unit's true value, with its error and limits.
    own
        The unit's own value: always to be shown beside the shrunken one.
    factor
        Weight of the own value, 0 to 1; the rest is the mean's.
    prior
        Mean and spread of the true values.
    """

    shrunken: Estimate
    own: FloatArray
    factor: FloatArray
    prior: RandomEffects


def normal_normal(
    value: ArrayLike, variance: ArrayLike, *, tau2: Tau2 = "reml", confidence: float = 0.95
) -> NormalNormal:
    """Return units' values drawn towards their mean, with the mean's own error counted in.

    Never base a verdict on the shrunken value alone: show the own value too.

    Parameters
    ----------
    value, variance, tau2
        As :func:`~equity_pipeline.statistics.variation.random_effects.random_effects`; squared
        standard errors of means, log rates, logits and so on.
    confidence
        Coverage of the limits, between 0 and 1, given the fitted spread. Where no spread could
        be told from chance the shrunken values are the mean, with the mean's limits.

    Raises
    ------
    MethodError
        As :func:`~equity_pipeline.statistics.variation.random_effects.random_effects`.

    References
    ----------
    Morris CN (1983), doi:10.1080/01621459.1983.10477920. Robinson GK (1991),
    doi:10.1214/ss/1177011926.

    Examples
    --------
    >>> made = normal_normal([0.1, 0.3, 0.35, 0.65], [0.03, 0.03, 0.05, 0.01], tau2="dl")
    >>> made.shrunken.value.round(3), made.factor.round(3)
    (array([0.202, 0.328, 0.362, 0.604]), array([0.628, 0.628, 0.503, 0.835]))
    """
    prior = random_effects(value, variance, tau2=tau2, confidence=confidence)
    own, v = together(value, variance, where="normal_normal")
    spread, mean, error = (
        np.expand_dims(part, -1)
        for part in (prior.tau2, prior.mean.value, prior.mean.standard_error)
    )
    factor = np.where(np.isnan(own), np.nan, spread / (spread + v))
    shrunken = factor * own + (1 - factor) * mean
    apart = np.sqrt(factor * v + ((1 - factor) * error) ** 2)
    made = normal_estimate(shrunken, apart, confidence=confidence, method=f"normal_normal_{tau2}")
    return NormalNormal(replace(made, n=prior.mean.n[..., np.newaxis]), own, factor, prior)
