"""The five numbers at the top of the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from equity_pipeline.report.indicator.headline import change_since
from equity_pipeline.report.indicator.held import SHOWN, Held, value_of
from equity_pipeline.report.reading import Row
from equity_pipeline.report.sentences import shown_gap
from equity_pipeline.report.speech import Speech


@dataclass(frozen=True, slots=True)
class Kpi:
    """One number with its name above it, its unit beside it and its interval below."""

    name: str
    value: str
    unit: str
    note: str


def kpis(held: Held, gap: Row | None, trend: Sequence[Row], speech: Speech) -> list[Kpi]:
    """Return the numbers that are told: the region, the difference, SII, RII, the change."""
    found = [_whole(held, speech)]
    if gap is not None:
        unit = gap["unit_of_measure"]
        found.append(_made("gap", shown_gap(gap), unit, gap, speech, is_gap=True))
        for name, scale, is_gap in (("sii", unit, True), ("rii", "ratio", False)):
            values = (gap.get(name), gap.get(f"{name}_lower"), gap.get(f"{name}_upper"))
            if values[0] is not None:
                found.append(_made(name, values, scale, gap, speech, is_gap=is_gap))
    change = change_since(trend)
    if change is not None:
        year, value, low, high, unit = change
        note = speech.say("card.ci", limits=speech.interval(low, high, unit))
        words = f"{'+' if value > 0 else ''}{speech.number(value, unit, words=False)}"
        name = speech.say("card.since", year=year)
        found.append(Kpi(name, words, speech.unit(unit, is_gap=True), note))
    return [one for one in found if one is not None]


def _whole(held: Held, speech: Speech) -> Kpi | None:
    if held.whole is None:
        return None
    unit = held.whole["unit_of_measure"]
    value, low, high = value_of(held.whole)
    limits = speech.interval(low, high, unit)
    return Kpi(
        speech.say("card.whole"),
        speech.number(value, unit, words=False),
        speech.unit(unit),
        speech.say("card.ci", limits=limits) if limits else "",
    )


def _made(
    name: str,
    values: tuple[float | None, float | None, float | None],
    unit: str,
    gap: Row,
    speech: Speech,
    *,
    is_gap: bool,
) -> Kpi:
    value, low, high = values if gap["value_status"] == SHOWN else (None, None, None)
    limits = speech.interval(low, high, unit)
    return Kpi(
        speech.say(f"card.{name}"),
        speech.number(value, unit, words=False),
        speech.unit(unit, is_gap=is_gap),
        speech.say("card.ci", limits=limits) if limits else "",
    )
