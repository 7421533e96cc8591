"""Distinct persons behind each published cell, with and without the outcome."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import Persons, counts, flags, level_of, people
from equity_pipeline.indicators.largest import with_largest
from equity_pipeline.indicators.layout import TABLES, CellTable
from equity_pipeline.indicators.measures import Measure, merged
from equity_pipeline.indicators.stored import append, wide_of
from equity_pipeline.vocabulary import ALL, TOTAL

FLAGS = "person_flags"


def collapse_to_persons(connection: Connection, fact: Fact, measures: Sequence[Measure]) -> None:
    """Make one row for a person and set of levels, so that no dimension rereads the rows."""
    keys = ["period_code", "key_sex", "person", *(d for d in fact.dimensions if d != TOTAL)]
    connection.execute(
        f"create or replace temp table {FLAGS} as select {', '.join(keys)},"
        f" {merged(flags(measures))} from coded group by {', '.join(keys)}"
    )


def count_persons(
    connection: Connection,
    fact: Fact,
    dimension: str,
    measures: Sequence[Measure],
    where: Sequence[str],
) -> None:
    """Append the persons of every level, and of every level by sex, to ``cells.persons``.

    A person is with the outcome if any of their rows adds to the numerator, and without it if any
    row does not: with several contacts one can be both.
    """
    level = level_of(dimension)
    keys = [("period_code", "period_code"), ("level", level), ("key_sex", "key_sex")]
    each = merged([*keys, ("person", "person"), *_again(measures)])
    connection.execute(
        "create or replace temp table grouped as"
        f" select period_code, {literal(dimension)} as dimension, level, key_sex,"
        f" {merged(counts(measures))}"
        f" from (select {each} from {FLAGS} where {' and '.join(where)} group by all) group by all"
    )
    append_by_sex(connection, TABLES["persons"], fact, measures)


def count_rows_as_persons(
    connection: Connection,
    fact: Fact,
    measures: Sequence[Measure],
    persons: Persons,
    periods: Sequence[str],
) -> None:
    """Append the persons of a fact in which a row is one; of calls and areas they are NULL."""
    chosen = ", ".join(literal(one) for one in periods)
    numbers = people(measures, persons, "sum({0})")
    connection.execute(
        "create or replace temp table grouped as select period_code, dimension, level,"
        f" sex as key_sex, {merged(numbers.items())} from {wide_of(TABLES['one_way'], fact)}"
        f" where period_code in ({chosen}) group by all"
    )
    append_by_sex(connection, TABLES["persons"], fact, measures)


def append_by_sex(
    connection: Connection, table: CellTable, fact: Fact, measures: Sequence[Measure]
) -> None:
    """Append the persons in ``grouped``, of both sexes together and of each, to a table.

    Beside them what was found in ``largest``, whose keys are those of the table.

    ``grouped`` holds the keys of the table, ``key_sex`` for the last; a person has one sex in a
    period.
    """
    keys = table.keys[:-1]
    numbers = [f"{one.id}_{what}" for one in measures for what in "pwo"]
    both = merged([*((one, one) for one in keys), (table.keys[-1], literal(ALL))])
    sums = merged((one, f"sum({one})") for one in numbers)
    own = ", ".join([*keys, f"key_sex as {table.keys[-1]}", *numbers])
    for query in (
        f"select {both}, {sums} from grouped group by all",
        f"select {own} from grouped where key_sex <> {literal(ALL)}",
    ):
        rows, largest = with_largest(connection, f"{query} order by all", table.keys, measures)
        append(connection, table, fact, [*table.keys, *numbers, *largest], rows)


def _again(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return [(f"{one.id}_{what}", f"bool_or({one.id}_{what})") for one in measures for what in "fg"]
