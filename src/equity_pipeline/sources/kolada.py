"""Kolada v3: the catalogue of measures, the units, and values by measure, unit, year and sex."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import product
from typing import Any, TypeVar

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.asking.answers import Answers
from equity_pipeline.sources.asking.client import Refused
from equity_pipeline.sources.kolada_pages import batches, broken, rows
from equity_pipeline.sources.kolada_rows import (
    Group,
    Kpi,
    Organisation,
    Unit,
    Value,
    group_of,
    kpi_of,
    organisation_of,
    our_code,
    unit_of,
    values_of,
)

__all__ = ["Group", "Kolada", "Kpi", "Organisation", "Unit", "Value", "our_code", "rows"]

T = TypeVar("T")
IDS_AT_ONCE = 25  # longer addresses are refused
LONGEST_ADDRESS = 2000  # what servers and proxies on the way are known to take
TOO_LONG = frozenset({400, 414})
NOBODY = "A question without areas would be answered for every area of the country."


@dataclass(slots=True)
class Kolada:
    """Kolada behind one base address."""

    answers: Answers
    base_url: str

    def catalogue(self, ids: Sequence[str] = ()) -> dict[str, Kpi]:
        """Return measures by id: those named, or all."""
        if not ids:
            return {kpi.id: kpi for kpi in self._made(kpi_of, "kpi")}
        found: dict[str, Kpi] = {}
        for some in batches(sorted(set(ids)), IDS_AT_ONCE):
            found.update((kpi.id, kpi) for kpi in self._made(kpi_of, f"kpi/{','.join(some)}"))
        return found

    def measure_groups(self) -> dict[str, Group]:
        """Return the groups of measures by id."""
        return {group.id: group for group in self._made(group_of, "kpi_groups")}

    def municipality_groups(self) -> dict[str, Group]:
        """Return the groups of municipalities by id."""
        return {group.id: group for group in self._made(group_of, "municipality_groups")}

    def units(self, region: str) -> tuple[Unit, ...]:
        """Return the municipalities of a region, the region, and the country, by our codes."""
        wanted = {our_code("00" + region), "00"}
        made = []
        for unit in self._made(unit_of, "municipality"):
            inside = unit.area_kind == "municipality" and unit.code.startswith(region)
            if inside or (unit.area_kind != "municipality" and unit.code in wanted):
                made.append(unit)
        return tuple(sorted(made, key=lambda unit: unit.code))

    def organisations(self, municipalities: Sequence[str]) -> tuple[Organisation, ...]:
        """Return the organisational units of municipalities.

        Raises
        ------
        SourceError
            No municipality is named, which would ask for the whole country.
        """
        if not municipalities:
            raise SourceError(NOBODY, where="ou", mend="name the municipalities of the region")
        found = [
            one
            for some in batches(sorted(set(municipalities)), IDS_AT_ONCE)
            for one in self._made(organisation_of, f"ou?municipality={','.join(some)}")
        ]
        return tuple(sorted(found, key=lambda one: one.id))

    def values(
        self,
        kpis: Sequence[str],
        units: Sequence[Unit],
        years: Sequence[int],
        *,
        since: date | None = None,
    ) -> list[Value]:
        """Return the values of measures for units and years; deleted values are dropped.

        With ``since``, return what has changed since that day, what was deleted marked as such.
        """
        areas = [unit.kolada_code for unit in units]
        found = self._asked(("data", "municipality"), kpis, areas, years, since)
        return [one for one in found if since is not None or not one.is_deleted]

    def group_values(
        self, kpis: Sequence[str], groups: Sequence[Group], years: Sequence[int]
    ) -> list[Value]:
        """Return the values of groups of municipalities, with the count of members behind each."""
        areas = [group.id for group in groups]
        found = self._asked(("data", "municipality"), kpis, areas, years, None)
        return [one for one in found if not one.is_deleted]

    def unit_values(
        self, kpis: Sequence[str], organisations: Sequence[Organisation], years: Sequence[int]
    ) -> list[Value]:
        """Return the values of organisational units; deleted values are dropped."""
        places = [one.id for one in organisations]
        found = self._asked(("oudata", "ou"), kpis, places, years, None)
        return [one for one in found if not one.is_deleted]

    def _asked(
        self,
        form: tuple[str, str],
        kpis: Sequence[str],
        places: Sequence[str],
        years: Sequence[int],
        since: date | None,
    ) -> Iterator[Value]:
        data, place = form
        after = f"?from_date={since.isoformat()}" if since else ""
        blocks = product(
            batches(sorted(set(kpis)), IDS_AT_ONCE),
            batches(places, IDS_AT_ONCE),
            batches([str(year) for year in years], IDS_AT_ONCE),
        )
        for some, here, when in blocks:
            path = f"{data}/kpi/{{}}/{place}/{{}}/year/{','.join(when)}{after}"
            yield from self._part(path, some, here)

    def _part(self, form: str, kpis: Sequence[str], places: Sequence[str]) -> Iterator[Value]:
        """Ask for a block, or for its halves where the address is too long for the source."""
        path = form.format(",".join(kpis), ",".join(places))
        alone = len(kpis) == len(places) == 1
        if alone or len(self._address(path)) <= LONGEST_ADDRESS:
            try:
                found = list(self._made(values_of, path))
            except Refused as refusal:
                if alone or refusal.status not in TOO_LONG:
                    raise
            else:
                yield from (one for values in found for one in values)
                return
        for some, here in _halves(kpis, places):
            yield from self._part(form, some, here)

    def _made(self, make: Callable[[Mapping[str, Any]], T], path: str) -> Iterator[T]:
        url = self._address(path)
        seen: set[Hashable] = set()
        for row in rows(self.answers, url, self.base_url):
            try:
                made, key = make(row), _key(row)
            except (KeyError, TypeError, ValueError, AttributeError):
                raise broken(url, "a row lacks a field or has one of another kind") from None
            if key in seen:
                raise broken(url, "it gave a row twice: its pages do not hold together")
            seen.add(key)
            yield made

    def _address(self, path: str) -> str:
        return f"{self.base_url.rstrip('/')}/{path}"


def _halves(
    kpis: Sequence[str], places: Sequence[str]
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    if len(places) >= len(kpis):
        for here in batches(places, -(-len(places) // 2)):
            yield kpis, here
    else:
        for some in batches(kpis, -(-len(kpis) // 2)):
            yield some, places


def _key(row: Mapping[str, Any]) -> Hashable:
    if "id" in row:
        return str(row["id"])
    place = row.get("municipality") or row.get("ou") or row.get("out")
    return str(row["kpi"]), str(place), str(row["period"])
