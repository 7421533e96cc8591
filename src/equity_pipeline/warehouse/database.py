"""Opens the internal databases: logged, protected folders and files, set limits, always closed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb

from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.machine import of_the_machine
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.access_log import write_opening
from equity_pipeline.warehouse.lock import Lock

__all__ = ["Lock", "open_cells", "open_person", "open_to_look", "stop_unless_allowed"]

Database = Literal["person", "cells"]
FOLDER_MODE = 0o700
# with access.group: its members pass through to the cells, see no name, and new files are theirs
SHARED_FOLDER_MODE = 0o2710
PERSON_MODE = 0o600  # pseudonymised rows: the owner alone
CELLS_MODE = 0o640  # unsuppressed aggregates: the group in access.group reads them
PRIVATE = 0o077
SPILL_FOLDER = "spill"


@contextmanager
def open_person(
    settings: Settings, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database of pseudonymised rows, and close it whatever happens.

    Raises
    ------
    WarehouseError
        If the file cannot be opened, is held by another process, or does not exist when it
        shall only be read.

    Examples
    --------
    >>> import tempfile
    >>> from equity_pipeline.settings import RunSettings
    >>> with tempfile.TemporaryDirectory() as home:
    ...     chosen = Settings(run=RunSettings(home=Path(home)))
    ...     with open_person(chosen) as connection:
    ...         _ = connection.execute("create table counted as select 1 as n")
    ...     oct(chosen.person_database.stat().st_mode & 0o777)
    '0o600'
    """
    with _open(settings, "person", PERSON_MODE, read_only) as connection:
        yield connection


@contextmanager
def open_cells(
    settings: Settings, *, read_only: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the database of counted cells and unsuppressed forms, and close it whatever happens.

    Raises
    ------
    WarehouseError
        As for :func:`open_person`.
    """
    with _open(settings, "cells", CELLS_MODE, read_only) as connection:
        yield connection


@contextmanager
def open_to_look(settings: Settings, database: Database) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database for a person who looks: read-only, shut off from files, locked as it is.

    Nothing spills to the disk, so it works for those who may read the cells and write nothing.

    Raises
    ------
    WarehouseError
        As for :func:`open_person`.
    ConfigurationError
        If whoever runs the process may not read the database.
    """
    path = _path(settings, database)
    stop_unless_allowed(settings, database)
    _stop_unless_there(path)
    write_opening(settings, database=database, read_only=True)
    connection = _connect(settings, path, "", read_only=True)
    try:
        connection.execute(f"set TimeZone = '{settings.region.time_zone}'")
        connection.execute("set enable_external_access = false")
        connection.execute("set lock_configuration = true")
        yield connection
    finally:
        connection.close()


@contextmanager
def _open(
    settings: Settings, database: Database, mode: int, read_only: bool
) -> Iterator[duckdb.DuckDBPyConnection]:
    path = _path(settings, database)
    spill = _protect(settings)
    if read_only:
        _stop_unless_there(path)
    write_opening(settings, database=database, read_only=read_only)
    before = os.umask(PRIVATE)  # the log of unwritten rows that DuckDB keeps beside is as secret
    try:
        connection = _connect(settings, path, str(spill), read_only)
        try:
            if not read_only:
                path.chmod(mode)  # said outright: what umask leaves is not for us to hope for
            connection.execute(f"set TimeZone = '{settings.region.time_zone}'")
            yield connection
        except duckdb.Error as error:
            raise of_the_machine(error, str(path)) or error from None
        finally:
            connection.close()
    finally:
        os.umask(before)


def stop_unless_allowed(settings: Settings, database: Database) -> None:
    """Raise a ConfigurationError if whoever runs this process may not read a database."""
    path = _path(settings, database)
    if not path.parent.exists():
        return
    if os.access(path.parent, os.X_OK) and (not path.exists() or os.access(path, os.R_OK)):
        return
    raise ConfigurationError(
        f"This user may not read the {database} database.",
        where=str(path),
        mend="persons are read by the owner of the home only, cells also by the group in "
        "access.group",
    )


def _path(settings: Settings, database: Database) -> Path:
    return settings.person_database if database == "person" else settings.cells_database


def _stop_unless_there(path: Path) -> None:
    if not path.exists():
        raise WarehouseError(
            "The database does not exist yet.", where=str(path), mend="run the pipeline once"
        )


def _protect(settings: Settings) -> Path:
    """Make the protected folder and, in it, the one that DuckDB spills to; return the latter."""
    internal, spill = settings.internal, settings.internal / SPILL_FOLDER
    internal.mkdir(parents=True, exist_ok=True)
    spill.mkdir(exist_ok=True)
    spill.chmod(FOLDER_MODE)
    if settings.access.group:
        _share(settings)
    else:
        internal.chmod(FOLDER_MODE)
    return spill


def _share(settings: Settings) -> None:
    """Let the group that may read the cells pass through to them."""
    group = settings.access.group
    try:
        shutil.chown(settings.internal, group=group)
        settings.internal.chmod(SHARED_FOLDER_MODE)
        if settings.cells_database.exists():
            shutil.chown(settings.cells_database, group=group)
    except (LookupError, PermissionError):
        raise ConfigurationError(
            "The group of those who may read cells is not there, or the owner is not in it.",
            where=f"access.group = {group}",
            mend="make the group and let the owner of the home be a member of it",
        ) from None


def _connect(
    settings: Settings, path: Path, spill: str, read_only: bool
) -> duckdb.DuckDBPyConnection:
    limits = {
        "threads": settings.run.threads,
        "memory_limit": settings.run.memory_limit,
        "temp_directory": spill,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,  # nothing depends on it, and it costs memory
    }
    try:
        return duckdb.connect(str(path), read_only=read_only, config=limits)  # type: ignore[arg-type]
    except duckdb.Error as error:
        raise of_the_machine(error, str(path)) or WarehouseError(
            f"The database cannot be opened: {_first_line(error)}",
            where=str(path),
            mend="close the program that has it open, or restore the file",
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
