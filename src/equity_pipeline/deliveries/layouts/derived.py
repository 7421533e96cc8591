"""Values made of several foreign columns, as SQL: an allow-list, never an expression."""

from __future__ import annotations

from collections.abc import Iterator

from equity_pipeline.deliveries.layouts.notation import MOMENT, Reader
from equity_pipeline.deliveries.layouts.quoting import literal
from equity_pipeline.deliveries.layouts.rules import ColumnRule


def derived(rule: ColumnRule, sources: tuple[str, ...], reader: Reader) -> str:
    """Return SQL for a derived value; NULL when a source is missing or cannot be read."""
    first, last = sources[0], sources[-1]
    if rule.date_of is not None:
        return f"cast({_in_zone(rule, reader.moment(first))} as date)"
    if rule.year_of is not None:
        return f"year({reader.moment(first)})"
    if rule.month_of is not None:
        return f"cast(date_trunc('month', {reader.moment(first)}) as date)"
    if rule.days_between is not None:
        return f"date_diff('day', {_day(reader, first)}, {_day(reader, last)})"
    if rule.birth_year_from_age is not None:
        return f"year({reader.moment(last)}) - {reader.number(first, 'INTEGER')}"
    if rule.negate is not None:
        return f"not ({reader.cast(first, 'BOOLEAN')})"
    positive = [f"({reader.number(source)} > 0)" for source in sources]
    if rule.any_positive is not None:
        return " or ".join(positive)
    return " + ".join(f"cast({one} as integer)" for one in positive)


def unread(rule: ColumnRule, sources: tuple[str, ...], reader: Reader) -> Iterator[tuple[str, str]]:
    """Yield, for each source, SQL for "is there but cannot be read", and SQL for the reason."""
    for place, text in enumerate(sources):
        kind = _kind(rule, place)
        yield (
            f"{text} is not null and ({reader.cast(text, kind)}) is null",
            reader.fault(text, kind),
        )


def _kind(rule: ColumnRule, place: int) -> str:
    if rule.any_positive is not None or rule.count_positive is not None:
        return "DOUBLE"
    if rule.birth_year_from_age is not None and place == 0:
        return "INTEGER"
    return "BOOLEAN" if rule.negate is not None else MOMENT


def _in_zone(rule: ColumnRule, moment: str) -> str:
    zones = rule.date_of
    if zones is None or zones.written_in == zones.time_zone:
        return moment
    written = f"timezone({literal(zones.written_in)}, {moment})"
    return f"timezone({literal(zones.time_zone)}, {written})"


def _day(reader: Reader, text: str) -> str:
    return f"cast({reader.moment(text)} as date)"
