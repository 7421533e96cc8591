"""The history: each table's rows by period, as last released, in folders that tools read as one.

``from 'history/*/gap.parquet'`` in DuckDB, or ``open_dataset`` in R, has every period that was
ever released; a period that is released again is replaced, one no longer told of stays.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.extracts.parquet import described, write_rows
from equity_pipeline.extracts.places import HISTORY

START, END = "period_start", "period_end"
YEAR, QUARTER, MONTH = 12, 3, 1
ONGOING = "_ongoing"


def write_periods(
    tables: Mapping[str, DisclosedTable], folder: Path, previous: Path | None = None
) -> None:
    """Write ``history/period=<period>/<form>.parquet`` for every period of every table.

    Parameters
    ----------
    tables
        The disclosed tables; those without a period are left out, as are rows without its start.
    folder
        The release.
    previous
        The release before, whose other periods are kept.
    """
    for form in sorted(tables):
        rows = described(tables[form])
        if {START, END} <= set(rows.column_names):
            _write(form, rows, folder / HISTORY)
    if previous is not None:
        _keep(previous / HISTORY, folder / HISTORY)


def _write(form: str, rows: pa.Table, history: Path) -> None:
    spans = rows.select([START, END]).group_by([START, END]).aggregate([]).to_pylist()
    for span in spans:
        if span[START] is None:
            continue
        ends = rows[END]
        ended = pc.is_null(ends) if span[END] is None else pc.equal(ends, span[END])
        of_span = pc.and_(pc.equal(rows[START], span[START]), ended)
        place = history / f"period={period_name(span[START], span[END])}"
        place.mkdir(parents=True, exist_ok=True)
        write_rows(rows.filter(of_span).combine_chunks(), place / f"{form}.parquet")


def _keep(before: Path, history: Path) -> None:
    for path in sorted(before.glob("period=*/*.parquet")):
        place = history / path.relative_to(before)
        if not place.exists() and not path.parent.name.endswith(ONGOING):  # what lasted has ended
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)


def period_name(start: date, end: date | None) -> str:
    """Return what a period is called; its end is the first day after it, None while it lasts.

    Examples
    --------
    >>> period_name(date(2024, 1, 1), date(2025, 1, 1)), period_name(date(2024, 10, 1),
    ... date(2025, 1, 1)), period_name(date(2024, 12, 1), date(2025, 1, 1))
    ('2024', '2024Q4', '2024-12')
    >>> period_name(date(2023, 7, 1), date(2024, 7, 1))
    '2023-07_2024-06'
    >>> period_name(date(2016, 4, 29), date(2016, 6, 9))
    '2016-04-29_2016-06-08'
    >>> period_name(date(2023, 1, 1), None)
    '2023-01_ongoing'
    """
    if end is None:
        return f"{start:%Y-%m}{ONGOING}"
    last = end - timedelta(days=1)
    if start.day != 1 or end.day != 1:
        return f"{start.isoformat()}_{last.isoformat()}"
    months = (end.year - start.year) * YEAR + end.month - start.month
    if months == YEAR and start.month == 1:
        return f"{start.year}"
    if months == QUARTER and start.month % QUARTER == 1:
        return f"{start.year}Q{start.month // QUARTER + 1}"
    if months == MONTH:
        return f"{start:%Y-%m}"
    return f"{start:%Y-%m}_{last:%Y-%m}"
