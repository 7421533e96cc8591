"""Shares: Wilson's and Clopper and Pearson's limits."""

from __future__ import annotations

from equity_pipeline.statistics.proportions import proportion
from tests.reference.vectors import Case, confidences


def run(case: Case) -> None:
    given = case.frame()
    x = given[case.column("numerator", "x", "Numerator", frame=given)]
    n = given[case.column("denominator", "n", "Denominator", frame=given)]
    case.keys(*case.group_columns(given))
    scale = given["multiplier"] if "multiplier" in given else case.param("multiplier", default=1)
    for tag, confidence in confidences(case.rows().iloc[0].to_dict()).items():
        ours = proportion(x, n, confidence=confidence)
        case.agrees("value", ours.value * scale)
        case.agrees(f"lower{tag}cl", ours.lower * scale)
        case.agrees(f"upper{tag}cl", ours.upper * scale)
