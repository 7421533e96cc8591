"""The sections of the open sources: what is pulled from each, from where, and how politely."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, field_serializer

from equity_pipeline.settings.base import OpenSource, Section
from equity_pipeline.settings.workbooks import (
    PatientenkatSettings,
    QualityRegisterSettings,
    ScbGeometrySettings,
    ScbKeysSettings,
    VantetiderSettings,
)


class HttpSettings(Section):
    """How politely the open sources are asked.

    ``proxy`` is an address, or ``environment`` for the one that HTTPS_PROXY and NO_PROXY name.
    """

    timeout_seconds: float = Field(30, gt=0)
    attempts: int = Field(5, ge=1)
    longest_wait_seconds: float = Field(60, gt=0)
    proxy: str | None = Field(None, repr=False)
    certificate_authority: Path | None = None

    @field_serializer("proxy")
    def _without_user(self, proxy: str | None) -> str | None:
        """Show no user or password of the proxy wherever settings are printed."""
        return proxy and re.sub(r"//[^/@\s]*@", "//***@", proxy)


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
    unit_measures: tuple[str, ...] = ()  # asked for the organisational units of the region


class AreaCells(Section):
    """Which cells of one table give one column of an area.

    Categories are named by code, or by a word of their label where codes are not known beforehand:
    Statistics Sweden renames tables and codes. A dimension that nothing here names is taken at
    its total.

    ``part`` over ``whole`` is a share: by contents, or by the categories of one dimension (the
    whole is then that dimension's total). ``is_rest`` turns it round: what is not in ``part``.
    ``series`` and ``ages`` are said wherever a later table has other ones. A table that only PxWeb
    v1 has is named by its path there, with ``generation`` 1.
    """

    table: str
    generation: Literal[1, 2] = 2
    unit: Literal["count", "share", "percent", "code"] = "share"
    contents: tuple[str, ...] = ()
    whole_contents: tuple[str, ...] = ()
    choose: Mapping[str, str] = Field(default_factory=dict)
    part: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    is_rest: bool = False
    series: str = ""
    ages: str = ""


class ScbAreaSettings(OpenSource):
    """Statistics Sweden by DeSO and RegSO: which tables fill which columns of an area.

    A column may have several tables, best first: each year is taken from the first that has it.
    ``base_url_v1`` is asked only for columns whose tables are of generation 1.
    """

    base_url: str = "https://statistikdatabasen.scb.se/api/v2"
    base_url_v1: str = "https://api.scb.se/OV0104/v1/doris/sv/ssd/START"
    kinds: tuple[Literal["deso", "regso", "municipality"], ...] = ("deso", "regso")
    first_year: int = 2015
    last_year: int = 2024
    columns: Mapping[str, tuple[AreaCells, ...]] = Field(
        default_factory=lambda: {
            "population": (AreaCells(table="TAB6574", unit="count", contents=("000007Y7",)),),
            "share_low_education": tuple(
                AreaCells(table=table, part={"UtbildningsNiva": ("21",)}, ages=ages)
                for table, ages in (("TAB5956", "25–64"), ("TAB6534", "25–65"))
            ),
            "share_post_secondary": tuple(
                AreaCells(table=table, part={"UtbildningsNiva": ("5", "6")}, ages=ages)
                for table, ages in (("TAB5956", "25–64"), ("TAB6534", "25–65"))
            ),
            "share_employed_20_64": (
                AreaCells(
                    table="TAB6680",
                    contents=("0000089X", "antal sysselsatta"),
                    whole_contents=("0000089Y", "antal totalt"),
                    choose={"Alder": "20-64"},
                    series="BAS",
                ),
            ),
            "share_low_income": (
                AreaCells(table="TAB6685", unit="percent", contents=("000008AC",)),
            ),
            "share_foreign_born": (
                AreaCells(
                    table="TAB6572",
                    contents=("000007Y5",),
                    part={"Fodelseregion": ("sverige",)},
                    is_rest=True,
                ),
            ),
        }
    )


class FohmTable(Section):
    """One table of Folkhälsomyndigheten and the category of each variable that is wanted.

    A variable that ``choose`` does not name is taken at its total.
    """

    path: str
    measure: str
    region: str = "Region"
    interval: str = "Andel och konfidensintervall"
    choose: Mapping[str, str] = Field(default_factory=dict)
    is_percent: bool = True


class FohmSettings(OpenSource):
    """Folkhälsomyndigheten's Folkhälsodata, PxWeb v1."""

    base_url: str = (
        "https://fohm-app.folkhalsomyndigheten.se/Folkhalsodata/api/v1/sv/A_Folkhalsodata"
    )
    first_year: int = 2015
    tables: tuple[FohmTable, ...] = ()


class SocialstyrelsenTable(Section):
    """One measure of a topic: its name there, and the one value of each other variable.

    ``choose`` names values by code or text; a variable that it does not name must have one value.
    """

    measure: str
    topic: str
    matt: str
    choose: Mapping[str, str] = Field(default_factory=dict)
    is_percent: bool = False


class SocialstyrelsenSettings(OpenSource):
    """Socialstyrelsen's statistical database; ``municipalities`` are names by code.

    Names are needed where a topic gives its regions no codes. ``marks`` are what stands in the
    place of a number, with the status that each means.
    """

    base_url: str = "https://sdb.socialstyrelsen.se/api/v1/sv"
    first_year: int = 2015
    last_year: int = 2022
    tables: tuple[SocialstyrelsenTable, ...] = ()
    municipalities: Mapping[str, str] = Field(default_factory=dict)
    marks: Mapping[str, str] = {
        "..": "suppressed",
        "x": "suppressed",
        ".": "not_applicable",
        "-": "not_reported",
        "": "not_reported",
    }
    rows_a_page: int = Field(5000, ge=1)


class SourceSettings(Section):
    """The open sources; ``offline`` asks nobody, ``replay`` takes stored answers of any age.

    ``precedence`` says by entity which source counts before which where two tell of the same
    areas, as ``area = ["scb_areas", "kolada"]``; without it such a run stops.
    """

    http: HttpSettings = HttpSettings()
    offline: bool = False
    replay: bool = False
    precedence: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)
    scb: ScbSettings = ScbSettings()
    kolada: KoladaSettings = KoladaSettings()
    scb_areas: ScbAreaSettings = ScbAreaSettings()
    folkhalsomyndigheten: FohmSettings = FohmSettings()
    socialstyrelsen: SocialstyrelsenSettings = SocialstyrelsenSettings()
    scb_keys: ScbKeysSettings = ScbKeysSettings()
    scb_geometry: ScbGeometrySettings = ScbGeometrySettings()
    vantetider: VantetiderSettings = VantetiderSettings()
    patientenkat: PatientenkatSettings = PatientenkatSettings()
    quality_registers: QualityRegisterSettings = QualityRegisterSettings()

    @property
    def sections(self) -> dict[str, OpenSource]:
        """The section of every source, by its name."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: held for name, held in named.items() if isinstance(held, OpenSource)}

    @property
    def enabled(self) -> tuple[str, ...]:
        """The names of the sources that are pulled."""
        return tuple(name for name, held in self.sections.items() if held.enabled)
