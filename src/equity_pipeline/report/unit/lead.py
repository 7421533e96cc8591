"""What is found of a unit in a few sentences: its ages, its need, what lies outside the limits."""

from __future__ import annotations

from collections.abc import Mapping

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.speech import Speech
from equity_pipeline.report.unit.ages import ages_title, told
from equity_pipeline.report.unit.cards import SHAPES, number
from equity_pipeline.report.unit.held import Unit, judged_value

NEED = ("AN_CNI", "AN_ACG")
MOST = 5


def lead(unit: Unit, declared: Mapping[str, Declaration], speech: Speech) -> list[str]:
    """Return the sentences of a unit, each from what its cards show; none of what is hidden."""
    return [*_ages(unit, speech), *_need(unit, speech), *_outside(unit, declared, speech)]


def _ages(unit: Unit, speech: Speech) -> list[str]:
    title = ages_title(unit, speech)
    return [f"{title}."] if title else []


def _need(unit: Unit, speech: Speech) -> list[str]:
    said = []
    for row in (row for row in unit.items if row["item_id"] in NEED):
        here, there = (
            None if value is None else number(value, row["unit_of_measure"], speech)
            for value in (told(row, "value"), told(row, "value_region"))
        )
        if here is not None and there is not None:
            item = speech.of(row, "item_label")
            said.append(speech.say("unit.lead_need", item=item, here=here, there=there))
    return said


def _outside(unit: Unit, declared: Mapping[str, Declaration], speech: Speech) -> list[str]:
    """Return how many measures lie outside the outer limit, with the names of some."""
    shown = [row for row in unit.indicators
             if row["indicator_id"] in declared and judged_value(row) is not None]  # fmt: skip
    if not shown:
        return []
    found = [declared[row["indicator_id"]] for row in shown if row.get("funnel_class") in SHAPES]
    if not found:
        return [speech.counted(len(shown), "unit.lead_inside")]
    names = [one.sv if speech.code == "sv" else one.en for one in found[:MOST]]
    more = [speech.say("unit.lead_more")] if len(found) > MOST else []
    return [
        speech.counted(
            len(found), "unit.lead_outside", all=len(shown), names="; ".join([*names, *more])
        )
    ]
