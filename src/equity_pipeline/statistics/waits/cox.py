"""Cox regression: how fast groups are seen, at equal need, whatever the waits' form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import (
    Caution,
    Estimate,
    FloatArray,
    normal_estimate,
    require,
)
from equity_pipeline.statistics.reading import numbers
from equity_pipeline.statistics.waits.counts import places, rows, rows_like
from equity_pipeline.statistics.waits.risk_sets import RiskSets, risk_sets

ITERATIONS = 50
SETTLED = 1e-10  # a step that moves no linear predictor by more than this
MOST_SEEN = 20_000_000  # each of the seen has a place among those seen on the same day
RUNS_AWAY = 15.0  # a hazard ratio beyond exp(15) between two people has no finite estimate

Ties = Literal["efron", "breslow"]


@dataclass(frozen=True, slots=True)
class CoxFit:
    """A Cox model's coefficients (q,) as logarithms of hazard ratios, and how they were found.

    ``covariance`` (q, q) is the inverse of the information; all is NaN if not ``converged``.
    """

    coefficients: Estimate
    covariance: FloatArray
    log_likelihood: float
    events: float
    converged: bool


def cox_regression(
    days: ArrayLike,
    seen: ArrayLike,
    design: ArrayLike,
    *,
    count: ArrayLike | None = None,
    entry: ArrayLike | None = None,
    stratum: ArrayLike | None = None,
    ties: Ties = "efron",
    confidence: float = 0.95,
) -> CoxFit:
    """Return the coefficients of a Cox model of the time to being seen.

    Parameters
    ----------
    days, seen
        Days until seen or last known to wait (m,), and whether seen (m,): people still waiting
        stay in, as censored.
    design
        Columns (m, q), no intercept; one that depends on others leaves no unique coefficients.
    count
        How many waits a row stands for (m,), whole numbers; 1 if None.
    entry
        Day of the wait beyond which a row is followed (m,); NaN or None: from its start.
    stratum
        Number of the row's own baseline (m,) from 0; one for all if None.
    ties
        How waits that end on one day are taken: Efron's way (R's), or Breslow's.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    CoxFit
        NaN and NOT_CONVERGED if a coefficient has no finite or no unique value.

    Raises
    ------
    MethodError
        If arrays do not go together or hold impossible values, or nobody was seen.

    References
    ----------
    Cox DR (1972), Journal of the Royal Statistical Society B 34:187-220.
    Efron B (1977), Journal of the American Statistical Association 72:557-565.

    Examples
    --------
    >>> fit = cox_regression([2, 3, 5, 7, 9], [1, 1, 0, 1, 1], [[1], [0], [1], [1], [0]])
    >>> fit.coefficients.value.round(4), fit.coefficients.standard_error.round(4)
    (array([0.5644]), array([1.2295]))
    """
    waited, known, mass = rows(days, seen, 1.0 if count is None else count, where="cox_regression")
    X = numbers(design, where="cox_regression")
    began = np.full(waited.shape, np.nan) if entry is None else rows_like(entry, waited)
    numbered, _ = places(stratum, None, waited.size, where="cox_regression, stratum")
    place = np.unique(numbered, return_inverse=True)[1]
    _check(waited, known, mass, X, began)
    require(
        ties in ("efron", "breslow"),
        f"{ties!r} is no way to take ties.",
        where="cox_regression",
        mend="use 'efron' or 'breslow'",
    )
    centre = mass @ X / mass.sum()
    spread = np.sqrt(mass @ (X - centre) ** 2 / mass.sum())
    scale = np.where(spread > 0, spread, 1)
    sets = risk_sets(waited, known, mass, (X - centre) / scale, began, place, efron=ties == "efron")
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        found = _newton(sets)  # what runs away is told as not converged
    return _told(found, scale, float((mass * known).sum()), ties, confidence)


def _check(
    days: FloatArray, seen: FloatArray, count: FloatArray, X: FloatArray, entry: FloatArray
) -> None:
    late = ~np.isnan(entry)
    require(
        X.ndim == 2 and len(X) == days.size and X.shape[1] > 0 and bool(np.isfinite(X).all()),
        "The design has another number of rows than the waits, no columns, or missing values.",
        where="cox_regression",
        mend="give a design of shape (m, q) of finite numbers",
    )
    require(
        bool(((seen == 0) | (seen == 1)).all())
        and bool((count % 1 == 0).all())
        and bool(((entry[late] >= 0) & (entry[late] < days[late])).all())
        and 0 < (count * seen).sum() <= MOST_SEEN,
        "Waits are neither seen nor not, counts are not whole, a wait ends before it is followed,"
        " or nobody was seen, or more people than live in any region.",
        where="cox_regression",
        mend="give 1 or 0 for seen, whole counts, entry before the end, and some who were seen",
    )


def _newton(sets: RiskSets) -> tuple[FloatArray, FloatArray, float] | None:
    """Return coefficients, information and log-likelihood, or None if they run away."""
    beta = np.zeros(sets.design.shape[1])
    likelihood, score, information = sets.at(beta)
    for _ in range(ITERATIONS):
        # columns are scaled, so a condition this bad means that one of them says nothing of its own
        if not np.isfinite(information).all() or np.linalg.cond(information) > 1e10:
            return None
        step = np.linalg.solve(information, score)
        tried, made = 1.0, sets.at(beta + step)
        while made[0] < likelihood - 1e-9 * abs(likelihood) and tried > 1e-4:
            tried /= 2
            made = sets.at(beta + tried * step)
        beta = beta + tried * step
        likelihood, score, information = made
        reach = sets.design @ beta
        if np.ptp(reach) > RUNS_AWAY * 2:
            return None
        if np.abs(sets.design @ step).max() < SETTLED:
            return beta, information, likelihood
    return None


def _told(
    found: tuple[FloatArray, FloatArray, float] | None,
    scale: FloatArray,
    events: float,
    ties: Ties,
    confidence: float,
) -> CoxFit:
    size, method = scale.size, f"cox_{ties}"
    if found is None:
        none, square = np.full(size, np.nan), np.full((size, size), np.nan)
        lost = normal_estimate(none, none, confidence=confidence, method=method)
        return CoxFit(lost.warned(Caution.NOT_CONVERGED), square, float("nan"), events, False)
    beta, information, likelihood = found
    covariance = np.linalg.inv(information) / np.outer(scale, scale)
    made = normal_estimate(
        beta / scale, np.sqrt(np.diag(covariance)), confidence=confidence, method=method
    )
    return CoxFit(made, covariance, likelihood, events, True)
