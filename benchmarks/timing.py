"""Seconds of calls, measured in turn so that a busy machine is busy for both."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter


def seconds(call: Callable[[], object], repeats: int = 5) -> list[float]:
    """Return the seconds of each of some calls, after one call that is not counted."""
    call()
    return [_once(call) for _ in range(repeats)]


def paired(
    one: Callable[[], object], other: Callable[[], object], repeats: int = 5
) -> tuple[float, float, float]:
    """Return both calls' median seconds and the median of their ratios, turn by turn."""
    one()
    other()
    turns = [(_once(one), _once(other)) for _ in range(repeats)]
    return (
        median(a for a, _ in turns),
        median(b for _, b in turns),
        median(a / b for a, b in turns),
    )


def _once(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start
