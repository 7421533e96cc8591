"""Between and within units: do groups attend other units, or fare otherwise in the same ones?"""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from equity_pipeline.statistics.decompose.kitagawa import kitagawa
from equity_pipeline.statistics.estimate import Estimate


@dataclass(frozen=True, slots=True)
class UnitParts:
    """``gap = between + within + only_focus + only_reference``, each (...).

    Attributes
    ----------
    gap
        Crude value of the focus group minus that of the reference group.
    between
        What goes with the groups attending the units that both attend in other shares.
    within
        What goes with different values in the same units.
    only_focus, only_reference
        What goes with units that only one of the groups attends: nobody can be compared there,
        so it is told apart and belongs to neither.
    """

    gap: Estimate
    between: Estimate
    within: Estimate
    only_focus: Estimate
    only_reference: Estimate


def between_within_units(
    people: ArrayLike,
    value: ArrayLike,
    *,
    variance: ArrayLike | None = None,
    confidence: float = 0.95,
) -> UnitParts:
    """Return gaps of two groups, split into a part between and a part within care units.

    Attendance is weighed with the mean of the groups' values in a unit, differences within a
    unit with the mean of the groups' shares of it.

    Parameters
    ----------
    people, value
        People and their mean value, (..., 2, U): focus group, reference group, by unit; 0 people
        where a group does not attend. Many gaps are made at once along the leading axes.
    variance
        Of the values (..., 2, U); None: the values are shares, of variance p (1 - p) / n.
    confidence
        Coverage of the intervals, between 0 and 1.

    Returns
    -------
    UnitParts
        Parts add up exactly. Errors by the delta method; the units stand for themselves, their
        people are drawn. Without a common unit there are no parts (NaN); ``LEFT_OUT`` tells
        where a unit has people of one group only.

    Raises
    ------
    MethodError
        If counts are negative, shares outside 0 to 1, or shapes do not go together.

    References
    ----------
    Kitagawa EM (1955), doi:10.1080/01621459.1955.10501299.
    Nopo H (2008), doi:10.1162/rest.90.2.290 (units that one group does not attend).

    Examples
    --------
    >>> parts = between_within_units(
    ...     [[500, 300, 200], [200, 300, 500]], [[0.70, 0.80, 0.86], [0.76, 0.84, 0.89]]
    ... )
    >>> [round(float(x.value), 4) for x in (parts.gap, parts.between, parts.within)]
    [-0.087, -0.0435, -0.0435]
    """
    made = kitagawa(people, value, variance=variance, confidence=confidence)
    return UnitParts(made.gap, made.composition, made.rate, made.only_focus, made.only_reference)
