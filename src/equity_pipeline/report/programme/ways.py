"""The effect counted in other ways: each approach, and those alone that went through with it."""

from __future__ import annotations

from equity_pipeline.report.indicator.card import Grid, grid
from equity_pipeline.report.programme.held import ALL, Programme, told
from equity_pipeline.report.programme.overview import APPROACH, p_value, why
from equity_pipeline.report.reading import Row
from equity_pipeline.report.speech import Speech

HEAD = ("approach", "counted", "units_head", "did", "interval", "p", "apart")


def ways(one: Programme, indicator: str, speech: Speech) -> Grid | None:
    """Return the effect by approach and by which units are counted; None if there is one way."""
    rows = [row for row in one.effects.get(indicator, []) if row["programme_population"] == ALL]
    if len(rows) < 2:
        return None
    rows.sort(key=lambda row: (row["approach_code"] != ALL, row["approach_code"], row["estimand"]))
    return grid(
        [speech.say(f"programme.{name}") for name in HEAD], [_way(row, speech) for row in rows]
    )


def _way(row: Row, speech: Speech) -> list[str]:
    unit = row["unit_of_measure"]
    value, p, apart = (told(row, one) for one in ("did", "p_permutation", "effect_heterogeneity"))
    compared = row.get("n_units_compared")
    return [
        speech.known(APPROACH, str(row[APPROACH])),
        speech.label("estimand", row["estimand"]),
        "" if compared is None else speech.count(compared),
        why(row, speech) if value is None else speech.number(value, unit, is_gap=True),
        speech.interval(told(row, "did_lower"), told(row, "did_upper"), unit),
        "" if p is None else p_value(p, speech),
        "" if apart is None else speech.number(apart, unit, is_gap=True),
    ]
