"""Personal numbers, anywhere in a release."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import Finding, Key
from equity_pipeline.audit.release import open_database
from equity_pipeline.audit.source import Source

ATTACK = "personal_number"
TEXT = {".html", ".htm", ".json", ".md", ".txt", ".csv", ".svg", ".js", ".css", ".xml", ""}
FORM = re.compile(r"(?<![\w.,])(?:18|19|20)?\d{6}[-+ ]?\d{4}(?![\w]|[.,]\d)")
COORDINATION = 60  # added to the day of a coordination number
LONGEST = 10  # digits that are checked
BLOCK, MARGIN = 65_536, 64  # bytes that are looked at together, and how far they overlap
DIGITS = r"(?:^|[^\w.,])(?:18|19|20)?\d{6}[-+ ]?\d{4}(?:\W|$)"  # as FORM, and a little more
ABOUT = (
    "select comment from duckdb_tables() where comment is not null",
    "select comment from duckdb_columns() where comment is not null",
    "select concat_ws(' ', comment, sql) from duckdb_views() where not internal",
)
TEXTS = """
    select schema_name, table_name, column_name from duckdb_columns()
    where not internal and schema_name <> 'mart' and data_type = 'VARCHAR'
    and table_name in (select table_name from duckdb_tables())
"""


def attack(by: Attacker) -> list[Finding]:
    """Return where a personal number stands; the number itself is never told."""
    found = [one for source in by.release.sources for one in _of_table(source)]
    for path in by.release.files():
        if any(holds_number(text) for text in _texts(path)):
            name = path.relative_to(by.release.folder).as_posix()
            found.append(Finding(ATTACK, Key(), "", name, "a personal number"))
    return found


def holds_number(text: str) -> bool:
    """Return whether a text holds a personal or coordination number.

    Examples
    --------
    >>> holds_number("ring 19121212-1212"), holds_number("1912121213")
    (True, False)
    """
    return any(_is_number(one.group()) for one in FORM.finditer(text))


def _is_number(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    century = int(digits[:2]) if len(digits) > LONGEST else 19
    ten = digits[-LONGEST:]
    day = int(ten[4:6]) % COORDINATION if int(ten[4:6]) > COORDINATION else int(ten[4:6])
    try:
        date(century * 100 + int(ten[:2]), int(ten[2:4]), day)
    except ValueError:
        return False
    doubled = [int(one) * (2 - place % 2) for place, one in enumerate(ten)]
    return sum(one // 10 + one % 10 for one in doubled) % 10 == 0


def _of_table(source: Source) -> Iterator[Finding]:
    for name in source.data.column_names:
        column = source.data[name]
        if pa.types.is_string(column.type) or pa.types.is_integer(column.type):
            values = pc.unique(column.drop_null()).cast(pa.string()).to_pylist()
            if any(holds_number(one) for one in values):
                yield Finding(ATTACK, Key(), name, source.file, "a personal number")


def _texts(path: Path) -> Iterator[str]:
    if path.suffix.lower() in TEXT:
        yield from likely(path.read_bytes())
    elif path.suffix == ".duckdb":
        with open_database(path) as connection:
            yield from _words(connection)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as book:
            for name in book.namelist():
                yield from likely(book.read(name))


def likely(raw: bytes) -> Iterator[str]:
    """Yield the parts of a text in which as many digits stand together as a personal number has.

    A workbook or a table for Excel is a hundred megabytes, and next to nothing of it is like that.

    Examples
    --------
    >>> [*likely(b"n = 3"), *likely(b"ring 19121212-1212")]
    ['ring 19121212-1212']
    """
    starts = range(0, len(raw), BLOCK)
    blocks = [raw[max(start - MARGIN, 0) : start + BLOCK + MARGIN] for start in starts]
    if blocks:
        hit = pc.match_substring_regex(pa.array(blocks, pa.binary()), DIGITS)
        for one in pc.indices_nonzero(hit).to_pylist():
            yield blocks[one].decode("utf-8", errors="replace")


def _words(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Yield the words beside the tables of a database: comments, views, and texts of reference."""
    for query in ABOUT:
        yield from (str(one) for (one,) in connection.execute(query).fetchall())
    for schema, table, column in connection.execute(TEXTS).fetchall():
        held = connection.execute(f'select distinct "{column}" from "{schema}"."{table}"')
        yield from (str(one) for (one,) in held.fetchall())
