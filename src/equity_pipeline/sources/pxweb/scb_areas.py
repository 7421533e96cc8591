"""Areas as Statistics Sweden describes them: DeSO, RegSO and municipalities, year by year."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.settings import AreaCells, ScbAreaSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.missing import Missing, spans
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.pxweb.area_codes import AreaCode
from equity_pipeline.sources.pxweb.area_figures import Figure, Tables, figures, plan_of
from equity_pipeline.sources.pxweb.pxweb_v1 import PxWebV1
from equity_pipeline.sources.pxweb.scb import Scb
from equity_pipeline.vocabulary import vocabulary

SOURCE = "scb_areas"
KEPT = ("year",)  # a column of the key, not a measured one
KINDS_SV = {"deso": "DeSO", "regso": "RegSO", "municipality": "kommuner"}
KINDS_EN = {"deso": "DeSO", "regso": "RegSO", "municipality": "municipalities"}

Place = tuple[AreaCode, int]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the areas: its values, the table of each kind and year, and empty answers."""

    name: str
    values: Mapping[Place, float]
    tables: Mapping[tuple[str, int], AreaCells]
    empty: tuple[tuple[str, str, int], ...] = ()


def pull(answers: Answers, settings: ScbAreaSettings, region: str) -> Part:
    """Return the areas of a region, a row for each area, vintage and year with a population.

    ``area_series`` beside them says which table, series and ages each column has in each year:
    two series are never joined in silence.

    Raises
    ------
    SourceError
        A table is gone, or is no longer as the settings say.
    ConfigurationError
        The settings name a column that areas do not have, or none for population.
    """
    _check(settings)
    generations: dict[int, Tables] = {
        1: PxWebV1(answers, settings.base_url_v1),
        2: Scb(answers, settings.base_url),
    }
    years = range(settings.first_year, settings.last_year + 1)
    columns = [
        _column(generations, name, tables, region, settings.kinds, years)
        for name, tables in settings.columns.items()
    ]
    return Part(
        tables={"area": _areas(columns), "area_series": _series(columns)},
        missing=tuple(note for one in columns for note in _notes(one, settings.kinds, list(years))),
    )


def _column(
    generations: Mapping[int, Tables],
    name: str,
    tables: Sequence[AreaCells],
    region: str,
    kinds: Sequence[str],
    years: Sequence[int],
) -> Column:
    """Return a column, each year of each kind from the first table that has values for it."""
    values: dict[Place, float] = {}
    taken: dict[tuple[str, int], AreaCells] = {}
    empty: list[tuple[str, str, int]] = []
    for cells in tables:
        rest = [year for year in years if any((kind, year) not in taken for kind in kinds)]
        scb = generations[cells.generation]
        came = figures(scb, plan_of(scb, cells), region, kinds, rest)
        for (kind, year), some in _by_year(came):
            if (kind, year) in taken:
                continue
            told = {(one.area, year): one.value for one in some if one.value is not None}
            values.update(told)
            if told:
                taken[kind, year] = cells
            else:
                empty.append((cells.table, kind, year))
    return Column(name, values, taken, tuple(empty))


def _by_year(some: Iterator[Figure]) -> list[tuple[tuple[str, int], list[Figure]]]:
    grouped: dict[tuple[str, int], list[Figure]] = {}
    for one in some:
        grouped.setdefault((one.area.kind, one.year), []).append(one)
    return sorted(grouped.items())


def _areas(columns: Sequence[Column]) -> pa.Table:
    people = next(one.values for one in columns if one.name == "population")
    rows = [
        _row(area, year) | {one.name: _typed(one, (area, year)) for one in columns}
        for area, year in sorted(people, key=lambda key: (key[0].vintage, key[0].code, key[1]))
    ]
    return pa.Table.from_pylist(rows, entity_schema("area"))


def _row(area: AreaCode, year: int) -> dict[str, Any]:
    return {
        "area_code": area.code,
        "area_kind": area.kind,
        "vintage": area.vintage,
        "year": year,
        "municipality_code": area.code[:4],
        "urban_rural": area.urban_rural,
    }


def _typed(column: Column, key: Place) -> float | int | str | None:
    value = column.values.get(key)
    if value is None:
        return None
    kind = vocabulary().column(column.name).type
    return value if kind == "DOUBLE" else str(round(value)) if kind == "VARCHAR" else round(value)


def _series(columns: Sequence[Column]) -> pa.Table:
    rows = [
        {
            "area_column": one.name,
            "area_kind": kind,
            "year": year,
            "source": SOURCE,
            "source_table": cells.table,
            "source_series": cells.series or cells.table,
            "source_ages": cells.ages or None,
        }
        for one in columns
        for (kind, year), cells in sorted(one.tables.items())
    ]
    return pa.Table.from_pylist(rows, entity_schema("area_series"))


def _notes(column: Column, kinds: Sequence[str], years: Sequence[int]) -> Iterator[Missing]:
    yield from _empty(column)
    for kind in kinds:
        told = {table for table, held, _ in column.empty if held == kind}
        gone = [
            year
            for year in years
            if (kind, year) not in column.tables
            and not any((table, kind, year) in column.empty for table in told)
        ]
        if gone:
            yield Missing(
                column.name,
                "years",
                f"SCB har inga värden för {column.name}, {KINDS_SV[kind]} {spans(gone)}.",
                f"Statistics Sweden has no values for {column.name}, {KINDS_EN[kind]} "
                f"{spans(gone)}.",
            )
        yield from _breaks(column, kind)


def _empty(column: Column) -> Iterator[Missing]:
    grouped: dict[tuple[str, str], list[int]] = {}
    for table, kind, year in column.empty:
        grouped.setdefault((table, kind), []).append(year)
    for (table, kind), years in grouped.items():
        yield Missing(
            column.name,
            "pairing",
            f"SCB {table} har områdeskoder men bara tomma värden för {KINDS_SV[kind]} "
            f"{spans(years)}: koder och år hör inte ihop, eller värdena är inte publicerade.",
            f"Statistics Sweden {table} has area codes and only empty values for {KINDS_EN[kind]} "
            f"in {spans(years)}: codes and years do not belong together, or it is not published.",
        )


def _breaks(column: Column, kind: str) -> Iterator[Missing]:
    told = sorted(
        ((year, cells) for (held, year), cells in column.tables.items() if held == kind),
        key=lambda one: one[0],
    )
    for (_, before), (year, after) in pairwise(told):
        if (before.series, before.ages) != (after.series, after.ages):
            was, now = (f"{one.series} {one.ages}".strip() or one.table for one in (before, after))
            yield Missing(
                column.name,
                "series",
                f"{column.name} för {KINDS_SV[kind]} byter serie {year}: {was} före, {now} från "
                f"och med {year} (SCB {after.table}). Nivåerna är inte jämförbara.",
                f"{column.name} for {KINDS_EN[kind]} changes series in {year}: {was} before, {now} "
                f"from {year} (Statistics Sweden {after.table}). The levels do not compare.",
            )


def _check(settings: ScbAreaSettings) -> None:
    words = vocabulary()
    known = [
        name
        for name in words.entities["area"].columns
        if name not in KEPT and (words.column(name).type != "VARCHAR" or name == "area_type")
    ]
    strange = sorted(settings.columns.keys() - set(known))
    if strange or not settings.columns.get("population"):
        what = (
            f"Areas have no measured column {strange}." if strange else "Population has no table."
        )
        raise ConfigurationError(
            what,
            where="sources.scb_areas.columns",
            mend=f"name a table for population, and others among {', '.join(known)}",
        )
