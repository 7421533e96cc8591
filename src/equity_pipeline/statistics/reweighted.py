"""Iteratively reweighted least squares: the numbers under the generalised linear models."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.statistics.estimate import FloatArray
from equity_pipeline.statistics.need.family import Family

ITERATIONS = 100
SETTLED = 1e-11  # largest move of a prediction on the link scale, relative to its size
LARGEST_STEP = 4.0  # a longer one on the logit or log scale is an overshoot
SEPARATED = 25.0  # predictions this far from the mean on the logit or log scale are running away
DEPENDENT = 1e-7  # a column with less of its own than this adds nothing to those before it


def independent(X: FloatArray) -> NDArray[np.bool_]:
    """Return which columns add something to those before them.

    Parameters
    ----------
    X
        Columns (m, k), each row already times the root of its weight.

    Examples
    --------
    >>> independent(np.array([[1.0, 2.0], [1.0, 2.0]]))
    array([ True, False])
    """
    length = np.sqrt((X**2).sum(axis=0))
    scaled = X / np.where(length > 0, length, 1)
    short = np.vstack([scaled, np.zeros((max(X.shape[1] - len(X), 0), X.shape[1]))])
    own = np.abs(np.diag(np.linalg.qr(short, mode="r")))
    return np.asarray((own > DEPENDENT) & (length > 0))


def reweighted(
    y: FloatArray, X: FloatArray, w: FloatArray, fixed: FloatArray, family: Family
) -> FloatArray | None:
    """Return the coefficients, or None if they run away.

    Parameters
    ----------
    y, X, w, fixed
        Outcomes (m,), columns (m, k), weights and offsets of the rows (m,).
    family
        The outcome's distribution, with its link.

    References
    ----------
    McCullagh P, Nelder JA (1989), Generalized linear models, 2nd ed., section 2.5.

    Examples
    --------
    >>> y, one, none = np.array([1.0, 3.0]), np.ones(2), np.zeros(2)
    >>> made = reweighted(y, np.ones((2, 1)), one, none, Family.POISSON)
    >>> made.round(4)  # log 2
    array([0.6931])
    """
    level = float((w * y).sum() / w.sum())
    if family is not Family.GAUSSIAN and not 0 < level < (1 if family.is_share else np.inf):
        return None
    eta = y if family is Family.GAUSSIAN else family.link((np.maximum(y, 0) + level) / 2)
    home = float((w * (eta - fixed)).sum() / w.sum())
    beta: FloatArray | None = None
    for _ in range(ITERATIONS):
        mean = family.mean(eta)
        weight = w * family.slope(mean) * family.factor(mean)
        residual = w * (y - mean) * family.factor(mean)
        target = residual if beta is not None else residual + weight * (eta - fixed)
        step = _solve(information(X, weight), X.T @ target)
        if step is None:
            return None
        longest = float(np.abs(X @ step).max()) if beta is not None else np.inf
        if beta is not None and family is not Family.GAUSSIAN:
            step = step * min(1.0, LARGEST_STEP / max(longest, SETTLED))
        beta = step if beta is None else beta + step
        part = X @ beta
        eta = part + fixed
        if family is not Family.GAUSSIAN and np.abs(part[w > 0] - home).max() > SEPARATED:
            return None
        if longest <= SETTLED * max(1.0, float(np.abs(eta).max())):
            return beta
    return None


def information(X: FloatArray, weight: FloatArray) -> FloatArray:
    """Return ``X.T @ diag(weight) @ X``.

    Parameters
    ----------
    X, weight
        Columns (m, k) and the weights of the rows (m,).

    Examples
    --------
    >>> information(np.array([[1.0, 2.0], [1.0, 2.0]]), np.ones(2))
    array([[2., 4.],
           [4., 8.]])
    """
    return np.asarray((X * weight[:, np.newaxis]).T @ X)


def _solve(information: FloatArray, score: FloatArray) -> FloatArray | None:
    scale = np.sqrt(np.diag(information))
    if not (scale > 0).all():
        return None
    try:
        made = np.linalg.solve(information / np.outer(scale, scale), score / scale) / scale
    except np.linalg.LinAlgError:
        return None
    return np.asarray(made) if np.isfinite(made).all() else None
