"""The research package holds what was released, described and hashed, and nothing rawer."""

from __future__ import annotations

import json
import subprocess
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.errors import ConfigurationError, WarehouseError
from equity_pipeline.extracts.manifest import write_datapackage, write_hashes
from equity_pipeline.pipeline.research import research_package
from equity_pipeline.settings import RunSettings, Settings
from equity_pipeline.tables.table import conform

FACTS = {"run_id": "run-1", "as_of": date(2025, 1, 15), "code": "0.1.0+abc"}


@pytest.fixture
def settings(tmp_path):
    return Settings(run=RunSettings(home=tmp_path / "home"))


@pytest.fixture
def release(settings):
    """A release with one table, beside an internal database that must not be touched."""
    folder = settings.current
    folder.mkdir(parents=True)
    rows = pa.table({"indicator_id": ["VT01"], "dimension": ["sex"]})
    pq.write_table(conform("gap", rows), folder / "gap.parquet")
    (folder / "equity.duckdb").write_bytes(b"database")
    write_datapackage(folder, FACTS)
    write_hashes(folder)
    settings.internal.mkdir()
    (settings.internal / "cells.duckdb").write_bytes(b"internal cells")
    return folder


def test_the_package_holds_definitions_methods_tables_and_hashes(settings, release, tmp_path):
    to = tmp_path / "package"
    made = research_package(settings, to, "# Methods")
    assert made["tables"] == ["gap"]
    assert sorted(p.relative_to(to).as_posix() for p in to.rglob("*") if p.is_file()) == [
        "README.md", "SHA256SUMS", "data_dictionary.md", "datapackage.json",
        "indicator_catalogue.csv", "indicator_catalogue.md", "methods.md", "table_register.md",
        "tables/gap.parquet",
    ]  # fmt: skip
    told = subprocess.run(
        ["sha256sum", "-c", "SHA256SUMS"], cwd=to, capture_output=True, check=False
    )
    assert told.returncode == 0
    package = json.loads((to / "datapackage.json").read_text("utf-8"))
    assert all(one["hash"].startswith("sha256:") for one in package["resources"])
    assert package["run"]["code"] == "0.1.0+abc"


def test_the_catalogue_has_version_and_hash_of_every_definition(settings, release, tmp_path):
    research_package(settings, tmp_path / "package", "")
    text = (tmp_path / "package" / "indicator_catalogue.csv").read_text("utf-8")
    assert {"indicator_version", "definition_hash"} <= set(text.splitlines()[0].split(","))
    assert "VT01@" in text


def test_nothing_internal_is_in_the_package(settings, release, tmp_path):
    research_package(settings, tmp_path / "package", "")
    held = [p.read_bytes() for p in (tmp_path / "package").rglob("*") if p.is_file()]
    assert not any(b"internal cells" in one for one in held)
    assert not list((tmp_path / "package").rglob("*.duckdb"))


def test_a_table_that_is_no_form_stays_behind(settings, release, tmp_path):
    package = json.loads((release / "datapackage.json").read_text("utf-8"))
    pq.write_table(pa.table({"person_key": [1]}), release / "people.parquet")
    package["resources"].append({"name": "people", "path": "people.parquet"})
    (release / "datapackage.json").write_text(json.dumps(package), "utf-8")
    write_hashes(release)
    research_package(settings, tmp_path / "package", "")
    assert not (tmp_path / "package" / "tables" / "people.parquet").exists()


def test_without_a_release_there_is_no_package(settings, tmp_path):
    with pytest.raises(ConfigurationError, match="no release"):
        research_package(settings, tmp_path / "package", "")


def test_nothing_is_written_over(settings, release, tmp_path):
    (tmp_path / "a").write_text("kept", "utf-8")
    with pytest.raises(ConfigurationError, match="not written over"):
        research_package(settings, tmp_path, "")
    assert (tmp_path / "a").read_text("utf-8") == "kept"


def test_a_harmed_release_gives_no_package_and_leaves_nothing(settings, release, tmp_path):
    (release / "gap.parquet").write_bytes(b"harmed")
    with pytest.raises(WarehouseError, match="not whole"):
        research_package(settings, tmp_path / "package", "")
    assert not (tmp_path / "package").exists()
