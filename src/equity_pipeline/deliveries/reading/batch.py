"""A batch of a delivered file: some of its rows as text, each with its place in the file."""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

ROW = "__row_number"
RAGGED = "ragged"
BLANKS = " \u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file, in its order.

    ``table`` holds the well-formed ones: the foreign columns as strings, and ``__row_number``
    counted from 1 below the header, empty lines included. ``ragged`` holds the others: row number
    and the fields as read. ``done`` is the share of the file that is read after this batch.
    """

    table: pa.Table
    ragged: tuple[tuple[int, tuple[str, ...]], ...] = ()
    done: float = 0.0

    @property
    def rows(self) -> int:
        """Rows delivered in this batch."""
        return int(self.table.num_rows) + len(self.ragged)

    @property
    def ends_short(self) -> bool:
        """Whether the last row has a beginning, and fewer fields than the header."""
        place, fields = self.ragged[-1] if self.ragged else (0, ())
        whole = self.table.column(ROW)
        is_last = not len(whole) or whole[-1].as_py() < place
        few = len(fields) < self.table.num_columns - 1
        return is_last and few and any(field.strip() for field in fields)


class Stream:
    """The rows of batches as one reader of arrow, made while it is read.

    What the batches raise is kept as ``fault``, for whoever reads cannot hand it on.
    """

    def __init__(self, batches: Iterable[Batch], header: Sequence[str]) -> None:
        self.fault: BaseException | None = None
        self._parts = self._made(batches)
        self.reader = pa.RecordBatchReader.from_batches(empty_table(header).schema, self._parts)

    def close(self) -> None:
        """Let go of the batches, also when they were not read to their end."""
        self._parts.close()

    def _made(self, batches: Iterable[Batch]) -> Generator[pa.RecordBatch]:
        try:
            for batch in batches:
                yield from batch.table.to_batches()
        except GeneratorExit:
            raise
        except BaseException as fault:
            self.fault = fault
            raise


def of_rows(
    header: Sequence[str], rows: Sequence[tuple[int, Sequence[str]]], done: float = 0.0
) -> Batch:
    """Return a batch of numbered rows; one with more or fewer fields than the header is ragged."""
    width = len(header)
    good = [(n, row) for n, row in rows if len(row) == width]
    ragged = tuple((n, tuple(row)) for n, row in rows if len(row) != width)
    if not good:
        return Batch(empty_table(header), ragged, done)
    numbers, fields = zip(*good, strict=True)
    columns = [pa.array(column, pa.string()) for column in zip(*fields, strict=True)]
    return Batch(_table(header, columns, np.array(numbers, np.int64)), ragged, done)


def numbered(table: pa.Table, places: np.ndarray) -> pa.Table:
    """Return a table with the row numbers that its rows have in the file."""
    return table.append_column(ROW, pa.array(places))


def empty_table(header: Sequence[str]) -> pa.Table:
    """Return a table of text without rows."""
    none = [pa.array([], pa.string()) for _ in header]
    return _table(header, none, np.array([], np.int64))


def trimmed(table: pa.Table, words: Collection[str] = ()) -> pa.Table:
    """Return a text table without blanks of any kind around its values.

    In the columns of ``words`` tabs and line ends stay, for they are judged there.

    Examples
    --------
    >>> trimmed(pa.table({"a": [" x\u00a0"], ROW: [1]})).to_pylist()
    [{'a': 'x', '__row_number': 1}]
    """
    for place, name in enumerate(table.column_names):
        column = table.column(place)
        if name != ROW and any(_has_blank_edge(chunk) for chunk in column.chunks):
            table = table.set_column(place, name, _trimmed(column, keep_tabs=name in words))
    return table


def _trimmed(column: pa.ChunkedArray, *, keep_tabs: bool) -> pa.ChunkedArray:
    if keep_tabs:
        return pc.utf8_trim(column, characters=BLANKS)
    return pc.utf8_trim_whitespace(column)


def _has_blank_edge(texts: pa.StringArray) -> bool:
    # Looking at the first and last byte of each value costs a twentieth of trimming them all.
    _, held, data = texts.buffers()
    if data is None or not len(texts):
        return False
    ends = np.frombuffer(held, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    filled = ends[1:] > ends[:-1]
    letters = np.frombuffer(data, np.uint8)
    edges = (letters[ends[:-1][filled]], letters[ends[1:][filled] - 1])
    return any(bool(((edge <= 0x20) | (edge >= 0x80)).any()) for edge in edges)


def _table(header: Sequence[str], columns: Sequence[pa.Array], places: np.ndarray) -> pa.Table:
    return numbered(pa.table(columns, names=list(header)), places)
