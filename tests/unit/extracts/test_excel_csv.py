"""Excel with Swedish settings opens the tables as numbers and words, and reckons no formula."""

from __future__ import annotations

import csv
import io
import zipfile

import pyarrow as pa
import pytest

from equity_pipeline.extracts.excel_csv import write_csv
from equity_pipeline.extracts.readers import code_list, dictionary
from equity_pipeline.extracts.tiers import write_for_excel


def test_numbers_have_a_decimal_comma_and_what_is_not_shown_is_empty(disclosed, tmp_path):
    write_for_excel(disclosed(share=0.4).tables, tmp_path)
    text = (tmp_path / "csv" / "stratified.csv").read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig")), delimiter=";"))
    assert [row["value_crude"] for row in rows] == ["0,4", "0,4", "0,4"]
    assert {(row["value_std"], row["level_label_sv"]) for row in rows} == {("", "Kvinnor")}


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t"])
def test_a_text_that_begins_as_a_formula_is_made_harmless(sign, tmp_path):
    rows = pa.table({"word": [f"{sign}cmd|' /C calc'!A0", "a=1"], "n": [-0.5, -2.0]})
    text = write_csv(rows, tmp_path / "a.csv").read_text("utf-8-sig")
    got = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert got[1:] == [[f"'{sign}cmd|' /C calc'!A0", "-0,5"], ["a=1", "-2"]]


def test_separators_quotes_and_lines_within_a_text_are_kept(tmp_path):
    rows = pa.table({"word": ['a;b "c"\nd', "å"]})
    text = write_csv(rows, tmp_path / "a.csv").read_text("utf-8-sig")
    assert list(csv.reader(io.StringIO(text), delimiter=";"))[1:] == [['a;b "c"\nd'], ["å"]]


def test_a_packed_table_holds_the_same_and_is_the_same_twice(tmp_path):
    rows = pa.table({"value": [0.25, None]})
    plain = write_csv(rows, tmp_path / "a.csv").read_bytes()
    packed = write_csv(rows, tmp_path / "a.csv", zipped=True)
    with zipfile.ZipFile(packed) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"a.csv": plain}
    first = packed.read_bytes()
    assert write_csv(rows, tmp_path / "a.csv", zipped=True).read_bytes() == first


def test_every_code_of_the_dictionary_is_in_the_list_of_codes(disclosed):
    lists = set(code_list()["code_list"].to_pylist())
    named = set(dictionary(sorted(disclosed().tables))["code_list"].to_pylist()) - {None}
    assert named - lists == set()
    assert {"sex", "area_income_quintile"} <= lists
