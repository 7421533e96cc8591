"""The file of cells: made beside and put in place whole; wide tables in it, and views on them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.layout import (
    MISSING_TABLE,
    PLAIN,
    TABLES,
    CellTable,
    PlainTable,
    type_of,
)
from equity_pipeline.indicators.measures import Measure
from equity_pipeline.vocabulary import MISSING

MODE = 0o640
WIDE = "wide"
# tables of millions of cells hold their words as codes; one of them is read so as well
CODED = frozenset({"one_way", "two_way"})
READ_AS_CODES = ("one_way",)


@contextmanager
def source(
    person: Connection | Path, spill: Path, threads: int | None, memory_limit: str | None
) -> Iterator[tuple[Connection, str]]:
    """Yield a connection for the work, and the name of the schema with the facts."""
    if not isinstance(person, Path):
        with person.cursor() as cursor:
            yield cursor, "mart"
        return
    with duckdb.connect(config={"temp_directory": str(spill / "spill")}) as connection:
        if threads:
            connection.execute(f"set threads = {int(threads)}")
        if memory_limit:
            connection.execute("set memory_limit = ?", [memory_limit])
        connection.execute(f"attach {_quoted(person)} as person (read_only)")
        yield connection, "person.mart"


@contextmanager
def building(connection: Connection, cells: Path) -> Iterator[None]:
    """Attach a new file as ``cells``; put it in place only when all went well."""
    beside = cells.with_name(f"{cells.name}.building")
    for old in (beside, beside.with_name(f"{beside.name}.wal")):
        old.unlink(missing_ok=True)
    connection.execute(f"attach {_quoted(beside)} as cells (storage_version 'v1.5.0')")
    beside.chmod(MODE)
    try:
        with _transaction(connection):
            connection.execute(f"create schema cells.{WIDE}")
            connection.execute(
                f"create table cells.{WIDE}.reading"
                " (indicator_id varchar, name varchar, query varchar)"
            )
            connection.execute(
                f"create table cells.{MISSING_TABLE} (indicator_id varchar, period_code varchar,"
                " dimension varchar, n_missing bigint, n_all bigint)"
            )
            for table in PLAIN.values():
                connection.execute(f"create table cells.{table.name} ({', '.join(table.columns)})")
            yield
        connection.execute("checkpoint cells")
    finally:
        connection.execute("detach cells")
    _sync(beside)
    beside.replace(cells)
    _sync(cells.parent)


def create_wide(connection: Connection, fact: Fact, measures: Sequence[Measure]) -> None:
    """Make the wide tables of a fact, empty."""
    for table in TABLES.values():
        columns = {key: _stored_type(table, key, fact) for key in table.keys}
        columns |= dict(pair for one in measures for pair in _numbers(table, one))
        told = ", ".join(f"{name} {kind}" for name, kind in columns.items())
        # never by "as select ... limit 0": rows inserted later in the transaction are then not seen
        connection.execute(f"create table {wide_of(table, fact)} ({told})")


def append(
    connection: Connection, table: CellTable, fact: Fact, columns: Sequence[str], rows: str
) -> None:
    """Append the rows of a SELECT, with these columns, to the wide table of a fact."""
    told = ", ".join(columns)
    connection.execute(f"insert into {wide_of(table, fact)} ({told}) select {told} from ({rows})")


def wide_of(table: CellTable, fact: Fact) -> str:
    """Return where the wide table of a fact is while cells are counted."""
    return f"cells.{WIDE}.{table.wide(fact.name)}"


def sums(measures: Sequence[Measure]) -> list[str]:
    """Return the columns of sums that a wide table holds."""
    return list(dict.fromkeys(name for one in measures for name, *_ in one.stored()))


def sums_and_persons(measures: Sequence[Measure]) -> list[str]:
    """Return the columns of sums and of persons that a wide table holds."""
    return [*sums(measures), *(f"{one.id}_{what}" for one in measures for what in "pwo")]


def create_views(connection: Connection, held: Mapping[str, Sequence[Measure]]) -> None:
    """Make the tables of cells as views over the wide tables of each fact."""
    for table in TABLES.values():
        parts = [_nothing(table)]
        for fact, measures in held.items():
            parts += [_select(table, fact, one) for one in measures]
        connection.execute(f"create view cells.{table.name} as {' union all '.join(parts)}")
    rows = [
        (one.id.upper(), name, _select(table, fact, one, as_codes=name in READ_AS_CODES))
        for fact, measures in held.items()
        for one in measures
        for name, table in TABLES.items()
    ]
    if rows:
        connection.executemany(f"insert into cells.{WIDE}.reading values (?, ?, ?)", rows)


def remember_reading(connection: Connection, table: PlainTable, indicator_id: str) -> None:
    """Keep how the rows of one indicator are read from a plain table, said once."""
    query = f"select * from {table.name} where indicator_id = {literal(indicator_id)}"
    connection.execute(
        f"insert into cells.{WIDE}.reading select $id, $name, $query where not exists ("
        f"from cells.{WIDE}.reading where indicator_id = $id and name = $name)",
        {"id": indicator_id, "name": table.name, "query": query},
    )


def read_cells(
    connection: Connection, table: str, indicator_id: str, *, period_code: str | None = None
) -> pa.Table:
    """Return the rows of a table of cells for one indicator, in the same order every time.

    Parameters
    ----------
    connection
        One in which the file of cells was opened directly.
    table
        A name of `TABLES`. The words of a large table (`READ_AS_CODES`) come as dictionaries and
        in the order in which they were counted; other tables are ordered by all of their keys.
    period_code
        The period that rows are wanted of; all if None. A table by month has no periods.
    """
    found = connection.execute(
        f"select query from {WIDE}.reading where name = ? and indicator_id = ?",
        [table, indicator_id],
    ).fetchall()
    of_period = "true"
    if period_code is not None and "period_code" in _keys(table):
        of_period = f"period_code::varchar = {literal(period_code)}"
    if not found:
        return connection.sql(f"from {table} limit 0").to_arrow_table()
    query = f"{found[0][0]} and {of_period}"
    if table not in READ_AS_CODES:
        return connection.sql(f"{query} order by all").to_arrow_table()
    connection.execute("set preserve_insertion_order = true")
    return connection.sql(query).to_arrow_table()


def _keys(table: str) -> tuple[str, ...]:
    return PLAIN[table].keys if table in PLAIN else TABLES[table].keys


def _select(table: CellTable, fact: str, one: Measure, *, as_codes: bool = False) -> str:
    keys = [key if as_codes else f"{key}::{type_of(key)} as {key}" for key in table.keys]
    numbers = [
        *(one.six() if table.has_sums else ()),
        *(one.persons() if table.has_persons else ()),
        *(one.told_of_largest() if table.has_largest else ()),
    ]
    told = ", ".join([f"{literal(one.id.upper())} as indicator_id", *keys, *numbers])
    # where each person stands once, one with the outcome may stand where nobody else does
    persons = f"greatest({one.id}_p, {one.id}_w, {one.id}_o)"
    counted = f"{one.id}_n" if table.has_sums else persons
    return f"select {told} from {WIDE}.{table.wide(fact)} where {counted} > 0"


def _nothing(table: CellTable) -> str:
    columns = [f"{key} {type_of(key)}" for key in table.keys] + list(table.numbers)
    told = ", ".join(f"null::{kind} as {name}" for name, kind in (one.split() for one in columns))
    return f"select null::varchar as indicator_id, {told} where false"


def _numbers(table: CellTable, one: Measure) -> Iterator[tuple[str, str]]:
    if table.has_sums:
        yield from ((name, kind) for name, kind, _ in one.stored())
    if table.has_persons:
        yield from ((f"{one.id}_{what}", "bigint") for what in "pwo")
    if table.has_largest and not one.binary:
        yield from ((name, "double") for name in one.largest())


def _stored_type(table: CellTable, key: str, fact: Fact) -> str:
    codes = fact.codes_of(key) if table.name in CODED else ()
    if codes:
        return f"enum ({', '.join(literal(one) for one in codes)})"
    return type_of(key)


def fill_missing(connection: Connection, fact: str, measures: Sequence[Measure]) -> None:
    """Append to ``cells.missing`` how many rows of each dimension say that it is missing."""
    counts = ", ".join(
        f"coalesce(sum({one.id}_n) filter (where level::varchar = {literal(MISSING)}), 0)::bigint"
        f" as {one.id}_m, sum({one.id}_n)::bigint as {one.id}_a"
        for one in measures
    )
    connection.execute(
        f"create or replace temp table lacked as select period_code::varchar as period_code,"
        f" dimension::varchar as dimension, {counts}"
        f" from cells.{WIDE}.{TABLES['one_way'].wide(fact)} group by all order by all"
    )
    parts = " union all ".join(
        f"select {literal(one.id.upper())}, period_code, dimension, {one.id}_m, {one.id}_a"
        f" from lacked where {one.id}_a > 0"
        for one in measures
    )
    connection.execute(f"insert into cells.{MISSING_TABLE} {parts}")


@contextmanager
def _transaction(connection: Connection) -> Iterator[None]:
    """Hold many small inserts together: each on its own costs twice the time."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
