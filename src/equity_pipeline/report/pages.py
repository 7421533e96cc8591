"""The start page: readiness first, then what is established, then every gap as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.figures import IntervalRow, intervals, note
from equity_pipeline.report.picking import Picks, asked, latest, picks
from equity_pipeline.report.rendering import write_page
from equity_pipeline.report.sentences import (
    HIDDEN,
    changed,
    counted,
    headline,
    interval,
    number,
    shown_gap,
    units,
    verdict,
)
from equity_pipeline.vocabulary import in_sentence, vocabulary

MOST_PICKS = 10


def write_index(tables: Mapping[str, DisclosedTable], facts: PageFacts, folder: Path) -> Path:
    """Write ``index.html`` from disclosed tables and return its path.

    The page needs no network, no script and no other file.
    """
    gaps = latest(tables["gap"].data.to_pandas())
    ready = tables["readiness"].data.to_pandas()
    cases = tables.get("decision_register")
    found = picks(gaps, None if cases is None else cases.data.to_pandas())
    top = found.shown.head(MOST_PICKS)
    return write_page(
        "index",
        folder,
        region=facts.region,
        period=_period(gaps),
        run_id=facts.run_id,
        synthetic=facts.synthetic,
        lead=_lead(gaps, found),
        **_readiness(ready),
        picks=[_pick(row) for row in _records(top)],
        picks_lead=_picks_lead(found, top),
        figure=_figure(top),
        groups=_groups(gaps),
        disclosure=facts.disclosure_reason,
        hidden=_hidden(facts.n_hidden),
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(key): None if value is None or value != value else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _period(gaps: pd.DataFrame) -> str:
    if gaps.empty:
        return "ingen period"
    end = pd.Timestamp(gaps["period_end"].max()) - pd.Timedelta(days=1)
    start = pd.Timestamp(
        gaps.loc[gaps["period_end"] == gaps["period_end"].max(), "period_start"].min()
    )
    return f"{start:%Y-%m-%d} till {end:%Y-%m-%d}"


def _lead(gaps: pd.DataFrame, found: Picks) -> str:
    shown = asked(gaps)
    if shown.empty and not found.n_comparisons:
        return "Inga skillnader kunde beräknas ur de uppgifter som levererats."
    if not found.n_comparisons:
        return (
            f"{counted(len(shown), 'jämförelse', 'jämförelser')} visas utan osäkerhetsmått: de "
            "bygger på publicerade värden för hela områden och bedöms inte."
        )
    made = counted(found.n_comparisons, "jämförelse", "jämförelser")
    return (
        f"{made} gjordes mellan grupper som valdes i förväg. {_picked_words(found.n_picked)}"
        f"{_unshown_words(found.n_picked - len(found.shown))}"
    )


def _unshown_words(number_hidden: int) -> str:
    return f" {number_hidden} av dessa visas inte." if number_hidden > 0 else ""


def _picked_words(number_of_picks: int) -> str:
    if number_of_picks == 0:
        return (
            "Ingen skillnad är både säkerställd och större än gränsen vi satte i förväg, sedan "
            "hänsyn tagits till hur många de plockats ut bland."
        )
    one = number_of_picks == 1
    return (
        f"{number_of_picks} av dem är {'säkerställd' if one else 'säkerställda'} och större än "
        "gränsen vi satte i förväg, också sedan hänsyn tagits till hur många "
        f"{'den' if one else 'de'} plockats ut bland."
    )


def _picks_lead(found: Picks, top: pd.DataFrame) -> str:
    among = counted(found.n_comparisons, "jämförelse", "jämförelser")
    which = f"De {len(top)} som ligger längst över sin gräns"
    if len(top) == 1:
        which = "Den enda som ligger över sin gräns"
        which += "" if found.n_picked == 1 else " och visas"
    return (
        f"{which}, av {among}. Varje skillnad mäts i sin egen gräns: i det grå fältet är den "
        "mindre än gränsen. Linjen är 95 procents konfidensintervall."
    )


def _hidden(n: int) -> str:
    if n == 0:
        return "Inga celler behövde döljas."
    return f"{counted(n, 'cell', 'celler')} visas inte."


def _readiness(ready: pd.DataFrame) -> dict[str, Any]:
    words = vocabulary().codes["readiness"]
    states = ready[ready["indicator_id"] != "*"]["readiness"].value_counts()
    usable = int(states.get("green", 0) + states.get("yellow", 0))
    total = int(states.sum())
    faults = ready[(ready["readiness"] != "green")].sort_values(["indicator_id", "dimension"])
    rows = [
        {
            "indicator": "Alla" if row["indicator_id"] == "*" else row["indicator_id"],
            "dimension": row["dimension_label_sv"] or row["dimension"],
            "state": words[row["readiness"]].sv,
            "obstacle": row["obstacle_sv"] or "",
        }
        for row in _records(faults)
    ]
    share = 100 * usable / total if total else 0
    return {
        "readiness_lead": (
            f"{usable} av {total} kombinationer av indikator och indelning kan redovisas "
            f"({share:.0f} procent)."
        ),
        "obstacles": rows,
    }


def _measured(row: Mapping[str, Any]) -> str:
    return " (mätt på områden)" if row["ses_measurement_level"] == "area" else ""


def _pick(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "indicator": row["indicator_name_sv"],
        "dimension": row["dimension_label_sv"],
        "measured": _measured(row),
        "sentence": headline(row),
        "verdict": " ".join([verdict(row), *changed([row])]),
    }


def _figure(picks: pd.DataFrame) -> str:
    rows = [
        IntervalRow(
            label=f"{row['indicator_id']} {row['dimension_label_sv']}",
            note=note(
                row["gap_harm"],
                row["gap_harm_lower"],
                row["gap_harm_upper"],
                row["unit_of_measure"],
            ),
            value=row["gap_harm"] / row["mid"],
            lower=row["gap_harm_lower"] / row["mid"],
            upper=row["gap_harm_upper"] / row["mid"],
        )
        for row in _records(picks)
    ]
    return intervals(
        rows,
        title="Skillnader längst över sin gräns",
        description="Varje skillnad med 95 procents konfidensintervall, mätt i sin egen gräns.",
    )


def _groups(gaps: pd.DataFrame) -> list[dict[str, Any]]:
    shown = gaps[gaps["is_headline"] & gaps["is_declared_contrast"]]
    place = {name: one.label.order for name, one in vocabulary().dimensions.items()}
    shown = shown.sort_values("dimension", key=lambda held: held.map(place), kind="stable")
    groups = []
    for (code, name), held in shown.groupby(["indicator_id", "indicator_name_sv"], sort=True):
        rows = _records(held)
        groups.append(
            {
                "id": code,
                "name": name,
                "caption": f"{units(rows[0]['unit_of_measure'])} "
                f"Justering: {rows[0]['adjustment_label_sv']}. {_period(held)}.",
                "changed": " ".join(changed(rows)),
                "rows": [_gap_row(row) for row in rows],
            }
        )
    return groups


def _gap_row(row: Mapping[str, Any]) -> dict[str, str]:
    unit = row["unit_of_measure"]
    gap, lower, upper = shown_gap(row)
    state = row["evidence_state"]
    return {
        "dimension": row["dimension_label_sv"],
        "pair": f"{row['focus_label_sv']} – {in_sentence(row['reference_label_sv'])}",
        "focus": number(row["focus_value"], unit, words=False),
        "reference": number(row["reference_value"], unit, words=False),
        "gap": number(gap, unit, words=False),
        "interval": interval(lower, upper, unit),
        "state": vocabulary().codes["evidence_state"][state].sv if state else HIDDEN,
    }
