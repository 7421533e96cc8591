"""The same deliveries give the same release, however they are packed, named, ordered and read."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from equity_pipeline.settings import load_settings
from tests.repeats import ALL

from .conftest import AS_OF, run_night, write_config
from .packing import VARIANTS, delivered, renamed, write
from .test_same_bytes import hashes

pytestmark = pytest.mark.long


def test_names_order_blocks_threads_and_zone_change_no_byte(small_night, elsewhere):
    assert elsewhere.run_id == small_night.report.run_id
    assert hashes(elsewhere.current) == hashes(small_night.current)


@pytest.mark.parametrize("variant", ["zipped", "split"])
def test_packing_names_order_blocks_threads_and_zone_change_no_byte(
    variant, small_night, incoming, equity, tmp_path
):
    made, environment = VARIANTS[variant]
    made(incoming, tmp_path / "sent")
    config = write_config(tmp_path / "night", tmp_path / "sent")
    ended = equity("run", "--config", config, "--as-of", AS_OF, "--json", **environment)
    assert ended.returncode == 0, ended.stderr
    assert hashes(config.parent / "home" / "current") == hashes(small_night.current)
    assert json.loads(ended.stdout)["run_id"] == small_night.report.run_id


@pytest.mark.skipif(not ALL, reason="packings differ in both as well; `make test-all` has each")
@pytest.mark.parametrize(
    ("zone", "threads", "block"),
    [
        ("Europe/Stockholm", "1", "1024"),
        ("UTC", "4", "1024"),
        ("Asia/Tokyo", "4", "65536"),
    ],
)
def test_each_zone_with_each_number_of_threads_and_block_changes_no_byte(
    zone, threads, block, small_night, incoming, equity, tmp_path
):
    renamed(incoming, tmp_path / "sent")
    config = write_config(tmp_path / "night", tmp_path / "sent")
    ended = equity(
        "run", "--config", config, "--as-of", AS_OF,
        TZ=zone, EQUITY_RUN__THREADS=threads, EQUITY_DELIVERIES__BLOCK_BYTES=block,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert hashes(config.parent / "home" / "current") == hashes(small_night.current)


def test_no_name_of_a_file_is_published(small_night, incoming):
    names = {path.name for path in incoming.rglob("*") if path.suffix in (".csv", ".parquet")}
    stems = {name.partition(".")[0] for name in names}
    for path in small_night.current.glob("*.parquet"):
        table = pq.read_table(path)
        texts = [c for c in table.columns if pa.types.is_string(c.type)]
        told = {value for column in texts for value in pc.unique(column).to_pylist() if value}
        assert not {one for one in told for stem in stems if stem in one}, path.name


DATES = {"contact": "contact_date", "diagnosis": "diagnosis_date"}
LATE = 3  # days until a contact is registered


def month_by_month(incoming: Path, out: Path, months: list[str]) -> list[Path]:
    """Cut contacts and diagnoses into a delivery for each month; return these, the first first.

    All that is older comes with the first, and every other file with the first of its year. What
    happened in the last days of a month comes with the next. The last delivery has a folder more
    beside it: it corrects the second month, and leaves out every seventh contact of it.
    """
    tables = {kind: _table(incoming, kind) for kind in DATES}
    rest = [one for _, files in delivered(incoming) for one in files]
    rest = [one for one in rest if one.name.partition("_")[0] not in DATES]
    made = []
    for before, month in zip(["", *months], months, strict=False):
        made.append(out / month)
        due = [one for one in rest if _year(one, months[0]) <= month[:4]]
        rest = [one for one in rest if one not in due]
        write(made[-1], due)
        for kind, table in tables.items():
            held = [before < one <= month for one in table["registered"].to_pylist()]
            part = table.filter(pa.array(held)).drop_columns("registered")
            # the first is no month, so that no month is held against it for its size
            pq.write_table(part, made[-1] / f"{kind}_{month if before else month[:4]}.parquet")
        write(made[-1], [], period=month, extracted_at=_after(month))
    name = f"contact_{months[1]}.parquet"
    first = pq.read_table(made[1] / name)
    again = out / f"{months[-1]}02"
    write(again, [])
    kept = [place for place in range(first.num_rows) if place % 7]
    pq.write_table(first.take(kept), again / name)
    write(again, [], period=months[1], extracted_at=_after(months[-1], 9))
    return [*made, again]


def _table(incoming: Path, kind: str) -> pa.Table:
    paths = sorted(incoming.rglob(f"{kind}_*.parquet"))
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    days = table[DATES[kind]].to_pylist()
    months = [(day + timedelta(LATE)).strftime("%Y%m") for day in days]
    return table.append_column("registered", pa.array(months))


def _year(path: Path, first: str) -> str:
    told = path.stem.rpartition("_")[2]
    return told if told.isdigit() else first[:4]


def _after(month: str, day: int = 5) -> str:
    year, number = int(month[:4]), int(month[4:])
    return f"{year + number // 12}-{number % 12 + 1:02d}-{day:02d}T04:00:00"


CONTENT = {
    entity: f"select * exclude (person_key, load_id), person_id, sha256 from raw.{entity} "
    "join raw.person_surrogate using (person_key) join raw.delivery using (load_id) order by all"
    for entity in ("contact", "diagnosis", "listing")
}


def content(database: Path) -> dict[str, list[tuple[object, ...]]]:
    """What stands of the delivered entities, whatever the numbers of persons and loads."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return {name: connection.execute(query).fetchall() for name, query in CONTENT.items()}


def backfilled(
    incoming: Path, folder: Path, months: list[str], forms: tuple[str, ...] = ()
) -> None:
    """Hold the nights of each month against one night with all of their deliveries.

    That one is released after the same earlier releases: what these told decides what is hidden.
    """
    sent = month_by_month(incoming, folder / "sent", months)
    nightly = folder / "nightly" / "incoming" / "all"
    nightly.mkdir(parents=True)
    config = write_config(folder / "nightly", nightly.parent, forms=forms, tiers=())
    for place, one in enumerate(sent[:-1]):
        one.rename(nightly / one.name)
        if one is sent[-2]:
            sent[-1].rename(nightly / sent[-1].name)
            released = shutil.copytree(config.parent / "home", folder / "at_once" / "home",
                                       symlinks=True)  # fmt: skip
            for database in (released / "internal").glob("*.duckdb"):
                database.unlink()
        last = run_night(config, _after(months[place], 10)[:10])
    at_once = write_config(folder / "at_once", nightly.parent, forms=forms, tiers=())
    one_night = run_night(at_once, _after(months[-1], 10)[:10])
    assert one_night.report.run_id == last.report.run_id
    assert hashes(one_night.current) == hashes(last.current)
    databases = [load_settings(one).settings.person_database for one in (config, at_once)]
    assert content(databases[0]) == content(databases[1])
    status = pq.read_table(last.current / "gap.parquet")["data_status"]
    assert "revised" in pc.unique(status).to_pylist()


def test_a_backfill_of_months_is_the_nights_one_by_one(incoming, tmp_path):
    """Of forms by month, quarter and year; `make test-all` has all forms."""
    forms = () if ALL else ("run_chart", "trend", "unit_variation", "waits")
    backfilled(incoming, tmp_path, ["202410", "202411", "202412"], forms)


@pytest.mark.timeout(3600)
@pytest.mark.skipif(not ALL, reason="the months above say the same; `make test-all` has both")
def test_a_backfill_of_two_years_is_the_nights_one_by_one(incoming, tmp_path):
    """A night for each quarter; months one by one are held above."""
    months = [f"{year}{month:02d}" for year in (2023, 2024) for month in (3, 6, 9, 12)]
    backfilled(incoming, tmp_path, months, ("trend",))
