"""Adjusted p values of one family of tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.errors import MethodError
from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.reading import numbers


def benjamini_hochberg(p: ArrayLike, *, comparisons: int | None = None) -> FloatArray:
    """Return adjusted p values of one family of tests: the false discovery rate at each.

    Parameters
    ----------
    p
        All p values of the family, any shape; NaN stays NaN and is not counted.
    comparisons
        How many comparisons the family was declared to have, if more than there are p values:
        those that were suppressed or could not be estimated count too.

    Raises
    ------
    MethodError
        If a p value is outside 0 to 1, or there are more p values than comparisons.

    References
    ----------
    Benjamini Y, Hochberg Y (1995), Journal of the Royal Statistical Society B 57:289-300.

    Examples
    --------
    >>> benjamini_hochberg([0.001, 0.008, 0.039]).round(3)
    array([0.003, 0.012, 0.039])
    >>> benjamini_hochberg([0.001, 0.008, 0.039], comparisons=6).round(3)
    array([0.006, 0.024, 0.078])
    """
    return _adjusted(p, comparisons, _step_up, "benjamini_hochberg")


def benjamini_yekutieli(p: ArrayLike, *, comparisons: int | None = None) -> FloatArray:
    """Return false discovery rates that hold for tests that depend on each other in any way.

    Parameters and errors as in :func:`benjamini_hochberg`.

    References
    ----------
    Benjamini Y, Yekutieli D (2001), Annals of Statistics 29:1165-1188.

    Examples
    --------
    >>> benjamini_yekutieli([0.001, 0.008, 0.039]).round(4)
    array([0.0055, 0.022 , 0.0715])
    """

    def dependent(raw: FloatArray, m: int) -> FloatArray:
        return _step_up(raw, m, (1 / np.arange(1, m + 1)).sum())

    return _adjusted(p, comparisons, dependent, "benjamini_yekutieli")


def bonferroni(p: ArrayLike, *, comparisons: int | None = None) -> FloatArray:
    """Return p values times the number of comparisons: the chance of any false rejection.

    Parameters and errors as in :func:`benjamini_hochberg`.

    References
    ----------
    Dunn OJ (1961), Journal of the American Statistical Association 56:52-64.

    Examples
    --------
    >>> bonferroni([0.001, 0.008, 0.039]).round(3)
    array([0.003, 0.024, 0.117])
    """
    return _adjusted(p, comparisons, lambda raw, m: np.minimum(m * raw, 1), "bonferroni")


def holm(p: ArrayLike, *, comparisons: int | None = None) -> FloatArray:
    """Return Holm's step-down p values: as safe as Bonferroni's, and never larger.

    Parameters and errors as in :func:`benjamini_hochberg`.

    References
    ----------
    Holm S (1979), Scandinavian Journal of Statistics 6:65-70.

    Examples
    --------
    >>> holm([0.001, 0.008, 0.039]).round(3)
    array([0.003, 0.016, 0.039])
    """

    def down(raw: FloatArray, m: int) -> FloatArray:
        steps = np.maximum.accumulate(raw * (m - np.arange(raw.size)))
        return np.asarray(np.minimum(steps, 1))

    return _adjusted(p, comparisons, down, "holm")


def hochberg(p: ArrayLike, *, comparisons: int | None = None) -> FloatArray:
    """Return Hochberg's step-up p values: Holm's bounds taken from the largest, never above his.

    They hold for independent or positively dependent tests. Parameters and errors as in
    :func:`benjamini_hochberg`.

    References
    ----------
    Hochberg Y (1988), Biometrika 75:800-802.

    Examples
    --------
    >>> hochberg([0.01, 0.02, 0.022]).round(4)
    array([0.022, 0.022, 0.022])
    >>> hochberg([0.001, 0.008, 0.039]).round(3)
    array([0.003, 0.016, 0.039])
    """

    def up(raw: FloatArray, m: int) -> FloatArray:
        bounds = raw * (m - np.arange(raw.size))
        return np.asarray(np.minimum(np.minimum.accumulate(bounds[::-1])[::-1], 1))

    return _adjusted(p, comparisons, up, "hochberg")


def hommel(p: ArrayLike, *, comparisons: int | None = None) -> FloatArray:
    """Return Hommel's p values, from closed testing with Simes' test: never above Holm's.

    They hold for independent or positively dependent tests. Parameters and errors as in
    :func:`benjamini_hochberg`.

    References
    ----------
    Hommel G (1988), Biometrika 75:383-386.
    Wright SP (1992), Biometrics 48:1005-1013.

    Examples
    --------
    >>> hommel([0.01, 0.02, 0.022]).round(4)
    array([0.022, 0.022, 0.022])
    """
    return _adjusted(p, comparisons, _hommel, "hommel")


def rejected(adjusted: ArrayLike, *, rate: float = 0.05) -> int:
    """Return how many comparisons have an adjusted p value of at most the rate.

    Parameters
    ----------
    adjusted
        Adjusted p values of any kind; NaN is not rejected.
    rate
        The rate that is kept, between 0 and 1.

    Raises
    ------
    MethodError
        If the rate is outside 0 to 1.

    Examples
    --------
    >>> rejected(benjamini_hochberg([0.001, 0.008, 0.039, 0.6]), rate=0.05)
    2
    """
    require_rate(rate, where="rejected")
    values = numbers(adjusted, where="rejected")
    require_p(values, where="rejected")
    return int((values <= rate).sum())


def require_rate(rate: float, *, where: str) -> None:
    """Raise :class:`MethodError` unless the rate lies strictly between 0 and 1."""
    require(
        0 < rate < 1,
        f"{rate} is no rate of error.",
        where=where,
        mend="give a number between 0 and 1, such as 0.05",
    )


def require_p(values: FloatArray, *, where: str) -> None:
    """Raise :class:`MethodError` if a p value is outside 0 to 1; NaN passes."""
    require(
        ~((values < 0) | (values > 1)),
        "A p value is below 0 or above 1.",
        where=where,
        mend="give probabilities",
    )


_Rule = Callable[[FloatArray, int], FloatArray]


def _adjusted(p: ArrayLike, comparisons: int | None, rule: _Rule, where: str) -> FloatArray:
    """Return what a rule makes of the known p values in rising order, each in its own place."""
    values = numbers(p, where=where)
    require_p(values, where=where)
    known = ~np.isnan(values)
    raw = values[known]
    m = raw.size if comparisons is None else comparisons
    if m < raw.size:
        raise MethodError(
            f"There are {raw.size} p values in a family declared to have {m} comparisons.",
            where=where,
            mend="declare every comparison of the family beforehand",
        )
    order = np.argsort(raw, kind="stable")
    made, placed = np.full(values.shape, np.nan), np.empty_like(raw)
    placed[order] = rule(raw[order], m)
    made[known] = placed
    return made


def _step_up(raw: FloatArray, m: int, factor: float = 1.0) -> FloatArray:
    steps = factor * raw * m / np.arange(1, raw.size + 1)
    return np.asarray(np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1))


def _hommel(raw: FloatArray, m: int) -> FloatArray:
    """Return Hommel's p values of rising ones by Wright's algorithm; undeclared ones are 1."""
    p = np.concatenate([raw, np.ones(m - raw.size)])
    if m < 2:
        return raw
    places = np.arange(1, m + 1)
    least = (m * p / places).min()
    q, adjusted = np.full(m, least), np.full(m, least)
    for size in range(m - 1, 1, -1):
        front, back = m - size + 1, np.arange(m - size + 1, m)
        tail = (size * p[back] / np.arange(2, size + 1)).min()
        q[:front] = np.minimum(size * p[:front], tail)
        q[back] = q[front - 1]
        adjusted = np.maximum(adjusted, q)
    return np.asarray(np.maximum(adjusted, p)[: raw.size])
