"""What is asked of the counting of cells, and what it tells of what it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

#: what is counted beside the region's own sums: distinct persons with the largest contributors
#: (the door asks for them), pairs of dimensions, and cells by place, stratum, month and day waited
PARTS = frozenset({"persons", "pairs", "places", "strata", "months", "waits"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the cells beside the dimensions.

    Attributes
    ----------
    long_periods
        Codes of the periods that stand for a whole year or delivery, oldest first, no two with a
        day in common. Months are taken from them; places, strata and the other national division
        are counted in the newest. None leaves those tables empty.
    area_kind
        The division that classes of areas are made on.
    programme_dimension
        Whose declared focus level is the population in focus of a programme.
    programme_starts
        First days of the months in which programmes began.
    crossed
        Every pair of the two-way cells holds one of these; any pair if empty.
    parts
        Which of `PARTS` to count; the tables of the others stay empty.
    """

    long_periods: tuple[str, ...] = ()
    area_kind: str = "regso"
    programme_dimension: str = "income_quintile"
    programme_starts: tuple[date, ...] = ()
    crossed: tuple[str, ...] = ()
    parts: frozenset[str] = PARTS

    @property
    def newest(self) -> str | None:
        """The newest long period."""
        return self.long_periods[-1] if self.long_periods else None


NO_PERIODS = Asked()


@dataclass(frozen=True, slots=True)
class CellReport:
    """What was counted.

    Attributes
    ----------
    rows
        Rows of each table of cells.
    absent
        Dimensions that a fact does not carry: (fact, dimension).
    empty
        Facts without a row.
    """

    rows: Mapping[str, int]
    absent: tuple[tuple[str, str], ...]
    empty: tuple[str, ...]
