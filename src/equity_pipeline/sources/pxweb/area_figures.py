"""One column of an area out of one table of Statistics Sweden: what to ask, and what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import AreaCells
from equity_pipeline.sources.pxweb.area_codes import AreaCode, areas_of
from equity_pipeline.sources.pxweb.categories import (
    choice_of_total,
    one_category,
    some_categories,
    total_of,
)
from equity_pipeline.sources.pxweb.jsonstat import Cube, Dimension
from equity_pipeline.sources.pxweb.selection import Selection, unknown

REGION, CONTENTS = "Region", "ContentsCode"
SCALES = {"count": 1.0, "share": 1.0, "percent": 0.01, "code": 1.0}


class Tables(Protocol):
    """Tables behind one address, of either generation of PxWeb."""

    def metadata(self, table: str) -> tuple[Dimension, ...]:
        """Return the dimensions of a table."""
        ...

    def data(self, table: str, selection: Selection) -> Cube:
        """Return chosen cells of a table."""
        ...


@dataclass(frozen=True, slots=True)
class Figure:
    """One value: of which area and year, and its sign where there is none."""

    area: AreaCode
    year: int
    value: float | None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a column asks of its table: fixed choices, what counts, and what it is divided by."""

    cells: AreaCells
    held: Mapping[str, Dimension]
    time: str
    fixed: Mapping[str, list[str]]
    part: frozenset[tuple[str, str]] = frozenset()
    whole: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    def years(self) -> list[int]:
        """Return the years that the table has."""
        return [int(code) for code in self.held[self.time].codes if code.isdecimal()]


def plan_of(scb: Tables, cells: AreaCells) -> Plan:
    """Return what a column asks of its table, found in the table's own metadata.

    Raises
    ------
    SourceError
        The table is gone, or a dimension or category that the settings name is not in it.
    """
    held = {one.code: one for one in scb.metadata(cells.table)}
    if cells.part and (cells.whole_contents or len(cells.part) > 1):
        raise ConfigurationError(
            "A share is told by contents or by one dimension, not by both.",
            where=f"sources.scb_areas.columns, table {cells.table}",
            mend="name either whole_contents or one dimension in part",
        )
    named = {*cells.choose, *cells.part, REGION}
    absent = sorted(named - held.keys())
    if absent:
        raise unknown(cells.table, f"the dimensions {absent}", tuple(held))
    time = _time_of(cells.table, held)
    fixed, part, whole = _contents(cells, held)
    for name, dimension in held.items():
        if name in {REGION, CONTENTS, time}:
            continue
        if name in cells.part:
            wanted = some_categories(cells.table, dimension, cells.part[name])
            total = total_of(dimension)
            everything = [total] if total else list(dimension.codes)
            fixed[name] = list(dict.fromkeys([*wanted, *everything]))
            part = frozenset((name, code) for code in wanted)
            whole = frozenset((name, code) for code in everything)
        elif name in cells.choose:
            fixed[name] = [one_category(cells.table, dimension, [cells.choose[name]])]
        else:
            total = choice_of_total(cells.table, dimension)
            fixed.update({name: [total]} if total is not None else {})
    return Plan(cells, held, time, fixed, part, whole)


def figures(
    scb: Tables, plan: Plan, region: str, kinds: Sequence[str], years: Iterable[int]
) -> Iterator[Figure]:
    """Yield the values of a column, each year asked under the codes that describe it.

    Totals are the table's own total cells where it has them: from 2025 parts carry a noise of
    their own. A share that the noise takes a little past 0 or 1 is given as it came out.
    """
    areas = areas_of(plan.held[REGION].codes, region, kinds)
    wanted = [year for year in plan.years() if year in set(years)]
    for some in _pairs(areas, wanted):
        here, when = some
        cube = scb.data(
            plan.cells.table,
            {
                **plan.fixed,
                REGION: [one.asked for one in here],
                plan.time: [str(year) for year in when],
            },
        )
        yield from _read(cube.table, plan, {one.asked: one for one in here})


def _pairs(areas: list[AreaCode], years: list[int]) -> Iterator[tuple[list[AreaCode], list[int]]]:
    ordered = sorted(areas, key=lambda one: (one.kind, one.vintage))
    for _, some in groupby(ordered, key=lambda one: (one.kind, one.vintage)):
        here = list(some)
        when = [year for year in years if here[0].describes(year)]
        if when:
            yield here, when


def _contents(
    cells: AreaCells, held: Mapping[str, Dimension]
) -> tuple[dict[str, list[str]], frozenset[tuple[str, str]], frozenset[tuple[str, str]]]:
    if CONTENTS not in held:
        return {}, frozenset(), frozenset()
    contents = held[CONTENTS]
    if not cells.contents and len(contents.codes) == 1:
        return {CONTENTS: list(contents.codes)}, frozenset(), frozenset()
    part = one_category(cells.table, contents, cells.contents)
    if not cells.whole_contents:
        return {CONTENTS: [part]}, frozenset(), frozenset()
    whole = one_category(cells.table, contents, cells.whole_contents)
    return (
        {CONTENTS: [part, whole]},
        frozenset({(CONTENTS, part)}),
        frozenset({(CONTENTS, whole)}),
    )


def _time_of(table: str, held: Mapping[str, Dimension]) -> str:
    named = [name for name, one in held.items() if one.role == "time"] or ["Tid"]
    if named[0] not in held:
        raise unknown(table, "a dimension of time", tuple(held))
    return named[0]


def _read(table: pa.Table, plan: Plan, areas: Mapping[str, AreaCode]) -> Iterator[Figure]:
    cells: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        cells.setdefault((row[REGION], int(row[plan.time])), []).append(row)
    for (asked, year), rows in cells.items():
        value = _share(rows, plan) if plan.part else rows[0]["value"]
        status = next((row["status"] for row in rows if row["status"]), None)
        scaled = None if value is None else value * SCALES[plan.cells.unit]
        yield Figure(areas[asked], year, scaled, status if value is None else None)


def _share(rows: list[dict[str, Any]], plan: Plan) -> float | None:
    part, whole = (_sum(rows, keys) for keys in (plan.part, plan.whole))
    if part is None or not whole:
        return None
    share = 1 - part / whole if plan.cells.is_rest else part / whole
    if not -0.05 <= share <= 1.05:  # noise moves a small area's share a little past its ends
        raise SourceError(
            f"A share of table {plan.cells.table} is not between 0 and 1.",
            where=f"sources.scb_areas.columns, table {plan.cells.table}",
            mend="see which categories are the part and which the whole",
        )
    return share


def _sum(rows: list[dict[str, Any]], keys: frozenset[tuple[str, str]]) -> float | None:
    values = [row["value"] for row in rows if any(row[name] == code for name, code in keys)]
    return None if not values or any(value is None for value in values) else float(sum(values))
