"""Finding the greatest likelihood: pooled start, quasi-Newton, Newton's polish, the bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.maihda.kernel import Kernel
from equity_pipeline.statistics.maihda.quadrature import LARGEST_MOVE, Marginal
from equity_pipeline.statistics.maihda.rows import inverse, solved
from equity_pipeline.statistics.need.family import Family

ITERATIONS = 100
REFITS = 50
HALVINGS = 12
SETTLED = 1e-9
RUNNING_AWAY = 20.0  # pooled fits this far from the mean on the link scale have no end
DIFFERENCE = 1e-4  # step of the slope's differences, in standard errors
NO_BETTER = 1e-11  # a relative gain in log-likelihood that is none
NOTHING = 1e-8
CEILING = 30.0  # on the link scale no deviation between groups can be larger


@dataclass(frozen=True, slots=True)
class Settled:
    """The greatest likelihood: fixed effects and sigma, and where the pooled model was."""

    theta: FloatArray
    loglik: float
    root: FloatArray

    @property
    def sigma(self) -> float:
        """The standard deviation between groups, 0 at the bound."""
        return float(self.theta[-1])


def settle(marginal: Marginal, *, where: str) -> Settled:
    """Return the greatest likelihood over fixed effects and sigma, zero sigma included."""
    pooled = pooled_fit(marginal.kernel, where=where)
    if marginal.count == 0:
        return _settled_jointly(marginal, pooled)
    start, rising = _start(marginal, pooled)
    # in units of its standard errors the likelihood is round, and few steps are needed
    root = np.asarray(np.linalg.inv(np.linalg.cholesky(_information(marginal, start)))).T

    def downhill(z: FloatArray) -> tuple[float, FloatArray]:
        value, slope = marginal.value_and_slope(start + root @ z)
        return -value, -(root.T @ slope)

    found = minimize(
        downhill, np.zeros(len(start)), jac=True, method="L-BFGS-B",
        options={"maxiter": ITERATIONS, "gtol": 1e-6, "ftol": 1e-14},
    )  # fmt: skip
    theta, value = start + root @ found.x, -float(found.fun)
    at_zero = np.append(pooled, 0.0)
    nothing = marginal.value(at_zero)
    gain = value - nothing
    if not (rising or gain > NO_BETTER * (1 + abs(value))) or _is_nothing(marginal, theta):
        return Settled(at_zero, nothing, root)
    theta[-1] = abs(theta[-1])
    require(
        theta[-1] < CEILING,
        "The groups are too small for a variance between them: the likelihood has no top.",
        where=where,
        mend="give larger groups, or fewer",
    )
    return Settled(theta, value, root)


def _is_nothing(marginal: Marginal, theta: FloatArray) -> bool:
    """Whether sigma is so small that no group's mean moves by a ten-thousandth of its error."""
    rows = marginal.rows
    weight = marginal.kernel.slopes(rows.X @ theta[:-1] + rows.offset)[1]
    return bool(theta[-1] ** 2 * rows.summed(weight).max() < NOTHING)


def held_at(marginal: Marginal, beta: FloatArray, sigma: float) -> tuple[float, FloatArray]:
    """Return the greatest log-likelihood with sigma held, and the fixed effects there."""
    theta = np.append(beta, sigma)
    value, slope = marginal.value_and_slope(theta)
    for _ in range(REFITS):
        score = slope[:-1] if marginal.count else marginal.joint_score(theta)
        step = solved(marginal.information(theta), score)
        if abs(score @ step) < 1e-10:  # twice what the likelihood can still gain
            break
        step *= min(1.0, LARGEST_MOVE / float(np.abs(marginal.rows.X @ step).max()))
        for _ in range(HALVINGS):
            there = theta + np.append(step, 0.0)
            found, its_slope = marginal.value_and_slope(there)
            if found >= value or marginal.count == 0:
                break
            step /= 2
        else:
            break
        theta, value, slope = there, found, its_slope
    return value, theta[:-1]


def _settled_jointly(marginal: Marginal, pooled: FloatArray) -> Settled:
    """Return the greatest likelihood along sigma, with fixed effects at their joint mode."""
    start, _ = _start(marginal, pooled)
    root = np.asarray(np.linalg.inv(np.linalg.cholesky(_information(marginal, start)))).T
    found = minimize_scalar(
        lambda sigma: -held_at(marginal, pooled, sigma)[0],
        bounds=(0, 4 * float(start[-1]) + 1), method="bounded", options={"xatol": 1e-9},
    )  # fmt: skip
    value, beta = held_at(marginal, pooled, float(found.x))
    nothing = marginal.value(np.append(pooled, 0.0))
    if nothing >= value - NO_BETTER * (1 + abs(value)):
        return Settled(np.append(pooled, 0.0), nothing, root)
    return Settled(np.append(beta, float(found.x)), value, root)


def polished(marginal: Marginal, settled: Settled, *, where: str) -> tuple[Settled, FloatArray]:
    """Return the settled fit after Newton steps, and the covariance of fixed effects and sigma.

    At zero sigma the fixed effects' covariance is the pooled model's, and with no nodes that at
    the joint mode; sigma's is NaN.
    """
    theta, root = settled.theta, settled.root
    if settled.sigma == 0 or marginal.count == 0:
        p = len(theta) - 1
        covariance = np.full((p + 1, p + 1), np.nan)
        covariance[:p, :p] = inverse(marginal.information(theta))
        return settled, covariance
    spread = _inverse_curvature(marginal, theta, root, where)
    for _ in range(5):
        value, slope = marginal.value_and_slope(theta)
        step = spread @ (root.T @ slope)
        theta = theta + root @ step
        if np.abs(step).max() < SETTLED:
            break
    value = marginal.value(theta)
    if not np.isfinite(value) or value < settled.loglik - 1e-6 or theta[-1] <= 0:
        theta, value = settled.theta, settled.loglik
    return Settled(theta, value, root), np.asarray(root @ spread @ root.T)


def _inverse_curvature(
    marginal: Marginal, theta: FloatArray, root: FloatArray, where: str
) -> FloatArray:
    """Return the inverse of the negative second derivatives, in units of standard errors."""
    size = len(theta)
    curvature = np.empty((size, size))
    for place in range(size):
        move = DIFFERENCE * root[:, place]
        above, below = (marginal.value_and_slope(theta + m)[1] for m in (move, -move))
        curvature[:, place] = root.T @ (below - above) / (2 * DIFFERENCE)
    curvature = (curvature + curvature.T) / 2
    if not np.linalg.eigvalsh(curvature)[0] > 0:
        raise MethodError(
            "The likelihood has no single top.", where=where, mend="give fewer fixed effects"
        )
    return inverse(curvature)


def pooled_fit(kernel: Kernel, *, where: str) -> FloatArray:
    """Return the fixed effects of the model without groups."""
    rows = kernel.rows
    beta = np.zeros(rows.X.shape[1])
    beta[0] = home = _link(kernel.family, rows.total.sum(), rows.size.sum(), where)
    for _ in range(ITERATIONS):
        eta = rows.X @ beta
        score, weight, _ = kernel.slopes(eta + rows.offset)
        information = rows.X.T @ (weight[:, np.newaxis] * rows.X)
        step = _solved(information, rows.X.T @ score, where)
        move = float(np.abs(rows.X @ step).max())
        beta = beta + step * min(1.0, 3.0 / max(move, 1e-300))
        if np.abs(rows.X @ beta - home).max() > RUNNING_AWAY:
            break
        if move < SETTLED:
            return beta
    raise MethodError(
        "A fixed effect has no finite value: some level has no events, or only events.",
        where=where,
        mend="merge that level with another",
    )


def _solved(information: FloatArray, score: FloatArray, where: str) -> FloatArray:
    try:
        return solved(information, score)
    except np.linalg.LinAlgError as error:
        raise MethodError(
            "The fixed effects cannot be told apart.", where=where, mend="merge or drop levels"
        ) from error


def _link(family: Family, total: float, size: float, where: str) -> float:
    if total <= 0 or (family is Family.BINOMIAL and total >= size):
        raise MethodError(
            "Nobody had the event, or everybody had: there is no variance to share out.",
            where=where,
            mend="leave the model out for this outcome",
        )
    odds = total / (size - total) if family is Family.BINOMIAL else total / size
    return float(np.log(odds))


def _start(marginal: Marginal, pooled: FloatArray) -> tuple[FloatArray, bool]:
    """Return a start with sigma by moments, and whether the likelihood rises from zero sigma."""
    rows = marginal.rows
    score, weight, _ = marginal.kernel.slopes(rows.X @ pooled + rows.offset)
    scores, weights = rows.summed(score), rows.summed(weight)
    excess = (scores**2 - weights).sum()
    variance = excess / (weights**2).sum()
    return np.append(pooled, np.sqrt(np.clip(variance, 0.2 / weights.mean(), 4.0))), excess > 0


def _information(marginal: Marginal, theta: FloatArray) -> FloatArray:
    """Return an approximate information of fixed effects and sigma."""
    rows, sigma = marginal.rows, theta[-1]
    fixed = marginal.information(theta)
    weights = rows.summed(marginal.at_mode(rows.X @ theta[:-1] + rows.offset, sigma).weight)
    own = 2 * sigma**2 * ((weights / (1 + sigma**2 * weights)) ** 2).sum()
    made = np.zeros((len(theta), len(theta)))
    made[:-1, :-1], made[-1, -1] = fixed, own
    return made
