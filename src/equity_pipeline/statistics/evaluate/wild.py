"""The wild cluster bootstrap: tests and limits where clusters are too few for formulas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    critical,
    require,
)
from equity_pipeline.statistics.evaluate.panel import cluster_sums, least_squares
from equity_pipeline.statistics.glm import GlmFit, sandwich
from equity_pipeline.statistics.reading import labels, numbers

ALL_SIGNS = 12  # clusters: at most so many, and every pattern of signs is looked at (4 096)
WEBB = np.array([-np.sqrt(1.5), -1.0, -np.sqrt(0.5), np.sqrt(0.5), 1.0, np.sqrt(1.5)])
WIDEST = 60.0  # clustered standard errors: limits further out are given as infinite


@dataclass(frozen=True, slots=True)
class Wild:
    """A coefficient with limits from turning the bootstrap test, and the p value of none."""

    effect: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class _Parts:
    """What the test at any hypothetical value needs, per cluster: linear in that value."""

    value: float
    error: float
    numerator: FloatArray  # (2, G): per cluster x~'u, constant part and part per unit of value
    spill: FloatArray  # (2, G, G): what fitting takes back from each cluster's score
    weights: FloatArray  # (G, B)
    exact: bool


def wild_cluster_bootstrap(
    y: ArrayLike,
    design: ArrayLike,
    place: int,
    cluster: ArrayLike,
    *,
    draws: int = 9_999,
    seed: int = 0,
    confidence: float = 0.95,
) -> Wild:
    """Return one coefficient of least squares, judged by a wild bootstrap over clusters.

    Residuals under the hypothesis are turned by one random weight per cluster, Webb's six-point
    weights, or every pattern of signs where there are at most twelve clusters. The clustered t
    is compared with its bootstrap distribution; limits hold the values that are not refused.

    Parameters
    ----------
    y, design
        Outcomes (n,) and columns (n, k) with the intercept among them.
    place
        Which column the effect is.
    cluster
        Cluster of the row: the unit.
    draws, seed
        How many draws and from which seed, where signs are not enumerated.
    confidence
        Coverage of the limits, between 0 and 1.

    Returns
    -------
    Wild
        A limit is infinite where the test refuses no effect up to sixty standard errors away,
        NaN where the columns leave no residual.

    Raises
    ------
    MethodError
        If columns depend on each other, there are under three clusters, or the arrays do not
        go together.

    References
    ----------
    Cameron AC, Gelbach JB, Miller DL (2008), Review of Economics and Statistics 90:414-427.
    Webb MD (2023), Canadian Journal of Economics 56:839-858.
    Roodman D, MacKinnon JG, Nielsen MO, Webb MD (2019), Stata Journal 19:4-60.

    Examples
    --------
    >>> rows = [[1, u < 5, t, (u < 5) * t] for u in range(10) for t in (0, 1)]
    >>> y = [0.8 + 0.01 * u + 0.002 * (u % 3) * r[2] + 0.05 * r[3] for u in range(10)
    ...      for r in rows[2 * u : 2 * u + 2]]
    >>> found = wild_cluster_bootstrap(y, rows, 3, [u for u in range(10) for _ in (0, 1)])
    >>> float(found.effect.value.round(3)), found.effect.method, found.p_value < 0.05
    (0.05, 'wild_cluster_all_signs', True)
    """
    critical(confidence)  # refuses what is no coverage
    outcome, columns = (
        numbers(y, where="wild_cluster_bootstrap"),
        numbers(design, where="wild_cluster_bootstrap"),
    )
    full = least_squares(outcome, columns)
    groups = len(labels(cluster, where="wild_cluster_bootstrap")[0])
    require(
        groups >= 3 and place in range(columns.shape[1]),
        f"There are {groups} clusters, or the design has no such column.",
        where="wild_cluster_bootstrap",
        mend="give at least three clusters and the number of a column",
    )
    parts = _parts(full, outcome, columns, int(place), cluster, _weights(groups, draws, seed))
    alpha = 1 - confidence
    kind = "all_signs" if parts.exact else f"webb_{draws}_seed_{seed}"
    lower, upper = (np.array(_limit(parts, side, alpha)) for side in (-1.0, 1.0))
    effect = Estimate(
        np.array(parts.value),
        lower,
        upper,
        np.array(parts.error),
        f"wild_cluster_{kind}",
        n=np.array(groups),
    )
    return Wild(effect.warned(Caution.FEW_CLUSTERS), _p(parts, 0.0))


def _weights(groups: int, draws: int, seed: int) -> tuple[FloatArray, bool]:
    if groups <= ALL_SIGNS:
        patterns = (np.arange(2**groups)[np.newaxis] >> np.arange(groups)[:, np.newaxis]) & 1
        return np.asarray(2.0 * patterns - 1.0), True
    rng = np.random.default_rng(seed)
    return WEBB[rng.integers(0, 6, size=(groups, draws))], False


def _parts(
    full: GlmFit,
    y: FloatArray,
    design: FloatArray,
    place: int,
    cluster: ArrayLike,
    weights: tuple[FloatArray, bool],
) -> _Parts:
    others = np.delete(design, place, axis=1)
    # what of the column no other column tells, and both residuals under "the value is b"
    own = least_squares(design[:, place], others).residual
    rest = np.column_stack([least_squares(y, others).residual, -own])
    size = float(own @ own)
    of_own = cluster_sums(own[:, np.newaxis] * design, cluster) @ np.linalg.inv(
        full.information
    )  # (G, k)
    spill = [
        of_own @ cluster_sums(design * rest[:, [j]], cluster).T for j in (0, 1)
    ]  # (G, G): row g takes back from column h
    numerator = cluster_sums(own[:, np.newaxis] * rest, cluster).T
    error = float(np.sqrt(sandwich(full, cluster=cluster)[place, place]))
    return _Parts(
        value=float(full.coefficients[place]),
        error=error,
        numerator=numerator / size,
        spill=np.array(spill) / size,
        weights=weights[0],
        exact=weights[1],
    )


def _p(parts: _Parts, at: float) -> float:
    """Return the p value of "the coefficient is ``at``"."""
    score = parts.numerator[0] + at * parts.numerator[1]
    taken = parts.spill[0] + at * parts.spill[1]
    drawn = score @ parts.weights
    per_cluster = score[:, np.newaxis] * parts.weights - taken @ parts.weights
    spread = np.sqrt((per_cluster**2).sum(axis=0))
    ones = np.ones(len(score))
    own_spread = float(np.sqrt(((score - taken @ ones) ** 2).sum()))
    observed = np.inf if own_spread == 0 else abs(float(score.sum())) / own_spread
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where(spread > 0, np.abs(drawn) / spread, np.inf)
    return float(np.mean(t >= observed * (1 - 1e-10)))


def _limit(parts: _Parts, side: float, alpha: float) -> float:
    """Return where the p value falls below alpha on one side; infinite if it never does."""
    if parts.error == 0:
        return np.nan  # no residual is left to turn: the rows say nothing about chance

    def above(steps: float) -> float:
        return _p(parts, parts.value + side * steps * parts.error) - alpha

    reach = 1.0
    while above(reach) > 0:
        reach *= 1.5
        if reach > WIDEST:
            return side * np.inf
    return parts.value + side * parts.error * float(brentq(above, 0.0, reach, xtol=1e-10))
