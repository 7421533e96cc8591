"""A fact as coded rows: dimensions as small codes, one or two whole numbers an indicator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.measures import Measure, merged
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL, vocabulary

AREA_FACT = "fct_area_value"
CUMULATIVE = "_cumulative"
SECOND = "_second"
KEYS = ("sex", "age_group", "morbidity", "cluster_key")
# where people live or are seen: columns of the facts
PLACES = ("municipality_code", "area_code", "unit_hsa_id")
DAY = "counted_date"
CALLS = "fct_telephony"
WITHOUT_PERSONS = {CALLS, AREA_FACT}
# coded rows held at once; more are taken period by period
ROWS_AT_ONCE = 8_000_000

Connection = duckdb.DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact table: where it is, the types of its columns, and the codes that it holds."""

    name: str
    source: str
    types: Mapping[str, str]
    held: Mapping[str, tuple[str, ...]]
    dimensions: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def has_rows(self) -> bool:
        """Whether there is anything to count."""
        return bool(self.held["period_code"])

    @property
    def day(self) -> str | None:
        """The column with the day of a row; None where rows are of a whole period."""
        return DAY if DAY in self.types else None

    def key(self, name: str) -> str:
        """Return a need key: its code, 'missing' where unknown, 'all' where never delivered."""
        if not self.held.get(name):
            return literal(ALL)
        return f"coalesce({name}, {literal(MISSING)})"

    def codes(self) -> Iterator[tuple[str, str, tuple[str, ...]]]:
        """Yield the coded columns: name, text and the values it can take."""
        yield "period_code", "period_code", self.held["period_code"]
        for name in self.dimensions:
            if name != TOTAL:
                yield name, name, self.codes_of("level")
        for name in KEYS:
            yield f"key_{name}", self.key(name), self.codes_of(name)
        for name in PLACES:
            if self.held.get(name):
                yield name, name, self.held[name]

    def codes_of(self, key: str) -> tuple[str, ...]:
        """Return the codes that a key of a table of cells can take, in order; none if free."""
        if key in KEYS:
            return tuple(sorted({*self.held.get(key, ()), MISSING, ALL}))
        if key in {"dimension", "dimension2"}:
            return tuple(sorted(self.dimensions))
        if key in {"level", "level2"}:
            levels = (self.held[one] for one in self.dimensions if one != TOTAL)
            return tuple(sorted({ALL, *(code for codes in levels for code in codes)}))
        return self.held.get(key, ())


def read_fact(
    connection: Connection, name: str, *, mart: str = "mart", dimensions: Sequence[str] = ()
) -> Fact:
    """Return what a fact holds, from one pass over it.

    Parameters
    ----------
    mart
        The schema of the facts, with its database where it has one.
    dimensions
        Those wanted; all of the vocabulary if empty. Of the area values only area dimensions are
        taken, with their cumulative variants.
    """
    source = f"{mart}.{name}"
    rows = connection.execute(f"describe {source}").fetchall()
    types = {str(row[0]): str(row[1]) for row in rows}
    wanted = _wanted(name, types, dimensions)
    named = dict.fromkeys(["period_code", *KEYS, *PLACES, *wanted])
    asked = [one for one in named if one in types]
    lists = ", ".join(f"list_sort(list(distinct {one}::varchar))" for one in asked)
    found = connection.execute(f"select {lists} from {source}").fetchone() or ()
    held = {
        one: tuple(value for value in values or () if value is not None)
        for one, values in zip(asked, found, strict=True)
    }
    present = tuple(one for one in wanted if one == TOTAL or held.get(one))
    absent = tuple(one for one in wanted if one not in present)
    return Fact(name, source, types, held, present, absent)


def code_rows(
    connection: Connection, fact: Fact, measures: Sequence[Measure], periods: Sequence[str]
) -> None:
    """Make the temporary table ``coded`` of some periods; columns as in :meth:`Fact.codes`.

    Beside them ``person``, ``month`` where rows have a day, and the columns of the measures.
    """
    told = []
    for name, text, values in fact.codes():
        words = ", ".join(literal(one) for one in values)
        connection.execute(f"create or replace temp type code_{name} as enum ({words})")
        told.append(f"({text})::code_{name} as {name}")
    told.append(f"{_person(connection, fact)} as person")
    if fact.day is not None:
        told.append(f"date_trunc('month', {fact.day})::date as month")
    told.append(merged(pair for one in measures for pair in one.columns()))
    chosen = ", ".join(literal(one) for one in periods)
    # rows of one cell lie together, so that the sums of a group stay at hand
    order = ", ".join(["period_code", *(f"key_{name}" for name in reversed(KEYS))])
    connection.execute(
        f"create or replace temp table coded as select {', '.join(told)}"
        f" from {fact.source} where period_code in ({chosen}) order by {order}"
    )


def chunks(connection: Connection, fact: Fact) -> Iterator[tuple[str, ...]]:
    """Yield periods in groups that together hold no more rows than are coded at once."""
    counted = connection.execute(
        f"select period_code, count(*) from {fact.source} group by all order by all"
    ).fetchall()
    held: list[str] = []
    rows = 0
    for period, n in counted:
        if held and rows + n > ROWS_AT_ONCE:
            yield tuple(held)
            held, rows = [], 0
        held.append(period)
        rows += n
    if held:
        yield tuple(held)


def _wanted(fact: str, types: Mapping[str, str], dimensions: Sequence[str]) -> tuple[str, ...]:
    known = vocabulary().dimensions
    chosen = [one for one in known if not dimensions or one in dimensions or one == TOTAL]
    if fact != AREA_FACT:
        return tuple(one for one in chosen if not one.endswith(CUMULATIVE))
    area = [one for one in chosen if one == TOTAL or known[one].family == "area"]
    return (*area, *(f"{one}{CUMULATIVE}" for one in area if f"{one}{CUMULATIVE}" in types))


def _person(connection: Connection, fact: Fact) -> str:
    """Return the person of a row; one who is unknown is a person of their own."""
    if "person_key" not in fact.types:
        return "null::bigint"
    unknown = connection.execute(
        f"select count(*) - count(person_key), count(person_key) from {fact.source}"
    ).fetchone()
    some_unknown, some_known = unknown or (0, 0)
    if some_unknown and some_known:
        return "coalesce(person_key, -row_number() over ())"
    return "person_key"
