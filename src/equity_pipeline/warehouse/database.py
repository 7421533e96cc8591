"""Opens the internal databases: protected folders and files, set limits, always closed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from equity_pipeline.errors import WarehouseError
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.lock import Lock

__all__ = ["Lock", "open_cells", "open_person"]

FOLDER_MODE = 0o700
PERSON_MODE = 0o600  # pseudonymised rows: the owner alone
CELLS_MODE = 0o640  # unsuppressed aggregates: the group of epidemiologists reads them
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
    with _open(settings, settings.person_database, PERSON_MODE, read_only) as connection:
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
    with _open(settings, settings.cells_database, CELLS_MODE, read_only) as connection:
        yield connection


@contextmanager
def _open(
    settings: Settings, path: Path, mode: int, read_only: bool
) -> Iterator[duckdb.DuckDBPyConnection]:
    spill = _protect(settings.internal)
    if read_only and not path.exists():
        raise WarehouseError(
            "The database does not exist yet.", where=str(path), mend="run the pipeline once"
        )
    connection = _connect(settings, path, spill, read_only)
    try:
        if not read_only:
            path.chmod(mode)  # said outright: what umask leaves is not for us to hope for
        connection.execute(f"set TimeZone = '{settings.region.time_zone}'")
        yield connection
    finally:
        connection.close()


def _protect(internal: Path) -> Path:
    """Make the protected folder and, in it, the one that DuckDB spills to; return the latter."""
    spill = internal / SPILL_FOLDER
    internal.mkdir(parents=True, exist_ok=True)
    spill.mkdir(exist_ok=True)
    for folder in (internal, spill):
        folder.chmod(FOLDER_MODE)
    return spill


def _connect(
    settings: Settings, path: Path, spill: Path, read_only: bool
) -> duckdb.DuckDBPyConnection:
    limits = {
        "threads": settings.run.threads,
        "memory_limit": settings.run.memory_limit,
        "temp_directory": str(spill),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,  # nothing depends on it, and it costs memory
    }
    try:
        return duckdb.connect(str(path), read_only=read_only, config=limits)  # type: ignore[arg-type]
    except duckdb.Error as error:
        raise WarehouseError(
            f"The database cannot be opened: {_first_line(error)}",
            where=str(path),
            mend="close the program that has it open, or restore the file",
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
