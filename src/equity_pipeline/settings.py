"""Settings: ``equity.toml`` and ``EQUITY_*`` from the environment, read once, passed down.

A key of a section is set from outside as ``EQUITY_SECTION__KEY``, for example
``EQUITY_RUN__HOME=/srv/equity`` or ``EQUITY_SOURCES__KOLADA__BASE_URL=http://127.0.0.1:8080/v3``.
"""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from equity_pipeline.errors import ConfigurationError

ENVIRONMENT_PREFIX = "EQUITY_"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RegionSettings(_Section):
    """Whose care is described."""

    code: str = "12"
    name: str = "Region Skåne"
    synthetic: bool = False
    time_zone: str = "Europe/Stockholm"


class RunSettings(_Section):
    """Where a night works and how much of the machine it may take."""

    home: Path = Path("out")
    threads: int = Field(2, ge=1)
    memory_limit: str = "4GB"
    indicators: tuple[str, ...] = ()
    declared: tuple[Path, ...] = ()


class DeliverySettings(_Section):
    """Which folder is delivered to, in which layouts."""

    folder: Path | None = None
    layouts: tuple[Path, ...] = ()
    quarantine_limit: float = Field(0.20, ge=0, le=1)
    purpose: str = "Uppföljning av hälso- och sjukvårdens kvalitet"
    legal_basis: str = "Patientdatalagen 2008:355, 2 kap. 4 §"
    owner: str = ""


class HttpSettings(_Section):
    """How politely the open sources are asked."""

    timeout_seconds: float = Field(30, gt=0)
    attempts: int = Field(5, ge=1)
    longest_wait_seconds: float = Field(60, gt=0)
    proxy: str | None = None
    certificate_authority: Path | None = None


class ScbSettings(_Section):
    """Statistics Sweden, PxWebApi v2."""

    enabled: bool = False
    base_url: str = "https://statistikdatabasen.scb.se/api/v2"
    population_table: str = "TAB6471"
    max_age_days: int = Field(400, ge=1)


class KoladaSettings(_Section):
    """Kolada v3: the measures to pull, and what each is in our words."""

    enabled: bool = False
    base_url: str = "https://api.kolada.se/v3"
    first_year: int = 2015
    last_year: int = 2022
    area_measures: Mapping[str, str] = Field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    max_age_days: int = Field(400, ge=1)


class SourceSettings(_Section):
    """The open sources."""

    http: HttpSettings = HttpSettings()
    scb: ScbSettings = ScbSettings()
    kolada: KoladaSettings = KoladaSettings()


class PeriodSettings(_Section):
    """Which periods are counted: rolling years back from the last whole month, and quarters."""

    kind: Literal["rolling_12_months", "year", "whole_delivery"] = "rolling_12_months"
    count: int = Field(5, ge=1)
    quarters: int = Field(4, ge=0)
    base_year: int | None = None


class AreaSettings(_Section):
    """How resource-weak areas and area quintiles are made."""

    kind: Literal["deso", "regso", "municipality", "neighbourhood"] = "regso"
    worst_share: float = Field(0.20, gt=0, lt=1)
    resource_weak_criteria: int = Field(4, ge=1, le=5)
    partly_criteria: int = Field(2, ge=1, le=5)


class DisclosureSettings(_Section):
    """The smallest that may be shown, with the reason."""

    smallest_denominator: int = Field(20, ge=1)
    smallest_count: int = Field(5, ge=1)
    sensitive_dimensions: tuple[str, ...] = ("country_of_birth", "disability_proxy")
    reason: str = "Nämnare under 20 och 1-4 personer visas inte; de kan röja enskilda."


class ReleaseSettings(_Section):
    """When a candidate becomes a release, and where copies go."""

    policy: Literal["when_period_closes", "every_run", "manual"] = "when_period_closes"
    share: Path | None = None
    keep: int = Field(12, ge=1)


class Settings(_Section):
    """All settings of a run."""

    region: RegionSettings = RegionSettings()
    run: RunSettings = RunSettings()
    deliveries: DeliverySettings = DeliverySettings()
    sources: SourceSettings = SourceSettings()
    periods: PeriodSettings = PeriodSettings()
    areas: AreaSettings = AreaSettings()
    disclosure: DisclosureSettings = DisclosureSettings()
    release: ReleaseSettings = ReleaseSettings()

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
    def logs(self) -> Path:
        """Run logs, a JSON line an event."""
        return self.run.home / "logs"

    def digest(self) -> str:
        """Return the hash of all settings that can change a result."""
        shown = self.model_dump(mode="json", exclude={"run": {"home", "threads", "memory_limit"}})
        for section, key in (("deliveries", "folder"), ("release", "share")):
            shown[section].pop(key, None)
        shown["sources"].pop("http", None)
        shown["sources"]["scb"].pop("base_url", None)
        shown["sources"]["kolada"].pop("base_url", None)
        shown["deliveries"]["layouts"] = [path.name for path in self.deliveries.layouts]
        shown["run"]["declared"] = [path.name for path in self.run.declared]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Settings with where each value came from; ``folder`` is what relative paths start from."""

    settings: Settings
    origins: Mapping[str, str]
    folder: Path


def load_settings(
    path: Path | None = None, environment: Mapping[str, str] | None = None
) -> Configuration:
    """Return the settings of a file and the environment, with the origin of every value.

    Parameters
    ----------
    path
        A TOML file; relative paths in it start from its folder. None takes the defaults.
    environment
        The variables to read; the process's own if None.

    Raises
    ------
    ConfigurationError
        Names each key that is unknown or has a value that cannot be.
    """
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    folder = Path.cwd()
    if path is not None:
        values = _read(path)
        folder = path.resolve().parent
        values = _resolve_paths(values, folder)
        origins.update((key, str(path)) for key, _ in _leaves(values))
    for name, value in sorted((os.environ if environment is None else environment).items()):
        if name.startswith(ENVIRONMENT_PREFIX) and "__" in name:
            keys = name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__")
            _set(values, keys, value, name)
            origins[".".join(keys)] = f"environment {name}"
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(
            _say(error),
            where=str(path or "environment"),
            mend="see `equity config show --origin` for all keys and their values",
        ) from None
    every = {key: origins.get(key, "default") for key, _ in _leaves(settings.model_dump())}
    return Configuration(settings, MappingProxyType(every), folder)


def leaves(settings: Settings) -> Iterator[tuple[str, Any]]:
    """Yield every key with its value, as ``section.key``."""
    yield from _leaves(settings.model_dump(mode="json"))


def as_of_or_today(as_of: date | None, settings: Settings) -> date:
    """Return the date that a run is for: the one given, else today in the region's time zone."""
    if as_of is not None:
        return as_of
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(settings.region.time_zone)).date()


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(
            "The configuration file does not exist.",
            where=str(path),
            mend="give the path of an equity.toml with --config",
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"The configuration file is not TOML: {error}", where=str(path)
        ) from None


PATH_KEYS = {
    ("run", "home"),
    ("run", "declared"),
    ("deliveries", "folder"),
    ("deliveries", "layouts"),
    ("release", "share"),
}


def _resolve_paths(values: dict[str, Any], folder: Path) -> dict[str, Any]:
    for section, key in PATH_KEYS:
        held = values.get(section, {})
        if isinstance(held, dict) and key in held:
            given = held[key]
            held[key] = (
                [str(folder / one) for one in given]
                if isinstance(given, list)
                else str(folder / given)
            )
    return values


def _leaves(values: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and name not in {"sources.kolada.area_measures"}:
            yield from _leaves(value, f"{name}.")
        else:
            yield name, value


def _set(values: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    held = values
    for key in keys[:-1]:
        held = held.setdefault(key, {})
        if not isinstance(held, dict):
            raise ConfigurationError(
                "A variable goes below a key that is not a section.", where=name
            )
    held[keys[-1]] = json.loads(value) if value[:1] in "[{" else value


def _say(error: ValidationError) -> str:
    told = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()]
    return "The settings cannot be used:\n  " + "\n  ".join(told)
