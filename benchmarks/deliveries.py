"""Ten million contacts through the door of deliveries, beside DuckDB alone on the same file.

Run ``python benchmarks/deliveries.py``; ``--rows 1000000`` for a shorter one. A seeded delivery of
contacts is made as CSV and as parquet in a temporary folder. Each way then runs in a process of
its own: DuckDB alone reading the CSV into a table of declared types in a database file; our door
(hash, gate, guard, casts, duplicates, surrogates, one transaction) for the CSV and for the
parquet file; and Great Expectations with the suite of contacts on the rows that the door loaded.
Seconds, processor seconds and the largest resident memory stand side by side from one run.
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
from datetime import date
from pathlib import Path

import duckdb

from equity_pipeline.deliveries.land import take
from equity_pipeline.deliveries.layouts.layout import read_layout
from equity_pipeline.quality.gate import check
from equity_pipeline.settings import Settings
from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.database import open_person

LAYOUT = Path(__file__).parents[1] / "configs" / "layouts" / "standard.toml"
DAY = date(2025, 1, 15)
PERSONS_PER_CONTACT = 0.142
COLUMNS = """
    'C' || lpad(i::varchar, 10, '0') as contact_id,
    substr(md5((hash(i, 0) % $persons)::varchar), 1, 16) as person_id,
    'SE2321000131-E' || lpad((hash(i, 1) % 170)::varchar, 6, '0') as unit_hsa_id,
    day as contact_date,
    (['physician', 'nurse', 'physiotherapist', 'psychologist', 'other'])[one_of(i, 2, 5)]
        as profession,
    (['visit', 'home_visit', 'remote_video', 'remote_phone', 'remote_text'])[one_of(i, 3, 5)]
        as contact_form,
    (['new', 'return'])[one_of(i, 4, 2)] as visit_type,
    one_of(i, 5, 2) = 1 as guarantee_covered,
    day - (hash(i, 6) % 9)::int as first_contact_date,
    day as assessment_date,
    false as patient_chosen_wait,
    one_of(i, 7, 20) = 1 as missed,
    one_of(i, 8, 20) = 1 as cancelled,
    one_of(i, 9, 20) = 1 as interpreter,
    day + (hash(i, 10) % 30)::int as target_date,
    '1280C' || lpad((hash(i, 11) % 1000)::varchar, 4, '0') as area_code
"""


def main() -> None:
    """Make the delivery, run every way in a process of its own, and print the table."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--threads", type=int, default=2)
    asked.add_argument("--memory-limit", default="2GB", help="of DuckDB, for every way")
    asked.add_argument("--way", choices=sorted(WAYS), help=argparse.SUPPRESS)
    asked.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.way:
        _one(given)
        return
    with tempfile.TemporaryDirectory() as made:
        given.folder = Path(made)
        _deliver(given)
        _head(given)
        told: dict[str, dict[str, float]] = {}
        for way in WAYS:
            told[way] = _apart(given, way)
            _line(way, told[way], told["DuckDB alone, csv"])
        door, suite = told["the door, csv"], told["Great Expectations"]
        both = {name: door[name] + suite[name] for name in ("wall", "cpu")}
        _line("door (csv) and suite", both, told["DuckDB alone, csv"])


def _deliver(given: argparse.Namespace) -> None:
    with duckdb.connect(config={"threads": given.threads}) as connection:
        connection.execute("create macro one_of(i, salt, n) as (1 + hash(i, salt) % n)::int")
        persons = max(int(given.rows * PERSONS_PER_CONTACT), 1)
        select = f"""
            select {COLUMNS.replace("$persons", str(persons))} from (
                select i, date '2024-01-01' + (hash(i, 12) % 366)::int as day
                from range({given.rows}) as numbers(i))
        """
        for name, form in (("csv", "header, delimiter ';'"), ("parquet", "format parquet")):
            path = given.folder / f"contact_2024.{name}"
            connection.execute(f"copy ({select}) to '{path}' ({form})")


def _apart(given: argparse.Namespace, way: str) -> dict[str, float]:
    words = [f"--way={way}", f"--rows={given.rows}", f"--threads={given.threads}"]
    words += [f"--memory-limit={given.memory_limit}", f"--folder={given.folder}"]
    done = subprocess.run(
        [sys.executable, __file__, *words], check=True, capture_output=True, text=True
    )
    return dict(json.loads(done.stdout))


def _one(given: argparse.Namespace) -> None:
    began, worked = time.perf_counter(), time.process_time()
    rows = WAYS[given.way](given)
    if rows != given.rows:
        raise SystemExit(f"{given.way}: {rows} rows of {given.rows}")
    told = {"wall": time.perf_counter() - began, "cpu": time.process_time() - worked}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    print(json.dumps(told | {"mb": peak}))


def _duckdb_alone(given: argparse.Namespace) -> int:
    types = {name: vocabulary().column(name).type for name in _header(given)}
    limits = {"threads": given.threads, "memory_limit": given.memory_limit}
    with duckdb.connect(str(given.folder / "alone.duckdb"), config=limits) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute(
            f"create table contact as from read_csv('{given.folder / 'contact_2024.csv'}', "
            f"columns = {types}, delim = ';', header = true)"
        )
        return int(connection.execute("select count(*) from contact").fetchall()[0][0])


def _door(given: argparse.Namespace, suffix: str) -> int:
    with open_person(_settings(given, suffix)) as connection:
        report = take(
            _settings(given, suffix),
            connection,
            [given.folder / f"contact_2024.{suffix}"],
            layouts=[read_layout(LAYOUT)],
            as_of=DAY,
        )
    return report.rows_loaded


def _expectations(given: argparse.Namespace) -> int:
    settings = _settings(given, "csv")
    with open_person(settings) as connection:
        report = check(connection, settings=settings, as_of=DAY)
    return max(one.n_checked for one in report.results if one.kind == "gx")


def _settings(given: argparse.Namespace, suffix: str) -> Settings:
    run = {"home": given.folder / suffix, "threads": given.threads}
    return Settings.model_validate(
        {"run": run | {"memory_limit": given.memory_limit}, "deliveries": {"owner": "benchmark"}}
    )


def _header(given: argparse.Namespace) -> list[str]:
    with (given.folder / "contact_2024.csv").open() as held:
        return held.readline().strip().split(";")


def _head(given: argparse.Namespace) -> None:
    size = (given.folder / "contact_2024.csv").stat().st_size / 1e9
    print(f"{given.rows} contacts, {size:.2f} GB of csv, {given.threads} threads")
    print(f"{'':34}{'seconds':>9}{'ratio':>7}{'cpu s':>9}{'ratio':>7}{'peak MB':>9}", flush=True)


def _line(way: str, one: dict[str, float], alone: dict[str, float]) -> None:
    print(
        f"{way:34}{one['wall']:9.1f}{one['wall'] / alone['wall']:7.2f}"
        f"{one['cpu']:9.1f}{one['cpu'] / alone['cpu']:7.2f}"
        + (f"{one['mb']:9.0f}" if "mb" in one else ""),
        flush=True,
    )


WAYS: dict[str, Callable[[argparse.Namespace], int]] = {
    "DuckDB alone, csv": _duckdb_alone,
    "the door, csv": lambda given: _door(given, "csv"),
    "the door, parquet": lambda given: _door(given, "parquet"),
    "Great Expectations": _expectations,
}

if __name__ == "__main__":
    main()
