"""Cells of the newest year by municipality, area and unit, with the persons behind them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from equity_pipeline.indicators.coded import Connection, Fact
from equity_pipeline.indicators.condition import literal
from equity_pipeline.indicators.grouping import Persons, group, level_of
from equity_pipeline.indicators.largest import count_largest, forget_largest
from equity_pipeline.indicators.layout import TABLES
from equity_pipeline.indicators.measures import Measure
from equity_pipeline.indicators.persons import append_by_sex
from equity_pipeline.indicators.stored import append, sums
from equity_pipeline.vocabulary import TOTAL

MUNICIPALITY = "municipality"
UNIT = "unit"
# within an area there are too few for any of these
CUTS = ("education", "income_quintile", "country_of_birth", "area_income_quintile")


def count_places(
    connection: Connection,
    fact: Fact,
    measures: Sequence[Measure],
    persons: Persons,
    period: str,
    area_kind: str,
) -> None:
    """Append the cells of one period to ``by_place`` and their persons to ``place_persons``.

    Rows outside a place, as those of people whose area nobody knows, are in none.
    """
    forget_largest(connection)
    for kind, column, dimension in places_of(fact, area_kind):
        taking = [one for one in measures if dimension not in one.excluded]
        if not taking:
            continue
        level = level_of(dimension)
        keys = {
            "period_code": "period_code",
            "geography_level": literal(kind),
            "geography_code": column,
            "dimension": literal(dimension),
            "level": level,
            "key_sex": "key_sex",
        }
        where = (
            f"period_code = {literal(period)}",
            f"{column} is not null",
            f"{level} is not null",
        )
        group(connection, keys, taking, persons, where=where)
        count_largest(connection, fact, keys, taking, persons, where)
        table = TABLES["by_place"]
        rows = "select * rename (key_sex as sex) from grouped"
        append(connection, table, fact, [*table.keys, *sums(taking)], rows)
        append_by_sex(connection, TABLES["place_persons"], fact, taking)


def places_of(fact: Fact, area_kind: str) -> Iterator[tuple[str, str, str]]:
    """Yield the kinds of place with their column, each with the dimensions that cut it."""
    columns = {MUNICIPALITY: "municipality_code", UNIT: "unit_hsa_id"}
    columns.setdefault(area_kind, "area_code")
    for kind, column in columns.items():
        if not fact.held.get(column):
            continue
        yield kind, column, TOTAL
        if kind in {MUNICIPALITY, UNIT}:
            yield from ((kind, column, one) for one in CUTS if one in fact.dimensions)
