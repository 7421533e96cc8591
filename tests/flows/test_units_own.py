"""A unit's own folder of a real release: its page, workbook and extract, and no other unit."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq

from equity_pipeline.extracts.manifest import verify

UNITS = 3  # of all: they are written alike


def told_in(folder: Path) -> Iterator[bytes]:
    """Yield what the files of a folder hold, unpacked, with their names."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.name.encode()
        if path.suffix == ".parquet":
            rows = pq.read_table(path)
            texts = [name for name in rows.column_names if rows.schema.field(name).type == "string"]
            yield str([rows[name].unique().to_pylist() for name in texts]).encode()
            yield str(rows.schema.metadata).encode()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                yield from (packed.read(name) for name in packed.namelist())
        else:
            yield path.read_bytes()


def test_a_units_folder_has_page_workbook_and_extract_and_names_no_other_unit(small_night):
    rows = pq.read_table(small_night.current / "unit_variation.parquet").to_pylist()
    names = {row["geography_code"]: row["unit_name"] for row in rows if row["unit_name"]}
    folders = sorted((small_night.current / "units").iterdir())
    assert len(folders) > 20
    for folder in folders[:UNITS]:
        held = b"\n".join(told_in(folder))
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}
        assert files >= {
            *("omradesbeskrivning.html", "en/omradesbeskrivning.html", "datapackage.json"),
            *("equity_2024-12_sv.xlsx", "stratified.parquet", "csv/gap.csv", "ordlista.csv"),
        }
        assert folder.name.encode() in held and names[folder.name].encode() in held
        others = [words for code, name in names.items() if code != folder.name
                  for words in (code, name)]  # fmt: skip
        assert [words for words in others if words.encode() in held] == []
        verify(folder)
        assert json.loads((folder / "datapackage.json").read_text("utf-8"))["run"]["unit_code"]
