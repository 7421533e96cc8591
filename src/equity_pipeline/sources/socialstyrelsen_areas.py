"""Socialstyrelsen's figures by region and municipality, laid out as published area values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import SocialstyrelsenSettings, SocialstyrelsenTable
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.missing import Missing, spans
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.socialstyrelsen import (
    MEASURE,
    YEAR,
    Choice,
    Socialstyrelsen,
    broken,
    chosen,
    same,
)
from equity_pipeline.sources.workbooks.figures import Unreadable, Writing
from equity_pipeline.sources.workbooks.places import REGIONS
from equity_pipeline.vocabulary import vocabulary

SOURCE = "socialstyrelsen"
REGION = "region"
COUNTRY_NAMES = ("riket", "hela riket")
AROUND_NAMES = re.compile(r"^region |s? läns?( landsting)?$|s?regionen$|s? kommun$|(?<=\w\w)s$")
ALSO_CALLED = {"södermanland": "sörmland", "jämtland": "jämtland härjedalen"}


@dataclass(frozen=True, slots=True)
class Area:
    """An area that a topic has, by its id there."""

    id: str
    code: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One table of the settings, resolved: its areas, years, and every id to ask for."""

    table: SocialstyrelsenTable
    areas: Mapping[str, Area]
    years: Mapping[str, int]
    selection: Mapping[str, tuple[str, ...]]


def pull(answers: Answers, settings: SocialstyrelsenSettings, region: str) -> Part:
    """Return the measures of the settings for a region, its municipalities, and the country.

    Raises
    ------
    SourceError
        A topic, variable or value is not there, or an answer does not hold what it says.
    """
    _check_marks(settings.marks)
    source = Socialstyrelsen(answers, settings.base_url, settings.rows_a_page)
    rows: list[dict[str, object]] = []
    missing: list[Missing] = []
    names: dict[str, str] = {}
    for table in settings.tables:
        asked = _resolved(source, table, settings, region)
        found = list(_rows(source, asked, settings))
        rows += found
        missing += _missing(asked, found)
        names |= {one.code: one.name for one in asked.areas.values()}
    table_of = pa.Table.from_pylist(
        sorted(rows, key=lambda row: (row["measure_code"], row["area_code"], row["year"])),
        entity_schema("area_value"),
    )
    return Part({"area_value": table_of}, missing=tuple(missing), names=names)


def area_of(choice: Choice, region: str, municipalities: Mapping[str, str]) -> Area | None:
    """Return the area that a value of ``region`` is, by its code or its name; None for others.

    Ids are not looked at: they mean another area in another topic.

    Examples
    --------
    >>> area_of(Choice("12", "", "Skåne län"), "12", {}).code
    '12'
    >>> area_of(Choice("7", "1280", "Malmö"), "12", {}).kind
    'municipality'
    >>> area_of(Choice("1280", "", "Malmö"), "12", {}) is None
    True
    """
    code = choice.code or _code_by_name(choice.text, municipalities)
    if code in {"0", "00", "0000"}:
        return Area(choice.id, "00", "country", choice.text)
    if code == region:
        return Area(choice.id, region, "region", choice.text)
    if re.fullmatch(r"\d{4}", code) and code.startswith(region):
        return Area(choice.id, code, "municipality", choice.text)
    return None


def _code_by_name(text: str, municipalities: Mapping[str, str]) -> str:
    if any(same(text, name) for name in COUNTRY_NAMES):
        return "00"
    for code, name in municipalities.items():
        if same(text, name) or same(text, f"{name} kommun"):
            return code
    wanted = _bare(text)
    # a municipality may have its region's name: only "län" or "region" makes it the region
    named = {_bare(name): code for name, code in REGIONS.items()}
    is_region = bool(re.search(r"\blän\b|region", text.casefold()))
    return named.get(ALSO_CALLED.get(wanted, wanted), "") if is_region else ""


def _bare(name: str) -> str:
    bare = " ".join(name.casefold().split())
    while (shorter := AROUND_NAMES.sub("", bare).strip()) != bare:
        bare = shorter
    return bare


def _resolved(
    source: Socialstyrelsen,
    table: SocialstyrelsenTable,
    settings: SocialstyrelsenSettings,
    region: str,
) -> Asked:
    variables = source.variables(table.topic)
    strange = sorted({MEASURE, YEAR, REGION, *table.choose} - set(variables))
    if strange:
        raise SourceError(
            f"The topic {table.topic} has no variable {', '.join(strange)}.",
            where=f"sources.socialstyrelsen.tables, {table.measure}",
            mend=f"it has {', '.join(variables)}",
        )
    areas: dict[str, Area] = {}
    years: dict[str, int] = {}
    selection: dict[str, tuple[str, ...]] = {}
    for name in variables:
        choices = source.values(table.topic, name)
        if name == REGION:
            areas = _areas(choices, table, settings, region)
            selection[name] = tuple(areas)
        elif name == YEAR:
            years = _years(choices, table, settings)
            selection[name] = tuple(years)
        else:
            selection[name] = (_one(choices, name, table).id,)
    return Asked(table, areas, years, selection)


def _areas(
    choices: Sequence[Choice],
    table: SocialstyrelsenTable,
    settings: SocialstyrelsenSettings,
    region: str,
) -> dict[str, Area]:
    found = [area_of(one, region, settings.municipalities) for one in choices]
    areas = {one.id: one for one in found if one is not None}
    if region not in {one.code for one in areas.values()}:
        raise SourceError(
            f"The topic {table.topic} has no region {region}.",
            where=f"sources.socialstyrelsen.tables, {table.measure}",
            mend="set region.code to the two digits of the region",
        )
    if len({one.code for one in areas.values()}) < len(areas):
        raise broken(f"{table.topic}/{REGION}", "two of its regions are the same area")
    return areas


def _years(
    choices: Sequence[Choice], table: SocialstyrelsenTable, settings: SocialstyrelsenSettings
) -> dict[str, int]:
    told = {one.id: one.text or one.id for one in choices}
    years = {key: int(text) for key, text in told.items() if re.fullmatch(r"\d{4}", text)}
    inside = range(settings.first_year, settings.last_year + 1)
    found = {key: year for key, year in years.items() if year in inside}
    if not found:
        raise SourceError(
            f"The topic {table.topic} has no year of {inside.start}–{inside.stop - 1}.",
            where=f"sources.socialstyrelsen.tables, {table.measure}",
            mend=f"it has {spans(years.values()) or 'none'}",
        )
    return found


def _one(choices: Sequence[Choice], name: str, table: SocialstyrelsenTable) -> Choice:
    where = f"sources.socialstyrelsen.tables, {table.measure}: {name}"
    wanted = table.matt if name == MEASURE else table.choose.get(name)
    if wanted is None and len(choices) == 1:
        return choices[0]
    if wanted is None:
        raise SourceError(
            f"The topic {table.topic} is divided by {name}, and no value of it is chosen.",
            where=where,
            mend=f"choose one, such as {', '.join(one.text for one in choices[:5])}",
        )
    return chosen(choices, wanted, where=where)


def _rows(
    source: Socialstyrelsen, asked: Asked, settings: SocialstyrelsenSettings
) -> Iterator[dict[str, object]]:
    writing = Writing(",", settings.marks)
    for row in source.results(asked.table.topic, asked.selection):
        area = asked.areas[str(row[REGION])]
        value, status = _figure(row["varde"], writing, asked.table)
        yield {
            "source": SOURCE,
            "measure_code": asked.table.measure,
            "area_code": area.code,
            "area_kind": area.kind,
            "year": asked.years[str(row[YEAR])],
            "value": value,
            "value_status": status,
        }


def _figure(
    told: str | float | None, writing: Writing, table: SocialstyrelsenTable
) -> tuple[float | None, str]:
    text = " ".join(str("" if told is None else told).split())  # also spaces that do not break
    marks = {mark.casefold(): status for mark, status in (writing.marks or {}).items()}
    if text.casefold() in marks:
        return None, marks[text.casefold()]
    try:
        number = float(told) if isinstance(told, int | float) else writing.number(text)
    except Unreadable:
        raise broken(
            table.topic, "a varde is neither a number with a comma nor a declared mark"
        ) from None
    return number / (100 if table.is_percent else 1), "shown"


def _missing(asked: Asked, rows: Sequence[Mapping[str, object]]) -> Iterator[Missing]:
    measure = asked.table.measure
    if not any(row["value"] is not None for row in rows):
        years = spans(asked.years.values())
        yield Missing(
            measure,
            "values",
            f"Socialstyrelsen {measure} ({asked.table.topic}) har inga värden för {years}.",
            f"Socialstyrelsen {measure} ({asked.table.topic}) has no values for {years}.",
        )


def _check_marks(marks: Mapping[str, str]) -> None:
    known = set(vocabulary().codes["value_status"]) - {"shown"}
    strange = sorted(set(marks.values()) - known)
    if strange:
        raise ConfigurationError(
            f"A mark stands for {', '.join(strange)}, which is no status of a missing value.",
            where="sources.socialstyrelsen.marks",
            mend=f"use one of {', '.join(sorted(known))}",
        )
