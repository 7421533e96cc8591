"""The headline of an indicator, computed from one row: levels, difference, verdict, change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from equity_pipeline.report.sentences import changed, shown_gap, verdict
from equity_pipeline.report.speech import Speech
from equity_pipeline.vocabulary import in_sentence

SHOWN = "shown"


def headline(gap: Mapping[str, Any] | None, speech: Speech) -> list[str]:
    """Return the sentences of a row of the gap table; the first is the finding.

    The difference has the side it has: below zero in harm the group named first is better off,
    and at zero in the shown decimals no group is.

    Parameters
    ----------
    gap
        The headline row of the dimension that was chosen beforehand; None where none was made.
    """
    if gap is None:
        return [speech.say("headline.missing")]
    names = _names(gap, speech)
    if gap["value_status"] == "suppressed":
        return [speech.say("headline.hidden", **names)]
    value, _, _ = shown_gap(gap)
    if gap["value_status"] != SHOWN or value is None:
        return [speech.say("headline.part_hidden", **names)]
    return [
        speech.say("headline.levels", **names, **_levels(gap, speech)),
        _size(gap, speech),
        verdict(gap, speech),
        *changed([gap], speech),
    ]


def since(rows: Sequence[Mapping[str, Any]], speech: Speech) -> str:
    """Return how the difference has changed since the base year; nothing where not computed.

    Only an interval that leaves out zero is called a change.
    """
    change = change_since(rows)
    if change is None:
        return ""
    year, value, low, high, unit = change
    if low <= 0 <= high:
        return speech.say("headline.unchanged", year=year)
    side = "wider" if value > 0 else "narrower"
    if value < 0:
        value, low, high = -value, -high, -low
    size = speech.number(value, unit, is_gap=True)
    return speech.say(
        f"headline.{side}", year=year, change=size, limits=speech.interval(low, high, unit)
    )


def change_since(
    rows: Sequence[Mapping[str, Any]],
) -> tuple[int, float, float, float, str] | None:
    """Return base year, change with limits and unit of the newest period, None if not told."""
    if not rows:
        return None
    last = rows[-1]
    found = [last.get(f"change_from_base{end}") for end in ("", "_lower", "_upper")]
    if last["value_status"] != SHOWN or any(one is None or one != one for one in found):
        return None
    value, low, high = (float(one) for one in found if one is not None)
    return int(last["base_year"]), value, low, high, last["unit_of_measure"]


def _names(gap: Mapping[str, Any], speech: Speech) -> dict[str, str]:
    focus, reference = speech.of(gap, "focus_label"), speech.of(gap, "reference_label")
    return {
        "focus_label": in_sentence(focus) if speech.code == "sv" else focus,
        "reference_label": in_sentence(reference),
    }


def _levels(gap: Mapping[str, Any], speech: Speech) -> dict[str, str]:
    unit = gap["unit_of_measure"]
    return {
        "focus": speech.number(gap["focus_value"], unit),
        "reference": speech.number(gap["reference_value"], unit),
    }


def _size(gap: Mapping[str, Any], speech: Speech) -> str:
    unit = gap["unit_of_measure"]
    value, low, high = shown_gap(gap)
    assert value is not None
    has_side = gap["gap_harm"] is not None
    key = "plain" if not has_side else "harm" if value > 0 else "advantage"
    if speech.number(abs(value), unit) == speech.number(0.0, unit):
        key = "equal"
    elif has_side and value < 0:
        value = -value
        low, high = (None if one is None else -one for one in (high, low))
    limits = speech.interval(low, high, unit)
    return speech.say(
        f"headline.{key}",
        gap=speech.number(value, unit, is_gap=True),
        limits=speech.say("headline.limits", limits=limits) if limits else "",
        adjustment=speech.of(gap, "adjustment_label"),
    )
