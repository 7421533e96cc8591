"""Counted cells: each fact is coded once and grouped once a table; everything else is cells.

Separate GROUP BYs over one coded table in memory were measured against grouping sets, covering
cubes, long form and the finest cell, and won: half the processor time of the next, a third of the
memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from types import MappingProxyType

import duckdb

from equity_pipeline.errors import WarehouseError
from equity_pipeline.indicators import stored
from equity_pipeline.indicators.asked import NO_PERIODS, Asked, CellReport
from equity_pipeline.indicators.coded import (
    AREA_FACT,
    KEYS,
    SECOND,
    Connection,
    Fact,
    chunks,
    code_rows,
    read_fact,
)
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.grouping import Persons, grouped, level_of, persons_of
from equity_pipeline.indicators.largest import count_largest, forget_largest
from equity_pipeline.indicators.layout import MISSING_TABLE, PLAIN, TABLES
from equity_pipeline.indicators.measures import Measure, lacking, measure
from equity_pipeline.indicators.months import count_months, count_months_of_calls, types_of_calls
from equity_pipeline.indicators.persons import (
    collapse_to_persons,
    count_persons,
    count_rows_as_persons,
)
from equity_pipeline.indicators.places import count_places
from equity_pipeline.indicators.strata import count_strata
from equity_pipeline.indicators.waits import count_waits
from equity_pipeline.indicators.windows import count_windows
from equity_pipeline.vocabulary import TOTAL

Progress = Callable[[str], None]
# sex and age are columns of the two-way cells, so no pair needs them
NO_PAIR = {TOTAL, "sex", "age_band"}


def count_cells(
    person: Connection | Path,
    cells: Path,
    indicators: Sequence[Declaration],
    dimensions: Sequence[str] = (),
    *,
    asked: Asked = NO_PERIODS,
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
        The file to make: the tables of `layout.TABLES`, and ``missing``. Opened directly, or
        attached as ``cells``, they are ``cells.one_way`` and so on.
    dimensions
        Names of the vocabulary; all if empty.
    two_way
        Whether to count pairs of dimensions by sex and age as well.

    Raises
    ------
    WarehouseError
        If a fact is missing; an ExceptionGroup of them, one for each column that is not there.
    """
    cells.parent.mkdir(parents=True, exist_ok=True)
    with stored.source(person, cells.parent, threads, memory_limit) as (connection, mart):
        facts = _facts(connection, indicators, dimensions, mart)
        calls = types_of_calls(connection, mart)
        with stored.building(connection, cells):
            for fact, chosen in facts:
                counting = _Count(connection, fact, chosen, asked, mart, calls)
                counting.all(two_way, progress or _silent)
            stored.create_views(
                connection,
                {fact.name: _measures(fact, chosen) for fact, chosen in facts if fact.has_rows},
            )
            rows = {
                name: _number(connection, f"select count(*) from cells.{name}")
                for name in (*TABLES, *PLAIN, MISSING_TABLE)
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


def _measures(fact: Fact, chosen: Sequence[Declaration]) -> list[Measure]:
    return [measure(one, fact.types) for one in chosen]


@dataclass(frozen=True, slots=True)
class _Count:
    """The counting of one fact, a few periods at a time."""

    connection: Connection
    fact: Fact
    declared: Sequence[Declaration]
    asked: Asked
    mart: str
    types_of_calls: Mapping[str, str]

    def all(self, two_way: bool, progress: Progress) -> None:
        """Count every table of the fact."""
        if not self.fact.has_rows:
            return
        measures = _measures(self.fact, self.declared)
        stored.create_wide(self.connection, self.fact, measures)
        for periods in chunks(self.connection, self.fact):
            progress(f"{self.fact.name}: {len(measures)} indicators, {', '.join(periods)}")
            code_rows(self.connection, self.fact, measures, periods)
            self._coded(measures, periods, two_way)
            self.connection.execute("drop table coded")
        if "months" in self.asked.parts:
            count_windows(self.connection, self.fact, measures, self.asked.programme_starts)
            count_months_of_calls(
                self.connection, self.fact, self.declared, self.mart, self.types_of_calls
            )
        stored.fill_missing(self.connection, self.fact.name, measures)

    def _coded(self, measures: Sequence[Measure], periods: Sequence[str], two_way: bool) -> None:
        persons = persons_of(self.connection, self.fact)
        with_persons = "persons" in self.asked.parts
        if with_persons and persons is Persons.REPEATED:
            collapse_to_persons(self.connection, self.fact, measures)
        forget_largest(self.connection)
        for dimension in self.fact.dimensions:
            taking = [one for one in measures if dimension not in one.excluded]
            if taking and self._is_wanted(dimension, periods):
                where = self._inside(dimension)
                self._one_way(dimension, taking, where)
                if with_persons:
                    self._persons(dimension, taking, persons, where)
        if with_persons and persons is not Persons.REPEATED:
            count_rows_as_persons(self.connection, self.fact, measures, persons, periods)
        for pair in self._pairs() if two_way else ():
            self._two_way(pair, measures)
        if self.fact.name != AREA_FACT:
            self._beyond(measures, periods, persons)

    def _is_wanted(self, dimension: str, periods: Sequence[str]) -> bool:
        return not dimension.endswith(SECOND) or self.asked.newest in periods

    def _inside(self, dimension: str) -> list[str]:
        """Return what holds for the rows that a dimension divides."""
        where = [f"{level_of(dimension)} is not null"]
        if dimension.endswith(SECOND):
            where.append(f"period_code = {literal(self.asked.newest or '')}")
        return where

    def _one_way(self, dimension: str, measures: Sequence[Measure], where: Sequence[str]) -> None:
        keys = self._keys(dimension) | {one: f"key_{one}" for one in KEYS}
        self._append("one_way", keys, measures, where)

    def _persons(
        self, dimension: str, measures: Sequence[Measure], persons: Persons, where: Sequence[str]
    ) -> None:
        keys = self._keys(dimension) | {"key_sex": "key_sex"}
        count_largest(self.connection, self.fact, keys, measures, persons, where)
        if persons is Persons.REPEATED:
            count_persons(self.connection, self.fact, dimension, measures, where)

    def _keys(self, dimension: str) -> dict[str, str]:
        level = level_of(dimension)
        return {"period_code": "period_code", "dimension": literal(dimension), "level": level}

    def _pairs(self) -> Iterator[tuple[str, str]]:
        held = (one for one in self.fact.dimensions if one not in NO_PAIR)
        for pair in combinations((one for one in held if not one.endswith(SECOND)), 2):
            if not self.asked.crossed or set(pair) & set(self.asked.crossed):
                yield pair

    def _two_way(self, pair: tuple[str, str], measures: Sequence[Measure]) -> None:
        taking = [one for one in measures if not set(pair) & set(one.excluded)]
        if not taking:
            return
        keys = {
            "period_code": "period_code",
            "dimension": literal(pair[0]),
            "level": pair[0],
            "dimension2": literal(pair[1]),
            "level2": pair[1],
            "sex": "key_sex",
            "age_group": "key_age_group",
        }
        self._append("two_way", keys, taking, [f"{one} is not null" for one in pair])

    def _append(
        self, name: str, keys: Mapping[str, str], measures: Sequence[Measure], where: Sequence[str]
    ) -> None:
        query = grouped(keys, measures, None, where=where)
        columns = [*keys, *stored.sums(measures)]
        stored.append(self.connection, TABLES[name], self.fact, columns, query)

    def _beyond(
        self, measures: Sequence[Measure], periods: Sequence[str], persons: Persons
    ) -> None:
        """Count waits, places and strata in the newest long period, and months in all of them."""
        asked, connection, newest = self.asked, self.connection, self.asked.newest
        if "waits" in asked.parts:
            count_waits(connection, self.fact, measures, newest, asked.area_kind)
        if newest is not None and newest in periods:
            if "places" in asked.parts:
                count_places(connection, self.fact, measures, persons, newest, asked.area_kind)
            if "strata" in asked.parts:
                count_strata(connection, self.fact, measures, persons, newest)
        if "months" in asked.parts:
            months = [one for one in asked.long_periods if one in periods]
            count_months(
                connection, self.fact, measures, persons, months, asked.programme_dimension
            )


def _number(connection: Connection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def _silent(_: str) -> None:
    """Say nothing."""
