"""What a copy of a table says beyond the table is found, and told of the copy that says it."""

from __future__ import annotations

import pyarrow as pa

from equity_pipeline.audit.copies import rests
from equity_pipeline.audit.source import Source

WHOLE = pa.table({"level": ["q1", "q2", None], "n": [20, 30, 40], "value": [0.5, None, 0.25]})


def _copy(file: str, rows: pa.Table) -> Source:
    return Source("stratified", file, rows)


def test_copies_of_rows_that_the_table_has_say_nothing() -> None:
    copies = [_copy("a/stratified.parquet", WHOLE.slice(1)), _copy("b/stratified.parquet", WHOLE)]
    assert [*rests(copies, WHOLE)] == []


def test_a_row_beyond_is_told_of_each_copy_that_has_it_and_of_no_other() -> None:
    beyond = pa.table({"level": ["q2", None], "n": [31, None], "value": [None, 0.25]}, WHOLE.schema)
    also = pa.concat_tables([WHOLE, beyond.slice(1)])
    copies = [_copy("a", pa.concat_tables([beyond, WHOLE])), _copy("b", WHOLE), _copy("c", also)]
    found = {one.file: one.data.to_pylist() for one in rests(copies, WHOLE)}
    assert set(found) == {"a", "c"}
    assert sorted(found["a"], key=str) == sorted(beyond.to_pylist(), key=str)
    assert found["c"] == beyond.slice(1).to_pylist()
