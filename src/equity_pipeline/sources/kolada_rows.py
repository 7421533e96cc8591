"""Kolada's rows read: measures, units, groups, organisational units, and values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from equity_pipeline.sources.kolada_pages import broken

SEXES = {"T": "total", "K": "female", "F": "female", "M": "male"}
THREE_YEARS = re.compile(r"3-årsm|treårsmedel|tidsperioden år T-2 till år T", re.IGNORECASE)
ENDED = re.compile(r"\(-(\d{4})\)\s*$")


@dataclass(frozen=True, slots=True)
class Kpi:
    """One measure of the catalogue.

    ``municipality_type`` says for whom it exists: K municipalities, L regions, A both.

    Examples
    --------
    >>> fall = Kpi("N20402", "Fallskador bland personer 80+, 3-årsm, antal/100 000 inv", "", "A")
    >>> fall.is_three_year_mean, fall.is_percent
    (True, False)
    >>> Kpi("U71453", "Patientupplevd kvalitet, index (-2024)", "", "L").last_year
    2024
    """

    id: str
    title: str
    description: str
    municipality_type: str
    is_divided_by_gender: bool = False
    has_ou_data: bool = False
    publ_period: str | None = None

    @property
    def is_percent(self) -> bool:
        """Return whether values are per cent, by the title."""
        return "(%)" in self.title

    @property
    def is_three_year_mean(self) -> bool:
        """Return whether a year's value is the mean of three years, by title or description."""
        return bool(THREE_YEARS.search(f"{self.title}\n{self.description}"))

    @property
    def is_region_only(self) -> bool:
        """Return whether the measure exists for regions and the country only."""
        return self.municipality_type == "L"

    @property
    def last_year(self) -> int | None:
        """Return the year after which the measure is no longer made, if its title says so."""
        ended = ENDED.search(self.title)
        return int(ended[1]) if ended else None


@dataclass(frozen=True, slots=True)
class Unit:
    """A municipality, a region or the country: our code, Kolada's code, name and kind."""

    code: str
    kolada_code: str
    title: str
    area_kind: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of measures or of municipalities, with the ids of its members."""

    id: str
    title: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisational unit, such as a health centre or a nursing home, and its municipality."""

    id: str
    title: str
    municipality_code: str


@dataclass(frozen=True, slots=True)
class Value:
    """One published value, as the source gives it; None where it publishes none.

    ``area_code`` is the code of the area, the group or the organisational unit; ``count`` is how
    many members of a group the value is the unweighted mean of.
    """

    kpi: str
    area_code: str
    year: int
    sex: str
    value: float | None
    count: int = 1
    is_deleted: bool = False


def our_code(code: str) -> str:
    """Return our area code for Kolada's: regions and the country lose two zeros.

    Examples
    --------
    >>> our_code("0012"), our_code("0000"), our_code("1280"), our_code("0180")
    ('12', '00', '1280', '0180')
    """
    return code[2:] if len(code) == 4 and code.startswith("00") else code


def kpi_of(row: Mapping[str, Any]) -> Kpi:
    """Return a measure of the catalogue."""
    period = row.get("publ_period")
    return Kpi(
        id=str(row["id"]),
        title=str(row.get("title") or "").strip(),
        description=str(row.get("description") or "").replace("\\n", "\n").strip(),
        municipality_type=str(row.get("municipality_type") or ""),
        is_divided_by_gender=boolean(row.get("is_divided_by_gender")),
        has_ou_data=boolean(row.get("has_ou_data")),
        publ_period=None if period is None else str(period),
    )


def unit_of(row: Mapping[str, Any]) -> Unit:
    """Return a municipality, region or the country."""
    code = our_code(str(row["id"]))
    is_municipality = row.get("type") == "K"
    kind = "municipality" if is_municipality else "country" if code == "00" else "region"
    return Unit(code, str(row["id"]), str(row.get("title") or ""), kind)


def group_of(row: Mapping[str, Any]) -> Group:
    """Return a group with its members, in the form of v3 or of v2."""
    members = (str(one.get("member_id", one.get("id"))) for one in row["members"])
    return Group(str(row["id"]), str(row.get("title") or "").strip(), tuple(members))


def organisation_of(row: Mapping[str, Any]) -> Organisation:
    """Return an organisational unit."""
    title = str(row.get("title") or "").strip()
    return Organisation(str(row["id"]), title, our_code(str(row["municipality"])))


def values_of(row: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return the values of one row by sex, those that were deleted among them."""
    return tuple(_each(row))


def boolean(value: object) -> bool:
    """Return what 0, 1, true and their texts mean.

    Examples
    --------
    >>> [boolean(told) for told in (1, "true", "True", True, 0, None, "0")]
    [True, True, True, True, False, False, False]
    """
    return value in (True, 1, "1") or str(value).lower() == "true"


def _each(row: Mapping[str, Any]) -> Iterator[Value]:
    place = row.get("municipality") or row.get("ou") or row["out"]
    for one in row["values"]:
        sex = SEXES.get(str(one.get("gender")))
        if sex is None:
            raise broken(str(row.get("kpi")), f"the gender {one.get('gender')!r} is not known")
        number = one.get("value")
        yield Value(
            kpi=str(row["kpi"]),
            area_code=our_code(str(place)),
            year=int(row["period"]),
            sex=sex,
            value=None if number is None else float(number),
            count=int(one.get("count") or 0),
            is_deleted=_is_deleted(row) or _is_deleted(one),
        )


def _is_deleted(told: Mapping[str, Any]) -> bool:
    return boolean(told.get("isdeleted")) or boolean(told.get("is_deleted"))
