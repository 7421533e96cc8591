"""What panels and series need beside a fit: columns for factors, and errors that remember."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.glm import GlmFit, fit_glm
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import labels, numbers


def least_squares(y: ArrayLike, design: ArrayLike, *, weight: ArrayLike | None = None) -> GlmFit:
    """Return the least-squares fit of y, with every column of the design in it.

    Parameters
    ----------
    y
        Outcomes (n,), finite.
    design
        Columns (n, k) with the intercept among them, n > k.
    weight
        Rows' weights (n,), above 0; 1 if None.

    Raises
    ------
    MethodError
        If shapes differ, a number is missing, a weight is not above 0, there are not more rows
        than columns, or a column is a sum of others.

    References
    ----------
    Seber GAF, Lee AJ (2003), Linear regression analysis, 2nd ed., ch. 3.

    Examples
    --------
    >>> line = least_squares([1, 2, 4], [[1, 0], [1, 1], [1, 2]])
    >>> line.coefficients.round(4), line.covariance.diagonal().round(4)
    (array([0.8333, 1.5   ]), array([0.1389, 0.0833]))
    """
    X = numbers(design, where="least_squares")
    rows, columns = X.shape if X.ndim == 2 else (0, 0)
    mass = numbers(1.0 if weight is None else weight, where="least_squares, weight")
    require(
        rows > columns > 0 and bool((mass > 0).all()),
        "There are too few rows for the columns, or a weight is not above 0.",
        where="least_squares",
        mend="give (n,), (n, k) with n > k, and leave rows without weight out",
    )
    fitted = fit_glm(y, X, family=Family.GAUSSIAN, weight=weight)
    require(
        bool(fitted.kept.all()),
        "Some columns of the design are sums of others.",
        where="least_squares",
        mend="leave one level of each factor out, and columns that never vary",
    )
    return fitted


def freedom(fit: GlmFit) -> int:
    """Return rows less columns.

    Examples
    --------
    >>> freedom(least_squares([1, 2, 4], [[1, 0], [1, 1], [1, 2]]))
    1
    """
    return len(fit.mean) - len(fit.coefficients)


def newey_west(fit: GlmFit, lag: int, *, small_sample: bool = True) -> FloatArray:
    """Return the covariance of a series whose errors depend over ``lag`` steps.

    Parameters
    ----------
    fit
        Of rows in order of time.
    lag
        Steps; the weight of step l is Bartlett's 1 - l / (lag + 1).
    small_sample
        Whether to carry the factor n / (n - k).

    Raises
    ------
    MethodError
        If the lag does not fit the series.

    References
    ----------
    Newey WK, West KD (1987), Econometrica 55:703-708.

    Examples
    --------
    >>> line = least_squares([1, 3, 2, 5], [[1, 0], [1, 1], [1, 2], [1, 3]])
    >>> newey_west(line, 1).diagonal().round(4)
    array([0.1804, 0.0824])
    """
    rows = len(fit.mean)
    require(
        0 <= lag < rows,
        f"A lag of {lag} does not fit a series of {rows}.",
        where="newey_west",
        mend="give a whole number of steps, from 0 to the length less one",
    )
    scores = fit.design * fit.residual[:, np.newaxis]
    middle = scores.T @ scores
    for step in range(1, lag + 1):
        apart = scores[step:].T @ scores[:-step]
        middle += (1 - step / (lag + 1)) * (apart + apart.T)
    bread = np.linalg.inv(fit.information)
    factor = rows / freedom(fit) if small_sample else 1.0
    return np.asarray(bread @ middle @ bread * factor)


def cluster_sums(rows: FloatArray, cluster: ArrayLike) -> FloatArray:
    """Return the rows (n, k) summed over clusters (G, k), clusters in sorted order.

    Examples
    --------
    >>> cluster_sums(np.array([[1.0], [2.0], [4.0]]), ["a", "b", "a"])
    array([[5.],
           [2.]])
    """
    found, place = labels(cluster, where="cluster_sums")
    require(
        place.shape == rows.shape[:1],
        "There is not one cluster to each row.",
        where="cluster_sums",
        mend="give an array of cluster names as long as the rows",
    )
    made = np.zeros((len(found), rows.shape[1]))
    np.add.at(made, place, rows)
    return made


def dummies(codes: ArrayLike) -> FloatArray:
    """Return 0/1 columns (n, levels - 1) against the first level in sorted order.

    Examples
    --------
    >>> dummies(["a", "b", "c", "b"])
    array([[0., 0.],
           [1., 0.],
           [0., 1.],
           [1., 0.]])
    """
    found, place = labels(codes, where="dummies")
    return np.eye(len(found))[place.reshape(-1), 1:]
