"""A page per indicator in each language, and the list of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.figures.borders import Borders
from equity_pipeline.report.indicator.all_groups import all_groups, as_file, head
from equity_pipeline.report.indicator.card import Card
from equity_pipeline.report.indicator.course import period_name, steps_card, trend_card
from equity_pipeline.report.indicator.groups import equiplot_cards, gradient_card
from equity_pipeline.report.indicator.headline import headline, since
from equity_pipeline.report.indicator.held import Held, held_of
from equity_pipeline.report.indicator.kpis import kpis
from equity_pipeline.report.indicator.places import funnel_card, map_card
from equity_pipeline.report.reading import Row
from equity_pipeline.report.rendering import common, place_of, write_page
from equity_pipeline.report.speech import LANGUAGES, Speech, speech
from equity_pipeline.vocabulary import in_sentence, vocabulary

FOLDER = "indikator"
RIGHT = "A0"


def write_indicators(
    tables: Mapping[str, DisclosedTable],
    catalogue: Iterable[Declaration],
    facts: PageFacts,
    folder: Path,
    borders: Borders | None = None,
) -> list[str]:
    """Write a page per indicator and their list, and return the indicators that have one.

    They lie in ``indikator/``, in English in ``en/indikator/``.

    Parameters
    ----------
    tables
        Disclosed tables; an indicator without a row in the stratified table gets no page.
    catalogue
        What the indicators are declared to be.
    facts
        What every page says of itself.
    folder
        Of the release.
    borders
        Of the municipalities, if any were fetched; the map is of tiles without.
    """
    declared = {one.id: one for one in catalogue}
    held = {one: rows for one, rows in held_of(tables).items() if one in declared}
    for code in LANGUAGES:
        spoken = speech(code)
        to = place_of(folder, spoken, FOLDER)
        for one, rows in held.items():
            values = _page(rows, declared[one], facts, spoken, borders)
            write_page("indikator", to, name=one, **values)
        _list(held, declared, facts, spoken, to)
    return list(held)


def _page(
    held: Held, declared: Declaration, facts: PageFacts, spoken: Speech, borders: Borders | None
) -> dict[str, Any]:
    gap = held.gaps.get(held.asked or "")
    blocks = all_groups(held, spoken)
    trend = held.trend.get(held.asked or "", [])
    return {
        **common(facts, spoken, f"{FOLDER}/{held.indicator_id}.html"),
        "id": held.indicator_id,
        "title": _name(declared, spoken),
        "domain": _domain(declared, spoken),
        "tags": _tags(held, declared, spoken),
        "lead": headline(gap, spoken),
        "since": since(trend, spoken),
        "chosen": _chosen(gap, spoken),
        "kpis": kpis(held, gap, trend, spoken),
        "cards": _cards(held, declared, facts, spoken, borders),
        "head": head(spoken),
        "blocks": blocks,
        "file": as_file(blocks, spoken),
        "file_name": f"{held.indicator_id}_{spoken.code}.csv",
        "about": _about(declared, gap, spoken),
        "caveats": _caveats(declared, spoken),
    }


def _cards(
    held: Held, declared: Declaration, facts: PageFacts, spoken: Speech, borders: Borders | None
) -> list[Card]:
    made = [
        gradient_card(held, spoken),
        steps_card(held, spoken, is_right=declared.adjusters == RIGHT),
        *equiplot_cards(held, spoken),
        trend_card(held, spoken),
        funnel_card(held, spoken),
        map_card(held, spoken, facts.region_code, borders),
    ]
    return [one for one in made if one is not None]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list of indicators."""

    id: str
    name: str
    domain: str
    sentences: list[str]


def _list(
    held: Mapping[str, Held],
    declared: Mapping[str, Declaration],
    facts: PageFacts,
    spoken: Speech,
    to: Path,
) -> None:
    entries = [
        Entry(
            one,
            _name(declared[one], spoken),
            _domain(declared[one], spoken),
            headline(rows.gaps.get(rows.asked or ""), spoken)[:3],
        )
        for one, rows in held.items()
    ]
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.domain, []).append(entry)
    write_page(
        "indikatorer",
        to,
        name="index",
        **common(facts, spoken, f"{FOLDER}/index.html"),
        groups=groups,
        n=len(entries),
    )


def _name(declared: Declaration, spoken: Speech) -> str:
    return declared.sv if spoken.code == "sv" else declared.en


def _domain(declared: Declaration, spoken: Speech) -> str:
    label = vocabulary().domains[declared.domain][1]
    return label.sv if spoken.code == "sv" else label.en


def _tags(held: Held, declared: Declaration, spoken: Speech) -> list[str]:
    first: Row | None = held.whole or next(
        (row for rows in held.levels.values() for row in rows), None
    )
    adjustment = vocabulary().label("adjustment", declared.headline_adjustment)
    words = adjustment.sv if spoken.code == "sv" else adjustment.en
    tags = [spoken.say(f"direction.{declared.direction}"), words[:1].upper() + words[1:]]
    if first is not None:
        tags.insert(0, period_name(first))
        if first.get("data_status") == "preliminary":
            tags.append(spoken.say("page.preliminary"))
    return tags


def _chosen(gap: Row | None, spoken: Speech) -> str:
    if gap is None:
        return ""
    label = in_sentence(spoken.of(gap, "dimension_label"))
    return spoken.say("page.chosen", dimension=label)


def _about(declared: Declaration, gap: Row | None, spoken: Speech) -> list[tuple[str, str]]:
    is_swedish = spoken.code == "sv"
    mid = None if gap is None else gap.get("mid")
    found = [
        ("definition", declared.definition_sv if is_swedish else declared.definition_en),
        ("source", declared.evidence_ref or ""),
        ("direction", spoken.say(f"direction.{declared.direction}")),
        ("unit", spoken.unit(declared.unit)),
        ("limit", "" if mid is None else spoken.number(mid, declared.unit, is_gap=True)),
        ("version", declared.indicator_version),
    ]
    return [(spoken.say(f"about.{key}"), words) for key, words in found if words]


def _caveats(declared: Declaration, spoken: Speech) -> list[str]:
    keys = ["right"] if declared.adjusters == RIGHT else []
    keys += ["toward_one"] if declared.direction == "toward_one" else []
    return [spoken.say(f"about.{one}") for one in (*keys, "area", "individual", "variation")]
