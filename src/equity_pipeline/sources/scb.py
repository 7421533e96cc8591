"""Statistics Sweden, PxWebApi v2: limits from its own /config, codes from its own metadata."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.sources import jsonstat
from equity_pipeline.sources.answers import Answers
from equity_pipeline.sources.jsonstat import Cube, Dimension
from equity_pipeline.sources.pace import Limits

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

Selection = Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Scb:
    """The tables of Statistics Sweden behind one base address."""

    answers: Answers
    base_url: str
    limits: Limits | None = None
    _held: dict[str, tuple[Dimension, ...]] = field(default_factory=dict)

    def config(self) -> Limits:
        """Return the limits that the source tells, asked for once, and keep to them.

        Raises
        ------
        SourceError
            If the answer does not tell them: guessing would be impolite.
        """
        if self.limits is None:
            url = f"{self.base_url.rstrip('/')}/config"
            told = self.answers.get(url)
            try:
                self.limits = Limits(
                    calls=int(told["maxCallsPerTimeWindow"]),
                    window_seconds=float(told["timeWindow"]),
                    max_cells=int(told["maxDataCells"]),
                )
            except (KeyError, TypeError, ValueError):
                raise SourceError(
                    "The source does not tell its limits.",
                    where=url,
                    mend="check that sources.scb.base_url ends where PxWebApi v2 begins (/api/v2)",
                ) from None
            self.answers.client.allow(self.base_url, self.limits)
        return self.limits

    def metadata(self, table: str) -> tuple[Dimension, ...]:
        """Return the dimensions of a table with all their codes, asked for once."""
        self.config()
        if table not in self._held:
            document = self.answers.get(self._url(table, "metadata?lang=sv"))
            self._held[table] = jsonstat.dimensions(document)
        return self._held[table]

    def data(self, table: str, selection: Selection) -> Cube:
        """Return the chosen cells of a table, in as many questions as its limits ask for.

        Parameters
        ----------
        selection
            Codes by dimension; ``*`` and ``?`` stand for signs, ``top(n)`` for the last n codes.
            A dimension left out is summed away where the table allows it.

        Raises
        ------
        SourceError
            A dimension or code that the table does not have, or a dimension that must be chosen.
        """
        held = self.metadata(table)
        chosen = resolve(table, held, selection)
        cells = self.config().max_cells or math.inf
        cubes = [self._part(table, part) for part in split(chosen, cells)]
        return Cube(
            label=cubes[0].label,
            dimensions=tuple(one for one in held if one.code in chosen),
            table=pa.concat_tables(
                cube.table.select(cubes[0].table.column_names) for cube in cubes
            ),
            notes=cubes[0].notes,
        )

    def population(self, table: str, regions: Sequence[str]) -> pa.Table:
        """Return residents by region, ten-year age band and sex at the latest time of a table.

        Columns as in ``POPULATION``; sex is female, male or total. From 2025 the counts carry a
        small noise, so totals are not exactly the sums of their parts.
        """
        held = {one.code: one for one in self.metadata(table)}
        absent = [name for name in (REGION, AGE, SEX, CONTENTS, TIME) if name not in held]
        if absent:
            raise _unknown(table, f"the dimensions {absent}", tuple(held))
        sexes = {**SEXES, _total(held[SEX]): "total"}
        cube = self.data(
            table,
            {
                REGION: tuple(regions),
                AGE: ten_year_bands(table, held[AGE]),
                SEX: tuple(code for code in held[SEX].codes if code in sexes),
                CONTENTS: (_people(held[CONTENTS]),),
                TIME: ("top(1)",),
            },
        )
        ages = held[AGE].categories
        rows = [_resident(row, sexes, ages) for row in cube.table.to_pylist()]
        return pa.Table.from_pylist(rows, POPULATION)

    def _part(self, table: str, part: Selection) -> Cube:
        body = {
            "selection": [
                {"variableCode": name, "valueCodes": list(codes)} for name, codes in part.items()
            ]
        }
        url = self._url(table, "data?lang=sv&outputFormat=json-stat2")
        return jsonstat.read(self.answers.post(url, body))

    def _url(self, table: str, rest: str) -> str:
        return f"{self.base_url.rstrip('/')}/tables/{table}/{rest}"


def resolve(table: str, held: Sequence[Dimension], selection: Selection) -> dict[str, list[str]]:
    """Return a selection with every expression turned into the table's codes.

    Raises
    ------
    SourceError
        Names what the table does not have.
    """
    known = {one.code: one for one in held}
    strange = sorted(selection.keys() - known.keys())
    if strange:
        raise _unknown(table, f"the dimensions {strange}", tuple(known))
    chosen: dict[str, list[str]] = {}
    for name, dimension in known.items():
        if name in selection:
            chosen[name] = _expand(table, dimension, selection[name])
        elif not dimension.extension.get("elimination"):
            raise SourceError(
                f"The dimension {name} of table {table} must be chosen.",
                where=f"table {table}",
                mend=f"choose among {', '.join(dimension.codes[:5])} ...",
            )
    return chosen


def split(chosen: Mapping[str, list[str]], max_cells: float) -> Iterator[dict[str, list[str]]]:
    """Yield parts of a selection, each of at most ``max_cells`` cells, together the whole.

    Examples
    --------
    >>> list(split({"a": ["1", "2", "3"], "b": ["x", "y"]}, 4))
    [{'a': ['1', '2'], 'b': ['x', 'y']}, {'a': ['3'], 'b': ['x', 'y']}]
    """
    cells = math.prod(len(codes) for codes in chosen.values())
    longest = max(chosen, key=lambda name: len(chosen[name]))
    codes = chosen[longest]
    if cells <= max_cells or len(codes) == 1:
        yield dict(chosen)
        return
    size = math.ceil(len(codes) / math.ceil(cells / max_cells))
    for start in range(0, len(codes), size):
        yield from split({**chosen, longest: codes[start : start + size]}, max_cells)


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


def _expand(table: str, dimension: Dimension, wanted: Sequence[str]) -> list[str]:
    found: dict[str, None] = {}
    for one in wanted:
        last = re.fullmatch(r"top\((\d+)\)", one)
        if last:
            hits = list(dimension.codes[-int(last[1]) :])
        elif one in dimension.categories:
            hits = [one]
        else:
            hits = [code for code in dimension.codes if fnmatchcase(code, one)]
        if not hits:
            raise _unknown(table, f"the code {one!r} in {dimension.code}", dimension.codes)
        found.update(dict.fromkeys(hits))
    return list(found)


def _unknown(table: str, what: str, known: Sequence[str]) -> SourceError:
    return SourceError(
        f"Table {table} does not have {what}.",
        where=f"table {table}",
        mend=f"it has {', '.join(known[:8])}{' ...' if len(known) > 8 else ''}",
    )


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
