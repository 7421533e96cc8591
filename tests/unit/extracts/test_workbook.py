"""The workbooks say what the parquet files and the database say, to filter and to read."""

from __future__ import annotations

import csv
import hashlib
import shutil
import subprocess
import time
import tracemalloc
import zipfile
from datetime import date, datetime
from decimal import Decimal

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from equity_pipeline.audit import workbooks as attack_on
from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.release import Release
from equity_pipeline.extracts.database import build_database
from equity_pipeline.extracts.parquet import write_parquet
from equity_pipeline.extracts.workbook import write_workbooks, write_working
from equity_pipeline.extracts.workbook.columns import sheet_name, sheets
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary

FACTS = {
    "run_id": "0f1e2d3c4b5a",
    "as_of": "2025-01-15",
    "region_name": "Region Norr",
    "synthetic": True,
}
SOURCES = ({"title": "=Leverans", "path": "contact_2024"},)
CATALOGUE = pa.table({"id": ["VT01"]})
YEAR = {"period_start": date(2024, 1, 1), "period_end": date(2025, 1, 1)}
VALUES = {
    "VARCHAR": "ord", "DOUBLE": 0.123456, "BIGINT": 4321, "INTEGER": 7, "SMALLINT": 2024,
    "BOOLEAN": True, "DATE": date(2024, 5, 6),
}  # fmt: skip
FIXED = {
    **YEAR, "run_id": "run-1", "indicator_id": "VT01", "indicator_name_sv": "Bedömning",
    "unit_of_measure": "percent", "geography_level": "region", "geography_code": "12",
    "dimension": "sex", "level": "female", "focus_level": "female", "reference_level": "male",
    "strat2_dimension": "total", "strat2_level": "all", "period_kind": "rolling_12_months",
    "is_headline": True, "is_declared_contrast": True, "value_status": "shown",
    "adjustment": "crude", "headline_adjustment": "crude",
}  # fmt: skip


def made_up(form: str) -> list[dict[str, object]]:
    """Two rows of a form: one with every column filled, and one that is hidden."""
    words = vocabulary()
    full: dict[str, object] = {}
    for name in words.forms[form].columns:
        column = words.column(name)
        kind = column.type.partition("(")[0]
        value = VALUES.get(kind, 1.25)
        if column.codes is not None:
            value = next(iter(words.codes[column.codes]))
        full[name] = FIXED.get(name, value)
    key = words.forms[form].key
    other = next(n for n in reversed(key) if n not in FIXED or n in ("indicator_id", "level"))
    hidden = {
        name: full[name] if name in key or name in FIXED or name.startswith("dimension") else None
        for name in full
    }
    column = words.column(other)
    others = {"DATE": date(2023, 5, 6), "BOOLEAN": False, "VARCHAR": "annat"}
    second = [*words.codes[column.codes]][1] if column.codes is not None else None
    hidden[other] = second or others.get(column.type, 8)
    return [full, hidden | {"value_status": "suppressed"}]


class Shown:
    """What stands in for a table of the door in tests of how a table is written."""

    def __init__(self, form: str, rows: list[dict[str, object]]) -> None:
        self.form = form
        self.data = StratifiedTable.of(form, pa.Table.from_pylist(rows)).data
        self.tier = "extract"


@pytest.fixture(scope="module")
def all_forms():
    return {form: Shown(form, made_up(form)) for form in vocabulary().forms}


@pytest.fixture(scope="module")
def release(all_forms, tmp_path_factory):
    """A folder with every form in parquet, in the database and in both workbooks."""
    folder = tmp_path_factory.mktemp("release")
    for table in all_forms.values():
        write_parquet(table, folder)
    build_database(all_forms, CATALOGUE, FACTS, folder)
    write_workbooks(all_forms, folder, FACTS, SOURCES)
    return folder


@pytest.fixture(scope="module")
def books(release):
    return {path.stem: openpyxl.load_workbook(path) for path in (release / "excel").iterdir()}


WORKING, PUBLISHED = "equity_2024-12_sv", "equity_2024-12_sv_publicerad"


def as_read(sheet, first):
    """The rows of a sheet below its headings, with days as days."""
    rows = sheet.iter_rows(min_row=first + 1, values_only=True)
    return [
        tuple(v.date() if isinstance(v, datetime) else v for v in row)
        for row in rows
        if any(v is not None for v in row)
    ]


def expected(rows, columns):
    """What a sheet shows of rows of a file: numbers, days, truths as they are, codes in words."""
    words = vocabulary()
    made = []
    for row in rows:
        line = []
        for one in columns:
            value = row[one.column.name]
            if one.column.name in ("unit_of_measure", "geography_level"):
                value = {"percent": "procent", "region": "Region"}.get(value, value)
            elif value is not None and one.column.codes is not None:
                value = words.codes[one.column.codes][value].sv
            elif one.column.name.endswith("dimension"):
                value = {"sex": "Kön", "total": "Totalt"}.get(value, value)
            elif one.column.name.endswith("level") and _of_known(one.column.name, row):
                value = {"female": "Kvinnor", "male": "Män", "all": "Alla"}.get(value, value)
            line.append(float(value) if isinstance(value, Decimal) else value)
        made.append(tuple(line))
    return made


def _of_known(name, row):
    of = {"strat2_level": "strat2_dimension"}.get(name, "dimension")
    of = "within_dimension" if name.startswith("within") else of
    of = "population_dimension" if name == "population_level" else of
    return row.get(of) in ("sex", "total")


@pytest.mark.parametrize("form", vocabulary().forms)
def test_every_cell_says_what_the_parquet_file_and_the_database_say(
    form, all_forms, release, books
):
    extract = pq.read_table(release / f"{form}.parquet").to_pylist()
    with duckdb.connect(release / "equity.duckdb", read_only=True) as con:
        held = con.sql(f"from mart.{form}").to_arrow_table().to_pylist()
    assert held == extract
    (table,) = sheets({form: all_forms[form]})
    sheet = books[WORKING][sheet_name(table.form)]
    assert as_read(sheet, 1) == expected(extract, table.columns)
    if sheet.title in books[PUBLISHED].sheetnames:
        assert as_read(books[PUBLISHED][sheet.title], 4) == expected(extract, table.columns)


def test_a_hidden_row_has_its_status_in_words_and_no_number(release, books):
    sheet = books[WORKING]["T2 Skillnadssammanställning"]
    headings = [cell.value for cell in sheet[1]]
    shown, hidden = as_read(sheet, 1)
    status = headings.index(vocabulary().column("value_status").label.sv)
    assert (shown[status], hidden[status]) == ("Redovisas", "Redovisas ej (..)")
    assert [v for v in hidden if isinstance(v, float)] == []
    gap = headings.index(vocabulary().column("gap_harm").label.sv)
    assert (shown[gap], hidden[gap]) == (0.123456, None)
    assert sheet.cell(2, gap + 1).number_format == "0.0%"


def test_the_working_file_has_filters_a_fixed_head_and_sheets_that_explain(books):
    book = books[WORKING]
    assert book.sheetnames[0] == "Läs mig"
    assert book.sheetnames[-3:] == ["Ordlista", "Kodlista", "Källor"]
    sheet = book["T1 Stratifierad redovisning"]
    assert sheet.freeze_panes == "C2"
    assert [cell.value for cell in sheet[1]][:2] == ["Indikator", "Indikatorns namn"]
    assert sheet.auto_filter.ref.startswith("A1:")
    cover = [v for row in book["Läs mig"].iter_rows(values_only=True) for v in row if v]
    assert (
        "Uppgifterna är syntetiska: de handlar inte om verkliga patienter eller enheter." in cover
    )
    assert "0f1e2d3c4b5a" in cover


def test_every_heading_of_a_sheet_stands_in_the_dictionary(books):
    for book in books.values():
        told = {(row[0], row[1]) for row in as_read(book["Ordlista"], 1)}
        for name in book.sheetnames[1:-3]:
            first = 4 if book is books[PUBLISHED] else 1
            assert {(name, cell.value) for cell in book[name][first]} <= told


def test_the_published_file_has_one_marked_table_a_sheet_and_nothing_merged(books):
    book = books[PUBLISHED]
    tables = [sheet for sheet in book.worksheets if sheet.title[:1] == "T"]
    assert {len(sheet.tables) for sheet in tables} == {1}
    assert book["T2 Skillnadssammanställning"].tables["T2_gap"].ref.startswith("A4:")
    assert all(not sheet.merged_cells.ranges for sheet in book.worksheets)
    assert {sheet.freeze_panes for sheet in book.worksheets} == {None}
    assert not [sheet.title for sheet in tables if "enhet" in sheet.title.lower()]


def test_no_text_becomes_a_formula(books, release, tmp_path):
    row = {**made_up("gap")[0], "geography_name": "=HYPERLINK(1)", "focus_label_sv": "+46"}
    path = write_working({"gap": Shown("gap", [row])}, tmp_path / "a" / "b.xlsx", FACTS, SOURCES)
    sheet = openpyxl.load_workbook(path)["T2 Skillnadssammanställning"]
    cells = [c for c in sheet[2] if str(c.value).startswith(("=", "+"))]
    assert [(c.value, c.data_type, c.quotePrefix) for c in cells] == [
        ("=HYPERLINK(1)", "s", True), ("+46", "s", True),
    ]  # fmt: skip
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.xlsx"]
    with zipfile.ZipFile(release / "excel" / f"{WORKING}.xlsx") as held:
        assert not [n for n in held.namelist() if b"<f>" in held.read(n)]


def test_the_same_tables_give_the_same_bytes_at_another_moment(all_forms, release, tmp_path):
    again = write_workbooks(all_forms, tmp_path, FACTS, SOURCES)
    for path in again:
        first = (release / "excel" / path.name).read_bytes()
        assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(first).digest()


def test_the_audit_reads_the_workbooks_and_finds_nothing_behind_the_cells(release):
    held = Attacker(Release(release, ()))
    assert attack_on.attack(held) == []


def test_a_place_has_its_own_words_whatever_dimension_the_row_is_of():
    row = made_up("stratified")[0] | {"dimension": "provider_type", "level": "region"}
    (table,) = sheets({"stratified": Shown("stratified", [row])})
    told = dict(zip((one.column.name for one in table.columns), next(table.values()), strict=True))
    assert told["geography_level"] == "Region"
    assert (told["strat2_dimension"], told["unit_of_measure"]) == ("Totalt", "procent")


def test_the_sheets_stand_in_the_order_of_their_codes(all_forms):
    codes = [one.form.code for one in sheets(all_forms)]
    assert codes[:5] == ["T0", "T0b", "T0c", "T0d", "T1"]
    assert codes[-3:] == ["T10b", "T11", "T12"]


def test_only_the_newest_whole_period_and_the_own_adjustment_stand_in_the_working_file():
    full = made_up("gap")[0]
    rows = [
        full,
        full | {"period_start": date(2023, 1, 1), "period_end": date(2024, 1, 1)},
        full | {"period_kind": "quarter", "period_start": date(2024, 10, 1)},
        full | {"is_headline": False, "adjustment": "need_a"},
    ]
    (table,) = sheets({"gap": Shown("gap", rows)})
    assert [row["adjustment"] for row in table.rows.to_pylist()] == ["crude"]


def test_the_regions_file_has_places_as_a_whole_and_a_units_own_has_its_groups():
    full = made_up("stratified")[0]
    unit = full | {"geography_level": "unit", "geography_code": "E01"}
    rows = [full, unit, unit | {"dimension": "total", "level": "all"}]
    tables = {"stratified": Shown("stratified", rows)}
    (ours,), (theirs,) = sheets(tables), sheets(tables, of_unit=True)
    assert [(row["geography_code"], row["dimension"]) for row in ours.rows.to_pylist()] == [
        ("12", "sex"), ("E01", "total"),
    ]  # fmt: skip
    assert theirs.rows.num_rows == 3


def test_what_came_through_the_door_is_written_as_it_is(disclosed, tmp_path):
    path, _ = write_workbooks(disclosed().tables, tmp_path, FACTS)
    sheet = openpyxl.load_workbook(path)["T2 Skillnadssammanställning"]
    headings = [cell.value for cell in sheet[1]]
    gap = headings.index(vocabulary().column("gap_harm").label.sv)
    assert sheet.cell(2, gap + 1).value == 0.1


@pytest.mark.long
def test_sixty_thousand_rows_are_written_without_being_held(tmp_path):
    row = {name: FIXED[name] for name in vocabulary().forms["deliveries"].columns if name in FIXED}
    rows = pa.Table.from_pylist(
        [row | {"n_rows": n, "layout": f"standard {n}"} for n in range(60_000)]
    )
    table = Shown("deliveries", [row])
    table.data = StratifiedTable.of("deliveries", rows).data
    tracemalloc.start()
    began = time.monotonic()
    path = write_working({"deliveries": table}, tmp_path / "a" / "b.xlsx", FACTS)
    took, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(
        f"60 000 rows, {path.stat().st_size / 1e6:.1f} MB, {took:.1f} s, {peak / 1e6:.0f} MB held"
    )
    assert peak < 60e6


@pytest.mark.long
def test_libre_office_opens_both_and_reads_the_same_cells(release, books, tmp_path):
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        pytest.skip("no soffice: install LibreOffice Calc (apt-get install libreoffice-calc)")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    # sheet -1: every sheet in a file of its own; 59,34,76: semicolons, quotes, UTF-8
    form = "csv:Text - txt - csv (StarCalc):59,34,76,1,,0,false,true,false,false,false,-1"
    files = [str(path) for path in sorted((release / "excel").iterdir())]
    told = subprocess.run(
        [office, "--headless", "--norestore", profile, "--convert-to", form,
         "--outdir", str(tmp_path / "csv"), *files],
        capture_output=True, text=True, check=True, timeout=240,
    )  # fmt: skip
    warned = [line for line in told.stderr.splitlines() if "javaldx" not in line]
    assert not [line for line in warned if "error" in line.lower() or "warn" in line.lower()]
    for stem, book in books.items():
        for sheet in book.worksheets:
            (path,) = (tmp_path / "csv").glob(f"{stem}-{sheet.title}.csv")
            with path.open(encoding="utf-8") as file:
                read = [row for row in csv.reader(file, delimiter=";") if any(row)]
            rows = [
                row
                for row in sheet.iter_rows(values_only=True)
                if any(v not in (None, "") for v in row)
            ]
            assert len(read) == len(rows), sheet.title
            texts = [v for row in rows for v in row if isinstance(v, str)]
            assert {*texts} <= {v for row in read for v in row}, sheet.title
