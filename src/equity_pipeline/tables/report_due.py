"""The report-back calendar: which reports are overdue, coming or delivered on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from equity_pipeline.tables.form import Given, Made
from equity_pipeline.tables.table import StratifiedTable, conform
from equity_pipeline.vocabulary import Label

NEXT = "next_report_back"


def report_due(reports: Iterable[Mapping[str, Any]], today: date, run_id: str) -> StratifiedTable:
    """Return the calendar: each report with its state on a day, in words and in days.

    Parameters
    ----------
    reports
        Rows with report_id, recipient, report_type, due_date, data_cutoff, delivered_date and
        calendar_source; a row without a due date says that nobody has decided one.
    today
        The day of the run.
    run_id
        The run.

    Examples
    --------
    >>> row = {"report_id": "delrapport-2", "due_date": date(2012, 10, 15)}
    >>> made = report_due([row], date(2012, 10, 1), "a").data.to_pylist()[0]
    >>> made["due_state"], made["days_until"], made["due_words_sv"]
    ('coming', 14, 'Kommande, 14 dagar kvar')
    """
    rows = [_judged(dict(row), today) | {"run_id": run_id} for row in reports]
    frame = pd.DataFrame(rows, dtype=object)
    return StratifiedTable("report_due", conform("report_due", pa.Table.from_pandas(frame)))


def calendar(given: Given) -> Made:
    """Return the calendar of what the night was told is due; none where it was told nothing."""
    if "reports" not in given.beside:
        return Made({})
    [today] = given.beside["run_day"]["as_of"].to_pylist()
    rows = given.beside["reports"].to_pylist()
    return Made({"report_due": report_due(rows, today, given.context.run_id)})


def _judged(row: dict[str, Any], today: date) -> dict[str, Any]:
    due, handed = row.get("due_date"), row.get("delivered_date")
    state, days = _state(due, handed, today)
    words = _words(state, due, handed, days)
    return row | {
        "due_state": state,
        "days_until": days,
        "due_words_sv": words.sv,
        "due_words_en": words.en,
        "disclosure_tier": "internal",
        "value_status": "shown",
    }


def _state(due: date | None, handed: date | None, today: date) -> tuple[str, int | None]:
    if handed is not None and handed <= today:
        return "delivered", None
    if due is None:
        return "date_not_decided", None
    days = (due - today).days
    return ("coming" if days >= 0 else "overdue"), days


def _words(state: str, due: date | None, handed: date | None, days: int | None) -> Label:
    if state == "delivered":
        late = due is not None and handed is not None and handed > due
        return (
            Label("Lämnad efter sista dag", "Delivered late")
            if late
            else Label("Lämnad", "Delivered")
        )
    if days is None:
        return Label("Datum ej beslutat", "Date not decided")
    n = abs(days)
    sv, en = f"{n} {'dag' if n == 1 else 'dagar'}", f"{n} {'day' if n == 1 else 'days'}"
    if state == "coming":
        return Label(f"Kommande, {sv} kvar", f"Coming in {en}")
    return Label(f"Försenad {sv}", f"Overdue by {en}")
