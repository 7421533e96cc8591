"""Costs and other amounts: the Gamma model, and the two parts that are preferred to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize_scalar

from equity_pipeline.statistics.estimate import (
    BoolArray,
    Estimate,
    FloatArray,
    log_estimate,
    require,
)
from equity_pipeline.statistics.maihda.counts import NODES, fit_rows, random_intercept_counts
from equity_pipeline.statistics.maihda.kernel import Kernel
from equity_pipeline.statistics.maihda.linear import random_intercept_linear
from equity_pipeline.statistics.maihda.quadrature import Marginal
from equity_pipeline.statistics.maihda.result import RandomIntercept
from equity_pipeline.statistics.maihda.rows import Rows, read_rows
from equity_pipeline.statistics.maihda.settle import settle
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import codes, numbers, together

SHAPES = (-5.0, 8.0)  # logarithms of the shapes that are looked through
STEP = 1e-2  # of the logarithm, for the shape's own error


@dataclass(frozen=True, slots=True)
class TwoPart:
    """Whether there is an amount, and how large it is where there is one.

    Attributes
    ----------
    any_amount
        The logistic model of people with an amount above 0.
    amount
        The linear model of the logarithm among those who have one.
    mean
        For every row as given, the mean amount of all its people, those with 0 included; NaN for
        a row where nobody has an amount.
    """

    any_amount: RandomIntercept
    amount: RandomIntercept
    mean: Estimate


def random_intercept_gamma(
    total: ArrayLike,
    n: ArrayLike,
    log_total: ArrayLike,
    design: ArrayLike | None,
    group: ArrayLike,
    *,
    nodes: int = NODES,
    confidence: float = 0.95,
) -> RandomIntercept:
    """Return the Gamma model with log link and a random intercept, fitted on counted rows.

    The shape is profiled. The variance is that of the log mean between groups and does not depend
    on the currency; its limits hold the shape. For skewed costs with zeros prefer
    :func:`log_normal_two_part`.

    Parameters
    ----------
    total, n, log_total
        Sum of the amounts, people, and sum of the amounts' logarithms of each row (m,); every
        amount is above 0.
    design, group, nodes, confidence
        As in :func:`random_intercept_counts`.

    Raises
    ------
    MethodError
        If the arrays do not fit, an amount is not above 0, or the logarithms contradict the sums.

    References
    ----------
    Nakagawa S, Johnson PCD, Schielzeth H (2017), doi:10.1098/rsif.2017.0213 (residual variance on
    the log scale: the trigamma function of the shape).

    Examples
    --------
    >>> cost = np.array([12.0, 5.0, 9.0, 30.0, 22.0, 41.0, 8.0, 3.0, 14.0])
    >>> group = np.repeat([0, 1, 2], 3)
    >>> fit = random_intercept_gamma(cost, np.ones(9), np.log(cost), None, group)
    >>> float(fit.variance.value.round(3)), float(fit.residual_variance.value.round(3))
    (0.292, 0.259)
    """
    where = "random_intercept_gamma"
    rows = read_rows(total, n, log_total, design, group, family=Family.GAMMA, where=where)
    require(
        (rows.total > 0).all()
        and (rows.extra <= rows.size * np.log(rows.total / rows.size) + 1e-6 * rows.size).all(),
        "Amounts are not above 0, or their logarithms contradict their sums.",
        where=where,
        mend="give rows of positive amounts, with sums of natural logarithms",
    )

    def height(log_shape: float) -> float:
        marginal = Marginal(Kernel(Family.GAMMA, rows, float(np.exp(log_shape))), nodes)
        return -settle(marginal, where=where).loglik

    start = _start(rows)
    found = minimize_scalar(
        height, bounds=(max(start - 2, SHAPES[0]), min(start + 2, SHAPES[1])), method="bounded",
        options={"xatol": 1e-6},
    )  # fmt: skip
    log_shape = float(found.x)
    kernel = Kernel(Family.GAMMA, rows, float(np.exp(log_shape)))
    made = fit_rows(kernel, nodes, confidence, where=where)
    curvature = height(log_shape + STEP) + height(log_shape - STEP) - 2 * float(found.fun)
    dispersion = float(np.exp(-log_shape))
    error = dispersion * STEP / np.sqrt(curvature) if curvature > 0 else np.nan
    residual = log_estimate(dispersion, error, confidence=confidence, method="profile_curvature")
    return replace(made, residual_variance=residual)


def _start(rows: Rows) -> float:
    """Return the logarithm of the shape that the rows have around their own means."""
    gap = float((rows.size * np.log(rows.total / rows.size) - rows.extra).sum() / rows.size.sum())
    pooled = float(np.log(rows.total.sum() / rows.size.sum()) - rows.extra.sum() / rows.size.sum())
    # log mean less mean log is about 1 / (2 shape); single people have none around their own
    return float(np.clip(-np.log(2 * max(gap, pooled / 2, 1e-4)), SHAPES[0] + 1, SHAPES[1] - 1))


def log_normal_two_part(
    positives: ArrayLike,
    n: ArrayLike,
    log_total: ArrayLike,
    log_squares: ArrayLike,
    design: ArrayLike | None,
    group: ArrayLike,
    *,
    reml: bool = False,
    nodes: int = NODES,
    confidence: float = 0.95,
) -> TwoPart:
    """Return the two-part model of amounts: a share with any, and a log-normal amount of those.

    Both parts have a random intercept of their own, so that groups may differ in how often and in
    how much. The mean is share times ``exp(log mean + residual variance / 2)``.

    Parameters
    ----------
    positives, n
        People with an amount above 0, and all people, of each row (m,).
    log_total, log_squares
        Sum of the positive amounts' natural logarithms, and of their squares.
    design, group, nodes, confidence
        As in :func:`random_intercept_counts`.
    reml
        Whether the log amounts are fitted by REML.

    Raises
    ------
    MethodError
        As in the two models.

    References
    ----------
    Duan N, Manning WG, Morris CN, Newhouse JP (1983), doi:10.1080/07350015.1983.10509330.

    Examples
    --------
    >>> log_cost = np.log([[3.0, 9, 4, 12], [8, 30, 11, 25], [5, 6, 15, 9]])
    >>> sums, squares = log_cost.sum(axis=1), (log_cost**2).sum(axis=1)
    >>> made = log_normal_two_part([4, 4, 4], [9, 5, 8], sums, squares, None, [0, 1, 2])
    >>> made.mean.value.round(2)
    array([4.88, 7.79, 5.59])
    """
    some, everyone, sums, squares = together(
        positives, n, log_total, log_squares, where="log_normal_two_part"
    )
    place = codes(group, where="log_normal_two_part, group")
    columns = None if design is None else numbers(design, where="log_normal_two_part")
    any_amount = random_intercept_counts(
        some, everyone, columns, place, nodes=nodes, confidence=confidence
    )
    used = some > 0
    amount = random_intercept_linear(
        sums[used], squares[used], some[used], None if columns is None else columns[used],
        place[used], reml=reml, confidence=confidence,
    )  # fmt: skip
    return TwoPart(any_amount, amount, _mean(any_amount, amount, used, everyone, confidence))


def _mean(
    any_amount: RandomIntercept,
    amount: RandomIntercept,
    used: BoolArray,
    n: FloatArray,
    confidence: float,
) -> Estimate:
    """Return the mean of all people, with the error of the parts, which are independent."""
    share = any_amount.fitted.value
    log_mean, log_error = np.full(n.shape, np.nan), np.full(n.shape, np.nan)
    log_mean[used] = amount.fitted.value
    within = amount.residual_variance
    relative = any_amount.fitted.standard_error / share
    log_error[used] = amount.fitted.standard_error
    error = np.sqrt(relative**2 + log_error**2 + within.standard_error**2 / 4)
    mean = share * np.exp(np.minimum(log_mean + within.value / 2, 100))  # never endless
    made = log_estimate(mean, mean * error, confidence=confidence, method="two_part_log_normal")
    return replace(made, n=n)
