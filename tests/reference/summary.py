"""After the reference tests: a line per measure, and the figures compared loosely or left."""

from __future__ import annotations

from collections import defaultdict

import pytest


def tell(terminalreporter: pytest.TerminalReporter) -> None:
    told: dict[str, list[list]] = defaultdict(list)
    for report in terminalreporter.getreports("passed") + terminalreporter.getreports("failed"):
        for name, value in getattr(report, "user_properties", ()):
            if name in ("vectors", "vectors_told"):
                told[name].append(value)
    if told["vectors"]:
        terminalreporter.section("figures beside the peers'")
        for line in _table(told["vectors"]):
            terminalreporter.write_line(line)
        terminalreporter.section("compared loosely, or left", sep="-")
        for line in _reasons(told["vectors_told"]):
            terminalreporter.write_line(line)


def _reasons(told: list[list]) -> list[str]:
    """A line for each reason of a measure: how many figures of which cases it is said of."""
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for case, pairs in told:
        measure, _, name = case.partition("/")
        for path, reason in pairs:
            said[measure, reason].append(f"{name} {path}")
    lines = []
    for (measure, reason), of in sorted(said.items()):
        cases = sorted({one.split(" ")[0] for one in of})
        lines.append(f"{measure}: {reason}: {len(of)} columns in {', '.join(cases)}")
    return lines


def _table(rows: list[list]) -> list[str]:
    measures: dict[str, list[list]] = defaultdict(list)
    for measure, *rest in rows:
        measures[measure].append(rest)
    head = f"{'measure':32} {'cases':>6} {'figures':>8} {'largest':>10} {'loose':>10}"
    lines = [head]
    for measure, of in sorted(measures.items()):
        figures = sum(r[1] for r in of)
        largest, loosest = max(r[2] for r in of), max(r[3] for r in of)
        lines.append(f"{measure:32} {len(of):6} {figures:8} {largest:10.1e} {loosest:10.1e}")
    return lines
