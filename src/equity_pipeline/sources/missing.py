"""What the answers lack: the grid that was asked for, minus what came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from equity_pipeline.sources.kolada import Kpi, Unit, Value

BENCHMARK_KINDS = ("region", "country")


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that a measure lacks or that a reader must know, for the readiness table.

    ``what`` is one of: measure (not in the catalogue), values (none at all), years (for a whole
    kind of area), areas (for single areas), ended (no longer made), region_only, three_year_mean,
    incomplete_mean (a three-year mean that follows a year without a value).
    """

    kpi: str
    what: str
    sv: str
    en: str


def expected_units(kpi: Kpi, units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units for which a measure should have values, by its type in the catalogue."""
    kinds = {"K": ("municipality",), "L": BENCHMARK_KINDS}.get(
        kpi.municipality_type, ("municipality", *BENCHMARK_KINDS)
    )
    return tuple(unit for unit in units if unit.area_kind in kinds)


def find_missing(
    kpis: dict[str, Kpi],
    wanted: Iterable[str],
    units: Sequence[Unit],
    years: Sequence[int],
    values: Iterable[Value],
) -> tuple[Missing, ...]:
    """Return what is lacking of the wanted measures, found from the answers alone."""
    have = {
        (one.kpi, one.area_code, one.year)
        for one in values
        if one.sex == "total" and one.value is not None
    }
    found: list[Missing] = []
    for name in sorted(set(wanted)):
        kpi = kpis.get(name)
        if kpi is None:
            found.append(_not_in_catalogue(name))
            continue
        came = {(area, year) for held, area, year in have if held == name}
        found.extend(_notes(kpi, is_shown=bool(came)))
        found.extend(_ended(kpi, years))
        found.extend(_gaps(kpi, expected_units(kpi, units), years, came))
        if kpi.is_three_year_mean:
            found.extend(_incomplete_means(kpi, expected_units(kpi, units), years, came))
    return tuple(found)


def spans(years: Iterable[int]) -> str:
    """Return years as runs.

    Examples
    --------
    >>> spans([2015, 2016, 2017, 2020])
    '2015–2017, 2020'
    """
    runs: list[list[int]] = []
    for year in sorted(years):
        if runs and year == runs[-1][-1] + 1:
            runs[-1].append(year)
        else:
            runs.append([year])
    return ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)


def _notes(kpi: Kpi, *, is_shown: bool) -> Iterator[Missing]:
    if kpi.is_region_only:
        sv, en = (
            (" och visas som jämförelse", " and is shown as a benchmark") if is_shown else ("", "")
        )
        yield Missing(
            kpi.id,
            "region_only",
            f"{_name(kpi)} finns bara för regioner och riket{sv}; "
            "skillnader mellan kommuner kan inte beräknas.",
            f"{_name(kpi)} exists for regions and the country only{en}; "
            "differences between municipalities cannot be computed.",
        )
    if kpi.is_three_year_mean:
        yield Missing(
            kpi.id,
            "three_year_mean",
            f"{_name(kpi)} är ett medelvärde av tre år; angränsande år delar data.",
            f"{_name(kpi)} is a mean of three years; neighbouring years share part of their data.",
        )


def _ended(kpi: Kpi, years: Sequence[int]) -> Iterator[Missing]:
    if kpi.last_year is not None and years and years[-1] > kpi.last_year:
        yield Missing(
            kpi.id,
            "ended",
            f"{_name(kpi)} tas inte fram efter {kpi.last_year}.",
            f"{_name(kpi)} is not made after {kpi.last_year}.",
        )


def _gaps(
    kpi: Kpi, units: Sequence[Unit], years: Sequence[int], came: set[tuple[str, int]]
) -> Iterator[Missing]:
    if not came:
        yield Missing(
            kpi.id,
            "values",
            f"{_name(kpi)} har inga värden för {spans(years)}.",
            f"{_name(kpi)} has no values for {spans(years)}.",
        )
        return
    lacking = {(unit, year) for unit in units for year in years if (unit.code, year) not in came}
    for group, sv, en in _groups(units):
        bare = [year for year in years if group and all((one, year) in lacking for one in group)]
        lacking -= {(one, year) for one in group for year in bare}
        if bare:
            yield Missing(
                kpi.id,
                "years",
                f"{_name(kpi)} saknar värden för {sv} {spans(bare)}.",
                f"{_name(kpi)} has no values for {en} in {spans(bare)}.",
            )
    for unit in units:
        gone = [year for held, year in lacking if held == unit]
        if gone:
            yield Missing(
                kpi.id,
                "areas",
                f"{_name(kpi)} saknar värden för {unit.title} {spans(gone)}.",
                f"{_name(kpi)} has no values for {_english(unit)} in {spans(gone)}.",
            )


def _incomplete_means(
    kpi: Kpi, units: Sequence[Unit], years: Sequence[int], came: set[tuple[str, int]]
) -> Iterator[Missing]:
    for unit in units:
        there = {year for year in years if (unit.code, year) in came}
        gone = set(years) - there
        doubtful = [year for year in there if {year - 1, year - 2} & gone]
        if doubtful:
            yield Missing(
                kpi.id,
                "incomplete_mean",
                f"{_name(kpi)}: medelvärdet för {unit.title} {spans(doubtful)} omfattar år "
                "utan uppgift och kan vara missvisande.",
                f"{_name(kpi)}: the mean for {_english(unit)} in {spans(doubtful)} covers years "
                "without a value and may mislead.",
            )


def _groups(units: Sequence[Unit]) -> Iterator[tuple[list[Unit], str, str]]:
    yield list(units), "alla områden", "any area"
    towns = [unit for unit in units if unit.area_kind == "municipality"]
    yield towns, "alla kommuner", "any municipality"
    above = [unit for unit in units if unit.area_kind in BENCHMARK_KINDS]
    yield above, "regionen och riket", "the region and the country"


def _not_in_catalogue(name: str) -> Missing:
    return Missing(
        name,
        "measure",
        f"Kolada har inget nyckeltal {name}.",
        f"Kolada has no measure {name}.",
    )


def _english(unit: Unit) -> str:
    return "the country" if unit.area_kind == "country" else unit.title


def _name(kpi: Kpi) -> str:
    return f"Kolada {kpi.id} ({kpi.title})"
