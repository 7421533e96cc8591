"""A folder for each unit with what is its own: nothing in it names another unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.extracts import readers
from equity_pipeline.extracts.excel_csv import as_bytes, swedish
from equity_pipeline.extracts.manifest import write_datapackage
from equity_pipeline.extracts.parquet import described_schema, write_rows
from equity_pipeline.extracts.places import CODES, CSV, DICTIONARY
from equity_pipeline.extracts.workbook.write import period_of, write_working

Tables = Mapping[str, DisclosedTable]
QUICK = "snappy"  # zstd saves nothing on a few hundred rows and takes twice as long


def write_units(
    units: Mapping[str, Tables],
    folder: Path,
    facts: Mapping[str, object],
    sources: Sequence[Mapping[str, str]] = (),
) -> list[Path]:
    """Write the own extract of each unit below a new folder and return the units' folders.

    Parameters
    ----------
    units
        The unit tier's tables of each unit, by its code.
    folder
        ``units`` of a release.
    facts
        What is to be known of the run.
    sources
        As `write_datapackage` takes them.
    """
    for unit in units:
        (unit_folder(folder, unit) / CSV).mkdir(parents=True)
    folder.mkdir(exist_ok=True)
    for form in sorted({form for tables in units.values() for form in tables}):
        _write_form(
            form, {unit: held[form] for unit, held in units.items() if form in held}, folder
        )
    for unit, tables in units.items():
        place = unit_folder(folder, unit)
        for name, text in _words(tuple(sorted(tables))).items():
            (place / name).write_bytes(text)
        write_datapackage(place, {**facts, "unit_code": unit}, sources=sources)
    return [unit_folder(folder, unit) for unit in units]


def write_unit_workbooks(
    units: Mapping[str, Tables],
    folder: Path,
    facts: Mapping[str, object],
    sources: Sequence[Mapping[str, str]] = (),
) -> list[Path]:
    """Write a workbook into the folder of each unit and return the files.

    Parameters
    ----------
    units, folder, facts, sources
        As `write_units` takes them.
    """
    made = []
    for unit, tables in units.items():
        path = unit_folder(folder, unit) / f"equity_{period_of(tables)}_sv.xlsx"
        made.append(write_working(tables, path, {**facts, "unit_code": unit}, sources))
    return made


def _write_form(form: str, tables: Tables, folder: Path) -> None:
    """Write one form of every unit: described and made Swedish once for all of them."""
    every = pa.concat_tables([one.data for one in tables.values()])
    rows = every.cast(described_schema(next(iter(tables.values()))))
    texts, start = swedish(every), 0
    for unit, table in tables.items():
        place, size = unit_folder(folder, unit), table.data.num_rows
        write_rows(rows.slice(start, size), place / f"{form}.parquet", compression=QUICK)
        (place / CSV / f"{form}.csv").write_bytes(as_bytes(texts.slice(start, size)))
        start += size


@cache
def _words(forms: tuple[str, ...]) -> Mapping[str, bytes]:
    """Return the dictionary and the codes, as files, of the forms that a unit has."""
    held = {DICTIONARY: readers.dictionary(forms), CODES: readers.code_list()}
    return {name: as_bytes(swedish(rows)) for name, rows in held.items()}


def unit_folder(folder: Path, unit: str) -> Path:
    """Return where the files of a unit lie; no code leads out of the folder.

    Examples
    --------
    >>> unit_folder(Path("units"), "SE2321-E01").name, unit_folder(Path("units"), "../a").name
    ('SE2321-E01', '%2E.%2Fa')
    """
    safe = quote(unit, safe="")
    return folder / (f"%2E{safe[1:]}" if safe.startswith(".") else safe)
