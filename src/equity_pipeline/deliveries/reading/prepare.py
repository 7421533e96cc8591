"""A delivered table made ready by SQL: columns are added from the tables that stand beside it.

A layout names a file of ``sql/`` that selects from ``delivered``, the file's own rows as text, and
from the tables declared as ``beside``. It returns each row once, by ``__row_number``; what it adds
is judged like delivered columns are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from equity_pipeline.bundled import bundled
from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.layouts.quoting import quoted
from equity_pipeline.deliveries.layouts.rules import Beside
from equity_pipeline.deliveries.reading.batch import ROW, Batch, empty_table
from equity_pipeline.deliveries.reading.read import Parsed, parse
from equity_pipeline.errors import DeclarationError
from equity_pipeline.settings import RunSettings

BATCH_ROWS = 100_000
DELIVERED = "delivered"
Opener = Callable[[str], AbstractContextManager[tuple[Path, str] | None]]


@contextmanager
def own_database(folder: Path, run: RunSettings) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that spills into a protected folder, and close it."""
    limits: dict[str, str | bool | int | float | list[str]] = {
        "threads": run.threads,
        "memory_limit": run.memory_limit,
        "temp_directory": str(folder),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(config=limits)
    try:
        yield connection
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A parsed file with the columns that its SQL adds; read in batches like any other."""

    connection: duckdb.DuckDBPyConnection
    header: tuple[str, ...]
    lines: int
    ragged: tuple[tuple[int, tuple[str, ...]], ...]

    def batches(self) -> Iterator[Batch]:
        """Yield the rows in their order; each call begins again."""
        if self.ragged:
            yield Batch(empty_table(self.header), self.ragged)
        texts = ", ".join(f"cast({quoted(one)} as varchar) as {quoted(one)}" for one in self.header)
        rows = self.connection.cursor().sql(f"select {texts}, {ROW} from prepared order by {ROW}")
        read = 0
        for part in rows.to_arrow_reader(BATCH_ROWS) or ():
            read += part.num_rows
            yield Batch(pa.Table.from_batches([part]), (), read / max(self.lines, 1))


def prepared(
    connection: duckdb.DuckDBPyConnection, parsed: Parsed, layout: FileLayout, beside: Opener
) -> Prepared:
    """Return a file with the columns that the layout's SQL adds.

    Parameters
    ----------
    connection
        A database of its own, that nothing else is kept in.
    beside
        Opens the file whose bare name fits a pattern, or gives None.

    Raises
    ------
    DeclarationError
        If the SQL cannot be run, or does not return every row once.
    Refusal
        What reading the tables beside refuses.
    """
    ragged = _land(connection, DELIVERED, parsed, parsed.header)
    for one in layout.beside:
        _land_beside(connection, one, layout, beside)
    where = f"sql/{layout.prepare}"
    query = (bundled("sql") / str(layout.prepare)).read_text("utf-8")
    fault = ""
    try:
        connection.execute(f"create or replace table prepared as {query.rstrip().rstrip(';')}")
    except duckdb.Error as error:
        fault = _words(error)
    if fault:
        raise DeclarationError(f"The SQL of the layout could not be run ({fault}).", where=where)
    rows, again = _count(connection, DELIVERED), _count(connection, "prepared")
    if rows != again:
        raise DeclarationError(f"{rows} rows went in and {again} came out.", where=where)
    names = [row[0] for row in connection.execute("describe prepared").fetchall()]
    header = tuple(name for name in names if name != ROW)
    return Prepared(connection, header, rows, ragged)


def _land(
    connection: duckdb.DuckDBPyConnection, name: str, parsed: Parsed, columns: Sequence[str]
) -> tuple[tuple[int, tuple[str, ...]], ...]:
    listed = ", ".join(f"{quoted(column)} varchar" for column in columns)
    connection.execute(f"create or replace table {quoted(name)} ({listed}, {ROW} bigint)")
    ragged: list[tuple[int, tuple[str, ...]]] = []
    for batch in parsed.batches():
        ragged.extend(batch.ragged)
        connection.register("arriving", batch.table)
        empty_is_null = ", ".join(
            f"nullif(trim({quoted(column)}), '') as {quoted(column)}" for column in columns
        )
        connection.execute(
            f"insert into {quoted(name)} select {empty_is_null}, {ROW} from arriving"
        )
        connection.unregister("arriving")
    return tuple(ragged)


def _land_beside(
    connection: duckdb.DuckDBPyConnection, one: Beside, layout: FileLayout, beside: Opener
) -> None:
    with beside(f"{one.name}.*") as held:
        if held is not None:
            path, name = held
            alone = {"entity": (), "checked": (), "rule": (), "ignored": (), "only": one.columns}
            parsed = parse(path, layout.model_copy(update=alone), name)
            _land(connection, one.name, parsed, one.columns)
            return
    listed = ", ".join(f"{quoted(column)} varchar" for column in one.columns)
    connection.execute(f"create or replace table {quoted(one.name)} ({listed})")


def _words(error: duckdb.Error) -> str:
    # What is wrong with the text of the SQL is told; any other words may quote a row.
    kind = type(error).__name__
    about_text = isinstance(error, duckdb.BinderException | duckdb.CatalogException)
    about_text = about_text or isinstance(error, duckdb.ParserException)
    return f"{kind}: {str(error).splitlines()[0]}" if about_text else kind


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"select count(*) from {table}").fetchall()[0][0])
