"""Another reader of data packages finds the description right, and the files as it says."""

from __future__ import annotations

import json

import pytest
from frictionless import Package

from equity_pipeline.extracts.manifest import DATAPACKAGE, write_datapackage
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.tiers import write_for_excel, write_open


def described(disclosed, folder, *, zipped):
    tables = disclosed().tables
    for form in tables:
        write_parquet(tables[form], folder)
    write_for_excel(tables, folder, zipped=zipped)
    write_datapackage(folder, {"run_id": "run-1"}, sources=[{"title": "Kolada"}])
    return folder / DATAPACKAGE


def faults_of(path):
    """Return what another reader finds wrong: in the description, then in each file for Excel."""
    found = [str(one) for one in Package.metadata_validate(json.loads(path.read_text()))]
    resources = Package(str(path)).resources
    checked = [one for one in resources if one.format == "csv"]
    assert len(checked) == len(resources) / 2 > 0
    for resource in checked:
        report = resource.validate()
        found += [f"{resource.name}: {one}" for one in report.flatten(["rowNumber", "message"])]
    return found


@pytest.mark.parametrize("zipped", [False, True])
def test_the_description_is_a_data_package_and_the_files_are_as_it_says(
    zipped, disclosed, tmp_path
):
    assert faults_of(described(disclosed, tmp_path, zipped=zipped)) == []


def test_so_is_that_of_the_open_tier(disclosed, tmp_path):
    folder = write_open(disclosed().of("open"), tmp_path / "open", {"run_id": "run-1"})
    assert faults_of(folder / DATAPACKAGE) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"decimalChar": ","', '"decimalChar": "."', "number"),
        ('"delimiter": ";"', '"delimiter": ","', "header"),
        ('"type": "integer"', '"type": "whole"', "whole"),
    ],
)
def test_a_description_that_is_wrong_is_found(old, new, words, disclosed, tmp_path):
    path = described(disclosed, tmp_path, zipped=False)
    path.write_text(path.read_text().replace(old, new))
    found = []
    try:
        found = faults_of(path)
    except Exception as error:
        found = [str(error)]
    assert any(words in one for one in found)


def test_the_numbers_read_from_the_files_for_excel_are_those_of_the_tables(disclosed, tmp_path):
    path = described(disclosed, tmp_path, zipped=True)
    rows = Package(str(path)).get_resource("stratified-csv").read_rows()
    assert [float(row["value_crude"]) for row in rows] == [0.5, 0.5, 0.5]
    assert [row["n_denominator"] for row in rows] == [
        *disclosed().tables["stratified"].data["n_denominator"].to_pylist()
    ]
    assert {(row["value_std"], row["period_start"].isoformat()) for row in rows} == {
        (None, "2024-01-01")
    }
