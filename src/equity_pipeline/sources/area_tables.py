"""Kolada's values laid out as the tables that the warehouse loads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import KoladaSettings
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.kolada import Kolada, Kpi, Unit, Value
from equity_pipeline.sources.missing import BENCHMARK_KINDS, expected_units, find_missing
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.vocabulary import vocabulary

SOURCE = "kolada"
MUNICIPALITY_VINTAGE = "KOMMUN"
Totals = Mapping[tuple[str, str, int], float]


def pull(answers: Answers, settings: KoladaSettings, region: str) -> Part:
    """Return Kolada's areas and published values of a region, with what they lack."""
    measures = area_measures(settings)
    years = range(settings.first_year, settings.last_year + 1)
    kolada = Kolada(answers, settings.base_url)
    wanted = wanted_measures(settings)
    kpis = kolada.catalogue(wanted)
    units = _units(kolada, region)
    values = _values(kolada, kpis, units, years)
    tables = {
        "area": area_table(measures, kpis, units, years, values),
        "area_value": value_table(settings, kpis, units, values),
        "area_series": series_table(measures, units, values),
    }
    if settings.unit_measures:
        tables["unit_value"] = unit_table(kolada, settings.unit_measures, units, years)
    return Part(
        tables,
        missing=find_missing(kpis, wanted, units, years, values),
        names={unit.code: unit.title for unit in units},
        kpis=kpis,
        units=units,
    )


def area_measures(settings: KoladaSettings) -> dict[str, str]:
    """Return the measure of each column of an area.

    Raises
    ------
    ConfigurationError
        A column is not a measured one of the entity ``area``, or population has no measure.
    """
    measures = dict(settings.area_measures)
    words = vocabulary()
    known = [
        name
        for name in words.entities["area"].columns
        if name != "year" and words.column(name).type != "VARCHAR"
    ]
    strange = sorted(measures.keys() - set(known))
    if strange or "population" not in measures:
        what = (
            f"Areas have no measured column {strange}." if strange else "Population is not named."
        )
        raise ConfigurationError(
            what,
            where="sources.kolada.area_measures",
            mend=f"name a measure for population, and others among {', '.join(known)}",
        )
    return measures


def wanted_measures(settings: KoladaSettings) -> tuple[str, ...]:
    """Return every measure that the settings name, once."""
    named = (
        *settings.area_measures.values(),
        *settings.outcomes,
        *settings.benchmarks,
        *settings.expected,
    )
    return tuple(sorted(set(named)))


def area_table(
    measures: Mapping[str, str],
    kpis: Mapping[str, Kpi],
    units: Sequence[Unit],
    years: Sequence[int],
    values: Sequence[Value],
) -> pa.Table:
    """Return the entity ``area``: a row for each municipality and year with a population.

    Raises
    ------
    SourceError
        A column that is a share is given by a measure that is not per cent.
    """
    _check_shares(measures, kpis)
    totals = _totals(kpis, values)
    rows: list[dict[str, Any]] = []
    for unit in units:
        for year in years if unit.area_kind == "municipality" else ():
            people = totals.get((measures["population"], unit.code, year))
            if people is not None:
                rows.append(_area(unit, year, measures, totals) | {"population": round(people)})
    return pa.Table.from_pylist(rows, entity_schema("area"))


def series_table(
    measures: Mapping[str, str], units: Sequence[Unit], values: Sequence[Value]
) -> pa.Table:
    """Return the entity ``area_series``: the measure behind each column, in each year it is told.

    Examples
    --------
    >>> malmo = Unit("1280", "1280", "Malmö", "municipality")
    >>> told = Value("N01951", "1280", 2022, "total", 357377.0)
    >>> series_table({"population": "N01951"}, [malmo], [told]).to_pylist()[0]["source_series"]
    'N01951'
    """
    here = {unit.code for unit in units if unit.area_kind == "municipality"}
    told = {
        (one.kpi, one.year)
        for one in values
        if one.sex == "total" and one.value is not None and one.area_code in here
    }
    rows = [
        {
            "area_column": column,
            "area_kind": "municipality",
            "year": year,
            "source": SOURCE,
            "source_table": measure,
            "source_series": measure,
        }
        for column, measure in sorted(measures.items())
        for kpi, year in sorted(told)
        if kpi == measure
    ]
    return pa.Table.from_pylist(rows, entity_schema("area_series"))


def value_table(
    settings: KoladaSettings,
    kpis: Mapping[str, Kpi],
    units: Sequence[Unit],
    values: Sequence[Value],
) -> pa.Table:
    """Return the entity ``area_value``: outcomes by municipality, benchmarks beside them."""
    shown = {*settings.outcomes, *settings.benchmarks, *settings.expected}
    people = settings.area_measures["population"]
    kinds = {unit.code: unit.area_kind for unit in units}
    rows = [
        {
            "source": SOURCE,
            "measure_code": kpi,
            "area_code": area,
            "area_kind": kinds[area],
            "year": year,
            "value": value,
            "value_status": "shown",
        }
        for (kpi, area, year), value in sorted(_totals(kpis, values).items())
        if kpi in shown or (kpi == people and kinds[area] in BENCHMARK_KINDS)
    ]
    return pa.Table.from_pylist(rows, entity_schema("area_value"))


def unit_table(
    kolada: Kolada, measures: Sequence[str], units: Sequence[Unit], years: Sequence[int]
) -> pa.Table:
    """Return the entity ``unit_value``: measures of the organisational units of municipalities.

    Raises
    ------
    SourceError
        A measure is not in the catalogue, or is not published for organisational units.
    """
    kpis = kolada.catalogue(measures)
    _check_units(kpis, measures)
    towns = [unit.code for unit in units if unit.area_kind == "municipality"]
    places = {one.id: one for one in kolada.organisations(towns)}
    values = kolada.unit_values(list(kpis), list(places.values()), years)
    rows = [
        {
            "source": SOURCE,
            "measure_code": one.kpi,
            "unit_code": one.area_code,
            "unit_name": places[one.area_code].title,
            "municipality_code": places[one.area_code].municipality_code,
            "period_start": date(one.year, 1, 1),
            "period_end": date(one.year + 1, 1, 1),
            "sex_group": one.sex,
            "value": None if one.value is None else one.value / _scale(kpis[one.kpi]),
            "value_status": "not_reported" if one.value is None else "shown",
        }
        for one in sorted(values, key=lambda one: (one.kpi, one.area_code, one.year, one.sex))
    ]
    return pa.Table.from_pylist(rows, entity_schema("unit_value"))


def _scale(kpi: Kpi) -> int:
    return 100 if kpi.is_percent else 1


def _check_units(kpis: Mapping[str, Kpi], measures: Sequence[str]) -> None:
    wrong = sorted(name for name in measures if name not in kpis or not kpis[name].has_ou_data)
    if wrong:
        raise SourceError(
            f"Kolada publishes no values of organisational units for {', '.join(wrong)}.",
            where="sources.kolada.unit_measures",
            mend="name measures whose has_ou_data is true in Kolada's catalogue",
        )


def _area(unit: Unit, year: int, measures: Mapping[str, str], totals: Totals) -> dict[str, Any]:
    row: dict[str, Any] = {
        "area_code": unit.code,
        "area_kind": unit.area_kind,
        "vintage": MUNICIPALITY_VINTAGE,
        "year": year,
        "municipality_code": unit.code,
    }
    return row | {column: totals.get((kpi, unit.code, year)) for column, kpi in measures.items()}


def _totals(kpis: Mapping[str, Kpi], values: Sequence[Value]) -> dict[tuple[str, str, int], float]:
    return {
        (one.kpi, one.area_code, one.year): one.value / _scale(kpis[one.kpi])
        for one in values
        if one.sex == "total" and one.value is not None
    }


def _units(kolada: Kolada, region: str) -> tuple[Unit, ...]:
    units = kolada.units(region)
    if not any(unit.area_kind == "municipality" for unit in units):
        raise SourceError(
            f"Kolada has no municipality whose code begins with {region}.",
            where=kolada.base_url,
            mend="set region.code to the two digits of the region",
        )
    return units


def _values(
    kolada: Kolada, kpis: Mapping[str, Kpi], units: Sequence[Unit], years: Sequence[int]
) -> list[Value]:
    """Ask once for each set of units, so that a region's measure is not asked of municipalities."""
    groups: dict[tuple[Unit, ...], list[str]] = {}
    for kpi in kpis.values():
        groups.setdefault(expected_units(kpi, units), []).append(kpi.id)
    return [one for here, some in groups.items() for one in kolada.values(some, here, years)]


def _check_shares(measures: Mapping[str, str], kpis: Mapping[str, Kpi]) -> None:
    for column, name in measures.items():
        kpi = kpis.get(name)
        if kpi and column.startswith("share_") != kpi.is_percent:
            raise SourceError(
                f"{name} is {'' if kpi.is_percent else 'not '}a percentage by its title.",
                where=f"sources.kolada.area_measures.{column}",
                mend="name a measure of the column's unit, or see whether Kolada has renamed it",
            )
