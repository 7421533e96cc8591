"""Distinct persons of several months: of twelve that roll, and on each side of a programme's start.

Persons of months do not add up to those of a year. So the months in which each person was seen are
kept until all periods are counted, and each person is then counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import Persons, flags
from equity_pipeline.indicators.layout import TABLES
from equity_pipeline.indicators.measures import Measure, merged
from equity_pipeline.indicators.stored import append

PEOPLE = "people_by_month"
FOUND = "found"
NO_UNIT = "none"
YEAR = 12
NUMBER = "12 * year(month) + month(month) - 1"
# of a number of a month times this and the number of a place, the nearest is the largest or least
PLACES = 1_000_000


def collect_people(
    connection: Connection,
    measures: Sequence[Measure],
    persons: Persons,
    keys: Mapping[str, str],
    where: Sequence[str],
) -> None:
    """Keep who was seen in which month, unit and population, with and without the outcome.

    A row of somebody unknown is a person of their own. Of calls nobody is known: none are kept.
    """
    if persons is Persons.NONE:
        return
    told = {name: text for name, text in keys.items() if name != "month"}
    made = merged([("month", f"({NUMBER})::bigint"), *told.items(), *flags(measures)])
    held = ", ".join(f"{one.id}_{what} boolean" for one in measures for what in "fg")
    connection.execute(
        f"create temp table if not exists {PEOPLE}"
        f" (month bigint, unit_hsa_id varchar, population varchar, person bigint, {held})"
    )
    at_a_unit = f"{keys['unit_hsa_id']} <> {literal(NO_UNIT)}"
    unknown = f"-1 - rowid + (select least(coalesce(min(person), 0), 0) from {PEOPLE})"
    connection.execute(
        f"insert into {PEOPLE} by name select {made}, coalesce(person, {unknown}) as person"
        f" from coded where {' and '.join([*where, at_a_unit])} group by all"
    )


def count_windows(
    connection: Connection, fact: Fact, measures: Sequence[Measure], starts: Sequence[date]
) -> None:
    """Append the persons of twelve months and of each side of the starts; forget who they were.

    Parameters
    ----------
    starts
        The first days of the months in which programmes began.
    """
    held = "select 1 from duckdb_tables() where temporary and table_name = ?"
    if not connection.execute(held, [PEOPLE]).fetchall():
        return
    _count_rolled(connection, fact, measures)
    connection.execute(
        "create or replace temp table places as select unit_hsa_id, population,"
        " row_number() over (order by unit_hsa_id, population) as place"
        f" from (select distinct unit_hsa_id, population from {PEOPLE})"
    )
    for start in sorted(set(starts)):
        _count_sides(connection, fact, measures, start)
    for name in (PEOPLE, "places"):
        connection.execute(f"drop table {name}")


def _count_rolled(connection: Connection, fact: Fact, measures: Sequence[Measure]) -> None:
    """Append the persons of each unit in the twelve months that end with each.

    One who was seen a gap of months after the time before is new in as many of the windows that
    hold the month, twelve at most: so no window is gone through person by person.
    """
    named = list(_flagged(measures))
    gaps = merged(
        (name, f"month - lag(case when {flag} then month end ignore nulls) over seen")
        for name, flag in named
    )
    is_there = merged((f"is_{name}", flag) for name, flag in named)
    both = merged(
        (f"{one.id}_{what}", f"bool_or({one.id}_{what})") for one in measures for what in "fg"
    )
    connection.execute(
        f"create or replace temp table gaps as select unit_hsa_id, month, {is_there}, {gaps}"
        f" from (select unit_hsa_id, month, person, {both} from {PEOPLE} group by all)"
        " window seen as (partition by unit_hsa_id, person order by month)"
    )
    parts = " union all ".join(
        f"select unit_hsa_id, month, least(coalesce({name}, {YEAR}), {YEAR}) as gap,"
        f" {literal(name)} as name, count(*) as n from gaps where is_{name} group by all"
        for name, _ in named
    )
    ends = f"unnest(range(month + {YEAR} - gap, month + {YEAR}))"
    connection.execute(
        f"create or replace temp table {FOUND} as select unit_hsa_id, {ends} as ends, name, n"
        f" from ({parts})"
    )
    keys = {"month": _day("ends"), "unit_hsa_id": "unit_hsa_id"}
    inside = f"ends <= (select max(month) from {PEOPLE})"
    _append(connection, "rolled_persons", fact, keys, measures, inside)
    connection.execute("drop table gaps")


def _count_sides(
    connection: Connection, fact: Fact, measures: Sequence[Measure], start: date
) -> None:
    """Append the persons before and after a start, each in the nearest month they were seen in.

    So they add up over the months, units and populations of any study of the programme.
    """
    at = 12 * start.year + start.month - 1
    key = f"month * {PLACES} + place"
    sides = [("max", f"month < {at}"), ("min", f"month >= {at}")]
    nearest = merged(
        (f"{name}_{how}", f"{how}({key}) filter ({flag} and {side})")
        for name, flag in _flagged(measures)
        for how, side in sides
    )
    connection.execute(
        f"create or replace temp table nearest as select {nearest} from {PEOPLE}"
        " inner join places using (unit_hsa_id, population) group by person"
    )
    parts = " union all ".join(
        f"select {name}_{how} as nearest, {literal(name)} as name, count(*) as n from nearest"
        f" where {name}_{how} is not null group by all"
        for name, _ in _flagged(measures)
        for how, _ in sides
    )
    connection.execute(
        f"create or replace temp table {FOUND} as select nearest // {PLACES} as month, unit_hsa_id,"
        f" population, name, n from ({parts}) inner join places on place = nearest % {PLACES}"
    )
    keys = {
        "start_month": f"date '{start:%Y-%m-01}'",
        "month": _day("month"),
        "unit_hsa_id": "unit_hsa_id",
        "population": "population",
    }
    _append(connection, "programme_persons", fact, keys, measures, "true")
    connection.execute("drop table nearest")


def _flagged(measures: Sequence[Measure]) -> Iterator[tuple[str, str]]:
    """Yield the name of each count of persons, and who is in it, over the flags."""
    for one in measures:
        yield f"{one.id}_p", f"{one.id}_f is not null"
        yield f"{one.id}_w", f"{one.id}_f"
        yield f"{one.id}_o", f"{one.id}_g"


def _append(
    connection: Connection,
    table: str,
    fact: Fact,
    keys: Mapping[str, str],
    measures: Sequence[Measure],
    where: str,
) -> None:
    names = [name for name, _ in _flagged(measures)]
    counts = merged(
        (name, f"coalesce(sum(n) filter (name = {literal(name)}), 0)::bigint") for name in names
    )
    query = (
        f"select {merged(keys.items())}, {counts} from {FOUND} where {where} group by all"
        f" order by {', '.join(keys)}"
    )
    append(connection, TABLES[table], fact, [*keys, *names], query)
    connection.execute(f"drop table {FOUND}")


def _day(number: str) -> str:
    return f"make_date(({number}) // 12, ({number}) % 12 + 1, 1)"
