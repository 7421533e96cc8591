"""The cells of contacts, beside a plain scan of their columns and beside the same by hand.

Run ``make run`` first, then ``python benchmarks/cells.py``; ``--home`` names another finished home,
such as one that ``benchmarks/night.py --folder`` keeps. Every way counts the same cells from the
contacts in the person database: period x dimension x level x sex x age group x morbidity x unit,
with n and sums of each declared indicator of contacts. The ways are

- scan: the columns are read once and counted; nothing is grouped,
- rows: the indicators' expressions over all rows, summed but not grouped,
- ours: the cell stage itself, with its file of cells,
- one query by hand: what an expert would write in DuckDB, a GROUP BY a dimension over rows that are
  made once, and the same with GROUPING SETS,
- pandas and polars (lazy, all plans at once), the reading of the columns counted.

Each runs in a process of its own. All cells are seen to be equal, to the last integer, before any
time is told; processor seconds are held against ours and against the rows.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import reduce
from operator import and_
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.indicators.asked import Asked
from equity_pipeline.indicators.catalogue import load_catalogue
from equity_pipeline.indicators.cells import count_cells
from equity_pipeline.indicators.coded import KEYS, SECOND, Fact, read_fact
from equity_pipeline.indicators.condition import Condition
from equity_pipeline.indicators.declaration import Declaration
from equity_pipeline.indicators.measures import Measure, measure, merged
from equity_pipeline.vocabulary import ALL, MISSING, TOTAL

FACT = "fct_contact"
KEY = ["period_code", "dimension", "level", *KEYS]
LINE = "{:34}{:>9}{:>8}{:>9}{:>8}{:>8}{:>9}"


def declared() -> list[Declaration]:
    """Return the indicators that are counted from contacts."""
    held = (one for one in load_catalogue().values() if one.fact == FACT)
    return sorted(held, key=lambda one: one.id)


class Given:
    """What every way starts from: the database, the fact, and the measures on it."""

    def __init__(self, asked: argparse.Namespace) -> None:
        """Open the person database, read-only."""
        self.person = asked.home / "internal" / "person.duckdb"
        self.folder, self.threads, self.memory = asked.folder, asked.threads, asked.memory_limit
        limits: dict[str, Any] = {"threads": self.threads, "memory_limit": self.memory}
        limits["temp_directory"] = str(asked.folder)
        self.connection = duckdb.connect(str(self.person), read_only=True, config=limits)

    def fact(self) -> Fact:
        """Return the fact as it is."""
        return read_fact(self.connection, FACT)

    def dimensions(self, fact: Fact) -> list[str]:
        """Return the dimensions that every indicator is divided by, but the total."""
        out = {one for held in declared() for one in held.exclude_dimensions} | {TOTAL}
        return [one for one in fact.dimensions if one not in out and not one.endswith(SECOND)]

    def measures(self, fact: Fact) -> list[Measure]:
        """Return the measures of the indicators on it."""
        return [measure(one, fact.types) for one in declared()]

    def columns(self, fact: Fact) -> list[str]:
        """Return the columns that any way must read."""
        parts = [part for one in declared() for part in (one.denominator, one.numerator)]
        used = [one.column for part in parts for one in part.where]
        used += [part.sum for part in parts if part.sum]
        return sorted({"period_code", *self.dimensions(fact), *KEYS, *used})


def scan(given: Given) -> None:
    """Read each column once."""
    told = ", ".join(f"count({one})" for one in given.columns(given.fact()))
    given.connection.execute(f"select {told} from mart.{FACT}").fetchall()


def rows(given: Given) -> None:
    """Sum the indicators over all rows."""
    fact = given.fact()
    made = given.measures(fact)
    columns = merged(pair for one in made for pair in one.columns())
    sums = merged(pair for one in made for pair in one.sums())
    given.connection.execute(f"select {sums} from (select {columns} from mart.{FACT})").fetchall()


def ours(given: Given) -> pa.Table:
    """Count the cells as a night does."""
    dimensions = given.dimensions(given.fact())
    given.connection.close()
    cells = given.folder / "cells.duckdb"
    count_cells(
        given.person,
        cells,
        declared(),
        dimensions,
        asked=Asked(parts=frozenset()),
        threads=given.threads,
        memory_limit=given.memory,
    )
    given.connection = duckdb.connect(str(cells), read_only=True)
    names = ", ".join(f"{old}::varchar as {new}" for old, new in zip(_stored(), KEY, strict=True))
    sums = ", ".join(f"{one}::hugeint::bigint as {one}" for one in _sums())
    query = f"select {names}, {sums} from wide.one_way_{FACT}"
    return given.connection.execute(query).to_arrow_table()


def _stored() -> list[str]:
    return ["period_code", "dimension", "level", "sex", "age_group", "morbidity", "cluster_key"]


def _sums() -> list[str]:
    summed = {one.id.lower(): one.numerator.sum for one in declared()}
    return [
        f"{name}_{what}"
        for name, is_sum in summed.items()
        for what in ("ns" if not is_sum else SIX)
    ]


SIX = ("n", "s", "ss")


def _by_hand(given: Given, *, sets: bool) -> pa.Table:
    fact = given.fact()
    made = given.measures(fact)
    dimensions = given.dimensions(fact)
    within = [f"key_{one}" for one in KEYS]
    told = [f"{old} as {new}" for old, new in zip(within, KEYS, strict=True)]
    told += [_sum(one, what) for one in made for what in ("ns" if one.binary else SIX)]
    keys = [f"coalesce({one}, '{MISSING}') as key_{one}" for one in KEYS]
    columns = merged(pair for one in made for pair in one.columns())
    coded = ", ".join(["period_code", *dimensions, *keys, columns])
    base = f"with made as materialized (select {coded} from mart.{FACT})"
    query = _sets(dimensions, told, within) if sets else _union(dimensions, told, within)
    return given.connection.execute(f"{base} {query}").to_arrow_table()


def _sum(one: Measure, what: str) -> str:
    if what == "n":
        return f"count({one.id}_y) as {one.id}_n"
    summed = f"{one.id}_y * {one.id}_y" if what == "ss" else f"{one.id}_y"
    return f"coalesce(sum({summed}), 0)::bigint as {one.id}_{what}"


def _union(dimensions: list[str], told: list[str], within: list[str]) -> str:
    by = ", ".join(["period_code", *within])
    parts = [
        f"select period_code, '{one}' as dimension, {one} as level, {', '.join(told)} from made"
        f" where {one} is not null group by {by}, {one}"
        for one in dimensions
    ]
    whole = f"select period_code, '{TOTAL}', '{ALL}', {', '.join(told)} from made group by {by}"
    return " union all ".join([*parts, whole])


def _sets(dimensions: list[str], told: list[str], within: list[str]) -> str:
    by = ", ".join(["period_code", *within])
    level = " ".join(f"when grouping({one}) = 0 then {one}" for one in dimensions)
    name = " ".join(f"when grouping({one}) = 0 then '{one}'" for one in dimensions)
    return (
        f"select * from (select period_code, case {name} else '{TOTAL}' end as dimension,"
        f" case {level} else '{ALL}' end as level, {', '.join(told)} from made group by"
        f" grouping sets (({by}), {', '.join(f'({by}, {one})' for one in dimensions)})"
        ") where level is not null"
    )


def by_hand(given: Given) -> pa.Table:
    """A GROUP BY a dimension, over rows that are made once."""
    return _by_hand(given, sets=False)


def with_sets(given: Given) -> pa.Table:
    """All of them as grouping sets."""
    return _by_hand(given, sets=True)


def _arrow(given: Given) -> tuple[pa.Table, list[str]]:
    fact = given.fact()
    told = ", ".join(given.columns(fact))
    table = given.connection.execute(f"select {told} from mart.{FACT}").to_arrow_table()
    return table, given.dimensions(fact)


def in_pandas(given: Given) -> pa.Table:
    """One wide groupby a dimension."""
    import pandas as pd

    table, dimensions = _arrow(given)
    words = [one.name for one in table.schema if pa.types.is_string(one.type)]
    frame = table.to_pandas(categories=words)
    for one in KEYS:
        frame[f"key_{one}"] = (
            frame[one]
            .cat.add_categories([] if MISSING in frame[one].cat.categories else [MISSING])
            .fillna(MISSING)
        )
    names = [f"key_{one}" for one in KEYS]
    asked: dict[str, tuple[str, str]] = {}
    for one in declared():
        name = one.id.lower()
        inside = reduce(and_, (_held(frame, part) for part in one.denominator.where))
        if one.numerator.sum:
            value = frame[one.numerator.sum].astype("float64")
            frame[f"{name}_yy"] = (value * value).where(inside)
            asked[f"{name}_ss"] = (f"{name}_yy", "sum")
        else:
            value = reduce(and_, (_held(frame, part) for part in one.numerator.where))
            value = value.astype("float64")
        frame[f"{name}_y"] = value.where(inside)
        asked |= {f"{name}_n": (f"{name}_y", "count"), f"{name}_s": (f"{name}_y", "sum")}
    found = []
    for one in (TOTAL, *dimensions):
        by = ["period_code", *([] if one == TOTAL else [one]), *names]
        made = frame.groupby(by, observed=True, sort=False).agg(**asked).reset_index()
        made = made.rename(columns=dict(zip(names, KEYS, strict=True)) if one not in KEYS else {})
        level = ALL if one == TOTAL else made[one].astype(str)
        made = made.assign(dimension=one, level=level)
        if one in KEYS:
            made = made.drop(columns=one)
            made = made.rename(columns=dict(zip(names, KEYS, strict=True)))
        found.append(made[[*KEY, *_sums()]].astype(dict.fromkeys(KEY, str)))
    return pa.Table.from_pandas(pd.concat(found), preserve_index=False)


def _held(frame: Any, part: Condition) -> Any:
    column = frame[part.column]
    made: dict[str, Callable[[], Any]] = {
        "=": lambda: column == part.value,
        "in": lambda: column.isin(list(part.values)),
        "is true": lambda: column.fillna(False).astype(bool),
        "is not true": lambda: ~column.fillna(False).astype(bool),
        "is not null": column.notna,
    }
    return made[part.op]()


def in_polars(given: Given) -> pa.Table:
    """A lazy plan a dimension, all collected at once."""
    import polars as pl

    table, dimensions = _arrow(given)
    words = [one.name for one in table.schema if pa.types.is_string(one.type)]
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    keys = [pl.col(one).fill_null(MISSING).cast(pl.Categorical).alias(f"key_{one}") for one in KEYS]
    lazy = frame.lazy().with_columns(keys)
    lazy = lazy.with_columns(pl.col(words).cast(pl.Categorical))
    values, sums = [], []
    for one in declared():
        name = one.id.lower()
        inside = pl.all_horizontal([_expression(pl, part) for part in one.denominator.where])
        value = (
            pl.col(one.numerator.sum).cast(pl.Int64)
            if one.numerator.sum
            else pl.all_horizontal([_expression(pl, part) for part in one.numerator.where])
        )
        values.append(pl.when(inside).then(value).alias(f"{name}_y"))
        held = pl.col(f"{name}_y").cast(pl.Int64)
        sums += [held.count().cast(pl.Int64).alias(f"{name}_n"), held.sum().alias(f"{name}_s")]
        if one.numerator.sum:
            sums.append((held * held).sum().alias(f"{name}_ss"))
    coded = lazy.with_columns(values).collect().lazy()
    plans = []
    for one in (TOTAL, *dimensions):
        named = {f"key_{key}": pl.col(f"key_{key}") for key in KEYS}
        by = [pl.col("period_code"), *named.values()]
        part = coded
        level = pl.lit(ALL)
        if one != TOTAL:
            part, level = coded.filter(pl.col(one).is_not_null()), pl.col(one).cast(pl.String)
            by.append(pl.col(one))
        made = part.group_by(by).agg(sums)
        text = [pl.col("period_code").cast(pl.String), pl.lit(one).alias("dimension")]
        text += [level.alias("level")]
        text += [pl.col(f"key_{key}").cast(pl.String).alias(key) for key in KEYS]
        plans.append(made.select(*text, *_sums()))
    return pl.concat(pl.collect_all(plans)).to_arrow()


def _expression(pl: Any, part: Condition) -> Any:
    column = pl.col(part.column)
    made: dict[str, Callable[[], Any]] = {
        "=": lambda: (column == part.value).fill_null(False),
        "in": lambda: column.cast(pl.String).is_in(list(part.values)).fill_null(False),
        "is true": lambda: column.fill_null(False),
        "is not true": lambda: ~column.fill_null(False),
        "is not null": column.is_not_null,
    }
    return made[part.op]()


WAYS: dict[str, Callable[[Given], pa.Table | None]] = {
    "scan": scan,
    "rows": rows,
    "ours": ours,
    "one query by hand": by_hand,
    "one query, grouping sets": with_sets,
    "polars": in_polars,
    "pandas": in_pandas,
}


def main() -> None:
    """Run every way, hold their cells against ours, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--home", type=Path, default=Path("out"))
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--memory-limit", default="8GB", help="of DuckDB, for every way")
    asked.add_argument("--repeats", type=int, default=3, help="the median is told")
    asked.add_argument("--way", choices=sorted(WAYS), help=argparse.SUPPRESS)
    asked.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if not (given.home / "internal" / "person.duckdb").exists():
        raise SystemExit(f"There is no person database in {given.home}: run `make run` first.")
    if given.way:
        _one(given)
        return
    with tempfile.TemporaryDirectory() as made:
        given.folder = Path(made)
        told = {way: _apart(given, way) for way in WAYS}
        n_cells = _same_cells(Path(made))
        _table(told, n_cells)


def _apart(given: argparse.Namespace, way: str) -> dict[str, float]:
    """Return the turn of median processor seconds, of a way in processes of its own."""
    words = [f"--way={way}", f"--home={given.home}", f"--threads={given.threads}"]
    words += [f"--memory-limit={given.memory_limit}", f"--folder={given.folder}"]
    turns = []
    for _ in range(given.repeats):
        done = subprocess.run(
            [sys.executable, __file__, *words], check=False, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{way}: {done.stderr.strip().splitlines()[-1]}")
        turns.append(dict(json.loads(done.stdout)))
    return sorted(turns, key=lambda one: one["cpu"])[len(turns) // 2]


def _one(given: argparse.Namespace) -> None:
    start = Given(given)
    n_rows = start.connection.execute(f"select count(*) from mart.{FACT}").fetchall()[0][0]
    began, worked = time.perf_counter(), time.process_time()
    cells = WAYS[given.way](start)
    spent = {"wall": time.perf_counter() - began, "cpu": time.process_time() - worked}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    if cells is not None:
        pq.write_table(cells.select([*KEY, *_sums()]), given.folder / f"{given.way}.parquet")
    print(json.dumps(spent | {"mb": peak, "rows": n_rows}))


def _same_cells(folder: Path) -> int:
    """Return how many cells there are, if every way has the same; else stop."""
    mine = folder / "ours.parquet"
    columns = ", ".join([*KEY, *(f"coalesce({one}, 0)::bigint as {one}" for one in _sums())])
    some = " or ".join(f"{one} > 0" for one in _sums() if one.endswith("_n"))
    with duckdb.connect() as connection:

        def cells(path: Path) -> str:
            return f"(select {columns} from '{path}' where {some})"

        for other in sorted(folder.glob("*.parquet")):
            for one, two in ((mine, other), (other, mine)):
                query = f"select count(*) from (from {cells(one)} except all from {cells(two)})"
                ((apart,),) = connection.execute(query).fetchall()
                if apart:
                    raise SystemExit(f"{apart} cells of {one.stem} are not in {two.stem}")
        ((n_cells,),) = connection.execute(f"select count(*) from {cells(mine)}").fetchall()
    return int(n_cells)


def _table(told: dict[str, dict[str, float]], n_cells: int) -> None:
    base, own = told["rows"]["cpu"], told["ours"]
    print(f"{int(own['rows'])} rows of contacts and periods, {n_cells} cells, all ways equal")
    print(LINE.format("", "wall s", "cpu s", "peak MB", "/ rows", "/ ours", "wall/ours"))
    for way, one in told.items():
        ratios = one["cpu"] / base, one["cpu"] / own["cpu"], one["wall"] / own["wall"]
        held = [f"{one['wall']:.2f}", f"{one['cpu']:.2f}", f"{one['mb']:.0f}"]
        print(LINE.format(way, *held, *(f"{ratio:.2f}" for ratio in ratios)))


if __name__ == "__main__":
    main()
