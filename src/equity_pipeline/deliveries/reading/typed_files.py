"""Parquet and workbooks in batches, as the text that a delimited file would hold."""

from __future__ import annotations

import datetime as dt
import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.reading import archive
from equity_pipeline.deliveries.reading.batch import Batch, numbered, of_rows
from equity_pipeline.deliveries.reading.formulas import has_formula_without_value
from equity_pipeline.deliveries.reading.gate import check_header
from equity_pipeline.deliveries.reading.rowcount import BROKEN
from equity_pipeline.deliveries.reading.spool import opened
from equity_pipeline.deliveries.verdict import Refusal

ROWS = 100_000  # of a typed file in one batch, at most
MOST_SHEET_ROWS = 2**20  # what a workbook can hold
LARGEST_STRINGS = 64 * 2**20  # bytes of a workbook's list of texts, which is read as a whole
LARGEST_COLUMN = 256 * 2**20  # bytes of one column in one row group, unpacked
MOST_ROWS_PER_BYTE = 1000
EXACT = 1e15  # whole numbers above are not exact in a spreadsheet or a float
_NOT_PARQUET = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True, slots=True)
class Parquet:
    """A parquet file whose header and types are as the layout declares."""

    path: Path
    header: tuple[str, ...]
    lines: int
    of_dates: frozenset[str]
    batch_rows: int

    def batches(self) -> Iterator[Batch]:
        """Yield the rows batch by batch."""
        done = 0
        with opened(self.path) as held:
            for batch in _parts(held, self.batch_rows, self.lines):
                columns = {name: self._text(batch, name) for name in self.header}
                places = np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)
                done += batch.num_rows
                table = numbered(pa.table(columns), places)
                yield Batch(table, done=done / max(self.lines, 1))

    def _text(self, batch: pa.RecordBatch, name: str) -> pa.Array:
        text: pa.Array | None = None
        try:
            text = _as_text(batch.column(name), is_date=name in self.of_dates)
            text.validate(full=True)
        except _NOT_PARQUET:
            text = None
        if text is None:
            raise Refusal("encoding", rows=self.lines)
        return text


def open_parquet(path: Path, layout: FileLayout, *, batch_rows: int = ROWS) -> Parquet:
    """Return a parquet file that is ready to be read.

    Raises
    ------
    Refusal
        ``not_parquet``, ``too_large``, ``column_type``, or what a header is refused for.
    """
    with opened(path) as held:
        file = _file(held)
        lines, schema = file.metadata.num_rows, file.schema_arrow
        check_header(schema.names, layout, rows=lines)
        _check_sizes(file.metadata, path.stat().st_size)
        if not all(_is_readable(one.type) for one in schema):
            raise Refusal("column_type", rows=lines)
        days = frozenset(one.name for one in schema if _may_be_date(one.type))
        kept = days - {name for name in days if not _all_midnight(held, name, batch_rows, lines)}
    return Parquet(path, tuple(schema.names), lines, kept, batch_rows)


def _file(held: BinaryIO) -> pq.ParquetFile:
    file: pq.ParquetFile | None = None
    try:
        held.seek(0)
        # A limit on the strings of a file's own description keeps its reader small.
        file = pq.ParquetFile(
            held,
            buffer_size=2**16,
            thrift_string_size_limit=2**24,
            thrift_container_size_limit=2**20,
        )
    except _NOT_PARQUET:
        file = None
    if file is None:
        raise Refusal("not_parquet")
    return file


def _check_sizes(described: pq.FileMetaData, size: int) -> None:
    for group in range(described.num_row_groups):
        held = described.row_group(group)
        columns = (held.column(place) for place in range(held.num_columns))
        if any(one.total_uncompressed_size > LARGEST_COLUMN for one in columns):
            raise Refusal("too_large", rows=described.num_rows)
    if described.num_rows > MOST_ROWS_PER_BYTE * size:
        raise Refusal("too_large", rows=described.num_rows)


def _parts(
    held: BinaryIO, rows: int, lines: int, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    batches = _file(held).iter_batches(batch_size=rows, columns=columns)
    while True:
        batch: pa.RecordBatch | None = None
        broken = False
        try:
            batch = next(batches, None)
        except _NOT_PARQUET:
            broken = True
        if broken:
            raise Refusal("not_parquet", rows=lines)
        if batch is None:
            return
        yield batch


def _all_midnight(held: BinaryIO, name: str, rows: int, lines: int) -> bool:
    # Whether a moment is a day is said by the whole column, wherever the batches are cut.
    for batch in _parts(held, rows, lines, [name]):
        column = batch.column(0)
        if not pc.all(pc.equal(pc.floor_temporal(column, unit="day"), column)).as_py():
            return bool(column.null_count == len(column))
    return True


def _may_be_date(kind: pa.DataType) -> bool:
    return pa.types.is_timestamp(kind) and kind.tz is None


def _is_readable(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    texts = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    numbers = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    others = (pa.types.is_boolean, pa.types.is_date, pa.types.is_timestamp, pa.types.is_null)
    return any(check(kind) for check in (*texts, *numbers, *others))


def _as_text(column: pa.Array, *, is_date: bool) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_text(column.cast(kind.value_type), is_date=is_date)
    if pa.types.is_floating(kind):
        return _floats(column)
    if pa.types.is_timestamp(kind):
        return _moments(column, is_date=is_date)
    return column.cast(pa.string())


def _floats(column: pa.Array) -> pa.Array:
    # A whole number that a frame library made a float because of empty cells is a whole number.
    wide = column.cast(pa.float64())
    whole = pc.and_(pc.equal(pc.floor(wide), wide), pc.less(pc.abs(wide), EXACT))
    exact = pc.if_else(whole, wide, None).cast(pa.int64()).cast(pa.string())
    return pc.coalesce(exact, column.cast(pa.string()))


def _moments(column: pa.Array, *, is_date: bool) -> pa.Array:
    if is_date:
        return pc.strftime(column, format="%Y-%m-%d")
    # A moment of a time zone says which: as local time it would be another hour, or day.
    zone = {None: "", "UTC": "Z"}.get(column.type.tz, "%z")
    seconds = pc.cast(column, pa.timestamp("s", column.type.tz), safe=False)
    return pc.strftime(seconds, format=f"%Y-%m-%dT%H:%M:%S{zone}")


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook whose header is as the layout declares."""

    path: Path
    header: tuple[str, ...]
    layout: FileLayout
    batch_rows: int
    lines: int = 0

    def batches(self) -> Iterator[Batch]:
        """Yield the rows batch by batch."""
        held: list[tuple[int, Sequence[str]]] = []
        for number, row in enumerate(_cells(self.path, self.layout, len(self.header))):
            if number and any(row):
                held.append((number, row))
            if len(held) == self.batch_rows:
                yield of_rows(self.header, held)
                held = []
        yield of_rows(self.header, held, done=1.0)


def open_workbook(path: Path, layout: FileLayout, *, batch_rows: int = ROWS) -> Workbook:
    """Return a workbook that is ready to be read.

    Raises
    ------
    Refusal
        ``not_xlsx``, ``too_large``, ``formula_without_value``, or what a header is refused for.
    """
    rows = _cells(path, layout, 0)
    header = tuple(name.strip() for name in next(rows, []))
    lines = sum(1 for row in rows if any(row))
    check_header(header, layout, rows=lines)
    if _is_uncalculated(path, layout):
        raise Refusal("formula_without_value", rows=lines)
    return Workbook(path, header, layout, batch_rows, lines)


def _cells(path: Path, layout: FileLayout, width: int) -> Iterator[list[str]]:
    broken = False
    with opened(path) as held:
        try:
            _check_pack(held)
            sheet = _sheet(held, layout)
            sheet.reset_dimensions()  # what a workbook says of its own size may be a lie
            for number, row in enumerate(sheet.iter_rows(values_only=True)):
                if number > MOST_SHEET_ROWS:
                    raise ValueError("more rows than a sheet has")
                yield _even([cell_text(value) for value in row], width)
        except (*BROKEN, KeyError, IndexError, TypeError, AttributeError, SyntaxError):
            broken = True
    if broken:
        raise Refusal("not_xlsx")


def _sheet(held: BinaryIO, layout: FileLayout) -> Any:
    import openpyxl  # half a second of every process, and few regions deliver workbooks

    book = openpyxl.load_workbook(held, read_only=True, data_only=True)
    return book[layout.sheet] if layout.sheet else book.worksheets[0]


def _is_uncalculated(path: Path, layout: FileLayout) -> bool:
    # openpyxl gives such a cell as an empty one, so the text of the sheet itself is looked at.
    with opened(path) as held, _sheet(held, layout)._get_source() as source:
        return has_formula_without_value(source)


def _check_pack(held: BinaryIO) -> None:
    archive.check_list(held)
    with zipfile.ZipFile(held) as packed:
        archive.check(packed.infolist(), held.seek(0, 2))
        texts = [one for one in packed.infolist() if one.filename.endswith("sharedStrings.xml")]
    if sum(one.file_size for one in texts) > LARGEST_STRINGS:
        raise Refusal("too_large")
    held.seek(0)


def _even(row: list[str], width: int) -> list[str]:
    # A sheet leaves out the empty cells at the end of a row.
    while row and not row[-1] and len(row) > width:
        row.pop()
    return row + [""] * (width - len(row))


def cell_text(value: Any) -> str:
    """Return a cell of a workbook as a delimited file would hold it.

    Examples
    --------
    >>> cell_text(9.0), cell_text(True), cell_text(None), cell_text(dt.datetime(2024, 1, 1))
    ('9', 'true', '', '2024-01-01')
    >>> cell_text(1.9121212121212e+17)
    '1.9121212121212e+17'
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and math.isfinite(value) and abs(value) < EXACT:
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(timespec="seconds")
    return str(value)
