"""Holds every cell of a release's files against its parquet files: database, CSV, workbooks.

Nothing of the code that writes them is used: a workbook is read as its XML, by the words of its own
dictionary and code list.
"""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

SHEETS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
FIRST_DAY = date(1899, 12, 30)  # day 0 of a workbook
NOT_IN_NAMES = str.maketrans("", "", "[]:*?/\\'")
FORMULA = r"^[=+\-@\t\r]"
DIMENSION = "dimension"
LEVELS = ("focus_level", "reference_level", "bounds_level", "scenario_level", "worse_off_level")
OTHER_LEVELS = {
    "strat2_level": "strat2_dimension",
    "population_level": "population_dimension",
    "within_focus_level": "within_dimension",
    "within_reference_level": "within_dimension",
}
Rows = list[dict[int, Any]]
Words = dict[tuple[str, str], str]


@dataclass
class Held:
    """How many cells were compared, by where they stand and by card, and what differs."""

    cells: Counter[str] = field(default_factory=Counter)
    cards: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def note(self, where: str, compared: int, faults: Sequence[str] = ()) -> None:
        """Count cells that were compared, with those that differ."""
        self.cells[where] += compared
        self.faults += [f"{where}: {one}" for one in faults]


def of_files(release: Path, units: int | None = None) -> Held:
    """Return what was compared of a release, of its open part and of its units' own folders.

    Parameters
    ----------
    units
        Of how many units, all unless given.
    """
    held, words = Held(), _words_of(release)
    _of_folder(release, held, "", words)
    _in_database(release, held)
    _in_history(release, held)
    if (release / "open").is_dir():
        _of_folder(release / "open", held, "open ", words)
    for unit in sorted((release / "units").glob("*"))[:units]:
        _of_folder(unit, held, "unit ", words)
    return held


def _words_of(release: Path) -> Words:
    """Return the words of every dimension and of its levels, as the database tells them."""
    with duckdb.connect(str(release / "equity.duckdb"), read_only=True) as connection:
        levels = connection.sql("select dimension, level, label_sv from ref.levels").fetchall()
        named = connection.sql("select dimension, label_sv from ref.dimensions").fetchall()
    return {(f"level of {one}", level): words for one, level, words in levels} | {
        (DIMENSION, one): words for one, words in named
    }


def _of_folder(folder: Path, held: Held, name: str, words: Words) -> None:
    tables = {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}
    for form, rows in tables.items():
        read = _csv(folder / "csv" / f"{form}.csv", rows.schema)
        _columns(f"{name}csv", form, rows, read, held)
    for path in sorted([*folder.glob("excel/*.xlsx"), *folder.glob("*.xlsx")]):
        _in_workbook(path, tables, words, f"{name}workbook", held)


def _in_database(release: Path, held: Held) -> None:
    with duckdb.connect(str(release / "equity.duckdb"), read_only=True) as connection:
        for path in sorted(release.glob("*.parquet")):
            rows = pq.read_table(path)
            read = connection.sql(f"from mart.{path.stem}").to_arrow_table()
            _columns("database", path.stem, rows, read, held)


def _in_history(release: Path, held: Held) -> None:
    """Every row of a table stands in its period's file, and no other row of those periods."""
    with duckdb.connect() as connection:
        for path in sorted(release.glob("*.parquet")):
            files = sorted(str(one) for one in release.glob(f"history/*/{path.name}"))
            if not files:
                continue
            mine = f"from '{path}'"
            periods = f"from read_parquet({files}, hive_partitioning = false)"
            n = connection.sql(f"select count(*) from ({mine} except all {periods})").fetchall()
            told, of_periods = pq.read_metadata(path), connection.sql(f"select count(*) {periods}")
            is_same = n == [(0,)] and of_periods.fetchall() == [(told.num_rows,)]
            wrong = [] if is_same else [f"{path.stem} has other rows"]
            held.note("history", told.num_rows * told.num_columns, wrong)


def _columns(where: str, form: str, rows: pa.Table, read: pa.Table, held: Held) -> None:
    if read.column_names != rows.column_names or read.num_rows != rows.num_rows:
        held.note(where, 0, [f"{form} has other columns or rows"])
        return
    faults = [
        f"{form}.{name} differs"
        for name in rows.column_names
        if not _plain(read[name]).equals(_plain(_as_text(rows[name], where)))
    ]
    held.note(where, rows.num_rows * rows.num_columns, faults)


def _as_text(column: pa.ChunkedArray, where: str) -> pa.ChunkedArray:
    """Return texts as a file for Excel has them: none begins as a formula does."""
    if not where.endswith("csv") or not pa.types.is_string(column.type):
        return column
    quoted = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(pc.match_substring_regex(column, FORMULA), quoted, column)


def _plain(column: pa.ChunkedArray) -> pa.Array:
    kind = pa.string() if pa.types.is_large_string(column.type) else column.type
    return column.cast(kind).combine_chunks()


def _csv(path: Path, schema: pa.Schema) -> pa.Table:
    text = path.read_bytes() if path.exists() else _unpacked(path.with_name(f"{path.name}.zip"))
    return pa.csv.read_csv(
        io.BytesIO(text.removeprefix(b"\xef\xbb\xbf")),
        parse_options=pa.csv.ParseOptions(delimiter=";", newlines_in_values=True),
        convert_options=pa.csv.ConvertOptions(
            column_types={one.name: one.type for one in schema},
            decimal_point=",",
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _unpacked(path: Path) -> bytes:
    with zipfile.ZipFile(path) as packed:
        (name,) = packed.namelist()
        return packed.read(name)


def _in_workbook(
    path: Path, tables: dict[str, pa.Table], words: Words, where: str, held: Held
) -> None:
    book = dict(read_sheets(path))
    dictionary, codes = [*book][-3:-1]
    words = words | {(one[0], one[2]): one[1] for one in book[codes][1:]}
    for name in [*book][1:-3]:
        told = {one[1]: one for one in book[dictionary][1:] if one[0] == name}
        at = next(n for n, row in enumerate(book[name]) if len(row) > 2)
        head, body = book[name][at], book[name][at + 1 :]
        form = _form_of(name, tables)
        columns = [told[head[place]] for place in sorted(head)]
        _sheet(tables[form], columns, body, words, (where, f"{path.name} {name}"), held)


def _form_of(sheet: str, tables: dict[str, pa.Table]) -> str:
    """Return the form of a sheet by its code and name, which the parquet files bear."""
    found = []
    for form, rows in tables.items():
        told = {one.decode(): words.decode() for one, words in rows.schema.metadata.items()}
        for title in (told["title_sv"], told["title_en"]):
            whole = f"{told['form_code']} {title}".translate(NOT_IN_NAMES)
            if sheet == whole or (sheet[-1] == "…" and whole.startswith(sheet[:-1])):
                found.append(form)
    (one,) = {*found}
    return one


def _sheet(
    rows: pa.Table,
    columns: Sequence[dict[int, Any]],
    body: Rows,
    words: Words,
    where: tuple[str, str],
    held: Held,
) -> None:
    """Each row of a sheet is one of the parquet file's: same texts and days, same numbers."""
    names = [one[2] for one in columns]
    shown = [_shown(rows, one, words) for one in columns]
    texts = [n for n, name in enumerate(names) if not pa.types.is_floating(rows[name].type)]
    found: dict[tuple[Any, ...], list[int]] = {}
    for at, key in enumerate(zip(*(shown[n] for n in texts), strict=True)):
        found.setdefault(key, []).append(at)
    faults = []
    for line in body:
        read = [_read(line.get(n), rows[name].type) for n, name in enumerate(names)]
        same = found.get(tuple(read[n] for n in texts), [])
        if not any(read == [one[at] for one in shown] for at in same):
            faults.append(f"{where[1]}: a row is in no parquet file: {read[:8]}")
    held.note(where[0], len(body) * len(names), faults)


def _shown(rows: pa.Table, column: dict[int, Any], words: Words) -> list[Any]:
    name, codes = column[2], column.get(5)
    values = rows[name].to_pylist()
    of = OTHER_LEVELS.get(name) or next(
        (one for one in rows.column_names if one in (DIMENSION, "structure_dimension")), None
    )
    if codes is not None:
        return [words.get((codes, one), one or None) for one in values]
    if name in (*LEVELS, *OTHER_LEVELS) and of is not None:
        pairs = zip(rows[of].to_pylist(), values, strict=True)
        return [words.get((f"level of {one}", level), level) for one, level in pairs]
    if name.endswith(DIMENSION):
        return [words.get((DIMENSION, one), one) for one in values]
    if pa.types.is_floating(rows[name].type):
        return [None if one is None or one != one else float(f"{one:.16G}") for one in values]
    return [one or None if isinstance(one, str) else one for one in values]


def _read(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pa.types.is_date(kind):
        return FIRST_DAY + timedelta(days=int(value))
    return int(value) if pa.types.is_integer(kind) else value


def read_sheets(path: Path) -> Iterator[tuple[str, Rows]]:
    """Yield each sheet of a workbook: its name, and of each row the values by column."""
    with zipfile.ZipFile(path) as book:
        shared: list[str] = []
        if "xl/sharedStrings.xml" in book.namelist():
            root = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(one.itertext()) for one in root]
        root = ElementTree.fromstring(book.read("xl/workbook.xml"))
        for number, sheet in enumerate(root.iter(f"{SHEETS}sheet"), start=1):
            rows = ElementTree.fromstring(book.read(f"xl/worksheets/sheet{number}.xml"))
            yield sheet.attrib["name"], [
                {_place(cell.attrib["r"]): value for cell in row
                 if (value := _value(cell, shared)) is not None}
                for row in rows.iter(f"{SHEETS}row")
            ]  # fmt: skip


def _value(cell: ElementTree.Element, shared: Sequence[str]) -> Any:
    if not len(cell):
        return None
    kind, first = cell.get("t"), cell[0]
    if kind == "inlineStr":
        return "".join(first.itertext())
    text = first.text or ""
    if kind == "s":
        return shared[int(text)]
    return text == "1" if kind == "b" else float(text)


def _place(reference: str) -> int:
    return _column(reference.rstrip("0123456789"))


@cache
def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1
