"""A page per care unit, and the list of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.indicator.kpis import Kpi
from equity_pipeline.report.rendering import common, place_of, write_page
from equity_pipeline.report.speech import LANGUAGES, Speech, speech
from equity_pipeline.report.unit.ages import AGES, ages_card
from equity_pipeline.report.unit.cards import WORD, indicator_cards, item_cards, number
from equity_pipeline.report.unit.held import SHOWN, Unit, Units, units_of
from equity_pipeline.report.unit.lead import lead
from equity_pipeline.report.unit.peers import beside, group_page, groups_of

FOLDER = "enhet"
FIRST = ("AD_N", "AN_CNI", "AN_ACG", "AN_CHRONIC_TWO", "AC_CONTINUITY")


def write_units(
    tables: Mapping[str, DisclosedTable],
    catalogue: Iterable[Declaration],
    facts: PageFacts,
    folder: Path,
) -> list[str]:
    """Write a page per care unit, their list and a page per group of comparable units.

    The codes of the units are returned. A unit's own page names no other unit: it leads to the
    page of the group.

    They lie in ``enhet/``, in English in ``en/enhet/``; none is written where no unit is
    described.
    """
    declared = {one.id: one for one in catalogue}
    held = units_of(tables)
    if not held.units:
        return []
    groups = groups_of(held)
    for code in LANGUAGES:
        spoken = speech(code)
        to = place_of(folder, spoken, FOLDER)
        for unit in held.units.values():
            values = told_of(unit, held, declared, facts, spoken)
            similar = beside(unit, groups, spoken)
            write_page("enhet", to, name=unit.code, **values, similar=similar)
        for group in groups.values():
            values = group_page(group, declared, facts, spoken)
            write_page("liknande", to, name=group.file, **values)
        write_page(
            "enheter",
            to,
            name="index",
            **common(facts, spoken, f"{FOLDER}/index.html"),
            units=sorted(held.units.values(), key=lambda unit: unit.name),
        )
    return list(held.units)


def told_of(
    unit: Unit,
    held: Units,
    declared: Mapping[str, Declaration],
    facts: PageFacts,
    spoken: Speech,
) -> dict[str, Any]:
    """Return what the page of a unit tells, by the names in its template."""
    ages = ages_card(unit, spoken)
    described = item_cards(unit, held, spoken, without=AGES if ages else ())
    cards = [*([ages] if ages else []), *described]
    cards += indicator_cards(unit, held, declared, spoken)
    return {
        **common(facts, spoken, f"{FOLDER}/{unit.code}.html"),
        "title": unit.name,
        "code": unit.code,
        "tags": _tags(unit, spoken),
        "kpis": _kpis(unit, spoken),
        "lead": lead(unit, declared, spoken),
        "cards": cards,
        "questions": [spoken.say(f"unit.question_{at}") for at in (1, 2, 3)],
    }


def _tags(unit: Unit, spoken: Speech) -> list[str]:
    words = [
        f"{spoken.of(row, 'item_label')}: {spoken.of(row, 'value_word')}"
        for row in unit.items
        if row["unit_of_measure"] == WORD and row["value_status"] == SHOWN
    ]
    peers = unit.items[0].get("n_peers")
    year = [str(unit.items[0]["year"])]
    return year + words + ([spoken.say("unit.n_peers", n=int(peers))] if peers else [])


def _kpis(unit: Unit, spoken: Speech) -> list[Kpi]:
    items = {row["item_id"]: row for row in unit.items}
    found = []
    for row in (items[one] for one in FIRST if one in items):
        measure = row["unit_of_measure"]
        value = row["value"] if row["value_status"] == SHOWN else None
        whole = row["value_region"] if row["value_status"] == SHOWN else None
        note = "" if whole is None else spoken.say(
            "unit.beside_whole", value=number(whole, measure, spoken)
        )  # fmt: skip
        found.append(Kpi(spoken.of(row, "item_label"), number(value, measure, spoken), "", note))
    return found
