"""Intervals held against what they promise: how often they hold the truth, in seeded draws.

An `Interval` draws samples from a known truth and asks one of our functions for limits, all draws
at once where the function takes arrays. Ordinary intervals must hold the truth in 93.5 to 96.5 of
a hundred draws; those that are conservative by construction (exact, gamma, order statistics) in
at least 94.5. What lies outside must have its reason written beside it, and what has a reason
must lie outside: a reason that is no longer needed fails as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from equity_pipeline.statistics.estimate import Estimate

DRAWS = 20_000
ORDINARY = (0.935, 0.965)
CONSERVATIVE = 0.945

Maker = Callable[[np.random.Generator, int], tuple[Estimate, object]]


@dataclass(frozen=True)
class Interval:
    """One function in one ordinary case; ``make`` returns limits and the truth they seek."""

    name: str
    case: str
    make: Maker
    conservative: bool = False
    reason: str = ""
    draws: int = DRAWS
    nominal: float = 0.95

    def __str__(self) -> str:
        return f"{self.name}[{self.case}]"

    def measured(self) -> float:
        """Return the share of draws whose limits hold the truth; no limits hold nothing."""
        rng = np.random.default_rng([2024, *str(self).encode()])
        made, truth = self.make(rng, self.draws)
        held = (made.lower <= truth) & (truth <= made.upper)
        return float(held.mean())

    def is_ordinary(self, share: float) -> bool:
        """Tell whether a share of draws is what the interval promises."""
        if self.conservative:
            return share >= CONSERVATIVE
        return ORDINARY[0] <= share <= ORDINARY[1]


@dataclass
class Book:
    """The intervals of one part of the statistics."""

    intervals: list[Interval] = field(default_factory=list)

    def add(
        self,
        name: str,
        case: str,
        make: Maker,
        *,
        conservative: bool = False,
        reason: str = "",
        draws: int = DRAWS,
    ) -> None:
        self.intervals.append(Interval(name, case, make, conservative, reason, draws))


def each(call: Callable[[int], Estimate], draws: int) -> Estimate:
    """Return one estimate of many draws for a function that takes one sample at a time."""
    made = [call(draw) for draw in range(draws)]
    parts = (
        np.array([np.ravel(getattr(one, name))[0] for one in made], dtype=float)
        for name in ("value", "lower", "upper", "standard_error")
    )
    return Estimate(*parts, made[0].method)
