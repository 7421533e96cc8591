"""Random streams by name: one module's draws do not move when another's change."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from equity_pipeline.synthetic.plants import YEARS

Array = npt.NDArray[Any]

EPOCH = np.datetime64("1970-01-01", "D")


@dataclass(frozen=True, slots=True)
class Plan:
    """What was asked for: size, seed, and the truths that are planted."""

    persons: int
    seed: int
    plants: frozenset[str]

    def has(self, plant: str) -> bool:
        """Say whether a truth is planted."""
        return plant in self.plants

    def stream(self, *names: object) -> np.random.Generator:
        """Return the stream that belongs to these names and to no others."""
        keys = [zlib.crc32(str(name).encode()) for name in names]
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, *keys])))


def day_of(year: int, month: int = 1, day: int = 1) -> int:
    """Return a date as days since 1970-01-01.

    Examples
    --------
    >>> day_of(2020)
    18262
    """
    return (date(year, month, day) - date(1970, 1, 1)).days


def days_in(year: int) -> int:
    """Return the number of days of a year.

    Examples
    --------
    >>> days_in(2024)
    366
    """
    return day_of(year + 1) - day_of(year)


def largest_remainder(weights: Array, total: int) -> Array:
    """Return whole numbers that add up to ``total``, in proportion to ``weights`` (1-d).

    Examples
    --------
    >>> largest_remainder(np.array([2.0, 1.0, 1.0]), 5).tolist()
    [3, 1, 1]
    """
    quota = weights / weights.sum() * total
    whole = np.floor(quota).astype(np.int64)
    order = np.argsort(-(quota - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return np.asarray(whole)


def owners(counts: Array) -> tuple[Array, Array]:
    """Return, for ``counts`` events of each person, the person and the event's place (from 0).

    Examples
    --------
    >>> [part.tolist() for part in owners(np.array([2, 0, 1]))]
    [[0, 0, 2], [0, 1, 0]]
    """
    owner = np.repeat(np.arange(counts.size), counts)
    starts = np.cumsum(counts) - counts
    return owner, np.arange(owner.size) - starts[owner]


def spread(counts: Array, days: Array, draws: Array) -> Array:
    """Return a day (from 0) for every event so that no two of one person share a day.

    ``days`` is the number of days that each person has; ``draws`` are uniform, one an event.
    """
    owner, place = owners(counts)
    width = np.maximum(days[owner] // np.maximum(counts[owner], 1), 1)
    start = place * days[owner] // np.maximum(counts[owner], 1)
    return np.asarray(start + np.floor(draws * width).astype(np.int64))


def year_index(year: int) -> int:
    """Return the place of a year among the years of events.

    Examples
    --------
    >>> year_index(2021)
    1
    """
    return YEARS.index(year)
