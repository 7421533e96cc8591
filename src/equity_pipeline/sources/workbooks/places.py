"""Places in published workbooks: country, region, municipality or unit, by declared words only."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from equity_pipeline.errors import ConfigurationError
from equity_pipeline.sources.workbooks.figures import Unreadable
from equity_pipeline.sources.workbooks.headings import plain

COUNTRY = "00"
REGIONS = MappingProxyType(
    {
        "Region Stockholm": "01",
        "Region Uppsala": "03",
        "Region Sörmland": "04",
        "Region Östergötland": "05",
        "Region Jönköpings län": "06",
        "Region Kronoberg": "07",
        "Region Kalmar": "08",
        "Region Gotland": "09",
        "Region Blekinge": "10",
        "Region Skåne": "12",
        "Region Halland": "13",
        "Västra Götalandsregionen": "14",
        "Region Värmland": "17",
        "Region Örebro län": "18",
        "Region Västmanland": "19",
        "Region Dalarna": "20",
        "Region Gävleborg": "21",
        "Region Västernorrland": "22",
        "Region Jämtland Härjedalen": "23",
        "Region Västerbotten": "24",
        "Region Norrbotten": "25",
    }
)
KINDS = MappingProxyType({2: "region", 4: "municipality"})
HSA_ID = re.compile(r"SE\d{10}-[0-9A-Z]{1,20}")
_LIKE_A_REGION = re.compile(r"region .*|.*regionen|.* län|\d{1,4}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure belongs: an area by its code, or a unit by its name.

    ``kind`` is country, region, municipality or unit; a unit has a name, and codes where known.
    """

    kind: str
    code: str = ""
    name: str = ""
    municipality_code: str | None = None
    unit_hsa_id: str | None = None

    @property
    def unit_code(self) -> str:
        """Return the code of the unit at the source, else its name and municipality."""
        return self.code or "|".join([self.name, *filter(None, [self.municipality_code])])


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The words for places.

    Parameters
    ----------
    country
        What the whole country may be called.
    places
        Names of regions (two digits) and municipalities (four); the official names of the regions
        are known beside them.
    totals
        Names that are sums and no place.
    units
        HSA ids by name, or by name and municipality, as in a mapping file.
    """

    country: Sequence[str] = ("Riket",)
    places: Mapping[str, str] = field(default_factory=dict)
    totals: Sequence[str] = ()
    units: Mapping[tuple[str, str | None], str] = field(default_factory=dict)

    def code_of(self, name: str) -> str | None:
        """Return the code of a region or municipality by its name, or of one written as a code.

        Examples
        --------
        >>> Gazetteer().code_of("region skåne"), Gazetteer().code_of("1280")
        ('12', '1280')
        """
        key = plain(name)
        known = {plain(word): code for word, code in {**REGIONS, **self.places}.items()}
        if key in {plain(word) for word in self.country}:
            return COUNTRY
        if key in known:
            return known[key]
        return key if re.fullmatch(r"\d{4}", key) else None

    def place(self, name: str, *, code: str = "", municipality: str = "") -> Place:
        """Return the place of a row.

        Parameters
        ----------
        name, code, municipality
            The cells of place, code of the unit, and municipality; empty where there is none.

        Raises
        ------
        Unreadable
            The row is a sum, names no place, or names one that looks like an area and is unknown.
        """
        if plain(name) in {plain(word) for word in self.totals}:
            raise Unreadable("total_row")
        area = self.code_of(name)
        if area is not None and not code:
            kind = "country" if area == COUNTRY else KINDS[len(area)]
            return Place(kind, area, name)
        if not name and not code:
            raise Unreadable("no_place")
        if not code and _LIKE_A_REGION.fullmatch(plain(name)):
            raise Unreadable("place_unknown")
        return self._unit(name, code, municipality)

    def _unit(self, name: str, code: str, municipality: str) -> Place:
        town = self.code_of(municipality) if municipality else None
        town = town if town is not None and len(town) == 4 else None
        if code and HSA_ID.fullmatch(code):
            return Place("unit", code, name, town, code)
        key = plain(name)
        hsa_id = self.units.get((key, town)) or self.units.get((key, None))
        return Place("unit", code, name, town, hsa_id)


def read_mapping(path: Path | None) -> dict[tuple[str, str | None], str]:
    """Return HSA ids by unit name, as a person has written them down.

    Parameters
    ----------
    path
        A UTF-8 file with the columns ``unit_name;unit_hsa_id`` and, where two units share a name,
        ``municipality_code``; None gives an empty mapping.

    Raises
    ------
    ConfigurationError
        The file is not there, lacks a column, has an HSA id that is none, or a name twice.
    """
    if path is None:
        return {}
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise _unusable("cannot be read as UTF-8", path) from None
    rows = csv.DictReader(text.splitlines(), delimiter=";")
    if not {"unit_name", "unit_hsa_id"} <= set(rows.fieldnames or ()):
        raise _unusable("lacks the columns unit_name;unit_hsa_id", path)
    held: dict[tuple[str, str | None], str] = {}
    for number, row in enumerate(rows, start=2):
        key = (plain(row["unit_name"] or ""), row.get("municipality_code") or None)
        if not HSA_ID.fullmatch(row["unit_hsa_id"] or ""):
            raise _unusable("has an HSA id that is none", path, number)
        if key in held or not key[0]:
            raise _unusable("has a unit twice or without a name", path, number)
        held[key] = row["unit_hsa_id"]
    return held


def _unusable(what: str, path: Path, row: int = 1) -> ConfigurationError:
    return ConfigurationError(
        f"The mapping of unit names {what}.",
        where=f"{path.name}, row {row}",
        mend="write unit_name;unit_hsa_id;municipality_code, one unit a row, UTF-8",
    )
