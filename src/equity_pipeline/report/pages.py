"""The start page: readiness first, then what is established, then every gap as a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.figures import IntervalRow, intervals, note
from equity_pipeline.report.picking import Picks, asked, latest, picks
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.sentences import HIDDEN, changed, headline, shown_gap, units, verdict
from equity_pipeline.report.speech import LANGUAGES, SWEDISH, Speech, speech
from equity_pipeline.vocabulary import in_sentence, vocabulary

NAME = "index"
MOST_PICKS = 10
BESIDE = (
    ("area_description", "enhet/index.html", "unit.list"),
    ("care_chain", "vardkedjor.html", "chain.title"),
    ("programme_effect", "program/index.html", "programme.list"),
    ("decision_register", "beslut.html", "decisions.title"),
)


def write_index(
    tables: Mapping[str, DisclosedTable],
    facts: PageFacts,
    folder: Path,
    described: Collection[str] = (),
) -> list[Path]:
    """Write ``index.html`` from disclosed tables in each language and return the paths.

    The Swedish one is first; the English one lies in ``en/``. Neither needs a network or a script.

    Parameters
    ----------
    tables, facts, folder
        What is told, what the page says of itself, and where it is written.
    described
        The indicators that have a page of their own, which is then linked to.
    """
    gaps = latest(tables["gap"].data.to_pandas())
    ready = tables["readiness"].data.to_pandas()
    cases = tables.get("decision_register")
    found = picks(gaps, None if cases is None else cases.data.to_pandas())
    there = [
        (file, key) for form, file, key in BESIDE if form in tables and tables[form].data.num_rows
    ]
    written = []
    for spoken in map(speech, LANGUAGES):
        values, to = common_at_root(facts, spoken, NAME, folder)
        values |= _page(gaps, ready, found, facts, spoken)
        beside = [(file, spoken.say(key)) for file, key in there]
        written.append(
            write_page(NAME, to, **values, described=frozenset(described), beside=beside)
        )
    return written


def _page(
    gaps: pd.DataFrame, ready: pd.DataFrame, found: Picks, facts: PageFacts, spoken: Speech
) -> dict[str, Any]:
    top = found.shown.head(MOST_PICKS)
    return {
        "period": _period(gaps, spoken),
        "lead": _lead(gaps, found, spoken),
        "kpis": _kpis(gaps, ready, found, spoken),
        **_readiness(ready, spoken),
        "picks": [_pick(row, spoken) for row in _records(top)],
        "picks_lead": _picks_lead(found, top, spoken),
        "figure": _figure(top, spoken),
        "groups": _groups(gaps, spoken),
        "disclosure": _rule(facts, spoken),
        "hidden": _hidden(facts.n_hidden, spoken),
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if value is None or value != value else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _period(gaps: pd.DataFrame, spoken: Speech) -> str:
    if gaps.empty:
        return spoken.say("start.no_period")
    end = pd.Timestamp(gaps["period_end"].max()) - pd.Timedelta(days=1)
    start = pd.Timestamp(
        gaps.loc[gaps["period_end"] == gaps["period_end"].max(), "period_start"].min()
    )
    return spoken.say("start.period", start=f"{start:%Y-%m-%d}", end=f"{end:%Y-%m-%d}")


def _lead(gaps: pd.DataFrame, found: Picks, spoken: Speech) -> str:
    shown = asked(gaps)
    if shown.empty and not found.n_comparisons:
        return spoken.say("start.nothing")
    if not found.n_comparisons:
        return spoken.counted(len(shown), "start.without_limits")
    made = spoken.counted(found.n_comparisons, "start.made")
    if not found.n_picked:
        return f"{made} {spoken.say('start.picked_none')}"
    unseen = found.n_picked - len(found.shown)
    words = [made, spoken.counted(found.n_picked, "start.picked")]
    return " ".join([*words, spoken.counted(unseen, "start.unshown")] if unseen > 0 else words)


def _kpis(
    gaps: pd.DataFrame, ready: pd.DataFrame, found: Picks, spoken: Speech
) -> list[tuple[str, str]]:
    usable, total = _usable(ready)
    told = {
        "indicators": gaps["indicator_id"].nunique(),
        "compared": found.n_comparisons or None,
        "established": found.n_picked if found.n_comparisons else None,
        "reported": usable / total if total else None,
    }
    return [
        (
            spoken.say(f"start.kpi_{key}"),
            spoken.number(held, "percent") if key == "reported" else spoken.count(held),
        )
        for key, held in told.items()
        if held is not None
    ]


def _usable(ready: pd.DataFrame) -> tuple[int, int]:
    states = ready[ready["indicator_id"] != "*"]["readiness"].value_counts()
    return int(states.get("green", 0) + states.get("yellow", 0)), int(states.sum())


def _picks_lead(found: Picks, top: pd.DataFrame, spoken: Speech) -> str:
    among = spoken.counted(found.n_comparisons, "start.comparisons")
    key = "many" if len(top) != 1 else "one" if found.n_picked == 1 else "one_shown"
    which = spoken.say(f"start.picks_{key}", n=len(top), among=among)
    return f"{which} {spoken.say('start.picks_read')}"


def _rule(facts: PageFacts, spoken: Speech) -> str:
    if spoken.code == SWEDISH.code and facts.disclosure_reason:
        return facts.disclosure_reason  # as the region wrote it
    least, most = facts.smallest_denominator, facts.smallest_count - 1
    return spoken.say("start.rule", denominator=least, count=most)


def _hidden(n: int, spoken: Speech) -> str:
    return spoken.counted(n, "start.hidden_some") if n else spoken.say("start.hidden_none")


def _readiness(ready: pd.DataFrame, spoken: Speech) -> dict[str, Any]:
    usable, total = _usable(ready)
    faults = ready[(ready["readiness"] != "green")].sort_values(["indicator_id", "dimension"])
    rows = [
        {
            "indicator": spoken.say("start.every")
            if row["indicator_id"] == "*"
            else row["indicator_id"],
            "dimension": row[f"dimension_label_{spoken.code}"] or row["dimension"],
            "state": spoken.label("readiness", row["readiness"]),
            "obstacle": row[f"obstacle_{spoken.code}"] or "",
        }
        for row in _records(faults)
    ]
    share = f"{100 * usable / total if total else 0:.0f}"
    told = spoken.say(
        "start.usable", usable=spoken.plain(usable), total=spoken.plain(total), share=share
    )
    return {"readiness_lead": told, "obstacles": rows}


def _pick(row: Mapping[str, Any], spoken: Speech) -> dict[str, str]:
    on_areas = row["ses_measurement_level"] == "area"
    return {
        "indicator": spoken.of(row, "indicator_name"),
        "dimension": spoken.of(row, "dimension_label"),
        "measured": f" {spoken.say('start.on_areas')}" if on_areas else "",
        "sentence": headline(row, spoken),
        "verdict": " ".join([verdict(row, spoken), *changed([row], spoken)]),
    }


def _figure(picks: pd.DataFrame, spoken: Speech) -> str:
    rows = [
        IntervalRow(
            label=f"{row['indicator_id']} {spoken.of(row, 'dimension_label')}",
            note=note(
                row["gap_harm"],
                row["gap_harm_lower"],
                row["gap_harm_upper"],
                row["unit_of_measure"],
                spoken,
            ),
            value=row["gap_harm"] / row["mid"],
            lower=row["gap_harm_lower"] / row["mid"],
            upper=row["gap_harm_upper"] / row["mid"],
        )
        for row in _records(picks)
    ]
    return intervals(
        rows,
        title=spoken.say("start.figure_title"),
        description=spoken.say("start.figure_description"),
        spoken=spoken,
    )


def _groups(gaps: pd.DataFrame, spoken: Speech) -> list[dict[str, Any]]:
    shown = gaps[gaps["is_headline"] & gaps["is_declared_contrast"]]
    place = {name: one.label.order for name, one in vocabulary().dimensions.items()}
    shown = shown.sort_values("dimension", key=lambda held: held.map(place), kind="stable")
    groups = []
    for code, held in shown.groupby("indicator_id", sort=True):
        rows = _records(held)
        adjusted = spoken.say(
            "start.adjusted",
            adjustment=spoken.of(rows[0], "adjustment_label"),
            period=_period(held, spoken),
        )
        groups.append(
            {
                "id": code,
                "name": spoken.of(rows[0], "indicator_name"),
                "caption": f"{units(rows[0]['unit_of_measure'], spoken)} {adjusted}".strip(),
                "changed": " ".join(changed(rows, spoken)),
                "rows": [_gap_row(row, spoken) for row in rows],
            }
        )
    return groups


def _gap_row(row: Mapping[str, Any], spoken: Speech) -> dict[str, str]:
    unit = row["unit_of_measure"]
    gap, lower, upper = shown_gap(row)
    state = row["evidence_state"]
    labels = spoken.of(row, "focus_label"), in_sentence(spoken.of(row, "reference_label"))
    return {
        "dimension": spoken.of(row, "dimension_label"),
        "pair": " – ".join(labels),
        "focus": spoken.number(row["focus_value"], unit, words=False),
        "reference": spoken.number(row["reference_value"], unit, words=False),
        "gap": spoken.number(gap, unit, words=False),
        "interval": spoken.interval(lower, upper, unit) or (HIDDEN if gap is None else ""),
        "state": spoken.label("evidence_state", state) if state else HIDDEN,
    }
