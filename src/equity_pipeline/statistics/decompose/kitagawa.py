"""Kitagawa: a gap as a difference of composition and a difference of values within cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from equity_pipeline.statistics.decompose.group_cells import SIGN, GroupCells, Part, read_cells
from equity_pipeline.statistics.estimate import BoolArray, Caution, Estimate, FloatArray, divide


@dataclass(frozen=True, slots=True)
class Kitagawa:
    """``gap = composition + rate + only_focus + only_reference``, each (...).

    Attributes
    ----------
    gap
        Crude value of the focus group minus that of the reference group.
    composition
        What goes with the groups' shares of the cells that both have.
    rate
        What goes with different values in the cells that both have.
    only_focus, only_reference
        What goes with cells that only one group has: no difference of values can be seen there.
    """

    gap: Estimate
    composition: Estimate
    rate: Estimate
    only_focus: Estimate
    only_reference: Estimate


def kitagawa(
    people: ArrayLike,
    value: ArrayLike,
    *,
    variance: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Kitagawa:
    """Return gaps of two groups, split into composition and rates within cells.

    Shares of cells are weighed with the mean of the groups' values, values with the mean of
    the groups' shares, so that neither group is the standard.

    Parameters
    ----------
    people, value
        People and their mean value, (..., 2, K): focus group, reference group. Many gaps are
        made at once along the leading axes.
    variance
        Of the values (..., 2, K); None: the values are shares, of variance p (1 - p) / n.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    Kitagawa
        Parts add up exactly. Errors by the delta method: people fall into groups and cells by
        chance (multinomial), values vary within cells. Without a common cell there are no parts
        (NaN); ``LEFT_OUT`` tells where groups have cells of their own.

    Raises
    ------
    MethodError
        If counts are negative, shares outside 0 to 1, or shapes do not go together.

    References
    ----------
    Kitagawa EM (1955), doi:10.1080/01621459.1955.10501299.
    Nopo H (2008), doi:10.1162/rest.90.2.290 (cells that one group does not have).

    Examples
    --------
    >>> parts = kitagawa([[500, 300, 200], [200, 300, 500]], [[0.7, 0.8, 0.86], [0.76, 0.84, 0.89]])
    >>> [round(float(x.value), 4) for x in (parts.gap, parts.composition, parts.rate)]
    [-0.087, -0.0435, -0.0435]
    """
    cells = read_cells(people, value, variance, where="kitagawa")
    parts = split(cells)
    made = cells.estimates(list(parts), method="kitagawa_delta", confidence=confidence)
    alone = ((cells.people > 0).sum(axis=-2) == 1).any(axis=-1)
    gap, composition, rate, focus, reference = made
    return Kitagawa(
        gap,
        composition.warned(Caution.LEFT_OUT, alone),
        rate.warned(Caution.LEFT_OUT, alone),
        focus,
        reference,
    )


def split(cells: GroupCells) -> tuple[Part, Part, Part, Part, Part]:
    """Return gap, composition, rate, and what only the focus and only the reference has."""
    held: BoolArray = cells.people > 0
    common = held.all(axis=-2, keepdims=True) & held
    crude, inner = _means(cells, np.ones_like(common)), _means(cells, common)
    size = (cells.people * common).sum(axis=-1, keepdims=True)
    share = divide(cells.people * common, size)
    composition = _composition(cells, share, size, common)
    rate = _rate(cells, share, size, common)
    sides = (crude[0] - inner[0], inner[1] - crude[1])
    return crude[0] - crude[1], composition, rate, sides[0], sides[1]


def _means(cells: GroupCells, used: BoolArray) -> list[Part]:
    """Return the mean of each group over the cells in use."""
    people = cells.people * used
    size = people.sum(axis=-1, keepdims=True)
    mean = divide((people * cells.value).sum(axis=-1, keepdims=True), size)
    by_people, by_value = divide(used * (cells.value - mean), size), divide(people, size)
    return [
        Part(mean[..., g, 0], by_people * only[:, np.newaxis], by_value * only[:, np.newaxis])
        for g, only in enumerate(np.eye(2))
    ]


def _composition(cells: GroupCells, share: FloatArray, size: FloatArray, common: BoolArray) -> Part:
    middle = cells.value.mean(axis=-2, keepdims=True)
    apart = share[..., :1, :] - share[..., 1:, :]
    value = np.where(common[..., :1, :], apart * middle, 0).sum(axis=-1)[..., 0]
    return Part(
        _known(value, size),
        _through_shares(share, size, common, middle * SIGN[:, np.newaxis]),
        np.where(common, apart / 2, 0.0),
    )


def _rate(cells: GroupCells, share: FloatArray, size: FloatArray, common: BoolArray) -> Part:
    middle = share.mean(axis=-2, keepdims=True)
    apart = cells.value[..., :1, :] - cells.value[..., 1:, :]
    value = np.where(common[..., :1, :], apart * middle, 0).sum(axis=-1)[..., 0]
    return Part(
        _known(value, size),
        _through_shares(share, size, common, np.broadcast_to(apart / 2, share.shape)),
        np.where(common, middle * SIGN[:, np.newaxis], 0.0),
    )


def _known(value: FloatArray, size: FloatArray) -> FloatArray:
    return np.where((size[..., 0] > 0).all(axis=-1), value, np.nan)


def _through_shares(
    share: FloatArray, size: FloatArray, common: BoolArray, by_share: FloatArray
) -> FloatArray:
    """Return the derivatives by people of a sum of shares times ``by_share``."""
    centre = (np.where(common, share * by_share, 0)).sum(axis=-1, keepdims=True)
    return np.where(common, divide(by_share - centre, size), 0.0)
