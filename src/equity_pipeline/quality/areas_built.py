"""What the built areas show: codes that no division knows, sums that differ, series that change.

Published cells carry noise and deliveries carry old codes: all of it is counted and told, none
of it is mended or left out in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from equity_pipeline.quality.results import GateResult
from equity_pipeline.quality.texts import NOTE_FROM, sentence, shares
from equity_pipeline.vocabulary import Label, in_sentence, vocabulary

if TYPE_CHECKING:
    import duckdb

CODES_OF_FACT = MappingProxyType(
    {"fct_person": "person", "fct_contact": "person", "fct_survey": "unit", "fct_telephony": "unit"}
)
MEASURES_OF_DIMENSION = MappingProxyType(
    {
        "area_education_quintile": ("education",),
        "area_income_quintile": ("income",),
        "area_employment_quintile": ("employment",),
        "area_foreign_born_quintile": ("foreign_born",),
        "area_class": ("education", "income", "employment", "foreign_born", "ill_health"),
    }
)
SMALLEST_SHARE = 0.001  # a smaller one is told as this: a few rows may be a few persons
CODES = """
select entity, sum(n_code_rows)::bigint,
    coalesce(sum(n_code_rows) filter (where code_state = 'unknown'), 0)::bigint,
    coalesce(sum(n_code_rows) filter (where code_state = 'other_vintage'), 0)::bigint,
    coalesce(list(distinct year order by year)
        filter (where code_state in ('unknown', 'other_vintage')), [])
from mart.area_code_check group by entity order by entity
"""
SUMS = "select count(*), count(*) filter (where not is_within_tolerance) from mart.area_additivity"
SERIES = """
select count(*), (
    select coalesce(list(distinct (area_column, area_measure, year, series_before, source_series)
        order by (area_column, area_measure, year, series_before, source_series)), [])
    from intermediate.int_area__series where is_new_series
) from intermediate.int_area__series
"""


@dataclass(frozen=True, slots=True)
class Codes:
    """Rows with an area code, or none, of one entity; and the years of those that are amiss."""

    rows: int
    unknown: int
    other_vintage: int
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A column of the areas whose series is another than the year before."""

    column: str
    measure: str
    year: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AreasBuilt:
    """Codes by entity, areas held against the sum of their parts, and series that change."""

    codes: dict[str, Codes] = field(default_factory=dict)
    n_sums: int = 0
    n_sums_outside: int = 0
    n_series: int = 0
    changes: tuple[Change, ...] = ()


def read_areas_built(connection: duckdb.DuckDBPyConnection) -> AreasBuilt:
    """Return what the models of areas say of codes, sums and series."""
    codes = {
        entity: Codes(rows, unknown, other, tuple(years))
        for entity, rows, unknown, other, years in connection.execute(CODES).fetchall()
    }
    [(n_sums, n_outside)] = connection.execute(SUMS).fetchall()
    [(n_series, changes)] = connection.execute(SERIES).fetchall()
    return AreasBuilt(codes, n_sums, n_outside, n_series, tuple(Change(*one) for one in changes))


def area_checks(built: AreasBuilt) -> tuple[GateResult, ...]:
    """Return the checks of the built areas, all of them warnings.

    Examples
    --------
    >>> built = AreasBuilt({"person": Codes(400, 3, 1, (2024,))}, n_sums=33)
    >>> [(one.check, one.passed) for one in area_checks(built)][:2]
    [('person_area_codes', False), ('unit_area_codes', True)]
    """
    sums = f"{built.n_sums_outside} of {built.n_sums} areas differ from the sum of their parts"
    told = ", ".join(f"{one.column} {one.year}" for one in built.changes)
    persons, units = (_judged(name, built) for name in ("person", "unit"))
    return (
        GateResult("area", "person_area_codes", "own", "warning", *persons),
        GateResult("area", "unit_area_codes", "own", "warning", *units),
        GateResult(
            "area", "area_sums", "own", "warning", not built.n_sums_outside, built.n_sums, sums
        ),
        GateResult(
            "area",
            "area_series",
            "own",
            "warning",
            not built.changes,
            built.n_series,
            f"another series than the year before: {told or 'none'}",
        ),
    )


def area_obstacles(built: AreasBuilt, fact: str, dimension: str) -> Iterator[tuple[str, Label]]:
    """Yield what must be said of a dimension of areas: a note, or caution from one row in twenty.

    Examples
    --------
    >>> built = AreasBuilt({"person": Codes(400, 40, 0, (2024,))})
    >>> [(colour, words.sv) for colour, words in area_obstacles(built, "fct_person", "area_type")]
    [('yellow', 'Områdeskoden finns inte i indelningen för 10,0 % av raderna (2024).')]
    """
    codes = built.codes.get(CODES_OF_FACT.get(fact, ""))
    for name, n in (("area_code_unknown", codes and codes.unknown),
                    ("area_code_other", codes and codes.other_vintage)):  # fmt: skip
        if codes and n:
            colour = "yellow" if n / codes.rows >= NOTE_FROM else "green"
            sv, en = shares(max(n / codes.rows, SMALLEST_SHARE))
            years = {"years": _listed(codes.years)}
            yield colour, sentence(name, sv | years, en | years)
    if built.n_sums_outside:
        counts = {"n": str(built.n_sums_outside), "of": str(built.n_sums)}
        yield "green", sentence("area_sums", counts)
    measures = MEASURES_OF_DIMENSION.get(dimension, ())
    for change in dict.fromkeys(one for one in built.changes if one.measure in measures):
        label = vocabulary().column(change.column).label
        said = {"year": str(change.year), "before": change.before, "after": change.after}
        sv, en = ({"column": in_sentence(word)} for word in (label.sv, label.en))
        yield "green", sentence("area_series", said | sv, said | en)


def _judged(entity: str, built: AreasBuilt) -> tuple[bool, int, str]:
    held = built.codes.get(entity, Codes(0, 0, 0))
    return (
        not held.unknown + held.other_vintage,
        held.rows,
        f"{held.unknown} of {held.rows} rows of {entity} have an area code of no division, "
        f"{held.other_vintage} one of another year's (years: {_listed(held.years)})",
    )


def _listed(years: tuple[int, ...]) -> str:
    return ", ".join(map(str, years)) or "-"
