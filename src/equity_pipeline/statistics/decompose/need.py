"""Need in a gap: what is left when both groups are given the same age, the same need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from numpy.typing import ArrayLike

from equity_pipeline.statistics.clustered import LARGEST_MISSING_WEIGHT
from equity_pipeline.statistics.decompose.group_cells import Part, stacked, sum_parts
from equity_pipeline.statistics.decompose.standard_table import (
    StandardTable,
    order_share,
    read_table,
)
from equity_pipeline.statistics.estimate import Caution, Estimate, require


@dataclass(frozen=True, slots=True)
class NeedParts:
    """A gap (...) as parts of its factors (..., F) and what remains: they add up exactly.

    Attributes
    ----------
    gap
        Crude value of the focus group minus that of the reference group.
    parts
        What goes with each factor, in the order told (of a sequence: that of its steps).
    after
        The gap after this and all earlier parts were taken away, (..., F).
    remaining
        The gap at equal factors.
    remaining_share
        Remaining over crude gap; NaN if there is no crude gap.
    """

    gap: Estimate
    parts: Estimate
    after: Estimate
    remaining: Estimate
    remaining_share: Estimate


def sequential_standardisation(
    people: ArrayLike,
    value: ArrayLike,
    *,
    order: Sequence[int],
    variance: ArrayLike | None = None,
    target: ArrayLike | None = None,
    confidence: float = 0.95,
) -> NeedParts:
    """Return gaps of two groups, split by standardising for one factor after the other.

    A group's value within a level of the factors so far is its own crude value there; levels
    are weighed as in the target. The part of a factor is what standardising for it, beside those
    before it, takes from the gap.

    Parameters
    ----------
    people, value
        People and their mean value, (..., 2, L1, ..., LF): focus and reference group, by the
        levels of F factors. Many gaps are made at once along the leading axes.
    order
        The factors in the order in which they are taken away, numbered from 0: all F of them.
        Demography goes first and need after it; the order is declared, never found.
    variance
        Of the values; None: the values are shares, of variance p (1 - p) / n.
    target
        People of the population that levels are weighed by (L1, ..., LF); both groups if None.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    NeedParts
        Errors by the delta method: people fall into groups and cells by chance (multinomial),
        values vary within cells. Where a group has nobody in levels of more than 5 % of the
        target there is no value (NaN); below that these levels are left out, and told.

    Raises
    ------
    MethodError
        If the order does not name each factor once, counts are negative, shares outside 0 to 1,
        or shapes do not go together.

    References
    ----------
    Kitagawa EM (1955), doi:10.1080/01621459.1955.10501299.
    Das Gupta P (1993), Standardization and Decomposition of Rates, US Bureau of the Census P23-186.

    Examples
    --------
    >>> parts = sequential_standardisation(
    ...     [[[900, 300], [500, 500]], [[600, 150], [900, 350]]],
    ...     [[[0.78, 0.70], [0.82, 0.76]], [[0.86, 0.80], [0.90, 0.85]]],
    ...     order=(0, 1),
    ... )
    >>> parts.parts.value.round(6), round(float(parts.remaining.value), 6)
    (array([-0.005828, -0.008119]), -0.084167)
    """
    factors = len(order)
    require(
        sorted(order) == list(range(factors)) and factors > 0,
        "The order does not name each factor once.",
        where="sequential_standardisation",
        mend="give the numbers of all factors from 0, each once",
    )
    table = read_table(people, value, variance, target, factors, "sequential_standardisation")
    gaps = [table.gap(frozenset(order[:step])) for step in range(factors + 1)]
    parts = [before - after for before, after in pairwise(gaps)]
    return _told(table, gaps[0], parts, gaps[-1], "need_sequential_delta", confidence)


def shapley_standardisation(
    people: ArrayLike,
    value: ArrayLike,
    *,
    factors: int,
    variance: ArrayLike | None = None,
    target: ArrayLike | None = None,
    confidence: float = 0.95,
) -> NeedParts:
    """Return gaps of two groups, split by factors whose parts do not depend on an order.

    The part of a factor is the mean of what it takes from the gap over all orders.

    Parameters
    ----------
    people, value, variance, target, confidence
        As in :func:`sequential_standardisation`.
    factors
        How many of the last axes are factors; 2^factors gaps are standardised.

    Returns
    -------
    NeedParts
        As from :func:`sequential_standardisation`; ``after`` goes by the number of the factor.

    Raises
    ------
    MethodError
        As :func:`sequential_standardisation`.

    References
    ----------
    Shorrocks AF (2013), doi:10.1007/s10888-011-9214-z.
    Das Gupta P (1993), Standardization and Decomposition of Rates, US Bureau of the Census P23-186.

    Examples
    --------
    >>> parts = shapley_standardisation(
    ...     [[[900, 300], [500, 500]], [[600, 150], [900, 350]]],
    ...     [[[0.78, 0.70], [0.82, 0.76]], [[0.86, 0.80], [0.90, 0.85]]],
    ...     factors=2,
    ... )
    >>> parts.parts.value.round(6), round(float(parts.remaining.value), 6)
    (array([-0.006893, -0.007054]), -0.084167)
    """
    require(
        factors > 0,
        "There is no factor.",
        where="shapley_standardisation",
        mend="give how many of the last axes are factors",
    )
    table = read_table(people, value, variance, target, factors, "shapley_standardisation")
    everyone = range(factors)
    gaps = {
        frozenset(chosen): table.gap(frozenset(chosen))
        for size in range(factors + 1)
        for chosen in combinations(everyone, size)
    }
    parts = [
        sum_parts(
            [(gaps[s] - gaps[s | {k}]) * order_share(len(s), factors) for s in gaps if k not in s]
        )
        for k in everyone
    ]
    none, full = frozenset[int](), frozenset(everyone)
    return _told(table, gaps[none], parts, gaps[full], "need_shapley_delta", confidence)


def _told(
    table: StandardTable,
    gap: Part,
    parts: Sequence[Part],
    remaining: Part,
    method: str,
    confidence: float,
) -> NeedParts:
    after = [gap - sum_parts(parts[: step + 1]) for step in range(len(parts))]
    share = remaining.over(gap)
    made = table.cells.estimates(
        [gap, remaining, share, *parts, *after], method=method, confidence=confidence
    )
    lacking = table.lacking()
    known, told = lacking <= LARGEST_MISSING_WEIGHT, (lacking > 0)

    def checked(one: Estimate) -> Estimate:
        return one.where(known).warned(Caution.LEFT_OUT, told)

    crude, rest, part_of, *others = (made[0], *(checked(one) for one in made[1:]))
    return NeedParts(
        gap=crude,
        parts=stacked(others[: len(parts)]),
        after=stacked(others[len(parts) :]),
        remaining=rest,
        remaining_share=part_of,
    )
