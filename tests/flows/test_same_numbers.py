"""The same number stands in page, workbook, CSV, parquet and database; a hidden one nowhere."""

from __future__ import annotations

import re
import shutil

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from equity_pipeline.vocabulary import vocabulary
from tests.flows.page_tables import told_beside
from tests.flows.same_numbers import of_files
from tests.flows.same_on_pages import of_pages

# no programme and no calendar is delivered to the small night; none of its indicators is a wait
EMPTY = {
    *("programme_effect", "programme_balance", "programme_log"),
    *("reach", "care_chain", "report_due", "waits"),
}
# what is known of a row before anybody is counted: its place in an order, a limit, a year
NOT_COUNTED = {
    *("level_order", "item_order", "component_order", "step_no", "segment_no"),
    *("year", "base_year", "segment", "version", "window_months", "mid"),
    *("n_units", "n_peers", "n_units_compared", "n_comparison_units"),
}
GROUP = ["indicator_id", "period_start", "period_end", "geography_code", "dimension", "level"]
VALUES = {
    "crude": "value_crude", "standardised": "value_std", "need_a": "value_need_a",
    "need_b": "value_need_b", "need_c": "value_need_c",
}  # fmt: skip
#: where another table has the value of a group, with the column of its level
SIDES = {
    "gap": {"focus_level": "focus_value", "reference_level": "reference_value"},
    "trend": {"focus_level": "level_focus", "reference_level": "level_ref"},
}
MAP = "33"  # how many municipalities the description of the map speaks of


def test_every_cell_is_the_same_in_parquet_database_history_csv_and_workbook(small_night):
    held = of_files(small_night.current, units=1)
    print(f"cells compared: {dict(held.cells)}")
    assert held.faults == []
    assert set(held.cells) == {
        *("csv", "database", "history", "workbook", "open csv", "unit csv", "unit workbook"),
    }  # fmt: skip
    assert min(held.cells["csv"], held.cells["database"]) > 600_000
    assert held.cells["workbook"] > 300_000
    tables = {path.stem: pq.read_metadata(path) for path in small_night.current.glob("*.parquet")}
    assert set(tables) == set(vocabulary().forms)
    assert {form for form, told in tables.items() if told.num_rows == 0} <= EMPTY


def test_every_number_on_a_page_and_in_the_file_inside_it_is_the_parquet_files(small_night):
    held = of_pages(small_night.current)
    print(f"cells compared: {dict(held.cells)}")
    assert held.faults == []
    assert held.cells["sv page"] == held.cells["en page"] > 4_000
    assert held.cells["sv file in page"] == held.cells["en file in page"] > 900


def test_a_page_that_tells_another_number_or_a_hidden_one_is_found(small_night, tmp_path):
    for path in small_night.current.glob("*.parquet"):
        shutil.copy(path, tmp_path)
    (tmp_path / "indikator").mkdir()
    page = (small_night.current / "indikator" / "TG07.html").read_text("utf-8")
    women, hidden = 'Kvinnor</th><td class="n">', 'Idéburna enheter</th><td class="n">..<'
    assert women in page and hidden in page
    changed = page.replace(women, f"{women}1", 1).replace(hidden, hidden.replace("..", "7"), 1)
    (tmp_path / "indikator" / "TG07.html").write_text(changed, "utf-8")
    faults = of_pages(tmp_path).faults
    assert [re.findall(r"\['([^']+)'", one) for one in faults] == [
        ["Kvinnor"], ["Idéburna enheter"],
    ]  # fmt: skip


def test_no_attribute_and_no_tooltip_tells_a_number_that_the_page_does_not_show(small_night):
    pages = sorted(small_night.current.rglob("*.html"))
    assert len(pages) > 50
    assert {number for path in pages for number in told_beside(path)} <= {MAP}


def test_a_tooltip_with_a_number_of_its_own_is_found(tmp_path):
    page = tmp_path / "page.html"
    page.write_text('<body><p title="12">8</p><svg x="3"><title>8 av 47</title></svg></body>')
    assert told_beside(page) == ["12", "47"]


@pytest.mark.parametrize("form", SIDES)
def test_a_group_has_one_value_with_the_same_decimals_in_every_table(form, small_night):
    folder = small_night.current
    groups = pd.read_parquet(folder / "stratified.parquet")
    groups = groups[groups["strat2_dimension"] == "total"]
    rows = pd.read_parquet(folder / f"{form}.parquet")
    compared = 0
    for adjustment, told in VALUES.items():
        for level, value in SIDES[form].items():
            own = rows[rows["adjustment"] == adjustment].rename(columns={level: "level"})
            both = own[[*GROUP, value]].merge(groups[[*GROUP, told]], on=GROUP).dropna()
            assert both[both[value] != both[told]].to_dict("records") == []
            compared += len(both)
    print(f"{form}: {compared} values compared")
    assert compared > 0.5 * rows[[*SIDES[form].values()]].notna().to_numpy().sum() > 30


@pytest.mark.parametrize("tier", ["", "open", "units/*"])
def test_a_suppressed_row_has_no_number_in_any_file(tier, small_night):
    n = 0
    for path in sorted(small_night.current.glob(f"{tier}/*.parquet".lstrip("/"))):
        rows = pq.read_table(path)
        rows = rows.filter(pc.equal(rows["value_status"], "suppressed"))
        n += rows.num_rows
        numbers = {
            field.name for field in rows.schema
            if not pa.types.is_string(field.type) and not pa.types.is_boolean(field.type)
            and not pa.types.is_date(field.type) and rows[field.name].null_count < rows.num_rows
        }  # fmt: skip
        assert numbers <= NOT_COUNTED, path.name
    assert n > 100
