"""What a random-intercept model returns, whichever way it was fitted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.estimate import Estimate, FloatArray
from equity_pipeline.statistics.need.family import Family


class FitMethod(StrEnum):
    """How a model was fitted; variances of two models compare only under the same likelihood."""

    AGQ_COUNTS = "agq_counts"
    LMM_ML = "lmm_ml"
    LMM_REML = "lmm_reml"


class Reading(StrEnum):
    """What the additive model leaves to say about strata; never "there is no interaction"."""

    NO_INTERACTION = "no interaction shown beyond main effects"
    VARIANCE_LEFT = "variance left beyond main effects"


@dataclass(frozen=True, slots=True)
class RandomIntercept:
    """A settled model: fixed effects, the variance between groups, and each group's effect.

    Attributes
    ----------
    family, fit_method
        The outcome's kind and the likelihood that was maximised.
    fixed, covariance
        Fixed effects on the link scale, intercept first, and their covariance.
    variance
        Variance between groups on the link scale with profile-likelihood limits; warned
        ``AT_BOUND`` where the likelihood is greatest at no variance.
    residual_variance
        Variance within groups: of a person in the linear model, 1 / shape in the Gamma model;
        NaN for shares and rates, whose residual variance is no parameter.
    vpc
        The variance partition coefficient with limits by the same profile.
    groups, effects
        The groups' codes in rising order, and for each its conditional mode and the conditional
        standard deviation around it (that of the random effect alone).
    fitted, fitted_fixed
        For every row as given, the mean with and without the group's effect; the error of the
        first counts the effect's and the fixed effects' uncertainty together.
    loglik
        The log-likelihood with all its constants; the REML criterion for ``lmm_reml``.
    """

    family: Family
    fit_method: FitMethod
    fixed: Estimate
    covariance: FloatArray
    variance: Estimate
    residual_variance: Estimate
    vpc: Estimate
    groups: NDArray[np.int64]
    effects: Estimate
    fitted: Estimate
    fitted_fixed: Estimate
    loglik: float

    @property
    def at_bound(self) -> bool:
        """Whether the variance between groups is zero, the edge of what it can be."""
        return bool(self.variance.value == 0)
