"""The page of what was delivered and how it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.report.facts import PageFacts
from equity_pipeline.report.rendering import write_page
from equity_pipeline.report.sentences import HIDDEN, counted
from equity_pipeline.vocabulary import in_sentence, vocabulary

THIN = "\u202f"  # between thousands, as Swedish readers have it


def write_quality(
    tables: Mapping[str, DisclosedTable], facts: PageFacts, folder: Path
) -> Path | None:
    """Write ``kvalitet.html`` from the disclosed checks and deliveries; None where none are."""
    if "checks" not in tables:
        return None
    checks = tables["checks"].data.to_pandas()
    held = tables["deliveries"].data.to_pandas() if "deliveries" in tables else pd.DataFrame()
    groups = list(checks.groupby("entity_label_sv", sort=False))
    made = [(name, rows) for name, rows in groups if _is_checked(rows).any()]
    absent = sorted(str(name) for name, rows in groups if not _is_checked(rows).any())
    return write_page(
        "kvalitet",
        folder,
        region=facts.region,
        run_id=facts.run_id,
        synthetic=facts.synthetic,
        lead=_lead(checks),
        warned=[_asked(row) for row in _rows(_failed(checks))],
        deliveries=[_delivery(row) for row in _rows(held)],
        groups=[_group(name, rows) for name, rows in made],
        absent=", ".join(in_sentence(str(name)) for name in absent),
    )


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in frame.to_dict("records")]


def _is_checked(checks: pd.DataFrame) -> pd.Series[bool]:
    return checks["check_result"] != "not_checked"


def _failed(checks: pd.DataFrame) -> pd.DataFrame:
    return checks[checks["check_result"] == "failed"]


def _lead(checks: pd.DataFrame) -> str:
    made = checks[_is_checked(checks)]
    failed = len(_failed(checks))
    of = counted(made["entity"].nunique(), "underlag", "underlag")
    ended = "Ingen varnade." if not failed else f"{counted(failed, 'av dem', 'av dem')} varnade."
    return f"{counted(len(made), 'kontroll', 'kontroller')} gjordes av {of}. {ended}"


def _asked(row: Mapping[str, Any]) -> dict[str, str]:
    words = vocabulary()
    return {
        "entity": row["entity_label_sv"],
        "asked": row["check_sv"],
        "result": words.label("check_result", row["check_result"]).sv,
        "severity": words.label("check_severity", row["severity"]).sv,
        "kind": words.label("check_kind", row["check_kind"]).sv,
        "rows": _number(row["n_checked"]),
    }


def _delivery(row: Mapping[str, Any]) -> dict[str, str]:
    day = row["delivered_as_of"]
    return {
        "entity": row["entity_label_sv"],
        "layout": row["layout"],
        "files": _number(row["n_files"]),
        "rows": _number(row["n_rows"]),
        "newest": "" if pd.isna(day) else f"{pd.Timestamp(day):%Y-%m-%d}",
        "aside": vocabulary().label("quarantine_band", row["quarantine_band"]).sv,
        "reasons": "" if pd.isna(row["quarantine_reasons"]) else row["quarantine_reasons"],
    }


def _group(name: object, rows: pd.DataFrame) -> dict[str, Any]:
    made = rows[_is_checked(rows)]
    failed = len(_failed(rows))
    words = counted(len(made), "kontroll", "kontroller")
    return {
        "entity": str(name),
        "words": f"{words}, {failed} varnade" if failed else f"{words}, alla godkända",
        "rows": [_asked(row) for row in _rows(rows)],
    }


def _number(value: Any) -> str:
    return HIDDEN if pd.isna(value) else f"{int(value):,}".replace(",", THIN)
