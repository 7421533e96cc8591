"""Looks for personal numbers and keys in every byte that a run leaves behind.

Numbers are sought in all written forms, in other encodings of text, in base64 and hex, as whole
numbers and floats, and in what parquet, workbooks, archives and databases hold compressed.
"""

from __future__ import annotations

import base64
import hashlib
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
_READ: dict[tuple[bytes, tuple[str, ...]], frozenset[str]] = {}
BETWEEN = 4  # signs that may stand between day and last digits
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


@dataclass(frozen=True)
class Canary:
    """A secret: what it may stand as, and a form that is sought where its ``end`` is."""

    name: str
    literals: tuple[bytes, ...]
    end: str = ""
    form: re.Pattern[str] | None = None

    def is_in(self, content: str | bytes) -> bool:
        data = content.encode("utf-8", "replace") if isinstance(content, str) else content
        # Searching for texts is fast, for forms it is not, and most contents hold no such end.
        if any(one in data for one in self.literals):
            return True
        if self.form is None or self.end.encode() not in data:
            return False
        return self.form.search(data.decode("latin-1")) is not None


def number(digits: str) -> Canary:
    """A personal number in any form."""
    day, last = digits[2:8], digits[8:]
    split = "[^0-9]{0,2}".join((day[:2], day[2:4], day[4:])) + f"[^0-9]{{0,{BETWEEN}}}{last}"
    written = [f"{digits[:8]}-{last}", f"{day}-{last}", f"{day}+{last}", digits, digits[2:]]
    whole = [int(digits), int(digits[2:])]
    numbers = [struct.pack("<q", one) for one in whole] + [struct.pack("<d", one) for one in whole]
    form = re.compile(_alone(digits, split))
    return Canary(digits, (*dict.fromkeys(_coded(written)), *numbers), last, form)


def _alone(digits: str, form: str) -> str:
    """A number of one pair of digits over and over is none where the pair goes on around it.

    A column of the region's code, 12, or 7/33 as a decimal would otherwise be taken for it.
    """
    pairs = {digits[place : place + 2] for place in range(2, len(digits), 2)}
    if len(pairs) > 1:
        return form
    [pair] = pairs
    return f"(?<![{pair}]){form}(?![{pair}])"


def secret(text: str) -> Canary:
    """A key as it stands in its file, and as bytes."""
    coded = [text.encode(), *_coded([text])]
    coded += [bytes.fromhex(text)] if re.fullmatch("(?:[0-9a-f]{2})+", text) else []
    return Canary(f"key {text[:4]}", tuple(coded))


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
    sought = tuple(canaries)
    for path in sorted(path for path in folder.rglob("*") if not path.is_symlink()):
        name = str(path.relative_to(folder))
        within = _in_file(path, sought) if path.is_file() else frozenset()
        found += [
            f"{one.name} in {name}" for one in sought if one.name in within or one.is_in(name)
        ]
    return found


def _in_file(path: Path, sought: tuple[Canary, ...]) -> frozenset[str]:
    # Releases and candidates hold the same bytes many times over; each is read once.
    key = (hashlib.sha256(path.read_bytes()).digest(), tuple(one.name for one in sought))
    if key not in _READ:
        contents = list(contents_of(path))
        _READ[key] = frozenset(one.name for one in sought if any(map(one.is_in, contents)))
    return _READ[key]


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
            texts = column.unique().cast(pa.string())
            yield "\n".join(one for one in texts.to_pylist() if one and len(one) >= 10)
        else:
            yield str(column.to_pylist())


def _tables(path: Path) -> Iterator[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "select table_schema, table_name, column_name from information_schema.columns"
        ).fetchall()
        for schema, table, column in names:
            text = f'"{column}"::varchar'
            rows = connection.execute(
                f'select distinct {text} from "{schema}"."{table}" where length({text}) >= 10'
            ).fetchall()
            yield "\n".join([column, table, *(str(row[0]) for row in rows)])
