"""The sections of the settings: every key, its type, bounds and default."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import Field, field_validator

from equity_pipeline.settings.accessibility import AccessibilitySettings
from equity_pipeline.settings.base import Section
from equity_pipeline.settings.disclosure import DisclosureSettings
from equity_pipeline.settings.forms import FormSettings
from equity_pipeline.settings.open_sources import SourceSettings
from equity_pipeline.settings.operation import OperationSettings
from equity_pipeline.settings.protection import (
    AccessSettings,
    RecordSettings,
    RetentionSettings,
    SourceRecord,
)
from equity_pipeline.settings.reports import ReportSettings
from equity_pipeline.vocabulary import vocabulary

DECLARED = ("purpose", "legal_basis", "owner")  # what must be said before a source is read


class RegionSettings(Section):
    """Whose care is described."""

    code: str = Field("12", pattern=r"^[0-9A-Za-z_-]{1,20}$")
    name: str = "Region Skåne"
    synthetic: bool = False
    time_zone: str = "Europe/Stockholm"

    @field_validator("time_zone")
    @classmethod
    def _known(cls, held: str) -> str:
        if held not in available_timezones():
            raise ValueError(f"there is no time zone {held!r}, as Europe/Stockholm is one")
        return held


class RunSettings(Section):
    """Where a night works, how much of the machine it may take, and what it makes.

    ``indicators`` and ``forms`` name those to make; all if none is named. T1 and T2 are always
    made, since the others rest on them.
    """

    home: Path = Path("out")
    threads: int = Field(2, ge=1)
    memory_limit: str = "4GB"
    indicators: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    declared: tuple[Path, ...] = ()

    @field_validator("forms")
    @classmethod
    def _known_forms(cls, held: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(held) - set(vocabulary().forms))
        if unknown:
            raise ValueError(f"the vocabulary has no form {', '.join(unknown)}")
        return held


class DeliverySettings(Section):
    """Which folder is delivered to, in which layouts, and why the rows may be held.

    ``purpose``, ``legal_basis`` and ``owner`` have no default: nothing is read until a region has
    said them, here for all sources or in ``sources`` for one, by the name of its layout.

    ``max_age_days`` names entities that must be delivered, with the oldest that their newest
    delivery may be: an older one, or none, and there is no new release.
    """

    folder: Path | None = None
    layouts: tuple[Path, ...] = ()
    quarantine_limit: float = Field(0.20, ge=0, le=1)
    purpose: str = ""
    legal_basis: str = ""
    owner: str = ""
    sources: Mapping[str, SourceRecord] = Field(default_factory=dict)
    block_bytes: int = Field(16 * 2**20, ge=1)
    settle_seconds: float = Field(0.5, ge=0)
    largest_file_bytes: int = Field(64 * 2**30, ge=1)
    max_age_days: Mapping[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)

    @field_validator("max_age_days")
    @classmethod
    def _known(cls, held: Mapping[str, int]) -> Mapping[str, int]:
        unknown = sorted(set(held) - set(vocabulary().entities))
        if unknown:
            raise ValueError(f"the vocabulary has no entity {', '.join(unknown)}")
        return held

    def record_of(self, layout: str) -> SourceRecord:
        """Return why, by which right and for whom one source is held, by the name of its layout.

        Examples
        --------
        >>> held = DeliverySettings(owner="a", sources={"flat": {"purpose": "b"}})
        >>> held.record_of("flat").owner, held.record_of("flat").purpose
        ('a', 'b')
        """
        own = self.sources.get(layout, SourceRecord())
        said = {key: getattr(own, key) or getattr(self, key) for key in DECLARED}
        return own.model_copy(update=said)


class PeriodSettings(Section):
    """Which periods are counted: rolling years back from the last whole month, and quarters."""

    kind: Literal["rolling_12_months", "year", "whole_delivery"] = "rolling_12_months"
    count: int = Field(5, ge=1)
    quarters: int = Field(4, ge=0)
    base_year: int | None = None


class AreaSettings(Section):
    """How resource-weak areas and area quintiles are made."""

    kind: Literal["deso", "regso", "municipality", "neighbourhood"] = "regso"
    worst_share: float = Field(0.20, gt=0, lt=1)
    resource_weak_criteria: int = Field(4, ge=1, le=5)
    partly_criteria: int = Field(2, ge=1, le=5)


class ReleaseSettings(Section):
    """When a candidate becomes a release, which tiers it has, and where copies go.

    ``tiers`` are published beside the release itself, each in a folder of its own: ``open`` with
    rounded counts for everybody, ``unit`` with what is each unit's own.
    """

    policy: Literal["when_period_closes", "every_run", "manual"] = "when_period_closes"
    tiers: tuple[Literal["open", "unit"], ...] = ("open", "unit")
    share: Path | None = None
    keep: int = Field(12, ge=1)


class Settings(Section):
    """All settings of a run."""

    region: RegionSettings = RegionSettings()
    run: RunSettings = RunSettings()
    deliveries: DeliverySettings = DeliverySettings()
    sources: SourceSettings = SourceSettings()
    periods: PeriodSettings = PeriodSettings()
    areas: AreaSettings = AreaSettings()
    forms: FormSettings = FormSettings()
    reports: ReportSettings = ReportSettings()
    accessibility: AccessibilitySettings = AccessibilitySettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    release: ReleaseSettings = ReleaseSettings()
    access: AccessSettings = AccessSettings()
    retention: RetentionSettings = RetentionSettings()
    record: RecordSettings = RecordSettings()
    operation: OperationSettings = OperationSettings()

    @property
    def internal(self) -> Path:
        """The protected folder: person rows, cells, quarantine, raw answers."""
        return self.run.home / "internal"

    @property
    def person_database(self) -> Path:
        """Pseudonymised rows, mode 0600."""
        return self.internal / "person.duckdb"

    @property
    def cells_database(self) -> Path:
        """Counted cells and unsuppressed forms, mode 0640."""
        return self.internal / "cells.duckdb"

    @property
    def snapshots(self) -> Path:
        """Raw answers of the open sources, untouched."""
        return self.internal / "snapshots"

    @property
    def quarantine(self) -> Path:
        """Rows that were not loaded; inside the protected area."""
        return self.internal / "quarantine"

    @property
    def releases(self) -> Path:
        """One folder a release."""
        return self.run.home / "releases"

    @property
    def candidates(self) -> Path:
        """What the nights built and nobody has released yet."""
        return self.run.home / "candidates"

    @property
    def current(self) -> Path:
        """The link that readers follow."""
        return self.run.home / "current"

    @property
    def decisions(self) -> Path:
        """What people have judged: the register that every night keeps, and its workbook."""
        return self.run.home / "decisions"

    @property
    def logs(self) -> Path:
        """Run logs, a JSON line an event."""
        return self.run.home / "logs"

    @property
    def access_log(self) -> Path:
        """Who opened internal data, when and why; a JSON line an opening."""
        return self.run.home / "access" / "access.jsonl"

    @property
    def access_count(self) -> Path:
        """How many lines the access log has, apart from it."""
        return self.internal / "access.count"

    def digest(self) -> str:
        """Return the hash of all settings that can change a result."""
        shown = self.model_dump(mode="json", exclude={"run": {"home", "threads", "memory_limit"}})
        for section in ("access", "retention", "record", "operation"):  # who and when, not what
            shown.pop(section)
        for key in ("sources", "folder", "block_bytes", "settle_seconds", "largest_file_bytes"):
            shown["deliveries"].pop(key, None)
        shown["release"].pop("share", None)
        for key in ("audit", "audit_seconds"):  # they can stop a release, not change one
            shown["disclosure"].pop(key, None)
        for key in ("http", "offline", "replay"):  # what stood in is told by the run's inputs
            shown["sources"].pop(key, None)
        for section in self.sources.sections:
            for key in (
                "base_url",
                "base_url_v1",
                "urls",
                "folder",
                "unit_file",
                "municipality_file",
            ):
                shown["sources"][section].pop(key, None)
        shown["deliveries"]["layouts"] = [path.name for path in self.deliveries.layouts]
        shown["run"]["declared"] = [path.name for path in self.run.declared]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:12]
