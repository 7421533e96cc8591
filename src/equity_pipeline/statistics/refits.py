"""One regression fitted to many sets of weights at once: what a bootstrap that refits needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import digamma, expit, ndtr, ndtri, polygamma

from equity_pipeline.statistics.estimate import BoolArray, FloatArray

ITERATIONS = 100
SETTLED = 1e-9  # largest move of a prediction on the link scale, relative to its size
LARGEST_STEP = 4.0  # a longer one on a curved link is an overshoot
SEPARATED = 30.0  # predictions this far out on a curved link are running away
NO_EXCESS = 1e7  # a negative binomial of this size is a Poisson


class Model(StrEnum):
    """The outcome's model, with its link: identity, logit, probit, log, log, log.

    ``NEGATIVE_BINOMIAL`` has variance ``mean + mean^2 / size``, the size by maximum likelihood.
    """

    LINEAR = "linear"
    LOGIT = "logit"
    PROBIT = "probit"
    POISSON = "poisson"
    GAMMA = "gamma"
    NEGATIVE_BINOMIAL = "negative_binomial"

    @property
    def is_share(self) -> bool:
        """Whether outcomes lie between 0 and 1."""
        return self in (Model.LOGIT, Model.PROBIT)

    def link(self, mean: FloatArray) -> FloatArray:
        """Return means on the link scale."""
        if self is Model.LINEAR:
            return mean
        if self.is_share:
            made = ndtri(mean) if self is Model.PROBIT else np.log(mean / (1 - mean))
        else:
            made = np.log(mean)
        return np.asarray(made)

    def mean(self, eta: FloatArray) -> FloatArray:
        """Return means from the link scale."""
        if self is Model.LINEAR:
            return eta
        if self.is_share:
            return np.asarray(ndtr(eta) if self is Model.PROBIT else expit(eta))
        return np.exp(eta)

    def slope(self, eta: FloatArray, mean: FloatArray) -> FloatArray:
        """Return the derivative of the mean by the link scale."""
        if self is Model.LINEAR:
            return np.ones_like(mean)
        if self is Model.PROBIT:
            return np.asarray(np.exp(-(eta**2) / 2) / np.sqrt(2 * np.pi))
        return mean * (1 - mean) if self is Model.LOGIT else mean

    def variance(self, mean: FloatArray, size: FloatArray) -> FloatArray:
        """Return the variance function; ``size`` (B, 1) is the negative binomial's."""
        if self.is_share:
            return mean * (1 - mean)
        if self is Model.LINEAR:
            return np.ones_like(mean)
        if self is Model.GAMMA:
            return mean**2
        return mean if self is Model.POISSON else mean * (1 + mean / size)


@dataclass(frozen=True, slots=True)
class Refits:
    """Coefficients (B, k), the negative binomial's size (B,), and which fits settled (B,)."""

    beta: FloatArray
    size: FloatArray
    settled: BoolArray


def refit(
    X: FloatArray,
    y: FloatArray,
    weight: FloatArray,
    model: Model,
    start: Refits | None = None,
) -> Refits:
    """Return the fits of y on X (m, k), intercept among its columns, with each weight (B, m).

    Fits that do not settle - no spread, separated outcomes - hold NaN. ``start`` holds one fit
    near which all the others are looked for.
    """
    draws = len(weight)
    beta, size = _start(X, y, weight, model) if start is None else (start.beta, start.size)
    beta = np.repeat(beta, draws, axis=0) if len(beta) == 1 else beta.copy()
    size = np.repeat(size, draws) if len(size) == 1 else size.copy()
    settled = np.zeros(draws, dtype=bool)
    going = np.ones(draws, dtype=bool)
    for _ in range(ITERATIONS):
        w = weight[going]
        step, longest, far = _move(X, y, w, model, beta[going], size[going])
        beta[going] += step
        moved = np.zeros(len(w))
        if model is Model.NEGATIVE_BINOMIAL:
            size[going], moved = _size(X, y, w, beta[going], size[going])
        done = (longest <= SETTLED) & (moved <= 1e-7)
        lost = far | ~np.isfinite(longest)
        settled[np.flatnonzero(going)[done & ~lost]] = True
        going[np.flatnonzero(going)[done | lost]] = False
        if not going.any():
            break
    return Refits(
        beta=np.where(settled[:, np.newaxis], beta, np.nan),
        size=np.where(settled, size, np.nan),
        settled=settled,
    )


def _start(
    X: FloatArray, y: FloatArray, weight: FloatArray, model: Model
) -> tuple[FloatArray, FloatArray]:
    """Return the model of the mean alone, and the size that its spread asks for."""
    total = weight.sum(axis=1)
    level = weight @ y / total
    beta = np.zeros((len(weight), X.shape[1]))
    beta[:, :1] = _home(y, weight, model)
    excess = np.maximum(weight @ y**2 / total - level**2 - level, 1e-3 * level**2 + 1e-12)
    return beta, np.clip(level**2 / excess, 1e-3, 1e3)


def _home(y: FloatArray, weight: FloatArray, model: Model) -> FloatArray:
    """Return the means (B, 1) on the link scale."""
    level = weight @ y / weight.sum(axis=1)
    if model is not Model.LINEAR:
        level = np.clip(level, 1e-9, 1 - 1e-9 if model.is_share else None)
    return model.link(level)[:, np.newaxis]


def _move(
    X: FloatArray,
    y: FloatArray,
    weight: FloatArray,
    model: Model,
    beta: FloatArray,
    size: FloatArray,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return Fisher's steps (b, k), their longest relative move of a prediction, and runaways."""
    eta = beta @ X.T
    mean = model.mean(eta)
    slope = model.slope(eta, mean)
    precision = slope / np.maximum(model.variance(mean, size[:, np.newaxis]), 1e-300)
    score = (weight * (y - mean) * precision) @ X
    step = _solved(X, weight * slope * precision, score)
    longest = np.abs(step @ X.T).max(axis=1)
    if model is Model.LINEAR:
        far = np.zeros(len(beta), dtype=bool)
    else:
        step *= np.minimum(1, LARGEST_STEP / np.maximum(longest, SETTLED))[:, np.newaxis]
        far = np.abs(eta - _home(y, weight, model)).max(axis=1) > SEPARATED
    return step, longest / np.maximum(1, np.abs(eta).max(axis=1)), far


def _solved(X: FloatArray, weight: FloatArray, score: FloatArray) -> FloatArray:
    """Return the inverse of X'WX times the score, of each row of weights; NaN if there is none."""
    information = np.stack([(X.T * one) @ X for one in weight])
    scale = np.sqrt(np.einsum("bkk->bk", information))
    scale = np.where(scale > 0, scale, 1)
    unit = information / (scale[:, :, np.newaxis] * scale[:, np.newaxis, :])
    right = (score / scale)[:, :, np.newaxis]
    step = np.full(right.shape, np.nan)
    finite = np.isfinite(unit).all(axis=(1, 2))
    firm = finite.copy()
    firm[finite] = np.linalg.cond(unit[finite]) < 1e12
    step[firm] = np.linalg.solve(unit[firm], right[firm])
    # a level that nobody drew has no coefficient; the shortest step leaves it where it was
    loose = finite & ~firm
    step[loose] = np.linalg.pinv(unit[loose], rcond=1e-10, hermitian=True) @ right[loose]
    return np.asarray(step[:, :, 0] / scale)


def _size(
    X: FloatArray, y: FloatArray, weight: FloatArray, beta: FloatArray, size: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return one Newton step of the negative binomial's size on the log scale, and its length."""
    mean = np.exp(beta @ X.T)
    theta = size[:, np.newaxis]
    counts, of_row = np.unique(y, return_inverse=True)
    # functions of the outcome alone need to be known only once for each different outcome
    held = np.stack([np.bincount(of_row, one, len(counts)) for one in weight])
    first = (held * (digamma(counts + theta) - digamma(theta))).sum(axis=1)
    second = (held * (polygamma(1, counts + theta) - polygamma(1, theta))).sum(axis=1)
    ratio = (y + theta) / (mean + theta)
    first += (weight * (np.log(theta / (mean + theta)) + 1 - ratio)).sum(axis=1)
    second += (weight * (1 / theta - 2 / (mean + theta) + ratio / (mean + theta))).sum(axis=1)
    slope, bend = first * size, second * size**2 + first * size
    step = np.clip(
        np.where(bend < 0, -slope / np.minimum(bend, -1e-300), np.sign(slope)), -1.5, 1.5
    )
    moved = np.clip(size * np.exp(step), 1e-6, NO_EXCESS)
    return moved, np.where(moved >= NO_EXCESS, 0.0, np.abs(step))
