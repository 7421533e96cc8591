"""Open data fetched whole: a part from each source, and their tables put together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import pyarrow as pa

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings import OpenSource, SourceSettings
from equity_pipeline.sources.asking.answers import Answers, Feed
from equity_pipeline.sources.asking.client import PoliteClient
from equity_pipeline.sources.asking.snapshot import Snapshot, SnapshotStore
from equity_pipeline.sources.kolada import Kpi, Unit
from equity_pipeline.sources.merging import check_precedence, merged
from equity_pipeline.sources.missing import Missing
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.pxweb.scb import POPULATION
from equity_pipeline.sources.register import PULLS
from equity_pipeline.vocabulary import vocabulary

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenData:
    """All that the open sources gave for one region.

    Attributes
    ----------
    parts
        What each source gave, by its name.
    tables
        The tables of all sources put together, by entity. ``area`` has a row for each municipality
        and year with a known population; shares are 0-1, and a measure without a value is null.
        ``area_value`` has published values of both sexes together; per cent are stored as shares.
        ``population`` is no entity: residents by region, ten-year band and sex at the latest month.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)

    @classmethod
    def of(cls, parts: Mapping[str, Part]) -> OpenData:
        """Return the parts with their tables put together.

        Examples
        --------
        >>> OpenData.of({}).area_value.num_rows
        0
        """
        held: dict[str, list[pa.Table]] = {}
        for part in parts.values():
            for name, table in part.tables.items():
                held.setdefault(name, []).append(table)
        tables = {name: pa.concat_tables(some) for name, some in held.items()}
        return cls(MappingProxyType(dict(parts)), MappingProxyType(tables))

    @property
    def area(self) -> pa.Table:
        """Return the areas of all sources."""
        return self._table("area", entity_schema("area"))

    @property
    def area_value(self) -> pa.Table:
        """Return the published values of areas of all sources."""
        return self._table("area_value", entity_schema("area_value"))

    @property
    def population(self) -> pa.Table:
        """Return residents by region, ten-year band and sex: ``scb.POPULATION``."""
        return self._table("population", POPULATION)

    @property
    def missing(self) -> tuple[Missing, ...]:
        """Return what the answers lack."""
        return _chained(part.missing for part in self.parts.values())

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """Return the raw answers that were used."""
        return _chained(part.snapshots for part in self.parts.values())

    @property
    def stale(self) -> tuple[Snapshot, ...]:
        """Return the stored answers that stood in for a source out of reach."""
        return _chained(part.stale for part in self.parts.values())

    @property
    def names(self) -> Mapping[str, str]:
        """Return the name of each area, by its code; of two sources the first one's."""
        told = [part.names for part in self.parts.values()]
        return {code: name for names in reversed(told) for code, name in names.items()}

    @property
    def kpis(self) -> Mapping[str, Kpi]:
        """Return the measures as their catalogue describes them."""
        return {name: kpi for part in self.parts.values() for name, kpi in part.kpis.items()}

    @property
    def units(self) -> tuple[Unit, ...]:
        """Return the areas that were asked for."""
        return _chained(part.units for part in self.parts.values())

    def _table(self, name: str, schema: pa.Schema) -> pa.Table:
        return self.tables.get(name, schema.empty_table())


def fetch(
    settings: SourceSettings,
    store: Path,
    fetched_at: datetime,
    *,
    region: str = "12",
    client: PoliteClient | None = None,
    as_of: date | None = None,
) -> OpenData:
    """Return the open data of a region from the sources that are enabled.

    Parameters
    ----------
    settings
        The section ``sources``.
    store
        The folder of raw answers.
    fetched_at
        The time of this run, with a time zone: what raw answers are dated with.
    region
        Two digits; ``12`` is Skåne.
    client
        One to use instead of a client made from ``settings.http``.
    as_of
        The date that the run is for, which the age of a stored answer is counted to; the date of
        ``fetched_at`` if None.

    Raises
    ------
    SourceError
        A source cannot be read and no stored answer may stand in. When that is so of more than
        one source, all are told in an ExceptionGroup.
    ConfigurationError
        Two sources give the same, and ``precedence`` does not say which counts.
    """
    if fetched_at.tzinfo is None:
        raise ConfigurationError(
            "The time of fetching has no time zone.", mend="give one, such as clock.now()"
        )
    check_precedence(settings.precedence, PULLS)
    with nullcontext(client) if client else PoliteClient(settings.http) as asker:
        desk = _Desk(
            asker, SnapshotStore(store), fetched_at, as_of or fetched_at.date(), region, settings
        )
        return OpenData.of(merged(_gather(desk, settings.enabled), settings.precedence))


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who asks, where answers are kept, when, for which region, and from whom."""

    client: PoliteClient
    store: SnapshotStore
    fetched_at: datetime
    as_of: date
    region: str
    settings: SourceSettings

    def part(self, name: str) -> Part:
        section = self.settings.sections[name]
        answers = self._answers(name, section)
        part = PULLS[name](answers, section, self.region)
        _check(name, part)
        return replace(part, snapshots=tuple(answers.used), asked=_asked(section))

    def _answers(self, name: str, section: OpenSource) -> Answers:
        feed = Feed.NETWORK
        folder = None if section.holds_files else section.folder
        if self.settings.replay:
            feed = Feed.REPLAY
        elif self.settings.offline or folder is not None:
            feed = Feed.STORED
        return Answers(
            self.client,
            self.store,
            name,
            section.max_age_days,
            self.fetched_at,
            as_of=self.as_of,
            feed=feed,
            fed=None if folder is None else SnapshotStore(folder),
        )


def _gather(desk: _Desk, names: Sequence[str]) -> dict[str, Part]:
    done: dict[str, Part] = {}
    faults: list[SourceError] = []
    for name in sorted(names):
        try:
            done[name] = desk.part(name)
        except SourceError as error:
            faults.append(error)
    if len(faults) > 1:
        raise ExceptionGroup("more than one open source cannot be read", faults)
    if faults:
        raise faults[0]
    return done


def _check(name: str, part: Part) -> None:
    for entity, table in part.tables.items():
        if entity in vocabulary().entities and table.schema != entity_schema(entity):
            raise SourceError(
                f"The table {entity} of {name} has not the columns of the entity.",
                where=f"sources/register.py, {name}",
                mend="build it with entity_schema",
            )


def _asked(section: OpenSource) -> str:
    """Return the hash of what is pulled, wherever it is pulled from."""
    shown = section.model_dump(
        mode="json",
        exclude={"enabled", "base_url", "base_url_v1", "urls", "folder", "max_age_days"},
    )
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()


def _chained(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(chain.from_iterable(parts))
