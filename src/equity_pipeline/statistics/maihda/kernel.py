"""Log densities of rows along the link scale, with their derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, xlogy

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.maihda.rows import Rows
from equity_pipeline.statistics.need.family import Family

LARGEST = 100.0  # of an exponent: a search may overshoot, but never out of what numbers hold


@dataclass(frozen=True, slots=True)
class Kernel:
    """The rows' likelihood given the link scale; all are concave in it.

    ``shape`` is the Gamma family's; the others do not have one.
    """

    family: Family
    rows: Rows
    shape: float = 1.0

    def nodes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return log densities without constants and their slopes at (m, K) points."""
        y, n = self.rows.total[:, np.newaxis], self.rows.size[:, np.newaxis]
        if self.family is Family.BINOMIAL:
            small = np.exp(-np.abs(eta))
            softplus = np.log1p(small) + np.maximum(eta, 0)
            p = np.where(eta >= 0, 1.0, small) / (1 + small)
            return y * eta - n * softplus, y - n * p
        if self.family is Family.POISSON:
            mean = np.exp(np.minimum(eta, LARGEST))
            return y * eta - mean, y - mean
        ratio = y * np.exp(-np.maximum(eta, -LARGEST))
        return -self.shape * (n * eta + ratio), self.shape * (ratio - n)

    def slopes(self, eta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the rows' scores, their observed weights, and the weights' own slopes."""
        y, n = self.rows.total, self.rows.size
        if self.family is Family.BINOMIAL:
            p = 0.5 * (1 + np.tanh(eta / 2))
            weight = n * p * (1 - p)
            return y - n * p, weight, weight * (1 - 2 * p)
        if self.family is Family.POISSON:
            mean = np.exp(np.minimum(eta, LARGEST))
            return y - mean, mean, mean
        ratio = self.shape * y * np.exp(-np.maximum(eta, -LARGEST))
        return ratio - self.shape * n, ratio, -ratio

    def constant(self) -> float:
        """Return what the log densities leave out."""
        y, n = self.rows.total, self.rows.size
        if self.family is Family.BINOMIAL:
            return float((gammaln(n + 1) - gammaln(y + 1) - gammaln(n - y + 1)).sum())
        if self.family is Family.POISSON:
            return float(-gammaln(y + 1).sum())
        one = xlogy(self.shape, self.shape) - gammaln(self.shape)
        return float((n * one + (self.shape - 1) * self.rows.extra).sum())
