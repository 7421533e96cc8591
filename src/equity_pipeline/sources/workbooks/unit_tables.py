"""Published figures laid out as the entities ``unit_value`` and ``area_value``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from equity_pipeline.settings.workbooks import WorkbookSource
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.missing import Missing
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.workbooks.accounts import Account
from equity_pipeline.sources.workbooks.figures import Writing
from equity_pipeline.sources.workbooks.place_figures import PlaceFigure
from equity_pipeline.sources.workbooks.places import COUNTRY, Gazetteer, read_mapping
from equity_pipeline.sources.workbooks.reasons import columns_told, refusals_told, with_rows

MONTHS = 12
UNMATCHED = pa.schema(
    [("unit_code", pa.string()), ("unit_name", pa.string()), ("n_values", pa.int64())]
)
MONTHLY = pa.schema(
    [
        ("source", pa.string()),
        ("measure_code", pa.string()),
        ("area_code", pa.string()),
        ("area_kind", pa.string()),
        ("period_start", pa.date32()),
        ("period_end", pa.date32()),
        ("sex_group", pa.string()),
        ("value", pa.float64()),
        ("n", pa.int64()),
        ("value_status", pa.string()),
    ]
)


def gazetteer_of(settings: WorkbookSource, answers: Answers) -> Gazetteer:
    """Return the words for places that the settings declare; the mapping file is kept as asked."""
    if settings.unit_file is not None:
        answers.file(settings.unit_file)
    return Gazetteer(
        country=settings.country,
        places=settings.places,
        totals=settings.totals,
        units=read_mapping(settings.unit_file),
    )


def writing_of(settings: WorkbookSource) -> Writing:
    """Return how numbers and marks are written, as the settings declare."""
    return Writing(settings.decimal, settings.marks)


def part_of(
    source: str,
    title: str,
    read: Iterable[PlaceFigure],
    accounts: Sequence[Account],
    region: str,
) -> Part:
    """Return the tables of the figures of a region, with what is lacking told.

    ``unit_value`` and ``area_value`` are landed. Beside them stand ``unmatched_unit``, units
    without an HSA id, and ``area_month``, the months of areas; a year's area value is the mean of
    its months weighted by their numbers, and is not told where a month or a number lacks.

    Raises
    ------
    SourceError
        Not one figure of the region could be taken.
    """
    figures, revised = standing(read, region)
    units = [one for one in figures if one.place.kind == "unit"]
    areas = [one for one in figures if one.place.kind != "unit"]
    entities = {
        "unit_value": _table("unit_value", [_unit_row(source, one) for one in units]),
        "area_value": _table("area_value", list(_area_rows(source, areas))),
    }
    beside = {
        "unmatched_unit": pa.Table.from_pylist(_unmatched(units), UNMATCHED),
        "area_month": pa.Table.from_pylist([_month(source, one) for one in areas], MONTHLY),
    }
    return Part(
        tables=with_rows(source, entities, accounts) | beside,
        missing=(
            *refusals_told(source, title, accounts),
            *_unmatched_told(source, title, units),
            *_revised_told(source, title, revised),
            *columns_told(source, title, accounts),
        ),
    )


def _table(entity: str, rows: list[dict[str, Any]]) -> pa.Table:
    schema = entity_schema(entity)
    table = pa.Table.from_pylist(rows, schema)
    return table.sort_by([(name, "ascending") for name in schema.names if name != "value"])


def _unit_row(source: str, one: PlaceFigure) -> dict[str, Any]:
    return {
        "source": source,
        "measure_code": one.measure_code,
        "unit_code": one.place.unit_code,
        "unit_hsa_id": one.place.unit_hsa_id,
        "unit_name": one.place.name or None,
        "municipality_code": one.place.municipality_code,
        "period_start": one.period_start,
        "period_end": one.period_end,
        "sex_group": one.sex_group,
        "value": one.figure.value,
        "n": one.n,
        "value_status": one.figure.status,
    }


def _month(source: str, one: PlaceFigure) -> dict[str, Any]:
    return {
        "source": source,
        "measure_code": one.measure_code,
        "area_code": one.place.code,
        "area_kind": one.place.kind,
        "period_start": one.period_start,
        "period_end": one.period_end,
        "sex_group": one.sex_group,
        "value": one.figure.value,
        "n": one.n,
        "value_status": one.figure.status,
    }


def _area_rows(source: str, areas: Iterable[PlaceFigure]) -> Iterator[dict[str, Any]]:
    years: dict[tuple[str, str, str, int], list[PlaceFigure]] = {}
    for one in areas:
        if one.sex_group == "total":
            key = (one.measure_code, one.place.code, one.place.kind, one.period_start.year)
            years.setdefault(key, []).append(one)
    for (measure, code, kind, year), held in years.items():
        value, status = _year(held)
        yield {
            "source": source,
            "measure_code": measure,
            "area_code": code,
            "area_kind": kind,
            "year": year,
            "value": value,
            "value_status": status,
        }


def _year(held: Sequence[PlaceFigure]) -> tuple[float | None, str]:
    first = held[0]
    if first.period_end == first.period_start.replace(year=first.period_start.year + 1):
        return first.figure.value, first.figure.status
    told = [(one.figure.value, one.n) for one in held if one.figure.value is not None and one.n]
    if len(told) < MONTHS:
        return None, "not_reported"
    return sum(value * n for value, n in told) / sum(n for _, n in told), "shown"


def _unmatched(units: Iterable[PlaceFigure]) -> list[dict[str, Any]]:
    held: dict[str, dict[str, Any]] = {}
    for one in units:
        if one.place.unit_hsa_id is None:
            code = one.place.unit_code
            row = held.setdefault(
                code, {"unit_code": code, "unit_name": one.place.name, "n_values": 0}
            )
            row["n_values"] += 1
    return [held[code] for code in sorted(held)]


def _unmatched_told(source: str, title: str, units: Sequence[PlaceFigure]) -> Iterator[Missing]:
    n, all_units = len(_unmatched(units)), len({one.place.unit_code for one in units})
    if n:
        yield Missing(
            source,
            "units",
            f"{title}: {n} av {all_units} enheter kan inte knytas till ett HSA-id.",
            f"{title}: {n} of {all_units} units cannot be tied to an HSA id.",
        )


def _revised_told(source: str, title: str, n: int) -> Iterator[Missing]:
    if n:
        yield Missing(
            source,
            "revised",
            f"{title}: {n} uppgifter skiljer sig mellan filer; den sist namngivna filen gäller.",
            f"{title}: {n} figures differ between files; the file named last holds.",
        )


def standing(figures: Iterable[PlaceFigure], region: str) -> tuple[list[PlaceFigure], int]:
    """Return the figures that bear on a region, each once, and how many were revised.

    Exports overlap in time: where two files tell a figure differently, the last file by name
    holds. A unit whose municipality is not told may be anybody's: it stays.
    """
    held: dict[tuple[object, ...], PlaceFigure] = {}
    revised = 0
    for one in figures:
        if _bears_on(one, region):
            revised += one.key in held and held[one.key].figure != one.figure
            held[one.key] = one
    return list(held.values()), revised


def _bears_on(one: PlaceFigure, region: str) -> bool:
    town = one.place.municipality_code if one.place.kind == "unit" else one.place.code
    return not town or town == COUNTRY or town.startswith(region)
