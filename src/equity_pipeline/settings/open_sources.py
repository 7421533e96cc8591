"""The sections of the open sources: what is pulled from each, from where, and how politely."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """A section of the settings: it does not change, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class OpenSource(Section):
    """What every open source has.

    ``folder`` feeds the source from files instead of its address: stored answers as a night keeps
    them, or the workbooks that the source is published as. A stored answer may stand in for a
    source out of reach for ``max_age_days``.
    """

    enabled: bool = False
    base_url: str = ""
    folder: Path | None = None
    max_age_days: int = Field(400, ge=1)


class HttpSettings(Section):
    """How politely the open sources are asked.

    ``proxy`` is an address, or ``environment`` for the one that HTTPS_PROXY and NO_PROXY name.
    """

    timeout_seconds: float = Field(30, gt=0)
    attempts: int = Field(5, ge=1)
    longest_wait_seconds: float = Field(60, gt=0)
    proxy: str | None = None
    certificate_authority: Path | None = None


class ScbSettings(OpenSource):
    """Statistics Sweden, PxWebApi v2."""

    base_url: str = "https://statistikdatabasen.scb.se/api/v2"
    population_table: str = "TAB6471"


class KoladaSettings(OpenSource):
    """Kolada v3: the measures to pull, and what each is in our words."""

    base_url: str = "https://api.kolada.se/v3"
    first_year: int = 2015
    last_year: int = 2022
    area_measures: Mapping[str, str] = Field(default_factory=dict)
    outcomes: tuple[str, ...] = ()
    benchmarks: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()


class SourceSettings(Section):
    """The open sources; ``offline`` asks nobody, ``replay`` takes stored answers of any age."""

    http: HttpSettings = HttpSettings()
    offline: bool = False
    replay: bool = False
    scb: ScbSettings = ScbSettings()
    kolada: KoladaSettings = KoladaSettings()

    @property
    def sections(self) -> dict[str, OpenSource]:
        """The section of every source, by its name."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: held for name, held in named.items() if isinstance(held, OpenSource)}

    @property
    def enabled(self) -> tuple[str, ...]:
        """The names of the sources that are pulled."""
        return tuple(name for name, held in self.sections.items() if held.enabled)
