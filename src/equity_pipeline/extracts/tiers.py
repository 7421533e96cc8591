"""What a release has beside its tables: files for Excel, the dictionary, periods, other tiers.

``excel/`` has the workbooks. ``open/`` is the release for everybody: counts rounded, shares
reckoned from them. ``units/`` has a folder for each unit, which only the owner of the files may
open until it is handed to the unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from equity_pipeline.disclosure.disclose import DisclosedTable, Disclosure
from equity_pipeline.extracts import readers
from equity_pipeline.extracts.excel_csv import write_csv
from equity_pipeline.extracts.manifest import write_changes, write_datapackage
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.periods import write_periods
from equity_pipeline.extracts.places import CODES, CSV, DICTIONARY, OPEN, UNITS
from equity_pipeline.extracts.units import write_unit_workbooks, write_units
from equity_pipeline.extracts.workbook import write_workbooks

Tables = Mapping[str, DisclosedTable]


def write_beside(
    disclosed: Disclosure,
    folder: Path,
    facts: Mapping[str, object],
    *,
    tiers: Iterable[str] = (),
    sources: Sequence[Mapping[str, str]] = (),
    previous: Path | None = None,
) -> Mapping[str, Tables]:
    """Write what a release has beside its tables, and return the own tables of each unit.

    Parameters
    ----------
    disclosed
        What came through the door.
    folder
        The release, in which the tables stand already.
    facts
        What is to be known of the run, with ``run_id``.
    tiers
        The tiers published beside it: ``open``, ``unit``.
    sources
        As `write_datapackage` takes them.
    previous
        The release before: periods that are no longer told of are kept from it.
    """
    write_for_excel(disclosed.tables, folder, zipped=True)
    write_workbooks(disclosed.tables, folder, facts, sources)
    write_periods(disclosed.tables, folder, previous)
    if "open" in tiers:
        before = previous / OPEN if previous is not None else None
        write_open(disclosed.of("open"), folder / OPEN, facts, sources, before)
    units = disclosed.of_units() if "unit" in tiers else {}
    if "unit" in tiers:
        write_units(units, folder / UNITS, facts, sources)
        write_unit_workbooks(units, folder / UNITS, facts, sources)
    return units


def write_open(
    tables: Tables,
    folder: Path,
    facts: Mapping[str, object],
    sources: Sequence[Mapping[str, str]] = (),
    previous: Path | None = None,
) -> Path:
    """Write the release for everybody into a new folder and return it."""
    folder.mkdir()
    for form in sorted(tables):
        write_parquet(tables[form], folder)
    write_for_excel(tables, folder)
    write_datapackage(folder, facts, sources=sources)
    there = previous if previous is not None and previous.is_dir() else None
    write_changes(folder, there, facts)
    return folder


def write_for_excel(tables: Tables, folder: Path, *, zipped: bool = False) -> None:
    """Write each table for Excel below ``csv``, and beside them what columns and codes mean."""
    (folder / CSV).mkdir()
    for form in sorted(tables):
        write_csv(tables[form].data, folder / CSV / f"{form}.csv", zipped=zipped)
    write_csv(readers.dictionary(sorted(tables)), folder / DICTIONARY)
    write_csv(readers.code_list(), folder / CODES)
