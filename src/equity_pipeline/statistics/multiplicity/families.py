"""Families of comparisons, declared before running, and q-values within many at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from equity_pipeline.statistics.estimate import FloatArray, require
from equity_pipeline.statistics.multiplicity.adjust import require_p
from equity_pipeline.statistics.reading import codes, labels, numbers, one_of, together


class Adjustment(StrEnum):
    """How p values are adjusted within their family."""

    BENJAMINI_HOCHBERG = "benjamini_hochberg"
    BENJAMINI_YEKUTIELI = "benjamini_yekutieli"
    BONFERRONI = "bonferroni"
    HOLM = "holm"


@dataclass(frozen=True, slots=True)
class Family:
    """Comparisons that are judged together, as declared before any of them was made.

    Attributes
    ----------
    domain, dimension, adjustment
        What the comparisons have in common.
    comparisons
        How many there are: those that will be suppressed or not estimated count too.

    Examples
    --------
    >>> family = Family("access", "income", "need_a", 12)
    >>> family.name, family.comparisons
    ('access/income/need_a', 12)
    """

    domain: str
    dimension: str
    adjustment: str
    comparisons: int

    def __post_init__(self) -> None:
        require(
            self.comparisons > 0,
            "A family has no comparisons.",
            where="Family",
            mend="declare how many comparisons it has, suppressed ones among them",
        )

    @property
    def name(self) -> str:
        """The family's name in tables."""
        return f"{self.domain}/{self.dimension}/{self.adjustment}"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """p values adjusted within their families, each in its own place.

    Attributes
    ----------
    q
        Adjusted p value; NaN where there was no p value.
    comparisons
        How many comparisons its family has, unestimated ones among them.
    estimated
        How many of these have a p value.
    """

    q: FloatArray
    comparisons: NDArray[np.int64]
    estimated: NDArray[np.int64]


def within_families(
    p: ArrayLike,
    family: ArrayLike,
    *,
    declared: ArrayLike | None = None,
    adjustment: str = Adjustment.BENJAMINI_HOCHBERG,
) -> Adjusted:
    """Return p values adjusted within their families, all families in one pass.

    Parameters
    ----------
    p
        One p value for each comparison; NaN where it was suppressed or not estimated: it has no
        q, but counts in its family.
    family
        The family of each comparison, as numbers or text.
    declared
        How many comparisons each one's family was declared to have, if more than there are rows.
    adjustment
        A code of :class:`Adjustment`.

    Raises
    ------
    MethodError
        If a p value is outside 0 to 1, a family is missing, or a family is declared to have
        fewer comparisons than it has rows, or two numbers of them.

    References
    ----------
    Efron B (2008), Annals of Applied Statistics 2:197-223.

    Examples
    --------
    >>> made = within_families([0.01, 0.04, 0.03, float("nan")], ["a", "a", "b", "b"])
    >>> made.q, made.comparisons
    (array([0.02, 0.04, 0.06,  nan]), array([2, 2, 2, 2]))
    """
    values, code = numbers(p, where="within_families"), labels(family, where="within_families")[1]
    require_p(values, where="within_families")
    require(
        values.ndim == 1 and code.shape == values.shape,
        "There is not one family for each p value.",
        where="within_families",
        mend="give two columns of one length",
    )
    kind = one_of(adjustment, Adjustment, where="within_families, adjustment")
    m = _declared(np.bincount(code), code, declared)
    known = ~np.isnan(values)
    order = np.lexsort((values[known], code[known]))
    raw, own = values[known][order], code[known][order]
    count = np.bincount(own, minlength=m.size)
    rank = np.arange(raw.size) - (np.cumsum(count) - count)[own] + 1
    placed, q = np.empty_like(raw), np.full(values.shape, np.nan)
    placed[order] = _stepped(raw, rank, m[own], own, kind)
    q[known] = placed
    return Adjusted(q, m[code], count[code])


def _stepped(
    raw: FloatArray,
    rank: NDArray[np.int64],
    m: NDArray[np.int64],
    own: NDArray[np.int64],
    kind: Adjustment,
) -> FloatArray:
    """Return adjusted p values of families that lie one after the other, each rising."""
    if kind is Adjustment.BONFERRONI:
        return np.minimum(raw * m, 1)
    if kind is Adjustment.HOLM:
        return np.minimum(_running_most(raw * (m - rank + 1), own), 1)
    factor = np.ones(raw.size)
    if kind is Adjustment.BENJAMINI_YEKUTIELI:
        factor = np.cumsum(1 / np.arange(1, m.max(initial=0) + 1))[m - 1]
    steps = factor * raw * m / rank
    least = -_running_most(-steps[::-1], own.max(initial=0) - own[::-1])[::-1]
    return np.minimum(least, 1)


def _running_most(values: FloatArray, own: NDArray[np.int64]) -> FloatArray:
    """Return the largest so far within each run of one family; exact, on places in order."""
    order = np.argsort(values, kind="stable")
    place = np.empty(values.size, dtype=np.int64)
    place[order] = np.arange(values.size)
    # a family's places lie above all of the families before it, so no maximum crosses over
    lift = own.astype(np.int64) * values.size
    most = np.maximum.accumulate(place + lift) - lift
    return np.asarray(values[order][most], dtype=np.float64)


def _declared(
    rows: NDArray[np.int64], code: NDArray[np.int64], declared: ArrayLike | None
) -> NDArray[np.int64]:
    """Return how many comparisons each family has: its rows, or what was declared."""
    if declared is None:
        return rows.astype(np.int64)
    told = together(codes(declared, where="within_families, declared"), code, where="declared")[0]
    m = np.zeros(rows.size, dtype=np.int64)
    m[code] = told
    require(
        (m[code] == told).all() and (m >= rows).all(),
        "A family is declared with fewer comparisons than it has, or with two numbers of them.",
        where="within_families",
        mend="declare each family's comparisons once, before running",
    )
    return m
