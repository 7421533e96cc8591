"""Open data fetched whole: areas, published values, population, and what is lacking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import KoladaSettings, ScbSettings, SourceSettings
from equity_pipeline.sources.answers import Answers
from equity_pipeline.sources.area_tables import (
    area_measures,
    area_table,
    entity_schema,
    value_table,
    wanted_measures,
)
from equity_pipeline.sources.client import PoliteClient
from equity_pipeline.sources.kolada import Kolada, Kpi, Unit, Value
from equity_pipeline.sources.missing import Missing, expected_units, find_missing
from equity_pipeline.sources.scb import POPULATION, Scb
from equity_pipeline.sources.snapshot import Snapshot, SnapshotStore


@dataclass(frozen=True, slots=True)
class OpenData:
    """All that the open sources gave for one region.

    Attributes
    ----------
    area
        Columns of the vocabulary's entity ``area``: a row for each municipality and year with a
        known population. Shares are 0-1; a measure without a value is null.
    area_value
        Columns of the entity ``area_value``, both sexes together: the outcomes by municipality,
        and rows of kind region and country as benchmarks (with their population, under the
        population measure). Per cent measures are stored as shares 0-1, all others as published.
    population
        Residents by region, ten-year band and sex at the latest month: ``scb.POPULATION``.
    missing
        What the answers lack, found from them.
    snapshots
        The raw answers that were used; those with ``stale_since`` stand in for a source that
        was out of reach.
    kpis, units
        The measures as their catalogue describes them; the municipalities, region and country.
    """

    area: pa.Table
    area_value: pa.Table
    population: pa.Table
    missing: tuple[Missing, ...] = ()
    snapshots: tuple[Snapshot, ...] = ()
    kpis: Mapping[str, Kpi] = field(default_factory=dict)
    units: tuple[Unit, ...] = ()

    @property
    def stale(self) -> tuple[Snapshot, ...]:
        """Return the stored answers that stood in for a source out of reach."""
        return tuple(one for one in self.snapshots if one.stale_since is not None)


def fetch(
    settings: SourceSettings,
    store: Path,
    fetched_at: datetime,
    *,
    region: str = "12",
    client: PoliteClient | None = None,
) -> OpenData:
    """Return the open data of a region from the sources that are enabled.

    Parameters
    ----------
    store
        The folder of raw answers; every answer is kept there untouched.
    fetched_at
        The time of this run, with a time zone; stands on every new snapshot.
    region
        Two digits, as in the first two of its municipalities' codes.
    client
        Given in tests; otherwise one is made from ``settings.http``.

    Raises
    ------
    SourceError
        A source refuses, or is out of reach with no stored answer young enough.
    ExceptionGroup
        Of such errors, when more than one source fails.
    ConfigurationError
        A measure is named for a column that areas do not have, or the time has no zone.
    """
    if fetched_at.tzinfo is None:
        raise ConfigurationError(
            "The time of fetching has no time zone.", mend="give one, such as datetime.now(UTC)"
        )
    with nullcontext(client) if client else PoliteClient(settings.http) as asker:
        desk = _Desk(asker, SnapshotStore(store), fetched_at, region)
        towns, residents = _gather(
            [lambda: desk.kolada(settings.kolada), lambda: desk.scb(settings.scb)]
        )
    return replace(
        towns,
        population=residents.population,
        snapshots=towns.snapshots + residents.snapshots,
    )


def nothing() -> OpenData:
    """Return empty tables of the right columns: no source is enabled."""
    return OpenData(
        area=entity_schema("area").empty_table(),
        area_value=entity_schema("area_value").empty_table(),
        population=POPULATION.empty_table(),
    )


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who asks, where answers are kept, when, and for which region."""

    client: PoliteClient
    store: SnapshotStore
    fetched_at: datetime
    region: str

    def answers(self, source: str, max_age_days: int) -> Answers:
        return Answers(self.client, self.store, source, max_age_days, self.fetched_at)

    def scb(self, settings: ScbSettings) -> OpenData:
        if not settings.enabled:
            return nothing()
        answers = self.answers("scb", settings.max_age_days)
        scb = Scb(answers, settings.base_url)
        table = scb.population(settings.population_table, [self.region])
        return replace(nothing(), population=table, snapshots=tuple(answers.used))

    def kolada(self, settings: KoladaSettings) -> OpenData:
        if not settings.enabled:
            return nothing()
        measures = area_measures(settings)
        years = range(settings.first_year, settings.last_year + 1)
        answers = self.answers("kolada", settings.max_age_days)
        kolada = Kolada(answers, settings.base_url)
        wanted = wanted_measures(settings)
        kpis = kolada.catalogue(wanted)
        units = _units(kolada, self.region)
        values = _values(kolada, kpis, units, years)
        return OpenData(
            area=area_table(measures, kpis, units, years, values),
            area_value=value_table(settings, kpis, units, values),
            population=POPULATION.empty_table(),
            missing=find_missing(kpis, wanted, units, years, values),
            snapshots=tuple(answers.used),
            kpis=MappingProxyType(kpis),
            units=units,
        )


def _gather(parts: Sequence[Callable[[], OpenData]]) -> list[OpenData]:
    done: list[OpenData] = []
    faults: list[SourceError] = []
    for part in parts:
        try:
            done.append(part())
        except SourceError as error:
            faults.append(error)
    if len(faults) > 1:
        raise ExceptionGroup("more than one open source cannot be read", faults)
    if faults:
        raise faults[0]
    return done


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
