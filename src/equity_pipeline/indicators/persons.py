"""Distinct persons behind each published cell, with and without the outcome."""

from __future__ import annotations

from collections.abc import Sequence

from equity_pipeline.indicators.coded import WITHOUT_PERSONS, Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.layout import level_of
from equity_pipeline.indicators.measures import Measure
from equity_pipeline.vocabulary import ALL, TOTAL

FLAGS = "person_flags"


def collapse_to_persons(connection: Connection, fact: Fact, measures: Sequence[Measure]) -> bool:
    """Say whether persons must be counted apart from rows, and make them ready for it.

    One row for a person and set of levels is made once, so that no dimension rereads the rows.
    """
    if fact.name in WITHOUT_PERSONS or _rows_are_persons(connection):
        return False
    keys = ["period_code", "key_sex", "person", *(d for d in fact.dimensions if d != TOTAL)]
    flags = _flags(measures, "{0}_y > 0", "{0}_y = 0")
    connection.execute(
        f"create or replace temp table {FLAGS} as select {', '.join(keys)}, {flags}"
        f" from coded group by {', '.join(keys)}"
    )
    return True


def count_persons(
    connection: Connection,
    fact: Fact,
    dimension: str,
    measures: Sequence[Measure],
    *,
    collapsed: bool,
) -> None:
    """Append the persons of every level, and of every level by sex, to ``cells.persons``.

    A person is with the outcome if any of their rows adds to the numerator, and without it if any
    row does not: with several contacts one can be both. Where nobody knows who the persons are, a
    row is a person; calls and areas have none, and their counts are NULL.
    """
    counted = _from_flags(dimension, measures) if collapsed else _from_groups(measures)
    connection.execute(f"create or replace temp table counted as {counted}")
    totals = _totals(known=fact.name not in WITHOUT_PERSONS)
    grouped = " union all ".join(
        f"(from ({part}) select * exclude (n, w, o), {totals}"
        " group by all having sum(n) > 0 order by all)"
        for one in measures
        for part in (
            _part(one, dimension, literal(ALL)),
            f"{_part(one, dimension, 'key_sex::varchar')} where key_sex <> {literal(ALL)}",
        )
    )
    connection.execute(f"insert into cells.persons {grouped}")


def _rows_are_persons(connection: Connection) -> bool:
    row = connection.execute(
        "select count(person), count(*), count(distinct (period_code, person)) from coded"
    ).fetchone()
    known, rows, distinct = row or (0, 0, 0)
    return bool(known == 0 or rows == distinct)


def _from_groups(measures: Sequence[Measure]) -> str:
    counts = ", ".join(
        f"sum({one.id}_n) as {one.id}_n, sum({one.with_outcome}) as {one.id}_w,"
        f" sum({one.id}_n) - sum({one.with_outcome}) as {one.id}_o"
        for one in measures
    )
    return f"select period_code, level, key_sex, {counts} from grouped group by all"


def _from_flags(dimension: str, measures: Sequence[Measure]) -> str:
    level = level_of(dimension)
    persons = (
        f"select period_code, {level} as level, key_sex, person,"
        f" {_flags(measures, '{0}_w', '{0}_o')} from {FLAGS} where {level} is not null group by all"
    )
    counts = ", ".join(
        f"count({one.id}_w) as {one.id}_n, count(*) filter (where {one.id}_w) as {one.id}_w,"
        f" count(*) filter (where {one.id}_o) as {one.id}_o"
        for one in measures
    )
    return f"select period_code, level, key_sex, {counts} from ({persons}) group by all"


def _part(one: Measure, dimension: str, strat2: str) -> str:
    return (
        f"select {literal(one.id.upper())} as indicator_id, period_code::varchar as period_code,"
        f" {literal(dimension)} as dimension, level::varchar as level, {strat2} as strat2_level,"
        f" {one.id}_n as n, {one.id}_w as w, {one.id}_o as o from counted"
    )


def _totals(*, known: bool) -> str:
    if not known:
        return "null::bigint, null::bigint, null::bigint"
    return "sum(n)::bigint, sum(w)::bigint, sum(o)::bigint"


def _flags(measures: Sequence[Measure], yes: str, no: str) -> str:
    return ", ".join(
        f"bool_or({yes.format(one.id)}) as {one.id}_w, bool_or({no.format(one.id)}) as {one.id}_o"
        for one in measures
    )
