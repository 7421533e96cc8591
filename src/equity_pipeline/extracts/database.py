"""The published database: what came through the door, commented in both languages.

Built beside and closed before it is named, in the storage format of DuckDB 1.2, so that older
clients (R, DBeaver) open it. A table macro may bear the name of a table: ``mart.gap`` is the
table and ``mart.gap('VT01')`` the macro, in 1.2, 1.4 and 2.0 alike.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from equity_pipeline.disclosure.disclose import DisclosedTable
from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts import readers
from equity_pipeline.extracts.durable import flush_folder
from equity_pipeline.extracts.failpoint import failpoint
from equity_pipeline.vocabulary import Label, vocabulary
from equity_pipeline.warehouse.models import sql_folder

NAME = "equity.duckdb"
STORAGE_VERSION = "v1.2.0"
QUALITY_FORMS = ("readiness", "checks", "deliveries")
HEADER = "-- about:"


def build_database(
    tables: Mapping[str, DisclosedTable],
    catalogue: pa.Table,
    facts: Mapping[str, object],
    folder: Path,
    *,
    areas: pa.Table | None = None,
) -> Path:
    """Build ``equity.duckdb`` in a folder and return its path.

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
        for schema, _, _ in readers.SCHEMAS:
            con.execute(f"create schema {schema}")
        _references(con, catalogue, facts, sorted(tables), areas)
        for form in sorted(tables):
            _table(con, f"mart.{form}", tables[form].data)
            _comment_columns(con, f"mart.{form}")
        _objects(con, sorted(tables))
        _comment_tables(con, sorted(tables))
        con.execute("use memory")
        con.execute("checkpoint built")
        con.execute("detach built")
    return _name(beside, path)


LOCKED = (
    "set autoinstall_known_extensions = false",
    "set autoload_known_extensions = false",
    "set enable_external_access = false",
    "set lock_configuration = true",
)


def _lock_in(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Leave the connection one folder of all that there is, and no way to change that."""
    con.execute(f"set allowed_directories = ['{_quoted(folder)}']")
    for order in LOCKED:
        con.execute(order)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


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


def _table(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    con.register("incoming", rows)
    con.execute(f"create table {name} as select * from incoming")
    con.unregister("incoming")


def _references(
    con: duckdb.DuckDBPyConnection,
    catalogue: pa.Table,
    facts: Mapping[str, object],
    forms: list[str],
    areas: pa.Table | None,
) -> None:
    made = {
        "ref.indicators": catalogue,
        "ref.dimensions": readers.dimensions(),
        "ref.levels": readers.levels(),
        "ref.codes": readers.codes(),
        "ref.table_register": readers.table_register(),
        "meta.run": readers.run_facts(facts),
        "meta.dictionary": readers.dictionary(forms),
        "meta.how_to": readers.how_to(),
        "meta.schemas": readers.schemas(),
    }
    if areas is not None:
        made["ref.areas"] = areas
    for name, rows in made.items():
        _table(con, name, rows)


def _objects(con: duckdb.DuckDBPyConnection, forms: list[str]) -> None:
    """Make the views and macros of ``sql/published`` whose tables are there."""
    for form in QUALITY_FORMS:
        if form in forms:
            con.execute(f"create view quality.{form} as select * from mart.{form}")
    for path in sorted((sql_folder() / "published" / "views").glob("*.sql")):
        if _form_of(path) in forms:
            _make(con, path, f"create view mart.{path.stem} as")
            _comment(con, f"view mart.{path.stem}", _about(path))
            _comment_columns(con, f"mart.{path.stem}")
    for path in sorted((sql_folder() / "published" / "macros").glob("*.sql")):
        if _form_of(path) in forms:
            _make(con, path, f"create macro mart.{path.stem}(wanted) as table")
            _comment(con, f"macro table mart.{path.stem}", _about(path))


def _form_of(path: Path) -> str:
    return path.stem.removesuffix("_headline")


def _make(con: duckdb.DuckDBPyConnection, path: Path, head: str) -> None:
    try:
        con.execute(f"{head} {path.read_text('utf-8')}")
    except duckdb.Error as error:
        raise WarehouseError(
            f"The published object cannot be made: {error}",
            where=str(path),
            mend="a file of sql/published is one select over the tables of mart",
        ) from None


def _about(path: Path) -> Label:
    """Return the file's own words in English, those of its form in Swedish."""
    first = path.read_text("utf-8").splitlines()[0]
    if not first.startswith(HEADER):
        raise WarehouseError(
            "The file has no line '-- about: ...' in its head.",
            where=str(path),
            mend="begin the file with '-- about: ...' and '-- grain: key, key'",
        )
    return Label(vocabulary().forms[_form_of(path)].label.sv, first.removeprefix(HEADER).strip())


def _comment_tables(con: duckdb.DuckDBPyConnection, forms: list[str]) -> None:
    for form in forms:
        _comment(con, f"table mart.{form}", vocabulary().forms[form].label)
    for form in QUALITY_FORMS:
        if form in forms:
            _comment(con, f"view quality.{form}", vocabulary().forms[form].label)
    labels = {name: Label(sv, en) for name, sv, en in readers.SCHEMAS}
    query = "select schema_name, table_name from duckdb_tables() where database_name = 'built'"
    for schema, table in con.execute(f"{query} and comment is null order by all").fetchall():
        _comment(con, f"table {schema}.{table}", labels[schema])
        _comment_columns(con, f"{schema}.{table}")


def _comment_columns(con: duckdb.DuckDBPyConnection, name: str) -> None:
    known = vocabulary().columns
    for row in con.execute(f"describe {name}").fetchall():
        if row[0] in known:
            column = known[row[0]]
            unit = f" [{column.unit}]" if column.unit else ""
            words = Label(column.label.sv, f"{column.label.en}{unit}")
            _comment(con, f"column {name}.{row[0]}", words)


def _comment(con: duckdb.DuckDBPyConnection, what: str, label: Label) -> None:
    con.execute(f"comment on {what} is '{readers.both(label).replace(chr(39), chr(39) * 2)}'")
