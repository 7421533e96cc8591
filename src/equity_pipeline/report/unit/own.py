"""The area description in a unit's own folder: its page alone, which leads to no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.speech import LANGUAGES, speech
from equity_pipeline.report.unit.held import Spread, Unit, Units, units_of
from equity_pipeline.report.unit.page import told_of

NAME = "omradesbeskrivning"
Tables = Mapping[str, DisclosedTable]


def write_own_pages(
    units: Mapping[str, Tables],
    tables: Tables,
    catalogue: Iterable[Declaration],
    facts: PageFacts,
    folders: Mapping[str, Path],
) -> list[Path]:
    """Write the own area description of each unit, in both languages, and return the files.

    Parameters
    ----------
    units
        The unit tier's tables of each unit, by its code; one that is not described has no page.
    tables
        What everybody sees: how all units are spread, without their names.
    catalogue
        The indicators.
    facts
        What the page says of itself.
    folders
        The folder of each unit.
    """
    declared = {one.id: one for one in catalogue}
    spreads = units_of(tables).spreads if units else {}
    return [
        path
        for code, own in units.items()
        for path in _write(units_of(own).units.get(code), spreads, declared, facts, folders[code])
    ]


def _write(
    unit: Unit | None,
    spreads: Mapping[str, Spread],
    declared: Mapping[str, Declaration],
    facts: PageFacts,
    folder: Path,
) -> list[Path]:
    if unit is None:
        return []
    books = sorted(path.name for path in folder.glob("*.xlsx"))
    held = Units({unit.code: unit}, spreads)
    made = []
    for code in LANGUAGES:
        spoken = speech(code)
        place, to = common_at_root(facts, spoken, NAME, folder)
        values = told_of(unit, held, declared, facts, spoken) | place | {"books": books}
        made.append(write_page("egen", to, name=NAME, **values))
    return made
