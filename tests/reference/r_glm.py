"""R's glm stops before its fit is settled: how far its figures then are from those of the fit.

R ends a fit when the deviance moves by less than 1e-8 of itself, and keeps the weights that made
the last step: errors are up to 1e-5 away from those of the settled fit, which ours are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import xlogy

from equity_pipeline.statistics.estimate import critical
from equity_pipeline.statistics.glm import GlmFit, fit_glm
from equity_pipeline.statistics.gradient import FittedEnds, ridits
from equity_pipeline.statistics.need import Family

ENDS_AT, SETTLED = 1e-8, 1e-15


@dataclass(frozen=True)
class Stopped:
    """A fit as R left it: coefficients, working weights and residuals of its last step."""

    design: np.ndarray
    coefficients: np.ndarray
    weight: np.ndarray
    left: np.ndarray
    is_count: bool

    @property
    def information(self) -> np.ndarray:
        return (self.design * self.weight[:, np.newaxis]).T @ self.design

    @property
    def dispersion(self) -> float:
        """Pearson's sum over what is left of the rows."""
        rows, terms = self.design.shape
        return float((self.weight * self.left**2).sum()) / (rows - terms)

    def sandwich(self, kind: str, cluster: np.ndarray | None = None) -> np.ndarray:
        """Return the covariance of kind none, hc1, hc2, hc3, or groups of the clusters' scores."""
        rows, terms = self.design.shape
        bread = np.linalg.inv(self.information)
        leverage = np.einsum("ij,jk,ik->i", self.design, bread, self.design) * self.weight
        power = {"hc2": 0.5, "hc3": 1.0}.get(kind, 0.0)
        scores = self.design * (self.weight * self.left / (1 - leverage) ** power)[:, np.newaxis]
        factor = rows / (rows - terms) if kind == "hc1" else 1.0
        if cluster is not None:
            groups = int(cluster.max()) + 1
            summed = np.zeros((groups, terms))
            np.add.at(summed, cluster, scores)
            scores, factor = summed, factor * groups / (groups - 1)
            factor *= (rows - 1) / rows if kind == "hc1" else 1.0
        return bread @ (scores.T @ scores) @ bread * factor


def stopped(
    design: np.ndarray,
    y: np.ndarray,
    family: Family,
    weight: np.ndarray | float = 1.0,
    offset: np.ndarray | float = 0.0,
    *,
    ends_at: float = ENDS_AT,
) -> Stopped:
    """Return a fit that ends when the deviance moves by less than this."""
    prior = np.broadcast_to(weight, y.shape)
    mean = y + (0.1 if family.is_count else 0)
    if family is Family.BINOMIAL:
        mean = (prior * y + 0.5) / (prior + 1)
    eta, before = family.link(mean), _deviance(family, y, mean, prior)
    for _ in range(25):
        working = prior * family.slope(mean) * family.factor(mean)
        target = eta - offset + (y - mean) / family.slope(mean)
        information = (design * working[:, np.newaxis]).T @ design
        beta = np.linalg.solve(information, design.T @ (working * target))
        eta = design @ beta + offset
        mean = family.mean(eta)
        now = _deviance(family, y, mean, prior)
        if abs(now - before) / (abs(now) + 0.1) < ends_at:
            break
        before = now
    return Stopped(design, beta, working, (y - mean) / family.slope(mean), family.is_count)


def levels_short(
    design: np.ndarray,
    at_levels: Sequence[np.ndarray],
    y: np.ndarray,
    family: Family,
    covariance: Callable[[Stopped], np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return how far averages of predictions, and their covariance, are from the settled fit's."""
    values, spreads = [], []
    for ends_at in (ENDS_AT, SETTLED):
        fit = stopped(design, y, family, ends_at=ends_at)
        means = [family.mean(at @ fit.coefficients) for at in at_levels]
        steps = [
            (family.slope(mean)[:, np.newaxis] * at).mean(axis=0)
            for mean, at in zip(means, at_levels, strict=True)
        ]
        values.append(np.array([mean.mean() for mean in means]))
        spreads.append(np.array(steps) @ covariance(fit) @ np.array(steps).T)
    return values[0] - values[1], spreads[0] - spreads[1]


def as_r(design: np.ndarray, y: np.ndarray, family: Family) -> GlmFit:
    """Return our fit of people with what R's early stop makes of it."""
    fit = fit_glm(y, design, family=family)
    if family is Family.GAUSSIAN:
        return fit
    early = stopped(design, y, family)
    dispersion = 1.0 if family.is_count else early.dispersion
    return replace(
        fit,
        coefficients=early.coefficients,
        information=early.information,
        covariance=np.linalg.inv(early.information) * dispersion,
        residual=early.weight * early.left,
    )


def healthequal_slope(
    ends: FittedEnds,
    shares: np.ndarray,
    people: np.ndarray,
    *,
    scale: float,
    confidence: float,
    linear: bool,
) -> dict[str, dict[str, float]]:
    """Return ours as the peer tells them: its early stop, and errors on the scale of 1 and of logs.

    ``scale`` is what a value of 1 is published as.
    """
    z = critical(confidence)
    value, error = float(ends.sii.value), float(ends.sii.standard_error)
    log, log_error = np.log(float(ends.rii.value)), float(ends.rii.standard_error / ends.rii.value)
    if linear:
        value, error = value / scale, error / scale
    else:
        early, settled = (_logit_ends(shares, people, at) for at in (ENDS_AT, SETTLED))
        value, error, log, log_error = (
            mine + short - whole
            for mine, short, whole in zip(
                (value, error, log, log_error), early, settled, strict=True
            )
        )
    return {
        "sii": {
            "estimate": value * scale,
            "se": error,
            "lowerci": (value - z * error) * scale,
            "upperci": (value + z * error) * scale,
        },
        "rii": {
            "estimate": np.exp(log),
            "se": log_error,
            "lowerci": np.exp(log - z * log_error),
            "upperci": np.exp(log + z * log_error),
        },
    }


def _logit_ends(shares: np.ndarray, people: np.ndarray, ends_at: float) -> list[float]:
    """Return the difference and the log ratio of the line's ends, each with its error."""
    design = np.column_stack([np.ones(len(people)), ridits(people)])
    fit = stopped(design, shares, Family.BINOMIAL, people**2, ends_at=ends_at)
    at = np.array([[1.0, 0.0], [1.0, 1.0]])
    first, last = Family.BINOMIAL.mean(at @ fit.coefficients)
    to_first, to_last = at * Family.BINOMIAL.slope(np.array([first, last]))[:, np.newaxis]
    of_gap, of_log = to_last - to_first, to_last / last - to_first / first
    errors = (float(np.sqrt(to @ fit.sandwich("hc1") @ to)) for to in (of_gap, of_log))
    gap_error, log_error = errors
    return [float(last - first), gap_error, float(np.log(last / first)), log_error]


def _deviance(family: Family, y: np.ndarray, mean: np.ndarray, weight: np.ndarray) -> float:
    if family is Family.BINOMIAL:
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = xlogy(y, y / mean) + xlogy(1 - y, (1 - y) / (1 - mean))
        return float(2 * (weight * parts).sum())
    safe = np.where(y > 0, y, 1)
    if family is Family.GAMMA:
        return float(2 * (weight * ((y - mean) / mean - np.log(safe / mean))).sum())
    return float(2 * (weight * (xlogy(y, safe / mean) - (y - mean))).sum())
