"""The sections of the sources that come as files: workbooks, their words, and geometry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from equity_pipeline.settings.base import OpenSource

Scale = Literal["share", "percent", "percent_text"]
Words = Mapping[str, Sequence[str]]

MARKS = {"..": "suppressed", "-": "suppressed", "<20": "suppressed", "": "not_reported"}
WHOLE = ("Samtliga", "Alla", "Totalt", "Total", "Båda könen", "Båda")
TOTALS = ("Totalt", "Total", "Summa", "Samtliga", "Alla enheter", "Samtliga vårdcentraler")
PLACE: dict[str, tuple[str, ...]] = {
    "place": ("Plats", "Enhet", "Enhetsnamn", "Vårdenhet", "Vårdcentral", "Hälso-/vårdcentral"),
    "unit_code": ("HSA-id", "HSAid", "HSA id", "HSA-ID enhet"),
    "municipality": ("Kommun", "Kommunkod"),
    "sex": ("Kön",),
    "n": ("Antal", "Antal svar", "Antal svarande", "Antal bedömningar"),
    "measure": ("Mått", "Indikator", "Dimension"),
    "value": ("Värde", "Resultat", "Andel"),
}
SEXES = {"female": ("Kvinna", "Kvinnor"), "male": ("Man", "Män")}


class WorkbookSource(OpenSource):
    """A source that is published as workbooks, at ``urls`` or laid in ``folder``.

    What a workbook says is taken by declared words only. ``words`` are headings by field and
    ``measures`` headings by measure code; ``marks`` are texts in place of a number with the
    ``value_status`` that each stands for; ``whole`` are words for everybody, ``totals`` names of
    rows that are sums, ``parts`` the parts of a filter (profession, form of contact, ownership)
    that are wanted, ``places`` names of regions and municipalities by code, and ``unit_file`` a
    file that gives the HSA id of each unit's name.
    """

    holds_files: ClassVar[bool] = True
    urls: tuple[str, ...] = ()
    decimal: Literal[",", "."] = ","
    marks: Mapping[str, str] = Field(default_factory=lambda: dict(MARKS))
    words: Words = Field(default_factory=dict)
    measures: Words = Field(default_factory=dict)
    sexes: Words = Field(default_factory=lambda: dict(SEXES))
    parts: Words = Field(default_factory=dict)
    whole: tuple[str, ...] = WHOLE
    totals: tuple[str, ...] = TOTALS
    country: tuple[str, ...] = ("Riket", "Hela riket", "Sverige")
    places: Mapping[str, str] = Field(default_factory=dict)
    unit_file: Path | None = None


class VantetiderSettings(WorkbookSource):
    """Väntetider i vården: monthly shares by health centre, region and country.

    ``scale`` says how shares are written: ``share`` 0-1, ``percent`` 0-100, ``percent_text`` as
    "85 %". It has no default: look in the workbook.
    """

    scale: Scale | None = None
    max_age_days: int = Field(120, ge=1)
    words: Words = Field(
        default_factory=lambda: {
            **PLACE,
            "period": ("Tid", "Månad", "Period", "År-månad", "År och månad"),
            "profession": ("Yrkesgrupp",),
            "contact_form": ("Besöksform", "Kontaktform"),
            "ownership": ("Ägarform", "Driftsform"),
        }
    )
    measures: Words = Field(
        default_factory=lambda: {
            "assessment_within_3_days": (
                "Medicinsk bedömning inom 3 dagar",
                "Medicinsk bedömning inom tre dagar",
                "Andel medicinska bedömningar inom 3 dagar",
                "Andel bedömda inom 3 dagar",
            ),
            "answered_same_day": (
                "Telefonsamtal besvarade samma dag",
                "Andel telefonsamtal besvarade samma dag",
                "Andel besvarade samtal samma dag",
                "Telefontillgänglighet samma dag",
            ),
        }
    )


class PatientenkatSettings(WorkbookSource):
    """Nationell Patientenkät: dimensions by health centre, municipality and region, yearly.

    The method changed: until ``break_year`` the dimensions are indices on ``scale_before``, from
    it on means on ``scale_from``; the measure codes tell them apart and nothing joins them.
    ``years`` gives the year of a file, by its name, where no column does.
    """

    break_year: int = 2025
    scale_before: Scale | None = None
    scale_from: Scale | None = None
    years: Mapping[str, int] = Field(default_factory=dict)
    words: Words = Field(
        default_factory=lambda: {**PLACE, "period": ("År", "Mätår", "Undersökningsår")}
    )
    measures: Words = Field(
        default_factory=lambda: {
            "overall": ("Helhetsintryck",),
            "emotional_support": ("Emotionellt stöd",),
            "involvement": ("Delaktighet och involvering", "Delaktighet"),
            "respect": ("Respekt och bemötande", "Respekt"),
            "continuity": ("Kontinuitet och koordinering", "Kontinuitet"),
            "information": ("Information och kunskap", "Information"),
            "accessibility": ("Tillgänglighet",),
            "response_rate": ("Svarsfrekvens",),
            "n_responses": ("Antal svar", "Antal svarande"),
        }
    )


class QualityRegisterSettings(WorkbookSource):
    """Coverage of quality registers by place, year and group.

    ``registers`` are names by register code, ``files`` the register of a file by its name where
    no column tells it, and ``dimensions`` and ``levels`` words for groups beside the labels of
    the vocabulary.
    """

    scale: Scale | None = None
    registers: Words = Field(
        default_factory=lambda: {
            "lvr": ("Luftvägsregistret", "LVR"),
            "ndr": ("Nationella Diabetesregistret", "NDR"),
        }
    )
    files: Mapping[str, str] = Field(default_factory=dict)
    dimensions: Words = Field(
        default_factory=lambda: {
            "sex": ("Kön",),
            "age_band": ("Ålder", "Åldersgrupp"),
            "education": ("Utbildning", "Utbildningsnivå"),
            "country_of_birth": ("Födelseland",),
        }
    )
    levels: Mapping[str, Words] = Field(default_factory=dict)
    words: Words = Field(
        default_factory=lambda: {
            "place": (*PLACE["place"], "Region"),
            "unit_code": PLACE["unit_code"],
            "municipality": PLACE["municipality"],
            "register": ("Register", "Kvalitetsregister"),
            "period": ("År",),
            "dimension": ("Indelning", "Dimension"),
            "level": ("Grupp", "Nivå"),
            "n_registered": ("Antal registrerade", "Registrerade"),
            "n_expected": ("Antal förväntade", "Förväntade", "Antal i jämförelsekällan"),
            "coverage": ("Täckningsgrad",),
        }
    )


class ScbKeysSettings(OpenSource):
    """SCB's key files: which RegSO each DeSO lies in, and what changed between the vintages.

    ``vintages`` pairs each vintage of DeSO with that of RegSO; ``changed`` are the dates at which
    one vintage went into the next, as "from to".
    """

    holds_files: ClassVar[bool] = True
    urls: tuple[str, ...] = (
        "https://www.scb.se/contentassets/923c3627a8a042a5b9215e8ff3bde0a3/koppling-deso2018-regso2020_2026-03-25.xlsx",
        "https://www.scb.se/contentassets/923c3627a8a042a5b9215e8ff3bde0a3/koppling-deso2025-regso2025_2026-03-25.xlsx",
        "https://www.scb.se/contentassets/923c3627a8a042a5b9215e8ff3bde0a3/deso-historiska-forandringar-2025-09-19.xlsx",
    )
    vintages: Mapping[str, str] = Field(default_factory=lambda: {"2018": "2020", "2025": "2025"})
    changed: Mapping[str, str] = Field(default_factory=lambda: {"2025-01-01": "2018 2025"})


class ScbGeometrySettings(OpenSource):
    """SCB's open geodata (WFS): borders of DeSO and RegSO, kept as GeoJSON beside the answers.

    ``as_keys`` takes from here, where SCB's key files are not pulled, which RegSO each DeSO lies
    in. ``municipality_file`` is a GeoJSON file of the user's own, whose features tell the code of
    the municipality in ``municipality_property``.
    """

    base_url: str = "https://geodata.scb.se/geoserver/stat/wfs"
    layers: tuple[str, ...] = ("DeSO_2025", "RegSO_2025")
    page_size: int = Field(1000, ge=1)
    crs: Literal["EPSG:4326", "EPSG:3006"] = "EPSG:4326"
    as_keys: bool = False
    municipality_file: Path | None = None
    municipality_property: str = "id"
