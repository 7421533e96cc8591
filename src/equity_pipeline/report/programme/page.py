"""The programmes' pages: their list, one for each, and one for each of its measures."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.indicator.kpis import Kpi
from equity_pipeline.report.programme.held import Programme, programmes_of, told
from equity_pipeline.report.programme.measure import balance, change_card, run_cards
from equity_pipeline.report.programme.overview import (
    costs,
    day,
    effect_of,
    effects_card,
    effects_title,
    members,
    said,
)
from equity_pipeline.report.programme.ways import ways
from equity_pipeline.report.reading import Row
from equity_pipeline.report.rendering import common, place_of, write_page
from equity_pipeline.report.speech import LANGUAGES, Speech, speech

FOLDER = "program"
PLAIN = re.compile(r"[^0-9A-Za-z_]")


def write_programmes(
    tables: Mapping[str, DisclosedTable],
    catalogue: Iterable[Declaration],
    facts: PageFacts,
    folder: Path,
) -> list[str]:
    """Write the pages of the programmes and return the programmes; none where there is none.

    They lie in ``program/``, in English in ``en/program/``: the list, a page per programme, and
    a page for each of its measures with the run charts of its units.

    Parameters
    ----------
    tables, catalogue, facts, folder
        What is told, what the indicators are declared to be, what every page says of itself, and
        the folder of the release.
    """
    declared = {one.id: one for one in catalogue}
    held = programmes_of(tables)
    for code in LANGUAGES if held else ():
        spoken = speech(code)
        to = place_of(folder, spoken, FOLDER)
        for one in held:
            write_page("program", to, name=file_of(one.id), **_page(one, declared, facts, spoken))
            for indicator in (name for name in one.effects if name in declared):
                values = _measure(one, declared[indicator], facts, spoken)
                write_page("programmatt", to, name=file_of(one.id, indicator), **values)
        write_page("programlista", to, name="index", **_list(held, declared, facts, spoken))
    return [one.id for one in held]


def file_of(programme: str, indicator: str = "") -> str:
    """Return the name of a page without its ending; no code leads out of the folder.

    Examples
    --------
    >>> file_of("A", "VT01"), file_of("../x")
    ('program-A-VT01', 'program--2e--2e--2f-x')
    """
    plain = PLAIN.sub(lambda found: f"-{ord(found[0]):x}-", programme)
    return f"program-{plain}" + (f"-{indicator}" if indicator else "")


def _page(
    one: Programme, declared: Mapping[str, Declaration], facts: PageFacts, spoken: Speech
) -> dict[str, Any]:
    return {
        **common(facts, spoken, f"{FOLDER}/{file_of(one.id)}.html"),
        "title": spoken.say("programme.one", name=one.id),
        "lead": _lead(one, declared, spoken),
        "kpis": _kpis(one, spoken),
        "effects": effects_card(one, declared, spoken),
        "costs": costs(one, declared, spoken),
        "members": members(one, spoken),
        "measures": [
            (f"{file_of(one.id, name)}.html", effect_of(one, declared[name], spoken).label,
             said(one.effect(name), spoken))
            for name in one.effects if name in declared
        ],
        "assessment": one.about.get("continuation_assessment") or "",
    }  # fmt: skip


def _measure(
    one: Programme, declared: Declaration, facts: PageFacts, spoken: Speech
) -> dict[str, Any]:
    row = one.effect(declared.id)
    name = declared.sv if spoken.code == "sv" else declared.en
    return {
        **common(facts, spoken, f"{FOLDER}/{file_of(one.id, declared.id)}.html"),
        "title": f"{spoken.say('programme.one', name=one.id)}: {name}",
        "home": (f"{file_of(one.id)}.html", spoken.say("programme.one", name=one.id)),
        "id": declared.id,
        "lead": [_measured(row, spoken), _target(row, spoken)],
        "change": change_card(one, declared.id, spoken),
        "balance": balance(one, declared.id, spoken),
        "ways": ways(one, declared.id, spoken),
        "runs": run_cards(one, declared.id, spoken),
    }


def _list(
    held: list[Programme], declared: Mapping[str, Declaration], facts: PageFacts, spoken: Speech
) -> dict[str, Any]:
    return {
        **common(facts, spoken, f"{FOLDER}/index.html"),
        "programmes": [
            (f"{file_of(one.id)}.html", spoken.say("programme.one", name=one.id),
             _lead(one, declared, spoken))
            for one in held
        ],
    }  # fmt: skip


def _lead(one: Programme, declared: Mapping[str, Declaration], spoken: Speech) -> list[str]:
    """Return who took part, who remains and why others left, and what the comparison found."""
    began, remain = (int(one.about[name]) for name in ("n_units_enrolled", "n_units_active"))
    gone = began - remain
    first = min((m.began for m in one.members if m.began is not None), default=None)
    told_of = [spoken.say("programme.began", n=spoken.counted(began, "programme.units"))]
    if first is not None:
        told_of = [
            spoken.say(
                "programme.began_on", n=spoken.counted(began, "programme.units"), day=day(first)
            )
        ]
    reasons = one.about.get("stop_reasons")
    key = "nobody_left" if not gone else "left_why" if reasons else "left"
    told_of.append(spoken.say(f"programme.{key}", n=gone, remain=remain, reasons=reasons or ""))
    drawn = [effect_of(one, declared[name], spoken) for name in one.effects if name in declared]
    return [*told_of, f"{effects_title(drawn, spoken)}."]


def _kpis(one: Programme, spoken: Speech) -> list[Kpi]:
    about = one.about
    cost = max(
        (x for rows in one.costs.values() for row in rows
         if (x := told(row, "programme_cost_sek")) is not None),
        default=None,
    )  # fmt: skip
    compared = max(
        (int(row["n_comparison_units"]) for rows in one.effects.values() for row in rows
         if row.get("n_comparison_units") is not None),
        default=None,
    )  # fmt: skip
    tried = told(one.process, "n_activities")
    size = about.get("cohort_size_flag")
    return [
        Kpi(
            spoken.say("programme.kpi_active"),
            f"{spoken.count(about['n_units_active'])} / {spoken.count(about['n_units_enrolled'])}",
            "",
            spoken.label("cohort_size_flag", size) if size else "",
        ),
        Kpi(
            spoken.say("programme.kpi_compared"),
            spoken.say("programme.none") if compared is None else spoken.count(compared),
            "",
            spoken.say("programme.kpi_compared_note"),
        ),
        Kpi(
            spoken.say("programme.kpi_tried"),
            spoken.say("programme.none") if tried is None else spoken.count(tried),
            "",
            spoken.say(
                "programme.kpi_tried_note",
                n=spoken.count(told(one.process, "n_units_with_activity") or 0),
            ),
        ),
        Kpi(
            spoken.say("programme.kpi_cost"),
            spoken.say("programme.none") if cost is None else spoken.number(cost, "sek"),
            "",
            spoken.say("programme.kpi_cost_note"),
        ),
    ]


def _measured(row: Row | None, spoken: Speech) -> str:
    value = told(row, "did") if row is not None else None
    if row is None or value is None:
        return spoken.say("programme.measured_none", why=said(row, spoken))
    unit = row["unit_of_measure"]
    return spoken.say(
        "programme.measured",
        before=spoken.number(told(row, "pre_pilot"), unit),
        after=spoken.number(told(row, "post_pilot"), unit),
        before_there=spoken.number(told(row, "pre_comp"), unit),
        after_there=spoken.number(told(row, "post_comp"), unit),
        did=spoken.number(value, unit, is_gap=True),
        limits=spoken.interval(told(row, "did_lower"), told(row, "did_upper"), unit),
    )


def _target(row: Row | None, spoken: Speech) -> str:
    """Return the target with whether it was met, and the reason that people have written."""
    if row is None or row.get("target_value") is None:
        return spoken.say("programme.no_target")
    state = spoken.label("reason_status", row["reason_status"])
    value = spoken.number(row["target_value"], row["unit_of_measure"])
    reason = f" {row['reason_text']}" if row.get("reason_text") else ""
    return spoken.say("programme.target", value=value, state=state) + reason
