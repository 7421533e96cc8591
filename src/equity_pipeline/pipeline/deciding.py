"""Decisions: the workbook goes out, comes back judged, and the register keeps every version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from equity_pipeline import clock
from equity_pipeline.deliveries.identity.guard import holds_personal_number
from equity_pipeline.errors import ConfigurationError, DeliveryRefused, EquityError
from equity_pipeline.extracts.decision_cells import COMPUTED, WRITTEN, read_cell
from equity_pipeline.extracts.decision_store import Entry, append_register, read_register
from equity_pipeline.extracts.decision_workbook import (
    SheetRow,
    expected,
    place_of,
    read_workbook,
    write_workbook,
)
from equity_pipeline.pipeline.standing import run_of
from equity_pipeline.settings import Settings
from equity_pipeline.tables.decision_faults import Fault, faults
from equity_pipeline.tables.decision_register import IDENTITY, JUDGED
from equity_pipeline.tables.decision_rules import grade, importance_class
from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.database import Lock

WORKBOOK = "decisions.xlsx"
EXTRACT = "decision_register.parquet"
TO_JUDGE = ("candidate_a", "candidate_b", "watch")
SEEN = {
    "gap_then": "gap_harm",
    "gap_then_lower": "gap_harm_lower",
    "gap_then_upper": "gap_harm_upper",
    "then_n_clusters": "n_clusters",
    "then_period_end": "period_end",
    "then_definition_hash": "definition_hash",
    "then_adjustment": "adjustment",
    "then_auto_grade": "auto_grade",
    "importance_size": "importance_size",
    "importance_duration": "importance_duration",
}
DAYS = ("then_period_end", *(n for n in WRITTEN if vocabulary().column(n).type == "DATE"))


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import added: the new versions, and how many rows were as before."""

    added: tuple[tuple[str, int, str], ...]
    unchanged: int


def export(settings: Settings, to: Path | None = None, *, every: bool = False) -> dict[str, Any]:
    """Write the workbook of the current release and return where it is and how many cases it has.

    Parameters
    ----------
    settings
        The run's settings.
    to
        The file; ``decisions/decisions.xlsx`` in the home if None.
    every
        All cases, not only candidates, watched ones and those that have been judged.

    Raises
    ------
    ConfigurationError
        If there is no release with cases.
    """
    rows = [row for row in released(settings.current) if row["is_newest"]]
    names = _names(settings)
    chosen = [
        row | names.get((row["case_id"], row["version"]), {})
        for row in rows
        if every or row["auto_grade"] in TO_JUDGE or row["version"] > 0
    ]
    path = to or settings.decisions / WORKBOOK
    path.parent.mkdir(parents=True, exist_ok=True)
    write_workbook(path, chosen, str(run_of(settings.current)))
    path.chmod(0o640)
    return {"workbook": str(path), "cases": len(chosen)}


def released(folder: Path) -> list[dict[str, Any]]:
    """Return the cases of a release, as they were published.

    Raises
    ------
    ConfigurationError
        If there is no release, or it is older than this table.
    """
    path = folder / EXTRACT
    if not path.exists():
        raise ConfigurationError(
            "There is no release with cases to judge.",
            where=str(folder),
            mend="run `equity run` and `equity release` first",
        )
    rows: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return rows


def read_back(settings: Settings, path: Path) -> Imported:
    """Take in a filled workbook: every changed row becomes a new version in the register.

    Raises
    ------
    ExceptionGroup
        Of ``DeliveryRefused``, one a fault, with sheet, row, column and how to mend it; nothing
        is then taken in.
    """
    with Lock(settings.run.home):
        held = read_workbook(path)
        cases = {row["case_id"]: row for row in _of_run(settings, held.run_id, path)}
        last = {entry["case_id"]: entry for entry in read_register(settings.decisions)}
        told: list[EquityError] = []
        entries: list[Entry] = []
        seen: set[str] = set()
        for row in held.rows:
            made, wrong = _taken(row, cases, last, seen)
            told += [_fault(path, row.number, one) for one in wrong]
            entries += [made | {"run_id": held.run_id}] if made is not None else []
        if told:
            raise ExceptionGroup(f"{len(told)} faults in the workbook; nothing was taken in", told)
        if entries:
            append_register(settings.decisions, entries)
    added = tuple((e["case_id"], e["version"], e["status"]) for e in entries)
    return Imported(added, len(held.rows) - len(entries))


def listed(settings: Settings, *, history: bool = False) -> list[dict[str, Any]]:
    """Return the judged cases with verdict, grade, status and dates; every version if asked."""
    entries = read_register(settings.decisions)
    newest = {entry["case_id"]: entry["version"] for entry in entries}
    return [
        {
            "case_id": entry["case_id"],
            "version": entry["version"],
            "recorded_on": entry["recorded_on"],
            "status": entry["status"],
            "verdict": entry["verdict"],
            "grade": grade(entry["verdict"], importance_class(entry)),
            "reviewers": [entry["reviewer_1_role"], entry["reviewer_2_role"]],
            "decision_ref": entry["decision_ref"],
            "report_back_by": entry["report_back_by"],
            "result": entry["result"],
        }
        for entry in entries
        if history or entry["version"] == newest[entry["case_id"]]
    ]


def register_frame(settings: Settings) -> pd.DataFrame | None:
    """Return every version in the register with days as days; None before the first."""
    entries = read_register(settings.decisions)
    if not entries:
        return None
    return pd.DataFrame([_typed(entry) for entry in entries])


def _typed(entry: Entry) -> Entry:
    days = {name: date.fromisoformat(entry[name]) if entry.get(name) else None for name in DAYS}
    return {**entry, **days}


def _names(settings: Settings) -> dict[tuple[str, int], Entry]:
    """Return the names that stand in the register only, by case and version."""
    inner = [name for name in WRITTEN if name not in JUDGED]
    return {
        (entry["case_id"], entry["version"]): {name: entry.get(name) for name in inner}
        for entry in read_register(settings.decisions)
    }


def _of_run(settings: Settings, run_id: str, path: Path) -> list[dict[str, Any]]:
    """Return the newest row of each case in the release that a workbook was made from."""
    places = [settings.current, *sorted(settings.releases.glob("[!.]*"), reverse=True)]
    for place in places:
        if place.exists() and run_of(place) == run_id:
            return [row for row in released(place) if row["is_newest"]]
    raise DeliveryRefused(
        "The workbook is from a release that is not kept here.",
        where=str(path),
        mend="write a new workbook with `equity decisions export` and fill it in",
    )


def _fault(path: Path, row: int, fault: Fault) -> DeliveryRefused:
    where = f"{path.name}, {place_of(row, fault.column)}"
    return DeliveryRefused(fault.what, where=where, mend=fault.mend)


def _taken(
    row: SheetRow, cases: Mapping[str, Entry], last: Mapping[str, Entry], seen: set[str]
) -> tuple[Entry | None, list[Fault]]:
    """Return the new version of a row, None if it is as before, and every fault of it."""
    name = row.values["case_id"]
    case = cases.get(name)
    if case is None or name in seen:
        what = "The case stands twice." if case else "There is no such case in the release."
        return None, [Fault("case_id", what, "leave the grey columns as they were written")]
    seen.add(name)
    wrong = list(_locked(row, case))
    judged: Entry = {}
    for column in WRITTEN:
        read = read_cell(column, row.values[column], is_formula=column in row.formulas)
        judged[column] = _stored(read.value)
        if read.fault is not None:
            wrong.append(read.fault)
        elif isinstance(read.value, str) and holds_personal_number(read.value):
            wrong.append(_personal(column))
    before = last.get(name)
    if not wrong and judged == _before(case, before):
        return None, []
    wrong += _against(judged, case, before)
    version = (before["version"] if before else 0) + 1
    today = clock.now().date().isoformat()
    identity = {one: case[one] for one in IDENTITY}
    then = {one: _stored(case[source]) for one, source in SEEN.items()}
    stamp = {"case_id": name, "version": version, "recorded_on": today}
    return {**stamp, **identity, **judged, **then}, wrong


def _locked(row: SheetRow, case: Entry) -> Iterator[Fault]:
    for name, value in expected(case).items():
        if row.values[name] != value or name in row.formulas:
            yield Fault(name, "A computed value was changed.", "undo it, or write a new workbook")


def _personal(column: str) -> Fault:
    return Fault(
        column, "The text holds a personal number.", "remove it; nobody is named in the register"
    )


def _before(case: Entry, before: Entry | None) -> Entry:
    """Return what the workbook was filled with for a case: its last version or the nomination."""
    held = before if before is not None and before["version"] == case["version"] else case
    return {name: _stored(held.get(name)) for name in WRITTEN}


def _against(judged: Entry, case: Entry, before: Entry | None) -> list[Fault]:
    told = []
    if before is not None and before["version"] != case["version"]:
        told.append(
            Fault(
                "version",
                "The case has been judged since the workbook was written.",
                "run a night, write a new workbook and judge there",
            )
        )
    return told + faults(
        judged,
        before["status"] if before else None,
        has_evidence=case["evidence_ref"] is not None,
        auto_grade=case["auto_grade"],
        gap_now=case["gap_harm"],
    )


def _stored(value: Any) -> Any:
    """Return a value as the register holds it: days as text."""
    return value.isoformat() if isinstance(value, date) else value


__all__ = ["COMPUTED", "Imported", "export", "listed", "read_back", "register_frame", "released"]
