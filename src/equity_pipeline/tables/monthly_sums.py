"""Monthly cells of one indicator as arrays: six sums by population, unit and month."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.tables.cells import SUMS, FloatArray, IntArray
from equity_pipeline.tables.table import COUNTS, LARGEST

POPULATIONS = ("focus", "others", "unknown")
MONTHS_IN_A_QUARTER = 3
LARGEST_PERSONS = LARGEST[:2]
NO_UNIT = "none"  # what was counted at no unit


@dataclass(frozen=True, slots=True)
class Monthly:
    """Sums of one indicator, (6, 3, U, T): sum, population, unit, month; months without a gap.

    ``persons`` (3, 3, U, T) are the distinct persons of each cell: all, with, without; ``largest``
    (2, 3, U, T) is what the two largest of them make of the sum, NaN where only counted.
    """

    units: tuple[str, ...]
    first: int
    sums: FloatArray
    persons: FloatArray
    largest: FloatArray

    @property
    def months(self) -> IntArray:
        """The months as whole numbers: twelve times the year, and January is 0."""
        return self.first + np.arange(self.sums.shape[-1])

    def of(self, units: list[str]) -> FloatArray:
        """Return the sums of some units in this order, (6, 3, units, T); 0 where there are none."""
        at = [self.units.index(one) if one in self.units else -1 for one in units]
        made = self.sums[:, :, at]
        made[:, :, np.array(at) < 0] = 0.0
        return made


def monthly(cells: pa.Table) -> Monthly | None:
    """Return the arrays of one indicator's ``monthly`` cells, None where there are none."""
    if cells.num_rows:
        cells = cells.filter(pc.not_equal(cells["unit_hsa_id"], NO_UNIT)).combine_chunks()
    if cells.num_rows == 0:
        return None
    units = tuple(sorted(set(cells["unit_hsa_id"].to_pylist())))
    month = number_of(cells["month"])
    first, width = int(month.min()), int(month.max() - month.min()) + 1
    shape = (len(POPULATIONS), len(units), width)
    place = _place(cells, units, first, width)
    sums, persons = (_stacked(cells, names, place, shape) for names in (SUMS, COUNTS))
    return Monthly(units, first, sums, persons, _largest(cells, place, shape))


def _largest(cells: pa.Table, place: IntArray, shape: tuple[int, int, int]) -> FloatArray:
    tops = [name for name in LARGEST_PERSONS if name in cells.column_names]
    made = np.zeros((len(LARGEST_PERSONS), *shape))
    if not tops or pc.all(pc.is_null(cells[tops[0]])).as_py():
        return np.full_like(made, np.nan)
    of = np.asarray(cells["s"].to_numpy(), np.float64)
    for number, name in enumerate(tops):
        share = np.asarray(cells[name].to_numpy(), np.float64)
        made[number] = np.bincount(place, share * of, int(np.prod(shape))).reshape(shape)
    return made


def persons_in(cells: pa.Table, units: tuple[str, ...], first: int, width: int) -> FloatArray:
    """Return the persons of cells by month, unit and population, (3, 3, units, months).

    Parameters
    ----------
    units
        The units in order; cells of others are left out.
    first, width
        Number of the first month, and how many there are; cells of others are left out.
    """
    month = number_of(cells["month"])
    inside = pa.array((month >= first) & (month < first + width))
    among = pc.is_in(cells["unit_hsa_id"], pa.array(units))
    kept = cells.filter(pc.and_(inside, among)).combine_chunks()
    shape = (len(POPULATIONS), len(units), width)
    return _stacked(kept, COUNTS, _place(kept, units, first, width), shape)


def _place(cells: pa.Table, units: tuple[str, ...], first: int, width: int) -> IntArray:
    known = pc.index_in(cells["population"], pa.array(POPULATIONS))
    population = np.asarray(pc.fill_null(known, 2).to_numpy(), np.int64)
    unit = np.asarray(pc.index_in(cells["unit_hsa_id"], pa.array(units)).to_numpy(), np.int64)
    place = (population * len(units) + unit) * width + number_of(cells["month"]) - first
    return np.asarray(place, np.int64)


def _stacked(
    cells: pa.Table, names: Sequence[str], place: IntArray, shape: tuple[int, int, int]
) -> FloatArray:
    columns = (np.asarray(cells[name].to_numpy(), np.float64) for name in names)
    size = int(np.prod(shape))
    return np.stack([np.bincount(place, one, size).reshape(shape) for one in columns])


def number_of(months: pa.ChunkedArray) -> IntArray:
    """Return months as whole numbers: twelve times the year, and January is 0."""
    year = np.asarray(pc.year(months).to_numpy(), np.int64)
    return 12 * year + np.asarray(pc.month(months).to_numpy(), np.int64) - 1


def month_number(day: date) -> int:
    """Return the number of the month of a day.

    Examples
    --------
    >>> month_number(date(2024, 3, 15)) - month_number(date(2023, 12, 31))
    3
    """
    return 12 * day.year + day.month - 1


def month_start(number: int) -> date:
    """Return the first day of a month by its number.

    Examples
    --------
    >>> month_start(month_number(date(2024, 3, 15)))
    datetime.date(2024, 3, 1)
    """
    return date(number // 12, number % 12 + 1, 1)
