"""lme4's criterion for a Gamma random intercept, which is no likelihood.

Its effects are standardised by the residual scale while its penalty for them is not, so that what
it calls the units' variance moves with the scale. Known, and not copied: this file is here to show
that where the peer's figures differ from the likelihood's, they differ by just that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.stats import gamma


@dataclass(frozen=True)
class Fitted:
    """What lme4 tells of a fit: coefficients, both variances, effects with their deviations."""

    fixed: np.ndarray
    variance: float
    sigma2: float
    effects: np.ndarray
    errors: np.ndarray


class _Criterion:
    def __init__(self, y: np.ndarray, design: np.ndarray, group: np.ndarray) -> None:
        self.y, self.design, self.group = y, design, group
        self.size = np.bincount(group).astype(float)

    def modes(self, spread: float, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the standardised effects of greatest penalised fit, and people's means."""
        base, u = self.design @ fixed, np.zeros(len(self.size))
        curved = self.size * spread**2 + 1
        for _ in range(200):
            mean = np.exp(base + spread * u[self.group])
            left = np.bincount(self.group, self.y / mean - 1, len(u)) * spread - u
            step = np.clip(left / curved, -1, 1)
            u = u + step
            if np.abs(step).max() < 1e-12:
                break
        return u, np.exp(base + spread * u[self.group])

    def __call__(self, at: np.ndarray) -> float:
        spread = abs(float(at[0]))
        u, mean = self.modes(spread, at[1:])
        apart = self.y / mean
        scale = float(2 * (apart - 1 - np.log(apart)).sum()) / len(self.y)
        fit = -2 * float(gamma.logpdf(self.y, 1 / scale, scale=mean * scale).sum())
        return fit + float(u @ u + np.log(self.size * spread**2 + 1).sum())


def fitted(
    y: np.ndarray, design: np.ndarray, group: np.ndarray, spread: float, fixed: np.ndarray
) -> Fitted:
    """Return lme4's fit, sought from a spread of effects and coefficients; intercept first."""
    criterion = _Criterion(y, design, group)
    at = np.concatenate([[max(spread, 0.05)], fixed])
    for _ in range(3):
        at = minimize(criterion, at, method="BFGS", options={"gtol": 1e-5}).x
    spread = abs(float(at[0]))
    u, mean = criterion.modes(spread, at[1:])
    sigma2 = float((((y / mean - 1) ** 2).sum() + u @ u) / len(y))
    errors = np.sqrt(sigma2) * spread / np.sqrt(criterion.size * spread**2 + 1)
    return Fitted(at[1:], spread**2 * sigma2, sigma2, spread * u, errors)
