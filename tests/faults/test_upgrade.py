"""A home that other code has made: an older one is brought up, a newer one is left as it is."""

from __future__ import annotations

import hashlib
from datetime import date

import duckdb
import pytest

from equity_pipeline.deliveries.schema import BOOKS, create_raw_schema, raw_columns
from equity_pipeline.deliveries.upgrade import VERSION, version_of
from equity_pipeline.errors import WarehouseError
from equity_pipeline.pipeline import night, stages, standing
from equity_pipeline.vocabulary import vocabulary
from tests.faults.conftest import STANDING, Place

DAY = date(2026, 11, 1)
# the tables of each version: where these differ, older homes have other tables than this code
TABLES = {1: "dbe312"}
CONTENT = (
    "select * exclude (load_id, row_number) from raw.contact order by all",
    "select * exclude (load_id, row_number) from raw.person order by all",
    "select count(*), sum(rows_loaded)::bigint from raw.delivery where replaced_by is null",
)


def change(place: Place, *statements: str) -> None:
    with duckdb.connect(str(place.settings.person_database)) as connection:
        for one in statements:
            connection.execute(one)


def content(place: Place) -> list[list[tuple[object, ...]]]:
    with duckdb.connect(str(place.settings.person_database), read_only=True) as connection:
        return [connection.execute(one).fetchall() for one in CONTENT]


def test_a_change_of_the_tables_is_a_new_version_of_them():
    """If this fails, raise VERSION and write the new digest beside it: older homes are upgraded."""
    entities = {name: raw_columns(held) for name, held in vocabulary().entities.items()}
    told = hashlib.sha256(repr(sorted((BOOKS | entities).items())).encode()).hexdigest()
    assert (max(TABLES), told[:6]) == (VERSION, TABLES[VERSION])


def test_an_older_home_gets_the_columns_that_are_new_and_reads_its_files_again(small):
    before = content(small)
    change(
        small,
        "alter table raw.contact drop column first_contact_date",
        "alter table beneath.contact drop column first_contact_date",
        "drop table raw.survey",
        "drop table meta.schema_version",
    )
    stages.load(small.settings, DAY, None)
    assert content(small) == before
    with duckdb.connect(str(small.settings.person_database), read_only=True) as connection:
        assert version_of(connection) == VERSION
    assert standing.standing(small.settings)["release"] == STANDING == small.release()


def test_an_older_home_of_the_same_tables_is_read_without_loading_anything_twice(small):
    before = content(small)
    change(small, "drop table meta.schema_version")
    stages.load(small.settings, DAY, None)
    assert content(small) == before
    assert {one.verdict for one in stages.load(small.settings, DAY, None).deliveries.files} == {
        "already_loaded"
    }


def test_what_an_older_home_holds_and_nobody_knows_now_is_never_dropped(small):
    change(small, "alter table raw.contact add column triage_colour varchar",
           "drop table meta.schema_version")  # fmt: skip
    before = content(small)
    with pytest.raises(WarehouseError, match="no longer known: triage_colour") as told:
        stages.load(small.settings, DAY, None)
    assert "loaded again from the folder" in told.value.mend
    assert content(small) == before


def test_an_upgrade_that_is_cut_off_leaves_the_older_home_whole(small):
    change(
        small,
        "alter table raw.contact drop column first_contact_date",
        "alter table raw.person add column shoe_size integer",
        "drop table meta.schema_version",
    )
    before = content(small)
    with (
        duckdb.connect(str(small.settings.person_database)) as connection,
        pytest.raises(WarehouseError, match="shoe_size"),
    ):
        create_raw_schema(connection)
    assert content(small) == before


def test_a_newer_home_is_refused_by_its_version_and_left_as_it_was(small):
    change(small, f"update meta.schema_version set schema_version = {VERSION + 1}")
    before = content(small)
    with pytest.raises(WarehouseError) as told:
        night(small.settings, as_of=DAY)
    assert f"its tables are of version {VERSION + 1}, and this code knows" in told.value.what
    assert "install the version that made it" in told.value.mend
    assert told.value.__notes__ == [f"The release {STANDING} still stands and can be used."]
    assert content(small) == before
    with pytest.raises(WarehouseError, match="made by a later version"):
        standing.standing(small.settings)
