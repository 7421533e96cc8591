"""What a readiness is judged on: one indicator by one dimension, and all that bears on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from equity_pipeline.quality.areas_built import AreasBuilt
from equity_pipeline.quality.coverage import RegisterCoverage
from equity_pipeline.quality.missing import Completeness
from equity_pipeline.quality.origins import (
    COLUMN_ENTITIES,
    FACT_ENTITIES,
    NO_GROUPS_OF,
    WITHOUT_PERSONS,
    LoadTotal,
    entities_behind,
    entities_needed,
)
from equity_pipeline.quality.results import GateReport
from equity_pipeline.vocabulary import TOTAL, Dimension

STALE_AFTER_DAYS = 400


class Declared(Protocol):
    """What the readiness table needs to know of an indicator."""

    @property
    def id(self) -> str:
        """Two letters and two figures."""

    @property
    def fact(self) -> str:
        """The fact that it is counted from."""

    @property
    def sv(self) -> str:
        """Its Swedish name."""

    @property
    def en(self) -> str:
        """Its English name."""

    @property
    def indicator_version(self) -> str:
        """Id and version."""

    @property
    def definition_hash(self) -> str:
        """Hash of the declaration."""


@dataclass(frozen=True, slots=True)
class OpenNote:
    """A public measure that is not there, with the reason in both languages."""

    kpi: str
    sv: str
    en: str
    source: str = "Kolada"


@dataclass(frozen=True, slots=True)
class Material:
    """All that the readiness of an indicator is judged on; ``columns`` are by indicator id.

    ``registers`` are the quality registers of indicators that are counted from one, and
    ``coverage`` what each register holds of those it should. ``areas`` is what the built areas
    show of codes, sums and series.
    ``regions_only`` are indicators whose figures exist for regions and the country only,
    ``not_crossed`` pairs of an indicator and a dimension that are never crossed by declaration.
    """

    as_of: date
    absent: Collection[tuple[str, str]] = ()
    completeness: Sequence[Completeness] = ()
    loads: Sequence[LoadTotal] = ()
    gate: GateReport = field(default_factory=GateReport)
    notes: Sequence[OpenNote] = ()
    columns: Mapping[str, Collection[str]] = field(default_factory=dict)
    regions_only: Collection[str] = ()
    not_crossed: Collection[tuple[str, str]] = ()
    registers: Mapping[str, str] = field(default_factory=dict)
    coverage: Mapping[str, RegisterCoverage] = field(default_factory=dict)
    areas: AreasBuilt = field(default_factory=AreasBuilt)
    stale_after_days: int = STALE_AFTER_DAYS


@dataclass(frozen=True, slots=True)
class Pair:
    """One indicator by one dimension, with what bears on it."""

    indicator: Declared
    dimension: Dimension
    material: Material
    counted: Completeness | None
    loads: Mapping[str, LoadTotal]

    @property
    def own_entities(self) -> tuple[str, ...]:
        """The entities that the indicator is counted from."""
        columns = self.material.columns.get(self.indicator.id, ())
        return entities_needed([self.indicator.fact], columns)

    @property
    def entities(self) -> tuple[str, ...]:
        """The indicator's entities and those that tell the dimension's levels."""
        behind = entities_behind(self.dimension.name, self.indicator.fact)
        return tuple(dict.fromkeys(self.own_entities + behind))

    @property
    def source(self) -> LoadTotal:
        """The load whose files the row names: that of the first measured entity."""
        columns = self.material.columns.get(self.indicator.id, ())
        measured = [entity for name in columns for entity in COLUMN_ENTITIES.get(name, ())]
        first = (*measured, *FACT_ENTITIES.get(self.indicator.fact, (self.indicator.fact,)))[0]
        return self.loads.get(first, LoadTotal(first, first, 0, 0))

    @property
    def is_absent(self) -> bool:
        """Whether nothing of the dimension is delivered for the fact."""
        return (self.indicator.fact, self.dimension.name) in self.material.absent

    @property
    def without_persons(self) -> str | None:
        """Which sentence says that the fact holds no persons, where the dimension needs them."""
        fact = self.indicator.fact
        needs = self.dimension.family in NO_GROUPS_OF.get(fact, ()) and not self.is_total
        return WITHOUT_PERSONS.get(fact) if needs else None

    @property
    def is_total(self) -> bool:
        """Whether the row is of everybody."""
        return self.dimension.name == TOTAL

    @property
    def is_for_regions_only(self) -> bool:
        """Whether the figures exist for regions and the country only."""
        return self.indicator.id in self.material.regions_only

    @property
    def is_never_crossed(self) -> bool:
        """Whether the declaration leaves the dimension out."""
        return (self.indicator.id, self.dimension.name) in self.material.not_crossed

    @property
    def register(self) -> str | None:
        """The quality register that the indicator is counted from, if any."""
        return self.material.registers.get(self.indicator.id)

    @property
    def coverage(self) -> RegisterCoverage | None:
        """What that register holds of those it should, where it is told."""
        return self.material.coverage.get(self.register or "")

    @property
    def age_days(self) -> int | None:
        """Days from the newest delivery to the date of the run."""
        newest = self.source.as_of
        return (self.material.as_of - newest).days if newest else None

    @property
    def linkage(self) -> float | None:
        """Share of delivered rows that belong to a known person."""
        return self.source.n_linked / self.source.n_source if self.source.n_source else None

    def failed(self, severity: str) -> int:
        """Return how many checks of the entities failed with a severity."""
        failed = self.material.gate.failed_critical
        if severity == "warning":
            failed = self.material.gate.failed_warning
        return sum(one.entity in self.entities for one in failed)
