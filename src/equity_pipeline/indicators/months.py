"""Cells by month, unit and population, for run charts: what has a day is counted in its month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from equity_pipeline.indicators.coded import CALLS, Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.grouping import Persons, grouped
from equity_pipeline.indicators.largest import count_largest, forget_largest, with_largest
from equity_pipeline.indicators.layout import TABLES
from equity_pipeline.indicators.measures import Measure, lacking, measure, merged
from equity_pipeline.indicators.stored import append, sums_and_persons
from equity_pipeline.indicators.windows import NO_UNIT, collect_people
from equity_pipeline.vocabulary import MISSING, vocabulary

MONTHS_OF_CALLS = "fct_telephony_month"
FALLBACK = "area_income_quintile"
UNKNOWN = literal("unknown")


def count_months(
    connection: Connection,
    fact: Fact,
    measures: Sequence[Measure],
    persons: Persons,
    periods: Sequence[str],
    programme_dimension: str,
) -> None:
    """Append the rows that have a day to ``cells.monthly``, and keep who was seen in which month.

    Parameters
    ----------
    periods
        Those that the months are taken from: no two of them may share a day.
    programme_dimension
        Whose declared focus level is the population in focus.
    """
    if fact.day is None or not periods:
        return
    chosen = ", ".join(literal(one) for one in periods)
    where = (f"period_code in ({chosen})",)
    unit = "unit_hsa_id" if fact.held.get("unit_hsa_id") else "null"
    keys = _keys(unit, _population(fact, programme_dimension))
    _append(connection, fact, measures, persons, keys, where)
    collect_people(connection, measures, persons, keys, where)


def types_of_calls(connection: Connection, mart: str) -> Mapping[str, str]:
    """Return the types of the columns of the calls by month; none where nobody made them."""
    try:
        rows = connection.execute(f"describe {mart}.{MONTHS_OF_CALLS}").fetchall()
    except duckdb.CatalogException:
        return {}
    return {str(row[0]): str(row[1]) for row in rows}


def count_months_of_calls(
    connection: Connection,
    fact: Fact,
    declared: Sequence[Declaration],
    mart: str,
    types: Mapping[str, str],
) -> None:
    """Append the calls of each month and unit to ``cells.monthly``; nobody knows who called."""
    taking = [measure(one, types) for one in declared if not list(lacking(one, types))]
    if fact.name != CALLS or not taking:
        return
    columns = merged(pair for one in taking for pair in one.columns())
    connection.execute(
        "create or replace temp table coded as select unit_hsa_id, null::bigint as person,"
        f" date_trunc('month', call_month)::date as month, {columns}"
        f" from {mart}.{MONTHS_OF_CALLS}"
    )
    _append(connection, fact, taking, Persons.NONE, _keys("unit_hsa_id", UNKNOWN), ())
    connection.execute("drop table coded")


def _append(
    connection: Connection,
    fact: Fact,
    measures: Sequence[Measure],
    persons: Persons,
    keys: Mapping[str, str],
    where: Sequence[str],
) -> None:
    query = grouped(keys, measures, persons, where=where)
    forget_largest(connection)
    count_largest(connection, fact, keys, measures, persons, where)
    rows, largest = with_largest(connection, query, list(keys), measures)
    told = [*keys, *sums_and_persons(measures), *largest]
    append(connection, TABLES["monthly"], fact, told, rows)


def _keys(unit: str, population: str) -> Mapping[str, str]:
    return {
        "month": "month",
        "unit_hsa_id": f"coalesce({unit}::varchar, {literal(NO_UNIT)})",
        "population": population,
    }


def _population(fact: Fact, programme_dimension: str) -> str:
    held = [one for one in (programme_dimension, FALLBACK) if one in fact.dimensions]
    if not held:
        return UNKNOWN
    level, focus = f"{held[0]}::varchar", vocabulary().dimensions[held[0]].focus or ""
    return (
        f"case when {level} = {literal(focus)} then 'focus'"
        f" when {level} is null or {level} = {literal(MISSING)} then 'unknown' else 'others' end"
    )
