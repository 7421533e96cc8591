"""Distinct persons behind each published cell, with and without the outcome."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import Persons, counts, flags, level_of
from equity_pipeline.indicators.layout import TABLES, CellTable
from equity_pipeline.indicators.measures import Measure, merged
from equity_pipeline.indicators.stored import append
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
    persons: Persons,
) -> None:
    """Append the persons of every level, and of every level by sex, to ``cells.persons``.

    A person is with the outcome if any of their rows adds to the numerator, and without it if any
    row does not: with several contacts one can be both. Where nobody knows who the persons are, a
    row is a person; calls and areas have none, and their counts are NULL.
    """
    if persons is Persons.REPEATED:
        level = level_of(dimension)
        keys = [("period_code", "period_code"), ("level", level), ("key_sex", "key_sex")]
        each = merged([*keys, ("person", "person"), *_again(measures)])
        connection.execute(
            "create or replace temp table grouped as"
            f" select period_code, level, key_sex, {merged(counts(measures))}"
            f" from (select {each} from {FLAGS} where {level} is not null group by all)"
            " group by all"
        )
    keys_of = {"period_code": "period_code", "dimension": literal(dimension), "level": "level"}
    append_by_sex(connection, TABLES["persons"], fact, keys_of, measures)


def append_by_sex(
    connection: Connection,
    table: CellTable,
    fact: Fact,
    keys: dict[str, str],
    measures: Sequence[Measure],
) -> None:
    """Append the persons in ``grouped``, of both sexes together and of each, to a table.

    ``grouped`` holds ``key_sex``, and a person has one sex in a period.
    """
    sums = merged(
        (f"{one.id}_{what}", f"sum({one.id}_{what})::bigint") for one in measures for what in "pwo"
    )
    named = merged(keys.items())
    for sex, chosen in (
        (literal(ALL), ""),
        ("key_sex::varchar", f" where key_sex <> {literal(ALL)}"),
    ):
        append(
            connection,
            table,
            fact,
            {**{key: key for key in keys}, "strat2_level": "strat2_level"},
            measures,
            rows=f"(select {named}, {sex} as strat2_level, {sums} from grouped{chosen}"
            " group by all order by all)",
        )


def _again(measures: Sequence[Measure]) -> list[tuple[str, str]]:
    return [(f"{one.id}_{what}", f"bool_or({one.id}_{what})") for one in measures for what in "fg"]
