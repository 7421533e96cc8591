"""Reads a delivered file in batches of text, one column for each foreign column."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.reading.batch import ROW, Batch
from equity_pipeline.deliveries.reading.delimited import open_delimited
from equity_pipeline.deliveries.reading.typed_files import ROWS, open_parquet, open_workbook
from equity_pipeline.deliveries.verdict import Refusal

__all__ = ["BLOCK_BYTES", "ROW", "Parsed", "parse"]

BLOCK_BYTES = 16 * 2**20
_BYTES_PER_ROW = 160  # a usual one; typed files are cut into batches as large as blocks of text


class Parsed(Protocol):
    """A file that passed the gate and has the declared header; its rows are read in batches."""

    @property
    def header(self) -> tuple[str, ...]:
        """The foreign columns."""

    @property
    def lines(self) -> int:
        """Rows as far as they are known before the file is read."""

    def batches(self) -> Iterator[Batch]:
        """Yield the rows from the first to the last; each call begins again."""


def parse(path: Path, layout: FileLayout, name: str, *, block_bytes: int = BLOCK_BYTES) -> Parsed:
    """Return a file whose rows can be read, after the gate.

    Raises
    ------
    Refusal
        When the file as a whole cannot be taken; the reason is a code, never a value. What is
        wrong further down is raised when the batches are read.
    """
    if not path.stat().st_size:
        raise Refusal("empty_file")
    kind = layout.format_of(name)
    rows = min(max(block_bytes // _BYTES_PER_ROW, 1), ROWS)
    if kind == "csv":
        return open_delimited(path, layout, block_bytes=block_bytes)
    if kind == "parquet":
        return open_parquet(path, layout, batch_rows=rows)
    if kind == "xlsx":
        return open_workbook(path, layout, batch_rows=rows)
    raise Refusal("format_unknown")
