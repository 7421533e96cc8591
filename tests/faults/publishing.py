"""Publishes a small release of made-up tables, through the door and the publisher's process.

    python tests/faults/publishing.py CONFIG RUN RELEASE PERSONS_WITH

A fault is told, and ends the process, as a night tells it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from equity_pipeline.cli import console
from equity_pipeline.extracts.release import promote
from equity_pipeline.pipeline.publisher import Publisher
from equity_pipeline.pipeline.tabulating import Tabulated
from equity_pipeline.pipeline.unforeseen import spoken
from equity_pipeline.settings import Settings, load_settings
from equity_pipeline.tables.table import StratifiedTable
from tests.disclosed import LEVELS, before_the_door

Levels = Iterable[tuple[str, str, int]]
DAY = date(2025, 1, 15)


def tabulated(n_with: int, levels: Levels = LEVELS) -> Tabulated:
    """Return what the stage before the door makes: one indicator by sex."""
    forms, persons = before_the_door(n_with=n_with, levels=levels)
    whole, few = forms["stratified"].data, forms["deliveries"].data.slice(0, 1)
    place = whole.column_names.index("n_persons")
    known = whole.set_column(place, whole.field(place), whole["n_denominator"])
    forms |= {
        "stratified": StratifiedTable("stratified", known),
        "deliveries": StratifiedTable("deliveries", few),
    }
    return Tabulated(
        forms, persons, {"VT01": "proportion"}, (), {"cells": 0.5}, {"u1": ("unit", "12")}
    )


def publish(
    settings: Settings, run_id: str, name: str, n_with: int, levels: Levels = LEVELS
) -> Path:
    """Protect, publish and promote, and return the release."""
    with Publisher(settings, DAY, run_id) as apart:
        apart.disclose(tabulated(n_with, levels))
        candidate = apart.publish()
    return promote(candidate, settings, name)


def command(config: Path, run_id: str, name: str, n_with: int = 100) -> list[str]:
    """Return the words that publish in a process of its own."""
    return [sys.executable, "-m", "tests.faults.publishing", str(config), run_id, name, str(n_with)]


if __name__ == "__main__":
    try:
        publish(load_settings(Path(sys.argv[1])).settings, *sys.argv[2:4], int(sys.argv[4]))
    except Exception as error:
        sys.exit(console.fault(spoken(error), json_wanted=False))
