"""What may be shown, and why: the limits of the disclosure rules with a reason each."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, field_validator

from equity_pipeline.settings.base import Section

# why each rule is there, for those who may know which of them hid a cell
REASONS: Mapping[str, str] = {
    "small_denominator": "Med färre än 20 personer kan den som känner några räkna ut resten.",
    "small_count": "1-4 personer med, eller utan, utfallet kan röja enskilda.",
    "sensitive_extreme": "Ingen eller alla i en känslig grupp säger något om var och en i den.",
    "dominance": "En eller två bidragsgivare står för nästan hela summan, som då röjer deras.",
    "named_unit": "Enhetens egna kostnader och förskrivning, och det som rör en enda läkare, "
    "visas i enhetens eget uttag.",
    "secondary": "Dold för att en annan cell annars kunde räknas ut.",
}


class DisclosureSettings(Section):
    """The smallest that may be shown, with the reason.

    ``dominance_one``, ``dominance_two`` and ``dominance_rest`` are the shares of a sum that its
    largest contributor, and its two largest, may make at most, and the share of the largest that
    all the others must make at least. Medians and the tenth and ninetieth percentiles need
    ``smallest_median`` and ``smallest_tail`` persons. ``reasons`` says why each rule is there.

    Examples
    --------
    >>> DisclosureSettings(reasons={"dominance": "Bestämt i nämnden."}).reasons["small_count"]
    '1-4 personer med, eller utan, utfallet kan röja enskilda.'
    """

    smallest_denominator: int = Field(20, ge=1)
    smallest_count: int = Field(5, ge=1)
    sensitive_dimensions: tuple[str, ...] = ("country_of_birth", "disability_proxy")
    reason: str = "Nämnare under 20 och 1-4 personer visas inte; de kan röja enskilda."
    dominance_one: float = Field(0.75, gt=0, le=1)
    dominance_two: float = Field(0.90, gt=0, le=1)
    dominance_rest: float = Field(0.10, ge=0, le=1)
    smallest_median: int = Field(20, ge=1)
    smallest_tail: int = Field(50, ge=1)
    reasons: Mapping[str, str] = Field(default_factory=lambda: dict(REASONS))

    @field_validator("reasons")
    @classmethod
    def _known(cls, held: Mapping[str, str]) -> Mapping[str, str]:
        unknown = sorted(set(held) - set(REASONS))
        if unknown:
            raise ValueError(f"no rule is called {', '.join(unknown)}")
        return {**REASONS, **held}
