"""Folkhälsomyndigheten: published health by municipality, region and country, over PxWeb v1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.settings import FohmSettings, FohmTable
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.missing import Missing
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.pxweb.categories import choice_of_total, one_category
from equity_pipeline.sources.pxweb.jsonstat import Dimension
from equity_pipeline.sources.pxweb.pxweb_v1 import PxWebV1
from equity_pipeline.sources.pxweb.selection import unknown

SOURCE = "folkhalsomyndigheten"
COUNTRY = "00"
PERIOD = re.compile(r"(\d{4})(?:\s*[-–]\s*(\d{4}))?")
BOUNDS = (("lower", ("nedre", "undre", "lower")), ("upper", ("övre", "upper")))
STATUS = {"..": "suppressed", ".": "not_applicable"}


@dataclass(frozen=True, slots=True)
class Layout:
    """Which variables of a table are what, and which category of the interval is which bound."""

    region: str
    time: str
    interval: str | None
    bounds: Mapping[str, str]


def pull(answers: Answers, settings: FohmSettings, region: str) -> Part:
    """Return published values of a region's municipalities, the region and the country.

    Per cent are stored as shares 0-1. Of a period of years such as 2021-2024 the last is the
    ``year``. A value that the source withholds is null, with a status. ``area_interval`` beside
    them has the confidence intervals that the source gives, and the period as it writes it.

    Raises
    ------
    SourceError
        A table is gone or is no longer as the settings say.
    """
    source = PxWebV1(answers, settings.base_url)
    values: list[dict[str, Any]] = []
    intervals: list[dict[str, Any]] = []
    missing: list[Missing] = []
    names: dict[str, str] = {}
    for table in settings.tables:
        held = {one.code: one for one in source.metadata(table.path)}
        layout = layout_of(table, held)
        chosen = _choice(table, held, layout, region, settings.first_year)
        rows = list(_rows(source.data(table.path, chosen).table, layout))
        values += [_value(table, row) for row in rows]
        intervals += [_interval(table, row) for row in rows if _has_bounds(row)]
        missing += _notes(table, rows, held[layout.time].label)
        names |= _names(held[layout.region], chosen[layout.region])
    return Part(
        tables={
            "area_value": pa.Table.from_pylist(values, entity_schema("area_value")),
            "area_interval": pa.Table.from_pylist(intervals, entity_schema("area_interval")),
        },
        missing=tuple(missing),
        names=names,
    )


def layout_of(table: FohmTable, held: Mapping[str, Dimension]) -> Layout:
    """Return which variables of a table are region, time and interval.

    Raises
    ------
    SourceError
        The table has no such region, no time, or an interval without a value of its own.
    """
    if table.region not in held:
        raise unknown(table.path, f"the variable {table.region!r}", tuple(held))
    times = [name for name, one in held.items() if one.role == "time"]
    times = times or [name for name in held if name.casefold() in {"år", "tid", "year"}]
    if not times:
        raise unknown(table.path, "a variable of time", tuple(held))
    if table.interval not in held or table.interval in table.choose:
        return Layout(table.region, times[0], None, {})
    return Layout(table.region, times[0], table.interval, _bounds(table, held[table.interval]))


def year_of(period: str) -> int:
    """Return the last year of a period.

    Raises
    ------
    SourceError
        The period is not a year or two.

    Examples
    --------
    >>> year_of("2021-2024"), year_of("2022")
    (2024, 2022)
    """
    told = PERIOD.fullmatch(period.strip())
    if not told:
        raise SourceError(
            f"The period {period[:40]!r} is not a year or a span of years.",
            where="Folkhälsomyndigheten",
            mend="see how the table writes its years; sources.folkhalsomyndigheten.tables",
        )
    return int(told[2] or told[1])


def _bounds(table: FohmTable, interval: Dimension) -> dict[str, str]:
    found: dict[str, str] = {}
    for code, label in interval.categories.items():
        word = label.casefold()
        named = [bound for bound, words in BOUNDS if any(one in word for one in words)]
        found[code] = named[0] if named else "value"
    if list(found.values()).count("value") != 1:
        raise SourceError(
            f"In {interval.code} of table {table.path}, no single category is the value itself.",
            where=f"table {table.path}",
            mend=f"name one of {', '.join(interval.codes)} in choose, under {interval.code!r}",
        )
    return found


def _choice(
    table: FohmTable, held: Mapping[str, Dimension], layout: Layout, region: str, first: int
) -> dict[str, Sequence[str]]:
    strange = sorted(table.choose.keys() - held.keys())
    if strange:
        raise unknown(table.path, f"the variables {strange}", tuple(held))
    chosen: dict[str, Sequence[str]] = {
        layout.region: _regions(table, held[layout.region], region),
        layout.time: [code for code in held[layout.time].codes if year_of(code) >= first],
    }
    if layout.interval:
        chosen[layout.interval] = list(layout.bounds)
    for name, dimension in held.items():
        if name in chosen:
            continue
        if name in table.choose:
            chosen[name] = [one_category(table.path, dimension, [table.choose[name]])]
            continue
        total = choice_of_total(table.path, dimension)
        chosen |= {name: [total]} if total is not None else {}
    return chosen


def _regions(table: FohmTable, dimension: Dimension, region: str) -> list[str]:
    codes = [
        code
        for code in dimension.codes
        if code in {COUNTRY, region} or (len(code) == 4 and code.startswith(region))
    ]
    if not codes:
        raise unknown(table.path, f"areas of region {region}", dimension.codes)
    return codes


def _rows(table: pa.Table, layout: Layout) -> Iterator[dict[str, Any]]:
    """Yield a row for each area and period, its bounds side by side."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in table.to_pylist():
        key = (cell[layout.region], cell[layout.time])
        row = rows.setdefault(key, {"area_code": key[0], "period": key[1]})
        bound = layout.bounds[cell[layout.interval]] if layout.interval else "value"
        row[bound] = cell["value"]
        if bound == "value":
            row["status"] = cell["status"]
    yield from rows.values()


def _value(table: FohmTable, row: Mapping[str, Any]) -> dict[str, Any]:
    code = row["area_code"]
    value = _scaled(table, row["value"])
    withheld = STATUS.get(row["status"] or "", "not_reported")
    return {
        "source": SOURCE,
        "measure_code": table.measure,
        "area_code": code,
        "area_kind": {2: "country" if code == COUNTRY else "region"}.get(len(code), "municipality"),
        "year": year_of(row["period"]),
        "value": value,
        "value_status": "shown" if value is not None else withheld,
    }


def _has_bounds(row: Mapping[str, Any]) -> bool:
    return any(row.get(bound) is not None for bound, _ in BOUNDS)


def _interval(table: FohmTable, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": SOURCE,
        "measure_code": table.measure,
        "area_code": row["area_code"],
        "year": year_of(row["period"]),
        "published_period": row["period"],
        "value_lower": _scaled(table, row.get("lower")),
        "value_upper": _scaled(table, row.get("upper")),
    }


def _scaled(table: FohmTable, value: float | None) -> float | None:
    return value / 100 if value is not None and table.is_percent else value


def _names(dimension: Dimension, codes: Iterable[str]) -> dict[str, str]:
    """Return names without the code that labels such as "21 Gävleborgs län" begin with."""
    return {code: dimension.categories[code].removeprefix(f"{code} ") for code in codes}


def _notes(table: FohmTable, rows: Sequence[Mapping[str, Any]], time: str) -> Iterator[Missing]:
    spans = sorted({row["period"] for row in rows if len(row["period"].strip()) > len("2024")})
    name = f"Folkhälsomyndigheten {table.measure}"
    if spans:
        yield Missing(
            table.measure,
            "many_years",
            f"{name} avser flera år tillsammans ({', '.join(spans)}); {time} är det sista av dem.",
            f"{name} covers several years together ({', '.join(spans)}); the year is the last.",
        )
    gone = sum(row["value"] is None for row in rows)
    if gone:
        yield Missing(
            table.measure,
            "areas",
            f"{name} saknar {gone} av {len(rows)} värden: för få svar, eller inte redovisade.",
            f"{name} lacks {gone} of {len(rows)} values: too few answers, or not reported.",
        )
