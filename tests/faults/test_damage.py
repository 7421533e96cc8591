"""A file that the disk has changed is noticed, named, and made anew from the delivered files."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import duckdb
import pytest

from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts.release import promote
from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.unforeseen import without_values
from tests.faults.conftest import STANDING, Place

DAY = date(2026, 11, 1)
FLIPS = 30
HEAD = 4100  # in the head of the file, which is read at every opening
DAMAGED = (
    "WarehouseError (exit 12)",
    "The database is damaged",
    "move the file away and run again: it is built anew from the delivered files",
)
STANDS = f"The release {STANDING} still stands and can be used."


def flip(path: Path, place: int) -> None:
    """Change one byte of a file."""
    with path.open("r+b") as file:
        file.seek(place)
        [byte] = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 0x41]))


def contacts(place: Place) -> list[tuple[object, ...]]:
    """The contacts that stand, without what tells of their loading."""
    with duckdb.connect(str(place.settings.person_database), read_only=True) as connection:
        rows = connection.execute(
            "select contact_id, unit_hsa_id, contact_date from raw.contact order by all"
        )
        return rows.fetchall()


def test_a_damaged_database_stops_the_night_with_its_name_and_is_built_anew_without_it(small):
    before = contacts(small)
    assert len(before) == 20
    flip(small.settings.person_database, HEAD)
    told = small.call("run", "--as-of", DAY.isoformat())
    assert told.returncode == 12, told.stderr
    for words in (*DAMAGED, f"Where: {small.settings.person_database}", STANDS):
        assert words in told.stderr
    small.settings.person_database.unlink()
    stages.load(small.settings, DAY, None)
    assert contacts(small) == before and small.release() == STANDING


def test_no_changed_byte_of_the_database_is_taken_for_what_was_written(small):
    """Wherever it lies, it is noticed, or it was read by nobody and changes nothing."""
    path, before, rng = small.settings.person_database, contacts(small), random.Random(2)
    whole = path.read_bytes()
    noticed = 0
    for _ in range(FLIPS):
        path.write_bytes(whole)
        flip(path, rng.randrange(len(whole)))
        try:
            without_values(contacts)(small)
        except WarehouseError as error:
            noticed += 1
            assert error.what.startswith("The database is damaged")
        else:
            assert contacts(small) == before
    assert noticed > 2


@pytest.mark.parametrize("name", ["stratified.parquet", "equity.duckdb", "index.html"])
def test_a_release_with_a_changed_byte_is_neither_released_nor_gone_back_to(name, small):
    path = small.settings.releases / "2024-12" / name
    flip(path, path.stat().st_size // 2)
    told = small.call("rollback")
    assert told.returncode == 12, told.stderr
    assert f"{name} is not what was written" in told.stderr
    assert small.release() == STANDING
    candidate = small.settings.candidates / "run-2" / name
    flip(candidate, candidate.stat().st_size // 2)
    with pytest.raises(WarehouseError, match="is not what was written"):
        promote(candidate.parent, small.settings, "2025-02")
    assert small.release() == STANDING
