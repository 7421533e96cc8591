"""What may be shown, and why: the limits of the disclosure rules with a reason each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator

from equity_pipeline.settings.base import Section
from equity_pipeline.vocabulary import vocabulary

# why each rule is there, for those who may know which of them hid a cell
REASONS: Mapping[str, str] = {
    rule: label.sv for rule, label in vocabulary().codes["hidden_reason"].items()
}
# the limits that each rule goes by; a rule without one follows from the others
LIMITS: Mapping[str, tuple[str, ...]] = {
    "small_denominator": ("smallest_denominator",),
    "small_count": ("smallest_count",),
    "sensitive_extreme": ("sensitive_dimensions", "hide_extreme_shares"),
    "dominance": ("dominance_one", "dominance_two", "dominance_rest"),
    "nested": ("smallest_count",),
    "moved_a_little": ("smallest_count",),
    "few_for_quantile": ("smallest_median", "smallest_tail"),
}


class DisclosureSettings(Section):
    """The smallest that may be shown, with the reason.

    ``dominance_one``, ``dominance_two`` and ``dominance_rest`` are the shares of a sum that its
    largest contributor, and its two largest, may make at most, and the share of the largest that
    all the others must make at least. ``hide_extreme_shares`` hides 0 % and 100 % in every
    dimension; in the ``sensitive_dimensions`` nobody and everybody are hidden of counts too.
    Medians and the tenth and ninetieth percentiles need ``smallest_median`` and ``smallest_tail``
    persons. What the audit finds in a candidate stops its release; with ``audit`` set to ``tell``
    it is told, kept in `internal/audits` and left to people. What cannot be judged within
    ``audit_seconds`` is not released. ``reasons`` says why each rule is there.

    Examples
    --------
    >>> DisclosureSettings(reasons={"dominance": "Bestämt i nämnden."}).reasons["small_count"]
    '1-4 personer med, eller utan, utfallet kan röja enskilda.'
    """

    smallest_denominator: int = Field(20, ge=1)
    smallest_count: int = Field(5, ge=1)
    sensitive_dimensions: tuple[str, ...] = ("country_of_birth", "disability_proxy")
    hide_extreme_shares: bool = True
    reason: str = "Nämnare under 20 och 1-4 personer visas inte; de kan röja enskilda."
    dominance_one: float = Field(0.75, gt=0, le=1)
    dominance_two: float = Field(0.90, gt=0, le=1)
    dominance_rest: float = Field(0.10, ge=0, le=1)
    smallest_median: int = Field(20, ge=1)
    smallest_tail: int = Field(50, ge=1)
    audit: Literal["stop", "tell"] = "stop"
    audit_seconds: float = Field(600, gt=0)
    reasons: Mapping[str, str] = Field(default_factory=lambda: dict(REASONS))

    @field_validator("reasons")
    @classmethod
    def _known(cls, held: Mapping[str, str]) -> Mapping[str, str]:
        unknown = sorted(set(held) - set(REASONS))
        if unknown:
            raise ValueError(f"no rule is called {', '.join(unknown)}")
        return {**REASONS, **held}
