"""Looks for personal numbers and keys in every byte that a run leaves behind.

Numbers are sought in all written forms, in other encodings of text, in base64 and hex, as whole
numbers and floats, and in what parquet, workbooks, archives and databases hold compressed.
"""

from __future__ import annotations

import base64
import re
import struct
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

# Published by the tax agency as numbers that nobody has; the second is a coordination number.
NUMBERS = ("191212121212", "197010632391")
BETWEEN = 4  # signs that may stand between day and last digits
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Canary:
    """A secret text, and how its traces are found."""

    name: str
    text: re.Pattern[str]
    data: re.Pattern[bytes]

    def is_in(self, content: str | bytes) -> bool:
        if isinstance(content, str):
            return self.text.search(content) is not None
        return self.data.search(content) is not None


def number(digits: str) -> Canary:
    """A personal number in any form."""
    day, last = digits[2:8], digits[8:]
    spoken = [rf"{day}[^0-9]{{0,{BETWEEN}}}{last}", (day + last).translate(FULL_WIDTH)]
    split = r"[^0-9]?".join((day[:2], day[2:4], day[4:])) + rf"[^0-9]{{0,{BETWEEN}}}{last}"
    written = [f"{digits[:8]}-{last}", f"{day}-{last}", f"{day}+{last}", digits, digits[2:]]
    whole = [int(digits), int(digits[2:])]
    numbers = [struct.pack("<q", one) for one in whole] + [struct.pack("<d", one) for one in whole]
    texts = [split.encode(), *(re.escape(one) for one in _coded(written))]
    texts += [re.escape(one) for one in numbers]
    return Canary(digits, re.compile("|".join([*spoken, split])), re.compile(b"|".join(texts)))


def secret(text: str) -> Canary:
    """A key as it stands in its file, and as bytes."""
    coded = [text.encode(), *_coded([text])]
    coded += [bytes.fromhex(text)] if re.fullmatch("(?:[0-9a-f]{2})+", text) else []
    data = re.compile(b"|".join(re.escape(one) for one in coded))
    return Canary(f"key {text[:4]}", re.compile(re.escape(text)), data)


def _coded(texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        yield text.translate(FULL_WIDTH).encode()
        yield text.encode("utf-16-le")
        yield text.encode("utf-16-be")
        yield text.encode().hex().encode()
        yield text.encode().hex().upper().encode()
        yield from _base64(text.encode())


def _base64(data: bytes) -> Iterator[bytes]:
    """What is left of the middle of a text in base64, wherever it begins."""
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + data)
        begin = 0 if shift == 0 else 4
        end = len(data) + shift
        yield coded[begin : end // 3 * 4]


def traces(folder: Path, canaries: Iterable[Canary]) -> list[str]:
    """Return in which files below a folder which canaries are, file names included."""
    found = []
    sought = list(canaries)
    for path in sorted(path for path in folder.rglob("*") if not path.is_symlink()):
        name = str(path.relative_to(folder))
        contents = [name, *(contents_of(path) if path.is_file() else ())]
        found += [f"{one.name} in {name}" for one in sought if any(map(one.is_in, contents))]
    return found


def contents_of(path: Path) -> Iterator[str | bytes]:
    """Yield the bytes of a file and what is compressed in it."""
    data = path.read_bytes()
    yield data
    yield from _unpacked(data)
    if data[8:12] == b"DUCK":
        yield from _tables(path)


def _unpacked(data: bytes) -> Iterator[str | bytes]:
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(BytesIO(data)) as held:
            for entry in held.infolist():
                yield entry.filename
                yield held.read(entry)
                yield from _unpacked(held.read(entry))
    elif data.startswith(b"PAR1"):
        file = pq.ParquetFile(BytesIO(data))
        yield str(file.metadata.metadata) + str(file.schema_arrow)
        yield from _texts(file.read())


def _texts(table: pa.Table) -> Iterator[str]:
    for column in table.columns:
        kind = column.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if not pa.types.is_nested(kind):
            yield "\n".join(map(str, column.unique().to_pylist()))
        else:
            yield str(column.to_pylist())


def _tables(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
        ).fetchall()
        for schema, table, column in names:
            rows = connection.execute(
                f'select distinct "{column}"::varchar from "{schema}"."{table}"'
            ).fetchall()
            yield "\n".join([column, table, *(str(row[0]) for row in rows)])
