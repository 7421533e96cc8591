"""What every page says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page says of itself."""

    region: str
    run_id: str
    synthetic: bool
    disclosure_reason: str
    n_hidden: int
    region_code: str = ""
    smallest_denominator: int = 20
    smallest_count: int = 5
