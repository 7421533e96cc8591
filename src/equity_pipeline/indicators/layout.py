"""The tables of cells: the keys of each, and what it says of every key.

Numbers of all indicators of a fact lie side by side in one wide table (schema ``wide``), so that
keys are written once; the views beside it are the tables of cells, a row an indicator.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SUMS = ("n bigint", "d double", "s double", "ss double", "sd double", "dd double")
PERSONS = ("n_persons bigint", "n_persons_with bigint", "n_persons_without bigint")
LARGEST = ("top_1 double", "top_2 double", "top_unit_1 double", "top_unit_2 double")
PLACE = ("period_code", "geography_level", "geography_code", "dimension", "level")


@dataclass(frozen=True, slots=True)
class CellTable:
    """One table of cells: its keys after the indicator, and whether it holds sums and persons.

    With ``has_largest`` it also tells which shares of a sum its largest contributors make.
    """

    name: str
    keys: tuple[str, ...]
    has_sums: bool = True
    has_persons: bool = False
    has_largest: bool = False

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns after the keys, with their types."""
        sums, persons = (SUMS if self.has_sums else ()), (PERSONS if self.has_persons else ())
        return (*sums, *persons, *(LARGEST if self.has_largest else ()))

    def wide(self, fact: str) -> str:
        """Return the name of the wide table of a fact."""
        return f"{self.name}_{fact}"


_ALL = (
    CellTable(
        "one_way",
        ("period_code", "dimension", "level", "sex", "age_group", "morbidity", "cluster_key"),
    ),
    CellTable(
        "persons",
        ("period_code", "dimension", "level", "strat2_level"),
        has_sums=False,
        has_persons=True,
        has_largest=True,
    ),
    CellTable(
        "two_way",
        ("period_code", "dimension", "level", "dimension2", "level2", "sex", "age_group"),
    ),
    CellTable("by_place", (*PLACE, "sex")),
    CellTable(
        "place_persons",
        (*PLACE, "strat2_level"),
        has_sums=False,
        has_persons=True,
        has_largest=True,
    ),
    CellTable(
        "strata",
        (
            "period_code",
            "sex",
            "age_three",
            "education",
            "income_three",
            "birth_three",
            "area_class",
        ),
        has_persons=True,
        has_largest=True,
    ),
    CellTable(
        "monthly", ("month", "unit_hsa_id", "population"), has_persons=True, has_largest=True
    ),
    CellTable("rolled_persons", ("month", "unit_hsa_id"), has_sums=False, has_persons=True),
    CellTable(
        "programme_persons",
        ("start_month", "month", "unit_hsa_id", "population"),
        has_sums=False,
        has_persons=True,
    ),
)
TABLES: Mapping[str, CellTable] = MappingProxyType({one.name: one for one in _ALL})
MISSING_TABLE = "missing"


@dataclass(frozen=True, slots=True)
class PlainTable:
    """A table of cells that only some indicators have: it is read as it is written."""

    name: str
    keys: tuple[str, ...]
    numbers: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns with their types."""
        return ("indicator_id varchar", *(f"{key} varchar" for key in self.keys), *self.numbers)


WAITS = PlainTable(
    "waits",
    PLACE,
    (
        "wait_days integer",
        "n_finished bigint",
        "n_waiting bigint",
        "n_gave_up bigint",
        "n_died bigint",
    ),
)
WAIT_PERSONS = PlainTable("wait_persons", (*PLACE, "outcome"), PERSONS)
PLAIN: Mapping[str, PlainTable] = MappingProxyType({one.name: one for one in (WAITS, WAIT_PERSONS)})
KEY_TYPES: Mapping[str, str] = MappingProxyType({"month": "date", "start_month": "date"})


def type_of(key: str) -> str:
    """Return the type in which readers meet a key.

    Examples
    --------
    >>> type_of("month"), type_of("level")
    ('date', 'varchar')
    """
    return KEY_TYPES.get(key, "varchar")
