"""Kolada v3: the catalogue of measures, the units, and values by measure, unit, year and sex."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.answers import Answers

T = TypeVar("T")
IDS_AT_ONCE = 25  # longer addresses are refused
SEXES = {"T": "total", "K": "female", "F": "female", "M": "male"}
THREE_YEARS = re.compile(r"3-årsm|treårsmedel|tidsperioden år T-2 till år T", re.IGNORECASE)
ENDED = re.compile(r"\(-(\d{4})\)\s*$")
FORMAT_MEND = "check that sources.kolada.base_url ends in /v3; Kolada may have changed its format"


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
class Value:
    """One published value, as the source gives it; None where it publishes none."""

    kpi: str
    area_code: str
    year: int
    sex: str
    value: float | None


@dataclass(slots=True)
class Kolada:
    """Kolada behind one base address."""

    answers: Answers
    base_url: str

    def catalogue(self, ids: Sequence[str] = ()) -> dict[str, Kpi]:
        """Return measures by id: those named, or all."""
        if not ids:
            return {kpi.id: kpi for kpi in self._made(_kpi, "kpi")}
        found: dict[str, Kpi] = {}
        for some in batches(sorted(set(ids)), IDS_AT_ONCE):
            found.update((kpi.id, kpi) for kpi in self._made(_kpi, f"kpi/{','.join(some)}"))
        return found

    def units(self, region: str) -> tuple[Unit, ...]:
        """Return the municipalities of a region, the region, and the country, by our codes."""
        wanted = {our_code("00" + region), "00"}
        made = []
        for unit in self._made(_unit, "municipality"):
            inside = unit.area_kind == "municipality" and unit.code.startswith(region)
            if inside or (unit.area_kind != "municipality" and unit.code in wanted):
                made.append(unit)
        return tuple(sorted(made, key=lambda unit: unit.code))

    def values(
        self, kpis: Sequence[str], units: Sequence[Unit], years: Sequence[int]
    ) -> list[Value]:
        """Return the values of measures for units and years; deleted values are dropped."""
        found: list[Value] = []
        when = ",".join(str(year) for year in years)
        for some in batches(sorted(set(kpis)), IDS_AT_ONCE):
            for here in batches([unit.kolada_code for unit in units], IDS_AT_ONCE):
                path = f"data/kpi/{','.join(some)}/municipality/{','.join(here)}/year/{when}"
                found.extend(
                    one for some_values in self._made(_values, path) for one in some_values
                )
        return found

    def _made(self, make: Callable[[Mapping[str, Any]], T], path: str) -> Iterator[T]:
        url = f"{self.base_url.rstrip('/')}/{path}"
        for row in rows(self.answers, url):
            try:
                yield make(row)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise _broken(url, "a row lacks a field or has one of another kind") from None


def rows(answers: Answers, url: str) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of all pages, following ``next_url`` until there is none.

    Raises
    ------
    SourceError
        The envelope is not that of v3, leads to another host or in a circle, or ends before as
        many rows as it counted have come.
    """
    seen: set[str] = set()
    received, counted = 0, 0
    following: str | None = url
    while following is not None:
        if following in seen:
            raise _broken(url, "its pages lead in a circle")
        seen.add(following)
        page = answers.get(following)
        held = page.get("values") if isinstance(page, Mapping) else None
        if not isinstance(held, list) or ("next_page" in page and "next_url" not in page):
            raise _broken(url, "the envelope is not that of v3 (values, count, next_url)")
        yield from held
        received += len(held)
        counted = max(counted, _count(page, url))
        following = _next(following, page.get("next_url"))
    if received < counted:
        raise _broken(url, f"it counted {counted} rows and gave {received}")


def our_code(code: str) -> str:
    """Return our area code for Kolada's: regions and the country lose two zeros.

    Examples
    --------
    >>> our_code("0012"), our_code("0000"), our_code("1280"), our_code("0180")
    ('12', '00', '1280', '0180')
    """
    return code[2:] if len(code) == 4 and code.startswith("00") else code


def batches(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """Yield runs of at most ``size`` items.

    Examples
    --------
    >>> [len(run) for run in batches(["x"] * 60, 25)]
    [25, 25, 10]
    """
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _next(current: str, told: object) -> str | None:
    if not told:
        return None
    following = urljoin(current, str(told))
    here, there = urlsplit(current), urlsplit(following)
    if (there.hostname, there.port or here.port) != (here.hostname, here.port):
        raise _broken(current, f"its next page lies on another host, {there.hostname}")
    return there._replace(scheme=here.scheme).geturl()  # a proxied server may say http of itself


def _count(page: Mapping[str, Any], url: str) -> int:
    told = page.get("count") or 0
    if not isinstance(told, int):
        raise _broken(url, "its count is not a number")
    return told


def _kpi(row: Mapping[str, Any]) -> Kpi:
    period = row.get("publ_period")
    return Kpi(
        id=str(row["id"]),
        title=str(row.get("title") or "").strip(),
        description=str(row.get("description") or "").replace("\\n", "\n").strip(),
        municipality_type=str(row.get("municipality_type") or ""),
        is_divided_by_gender=_boolean(row.get("is_divided_by_gender")),
        has_ou_data=_boolean(row.get("has_ou_data")),
        publ_period=None if period is None else str(period),
    )


def _unit(row: Mapping[str, Any]) -> Unit:
    code = our_code(str(row["id"]))
    is_municipality = row.get("type") == "K"
    kind = "municipality" if is_municipality else "country" if code == "00" else "region"
    return Unit(code, str(row["id"]), str(row.get("title") or ""), kind)


def _values(row: Mapping[str, Any]) -> list[Value]:
    return list(_each_value(row))


def _each_value(row: Mapping[str, Any]) -> Iterator[Value]:
    for one in row["values"]:
        if _boolean(row.get("isdeleted")) or _boolean(one.get("isdeleted")):
            continue
        sex = SEXES.get(str(one.get("gender")))
        if sex is None:
            raise _broken(str(row.get("kpi")), f"the gender {one.get('gender')!r} is not known")
        number = one.get("value")
        value = None if number is None else float(number)
        yield Value(
            str(row["kpi"]), our_code(str(row["municipality"])), int(row["period"]), sex, value
        )


def _boolean(value: object) -> bool:
    return value in (True, 1, "1") or str(value).lower() == "true"


def _broken(where: str, why: str) -> SourceError:
    return SourceError(f"Kolada's answer cannot be used: {why}.", where=where, mend=FORMAT_MEND)
