"""The likelihood with group effects integrated out, and its exact slope at any number of nodes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.maihda.kernel import Kernel
from equity_pipeline.statistics.maihda.rows import Rows

ROUNDS = 100
SETTLED = 1e-11  # few nodes lean on where the mode is
LARGEST_MOVE = 3.0  # on the link scale; a longer step is an overshoot


@dataclass(frozen=True, slots=True)
class AtMode:
    """Where each group's density is greatest, its curvature there, and sums of the rows'."""

    mode: FloatArray
    curvature: FloatArray
    weight: FloatArray
    weight_slope: FloatArray
    score_sum: FloatArray
    weight_sum: FloatArray
    slope_sum: FloatArray


@dataclass(slots=True)
class Marginal:
    """The log-likelihood of (fixed effects, sigma) by adaptive Gauss-Hermite quadrature.

    Group effects are sigma times a standard normal, so that sigma may be 0. One node is Laplace's
    approximation; none is Laplace's too, but at fixed effects that are modes as the groups' are
    (lme4's ``nAGQ = 0``). The slope is that of the approximation itself: nodes move with the
    parameters, and how they move is differentiated too, so that few nodes do as well as many.
    """

    kernel: Kernel
    count: int
    points: FloatArray = field(init=False)
    log_weights: FloatArray = field(init=False)
    last: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        x, w = np.polynomial.hermite.hermgauss(max(self.count, 1))
        self.points = np.sqrt(2) * x
        self.log_weights = np.log(w) + x**2 - 0.5 * np.log(np.pi)
        self.last = np.zeros(len(self.rows.groups))

    @property
    def rows(self) -> Rows:
        """The rows behind it."""
        return self.kernel.rows

    def at_mode(self, fixed: FloatArray, sigma: float) -> AtMode:
        """Return the groups' modes by Newton, all groups at once, from where they last were."""
        rows, b = self.rows, self.last
        longest = LARGEST_MOVE / max(abs(sigma), 1e-8)
        for _ in range(ROUNDS):
            score, weight, slope = self.kernel.slopes(fixed + rows.spread(sigma * b))
            scores, weights = rows.summed(score), rows.summed(weight)
            curvature = 1 + sigma**2 * weights
            step = np.clip((sigma * scores - b) / curvature, -longest, longest)
            if np.abs(step).max() < SETTLED:
                break
            b = b + step
        self.last = b
        return AtMode(b, curvature, weight, slope, scores, weights, rows.summed(slope))

    def value(self, theta: FloatArray) -> float:
        """Return the log-likelihood with its constants."""
        return self.value_and_slope(theta)[0]

    def value_and_slope(self, theta: FloatArray) -> tuple[float, FloatArray]:
        """Return the log-likelihood and its derivatives by the fixed effects and sigma."""
        rows, sigma = self.rows, float(theta[-1])
        fixed = rows.X @ theta[:-1] + rows.offset
        at = self.at_mode(fixed, sigma)
        scale = at.curvature**-0.5
        b = at.mode[:, np.newaxis] + scale[:, np.newaxis] * self.points
        density, score = self.kernel.nodes(fixed[:, np.newaxis] + rows.spread(sigma * b))
        joint = rows.summed(density) - b**2 / 2 + self.log_weights
        top = joint.max(axis=1, keepdims=True)
        share = np.exp(joint - top)
        whole = share.sum(axis=1, keepdims=True)
        share /= whole
        value = float((top + np.log(whole)).sum() + np.log(scale).sum()) + self.kernel.constant()
        return value, self._slope(at, sigma, scale, b, share, score)

    def _slope(
        self,
        at: AtMode,
        sigma: float,
        scale: FloatArray,
        b: FloatArray,
        share: FloatArray,
        score: FloatArray,
    ) -> FloatArray:
        rows = self.rows
        scores = rows.summed(score)
        along = share * (sigma * scores - b)  # share times the density's slope at the nodes
        shift = along.sum(axis=1) / at.curvature
        widen = (1 + scale * (along @ self.points)) / (2 * at.curvature)
        by_width = sigma**2 * (
            at.weight_slope - rows.spread(sigma**2 * at.slope_sum / at.curvature) * at.weight
        )
        expected = (rows.spread(share) * score).sum(axis=1)
        by_row = expected - rows.spread(shift * sigma) * at.weight - rows.spread(widen) * by_width
        mode_slope = (at.score_sum - sigma * at.mode * at.weight_sum) / at.curvature
        width_slope = 2 * sigma * at.weight_sum + sigma**2 * at.slope_sum * (
            at.mode + sigma * mode_slope
        )
        # shift is already divided by the curvature, which the mode's slope brings along again
        by_sigma = (
            (share * b * scores).sum()
            + (shift * at.curvature * mode_slope).sum()
            - (widen * width_slope).sum()
        )
        return np.append(rows.X.T @ by_row, by_sigma)

    def joint_score(self, theta: FloatArray) -> FloatArray:
        """Return the fixed effects' slope of the density itself, at the groups' modes."""
        rows, sigma = self.rows, float(theta[-1])
        fixed = rows.X @ theta[:-1] + rows.offset
        mode = self.at_mode(fixed, sigma).mode
        return np.asarray(rows.X.T @ self.kernel.slopes(fixed + rows.spread(sigma * mode))[0])

    def information(self, theta: FloatArray) -> FloatArray:
        """Return the fixed effects' information as if modes were exact: a Newton step's matrix."""
        rows, sigma = self.rows, float(theta[-1])
        at = self.at_mode(rows.X @ theta[:-1] + rows.offset, sigma)
        weighted = at.weight[:, np.newaxis] * rows.X
        sums = rows.summed(weighted) * (abs(sigma) / np.sqrt(at.curvature))[:, np.newaxis]
        return np.asarray(rows.X.T @ weighted - sums.T @ sums)
