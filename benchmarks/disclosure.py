"""Seconds to protect and to attack one linked table, and how they grow with its cells.

``python benchmarks/disclosure.py`` makes a synthetic indicator of a region with municipalities and
units: everybody, each sex, and the levels of seven dimensions by sex, at every place. All of its
cells are one system: sums over sexes, levels and places. It is disclosed, written, and attacked by
the audit, which must find nothing; what is hidden and why is printed beside the seconds.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.release import read_release
from equity_pipeline.disclosure.cell import Nesting
from equity_pipeline.disclosure.disclose import Disclosure, disclose
from equity_pipeline.disclosure.rules import DisclosurePolicy
from equity_pipeline.tables.table import PersonCounts, StratifiedTable
from equity_pipeline.vocabulary import ALL, vocabulary

REGION, SEED, SHARE = "12", 2024, 0.3
DIMENSIONS = (
    "age_band", "education", "income_quintile", "employment", "country_of_birth",
    "area_income_quintile", "disability_proxy",
)  # fmt: skip
YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}


class Region(NamedTuple):
    """The cells of one indicator, and what place each place is part of."""

    rows: pd.DataFrame
    nesting: Nesting


def main() -> None:
    """Print a line for each size; exit 1 if the audit finds a leak."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--units", type=int, nargs="+", default=[15, 30, 60, 95])
    asked.add_argument("--persons", type=int, default=600, help="for each unit, on average")
    given = asked.parse_args()
    print(
        f"{'units':>6}{'cells':>8}{'small':>8}{'beside':>8}{'protect s':>11}{'attack s':>10}  found"
    )
    clean = [_told(region(units, given.persons * units)) for units in given.units]
    sys.exit(0 if all(clean) else 1)


def region(units: int, persons: int) -> Region:
    """Return a synthetic region: each person at one unit, with a level in every dimension."""
    draw = np.random.default_rng(SEED)
    size = draw.dirichlet(np.full(units, 3.0))
    people = pd.DataFrame({"unit": draw.choice(units, persons, p=size)})
    people["sex"] = draw.choice(["female", "male"], persons)
    people["with"] = draw.random(persons) < SHARE
    for name in DIMENSIONS:
        levels = list(vocabulary().levels(name))
        people[name] = draw.choice(levels, persons, p=draw.dirichlet(np.full(len(levels), 2.0)))
    municipalities = max(2, units // 4)
    codes = {number: f"U{number:04d}" for number in range(units)}
    nesting = {REGION: ("region", "")}
    nesting |= {f"{1200 + one}": ("municipality", REGION) for one in range(municipalities)}
    nesting |= {
        code: ("unit", f"{1200 + number % municipalities}") for number, code in codes.items()
    }
    people["unit"] = people["unit"].map(codes)
    rows = pd.DataFrame([row for place in _places(people, nesting) for row in _cells(*place)])
    return Region(rows, nesting)


def _places(people: pd.DataFrame, nesting: Nesting) -> Iterator[tuple[str, str, pd.DataFrame]]:
    within = people["unit"].map(lambda code: nesting[code][1])
    yield "region", REGION, people
    for code, of in people.groupby(within):
        yield "municipality", str(code), of
    for code, of in people.groupby("unit"):
        yield "unit", str(code), of


def _cells(kind: str, code: str, people: pd.DataFrame) -> Iterator[dict[str, Any]]:
    key = {"geography_level": kind, "geography_code": code}
    for dimension in ("total", *DIMENSIONS):
        by = pd.Series(ALL, people.index) if dimension == "total" else people[dimension]
        for level, of in people.groupby(by):
            for sex, some in [(ALL, of), *of.groupby("sex")]:
                counted = {"n": len(some), "with": int(some["with"].sum())}
                yield key | {"dimension": dimension, "level": level, "sex": sex} | counted


def _told(made: Region) -> bool:
    began = perf_counter()
    disclosed = _disclosed(made)
    between = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(disclosed.tables["stratified"].data, Path(folder) / "stratified.parquet")
        found = audit(read_release(Path(folder))).findings
    units = sum(kind == "unit" for kind, _ in made.nesting.values())
    print(
        f"{units:6}{len(made.rows):8}{disclosed.n_primary:8}{disclosed.n_secondary:8}"
        f"{between - began:11.1f}{perf_counter() - between:10.1f}  {len(found)}",
        flush=True,
    )
    return not found


def _disclosed(made: Region) -> Disclosure:
    rows = made.rows
    key = rows[["geography_code", "dimension", "level"]].assign(
        indicator_id="VT01", strat2_level=rows["sex"], **YEAR
    )
    told = key.assign(
        geography_level=rows["geography_level"],
        unit_of_measure="percent",
        strat2_dimension=np.where(rows["sex"] == ALL, "total", "sex"),
        value_status="shown",
        n_persons=rows["n"],
        n_denominator=rows["n"],
        n_numerator=rows["with"],
        value_crude=rows["with"] / rows["n"],
        headline_adjustment="need_a",
    )
    held = key.assign(
        n_persons=rows["n"],
        n_persons_with=rows["with"],
        n_persons_without=rows["n"] - rows["with"],
    )
    return disclose(
        {"stratified": StratifiedTable.of("stratified", _arrow(told))},
        PersonCounts.of(_arrow(held)),
        DisclosurePolicy(),
        kinds={"VT01": "proportion"},
        nesting=made.nesting,
    )


def _arrow(frame: pd.DataFrame) -> pa.Table:
    return pa.Table.from_pandas(frame, preserve_index=False)


if __name__ == "__main__":
    main()
