"""One parquet file a form, with labels and units in the field metadata."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.vocabulary import vocabulary


def write_parquet(table: DisclosedTable, folder: Path) -> Path:
    """Write ``<form>.parquet`` and return its path; the same table gives the same bytes.

    Each field carries ``label_sv``, ``label_en`` and ``unit``; the schema carries the form, its
    names and the run. No clock time is written. A release is flushed to the disk as a whole.

    Parameters
    ----------
    table
        A table that came through the disclosure door.
    folder
        An existing folder.
    """
    path = write_rows(described(table), folder / f"{table.form}.parquet")
    failpoint("publish:between_files")
    return path


def write_rows(rows: pa.Table, path: Path, *, compression: str = "zstd") -> Path:
    """Write described rows of one disclosed table as parquet and return the path."""
    with path.open("wb") as file:
        pq.write_table(
            rows,
            file,
            compression=compression,
            version="2.6",
            row_group_size=1_000_000,
            store_schema=True,
        )
    return path


def described(table: DisclosedTable) -> pa.Table:
    """Return the rows with the vocabulary's words in the Arrow metadata."""
    return table.data.cast(described_schema(table))


def described_schema(table: DisclosedTable) -> pa.Schema:
    """Return a table's columns with their labels and units, and what is to be known of it all."""
    words = vocabulary()
    form = words.forms[table.form]
    fields = []
    for field in table.data.schema:
        column = words.column(field.name)
        about = {"label_sv": column.label.sv, "label_en": column.label.en, "unit": column.unit}
        fields.append(field.with_metadata(about))
    about = {
        "form": form.name,
        "form_code": form.code,
        "title_sv": form.label.sv,
        "title_en": form.label.en,
        "disclosure_tier": table.tier,
        "run_id": run_id_of(table),
    }
    return pa.schema(fields, metadata=about)


def run_id_of(table: DisclosedTable) -> str:
    """Return the run that a table is of; empty if it has no rows."""
    runs = sorted(run for run in table.data["run_id"].unique().to_pylist() if run)
    return runs[0] if runs else ""
