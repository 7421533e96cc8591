"""Regions in which all groups are treated alike, and what the start page would pick out there."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from equity_pipeline.report.picking import judged, latest, picks
from tests.flows.planted import NEEDS, make

# the one plant that makes groups alike: without it some have a named physician more often
ALIKE = frozenset({"named_physician_equal"})
TWO_YEARS_BELOW = 10_000  # where chance is largest, and a second year costs least


@dataclass(frozen=True, slots=True)
class Nothing:
    """What a region shows: compared, beyond the limit if looked at alone, picked, nominated."""

    seed: int
    compared: int
    important: int
    picked: tuple[str, ...]
    nominated: tuple[str, ...]


def look(persons: int, seed: int) -> Nothing:
    """Return what the start page would pick out of one region without differences.

    Small regions are seen over two years: only what stands in both can be nominated most strongly.
    """
    with tempfile.TemporaryDirectory() as folder:
        made = make(
            Path(folder) / "region", persons, seed, indicators=NEEDS, plants=ALIKE,
            years=2 if persons < TWO_YEARS_BELOW else 1, forms=("decision_register",),
            counted=frozenset(),
        )  # fmt: skip
    newest = latest(made.gaps)
    cases = made.tabulated.tables["decision_register"].data.to_pandas(date_as_object=True)
    found = picks(newest, cases)
    important = judged(newest)["evidence_state"] == "established_important"
    return Nothing(
        seed=seed,
        compared=found.n_comparisons,
        important=int(important.sum()),
        picked=tuple(found.shown["indicator_id"] + " by " + found.shown["dimension"]),
        nominated=tuple(cases.loc[cases["auto_grade"] == "candidate_a", "case_id"]),
    )


def look_at(persons: int, seeds: Iterable[int], *, processes: int = 2) -> list[Nothing]:
    """Return what every seed's region shows, made side by side."""
    numbers = list(seeds)
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(look, [persons] * len(numbers), numbers))
