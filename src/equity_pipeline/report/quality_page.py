"""The page of what was delivered and how it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.rendering import common_at_root, write_page
from equity_pipeline.report.speech import LANGUAGES, Speech, speech
from equity_pipeline.vocabulary import in_sentence, vocabulary

NAME = "kvalitet"


def write_quality(
    tables: Mapping[str, DisclosedTable], facts: PageFacts, folder: Path
) -> list[Path]:
    """Write ``kvalitet.html`` in each language; none where the disclosed checks are not."""
    if "checks" not in tables:
        return []
    checks = tables["checks"].data.to_pandas()
    held = tables["deliveries"].data.to_pandas() if "deliveries" in tables else pd.DataFrame()
    return [_write(checks, held, facts, speech(code), folder) for code in LANGUAGES]


def _write(
    checks: pd.DataFrame, held: pd.DataFrame, facts: PageFacts, spoken: Speech, folder: Path
) -> Path:
    values, to = common_at_root(facts, spoken, NAME, folder)
    groups = list(checks.groupby(f"entity_label_{spoken.code}", sort=False))
    made = [(str(name), rows) for name, rows in groups if _is_checked(rows).any()]
    absent = sorted(str(name) for name, rows in groups if not _is_checked(rows).any())
    return write_page(
        NAME,
        to,
        **values,
        lead=_lead(checks, spoken),
        warned=[_asked(row, spoken) for row in _rows(_failed(checks))],
        deliveries=[_delivery(row, spoken) for row in _rows(held)],
        groups=[_group(name, rows, spoken) for name, rows in made],
        absent=", ".join(in_sentence(name) for name in absent),
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _is_checked(checks: pd.DataFrame) -> pd.Series[bool]:
    return checks["check_result"] != "not_checked"


def _failed(checks: pd.DataFrame) -> pd.DataFrame:
    return checks[checks["check_result"] == "failed"]


def _lead(checks: pd.DataFrame, spoken: Speech) -> str:
    made = checks[_is_checked(checks)]
    failed = len(_failed(checks))
    of = spoken.counted(made["entity"].nunique(), "quality.entities")
    ended = spoken.say(f"quality.warned_{'some' if failed else 'none'}", n=spoken.plain(failed))
    return spoken.counted(len(made), "quality.lead", entities=of, ended=ended)


def _asked(row: Mapping[str, Any], spoken: Speech) -> dict[str, str]:
    return {
        "entity": spoken.of(row, "entity_label"),
        "asked": spoken.of(row, "check"),
        "result": spoken.label("check_result", row["check_result"]),
        "severity": spoken.label("check_severity", row["severity"]),
        "kind": spoken.label("check_kind", row["check_kind"]),
        "rows": spoken.count(row["n_checked"]),
    }


def _delivery(row: Mapping[str, Any], spoken: Speech) -> dict[str, str]:
    day = row["delivered_as_of"]
    return {
        "entity": spoken.of(row, "entity_label"),
        "layout": row["layout"],
        "files": spoken.count(row["n_files"]),
        "rows": spoken.count(row["n_rows"]),
        "newest": "" if pd.isna(day) else f"{pd.Timestamp(day):%Y-%m-%d}",
        "aside": spoken.label("quarantine_band", row["quarantine_band"]),
        "reasons": _reasons(row["quarantine_reasons"], spoken),
    }


def _reasons(told: str | None, spoken: Speech) -> str:
    """Return in words why rows were set aside, with the column where one is named."""
    if told is None or pd.isna(told):
        return ""
    columns, said = vocabulary().columns, []
    for reason in told.split(", "):
        code, _, column = reason.partition(":")
        words = spoken.known("quarantine_reason", code)
        named = spoken.word(columns[column].label) if column in columns else column
        said.append(f"{words} ({in_sentence(named)})" if named else words)
    return "; ".join(said)


def _group(name: str, rows: pd.DataFrame, spoken: Speech) -> dict[str, Any]:
    made = rows[_is_checked(rows)]
    failed = len(_failed(rows))
    ended = spoken.say(f"quality.group_{'warned' if failed else 'passed'}", n=spoken.plain(failed))
    checks = spoken.counted(len(made), "quality.checks")
    return {
        "entity": name,
        "words": spoken.say("quality.group", entity=name, checks=checks, ended=ended),
        "rows": [_asked(row, spoken) for row in _rows(rows)],
    }
