"""The four families of outcome that a need model knows, with link and variance function."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray

LONGEST_STEP = 4.0  # a longer one on the logit or log scale is an overshoot
SEPARATED = 25.0  # predictions this far from the mean on the logit or log scale are running away


class Family(StrEnum):
    """The outcome's kind, with its link: logit, log, identity, log."""

    BINOMIAL = "binomial"
    POISSON = "poisson"
    GAUSSIAN = "gaussian"
    GAMMA = "gamma"

    @property
    def is_share(self) -> bool:
        """Whether the numerator counts some of the denominator."""
        return self is Family.BINOMIAL

    @property
    def is_count(self) -> bool:
        """Whether the numerator counts something, and so is never below 0."""
        return self in (Family.BINOMIAL, Family.POISSON)

    def link(self, mean: FloatArray) -> FloatArray:
        """Return means on the link scale."""
        if self is Family.GAUSSIAN:
            return mean
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(mean / (1 - mean) if self is Family.BINOMIAL else mean))

    def mean(self, eta: FloatArray) -> FloatArray:
        """Return means from the link scale."""
        if self is Family.GAUSSIAN:
            return eta
        if self is Family.POISSON or self is Family.GAMMA:
            return np.asarray(np.exp(np.minimum(eta, 700)))
        with np.errstate(over="ignore"):  # a third of the time of expit, and as exact
            return np.asarray(1 / (1 + np.exp(-eta)))

    def slope(self, mean: FloatArray) -> FloatArray:
        """Return the derivative of the mean by the link scale."""
        if self is Family.GAUSSIAN:
            return np.ones_like(mean)
        return mean * (1 - mean) if self is Family.BINOMIAL else mean

    def variance(self, mean: FloatArray) -> FloatArray:
        """Return the variance function."""
        if self is Family.GAMMA:
            return mean**2
        return self.slope(mean)

    def factor(self, mean: FloatArray) -> FloatArray:
        """Return slope / variance, which is 1 for the canonical links."""
        return 1 / mean if self is Family.GAMMA else np.ones_like(mean)

    def weight(self, mean: FloatArray) -> FloatArray:
        """Return slope squared / variance: what one unit of the denominator is worth in a fit."""
        return np.ones_like(mean) if self is Family.GAMMA else self.slope(mean)

    @property
    def is_canonical(self) -> bool:
        """Whether the link is the family's canonical one: the two informations are the same."""
        return self is not Family.GAMMA

    @property
    def is_steady(self) -> bool:
        """Whether :meth:`weight` is 1 whatever the mean."""
        return self in (Family.GAUSSIAN, Family.GAMMA)

    @property
    def longest_step(self) -> float:
        """The longest step of a fit on the link scale."""
        return np.inf if self is Family.GAUSSIAN else LONGEST_STEP

    @property
    def farthest(self) -> float:
        """How far from the overall mean predictions may lie on the link scale."""
        return np.inf if self is Family.GAUSSIAN else SEPARATED
