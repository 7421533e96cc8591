"""Tiny releases, made by hand, with and without leaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.audit.audit import Verdict, audit
from equity_pipeline.audit.release import read_release

Row = dict[str, Any]
HIDDEN = {"n_persons": None, "n_denominator": None, "n_numerator": None}
TYPES = {
    "n_persons": pa.int64(),
    "n_denominator": pa.int64(),
    "n_numerator": pa.int64(),
    "value_crude": pa.float64(),
    "value_crude_lower": pa.float64(),
    "value_crude_upper": pa.float64(),
    "ci_method": pa.string(),
}


def cell(
    level: str, sex: str, n: int | None, with_: int | None, *, hidden: bool = False, **more: Any
) -> Row:
    """Return a row of T1: by education, the total where the level is ``all``."""
    row = {
        "indicator_id": "VT01",
        "period_start": date(2024, 1, 1),
        "period_end": date(2025, 1, 1),
        "unit_of_measure": "percent",
        "geography_level": "region",
        "geography_code": "12",
        "dimension": "total" if level == "all" else "education",
        "level": level,
        "strat2_level": sex,
        "disclosure_tier": "extract",
        "value_status": "suppressed" if hidden else "shown",
        "n_persons": n,
        "n_denominator": n,
        "n_numerator": with_,
        "value_crude": None,
        "value_crude_lower": None,
        "value_crude_upper": None,
        "ci_method": None,
    }
    return {**row, **more, **(HIDDEN if hidden else {})}


def table(rows: Sequence[Row]) -> pa.Table:
    """Return rows as a table with the types of T1."""
    made = pa.Table.from_pylist([dict(row) for row in rows])
    fields = [pa.field(one.name, TYPES.get(one.name, one.type)) for one in made.schema]
    return made.cast(pa.schema(fields))


# three levels by two sexes; a rectangle of four cells can be hidden and holds nothing
TRUTH: Mapping[tuple[str, str], tuple[int, int]] = {
    ("all", "all"): (600, 300),
    ("all", "female"): (310, 160),
    ("all", "male"): (290, 140),
    ("pre_secondary", "all"): (110, 53),
    ("pre_secondary", "female"): (60, 50),
    ("pre_secondary", "male"): (50, 3),
    ("upper_secondary", "all"): (240, 117),
    ("upper_secondary", "female"): (120, 60),
    ("upper_secondary", "male"): (120, 57),
    ("post_secondary", "all"): (250, 130),
    ("post_secondary", "female"): (130, 50),
    ("post_secondary", "male"): (120, 80),
}
RECTANGLE = frozenset(
    (level, sex) for level in ("pre_secondary", "upper_secondary") for sex in ("female", "male")
)


def rows_of(
    hidden: frozenset[tuple[str, str]] = RECTANGLE, truth: Mapping[Any, Any] = TRUTH, **more: Any
) -> list[Row]:
    """Return the rows of T1 with some cells hidden."""
    return [cell(*key, *counts, hidden=key in hidden, **more) for key, counts in truth.items()]


@pytest.fixture
def released(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes tables, by form, into the folder of a release."""

    def write(name: str = "release", **forms: Sequence[Row]) -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        for form, rows in forms.items():
            pq.write_table(table(rows), folder / f"{form}.parquet")
        return folder

    return write


@pytest.fixture
def judged(released: Callable[..., Path]) -> Callable[..., Verdict]:
    """Return what writes a release and attacks it."""

    def attacked(**forms: Sequence[Row]) -> Verdict:
        return audit(read_release(released(**forms)))

    return attacked
