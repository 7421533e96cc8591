"""The open sources: who publishes them, under which licence, and how they must be named."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from equity_pipeline.errors import SourceError


@dataclass(frozen=True, slots=True)
class Source:
    """One open source; ``attribution_sv`` is the line that must stand beside its figures."""

    name: str
    publisher: str
    licence: str
    attribution_sv: str
    attribution_en: str
    terms_url: str
    caution: str = ""
    title: str = ""

    @property
    def shown(self) -> str:
        """Return the short name that readers know it by."""
        return self.title or self.name


SOURCES = MappingProxyType(
    {
        "kolada": Source(
            name="kolada",
            publisher="RKA, Rådet för främjande av kommunala analyser",
            licence="Free to use; name the source",
            attribution_sv="Källa: Kolada",
            attribution_en="Source: Kolada",
            terms_url="https://www.kolada.se/om-oss/api/",
            title="Kolada",
            caution="The name stands beside Kolada's own figures, not beside figures derived here.",
        ),
        "socialstyrelsen": Source(
            name="socialstyrelsen",
            publisher="Socialstyrelsen",
            licence="Free to use; name the source",
            attribution_sv="Källa: Socialstyrelsens statistikdatabas",
            attribution_en="Source: the National Board of Health and Welfare's statistics",
            terms_url="https://sdb.socialstyrelsen.se/",
            title="Socialstyrelsen",
        ),
        "scb": Source(
            name="scb",
            publisher="SCB, Statistiska centralbyrån",
            licence="CC0 1.0",
            attribution_sv="Källa: SCB",
            attribution_en="Source: Statistics Sweden",
            terms_url="https://www.scb.se/vara-tjanster/oppna-data/",
            title="SCB",
            caution="From 2025 counts carry a small noise: totals differ from the sums of parts.",
        ),
        "scb_areas": Source(
            name="scb_areas",
            publisher="SCB, Statistiska centralbyrån",
            licence="CC0 1.0",
            attribution_sv="Källa: SCB",
            attribution_en="Source: Statistics Sweden",
            terms_url="https://www.scb.se/vara-tjanster/oppna-data/",
            caution="DeSO of 2018 describe years to 2023, those of 2025 later ones; from 2025 "
            "counts carry a small noise: totals differ from the sums of parts.",
            title="SCB",
        ),
        "folkhalsomyndigheten": Source(
            name="folkhalsomyndigheten",
            publisher="Folkhälsomyndigheten",
            licence="Free to use; name the source",
            attribution_sv="Källa: Folkhälsomyndigheten",
            attribution_en="Source: Public Health Agency of Sweden",
            terms_url="https://www.folkhalsomyndigheten.se/",
            caution="Municipal figures of surveys cover four years; small groups are left out.",
            title="Folkhälsomyndigheten",
        ),
        "scb_keys": Source(
            name="scb_keys",
            publisher="SCB, Statistiska centralbyrån",
            licence="CC0 1.0",
            attribution_sv="Källa: SCB",
            attribution_en="Source: Statistics Sweden",
            terms_url="https://www.scb.se/vara-tjanster/oppna-data/oppna-geodata/",
            caution="The log of changes tells codes and borders, never how many people moved.",
        ),
        "scb_geometry": Source(
            name="scb_geometry",
            publisher="SCB, Statistiska centralbyrån",
            licence="CC0 1.0",
            attribution_sv="Källa: SCB",
            attribution_en="Source: Statistics Sweden",
            terms_url="https://www.scb.se/vara-tjanster/oppna-data/oppna-geodata/",
            caution="Borders of one vintage belong to figures of the same vintage only.",
        ),
        "vantetider": Source(
            name="vantetider",
            publisher="SKR, Sveriges Kommuner och Regioner",
            licence="Published for reading; ask before passing it on",
            attribution_sv="Källa: Väntetider i vården, SKR",
            attribution_en="Source: Väntetider i vården, SKR",
            terms_url="https://www.vantetider.se/",
            title="Väntetider i vården",
            caution="Groups under 20 are withheld; waits that the patient chose are left out.",
        ),
        "patientenkat": Source(
            name="patientenkat",
            publisher="SKR, Sveriges Kommuner och Regioner",
            licence="Published for reading; ask before passing it on",
            attribution_sv="Källa: Nationell Patientenkät, SKR",
            attribution_en="Source: Nationell Patientenkät, SKR",
            terms_url="https://patientenkat.se/",
            title="Nationell Patientenkät",
            caution="Method and scale changed in 2025: indices before and means after are not "
            "compared.",
        ),
        "quality_registers": Source(
            name="quality_registers",
            publisher="Nationella kvalitetsregister",
            licence="Published for reading; ask the register before passing it on",
            attribution_sv="Källa: respektive kvalitetsregister",
            attribution_en="Source: the quality register named",
            terms_url="https://kvalitetsregister.se/",
            title="Kvalitetsregister",
            caution="Coverage differs between units and groups: who is registered is no sample.",
        ),
    }
)


def source(name: str) -> Source:
    """Return a source by name.

    Raises
    ------
    SourceError
        If the catalogue does not hold it.

    Examples
    --------
    >>> source("kolada").attribution_sv
    'Källa: Kolada'
    >>> source("scb").licence
    'CC0 1.0'
    """
    try:
        return SOURCES[name]
    except KeyError:
        raise SourceError(
            f"The catalogue of sources does not hold {name!r}.",
            where="sources/catalogue.py",
            mend="add the source with its licence and the words that name it",
        ) from None
