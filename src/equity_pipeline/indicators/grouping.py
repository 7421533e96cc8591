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
    """Make the temporary table ``grouped`` of :func:`grouped`."""
    query = grouped(keys, measures, persons, where=where)
    connection.execute(f"create or replace temp table grouped as {query}")


def grouped(
    keys: Mapping[str, str],
    measures: Sequence[Measure],
    persons: Persons | None,
    *,
    where: Sequence[str] = (),
) -> str:
    """Return the SELECT of keys, sums as they are stored, and persons unless None.

    Parameters
    ----------
    keys
        Names, and their texts over the coded rows, in the order that the groups get.
    persons
        What the rows are; None if nobody asks for the persons behind the sums.
    where
        Conditions on the coded rows; those outside a key are left out by one of them.
    """
    chosen = f" where {' and '.join(where)}" if where else ""
    if persons is Persons.REPEATED:
        rows = _of_persons(keys, measures, chosen)
    else:
        sums = merged(pair for one in measures for pair in one.sums())
        rows = f"select {merged(keys.items())}, {sums} from coded{chosen} group by all"
    told = {name: text for one in measures for name, _, text in one.stored()}
    if persons is not None:
        told |= people(measures, persons)
    names = ", ".join(keys)
    return f"select {names}, {merged(told.items())} from ({rows}) order by {names}"


def _of_persons(keys: Mapping[str, str], measures: Sequence[Measure], where: str) -> str:
    sums = dict(pair for one in measures for pair in one.sums())
    inner = merged([*keys.items(), ("person", "person"), *sums.items(), *flags(measures)])
    outer = merged([*((name, f"sum({name})") for name in sums), *counts(measures)])
    return (
        f"select {', '.join(keys)}, {outer} from (select {inner} from coded{where} group by all)"
        " group by all"
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


def people(measures: Sequence[Measure], persons: Persons, over: str = "{0}") -> dict[str, str]:
    """Return the columns of persons, all, with and without the outcome, as texts over sums.

    Parameters
    ----------
    over
        What is done with each sum: ``sum({0})`` to add up groups.
    """
    made: dict[str, str] = {}
    for one in measures:
        n, with_outcome = over.format(f"{one.id}_n"), over.format(one.with_outcome)
        texts = {
            Persons.REPEATED: [over.format(f"{one.id}_{what}") for what in "pwo"],
            Persons.ROWS: [n, with_outcome, f"{n} - {with_outcome}"],
            Persons.NONE: [n, "null", "null"],
        }[persons]
        made |= {
            f"{one.id}_{what}": f"({text})::bigint" for what, text in zip("pwo", texts, strict=True)
        }
    return made
