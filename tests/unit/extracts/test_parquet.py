"""A parquet file tells its reader what its columns are, and is the same each time."""

from __future__ import annotations

import duckdb
import pyarrow.parquet as pq

from equity_pipeline.extracts.parquet import write_parquet


def test_the_same_table_gives_the_same_bytes_twice(disclosed, tmp_path):
    (tmp_path / "again").mkdir()
    first = write_parquet(disclosed().tables["stratified"], tmp_path)
    second = write_parquet(disclosed().tables["stratified"], tmp_path / "again")
    assert first.read_bytes() == second.read_bytes()
    other = write_parquet(disclosed(share=0.4).tables["stratified"], tmp_path)
    assert other.read_bytes() != second.read_bytes()


def test_every_field_has_both_labels_and_the_schema_names_the_run(disclosed, tmp_path):
    schema = pq.read_schema(write_parquet(disclosed().tables["gap"], tmp_path))
    assert schema.field("gap_harm").metadata[b"unit"] == b"indicator"
    unlabelled = [
        f.name for f in schema if not (f.metadata[b"label_sv"] and f.metadata[b"label_en"])
    ]
    assert unlabelled == []
    told = {key: schema.metadata[key] for key in (b"form", b"run_id", b"disclosure_tier")}
    assert told == {b"form": b"gap", b"run_id": b"run-1", b"disclosure_tier": b"extract"}


def test_a_reader_of_other_tools_sees_plain_columns(disclosed, tmp_path):
    path = write_parquet(disclosed().tables["stratified"], tmp_path)
    got = duckdb.sql(f"select level, value_crude from '{path}' order by level").fetchall()
    assert got == [("all", 0.5), ("female", 0.5), ("male", 0.5)]
