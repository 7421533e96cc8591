"""Builds the published database beside its name and closes it whole before it gets it.

It has the storage format of DuckDB 1.2, so that older clients (R, DBeaver) open it, and leaves
out the compressions that copy unused memory into the file: the same tables give the same bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts import how_to, readers
from equity_pipeline.extracts.database.comments import comment_tables
from equity_pipeline.extracts.database.objects import make_objects
from equity_pipeline.extracts.durable import flush_folder
from equity_pipeline.extracts.failpoint import failpoint

NAME = "equity.duckdb"
STORAGE_VERSION = "v1.2.0"
LOCKED = (
    # DuckDB 2.0 leaves gaps in blocks packed so, and writes into the gaps what memory held before;
    # fsst also draws its symbols anew each time
    "set disabled_compression_methods = 'fsst,roaring,alp,alprd,bitpacking'",
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)
#: the catalogue's columns whose words the database has otherwise
RENAMED = {
    "id": "indicator_id",
    "sv": "indicator_name_sv",
    "en": "indicator_name_en",
    "unit": "unit_of_measure",
    "kind": "measure_kind",
    "direction": "good_direction",
}


def build_database(
    tables: Mapping[str, DisclosedTable],
    catalogue: pa.Table,
    facts: Mapping[str, object],
    folder: Path,
    *,
    areas: pa.Table | None = None,
) -> Path:
    """Build ``equity.duckdb`` in a folder and return its path; the same tables, the same bytes.

    Parameters
    ----------
    tables
        The disclosed tables by form: in ``mart``; readiness also in ``quality``.
    catalogue
        One row an indicator, with any columns: ``ref.indicators``.
    facts
        What is to be known of the run: ``meta.run``, one fact a row.
    folder
        An existing folder.
    areas
        The region's areas, if they may be named: ``ref.areas``.

    Raises
    ------
    WarehouseError
        If a view or macro cannot be made, or the file was not closed whole.
    """
    path, beside = folder / NAME, folder / f"{NAME}.building"
    beside.unlink(missing_ok=True)
    failpoint("publish:before_database")
    with duckdb.connect(config={"threads": 1}) as con:
        _lock_in(con, folder)
        con.execute(f"attach '{_quoted(beside)}' as built (storage_version '{STORAGE_VERSION}')")
        con.execute("use built")
        con.execute("begin")  # each of a thousand comments would else be flushed to disk alone
        _fill(con, tables, {**_references(catalogue, facts, sorted(tables)), "ref.areas": areas})
        con.execute("commit")
        con.execute("use memory")
        con.execute("checkpoint built")
        con.execute("detach built")
    return _name(beside, path)


def _lock_in(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Leave the connection one folder of all that there is, and no way to change that."""
    con.execute(f"set allowed_directories = ['{_quoted(folder)}']")
    for order in LOCKED:
        con.execute(order)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _fill(
    con: duckdb.DuckDBPyConnection,
    tables: Mapping[str, DisclosedTable],
    references: Mapping[str, pa.Table | None],
) -> None:
    for schema, _, _ in readers.SCHEMAS:
        con.execute(f"create schema {schema}")
    for name, rows in references.items():
        if rows is not None:
            _table(con, name, rows)
    for form in sorted(tables):
        _table(con, f"mart.{form}", tables[form].data)
    make_objects(con, sorted(tables))
    comment_tables(con, sorted(tables))


def _table(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    con.register("incoming", rows)
    con.execute(f"create table {name} as select * from incoming")
    con.unregister("incoming")


def _references(
    catalogue: pa.Table, facts: Mapping[str, object], forms: list[str]
) -> dict[str, pa.Table]:
    return {
        "ref.indicators": _indicators(catalogue),
        "ref.dimensions": readers.dimensions(),
        "ref.levels": readers.levels(),
        "ref.codes": readers.codes(),
        "ref.table_register": readers.table_register(),
        "meta.run": readers.run_facts(facts),
        "meta.dictionary": readers.dictionary(forms),
        "meta.how_to": how_to.lines(),
        "meta.schemas": readers.schemas(),
    }


def _indicators(catalogue: pa.Table) -> pa.Table:
    """Return the catalogue under the names of the other tables, with lists as text."""
    names = [RENAMED.get(name, name) for name in catalogue.column_names]
    held = catalogue.rename_columns(names).to_pylist()
    rows = [{name: _flat(value) for name, value in row.items()} for row in held]
    return pa.Table.from_pylist(rows) if rows else catalogue.rename_columns(names)


def _flat(value: object) -> object:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _name(beside: Path, path: Path) -> Path:
    if beside.with_name(f"{beside.name}.wal").exists():
        raise WarehouseError(
            "The published database was not closed whole.",
            where=str(beside),
            mend="remove the file and publish again",
        )
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    beside.replace(path)
    flush_folder(path.parent)
    return path
