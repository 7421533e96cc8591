"""Everybody's need under each level: mean predictions and how they move with the fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.cells import Patterns
from equity_pipeline.statistics.need.fit import Fit
from equity_pipeline.statistics.need.influence import Residuals, Target, residuals


@dataclass(frozen=True, slots=True)
class Population:
    """A fit with its predictions (P, K), the kept levels' values (K,), and what they rest on."""

    patterns: Patterns
    fitted: Fit
    prediction: FloatArray
    value: FloatArray
    left: Residuals

    @property
    def target(self) -> Target:
        """The values as figures to be given a variance."""
        return Target(_gradient(self), self.prediction - self.value)


def population(patterns: Patterns, fitted: Fit) -> Population:
    """Return the mean predictions over the population's need, level by level."""
    prediction = fitted.predict(patterns)
    value = patterns.share @ prediction
    return Population(patterns, fitted, prediction, value, residuals(patterns, fitted, prediction))


def _gradient(of: Population) -> FloatArray:
    """Return the derivatives of the values by the coefficients (K, p)."""
    fitted, patterns = of.fitted, of.patterns
    slope = patterns.share[:, np.newaxis] * fitted.family.slope(of.prediction)
    k = fitted.levels
    made = np.zeros((k, len(fitted.coefficients)))
    made[np.arange(k), np.arange(k)] = slope.sum(axis=0)
    for term in fitted.terms:
        code = patterns.codes[term.variable]
        for level in range(k):
            basis = term.at_level(level, k)
            made[level, term.where] = np.bincount(code, slope[:, level], len(basis)) @ basis
    return made


def every_level(fitted: Fit, numbers: FloatArray, n_levels: int) -> FloatArray:
    """Return figures of the kept levels (K,) or (K, K) in the place of all levels, NaN else."""
    kept = np.flatnonzero(fitted.position >= 0)
    made = np.full((n_levels,) * numbers.ndim, np.nan)
    made[np.ix_(*[kept] * numbers.ndim)] = numbers
    return made
