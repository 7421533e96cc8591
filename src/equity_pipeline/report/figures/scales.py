"""Where a number stands in a figure, and the round numbers that its axis names."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight scale from numbers to places; the places may fall as numbers rise.

    Examples
    --------
    >>> Scale(0, 10, 100, 0)(2.5)
    75.0
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a number."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def known(values: Iterable[float | None]) -> list[float]:
    """Return those of the numbers that are told and finite.

    Examples
    --------
    >>> known([1.0, None, float("nan")])
    [1.0]
    """
    return [float(one) for one in values if one is not None and math.isfinite(one)]


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """Return round numbers within the range, evenly spaced, with at most ``most`` steps between.

    Examples
    --------
    >>> ticks(0.751, 0.923)
    [0.8, 0.85, 0.9]
    >>> ticks(-3, 12)
    [0.0, 5.0, 10.0]
    """
    span = high - low
    if span <= 0:
        return [low]
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(s * size for s in (*STEPS, 20.0, 50.0) if span / (s * size) <= most)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [_clean(at * step, step) for at in range(first, last + 1)]


def padded(values: Iterable[float | None], *, share: float = 0.08) -> tuple[float, float]:
    """Return a range that holds all known numbers with room around; one number gets room too.

    Examples
    --------
    >>> padded([1.0, 2.0], share=0.5)
    (0.5, 2.5)
    >>> padded([]), padded([4.0])
    ((0.0, 1.0), (3.6, 4.4))
    """
    held = known(values)
    if not held:
        return 0.0, 1.0
    low, high = min(held), max(held)
    room = (high - low) * share or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _clean(value: float, step: float) -> float:
    return round(value, max(0, 2 - math.floor(math.log10(step))))
