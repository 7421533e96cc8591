"""Counted cells: each fact is coded once and grouped once a dimension; everything else is cells.

Separate GROUP BYs over one coded table in memory were measured against grouping sets, covering
cubes, long form and the finest cell, and won: half the processor time of the next, a third of the
memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import duckdb

from equity_pipeline.errors import WarehouseError
from equity_pipeline.indicators import layout
from equity_pipeline.indicators.coded import SECOND, Connection, Fact, chunks, code_rows, read_fact
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.measures import Measure, lacking, measure
from equity_pipeline.indicators.persons import collapse_to_persons, count_persons
from equity_pipeline.vocabulary import TOTAL

Progress = Callable[[str], None]
# sex and age are columns of the two-way cells, so no pair needs them
NO_PAIR = {TOTAL, "sex", "age_band"}
MODE = 0o640


@dataclass(frozen=True, slots=True)
class CellReport:
    """What was counted.

    Attributes
    ----------
    rows
        Rows of each table of cells.
    absent
        Dimensions that a fact does not carry: (fact, dimension).
    empty
        Facts without a row.
    """

    rows: Mapping[str, int]
    absent: tuple[tuple[str, str], ...]
    empty: tuple[str, ...]


def count_cells(
    person: Connection | Path,
    cells: Path,
    indicators: Sequence[Declaration],
    dimensions: Sequence[str] = (),
    *,
    two_way: bool = False,
    progress: Progress | None = None,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> CellReport:
    """Count all cells of some indicators and put them in place of the file of cells.

    Parameters
    ----------
    person
        The database with the schema ``mart``, or a connection in which it can be read.
    cells
        The file to make: tables ``one_way``, ``persons``, ``two_way`` and ``missing``. Opened
        directly, or attached as ``cells``, they are ``cells.one_way`` and so on.
    dimensions
        Names of the vocabulary; all if empty.
    two_way
        Whether to count every pair of dimensions by sex and age as well.

    Raises
    ------
    WarehouseError
        If a fact is missing; an ExceptionGroup of them, one for each column that is not there.
    """
    cells.parent.mkdir(parents=True, exist_ok=True)
    with _source(person, cells.parent, threads, memory_limit) as (connection, mart):
        facts = _facts(connection, indicators, dimensions, mart)
        with _building(connection, cells):
            for fact, chosen in facts:
                _count_fact(connection, fact, chosen, two_way, progress or _silent)
            connection.execute(layout.FILL_MISSING)
            rows = {
                name: _number(connection, f"select count(*) from cells.{name}")
                for name in layout.TABLES
            }
    return CellReport(
        rows=MappingProxyType(rows),
        absent=tuple((fact.name, one) for fact, _ in facts for one in fact.absent),
        empty=tuple(fact.name for fact, _ in facts if not fact.has_rows),
    )


def _facts(
    connection: Connection,
    indicators: Sequence[Declaration],
    dimensions: Sequence[str],
    mart: str,
) -> list[tuple[Fact, list[Declaration]]]:
    """Return each fact with the indicators counted from it; tell every column that lacks."""
    made = []
    told: list[WarehouseError] = []
    for name in sorted({one.fact for one in indicators}):
        chosen = sorted((one for one in indicators if one.fact == name), key=lambda one: one.id)
        try:
            fact = read_fact(connection, name, mart=mart, dimensions=dimensions)
        except duckdb.CatalogException:
            told.append(WarehouseError(f"There is no table mart.{name}.", mend="build first"))
            continue
        told += [fault for one in chosen for fault in lacking(one, fact.types)]
        made.append((fact, chosen))
    if told:
        raise ExceptionGroup("The facts lack what indicators are declared on", told)
    return made


def _count_fact(
    connection: Connection,
    fact: Fact,
    chosen: Sequence[Declaration],
    two_way: bool,
    progress: Progress,
) -> None:
    measures = [measure(one, fact.types) for one in chosen]
    for periods in chunks(connection, fact):
        progress(f"{fact.name}: {len(measures)} indicators, {', '.join(periods)}")
        code_rows(connection, fact, measures, periods)
        collapsed = collapse_to_persons(connection, fact, measures)
        for dimension in fact.dimensions:
            taking = [one for one in measures if dimension not in one.excluded]
            if taking:
                _one_way(connection, dimension, taking)
                count_persons(connection, fact, dimension, taking, collapsed=collapsed)
        for pair in _pairs(fact) if two_way else ():
            _two_way(connection, pair, measures)
        connection.execute("drop table coded")


def _one_way(connection: Connection, dimension: str, measures: Sequence[Measure]) -> None:
    connection.execute(layout.group_one_way(dimension, measures))
    connection.execute(layout.stack_one_way(dimension, measures))


def _pairs(fact: Fact) -> Iterator[tuple[str, str]]:
    crossed = (one for one in fact.dimensions if one not in NO_PAIR and not one.endswith(SECOND))
    return combinations(crossed, 2)


def _two_way(connection: Connection, pair: tuple[str, str], measures: Sequence[Measure]) -> None:
    taking = [one for one in measures if not set(pair) & set(one.excluded)]
    if taking:
        connection.execute(layout.group_two_way(pair, taking))
        connection.execute(layout.stack_two_way(pair, taking))


@contextmanager
def _source(
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
def _building(connection: Connection, cells: Path) -> Iterator[None]:
    """Attach a new file as ``cells``; put it in place only when all went well."""
    beside = cells.with_name(f"{cells.name}.building")
    for old in (beside, beside.with_name(f"{beside.name}.wal")):
        old.unlink(missing_ok=True)
    connection.execute(f"attach {_quoted(beside)} as cells (storage_version 'v1.5.0')")
    beside.chmod(MODE)
    try:
        with _transaction(connection):
            for statement in layout.CREATE:
                connection.execute(statement)
            yield
        connection.execute("checkpoint cells")
    finally:
        connection.execute("detach cells")
    _sync(beside)
    beside.replace(cells)
    _sync(cells.parent)


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


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _quoted(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _silent(_: str) -> None:
    """Say nothing."""
