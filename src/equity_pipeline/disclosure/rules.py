"""Which cells are too small to show on their own: pure rules on persons, never on contacts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.disclosure.dominance import Flags, Floats, dominated
from equity_pipeline.disclosure.policy import DisclosureLimits, DisclosurePolicy
from equity_pipeline.errors import DisclosureStop

__all__ = ["DisclosureLimits", "DisclosurePolicy", "Flags", "Persons", "check_kind", "too_small"]

SHOWN = ""
SMALL_DENOMINATOR = "small_denominator"
SMALL_COUNT = "small_count"
SENSITIVE_EXTREME = "sensitive_extreme"
DOMINANCE = "dominance"
NAMED_UNIT = "named_unit"
NESTED = "nested"
MOVED_A_LITTLE = "moved_a_little"
HIDDEN_BEFORE = "hidden_before"
WITHHELD = "withheld"
SECONDARY = "secondary"
FEW_FOR_QUANTILE = "few_for_quantile"  # hides the quantiles of a row, not its cell
REASONS = (
    SHOWN, SMALL_DENOMINATOR, SMALL_COUNT, SENSITIVE_EXTREME, DOMINANCE, NAMED_UNIT, NESTED,
    MOVED_A_LITTLE, HIDDEN_BEFORE, WITHHELD, SECONDARY, FEW_FOR_QUANTILE,
)  # fmt: skip

PROPORTION, RATE, MEAN, AMOUNT = "proportion", "rate", "mean", "amount"
KINDS_WITH_PERSONS = (PROPORTION, RATE, MEAN, AMOUNT)
EXEMPT_KINDS = {
    "calls": "telephone calls that are not tied to a person",
    "area_mean": "means over areas of figures that are already published",
    "published": "figures that are already published",
}

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Persons:
    """Distinct persons of many cells, with what the rules need to know of each.

    Attributes
    ----------
    n, n_with, n_without
        Persons in the cell, with and without the outcome; arrays of one length.
    counts_with, counts_without
        Whether the outcome, and its absence, is a count of persons: both for proportions, the
        first for rates, neither for means.
    sensitive
        Whether nobody and everybody must be hidden too.
    tops
        Of sums, the shares of the two largest persons and of the two largest units whose own sums
        are not published (4, cells); NaN where there is none. None where no cell is a sum.
    """

    n: Ints
    n_with: Ints
    n_without: Ints
    counts_with: Flags
    counts_without: Flags
    sensitive: Flags
    tops: Floats | None = None


def check_kind(kind: str) -> str:
    """Return the kind, or refuse one that no rule knows.

    Examples
    --------
    >>> check_kind("rate")
    'rate'
    """
    if kind not in KINDS_WITH_PERSONS and kind not in EXEMPT_KINDS:
        raise DisclosureStop(
            f"No disclosure rule knows the kind {kind!r}.",
            where="disclosure/rules.py",
            mend=f"use one of {', '.join((*KINDS_WITH_PERSONS, *EXEMPT_KINDS))}",
        )
    return kind


def too_small(persons: Persons, policy: DisclosurePolicy) -> NDArray[np.str_]:
    """Return why each cell is hidden on its own account; empty where it may be shown.

    Parameters
    ----------
    persons
        The cells.
    policy
        The limits.

    Returns
    -------
    array of str
        One of `REASONS`, empty where it may be shown, in the order of the cells. A cell with
        nobody in it is shown unless its dimension is sensitive.

    Examples
    --------
    >>> one = lambda *values: np.array(values)
    >>> cells = Persons(one(19, 40, 40, 40), one(9, 4, 37, 0), one(10, 36, 3, 40),
    ...                 *(np.ones(4, bool),) * 2, np.zeros(4, bool))
    >>> too_small(cells, DisclosurePolicy()).tolist()
    ['small_denominator', 'small_count', 'small_count', '']
    """
    few = _few(persons.n_with, policy) & persons.counts_with
    few |= _few(persons.n_without, policy) & persons.counts_without
    extreme = persons.counts_with & (persons.n_with == 0)
    extreme |= persons.counts_without & (persons.n_without == 0)
    nobody = (persons.n == 0) & ~persons.sensitive
    reason = np.where(_told_by_few(persons, policy), DOMINANCE, SHOWN)
    reason = np.where(persons.sensitive & extreme, SENSITIVE_EXTREME, reason)
    reason = np.where(few, SMALL_COUNT, reason)
    reason = np.where(persons.n < policy.smallest_denominator, SMALL_DENOMINATOR, reason)
    return np.where(nobody, SHOWN, reason)


def _told_by_few(persons: Persons, policy: DisclosurePolicy) -> Flags:
    if persons.tops is None:
        return np.zeros(len(persons.n), bool)
    first, second, first_unit, second_unit = persons.tops
    return dominated(first, second, policy) | dominated(first_unit, second_unit, policy)


def _few(count: Ints, policy: DisclosurePolicy) -> Flags:
    return (count > 0) & (count < policy.smallest_count)
