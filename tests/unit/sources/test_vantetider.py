"""Waiting times from workbooks of many shapes: what is declared is taken, nothing is guessed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

from equity_pipeline.errors import ConfigurationError, SourceError
from equity_pipeline.settings.workbooks import VantetiderSettings
from equity_pipeline.sources.part import Part, entity_schema
from equity_pipeline.sources.workbooks.accounts import Account
from equity_pipeline.sources.workbooks.place_figures import read_figures
from equity_pipeline.sources.workbooks.places import Gazetteer, read_mapping
from equity_pipeline.sources.workbooks.vantetider import manner_of, pull
from equity_pipeline.sources.workbooks.workbook import read_workbook
from tests.workbooks import XLSX, Percent, Rows, asking, book

SHARE = "Andel medicinska bedömningar inom 3 dagar"
PHONE = "Andel telefonsamtal besvarade samma dag"
LONG = ("Plats", "Tid", "Kön", SHARE, "Antal")
MAY, JUNE = dt.date(2024, 5, 1), dt.date(2024, 6, 1)


def settings(**given: object) -> VantetiderSettings:
    return VantetiderSettings.model_validate({"scale": "percent", **given})


def pulled(tmp_path: Path, *books: bytes, region: str = "12", **given: object) -> Part:
    folder = tmp_path / "laid"
    folder.mkdir()
    for number, content in enumerate(books, start=1):
        (folder / f"export {number}.xlsx").write_bytes(content)
    chosen = settings(folder=folder, **given)
    return pull(asking(tmp_path / "kept", "vantetider"), chosen, region)


def account(rows: Rows | dict[str, Rows], **given: object) -> Account:
    manner = manner_of(settings(**given), Gazetteer(totals=("Totalt",)))
    return read_figures(read_workbook(book(rows), "a.xlsx"), manner, "a.xlsx")[1]


def units(part: Part, *columns: str) -> list[tuple[object, ...]]:
    rows = part.tables["unit_value"].to_pylist()
    return [tuple(row[name] for name in columns) for row in rows]


def long(*rows: tuple[object, ...]) -> bytes:
    return book([LONG, *rows])


def test_a_long_table_gives_a_row_for_each_unit_and_month(tmp_path):
    part = pulled(
        tmp_path,
        long(
            ("Vårdcentralen Aspen", "2024-05", "Totalt", 85.5, 200),
            ("Vårdcentralen Aspen", "juni 2024", "Kvinnor", 80, 110),
        ),
    )
    assert part.tables["unit_value"].schema == entity_schema("unit_value")
    columns = ("unit_code", "measure_code", "period_start", "period_end", "sex_group", "value", "n")
    aspen = ("Vårdcentralen Aspen", "assessment_within_3_days")
    assert units(part, *columns, "value_status") == [
        (*aspen, MAY, JUNE, "total", 0.855, 200, "shown"),
        (*aspen, JUNE, dt.date(2024, 7, 1), "female", 0.8, 110, "shown"),
    ]


def test_titles_above_and_notes_below_are_no_data(tmp_path):
    part = pulled(
        tmp_path,
        book(
            [
                ("Väntetider i vården, primärvård", None, None),
                (None, None, None),
                ("Uttag", "2024-08-12", None),
                LONG,
                ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200),
                (None, None, None),
                ("Uppgifter som bygger på färre än 20 visas inte.", None, None),
            ],
            merged={"Blad1": ["A1:E1"]},
        ),
    )
    assert units(part, "unit_name", "value") == [("Vårdcentralen Aspen", 0.85)]
    assert part.missing == tuple(one for one in part.missing if one.what == "units")


def test_a_wide_table_has_a_month_in_each_column_and_its_measure_in_the_title(tmp_path):
    part = pulled(
        tmp_path,
        book(
            [
                (SHARE, None, None, None),
                ("Vårdcentral", "Kön", "maj 2024", dt.datetime(2024, 6, 1)),
                ("Vårdcentralen Aspen", "Båda", 85, 80),
                ("Vårdcentralen Björken", "Båda", "..", 70),
            ]
        ),
    )
    assert units(part, "unit_name", "period_start", "value", "value_status") == [
        ("Vårdcentralen Aspen", MAY, 0.85, "shown"),
        ("Vårdcentralen Aspen", JUNE, 0.8, "shown"),
        ("Vårdcentralen Björken", MAY, None, "suppressed"),
        ("Vårdcentralen Björken", JUNE, 0.7, "shown"),
    ]


def test_two_measures_over_the_same_months_are_told_apart_by_their_merged_headings(tmp_path):
    part = pulled(
        tmp_path,
        book(
            [
                (None, SHARE, None, PHONE, None),
                ("Plats", "2024-05", "2024-06", "2024-05", "2024-06"),
                ("Vårdcentralen Aspen", 85, 80, 91, 92),
            ],
            merged={"Blad1": ["B1:C1", "D1:E1"]},
        ),
    )
    assert units(part, "measure_code", "period_start", "value") == [
        ("answered_same_day", MAY, 0.91),
        ("answered_same_day", JUNE, 0.92),
        ("assessment_within_3_days", MAY, 0.85),
        ("assessment_within_3_days", JUNE, 0.8),
    ]


def test_a_wide_table_whose_measure_nothing_tells_is_refused_figure_by_figure():
    told = account([("Plats", "2024-05", "2024-06"), ("Vårdcentralen Aspen", 85, 80)])
    assert (told.figures_in, told.taken, told.reasons) == (2, 0, {"measure_unclear": 2})


def test_a_unit_name_merged_over_its_months_counts_for_each(tmp_path):
    part = pulled(
        tmp_path,
        book(
            [
                LONG,
                ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200),
                (None, "2024-06", "Totalt", 80, 210),
            ],
            merged={"Blad1": ["A2:A3"]},
        ),
    )
    assert units(part, "unit_name", "value") == [
        ("Vårdcentralen Aspen", 0.85),
        ("Vårdcentralen Aspen", 0.8),
    ]


def test_a_value_merged_over_two_rows_is_nobodys():
    content = book(
        [
            LONG,
            ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200),
            ("Vårdcentralen Björken", "2024-05", "Totalt", None, 100),
        ],
        merged={"Blad1": ["D2:D3"]},
    )
    manner = manner_of(settings(), Gazetteer())
    figures, told = read_figures(read_workbook(content, "a.xlsx"), manner, "a.xlsx")
    assert [one.place.name for one in figures] == ["Vårdcentralen Aspen"]
    assert told.reasons == {"value_in_merged_cells": 1}


@pytest.mark.parametrize(
    ("scale", "cell"),
    [
        ("percent", 85.5),
        ("percent", "85,5"),
        ("share", 0.855),
        ("share", Percent(0.855)),
        ("share", "0,855"),
        ("percent_text", "85,5 %"),
        ("percent_text", "85,5%"),
        ("percent_text", Percent(0.855)),
    ],
)
def test_a_share_is_the_same_on_every_declared_scale(tmp_path, scale, cell):
    content = long(("Vårdcentralen Aspen", "2024-05", "Totalt", cell, 200))
    assert units(pulled(tmp_path, content, scale=scale), "value") == [(0.855,)]


@pytest.mark.parametrize(
    ("scale", "cell", "reason"),
    [
        ("percent", Percent(0.855), "scale_contradicted"),
        ("percent", "85 %", "scale_contradicted"),
        ("percent", 185, "outside_scale"),
        ("percent", -1, "outside_scale"),
        ("share", 85, "outside_scale"),
        ("percent_text", 85, "scale_contradicted"),
        ("percent", "85.5", "not_a_number"),
        ("percent", "ca 85", "not_a_number"),
        ("percent", "#N/A", "not_a_number"),
        ("percent", dt.datetime(2024, 5, 1), "not_a_number"),
        ("percent", True, "not_a_number"),
        ("percent", "=40+45", "formula_without_value"),
    ],
)
def test_a_value_that_contradicts_its_scale_is_refused(scale, cell, reason):
    told = account([LONG, ("Vårdcentralen Aspen", "2024-05", "Totalt", cell, 200)], scale=scale)
    assert (told.figures_in, told.taken, told.reasons) == (1, 0, {reason: 1})


def test_an_undeclared_scale_is_refused_as_it_could_be_two_things(tmp_path):
    content = long(("Vårdcentralen Aspen", "2024-05", "Totalt", 0.9, 200))
    with pytest.raises(ConfigurationError, match="0-1, 0-100") as told:
        pulled(tmp_path, content, scale=None)
    assert "percent_text" in told.value.mend


def test_shares_declared_as_per_cent_are_found_out_by_all_being_small(tmp_path):
    rows = [(f"Enhet {n}", "2024-05", "Totalt", 0.8 + n / 100, 50) for n in range(5)]
    with pytest.raises(SourceError, match="none of them is above 1"):
        pulled(tmp_path, long(*rows))


@pytest.mark.parametrize(
    ("mark", "status"),
    [
        ("..", "suppressed"),
        ("-", "suppressed"),
        ("<20", "suppressed"),
        ("< 20", "suppressed"),
        (None, "not_reported"),
    ],
)
def test_a_mark_is_a_value_withheld_with_its_status(tmp_path, mark, status):
    content = long(("Vårdcentralen Aspen", "2024-05", "Totalt", mark, mark))
    assert units(pulled(tmp_path, content), "value", "n", "value_status") == [(None, None, status)]


@pytest.mark.parametrize(
    "month",
    ["maj 2024", "Maj 2024", "2024-05", "202405", 202405, "2024 maj", "maj-2024", "2024-05-01",
     dt.datetime(2024, 5, 1), dt.date(2024, 5, 1)],
)  # fmt: skip
def test_a_month_is_read_in_every_form_that_means_one_month(tmp_path, month):
    content = long(("Vårdcentralen Aspen", month, "Totalt", 85, 200))
    assert units(pulled(tmp_path, content), "period_start") == [(MAY,)]


@pytest.mark.parametrize(
    "month",
    ["maj-24", "05-2024", "2024-13", "2024-05-31", dt.datetime(2024, 5, 31), 45413, "Q2 2024",
     "2024", "may 2024", None],
)  # fmt: skip
def test_a_time_that_could_be_another_is_refused(month):
    told = account([LONG, ("Vårdcentralen Aspen", month, "Totalt", 85, 200)])
    assert told.reasons == {"period_unreadable": 1}


def test_the_same_row_twice_stands_once_and_contradictions_not_at_all():
    same = ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200)
    rows = [
        LONG,
        same,
        same,
        ("Vårdcentralen Björken", "2024-05", "Totalt", 70, 100),
        ("Vårdcentralen  Björken", "2024-05", "Totalt", 71, 100),
        ("Vårdcentralen Björken", "2024-05", "Totalt", 71, 100),
    ]
    told = account(rows)
    assert told.reasons == {"contradictory": 3, "duplicate": 1}
    assert (told.figures_in, told.taken) == (5, 1)


def test_rows_of_sums_are_no_unit():
    told = account([LONG, ("Totalt", "2024-05", "Totalt", 85, 4000)])
    assert told.reasons == {"total_row": 1}


def test_hidden_sheets_and_sheets_without_a_table_are_told_and_not_read():
    held = {
        "Om uttaget": [["Beställare", "Avdelning A"]],
        "Data": [LONG, ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200)],
    }
    content = book({**held, "Gammalt": held["Data"]}, hidden=["Gammalt"])
    _, told = read_figures(
        read_workbook(content, "a.xlsx"), manner_of(settings(), Gazetteer()), "a.xlsx"
    )
    assert (told.unread, told.hidden, told.taken) == (("Om uttaget",), ("Gammalt",), 1)


def test_a_column_that_no_word_declares_is_told(tmp_path):
    part = pulled(
        tmp_path,
        book(
            [
                (*LONG, "Måluppfyllelse"),
                ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200, "ja"),
            ]
        ),
    )
    (told,) = [one for one in part.missing if one.what == "columns"]
    assert told.sv == "Väntetider i vården: okända kolumner: Måluppfyllelse."


def test_two_columns_of_the_same_meaning_are_refused(tmp_path):
    rows = [("Plats", "Enhet", "Tid", SHARE), ("Enhet A", "Enhet A", "2024-05", 85)]
    with pytest.raises(SourceError, match="mean the same"):
        pulled(tmp_path, book(rows))


def test_a_workbook_without_any_declared_heading_is_refused(tmp_path):
    with pytest.raises(SourceError, match="No sheet has a table"):
        pulled(tmp_path, book([("Unit", "Month", "Share"), ("A", "2024-05", 85)]))


def test_only_the_parts_of_a_filter_that_are_chosen_are_taken(tmp_path):
    rows = [
        ("Plats", "Tid", "Yrkesgrupp", SHARE),
        ("Vårdcentralen Aspen", "2024-05", "Samtliga", 85),
        ("Vårdcentralen Aspen", "2024-05", "Läkare", 80),
        ("Vårdcentralen Aspen", "2024-05", "Kurator", 50),
    ]
    part = pulled(tmp_path, book(rows), parts={"physician": ["Läkare"]})
    assert units(part, "measure_code", "value") == [
        ("assessment_within_3_days", 0.85),
        ("assessment_within_3_days:physician", 0.8),
    ]
    (told,) = [one for one in part.missing if one.what == "figures"]
    assert "delgrupp som inte är vald: 1" in told.sv


def test_an_unknown_sex_is_refused():
    told = account([LONG, ("Vårdcentralen Aspen", "2024-05", "Okänt", 85, 200)])
    assert told.reasons == {"sex_unknown": 1}


def test_units_are_matched_by_code_or_by_the_file_that_a_person_wrote(tmp_path):
    mapping = tmp_path / "enheter.csv"
    mapping.write_text(
        "unit_name;unit_hsa_id\nVårdcentralen Björken;SE2321000255-E00000002\n", "utf-8"
    )
    rows = [
        ("Plats", "HSA-id", "Tid", SHARE),
        ("Vårdcentralen Aspen", "SE2321000255-E00000001", "2024-05", 85),
        ("Vårdcentralen Björken", None, "2024-05", 70),
        ("Vårdcentralen Björk", None, "2024-05", 60),
    ]
    part = pulled(tmp_path, book(rows), unit_file=mapping)
    assert units(part, "unit_name", "unit_hsa_id") == [
        ("Vårdcentralen Aspen", "SE2321000255-E00000001"),
        ("Vårdcentralen Björk", None),
        ("Vårdcentralen Björken", "SE2321000255-E00000002"),
    ]
    assert part.tables["unmatched_unit"].to_pylist() == [
        {"unit_code": "Vårdcentralen Björk", "unit_name": "Vårdcentralen Björk", "n_values": 1}
    ]
    (told,) = [one for one in part.missing if one.what == "units"]
    assert told.sv.endswith("1 av 3 enheter kan inte knytas till ett HSA-id.")


@pytest.mark.parametrize(
    "text",
    [
        "namn;id\nA;SE2321000255-E00000001\n",
        "unit_name;unit_hsa_id\nA;12345\n",
        "unit_name;unit_hsa_id\nA;SE2321000255-E1\na;SE2321000255-E2\n",
    ],
)
def test_a_mapping_that_could_mean_two_things_is_refused(tmp_path, text):
    path = tmp_path / "enheter.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigurationError):
        read_mapping(path)


def year(part: Part, *columns: str) -> list[tuple[object, ...]]:
    rows = part.tables["area_value"].to_pylist()
    return [tuple(row[name] for name in columns) for row in rows]


def test_regions_and_the_country_are_areas_and_other_regions_are_left_out(tmp_path):
    places = (("Riket", 80, 1000), ("Region Skåne", 70, 100), ("Region Halland", 90, 50))
    rows = [
        (place, f"2024-{month:02}", "Totalt", share, n)
        for place, share, n in places
        for month in range(1, 13)
    ]
    part = pulled(tmp_path, long(*rows))
    assert year(part, "area_code", "area_kind", "year", "value") == [
        ("00", "country", 2024, pytest.approx(0.8)),
        ("12", "region", 2024, pytest.approx(0.7)),
    ]
    assert "unit_value" not in part.tables
    assert part.tables["area_month"].num_rows == 24


def test_a_year_is_weighted_by_its_months_and_untold_where_one_lacks(tmp_path):
    early = [("Region Skåne", f"2023-{m:02}", "Totalt", 50, 1) for m in range(1, 12)]
    december = ("Region Skåne", "2023-12", "Totalt", 100, 11)
    lacking = [("Region Skåne", f"2024-{m:02}", "Totalt", 50, 10) for m in range(1, 12)]
    part = pulled(tmp_path, long(*early, december, *lacking))
    assert year(part, "year", "value", "value_status") == [
        (2023, 0.75, "shown"),
        (2024, None, "not_reported"),
    ]


def test_a_place_that_looks_like_an_area_and_is_none_is_refused():
    told = account([LONG, ("Region Skane", "2024-05", "Totalt", 85, 200)])
    assert told.reasons == {"place_unknown": 1}


def test_units_of_municipalities_outside_the_region_are_left_out(tmp_path):
    rows = [
        ("Plats", "Kommun", "Tid", SHARE),
        ("Vårdcentralen Aspen", "1280", "2024-05", 85),
        ("Vårdcentralen Aspen", "1480", "2024-05", 60),
    ]
    assert units(pulled(tmp_path, book(rows)), "unit_code", "value") == [
        ("Vårdcentralen Aspen|1280", 0.85)
    ]


def test_where_two_exports_differ_the_last_named_holds_and_it_is_told(tmp_path):
    part = pulled(
        tmp_path,
        long(("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200)),
        long(
            ("Vårdcentralen Aspen", "2024-05", "Totalt", 86, 201),
            ("Vårdcentralen Aspen", "2024-06", "Totalt", 80, 190),
        ),
    )
    assert units(part, "period_start", "value") == [(MAY, 0.86), (JUNE, 0.8)]
    (told,) = [one for one in part.missing if one.what == "revised"]
    assert "1 uppgifter" in told.sv


def test_every_figure_is_accounted_for_whatever_the_workbook_holds():
    rows = [
        LONG,
        ("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200),
        ("Vårdcentralen Björken", "2024-05", "Totalt", "ca 70", 200),
        ("Totalt", "2024-05", "Totalt", 84, 400),
        (None, "2024-05", "Totalt", 84, 400),
        ("Vårdcentralen Cedern", "2024-05", "Totalt", 84, "många"),
        ("Anmärkning: preliminärt.",),
    ]
    told = account(rows)
    assert told.figures_in == 6 == told.taken + len(told.refused)
    assert told.reasons == {
        "no_place": 1, "not_a_number": 2, "note": 1, "total_row": 1,
    }  # fmt: skip
    assert {(one.reason, one.row) for one in told.refused} >= {("total_row", 4), ("note", 7)}


def test_an_account_that_does_not_add_up_cannot_be_written():
    with pytest.raises(SourceError, match="3 figures came in"):
        Account("a.xlsx", 3, 1, ())


def test_a_workbook_is_fetched_and_its_bytes_are_kept_untouched(
    tmp_path: Path, httpserver: HTTPServer
):
    content = long(("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200))
    httpserver.expect_request("/v.xlsx").respond_with_data(content, content_type=XLSX)
    answers = asking(tmp_path, "vantetider")
    part = pull(answers, settings(urls=(httpserver.url_for("/v.xlsx"),)), "12")
    assert units(part, "value") == [(0.85,)]
    (kept,) = answers.used
    assert kept.read() == content
    assert (kept.url, kept.source) == (httpserver.url_for("/v.xlsx"), "vantetider")
    assert kept.licence


@pytest.mark.parametrize("bad", ["page", "half", "bomb"])
def test_a_bad_answer_never_takes_a_good_ones_place(
    tmp_path: Path, httpserver: HTTPServer, bad: str
):
    from tests.workbooks import bomb

    content = long(("Vårdcentralen Aspen", "2024-05", "Totalt", 85, 200))
    chosen = settings(urls=(httpserver.url_for("/v.xlsx"),))
    broken = {"page": b"<html>Underh\xc3\xa5ll</html>", "half": content[:2000], "bomb": bomb()}
    httpserver.expect_ordered_request("/v.xlsx").respond_with_data(content, content_type=XLSX)
    httpserver.expect_ordered_request("/v.xlsx").respond_with_data(broken[bad], content_type=XLSX)
    pull(asking(tmp_path, "vantetider"), chosen, "12")
    answers = asking(tmp_path, "vantetider")
    assert units(pull(answers, chosen, "12"), "value") == [(0.85,)]
    assert [one.stale_since is not None for one in answers.used] == [True]


def test_a_bad_answer_without_a_good_one_before_is_told(tmp_path: Path, httpserver: HTTPServer):
    httpserver.expect_request("/v.xlsx").respond_with_data(b"Plats;Tid", content_type=XLSX)
    with pytest.raises(SourceError, match="not a workbook"):
        pull(
            asking(tmp_path, "vantetider"),
            settings(urls=(httpserver.url_for("/v.xlsx"),)),
            "12",
        )


def test_a_folder_without_workbooks_or_with_old_ones_is_told(tmp_path):
    with pytest.raises(SourceError, match="holds no workbook"):
        pulled(tmp_path)
    (tmp_path / "laid" / "gammal.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    with pytest.raises(SourceError, match=r"gammal\.xls"):
        pull(asking(tmp_path / "kept", "vantetider"), settings(folder=tmp_path / "laid"), "12")


def test_without_addresses_and_folder_it_is_said_what_to_set(tmp_path):
    with pytest.raises(ConfigurationError) as told:
        pull(asking(tmp_path, "vantetider"), settings(), "12")
    assert "sources.vantetider.urls" in told.value.mend
