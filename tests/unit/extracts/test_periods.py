"""The history has every period as it was last released."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.periods import write_periods
from equity_pipeline.tables.table import StratifiedTable


def test_the_history_read_as_one_is_the_table(disclosed, tmp_path):
    made = disclosed()
    write_parquet(made.tables["stratified"], tmp_path)
    write_periods(made.tables, tmp_path)
    rest = duckdb.sql(
        f"select * from '{tmp_path}/stratified.parquet' except all "
        f"select * exclude (period) from '{tmp_path}/history/*/stratified.parquet'"
    ).fetchall()
    assert rest == []
    periods = duckdb.sql(f"select distinct period from '{tmp_path}/history/*/gap.parquet'")
    assert [str(one) for (one,) in periods.fetchall()] == ["2024"]


class Ongoing:
    """Stands in for a table of the door: a programme that has not ended."""

    form, tier = "programme_effect", "extract"
    data = StratifiedTable.of(
        "programme_effect",
        pa.Table.from_pylist(
            [{"run_id": "run-1", "programme_id": one, "period_start": date(2023, 1, 1),
              "period_end": end, "value_status": "shown"}
             for one, end in (("A", None), ("B", date(2024, 1, 1)))]
        ),
    ).data  # fmt: skip


def test_what_has_begun_and_not_ended_is_in_the_history_too(tmp_path):
    write_periods({"programme_effect": Ongoing()}, tmp_path)
    found = duckdb.sql(
        f"select period, programme_id from '{tmp_path}/history/*/programme_effect.parquet'"
    ).fetchall()
    assert sorted(found) == [("2023", "B"), ("2023-01_ongoing", "A")]
    write_periods({}, tmp_path / "next", tmp_path)
    kept = {path.parent.name for path in (tmp_path / "next").rglob("*.parquet")}
    assert kept == {"period=2023"}


def test_what_has_no_period_has_no_history(disclosed, tmp_path):
    write_periods(disclosed().tables, tmp_path)
    assert {path.stem for path in tmp_path.rglob("*.parquet")} == {"stratified", "gap"}


def test_a_period_no_longer_told_of_stays_and_one_told_again_is_replaced(disclosed, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    write_periods(disclosed(share=0.5).tables, old)
    (old / "history" / "period=2024").rename(old / "history" / "period=2019")
    write_periods(disclosed(share=0.5).tables, old)
    write_periods(disclosed(share=0.4).tables, new, old)
    again = pq.read_table(new / "history" / "period=2024" / "stratified.parquet")["value_crude"]
    before = new / "history" / "period=2019" / "stratified.parquet"
    assert again.to_pylist() == [0.4] * 3
    assert before.read_bytes() == (old / before.relative_to(new)).read_bytes()


def test_the_labels_stand_in_the_history_too(disclosed, tmp_path):
    write_periods(disclosed().tables, tmp_path)
    schema = pq.read_schema(tmp_path / "history" / "period=2024" / "gap.parquet")
    assert schema.field("gap_harm").metadata[b"unit"] == b"indicator"
