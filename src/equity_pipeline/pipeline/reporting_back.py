"""What is due to be reported back: from the configuration, the deliveries and decided cases."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from equity_pipeline.extracts.decision_store import register_hash
from equity_pipeline.settings import Settings
from equity_pipeline.tables.decision_follow_up import DECIDED
from equity_pipeline.tables.report_due import NEXT

NOT_DECIDED = "datum ej beslutat: set reports.next_report_back to the day of the next report"
DELIVERED = """
select report_id, recipient, report_type, due_date, data_cutoff, delivered_date
from staging.stg_delivered__report_calendar
order by all
"""
COLUMNS = {
    "report_id": pa.string(),
    "recipient": pa.string(),
    "report_type": pa.string(),
    "due_date": pa.date32(),
    "data_cutoff": pa.date32(),
    "delivered_date": pa.date32(),
    "calendar_source": pa.string(),
}


def beside_decisions(
    settings: Settings, connection: duckdb.DuckDBPyConnection, as_of: date
) -> dict[str, pa.Table]:
    """Return what T10 and the calendar are told: the register, the reports, the day of the run.

    Parameters
    ----------
    settings
        The run's settings.
    connection
        One in which the built warehouse can be read.
    as_of
        The day of the run.
    """
    from equity_pipeline.pipeline.deciding import register_frame  # brings the workbook with it

    register = register_frame(settings)
    told = {
        "reports": _reports(settings, connection, register),
        "run_day": pa.table({"as_of": pa.array([as_of], pa.date32())}),
    }
    if register is not None:
        told["decisions"] = pa.Table.from_pandas(register, preserve_index=False)
    return told


def inputs(settings: Settings) -> tuple[str, ...]:
    """Return the hash of what people have decided, for the identity of a run."""
    found = register_hash(settings.decisions)
    return () if found is None else (found,)


def warnings(settings: Settings) -> tuple[str, ...]:
    """Return what a run must say of the calendar: that no next report has a date.

    Examples
    --------
    >>> warnings(Settings())[0][:19]
    'datum ej beslutat: '
    """
    return (NOT_DECIDED,) if settings.reports.next_report_back is None else ()


def _reports(
    settings: Settings, connection: duckdb.DuckDBPyConnection, register: pd.DataFrame | None
) -> pa.Table:
    rows = [_next(settings), *_configured(settings)]
    names = list(COLUMNS)[:-1]
    rows += [
        dict(zip(names, row, strict=True)) | {"calendar_source": "delivery"}
        for row in connection.execute(DELIVERED).fetchall()
    ]
    rows += [] if register is None else _decided(register)
    kept = {row["report_id"]: row for row in reversed(rows)}  # the configuration is asked first
    ordered = [kept[name] for name in sorted(kept)]
    return pa.Table.from_pylist(ordered, schema=pa.schema(list(COLUMNS.items())))


def _next(settings: Settings) -> dict[str, Any]:
    held = settings.reports
    return {
        "report_id": NEXT,
        "recipient": held.recipient,
        "report_type": "follow_up_report",
        "due_date": held.next_report_back,
        "calendar_source": "configuration",
    }


def _configured(settings: Settings) -> list[dict[str, Any]]:
    return [
        one.model_dump() | {"calendar_source": "configuration"} for one in settings.reports.dates
    ]


def _decided(register: pd.DataFrame) -> list[dict[str, Any]]:
    newest = register.sort_values("version").drop_duplicates("case_id", keep="last")
    open_ = newest[newest["status"].isin(DECIDED) & newest["report_back_by"].notna()]
    return [
        {
            "report_id": row["case_id"],
            "recipient": row["decision_body"],
            "report_type": "follow_up_report",
            "due_date": row["report_back_by"],
            "delivered_date": row["reported_back_date"],
            "calendar_source": "decision",
        }
        for row in open_.to_dict("records")
    ]
