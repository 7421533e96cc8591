"""The numbers that stand for persons inside decide nothing that is published."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.settings import load_settings
from tests.faults.conftest import Place
from tests.flows.conftest import AS_OF, Night, run_night


def published(folder: Path) -> dict[str, str]:
    """The hash of every file of a release but the database, whose bytes are never the same."""
    kept = (path for path in sorted(folder.rglob("*")) if path.suffix in {".parquet", ".html"})
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


def renumber(database: Path) -> int:
    """Give every person another number, in another order, and return how many there are."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create temp table other as select person_key as old, row_number() over "
            "(order by hash(person_key, 'another order')) + 1000 as new from raw.person_surrogate"
        )
        tables = connection.execute(
            "select table_name from information_schema.columns "
            "where table_schema = 'raw' and column_name = 'person_key'"
        ).fetchall()
        for (table,) in tables:
            connection.execute(
                f"update raw.{table} set person_key = other.new from other "
                f"where {table}.person_key = other.old"
            )
        return connection.execute("select count(*) from other").fetchall()[0][0]


@pytest.mark.long
def test_persons_numbered_in_another_order_give_the_same_published_bytes(
    good_in_all_tiers: Night, tmp_path: Path
) -> None:
    before = published(good_in_all_tiers.current)
    shutil.copytree(good_in_all_tiers.config.parent, tmp_path / "night", symlinks=True)
    config = tmp_path / "night" / good_in_all_tiers.config.name
    place = Place(config, load_settings(config).settings)
    assert renumber(place.settings.person_database) > 1000
    for folder in (place.settings.releases, place.settings.candidates):
        shutil.rmtree(folder)
    place.settings.current.unlink()
    again = run_night(place.config, AS_OF)
    assert published(again.current) == before
    assert {"gap.parquet", "stratified.parquet"} <= before.keys()
