"""The decision register: what the computation nominates, and what people have judged of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.indicator.card import Grid, grid
from equity_pipeline.report.reading import Row, rows_of
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.speech import HIDDEN, LANGUAGES, Speech, speech
from equity_pipeline.vocabulary import in_sentence, vocabulary

CANDIDATES = ("candidate_a", "candidate_b")
WATCHED = "watch"
NAME = "beslut"


def write_decisions(
    tables: Mapping[str, DisclosedTable], facts: PageFacts, folder: Path
) -> list[Path]:
    """Write ``beslut.html`` in both languages; none where there is no register."""
    if "decision_register" not in tables:
        return []
    newest = [row for row in rows_of(tables, "decision_register") if row["is_newest"]]
    return [_write(newest, facts, speech(code), folder) for code in LANGUAGES]


def _write(rows: list[Row], facts: PageFacts, spoken: Speech, folder: Path) -> Path:
    values, to = common_at_root(facts, spoken, NAME, folder)
    judged = [row for row in rows if row["version"] > 0]
    told = [row for row in rows if row["version"] == 0]
    nominated = [row for row in told if row.get("auto_grade") in CANDIDATES]
    watched = [row for row in told if row.get("auto_grade") == WATCHED]
    return write_page(
        "beslut",
        to,
        name=NAME,
        **values,
        lead=_lead(rows, nominated, judged, spoken),
        judged=_judged(judged, spoken),
        nominated=_nominated(nominated, spoken),
        watched=_nominated(watched, spoken),
        n_watched=len(watched),
    )


def _lead(rows: list[Row], nominated: list[Row], judged: list[Row], spoken: Speech) -> str:
    made = [row["n_comparisons"] for row in rows if row.get("n_comparisons") is not None]
    among = spoken.count(max(made)) if made else HIDDEN
    key = "none" if not nominated else "one" if len(nominated) == 1 else "some"
    first = spoken.say(f"decisions.{key}", n=len(nominated), among=among)
    second = "no_judged" if not judged else "one_judged" if len(judged) == 1 else "judged"
    return f"{first} {spoken.say(f'decisions.{second}', n=len(judged))}"


def _nominated(rows: list[Row], spoken: Speech) -> Grid:
    head = ("indicator", "contrast", "gap", "interval", "grade", "narrowing", "by")
    return grid(
        [spoken.say(f"decisions.{one}") for one in head], [_line(row, spoken) for row in rows]
    )


def _line(row: Row, spoken: Speech) -> list[str]:
    unit = row["unit_of_measure"]
    shown = row if row["value_status"] == "shown" else {}
    return [
        f"{row['indicator_id']} {spoken.of(row, 'indicator_name')}",
        f"{spoken.of(row, 'dimension_label')}: {in_sentence(spoken.of(row, 'focus_label'))} – "
        f"{in_sentence(spoken.of(row, 'reference_label'))}",
        spoken.number(shown.get("gap_harm"), unit, is_gap=True),
        spoken.interval(shown.get("gap_harm_lower"), shown.get("gap_harm_upper"), unit) or HIDDEN,
        spoken.of(row, "auto_grade_label"),
        spoken.number(shown.get("detectable_narrowing"), unit, is_gap=True),
        _day(shown.get("detectable_by")),
    ]


def _judged(rows: list[Row], spoken: Speech) -> Grid:
    head = ("indicator", "contrast", "verdict", "status", "roles", "decision", "report_back")
    return grid(
        [spoken.say(f"decisions.{one}") for one in head],
        [_verdict(row, spoken) for row in rows],
    )


def _verdict(row: Row, spoken: Speech) -> list[str]:
    roles = [row[one] for one in ("reviewer_1_role", "reviewer_2_role") if row.get(one)]
    decision = [str(row[one]) for one in ("decision_body", "decision_ref") if row.get(one)]
    return [
        *_line(row, spoken)[:2],
        _word("verdict", row.get("verdict"), spoken),
        _word("decision_status", row.get("status"), spoken),
        ", ".join(roles),
        ", ".join([*decision, _day(row.get("decision_date"))]).strip(", "),
        _day(row.get("report_back_by")),
    ]


def _word(codes: str, code: str | None, spoken: Speech) -> str:
    if not code:
        return ""
    label = vocabulary().label(codes, code)
    return label.sv if spoken.code == "sv" else label.en


def _day(value: object) -> str:
    return "" if value is None else f"{pd.Timestamp(str(value)):%Y-%m-%d}"
