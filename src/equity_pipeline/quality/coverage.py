"""How much of what it should hold a quality register holds, in all and by group."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from equity_pipeline.vocabulary import ALL, MISSING, TOTAL

if TYPE_CHECKING:
    import duckdb

# Rows of the region itself hold; else its municipalities', else its units', put together.
NEAREST = ("region", "municipality", "unit")
Told = tuple[str, int, str, str, str, int | None, int | None, float | None]


COVERAGE = """
with told as (
    select register_code, year, geography_level, dimension, level, n_registered, n_expected,
        coverage
    from staging.stg_delivered__register_coverage
    where geography_level = 'unit' or starts_with(geography_code, $1)
)
from told
union all
select register_code, year, 'region', dimension, level, n_registered, n_expected, coverage
from intermediate.int_register__coverage
where register_code not in (select register_code from told)
order by all
"""


@dataclass(frozen=True, slots=True)
class RegisterCoverage:
    """The coverage of one register in its newest year: in all, and by level of a dimension.

    Shares are 0-1; ``total`` is None where it is not told.
    """

    register_code: str
    year: int
    total: float | None = None
    levels: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def extremes(self, dimension: str) -> tuple[str, str, float] | None:
        """Return the levels that are covered least and most, and the distance between them.

        None where fewer than two levels are told.

        Examples
        --------
        >>> held = RegisterCoverage("lvr", 2023, 0.32, {"sex": {"female": 0.36, "male": 0.28}})
        >>> low, high, apart = held.extremes("sex")
        >>> low, high, round(apart, 2)
        ('male', 'female', 0.08)
        """
        told = self.levels.get(dimension, {})
        if len(told) < 2:
            return None
        low, high = min(told, key=lambda one: told[one]), max(told, key=lambda one: told[one])
        return low, high, told[high] - told[low]


def coverage_of(rows: Iterable[Told]) -> Mapping[str, RegisterCoverage]:
    """Return the coverage of each register in its newest year, by register.

    Parameters
    ----------
    rows
        ``(register_code, year, geography_level, dimension, level, n_registered, n_expected,
        coverage)``. Rows of several places are put together by their counts; where one of them
        lacks a count, nothing is said.

    Examples
    --------
    >>> rows = [("lvr", 2023, "unit", "total", "all", 30, 100, 0.3),
    ...         ("lvr", 2023, "unit", "total", "all", 10, 100, 0.1)]
    >>> coverage_of(rows)["lvr"].total
    0.2
    """
    held = list(rows)
    newest = {register: year for register, year, *_ in sorted(held, key=lambda row: row[1])}
    groups: dict[tuple[str, str, str], dict[str, list[Told]]] = {}
    for row in held:
        if row[1] == newest[row[0]]:
            places = groups.setdefault((row[0], row[3], row[4]), {})
            places.setdefault(row[2], []).append(row)
    shares = {key: _nearest(places) for key, places in groups.items()}
    return MappingProxyType({code: _one(code, year, shares) for code, year in newest.items()})


def read_coverage(connection: duckdb.DuckDBPyConnection, region: str) -> list[Told]:
    """Return the rows that the registers tell of a region, its municipalities and its units.

    A register that tells nothing of itself, but whose persons are delivered, is counted against
    those listed with its disease.
    """
    return connection.execute(COVERAGE, [region]).fetchall()


def _one(
    code: str, year: int, shares: Mapping[tuple[str, str, str], float | None]
) -> RegisterCoverage:
    levels: dict[str, dict[str, float]] = {}
    for (register, dimension, level), share in shares.items():
        if register == code and share is not None and level not in (ALL, MISSING):
            levels.setdefault(dimension, {})[level] = share
    return RegisterCoverage(code, year, shares.get((code, TOTAL, ALL)), levels)


def _nearest(places: Mapping[str, list[Told]]) -> float | None:
    for kind in NEAREST:
        if kind in places:
            rows = places[kind]
            return rows[0][7] if len(rows) == 1 else _together(rows)
    return None


def _together(rows: list[Told]) -> float | None:
    counts = [(row[5], row[6]) for row in rows]
    expected = sum(_numbers(n for _, n in counts))
    if any(n is None for pair in counts for n in pair) or not expected:
        return None
    return sum(_numbers(n for n, _ in counts)) / expected


def _numbers(found: Iterable[int | None]) -> Iterator[int]:
    return (n for n in found if n is not None)
