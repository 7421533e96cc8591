"""What stands beside the files says what they are, proves that they are whole, tells changes."""

from __future__ import annotations

import json
import subprocess

import pytest

from equity_pipeline.errors import WarehouseError
from equity_pipeline.extracts import manifest
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.vocabulary import vocabulary


def test_the_description_names_every_column_with_type_unit_and_both_titles(disclosed, tmp_path):
    write_parquet(disclosed().tables["gap"], tmp_path)
    source = {"title": "Kolada", "licence": "CC0"}
    path = manifest.write_datapackage(tmp_path, {"run_id": "run-1"}, sources=[source])
    package = json.loads(path.read_text())
    resource = package["resources"][0]
    fields = {field["name"]: field for field in resource["schema"]["fields"]}
    assert (fields["n_focus"]["type"], fields["gap_harm"]["unit"]) == ("integer", "indicator")
    assert all(field["title"] and field["title_en"] for field in fields.values())
    assert (package["run"]["run_id"], package["sources"], resource["rows"]) == (
        "run-1", [source], 1,
    )  # fmt: skip


def test_sha256sum_agrees_with_the_hashes(tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "index.html").write_text("å")
    (tmp_path / "gap.parquet").write_bytes(b"x")
    manifest.write_hashes(tmp_path)
    subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True)
    manifest.verify(tmp_path)


@pytest.mark.parametrize("fault", ["changed", "absent", "not listed"])
def test_a_release_that_is_not_whole_is_refused(fault, tmp_path):
    (tmp_path / "a").write_text("1")
    manifest.write_hashes(tmp_path)
    {
        "changed": lambda: (tmp_path / "a").write_text("2"),
        "absent": (tmp_path / "a").unlink,
        "not listed": lambda: (tmp_path / "b").write_text("3"),
    }[fault]()
    with pytest.raises(WarehouseError, match=r"is absent|not listed|not what was"):
        manifest.verify(tmp_path)


def test_changes_count_rows_and_not_the_run(disclosed, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, made in ((old, disclosed("run-1", 0.5)), (new, disclosed("run-2", 0.4))):
        folder.mkdir()
        for form in ("stratified", "gap"):
            write_parquet(made.tables[form], folder)
        manifest.write_datapackage(folder, {"run_id": made.tables["gap"].data["run_id"][0].as_py()})
    text = manifest.write_changes(new, old, {"run_id": "run-2"}).read_text()
    assert "| gap | 0 | 0 | 0 |" in text and "| stratified | 0 | 3 | 0 |" in text
    assert "Against: run-1" in text and "- unchanged" in text
    (old / "gap.parquet").unlink()
    text = manifest.write_changes(new, old, {"run_id": "run-2"}).read_text()
    assert "| gap | 1 | 0 | 0 |" in text


def test_the_first_release_has_nothing_to_compare_with(tmp_path):
    text = manifest.write_changes(tmp_path, None, {"run_id": "run-1"}).read_text()
    assert "First release." in text


def test_every_type_of_a_published_column_can_be_described():
    words = vocabulary()
    types = {words.column(name).type for one in words.forms.values() for name in one.columns}
    assert {kind.partition("(")[0] for kind in types} <= set(manifest.FRICTIONLESS)
