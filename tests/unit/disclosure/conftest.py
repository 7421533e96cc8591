"""Small stratified tables with the persons behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pytest

from equity_pipeline.tables.table import PersonCounts, StratifiedTable

YEAR = (date(2024, 1, 1), date(2025, 1, 1))


class Given(NamedTuple):
    """One cell: who, of whom with and without the outcome."""

    dimension: str
    level: str
    n: int
    n_with: int
    sex: str = "all"
    indicator: str = "VT01"
    period: tuple[date, date] = YEAR
    place: str = "12"


class Made(NamedTuple):
    """The table before the door and the persons behind it."""

    table: StratifiedTable
    counts: PersonCounts


def _row(one: Given) -> dict[str, object]:
    return {
        "indicator_id": one.indicator,
        "period_start": one.period[0],
        "period_end": one.period[1],
        "geography_code": one.place,
        "dimension": one.dimension,
        "level": one.level,
        "strat2_level": one.sex,
    }


@pytest.fixture
def made() -> Callable[[Iterable[Given]], Made]:
    """Make a T1 table in which every contact is a person of its own."""

    def make(cells: Iterable[Given]) -> Made:
        cells = list(cells)
        table = [
            _row(one)
            | {
                "strat2_dimension": "total" if one.sex == "all" else "sex",
                "value_status": "shown" if one.n else "no_population",
                "n_persons": one.n,
                "n_denominator": one.n,
                "n_numerator": one.n_with,
                "value_crude": one.n_with / one.n if one.n else None,
                "headline_adjustment": "need_a",
            }
            for one in cells
        ]
        counts = [
            _row(one)
            | {
                "n_persons": one.n,
                "n_persons_with": one.n_with,
                "n_persons_without": one.n - one.n_with,
            }
            for one in cells
        ]
        return Made(
            StratifiedTable.of("stratified", pa.Table.from_pylist(table)),
            PersonCounts.of(pa.Table.from_pylist(counts)),
        )

    return make


@pytest.fixture
def given() -> type[Given]:
    """The cell maker."""
    return Given
