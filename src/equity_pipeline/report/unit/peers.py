"""The pages of comparable units: side by side in order of name, to learn from and not to rank."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.indicator.card import Grid, grid
from equity_pipeline.report.reading import Row
from equity_pipeline.report.rendering import common
from equity_pipeline.report.speech import Speech
from equity_pipeline.report.unit.ages import told
from equity_pipeline.report.unit.held import Unit, Units, judged_value
from equity_pipeline.vocabulary import ALL, in_sentence, vocabulary

ITEMS = (
    "AD_N", "AN_CNI", "AN_ACG", "AD_RESOURCE_WEAK", "AO_PHYSICIANS", "AO_NURSES", "AC_VISITS",
    "AC_CONTINUITY",
)  # fmt: skip
WITHIN = ("unit_head", "level", "region", "side", "within", "interval", "both")
UNTOLD = frozenset({"not_reported", "no_population", "not_applicable"})
PLAIN = re.compile(r"[^0-9A-Za-z_]")


@dataclass(frozen=True, slots=True)
class Group:
    """Comparable units: their code and words, and the units in order of name."""

    code: str
    units: tuple[Unit, ...]

    @property
    def file(self) -> str:
        """The name of its page."""
        return "liknande-" + PLAIN.sub("-", self.code)

    def name(self, speech: Speech) -> str:
        """Return what its units have in common, in words."""
        if self.code == ALL:
            return speech.say("peers.all")
        area, _, size = self.code.partition(":")
        words = in_sentence(speech.label("area_class", area))
        if size not in vocabulary().codes["unit_size"]:
            return words
        return f"{words}, {speech.say(f'peers.{size}') if speech.knows(f'peers.{size}') else size}"


def groups_of(units: Units) -> dict[str, Group]:
    """Return the groups of comparable units by code; a unit without a group is in none."""
    held: dict[str, list[Unit]] = {}
    for unit in units.units.values():
        code = unit.items[0].get("peer_group_id")
        if code:
            held.setdefault(str(code), []).append(unit)
    return {
        code: Group(code, tuple(sorted(members, key=lambda one: (one.name, one.code))))
        for code, members in sorted(held.items())
    }


def group_page(
    group: Group, declared: Mapping[str, Declaration], facts: PageFacts, spoken: Speech
) -> dict[str, Any]:
    """Return the values of a group's page: prerequisites, and level with gap inside each unit."""
    found = [(one, row) for one in group.units for row in one.indicators
             if row["indicator_id"] in declared and _gap(row) is not None]  # fmt: skip
    both = [(one, row) for one, row in found if row.get("positive_deviant_flag") is True]
    return {
        **common(facts, spoken, f"enhet/{group.file}.html"),
        "title": spoken.say("peers.title", name=group.name(spoken)),
        "lead": spoken.counted(len(group.units), "peers.lead"),
        "found": _found(both, len(found), spoken),
        "prerequisites": _prerequisites(group, spoken),
        "within": _within(found, declared, spoken),
    }


def beside(unit: Unit, groups: Mapping[str, Group], spoken: Speech) -> tuple[str, str] | None:
    """Return the page of a unit's comparable units and what it says; None without a group."""
    group = groups.get(str(unit.items[0].get("peer_group_id")))
    if group is None:
        return None
    return f"{group.file}.html", spoken.say("peers.title", name=group.name(spoken))


def _found(both: Sequence[tuple[Unit, Row]], n: int, spoken: Speech) -> list[str]:
    if not n:
        return [spoken.say("peers.none_judged")]
    named = [
        spoken.say("peers.one_found", unit=one.name, indicator=spoken.of(row, "indicator_name"))
        for one, row in both
    ]
    return [spoken.say("peers.some_found" if named else "peers.none_found", n=n), *named]


def _prerequisites(group: Group, spoken: Speech) -> Grid:
    rows_of = {row["item_id"]: row for unit in group.units for row in unit.items}
    items = [one for one in ITEMS if one in rows_of]
    rows = [[unit.name, *(_item(unit, one, spoken) for one in items)] for unit in group.units]
    for key, name in (("peers", "value_peer_group"), ("whole", "value_region")):
        values = (_bare(_known(group, one, name), rows_of[one], spoken) for one in items)
        rows.append([spoken.say(f"peers.row_{key}"), *values])
    head = [spoken.say("peers.unit_head"), *(spoken.say(f"peers.item_{one}") for one in items)]
    return grid(head, rows)


def _known(group: Group, item: str, name: str) -> float | None:
    """Return what units have in common: the first that is told of it."""
    rows = (row for unit in group.units for row in unit.items if row["item_id"] == item)
    return next((value for row in rows if (value := told(row, name)) is not None), None)


def _item(unit: Unit, item: str, spoken: Speech) -> str:
    row = next((one for one in unit.items if one["item_id"] == item), None)
    if row is None or row["value_status"] in UNTOLD:
        return spoken.say("peers.untold")
    return _bare(told(row, "value"), row, spoken)


def _bare(value: float | None, row: Row, spoken: Speech) -> str:
    return spoken.number(value, row["unit_of_measure"], words=False)


def _within(
    found: Sequence[tuple[Unit, Row]], declared: Mapping[str, Declaration], spoken: Speech
) -> Grid:
    rows: list[list[str]] = []
    for name in dict.fromkeys(row["indicator_id"] for _, row in found):
        one = declared[name]
        rows.append([f"{name} {one.sv if spoken.code == 'sv' else one.en}"])
        rows += [_line(unit, row, spoken) for unit, row in found if row["indicator_id"] == name]
    return grid([spoken.say(f"peers.{one}") for one in WITHIN], rows)


def _line(unit: Unit, row: Row, spoken: Speech) -> list[str]:
    measure = row["unit_of_measure"]
    side = row.get("funnel_class")
    limits = (row.get("within_gap_harm_lower"), row.get("within_gap_harm_upper"))
    return [
        unit.name,
        spoken.number(judged_value(row), measure),
        spoken.number(row.get("value_region"), measure),
        spoken.label("funnel_class", side) if side else "",
        spoken.number(_gap(row), measure, is_gap=True),
        spoken.interval(*limits, unit=measure),
        spoken.say("peers.yes") if row.get("positive_deviant_flag") is True else "",
    ]


def _gap(row: Row) -> float | None:
    return told(row, "within_gap_harm")
