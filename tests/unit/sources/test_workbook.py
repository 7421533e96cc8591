"""What is read of a workbook, and which workbooks are refused before anything is."""

from __future__ import annotations

import datetime as dt

import pytest

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.workbooks.workbook import read_workbook
from tests.workbooks import Percent, bomb, book, part, with_part

SHEET = "xl/worksheets/sheet1.xml"


def cells(content: bytes) -> list[list[object]]:
    (sheet,) = read_workbook(content, "a.xlsx")
    return [[cell.value for cell in row] for row in sheet.rows]


def refused(content: bytes) -> str:
    with pytest.raises(SourceError) as told:
        read_workbook(content, "a.xlsx")
    assert told.value.where == "a.xlsx"
    assert told.value.mend
    return told.value.what


def test_text_numbers_and_dates_come_as_they_were_saved():
    day = dt.datetime(2024, 5, 1)
    assert cells(book([["Plats", 3, 0.5, day, None, True]])) == [["Plats", 3, 0.5, day, None, True]]


def test_a_web_page_saved_as_a_workbook_is_refused():
    assert "web page" in refused(b"\n<!DOCTYPE html><table><tr><td>85</td></tr></table>")


def test_an_old_excel_file_is_refused():
    assert ".xls" in refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))


@pytest.mark.parametrize("content", [b"", b"Plats;Tid\n", b"PK\x03\x04 and no more"])
def test_what_is_no_workbook_is_refused(content):
    assert "workbook" in refused(content)


def test_a_bomb_is_refused_before_it_unpacks():
    content = bomb()
    assert len(content) < 100_000
    assert "bomb" in refused(content)


def test_a_document_type_declaration_is_refused():
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>'
    assert "document type" in refused(with_part(book([["a"]]), SHEET, evil))


def test_a_sheet_cut_short_is_refused():
    content = book([["Plats", "Tid"], ["Enhet A", "2024-05"]])
    assert "damaged" in refused(with_part(content, SHEET, part(content, SHEET)[:-80]))


def test_a_formula_without_its_result_is_told_apart_from_an_empty_cell():
    (sheet,) = read_workbook(book([["=1+1", None, 2]]), "a.xlsx")
    (row,) = sheet.rows
    assert [one.is_unfinished for one in row] == [True, False, False]


def test_a_formula_with_its_result_is_read_as_the_result():
    content = book([["=1+1", 5]])
    sheet = part(content, SHEET).replace(b"<v></v>", b"<v>2</v>").replace(b"<v/>", b"<v>2</v>")
    sheet = sheet.replace(b"<v />", b"<v>2</v>")
    assert cells(with_part(content, SHEET, sheet)) == [[2, 5]]


@pytest.mark.parametrize("mac", [False, True])
def test_dates_are_the_same_in_both_of_excels_calendars(mac):
    assert cells(book([[dt.datetime(2024, 5, 1)]], mac=mac)) == [[dt.datetime(2024, 5, 1)]]


def test_a_cell_knows_that_it_is_shown_as_per_cent():
    (sheet,) = read_workbook(book([[Percent(0.85), 0.85]]), "a.xlsx")
    assert [one.is_percent for one in sheet.rows[0]] == [True, False]


def test_a_hidden_sheet_is_known_as_hidden():
    sheets = read_workbook(book({"Data": [["a"]], "Dold": [["b"]]}, hidden=["Dold"]), "a.xlsx")
    assert [(one.name, one.is_hidden) for one in sheets] == [("Data", False), ("Dold", True)]


def test_a_merged_range_holds_its_value_in_every_cell_and_says_so():
    content = book([["A", None], [None, None], ["B", 1]], merged={"Blad1": ["A1:B2"]})
    (sheet,) = read_workbook(content, "a.xlsx")
    assert [[one.value for one in row] for row in sheet.rows] == [["A", "A"], ["A", "A"], ["B", 1]]
    assert [one.is_spread for one in (*sheet.rows[0], *sheet.rows[1])] == [False, True, True, True]


@pytest.mark.parametrize("told", [b'ref="A1:A1"', b'ref="A1:XFD1048576"'])
def test_a_sheet_that_lies_of_its_size_is_read_by_what_it_holds(told):
    content = book([["Plats", "Tid"], ["Enhet A", "2024-05"]])
    lie = part(content, SHEET).replace(b'ref="A1:B2"', told)
    assert lie != part(content, SHEET)
    assert cells(with_part(content, SHEET, lie)) == [["Plats", "Tid"], ["Enhet A", "2024-05"]]
