"""Delimited text in blocks: cut at the ends of records, read by arrow or by a strict reader."""

from __future__ import annotations

import codecs
import csv
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from equity_pipeline.deliveries.identity.guard import holds_personal_number
from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.reading.batch import Batch, empty_table, numbered, of_rows
from equity_pipeline.deliveries.reading.gate import check_bytes, check_header
from equity_pipeline.deliveries.reading.records import last_end, pieces, quoted_fields
from equity_pipeline.deliveries.reading.spool import opened
from equity_pipeline.deliveries.verdict import Refusal

LARGEST_RECORD = 2**20  # bytes; a longer one is a quote left open, or no row


@dataclass(frozen=True, slots=True)
class Delimited:
    """A delimited file that passed the gate, its header as the layout declares."""

    path: Path
    layout: FileLayout
    header: tuple[str, ...]
    lines: int
    block_bytes: int

    def batches(self) -> Iterator[Batch]:
        """Yield the rows block by block."""
        size = max(self.path.stat().st_size, 1)
        reader = _Reader(self.header, self.layout, self.lines)
        last: Batch | None = None
        with opened(self.path) as held:
            for number, block in enumerate(self._records(held)):
                body = (
                    block[_header_end(block, self.layout, self.lines)[1] :]
                    if number == 0
                    else block
                )
                for batch in reader.read(body) if body else ():
                    last = replace(batch, done=min(held.tell() / size, 1.0))
                    yield last
            if last is not None and last.ends_short and not _ends_a_line(held):
                raise Refusal("truncated", rows=self.lines)

    def holds_personal_number(self) -> bool:
        """Return whether one stands anywhere in a file that is refused for its header."""
        with opened(self.path) as held:
            texts = (block.decode(self.layout.encoding) for block in self._records(held))
            return any(holds_personal_number(text) for text in texts)

    def _records(self, held: BinaryIO) -> Iterator[bytes]:
        """Yield blocks of whole records, without the byte order mark."""
        spans = quoted_fields(self.layout)
        rest = held.read(3).removeprefix(codecs.BOM_UTF8) if _is_utf8(self.layout) else b""
        while True:
            more = held.read(self.block_bytes)
            rest += more
            end = last_end(rest, spans) if more else len(rest)
            if end:
                yield rest[:end]
            rest = rest[end:]
            if len(rest) > LARGEST_RECORD:
                fault = "quote_unclosed" if b'"' in rest else "record_too_long"
                raise Refusal(fault, rows=self.lines)
            if not more:
                return

    def first_record(self) -> tuple[str, ...]:
        """Return the fields of the first record, the header."""
        with opened(self.path) as held:
            first = next(self._records(held), b"")
        return tuple(name.strip() for name in _header_end(first, self.layout, self.lines)[0])


def open_delimited(path: Path, layout: FileLayout, *, block_bytes: int) -> Delimited:
    """Return a file that is ready to be read, after the gate.

    Raises
    ------
    Refusal
        What the gate refuses, and ``quote_unclosed``, ``quote_malformed``, ``line_ends`` or
        ``record_too_long`` in the header; later records raise the same when they are read.
    """
    lines = check_bytes(path, layout.encoding, block_bytes=block_bytes)
    file = Delimited(path, layout, (), lines, block_bytes)
    file = replace(file, header=file.first_record())
    refusal: Refusal | None = None
    try:
        check_header(file.header, layout, rows=lines)
    except Refusal as found:
        refusal = found
    if refusal is not None:
        raise refusal.beside(file.holds_personal_number())
    return file


def _header_end(block: bytes, layout: FileLayout, rows: int) -> tuple[list[str], int]:
    """Return the fields of the first record and where it ends."""
    text = block.decode(layout.encoding)
    read: list[str] = []

    def lines() -> Iterator[str]:
        for line in StringIO(text, newline="\n"):
            read.append(line)
            yield line

    fault = ""
    try:
        header = next(csv.reader(lines(), delimiter=layout.delimiter, strict=True), [])
    except csv.Error as error:
        fault = _told(error)
    if fault:
        raise Refusal(fault, rows=rows)
    return header, len("".join(read).encode(layout.encoding))


def _ends_a_line(held: BinaryIO) -> bool:
    held.seek(-1, os.SEEK_END)
    return held.read(1) in (b"\n", b"\r")


def _told(error: csv.Error) -> str:
    if "new-line character" in str(error):
        return "line_ends"
    return "quote_malformed" if "expected after" in str(error) else "quote_unclosed"


def _is_utf8(layout: FileLayout) -> bool:
    return codecs.lookup(layout.encoding).name in ("utf-8", "utf-8-sig")


@dataclass(slots=True)
class _Reader:
    """Reads blocks of whole records, and counts them."""

    header: tuple[str, ...]
    layout: FileLayout
    lines: int
    place: int = 0  # records before the block
    spans: re.Pattern[bytes] = field(init=False)
    closed: re.Pattern[bytes] = field(init=False)

    def __post_init__(self) -> None:
        csv.field_size_limit(max(csv.field_size_limit(), LARGEST_RECORD))
        self.spans = quoted_fields(self.layout)
        sign = re.escape(self.layout.delimiter.encode(self.layout.encoding))
        self.closed = re.compile(sign + rb"|\r?\n|\Z")

    def read(self, block: bytes) -> Iterator[Batch]:
        """Yield the rows of a block; where Python must look at each of them, in small pieces."""
        outside = self._outside(block) if b'"' in block else block
        if b"\r" in outside and outside.count(b"\r") != outside.count(b"\r\n"):
            raise Refusal("line_ends", rows=max(self.lines, outside.count(b"\r")))
        self._check_lengths(block if outside is block else outside)
        is_plain = b'"' not in outside and len(self.header) > 1
        batch = self._fast(block, outside) if is_plain else None
        if batch is not None:
            yield batch
            return
        for piece in pieces(block, self.spans):
            around = self._outside(piece) if is_plain else b""
            yield self._ragged(piece, around) if is_plain else self._careful(piece)

    def _outside(self, block: bytes) -> bytes:
        """Return what stands outside of quoted fields; with a quote if one is not as it must be."""

        def kept(span: re.Match[bytes]) -> bytes:
            whole = span.group(1) and self.closed.match(block, span.end())
            return b"" if whole else b'"'

        return self.spans.sub(kept, block)

    def _check_lengths(self, block: bytes) -> None:
        start = 0
        while len(block) - start > LARGEST_RECORD:
            end = block.rfind(b"\n", start, start + LARGEST_RECORD + 1)
            if end < 0:
                raise Refusal("record_too_long", rows=self.lines)
            start = end + 1

    def _careful(self, block: bytes) -> Batch:
        text, fault, rows = block.decode(self.layout.encoding), "", []
        try:
            source = StringIO(text, newline="\n")
            rows = list(csv.reader(source, delimiter=self.layout.delimiter, strict=True))
        except csv.Error as error:
            fault = _told(error)
        if fault:
            raise Refusal(fault, rows=self.lines)
        first = self.place + 1
        self.place += len(rows)
        return of_rows(self.header, [(n, row) for n, row in enumerate(rows, first) if row])

    def _fast(self, block: bytes, outside: bytes) -> Batch | None:
        """Return the rows as arrow reads them, None where one is ragged."""
        plain = _as_utf8(block, self.layout)
        try:
            table = _arrow(plain, self.header, self.layout, quoted=outside is not block)
        except pa.ArrowInvalid:
            return None
        return Batch(numbered(table, self._places(outside, table.num_rows)))

    def _ragged(self, block: bytes, outside: bytes) -> Batch:
        ragged: list[tuple[int, str]] = []
        quoted = b'"' in block
        plain = _as_utf8(block, self.layout)
        table = _arrow(plain, self.header, self.layout, quoted=quoted, ragged=ragged)
        places = self._places(outside, table.num_rows + len(ragged))
        cut = [n - 1 for n, _ in ragged]
        rows = tuple((int(places[n - 1]), tuple(_fields(text, self.layout))) for n, text in ragged)
        return Batch(numbered(table, np.delete(places, cut) if cut else places), rows)

    def _places(self, outside: bytes, records: int) -> np.ndarray:
        if records == outside.count(b"\n") + (not outside.endswith(b"\n")):
            places = np.arange(records, dtype=np.int64)
            seen = records
        else:
            lines = outside.removesuffix(b"\n").split(b"\n")
            places = np.array([n for n, line in enumerate(lines) if line not in (b"", b"\r")])
            seen = len(lines)
        places = places.astype(np.int64) + self.place + 1
        self.place += seen
        return places


def _fields(text: str, layout: FileLayout) -> Sequence[str]:
    return next(csv.reader(StringIO(text, newline="\n"), delimiter=layout.delimiter), [])


def _as_utf8(block: bytes, layout: FileLayout) -> bytes:
    is_same = block.isascii() or _is_utf8(layout)
    return block if is_same else block.decode(layout.encoding).encode("utf-8")


def _arrow(
    block: bytes,
    header: Sequence[str],
    layout: FileLayout,
    *,
    quoted: bool,
    ragged: list[tuple[int, str]] | None = None,
) -> pa.Table:
    """Return the rows of a block; ragged ones are put aside where a list for them is given."""

    def aside(row: arrow_csv.InvalidRow) -> str:
        if ragged is not None:
            ragged.append((row.number, row.text))
        return "error" if ragged is None else "skip"

    if not block.lstrip(b"\r\n"):
        return empty_table(header).select(list(header))
    return arrow_csv.read_csv(
        pa.py_buffer(block),
        read_options=arrow_csv.ReadOptions(
            column_names=list(header), use_threads=False, block_size=_chunk(block)
        ),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            quote_char='"' if quoted else False,
            newlines_in_values=quoted,
            invalid_row_handler=aside,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False
        ),
    )


def _chunk(block: bytes) -> int:
    # Several chunks keep DuckDB's threads busy; each must hold a whole record. Arrow's own threads
    # would only take the processors from them.
    return max(len(block) // 8, 2 * LARGEST_RECORD)
