"""Tables that a release tells again: by period, in its database, for Excel.

A copy that says what another file says is read once; what a copy says beyond that is a table of its
own, and every attack is tried on it.
"""

from __future__ import annotations

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from equity_pipeline.audit.source import Source

CSV, ZIPPED = ".csv", ".csv.zip"
DICTIONARIES = {"ordlista", "kodlista"}
MARKED = r"^'([=+\-@\t\r])"  # a text that a spreadsheet would reckon stands behind a sign


def tables_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield each table for Excel of a file, with its name without the ending.

    Parameters
    ----------
    path
        Ends in ``.csv`` or ``.csv.zip``.
    """
    if path.name.endswith(ZIPPED):
        with zipfile.ZipFile(path) as packed:
            for name in packed.namelist():
                yield name.removesuffix(CSV), packed.read(name)
    else:
        yield path.stem, path.read_bytes()


def read_csv(raw: bytes, like: pa.Schema | None) -> pa.Table:
    """Return a table for Excel with the types of the same table elsewhere.

    Parameters
    ----------
    raw
        Semicolons between, a decimal comma, UTF-8.
    like
        The types of the columns that are known; those of others are as they look.

    Raises
    ------
    pyarrow.ArrowInvalid
        If it is no such table.

    Examples
    --------
    >>> types = pa.schema([("level", pa.string()), ("value", pa.float64())])
    >>> read_csv(b'"level";"value"\\n"\\'=a";"0,5"\\n', types).to_pylist()
    [{'level': '=a', 'value': 0.5}]
    """
    held = csv.read_csv(
        BytesIO(raw),
        csv.ReadOptions(use_threads=False),
        csv.ParseOptions(delimiter=";", newlines_in_values=True),
        csv.ConvertOptions(
            column_types=like,
            decimal_point=",",
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    for place, one in enumerate(held.schema):
        if pa.types.is_string(one.type):
            plain = pc.replace_substring_regex(held[one.name], MARKED, r"\1")
            held = held.set_column(place, one.name, plain)
    return held


def of_csv(path: Path, told: Sequence[Source]) -> Iterator[tuple[str, pa.Table]]:
    """Yield the tables of a file for Excel by form; the dictionaries are no tables of a form.

    Parameters
    ----------
    path
        Ends in ``.csv`` or ``.csv.zip``.
    told
        What other files tell: a table has the types that it has there.
    """
    for form, raw in tables_of(path):
        if form not in DICTIONARIES:
            types = [one.data.schema for one in told if one.form == form]
            yield form, read_csv(raw, types[0] if types else None)


def repeats(one: Source, others: Sequence[Source]) -> bool:
    """Return whether a table says only what another of its form says."""
    return any(
        other.form == one.form
        and other.data.column_names == one.data.column_names
        and other.data.num_rows == one.data.num_rows
        and all(_same(other.data[name], one.data[name]) for name in one.data.column_names)
        for other in others
    )


def _same(one: pa.ChunkedArray, other: pa.ChunkedArray) -> bool:
    try:
        return bool(one.combine_chunks().equals(other.cast(one.type).combine_chunks()))
    except pa.ArrowException:
        return False


def without_history(sources: Sequence[Source]) -> Iterator[Source]:
    """Yield the tables, those in folders by period without the rows that another table has too."""
    whole = {one.form: one.data for one in sources if "/" not in one.file}
    again: dict[str, list[Source]] = defaultdict(list)
    for one in sources:
        if "/" in one.file and one.form in whole and one.data.schema == whole[one.form].schema:
            again[one.form].append(one)
        else:
            yield one
    for form, copies in again.items():
        yield from rests(copies, whole[form])


def rests(copies: Sequence[Source], whole: pa.Table) -> Iterator[Source]:
    """Yield what each of some tables says beyond another of the same columns."""
    together = pa.concat_tables(one.data for one in copies)
    beyond = _rows("from one except from other", together, whole)
    if not beyond.num_rows:
        return  # told of all at once: that is what a good release is like
    for one in copies:
        rows = _rows("from one intersect from other", one.data, beyond)
        if rows.num_rows:
            yield Source(one.form, one.file, rows.cast(one.data.schema))


def _rows(query: str, one: pa.Table, other: pa.Table) -> pa.Table:
    with duckdb.connect() as connection:
        connection.register("one", one)
        connection.register("other", other)
        return connection.sql(f"{query} order by all").to_arrow_table()
