"""The start page: readiness first, then what is established, then every gap as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, StrictUndefined

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.figures import IntervalRow, intervals, note
from equity_pipeline.report.sentences import (
    HIDDEN,
    counted,
    headline,
    interval,
    lowered,
    number,
    shown_gap,
    units,
    verdict,
)
from equity_pipeline.statistics.multiplicity import fcr_confidence
from equity_pipeline.vocabulary import LONG_PERIODS, vocabulary

MOST_PICKS = 10


@dataclass(frozen=True, slots=True)
class PageFacts:
    """What the page says of itself."""

    region: str
    run_id: str
    synthetic: bool
    disclosure_reason: str
    n_hidden: int


def write_index(tables: Mapping[str, DisclosedTable], facts: PageFacts, folder: Path) -> Path:
    """Write ``index.html`` from disclosed tables and return its path.

    The page needs no network, no script and no other file.
    """
    gaps = latest(tables["gap"].data.to_pandas())
    ready = tables["readiness"].data.to_pandas()
    picks = picked(gaps)
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    text = (
        resources.files("equity_pipeline.report")
        .joinpath("templates/index.html.j2")
        .read_text("utf-8")
    )
    page = template.from_string(text).render(
        region=facts.region,
        period=_period(gaps),
        run_id=facts.run_id,
        synthetic=facts.synthetic,
        lead=_lead(gaps, picks),
        **_readiness(ready),
        picks=[_pick(row) for row in _records(picks)],
        picks_lead=_picks_lead(gaps, picks),
        figure=_figure(picks),
        groups=_groups(gaps),
        disclosure=facts.disclosure_reason,
        hidden=_hidden(facts.n_hidden),
    )
    path = folder / "index.html"
    path.write_text(page, "utf-8")
    return path


def picked(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return at most ten declared headline gaps that stay beyond their limit when picked.

    The interval of each is widened for having been picked among many (false coverage rate): a gap
    stays only if the wider interval still lies beyond the minimum important difference.

    References
    ----------
    Benjamini Y, Yekutieli D (2005), doi:10.1198/016214504000001907.
    """
    asked = _asked(gaps)
    found = asked[asked["evidence_state"] == "established_important"]
    if found.empty:
        return found.assign(size=[])
    wider = _wider(len(found), len(asked))
    half = (found["gap_harm_upper"] - found["gap_harm_lower"]) / 2 * wider
    nearest = found["gap_harm"].abs() - half
    found = found.assign(size=nearest / found["mid"])
    return found[found["size"] >= 1].sort_values("size", ascending=False).head(MOST_PICKS)


def _wider(selected: int, total: int) -> float:
    from statistics import NormalDist

    confidence = float(fcr_confidence(selected, total, confidence=0.95))
    return NormalDist().inv_cdf(0.5 + confidence / 2) / NormalDist().inv_cdf(0.975)


def _asked(gaps: pd.DataFrame) -> pd.DataFrame:
    return gaps[
        gaps["is_headline"] & gaps["is_declared_contrast"] & (gaps["value_status"] == "shown")
    ]


def latest(gaps: pd.DataFrame) -> pd.DataFrame:
    """Return the newest twelve-month or yearly period of each indicator."""
    yearly = gaps[gaps["period_kind"].isin(LONG_PERIODS)]
    newest = yearly.groupby("indicator_id")["period_end"].transform("max")
    flags = [name for name in ("is_headline", "is_declared_contrast") if name in yearly]
    return yearly[yearly["period_end"] == newest].astype(dict.fromkeys(flags, bool))


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


def _lead(gaps: pd.DataFrame, picks: pd.DataFrame) -> str:
    asked = _asked(gaps)
    if asked.empty:
        return "Inga skillnader kunde beräknas ur de uppgifter som levererats."
    judged = asked[~asked["evidence_state"].isin(["not_estimated", "not_applicable"])]
    if judged.empty:
        return (
            f"{counted(len(asked), 'jämförelse', 'jämförelser')} visas utan osäkerhetsmått: de "
            "bygger på publicerade värden för hela områden och bedöms inte."
        )
    return (
        f"{counted(len(judged), 'jämförelse', 'jämförelser')} gjordes mellan grupper som valdes i "
        f"förväg. {_picked_words(len(picks))}"
    )


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


def _picks_lead(gaps: pd.DataFrame, picks: pd.DataFrame) -> str:
    among = counted(len(_asked(gaps)), "jämförelse", "jämförelser")
    which = (
        "Den enda som ligger över sin gräns"
        if len(picks) == 1
        else f"De {len(picks)} som ligger längst över sin gräns"
    )
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
        "verdict": verdict(row),
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
        "pair": f"{row['focus_label_sv']} – {lowered(row['reference_label_sv'])}",
        "focus": number(row["focus_value"], unit, words=False),
        "reference": number(row["reference_value"], unit, words=False),
        "gap": number(gap, unit, words=False),
        "interval": interval(lower, upper, unit),
        "state": vocabulary().codes["evidence_state"][state].sv if state else HIDDEN,
    }
