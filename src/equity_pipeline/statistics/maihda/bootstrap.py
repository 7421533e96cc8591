"""Limits of the PCV by drawing outcomes from the additive model and fitting both models again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import Caution, Estimate, FloatArray, critical, require
from equity_pipeline.statistics.maihda.kernel import Kernel
from equity_pipeline.statistics.maihda.linear import refitted_variance
from equity_pipeline.statistics.maihda.measures import pcv
from equity_pipeline.statistics.maihda.quadrature import Marginal
from equity_pipeline.statistics.maihda.result import RandomIntercept
from equity_pipeline.statistics.maihda.rows import read_rows
from equity_pipeline.statistics.maihda.settle import settle
from equity_pipeline.statistics.need.family import Family
from equity_pipeline.statistics.reading import numbers

WHERE = "pcv_bootstrap"


def pcv_bootstrap(
    null: RandomIntercept,
    additive: RandomIntercept,
    *,
    n: ArrayLike,
    design: ArrayLike,
    nodes: int,
    draws: int,
    seed: int,
    confidence: float = 0.95,
) -> Estimate:
    """Return the PCV with percentile limits of a seeded parametric bootstrap.

    Parameters
    ----------
    null, additive
        The two models, of one row per stratum, not by REML.
    n, design
        People (or person-time) of each stratum, and the additive model's columns.
    nodes
        Quadrature nodes of the refitted count models.
    draws, seed
        At least 20 draws, and the seed of their random numbers.
    confidence
        Coverage of the interval, between 0 and 1.

    Raises
    ------
    MethodError
        If draws are too few, the models are by REML, or people and columns do not go with them.

    References
    ----------
    Efron B, Tibshirani RJ (1993), An introduction to the bootstrap, sections 6.5 and 13.3.

    Examples
    --------
    >>> from equity_pipeline.statistics.maihda.linear import random_intercept_linear
    >>> y, n = np.array([510.0, 690, 640, 830, 720, 905]), np.full(6, 100.0)
    >>> sex = np.array([[0], [1], [0], [1], [0], [1]])
    >>> models = [
    ...     random_intercept_linear(y, y**2 / n + 200, n, X, range(6)) for X in (None, sex)
    ... ]
    >>> share = pcv_bootstrap(*models, n=n, design=sex, nodes=1, draws=50, seed=7)
    >>> bool(share.lower < share.value < share.upper), share.method
    (True, 'bootstrap_50_seed_7')
    """
    require(
        draws >= 20,
        f"{draws} draws have no percentiles.", where=WHERE, mend="give 20 or more, better 1000",
    )  # fmt: skip
    there = pcv(null, additive)
    size, X = numbers(n, where=WHERE), numbers(design, where=WHERE)
    require(
        size.shape == X.shape[:1] == null.groups.shape and bool((size > 0).all())
        and X.ndim == 2 and bool(np.isfinite(X).all()),
        "People or columns are missing, or not those of the strata.",
        where=WHERE, mend="give people above 0 and the additive model's columns for each stratum",
    )  # fmt: skip
    critical(confidence)  # refuses what is no coverage
    random = np.random.default_rng(seed)
    tail = (1 - confidence) / 2
    drawn = np.array([_again(additive, size, X, nodes, random) for _ in range(draws)])
    settled = drawn[np.isfinite(drawn)]
    lower, upper = np.quantile(settled, [tail, 1 - tail]) if settled.size else (np.nan, np.nan)
    made = replace(
        there,
        lower=np.minimum(lower, there.value),
        upper=np.maximum(upper, there.value),
        standard_error=np.array(settled.std(ddof=1) if settled.size > 1 else np.nan),
        method=f"bootstrap_{draws}_seed_{seed}",
    )
    return made.warned(Caution.SEEDED).warned(Caution.LEFT_OUT, settled.size < draws)


def _again(
    additive: RandomIntercept,
    n: FloatArray,
    design: FloatArray,
    nodes: int,
    random: np.random.Generator,
) -> float:
    """Return the PCV of one drawn outcome; NaN where a model has no finite fit."""
    family = additive.family
    effect = random.normal(0, float(np.sqrt(additive.variance.value)), len(n))
    mean = family.mean(family.link(additive.fitted_fixed.value) + effect)
    try:
        if family is Family.GAUSSIAN:
            within = float(additive.residual_variance.value)
            y = n * mean + random.normal(0, np.sqrt(n * within))
            squares = y**2 / n + within * random.chisquare(np.maximum(n - 1, 1e-12))
            before, after = (refitted_variance(y, squares, n, X) for X in (None, design))
        else:
            y = _counts(family, n, mean, random)
            before, after = (_variance(family, y, n, X, nodes) for X in (None, design))
    except (MethodError, np.linalg.LinAlgError):
        return float("nan")
    return 1 - after / before if before > 0 else float("nan")


def _counts(
    family: Family, n: FloatArray, mean: FloatArray, random: np.random.Generator
) -> FloatArray:
    if family is Family.BINOMIAL:
        return random.binomial(np.round(n).astype(np.int64), mean).astype(np.float64)
    return random.poisson(n * mean).astype(np.float64)


def _variance(
    family: Family, y: FloatArray, n: FloatArray, design: FloatArray | None, nodes: int
) -> float:
    rows = read_rows(y, n, None, design, np.arange(len(n)), family=family, where=WHERE)
    return settle(Marginal(Kernel(family, rows), nodes), where=WHERE).sigma ** 2
