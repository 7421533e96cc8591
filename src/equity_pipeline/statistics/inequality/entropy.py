"""Inequality between people: Theil, mean log deviation, Gini, each with its standard error."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import (
    BoolArray,
    Caution,
    Estimate,
    FloatArray,
    log_estimate,
    logit_estimate,
    require,
)
from equity_pipeline.statistics.reading import one_of, together


class Zeros(StrEnum):
    """What to do with values of 0, of which there is no logarithm."""

    REFUSE = "refuse"
    DROP = "drop"


class Weights(StrEnum):
    """What weights say: how many people a row stands for, or how a person was sampled."""

    PEOPLE = "people"
    SAMPLING = "sampling"


@dataclass(frozen=True, slots=True)
class People:
    """Checked values and weights, those left out removed."""

    values: FloatArray
    weights: FloatArray
    kept: BoolArray
    told: Weights

    @property
    def shares(self) -> FloatArray:
        """The weights, summing to 1."""
        return np.asarray(self.weights / self.weights.sum())

    @property
    def count(self) -> float:
        """The people: rows, or the sum of the numbers that rows stand for."""
        return float(self.weights.sum() if self.told is Weights.PEOPLE else self.values.size)

    def error(self, influence: FloatArray) -> float:
        """Return the standard error of an index from each value's influence on it."""
        p, n = self.shares, self.count
        if n <= 1:
            return float("nan")
        part = p / self.weights.sum() if self.told is Weights.PEOPLE else p**2
        return float(np.sqrt((part * influence**2).sum() * n / (n - 1)))

    def told_of(self, estimate: Estimate) -> Estimate:
        """Return the estimate with its number of people, marked if any were left out."""
        made = Estimate(
            estimate.value,
            estimate.lower,
            estimate.upper,
            estimate.standard_error,
            estimate.method,
            n=np.asarray(self.count),
        )
        return made.warned(Caution.LEFT_OUT, bool((~self.kept).any()))


def people(
    values: ArrayLike,
    weights: ArrayLike | None,
    *,
    zeros: str | None,
    told: str,
    where: str,
) -> People:
    """Return checked people; ``zeros`` of None says that a value of 0 is no trouble.

    Raises
    ------
    MethodError
        If values are not one row of numbers, none is left, one is negative or missing, one is 0
        and that is refused, or weights are negative, missing or all 0.
    """
    y, w = together(values, 1.0 if weights is None else weights, where=where)
    require(
        y.ndim == 1 and y.size > 0 and np.isfinite(y).all() and (y >= 0).all(),
        "Values are not one row of numbers from 0 and up.",
        where=where,
        mend="give one value for each person or cell, none missing",
    )
    require(
        np.isfinite(w).all() and (w >= 0).all() and w.sum() > 0,
        "Weights are negative, missing or all 0.",
        where=where,
        mend="give how many people each value stands for",
    )
    kept = w > 0
    if zeros is not None:
        _refuse_zeros(bool((kept & (y == 0)).any()), zeros, where)
        kept &= y > 0
    require(
        y[kept].sum() > 0,
        "Every value is 0: there is nothing to be shared unequally.",
        where=where,
        mend="leave the index out where nobody has anything",
    )
    weights_are = one_of(told, Weights, where=f"{where}, weights_are")
    return People(y[kept], w[kept], kept | (w == 0), weights_are)


def _refuse_zeros(any_zero: bool, zeros: str, where: str) -> None:
    if one_of(zeros, Zeros, where=f"{where}, zeros") is Zeros.REFUSE and any_zero:
        raise MethodError(
            "There are values of 0, of which there is no logarithm.",
            where=where,
            mend="use Gini's index, or leave them out with zeros='drop' and say so",
        )


def theil(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    zeros: str,
    weights_are: str = Weights.PEOPLE,
    confidence: float = 0.95,
) -> Estimate:
    """Return Theil's index T of people's values: mean of (y/m) log(y/m).

    Parameters
    ----------
    values
        One for each person or cell, from 0 and up.
    weights
        Of each value; all 1 if None.
    zeros
        ``refuse`` or ``drop`` values of 0; dropping is marked.
    weights_are
        ``people``: a row stands for so many people. ``sampling``: each row is one person. They
        give the same index with another error.
    confidence
        Coverage of the interval, between 0 and 1.

    Returns
    -------
    Estimate
        One number, with limits on the log scale from each value's influence.

    Raises
    ------
    MethodError
        If values or weights cannot be, or a value is 0 and that is refused.

    References
    ----------
    Theil H (1967), Economics and information theory.
    Cowell FA, Flachaire E (2007), Journal of Econometrics 141:1044-1072.

    Examples
    --------
    >>> t = theil([1, 2, 3, 4], zeros="refuse")
    >>> round(float(t.value), 6), round(float(t.standard_error), 6)
    (0.10644, 0.066271)
    """
    given = people(values, weights, zeros=zeros, told=weights_are, where="theil")
    p, y = given.shares, given.values
    r = y / (p @ y)
    index = p @ (r * np.log(r))
    influence = r * np.log(r) - index - (r - 1) * (1 + index)
    made = log_estimate(index, given.error(influence), confidence=confidence, method="theil_log")
    return given.told_of(made)


def mean_log(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    zeros: str,
    weights_are: str = Weights.PEOPLE,
    confidence: float = 0.95,
) -> Estimate:
    """Return the mean log deviation L of people's values: mean of log(m/y).

    Parameters, limits, errors and references as in :func:`theil`.

    Examples
    --------
    >>> mld = mean_log([1, 2, 3, 4], zeros="refuse")
    >>> round(float(mld.value), 6), round(float(mld.standard_error), 6)
    (0.121777, 0.069802)
    """
    given = people(values, weights, zeros=zeros, told=weights_are, where="mean_log")
    p, y = given.shares, given.values
    r = y / (p @ y)
    index = -(p @ np.log(r))
    influence = (r - 1) - np.log(r) - index
    made = log_estimate(index, given.error(influence), confidence=confidence, method="mld_log")
    return given.told_of(made)


def gini(
    values: ArrayLike,
    weights: ArrayLike | None = None,
    *,
    weights_are: str = Weights.PEOPLE,
    confidence: float = 0.95,
) -> Estimate:
    """Return Gini's index of people's values: 0 if all have the same, towards 1 if one has all.

    Parameters and errors as in :func:`theil`; values of 0 count. Equal values share a mid-rank,
    so the index does not depend on the order of rows or on how rows are gathered into cells.

    Returns
    -------
    Estimate
        One number, with limits on the logit scale from each value's influence.

    References
    ----------
    Lerman RI, Yitzhaki S (1989), Journal of Econometrics 42:43-47.
    Monti AC (1991), Statistica 51:561-577.

    Examples
    --------
    >>> g = gini([1, 2, 3, 4])
    >>> round(float(g.value), 6), round(float(g.standard_error), 6)
    (0.25, 0.086603)
    """
    given = people(values, weights, zeros=None, told=weights_are, where="gini")
    y, same = np.unique(given.values, return_inverse=True)
    p = np.asarray(np.bincount(same, given.shares), dtype=np.float64)
    r = y / (p @ y)
    rank, lorenz = _mid(p), _mid(p * r)
    index = float(2 * p @ (r * (rank - 0.5)))
    influence = 2 * (r * (rank - (1 + index) / 2) - lorenz + (1 - index) / 2)
    error = given.error(influence[same])
    return given.told_of(logit_estimate(index, error, confidence=confidence, method="gini_logit"))


def _mid(parts: FloatArray) -> FloatArray:
    """Return what lies below the middle of each part, in order."""
    return np.asarray(np.cumsum(parts) - parts / 2)
