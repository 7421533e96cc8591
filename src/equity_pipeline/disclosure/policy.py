"""The limits of the disclosure rules, with the reason of each in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


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
        """Dimensions where nobody and everybody are hidden whatever is counted."""

    @property
    def hide_extreme_shares(self) -> bool:
        """Whether a share of nobody or of everybody is hidden in every dimension."""

    @property
    def dominance_one(self) -> float:
        """A sum is hidden where its largest contributor makes more than this share."""

    @property
    def dominance_two(self) -> float:
        """A sum is hidden where its two largest make more than this share."""

    @property
    def dominance_rest(self) -> float:
        """A sum is hidden where all others make less than this share of the largest."""

    @property
    def smallest_median(self) -> int:
        """A median of fewer persons is not shown."""

    @property
    def smallest_tail(self) -> int:
        """A tenth or ninetieth percentile of fewer persons is not shown."""

    @property
    def reason(self) -> str:
        """Why, in words for readers."""

    @property
    def reasons(self) -> Mapping[str, str]:
        """Why each rule is there, in words for those who may know which one hid a cell."""


@dataclass(frozen=True, slots=True)
class DisclosurePolicy:
    """The smallest that may be shown, and the dimensions where zero and all are hidden too.

    The fields are those of `DisclosureLimits`.

    Examples
    --------
    >>> DisclosurePolicy().smallest_denominator
    20
    """

    smallest_denominator: int = 20
    smallest_count: int = 5
    sensitive_dimensions: tuple[str, ...] = ("country_of_birth", "disability_proxy")
    hide_extreme_shares: bool = True
    reason: str = ""
    dominance_one: float = 0.75
    dominance_two: float = 0.90
    dominance_rest: float = 0.10
    smallest_median: int = 20
    smallest_tail: int = 50
    reasons: Mapping[str, str] = field(default_factory=dict)

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
            smallest_denominator=limits.smallest_denominator,
            smallest_count=limits.smallest_count,
            sensitive_dimensions=tuple(limits.sensitive_dimensions),
            hide_extreme_shares=limits.hide_extreme_shares,
            reason=limits.reason,
            dominance_one=limits.dominance_one,
            dominance_two=limits.dominance_two,
            dominance_rest=limits.dominance_rest,
            smallest_median=limits.smallest_median,
            smallest_tail=limits.smallest_tail,
            reasons=dict(limits.reasons),
        )
