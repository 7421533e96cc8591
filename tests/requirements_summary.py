"""What a requirement asks for, the tests that hold it, and how these fared in a run."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

REQUIREMENTS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_name("requirements.toml").read_text("utf-8")
)
WORST_FIRST = ("failed", "error", "passed", "skipped")
NOT_RUN = "not run here"


def fared(outcomes: Mapping[str, set[str]], tests: list[str]) -> str:
    """Return how the tests of a requirement fared: the worst of them.

    Parameters
    ----------
    outcomes
        For each test, without its parameters, how it ended in this run.
    """
    ended = {how for test in tests for how in outcomes.get(test, ())}
    return next((how for how in WORST_FIRST if how in ended), NOT_RUN)


def tell(reporter: pytest.TerminalReporter) -> None:
    """Print the requirements with how each fared, when enough was run to be worth it."""
    outcomes: dict[str, set[str]] = {}
    for how in WORST_FIRST:
        for report in reporter.stats.get(how, ()):
            if hasattr(report, "nodeid"):
                outcomes.setdefault(report.nodeid.partition("[")[0], set()).add(how)
    rows = [
        (name, fared(outcomes, one["tests"]), one["what"])
        for name, one in REQUIREMENTS.items()
        if "tests" in one
    ]
    if sum(how != NOT_RUN for _, how, _ in rows) < len(rows) // 2:
        return
    reporter.section("requirements")
    for name, how, what in rows:
        reporter.write_line(f"{name:<4} {how:<13} {what}")
