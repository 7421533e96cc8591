"""Reads a delivered file into a table of text, one column for each foreign column."""

from __future__ import annotations

import csv
import datetime as dt
import gc
import itertools
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from equity_pipeline.deliveries import archive
from equity_pipeline.deliveries.gate import check_header, text_of
from equity_pipeline.deliveries.layout import FileLayout
from equity_pipeline.deliveries.verdict import Refusal

CHUNK = 50_000  # rows; bounds the memory that Python's strings take
ROW = "__row_number"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The rows of a file as text.

    ``table`` holds every well-formed row: the foreign columns as strings, and ``__row_number``
    counted from 1 in the file. ``ragged`` holds the others: row number and the fields as read.
    """

    table: pa.Table
    ragged: tuple[tuple[int, tuple[str, ...]], ...] = ()

    @property
    def rows_in(self) -> int:
        """Rows delivered."""
        return int(self.table.num_rows) + len(self.ragged)


def parse(data: bytes, layout: FileLayout, name: str) -> Parsed:
    """Return the rows of a file's bytes, after the gate.

    Raises
    ------
    Refusal
        When the file as a whole cannot be taken; the reason is a code, never a value.
    """
    if not data:
        raise Refusal("empty_file")
    kind = layout.format_of(name)
    if kind == "csv":
        parsed = _csv(text_of(data, layout), layout)
    elif kind == "parquet":
        parsed = _parquet(data, layout)
    elif kind == "xlsx":
        parsed = _xlsx(data, layout)
    else:
        raise Refusal("format_unknown")
    if not parsed.rows_in:
        raise Refusal("no_rows")
    return parsed


def _csv(text: str, layout: FileLayout) -> Parsed:
    lines = text.count("\n") - text.endswith("\n")
    fault = ""
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)
        header = [name.strip() for name in next(reader, [])]
        check_header(header, layout, rows=lines)
        plain = None if '"' in text else _plain_csv(text, layout, header)
        with _no_collection():
            return plain or _table(header, (row for row in reader if row))
    except csv.Error as error:
        fault = "quote_malformed" if "expected after" in str(error) else "quote_unclosed"
    raise Refusal(fault, rows=lines)


@contextmanager
def _no_collection() -> Iterator[None]:
    # Millions of short lists make the collector half of the time; none of them is in a circle.
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _plain_csv(text: str, layout: FileLayout, header: Sequence[str]) -> Parsed | None:
    # Without a quote every parser agrees; a ragged row is left to the careful one.
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(text.encode("utf-8")),
            read_options=arrow_csv.ReadOptions(column_names=header, skip_rows=1),
            parse_options=arrow_csv.ParseOptions(delimiter=layout.delimiter, quote_char=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return Parsed(_numbered(table))


def _numbered(table: pa.Table) -> pa.Table:
    return table.append_column(ROW, pa.array(np.arange(1, table.num_rows + 1)))


def _table(header: Sequence[str], rows: Iterator[Sequence[str]]) -> Parsed:
    width, batches, ragged = len(header), [], []
    schema = pa.schema([(name, pa.string()) for name in header] + [(ROW, pa.int64())])
    numbered = enumerate(rows, start=1)
    while chunk := list(itertools.islice(numbered, CHUNK)):
        good = [(n, row) for n, row in chunk if len(row) == width]
        ragged += [(n, tuple(row)) for n, row in chunk if len(row) != width]
        if good:
            numbers, fields = zip(*good, strict=True)
            columns = [pa.array(column, pa.string()) for column in zip(*fields, strict=True)]
            columns.append(pa.array(numbers, pa.int64()))
            batches.append(pa.record_batch(columns, schema=schema))
    return Parsed(pa.Table.from_batches(batches, schema), tuple(ragged))


def _parquet(data: bytes, layout: FileLayout) -> Parsed:
    table: pa.Table | None = None
    try:
        table = pq.ParquetFile(pa.BufferReader(data)).read()
    except (pa.ArrowException, OSError, ValueError):
        table = None
    if table is None:
        raise Refusal("not_parquet")
    check_header(table.column_names, layout, rows=table.num_rows)
    columns = {name: _as_text(table.column(name), table.num_rows) for name in table.column_names}
    return Parsed(_numbered(pa.table(columns)))


def _as_text(column: pa.ChunkedArray, rows: int) -> pa.ChunkedArray:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type), rows)
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        raise Refusal("column_type", rows=rows)
    if pa.types.is_floating(kind):
        return _floats(column)
    if pa.types.is_timestamp(kind):
        return _timestamps(column)
    return column.cast(pa.string())


def _floats(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # A whole number that a frame library made a float because of empty cells is a whole number.
    return pc.replace_substring_regex(column.cast(pa.string()), r"\.0$", "")


def _timestamps(column: pa.ChunkedArray) -> pa.ChunkedArray:
    days = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    if (
        column.type.tz is None
        and pc.all(pc.equal(pc.floor_temporal(days, unit="day"), days)).as_py()
    ):
        return pc.strftime(days, format="%Y-%m-%d")
    return pc.strftime(
        pc.cast(days, pa.timestamp("s", column.type.tz), safe=False), "%Y-%m-%dT%H:%M:%S"
    )


def _xlsx(data: bytes, layout: FileLayout) -> Parsed:
    rows: list[list[str]] | None = None
    try:
        with zipfile.ZipFile(BytesIO(data)) as packed:
            archive.check(packed.infolist())
        book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
        sheet = book[layout.sheet] if layout.sheet else book.worksheets[0]
        rows = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except (*archive.BROKEN, KeyError, ValueError, IndexError):
        rows = None
    if rows is None:
        raise Refusal("not_xlsx")
    header = [name.strip() for name in rows[0]] if rows else []
    body = [row for row in rows[1:] if any(row)]
    check_header(header, layout, rows=len(body))
    return _table(header, iter(body))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    return str(value)
