"""A published OMOP CDM 5.4 database of 28 synthetic people gives tables for what it holds."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date

import duckdb
import pytest

from equity_pipeline.pipeline import night
from equity_pipeline.settings import Settings, load_settings
from tests.beside import absent, beside

from .conftest import ROOT

FIXTURES = beside("fixtures")
ARCHIVE = FIXTURES / "omop_synthea27nj" / "Synthea27Nj_5.4.zip"
AS_OF = date(2022, 10, 15)
YEAR = ("2021-10-01", "2022-10-01")


@pytest.fixture(scope="module")
def model() -> dict[str, list[dict[str, str]]]:
    """The delivered tables, read by Python's own reader."""
    if not ARCHIVE.is_file():
        pytest.skip(absent("the tables of the OMOP sample", "fixtures"))
    with zipfile.ZipFile(ARCHIVE) as packed:
        return {
            name.removesuffix(".csv").lower(): list(
                csv.DictReader(io.StringIO(packed.read(name).decode("utf-8")))
            )
            for name in packed.namelist()
            if name.endswith(".csv") and not name.startswith("__MACOSX")
        }


@pytest.fixture(scope="module")
def settings(model, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A night on the sample, in the layout that comes with the project."""
    root = tmp_path_factory.mktemp("omop")
    incoming = root / "incoming"
    incoming.mkdir()
    (incoming / ARCHIVE.name).write_bytes(ARCHIVE.read_bytes())
    held = load_settings(ROOT / "configs" / "omop_5_4.toml").settings
    chosen = held.model_copy(
        update={
            "run": held.run.model_copy(update={"home": root / "home"}),
            "deliveries": held.deliveries.model_copy(update={"folder": incoming}),
            "periods": held.periods.model_copy(update={"count": 1}),
            "release": held.release.model_copy(update={"tiers": ()}),
        }
    )
    night(chosen, as_of=AS_OF)
    return chosen


@pytest.fixture(scope="module")
def raw(settings):
    with duckdb.connect(str(settings.person_database), read_only=True) as connection:
        yield lambda query: connection.execute(query).fetchall()


def test_every_row_of_every_table_that_is_read_is_accounted_for(raw, model):
    told = {
        name.rpartition("/")[2].removesuffix(".csv").lower(): (rows, loaded + aside + refused)
        for name, rows, loaded, aside, refused in raw(
            "select file_name, rows_in, rows_loaded, rows_quarantined, rows_refused "
            "from raw.delivery"
        )
    }
    assert told == {name: (len(model[name]), len(model[name])) for name in told}
    assert {"person", "visit_occurrence", "care_site", "cost"} <= told.keys()


def test_visits_become_contacts_and_episodes_as_they_are_counted_in_the_file(raw, model):
    kinds = [row["visit_concept_id"] for row in model["visit_occurrence"]
             if row["visit_start_date"] >= "1990"]  # fmt: skip
    assert raw("select count(*) from raw.contact") == [(kinds.count("9202"),)]
    assert raw("select count(*) from raw.inpatient") == [(kinds.count("9201"),)]


def test_measurements_keep_their_numbers_and_hba1c_is_in_mmol_per_mol(raw, model):
    wanted = {
        (row["person_id"], row["measurement_date"]): float(row["value_as_number"])
        for row in sorted(model["measurement"], key=lambda one: int(one["measurement_id"]))
        if row["measurement_concept_id"] == "3004410"
    }
    found = {
        (person, str(day)): value
        for person, day, value in raw(
            "select person_id, measurement_date, measurement_value from raw.measurement "
            "join raw.person_surrogate using (person_key) where measurement_type = 'hba1c'"
        )
    }
    assert len(found) > 100
    assert found == pytest.approx(
        {key: 10.929 * (x - 2.15) for key, x in wanted.items()}, abs=0.051
    )


def test_the_tables_count_those_who_lived_in_the_period(settings, model):
    dead = {row["person_id"] for row in model["death"] if row["death_date"] < YEAR[0]}
    listed = {
        row["person_id"]
        for row in model["observation_period"]
        if row["observation_period_start_date"] <= YEAR[0] < row["observation_period_end_date"]
    }
    with duckdb.connect(str(settings.cells_database), read_only=True) as cells:
        found = cells.execute(
            "select n_persons from stratified where indicator_id = 'BR19' and dimension = 'total' "
            "and strat2_level = 'all'"
        ).fetchall()
    grown = {row["person_id"] for row in model["person"] if 2021 - int(row["year_of_birth"]) >= 18}
    assert found == [(len((listed - dead) & grown),)]


def test_what_cannot_be_told_from_so_few_is_hidden_and_what_lacks_is_said(settings):
    database = settings.current / "equity.duckdb"
    with duckdb.connect(str(database), read_only=True) as published:
        told = published.execute(
            "select count(*) filter (value_status = 'shown' and n_numerator between 1 and 4), "
            "count(*) filter (value_status = 'suppressed') from mart.stratified"
        ).fetchall()
        silent = published.execute(
            "select count(*) from mart.readiness where readiness = 'red' and obstacle_sv is null"
        ).fetchall()
    assert told[0][0] == 0 < told[0][1]
    assert silent == [(0,)]
