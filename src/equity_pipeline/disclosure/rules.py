"""Which cells are too small to show on their own: pure rules on persons, never on contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from equity_pipeline.errors import DisclosureStop

SHOWN = ""
SMALL_DENOMINATOR = "small_denominator"
SMALL_COUNT = "small_count"
SECONDARY = "secondary"
REASONS = (SHOWN, SMALL_DENOMINATOR, SMALL_COUNT, SECONDARY)

PROPORTION, RATE, MEAN = "proportion", "rate", "mean"
KINDS_WITH_PERSONS = (PROPORTION, RATE, MEAN)
EXEMPT_KINDS = {
    "calls": "telephone calls that are not tied to a person",
    "area_mean": "means over areas of figures that are already published",
    "published": "figures that are already published",
}

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class DisclosureLimits(Protocol):
    """The section of the settings that a policy is made from."""

    @property
    def smallest_denominator(self) -> int:
        """Fewer persons than this are not shown."""

    @property
    def smallest_count(self) -> int:
        """Fewer persons than this with, or without, the outcome are not shown."""

    @property
    def sensitive_dimensions(self) -> tuple[str, ...]:
        """Dimensions where nobody and everybody are hidden too."""

    @property
    def reason(self) -> str:
        """Why, in words for readers."""


@dataclass(frozen=True, slots=True)
class DisclosurePolicy:
    """The smallest that may be shown, and the dimensions where zero and all are hidden too.

    Examples
    --------
    >>> DisclosurePolicy().smallest_denominator
    20
    """

    smallest_denominator: int = 20
    smallest_count: int = 5
    sensitive_dimensions: tuple[str, ...] = ("country_of_birth", "disability_proxy")
    reason: str = ""

    @classmethod
    def of(cls, limits: DisclosureLimits) -> DisclosurePolicy:
        """Return the policy of ``settings.disclosure``.

        Examples
        --------
        >>> from equity_pipeline.settings import DisclosureSettings
        >>> DisclosurePolicy.of(DisclosureSettings(smallest_count=3)).smallest_count
        3
        """
        return cls(
            limits.smallest_denominator,
            limits.smallest_count,
            tuple(limits.sensitive_dimensions),
            limits.reason,
        )


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
    """

    n: Ints
    n_with: Ints
    n_without: Ints
    counts_with: Flags
    counts_without: Flags
    sensitive: Flags


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
        ``small_denominator``, ``small_count`` or empty, in the order of the cells. A cell with
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
    few |= persons.sensitive & persons.counts_with & (persons.n_with == 0)
    few |= persons.sensitive & persons.counts_without & (persons.n_without == 0)
    nobody = (persons.n == 0) & ~persons.sensitive
    reason = np.where(few, SMALL_COUNT, SHOWN)
    reason = np.where(persons.n < policy.smallest_denominator, SMALL_DENOMINATOR, reason)
    return np.where(nobody, SHOWN, reason)


def _few(count: Ints, policy: DisclosurePolicy) -> Flags:
    return (count > 0) & (count < policy.smallest_count)
