"""Waits as cells: how many ended, and how, after each number of days, and the persons behind them.

Whoever still waits when the data end, gave up or died counts for as long as they are known to have
waited: left out, they would make every wait look shorter than it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from equity_pipeline.indicators.coded import SECOND, Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import level_of
from equity_pipeline.indicators.layout import WAIT_PERSONS, WAITS
from equity_pipeline.indicators.measures import Measure
from equity_pipeline.indicators.places import MUNICIPALITY, UNIT, places_of
from equity_pipeline.indicators.stored import remember_reading

REGION = "region"
ENDS = {"n_finished": "assessed", "n_waiting": "waiting", "n_gave_up": "gave_up", "n_died": "died"}
FINISHED = "ended = 'assessed'"
# the days of the care guarantee cut waits in parts; of each part too few persons give one away:
# outcome -> who is with it, who without; some may be neither
OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "begun": ("true", "false"),
        "unfinished": (FINISHED, f"not {FINISHED}"),
        "gave_up": ("ended = 'gave_up'", "ended <> 'gave_up'"),
        "waiting": ("ended in ('waiting', 'died')", "ended in ('assessed', 'gave_up')"),
        "within_3": (f"{FINISHED} and days <= 3", "days > 3"),
        "same_day": (f"{FINISHED} and days = 0", f"{FINISHED} and days between 1 and 3"),
        "within_90": (f"{FINISHED} and days between 4 and 90", "days > 90"),
    }
)


def count_waits(
    connection: Connection,
    fact: Fact,
    measures: Sequence[Measure],
    newest: str | None,
    area_kind: str,
) -> None:
    """Append the coded rows that are waits to ``cells.waits`` and ``cells.wait_persons``.

    Parameters
    ----------
    measures
        Those of the fact; one that is no wait is passed over.
    newest
        The period of which municipalities and units are counted; none if None.
    """
    for one in (one for one in measures if one.wait is not None):
        # rowid stands for whom nobody knows: each is a person of their own
        connection.execute(
            f"create or replace temp table begun as select * exclude (person),"
            f" coalesce(person, -1 - rowid) as person, {one.id}_days as days,"
            f" {one.id}_end as ended from coded where {one.id}_days is not null"
        )
        for place, code, dimension, where in _groups(fact, one, newest, area_kind):
            keys = {
                "indicator_id": literal(one.id.upper()),
                "period_code": "period_code::varchar",
                "geography_level": literal(place),
                "geography_code": code,
                "dimension": literal(dimension),
                "level": f"{level_of(dimension)}::varchar",
            }
            chosen = " and ".join([*where, f"{level_of(dimension)} is not null"])
            _count_days(connection, keys, chosen)
            _count_persons(connection, keys, chosen)
        for table in (WAITS, WAIT_PERSONS):
            remember_reading(connection, table, one.id.upper())
        connection.execute("drop table begun")


def _groups(
    fact: Fact, one: Measure, newest: str | None, area_kind: str
) -> Iterator[tuple[str, str, str, list[str]]]:
    """Yield place, text of its code, dimension and conditions of everything that is counted."""
    held = [name for name in fact.dimensions if name not in one.excluded]
    for dimension in held:
        if not dimension.endswith(SECOND):
            yield REGION, literal(REGION), dimension, []
    for place, column, dimension in places_of(fact, area_kind):
        if newest is not None and place in {MUNICIPALITY, UNIT} and dimension in held:
            where = [f"period_code = {literal(newest)}", f"{column} is not null"]
            yield place, f"{column}::varchar", dimension, where


def _count_days(connection: Connection, keys: Mapping[str, str], where: str) -> None:
    counts = ", ".join(f"count_if(ended = {literal(end)})::bigint" for end in ENDS.values())
    connection.execute(
        f"insert into cells.{WAITS.name} select {', '.join(keys.values())}, days, {counts}"
        f" from begun where {where} group by all order by all"
    )


def _count_persons(connection: Connection, keys: Mapping[str, str], where: str) -> None:
    told = ", ".join(f"{text} as {name}" for name, text in keys.items())
    flags = ", ".join(
        f"bool_or({text}) as {name}_{side}"
        for name, sides in OUTCOMES.items()
        for side, text in zip(("with", "without"), sides, strict=True)
    )
    counts = ", ".join(
        f"count_if({name}_{side})::bigint as {name}_{side}"
        for name in OUTCOMES
        for side in ("with", "without")
    )
    connection.execute(
        f"create or replace temp table waiters as select {', '.join(keys)}, count(*) as n, {counts}"
        f" from (select {told}, person, {flags} from begun where {where} group by all)"
        " group by all"
    )
    parts = " union all ".join(
        f"select {', '.join(keys)}, {literal(name)} as outcome, n, {name}_with, {name}_without"
        " from waiters"
        for name in OUTCOMES
    )
    connection.execute(f"insert into cells.{WAIT_PERSONS.name} {parts} order by all")
