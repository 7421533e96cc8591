"""What the largest contributors make of each sum: of persons, and of units. Never published.

A sum of kronor or days tells on one person who makes most of it, and on a unit likewise. So beside
the persons of a cell stand the shares of its two largest persons and of its two largest units.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import Persons
from equity_pipeline.indicators.measures import Measure, amounts, merged
from equity_pipeline.vocabulary import ALL

LARGEST = "largest"
TWO = 2


def count_largest(
    connection: Connection,
    fact: Fact,
    keys: Mapping[str, str],
    measures: Sequence[Measure],
    persons: Persons,
    where: Sequence[str],
) -> None:
    """Add the largest contributors of each group to the temporary table ``largest``.

    Parameters
    ----------
    keys
        Names, and their texts over the coded rows, as in `grouping.grouped`; groups of both sexes
        together are made too where ``key_sex`` is one of them.
    """
    taking = amounts(measures)
    if not taking or persons is Persons.NONE:
        return
    variants = [keys]
    if "key_sex" in keys:
        variants = [{**keys, "key_sex": literal(ALL)}, keys]
    for one in variants:
        _insert(connection, _query(fact, one, taking, persons, where), one, taking)


def forget_largest(connection: Connection) -> None:
    """Drop what was found, so that groups of other keys can follow."""
    connection.execute(f"drop table if exists {LARGEST}")


def with_largest(
    connection: Connection, query: str, keys: Sequence[str], measures: Sequence[Measure]
) -> tuple[str, list[str]]:
    """Return a SELECT of groups with their largest contributors, in order, and these columns.

    Parameters
    ----------
    query
        Of groups; its columns have the names of the keys.
    keys
        Those that `count_largest` was given, in its order, under the names that the query has.
    """
    found = _columns(connection)
    names = [name for one in amounts(measures) for name in one.largest() if name in found]
    if not names:
        return query, []
    match = " and ".join(f"q.{one}::varchar = l.key_{n}" for n, one in enumerate(keys))
    told = ", ".join(f"l.{name}" for name in names)
    rows = f"select q.*, {told} from ({query}) q left join {LARGEST} l on {match}"
    return f"{rows} order by {', '.join(keys)}", names


def _columns(connection: Connection) -> Sequence[str]:
    """Return the columns of ``largest``, made if it was forgotten.

    The catalogue would list every column of every database, which takes twenty times as long.
    """
    connection.execute(f"create temp table if not exists {LARGEST} (key_0 varchar)")
    return [one[0] for one in connection.execute(f"from {LARGEST} limit 0").description or ()]


def _insert(
    connection: Connection, query: str, keys: Mapping[str, str], measures: Sequence[Measure]
) -> None:
    wanted = {f"key_{n}": "varchar" for n, _ in enumerate(keys)}
    wanted |= dict.fromkeys((name for one in measures for name in one.largest()), "double")
    held = _columns(connection)
    for name in (name for name in wanted if name not in held):
        connection.execute(f"alter table {LARGEST} add column {name} {wanted[name]}")
    connection.execute(f"insert into {LARGEST} by name {query}")


def _query(
    fact: Fact,
    keys: Mapping[str, str],
    measures: Sequence[Measure],
    persons: Persons,
    where: Sequence[str],
) -> str:
    chosen = f" where {' and '.join(where)}" if where else ""
    names = ", ".join(keys)
    by_person = _tops(keys, measures, "person" if persons is Persons.REPEATED else None, chosen)
    unit = "unit_hsa_id" if fact.held.get("unit_hsa_id") else literal(ALL)
    by_unit = _tops(keys, measures, unit, chosen)
    told = [(f"key_{n}", f"p.{name}::varchar") for n, name in enumerate(keys)]
    for one in measures:
        first, second, first_unit, second_unit = one.largest()
        told += [(first, _share("p", one, 1)), (second, _share("p", one, TWO))]
        if fact.held.get("unit_hsa_id"):
            told += [(first_unit, _share("u", one, 1)), (second_unit, _share("u", one, TWO))]
    return f"select {merged(told)} from ({by_person}) p join ({by_unit}) u using ({names})"


def _tops(keys: Mapping[str, str], measures: Sequence[Measure], who: str | None, where: str) -> str:
    """Return the SELECT of each group's sums and their two largest parts, of rows if of nobody."""
    each = [(f"{one.id}_a", f"{one.id}_y") for one in measures]
    rows = f"select {merged([*keys.items(), *each])} from coded{where}"
    if who is not None:
        parts = [(name, f"sum({text})") for name, text in each]
        told = merged([*keys.items(), ("who", who), *parts])
        rows = f"select {told} from coded{where} group by all"
    tops = [(f"{one.id}_l", f"max({one.id}_a, {TWO})") for one in measures]
    sums = [(f"{one.id}_a", f"sum({one.id}_a)") for one in measures]
    return f"select {', '.join(keys)}, {merged([*sums, *tops])} from ({rows}) group by all"


def _share(table: str, one: Measure, place: int) -> str:
    """Return the text of a part's share: 0 of nothing, 1 where the parts take each other out."""
    part, whole = f"{table}.{one.id}_l[{place}]", f"{table}.{one.id}_a"
    return (
        f"case when {whole} is null then null when coalesce({part}, 0) <= 0 then 0"
        f" when {whole} <= 0 then 1 else {part}::double / {whole}::double end"
    )
