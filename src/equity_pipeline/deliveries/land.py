"""Loads a delivery folder into ``raw``: each file in one transaction, each row accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb

from equity_pipeline.deliveries.books import is_purged, next_night, waits_to_be_read_again
from equity_pipeline.deliveries.declared import check_declared
from equity_pipeline.deliveries.door import Door
from equity_pipeline.deliveries.layouts.layout import Layout, read_layout
from equity_pipeline.deliveries.passage import Progress
from equity_pipeline.deliveries.reading.find import absent_files, find_paths
from equity_pipeline.deliveries.schema import create_raw_schema
from equity_pipeline.deliveries.verdict import FileReport, LoadReport, Refusal
from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import Settings

__all__ = ["FileReport", "LoadReport", "create_raw_schema", "load", "take"]


def load(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    *,
    as_of: date,
    progress: Progress | None = None,
) -> LoadReport:
    """Load every new file of the delivery folder, and return what became of each.

    A refused file stops no other; ``raise_if_refused`` of the report stops the night. Without a
    delivery folder only the empty tables are made.

    Parameters
    ----------
    connection
        The open internal database, outside any transaction.
    as_of
        The date of the run; the day of files without a dated manifest.
    progress
        Called with one line of text for each file.

    Raises
    ------
    ConfigurationError
        If the folder is not there, or purpose, legal basis or owner is not declared.
    DeclarationError
        If a layout cannot be used.
    WarehouseError
        If rows are unaccounted for, or the tables are not those of the vocabulary.
    """
    create_raw_schema(connection)
    folder = settings.deliveries.folder
    if folder is None:
        return LoadReport()
    layouts = tuple(read_layout(path) for path in settings.deliveries.layouts)
    check_declared(settings, [one.name for one in layouts])
    _check_folder(folder)
    paths = find_paths(folder, layouts)
    taken = take(
        settings,
        connection,
        paths,
        layouts=layouts,
        as_of=as_of,
        folder=folder,
        progress=progress,
    )
    if waits_to_be_read_again(connection):
        again = take(
            settings,
            connection,
            paths,
            layouts=layouts,
            as_of=as_of,
            folder=folder,
            progress=progress,
        )
        taken = LoadReport((*taken.files, *(one for one in again.files if one.rows_loaded)))
    door = Door(settings, connection, layouts, as_of)
    missed = [name for name in absent_files(folder) if not is_purged(connection, name)]
    absent = [door.refuse(name, Refusal("manifest_file_absent")) for name in missed]
    return LoadReport((*taken.files, *absent))


def take(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    paths: Iterable[Path],
    *,
    layouts: Iterable[Layout],
    as_of: date,
    folder: Path | None = None,
    any_name: bool = False,
    progress: Progress | None = None,
) -> LoadReport:
    """Load exactly these files, in this order, and return what became of each.

    The order decides nothing but which is the newer of two files that nobody dates.

    Parameters
    ----------
    connection
        An open database, outside any transaction; the tables of ``raw`` are made where missing.
    layouts
        Tried in order; the first ``[[file]]`` whose pattern fits the name is used.
    folder
        The delivery folder, from which names in reports start; without it, each file's own.
    any_name
        A file that fits no pattern is read in the one ``[[file]]`` of the only layout given: for
        a caller who asks for that layout by name.
    progress
        Called with one line of text for each file.
    """
    create_raw_schema(connection)
    night = next_night(connection)
    first = Door(settings, connection, tuple(layouts), as_of, any_name, progress, night)
    first.clear()
    files = []
    for place, path in enumerate(paths):
        door = replace(first, night=night + place)
        for report in door.files(path, folder or path.parent):
            files.append(report)
            if progress is not None:
                progress(f"{report.name}: {report.verdict}, {report.rows_loaded} rows")
    return LoadReport(tuple(files))


def _check_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise ConfigurationError(
            "The delivery folder does not exist.",
            where=f"deliveries.folder = {folder}",
            mend="correct the path; a relative one starts from the configuration file",
        )
