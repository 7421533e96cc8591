"""The same night gives the same bytes, whatever the machine; a release is whole and reads alike."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from equity_pipeline.pipeline import run_identity
from equity_pipeline.vocabulary import vocabulary
from equity_pipeline.warehouse.database import open_person

from .conftest import AS_OF

pytestmark = pytest.mark.long

FORMS = tuple(vocabulary().forms)
FILES = {
    *(f"{form}.parquet" for form in FORMS),
    "equity.duckdb", "datapackage.json", "SHA256SUMS", "CHANGES.md", "index.html", "beslut.html",
    "kvalitet.html", "metod.html", "tillganglighet.html", "ordlista.csv", "kodlista.csv",
}  # fmt: skip
FOLDERS = {"csv", "en", "enhet", "excel", "history", "indikator", "open", "units"}
WORKBOOKS = ("excel/equity_2024-12_sv.xlsx", "excel/equity_2024-12_sv_publicerad.xlsx")


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.parquet"))
    }


def test_the_same_input_gives_the_same_bytes_on_another_machine(small_night, elsewhere):
    first = hashes(small_night.current)
    assert set(first) == {f"{form}.parquet" for form in FORMS}
    assert elsewhere.run_id == small_night.report.run_id
    assert hashes(elsewhere.current) == first


def test_what_else_is_published_is_the_same_too(small_night, elsewhere):
    for name in ("datapackage.json", "CHANGES.md", "index.html", "equity.duckdb", *WORKBOOKS):
        mine = (small_night.current / name).read_bytes()
        assert (elsewhere.current / name).read_bytes() == mine, name


def test_another_date_is_another_run(small_night):
    settings = small_night.settings
    days = (date(2025, 1, 15), date(2025, 1, 16))
    made = [run_identity(["a" * 64], settings, day) for day in days]
    assert made[0] != made[1]


def test_current_holds_every_file_of_a_release(small_night):
    held = list(small_night.current.iterdir())
    assert {path.name for path in held if path.is_file()} == FILES
    assert {path.name for path in held if path.is_dir()} >= FOLDERS
    assert small_night.current.is_symlink()
    assert small_night.settings.current.resolve().parent == small_night.settings.releases


def test_the_hashes_are_those_of_the_files(small_night):
    lines = (small_night.current / "SHA256SUMS").read_text("utf-8").splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert {name for name in listed if "/" not in name} == FILES - {"SHA256SUMS"}
    assert {name.partition("/")[0] for name in listed if "/" in name} >= FOLDERS - {"units"}
    for name, digest in listed.items():
        found = hashlib.sha256((small_night.current / name).read_bytes()).hexdigest()
        assert found == digest, name


def test_the_second_night_finds_nothing_new(small_night, equity):
    before = hashes(small_night.current), small_night.current.resolve()
    again = equity("run", "--config", small_night.config, "--as-of", AS_OF, "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["status"] == "nothing_new"
    assert (hashes(small_night.current), small_night.current.resolve()) == before


def test_every_row_in_is_loaded_set_aside_or_refused(small_night):
    rows = small_night.report.rows
    parts = ("rows_loaded", "rows_quarantined", "rows_refused")
    assert rows["rows_in"] == sum(rows[name] for name in parts) > 50_000


@pytest.fixture
def published(small_night):
    with duckdb.connect(str(small_night.current / "equity.duckdb"), read_only=True) as connection:
        yield connection


def test_the_views_and_macros_answer(published, small_night):
    gaps = pd.read_parquet(small_night.current / "gap.parquet")
    mine = gaps[gaps["indicator_id"] == "VT01"]
    assert published.sql("from mart.gap('VT01')").df().shape[0] == len(mine)
    headline = published.sql("from mart.gap_headline").df()
    assert set(headline["indicator_id"]) == {"VT01", "TG05", "TG07"}
    assert headline[["is_headline", "is_declared_contrast"]].all(axis=None)
    (fact,) = published.execute("select value from meta.run where fact = 'run_id'").fetchall()
    assert fact == (small_night.report.run_id,)


def test_no_number_stands_where_a_cell_is_hidden(small_night):
    table = pd.read_parquet(small_night.current / "stratified.parquet")
    hidden = table[table["value_status"] == "suppressed"]
    numbers = [
        name for name in table if name.startswith(("value_", "n_")) and name != "value_status"
    ]
    assert len(hidden) > 0
    assert hidden[numbers].isna().all(axis=None)


def test_a_financing_of_fewer_than_five_units_is_not_told(small_night):
    with open_person(small_night.settings, read_only=True) as persons:
        [(units,)] = persons.execute(
            "select count(distinct unit_hsa_id) from raw.unit where financing_type = 'own_budget'"
        ).fetchall()
    table = pd.read_parquet(small_night.current / "stratified.parquet")
    own = table[(table["dimension"] == "financing_type") & (table["level"] == "own_budget")]
    gaps = pd.read_parquet(small_night.current / "gap.parquet")
    assert 0 < units < 5 and len(own) > 0
    assert not (own["value_status"] == "shown").any()
    assert not (gaps.loc[gaps["dimension"] == "financing_type", "value_status"] == "shown").any()
