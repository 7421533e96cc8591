"""GROUP BYs over the coded rows: the whole sums of every measure, and the persons behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum

from equity_pipeline.indicators.coded import WITHOUT_PERSONS, Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.measures import Measure, merged
from equity_pipeline.vocabulary import ALL, TOTAL


class Persons(Enum):
    """What the rows of a fact are: no persons, one person each, or several rows a person."""

    NONE = "none"
    ROWS = "rows"
    REPEATED = "repeated"


def persons_of(connection: Connection, fact: Fact) -> Persons:
    """Return what the coded rows are; where nobody knows who the persons are, a row is one."""
    if fact.name in WITHOUT_PERSONS:
        return Persons.NONE
    row = connection.execute(
        "select count(person), count(*), count(distinct (period_code, person)) from coded"
    ).fetchone()
    known, rows, distinct = row or (0, 0, 0)
    return Persons.ROWS if known == 0 or rows == distinct else Persons.REPEATED


def level_of(dimension: str) -> str:
    """Return the level of a coded row: 'all' of the total."""
    return literal(ALL) if dimension == TOTAL else dimension


def group(
    connection: Connection,
    keys: Mapping[str, str],
    measures: Sequence[Measure],
    persons: Persons | None,
    *,
    where: Sequence[str] = (),
) -> None:
    """Make the temporary table ``grouped``: keys, whole sums, and persons unless None.

    Parameters
    ----------
    keys
        Names, and their texts over the coded rows, in the order that the groups get.
    where
        Conditions on the coded rows; those outside a key are left out by one of them.
    """
    chosen = f" where {' and '.join(where)}" if where else ""
    if persons is Persons.REPEATED:
        query = _of_persons(keys, measures, chosen)
    else:
        query = _of_rows(keys, measures, chosen, persons)
    connection.execute(f"create or replace temp table grouped as {query}")


def _of_rows(
    keys: Mapping[str, str], measures: Sequence[Measure], where: str, persons: Persons | None
) -> str:
    told = [pair for one in measures for pair in one.sums()]
    if persons is not None:
        told += [pair for one in measures for pair in _rows_as_persons(one, persons)]
    names = ", ".join(keys)
    return (
        f"select {merged(keys.items())},"
        f" {merged(told)} from coded{where} group by all order by {names}"
    )


def _of_persons(keys: Mapping[str, str], measures: Sequence[Measure], where: str) -> str:
    names = ", ".join(keys)
    sums = dict(pair for one in measures for pair in one.sums())
    inner = merged([*keys.items(), ("person", "person"), *sums.items(), *flags(measures)])
    outer = merged([*((name, f"sum({name})") for name in sums), *counts(measures)])
    return (
        f"select {names}, {outer} from (select {inner} from coded{where} group by all)"
        f" group by {names} order by {names}"
    )


def flags(measures: Sequence[Measure]) -> Iterator[tuple[str, str]]:
    """Yield, over the rows of a person, whether any is with the outcome, and whether any is not."""
    for one in measures:
        yield f"{one.id}_f", f"bool_or({one.id}_y > 0)"
        yield f"{one.id}_g", f"bool_or({one.id}_y = 0)"


def counts(measures: Sequence[Measure]) -> Iterator[tuple[str, str]]:
    """Yield, over persons with flags, how many there are, and with and without the outcome."""
    for one in measures:
        yield f"{one.id}_p", f"count({one.id}_f)"
        yield f"{one.id}_w", f"count_if({one.id}_f)::bigint"
        yield f"{one.id}_o", f"count_if({one.id}_g)::bigint"


def _rows_as_persons(one: Measure, persons: Persons) -> Iterator[tuple[str, str]]:
    n, with_outcome = f"count({one.id}_y)", one.with_outcome
    nobody = persons is Persons.NONE
    yield f"{one.id}_p", n
    yield f"{one.id}_w", "null::bigint" if nobody else f"({with_outcome})::bigint"
    yield f"{one.id}_o", "null::bigint" if nobody else f"({n} - {with_outcome})::bigint"
