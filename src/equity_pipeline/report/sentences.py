"""Sentences computed from rows: fixed phrases for uncertainty, never a cause."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from equity_pipeline.report.speech import HIDDEN, MINUS, SWEDISH, Speech
from equity_pipeline.vocabulary import in_sentence

__all__ = ["HIDDEN", "MINUS", "SENTENCES", "UNITS"]
SENTENCES: Mapping[str, str] = SWEDISH.words["verdict"]
UNITS: Mapping[str, list[str]] = SWEDISH.words["measure"]
POST_HOC = "post_hoc"


def units(unit: str, spoken: Speech = SWEDISH) -> str:
    """Return what the numbers of a table are counted in, for its caption.

    Examples
    --------
    >>> units("percent"), units("days"), units("index")
    ('Värden i %, skillnader i procentenheter.', 'Värden och skillnader i dagar.', '')
    """
    one, gap = spoken.unit(unit), spoken.unit(unit, is_gap=True)
    if not one:
        return ""
    if one != gap:
        return spoken.say("start.values_both", one=one, gap=gap)
    return spoken.say(f"start.values_{'per' if gap.startswith('per ') else 'same'}", one=gap)


def verdict(row: Mapping[str, Any], speech: Speech = SWEDISH) -> str:
    """Return the fixed sentence of a row's evidence state."""
    state = row["evidence_state"]
    if state is None:
        return speech.say("headline.no_verdict")
    mid = speech.number(row["mid"], row["unit_of_measure"], is_gap=True)
    return speech.say(f"verdict.{state}", mid=mid)


def changed(rows: Iterable[Mapping[str, Any]], speech: Speech = SWEDISH) -> list[str]:
    """Return the sentence of rows whose definition was changed after data were seen, if any was.

    Examples
    --------
    >>> changed([{"definition_status": "pre_specified"}])
    []
    >>> changed([{"definition_status": "post_hoc"}])[0][:46]
    'Definitionen ändrades sedan resultat hade sett'
    """
    some = any(row["definition_status"] == POST_HOC for row in rows)
    return [speech.say("headline.changed")] if some else []


def headline(row: Mapping[str, Any], spoken: Speech = SWEDISH) -> str:
    """Return the sentences of a row of the gap table: both levels, the gap, its interval.

    The gap is said as the difference to the disadvantage of the focus group; below zero the focus
    group is better off and the sentence says so, at zero in the shown decimals it has no side.
    """
    unit = row["unit_of_measure"]
    levels = spoken.say(
        "start.pair",
        focus_label=spoken.of(row, "focus_label"),
        focus=spoken.number(row["focus_value"], unit),
        reference_label=in_sentence(spoken.of(row, "reference_label")),
        reference=spoken.number(row["reference_value"], unit),
    )
    return f"{levels} {_size(row, unit, spoken)}, {spoken.of(row, 'adjustment_label')}."


def shown_gap(row: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Return the gap that a reader sees, with its limits: to harm where the indicator has a side.

    Examples
    --------
    >>> shown_gap({"gap_harm": None, "gap_abs": 2.0, "gap_abs_lower": 1.0, "gap_abs_upper": 3.0})
    (2.0, 1.0, 3.0)
    """
    name = "gap_harm" if _known(row["gap_harm"]) else "gap_abs"
    gap, lower, upper = (row[f"{name}{end}"] for end in ("", "_lower", "_upper"))
    return gap, lower, upper


def _size(row: Mapping[str, Any], unit: str, spoken: Speech) -> str:
    gap, low, high = shown_gap(row)
    if gap is None or not _known(gap):
        return spoken.say("start.gap_hidden", hidden=HIDDEN)
    if not _known(row["gap_harm"]) or spoken.number(abs(gap), unit) == spoken.number(0.0, unit):
        key, size = "plain", gap
    else:
        key, size = "harm" if gap > 0 else "advantage", abs(gap)
        if gap < 0 and low is not None and high is not None:
            low, high = -high, -low
    limits = spoken.interval(low, high, unit)
    told = spoken.say("headline.limits", limits=limits) if limits else ""
    return spoken.say(f"start.gap_{key}", gap=spoken.number(size, unit, is_gap=True), limits=told)


def _known(value: float | None) -> bool:
    return value is not None and value == value
