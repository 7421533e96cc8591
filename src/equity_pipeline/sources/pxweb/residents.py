"""Residents by region, ten-year age band and sex, out of a table of Statistics Sweden."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.jsonstat import Cube, Dimension
from equity_pipeline.sources.pxweb.selection import unknown

REGION, AGE, SEX, CONTENTS, TIME = "Region", "Alder", "Kon", "ContentsCode", "Tid"
SEXES = {"1": "male", "2": "female"}
TEN_YEARS = re.compile(r"(\d+)-(\d+) år")
OPEN_ENDED = re.compile(r"\d+\+ år")

POPULATION = pa.schema(
    [
        ("area_code", pa.string()),
        ("area_kind", pa.string()),
        ("age_group", pa.string()),
        ("sex", pa.string()),
        ("period", pa.string()),
        ("population", pa.int64()),
        ("status", pa.string()),
    ]
)


def choice_of_residents(
    table: str, held: Mapping[str, Dimension], regions: Sequence[str]
) -> dict[str, Sequence[str]]:
    """Return the selection of residents by ten-year band and sex at the latest time.

    Raises
    ------
    SourceError
        The table lacks a dimension or ten-year bands.
    """
    absent = [name for name in (REGION, AGE, SEX, CONTENTS, TIME) if name not in held]
    if absent:
        raise unknown(table, f"the dimensions {absent}", tuple(held))
    sexes = _sexes(held[SEX])
    return {
        REGION: tuple(regions),
        AGE: ten_year_bands(table, held[AGE]),
        SEX: tuple(code for code in held[SEX].codes if code in sexes),
        CONTENTS: (_people(held[CONTENTS]),),
        TIME: held[TIME].codes[-1:],
    }


def residents(cube: Cube, held: Mapping[str, Dimension]) -> pa.Table:
    """Return the chosen cells as rows of ``POPULATION``."""
    sexes, ages = _sexes(held[SEX]), held[AGE].categories
    rows = [_resident(row, sexes, ages) for row in cube.table.to_pylist()]
    return pa.Table.from_pylist(rows, POPULATION)


def ten_year_bands(table: str, age: Dimension) -> tuple[str, ...]:
    """Return the codes of the ten-year bands and of the open one above them, by their labels."""
    bands, above = [], []
    for code, label in age.categories.items():
        band = TEN_YEARS.fullmatch(label)
        if band and int(band[2]) - int(band[1]) == 9:
            bands.append(code)
        elif OPEN_ENDED.fullmatch(label):
            above.append(code)
    # One table holds an open band for each width of band; "100+10" belongs to the ten-year ones.
    ends = [code for code in above if code.endswith("+10")] or above[:1]
    if not bands:
        raise SourceError(
            f"Table {table} has no ten-year age bands.",
            where=f"table {table}, dimension {age.code}",
            mend="set sources.scb.population_table to a table that has them, such as TAB6471",
        )
    return (*bands, *ends)


def _sexes(sex: Dimension) -> dict[str, str]:
    return {**SEXES, _total(sex): "total"}


def _people(contents: Dimension) -> str:
    named = (code for code, label in contents.categories.items() if "folkmängd" in label.lower())
    return next(named, contents.codes[0])


def _total(sex: Dimension) -> str:
    told = sex.extension.get("eliminationValueCode")
    named = (code for code, label in sex.categories.items() if "total" in label.lower())
    return str(told or next(named, ""))


def _resident(
    row: Mapping[str, Any], sexes: Mapping[str, str], ages: Mapping[str, str]
) -> dict[str, Any]:
    code, count = row[REGION], row["value"]
    kind = "country" if code == "00" else "region" if len(code) == 2 else "municipality"
    return {
        "area_code": code,
        "area_kind": kind,
        "age_group": ages[row[AGE]].removesuffix(" år"),
        "sex": sexes[row[SEX]],
        "period": row[TIME],
        "population": None if count is None else round(count),
        "status": row["status"],
    }
