"""What stands beside the tables of a release is attacked: copies, pages, workbooks, the folder."""

from __future__ import annotations

import base64
import json
import zipfile

import duckdb
import pyarrow.csv as pc
import pytest
from openpyxl import Workbook
from openpyxl.styles import Font

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.audit import audit
from equity_pipeline.audit.metadata import attack as metadata
from equity_pipeline.audit.pages import attack as pages
from equity_pipeline.audit.release import Release, read_release
from equity_pipeline.audit.workbooks import attack as workbooks
from tests.unit.audit.conftest import RECTANGLE, rows_of, table

SMALL = ("pre_secondary", "male")
SHOWN = rows_of(RECTANGLE - {SMALL})  # a good release hides this one too


def found(attack, folder):
    """Return where an attack on the files of a folder alone finds something."""
    return {one.column for one in attack(Attacker(Release(folder, ())))}


def write_csv(folder, rows, name="stratified"):
    folder.mkdir(parents=True, exist_ok=True)
    pc.write_csv(table(rows), folder / f"{name}.csv", pc.WriteOptions(delimiter=";"))


def test_a_table_for_excel_that_shows_what_its_file_hides_is_attacked(released):
    folder = released(stratified=rows_of())
    write_csv(folder / "csv", rows_of())
    assert [one.file for one in read_release(folder).sources] == ["stratified.parquet"]
    write_csv(folder / "csv", SHOWN)
    with zipfile.ZipFile(folder / "csv" / "stratified.csv.zip", "w") as packed:
        packed.write(folder / "csv" / "stratified.csv", "stratified.csv")
    (folder / "csv" / "stratified.csv").unlink()
    told = {
        (o.attack, o.column, o.key.level, o.key.sex) for o in audit(read_release(folder)).findings
    }
    assert ("small", "numerator", *SMALL) in told


def test_a_table_by_period_that_shows_what_the_whole_hides_is_attacked(released, tmp_path):
    folder = released(stratified=rows_of())
    released("period", stratified=SHOWN)
    (folder / "history").mkdir()
    (tmp_path / "period").rename(folder / "history" / "period=2024")
    told = {(one.attack, one.file) for one in audit(read_release(folder)).findings}
    assert ("small", "history/period=2024/stratified.parquet") in told


@pytest.mark.parametrize(("rows", "leaks"), [(rows_of(), False), (SHOWN, True)])
def test_what_a_unit_is_handed_is_held_against_what_everybody_has(released, tmp_path, rows, leaks):
    """A unit's own folder with the region's cell that the release hides, or without it."""
    folder = released(stratified=rows_of())
    released("unit", stratified=[row | {"disclosure_tier": "unit"} for row in rows])
    (folder / "units").mkdir()
    (tmp_path / "unit").rename(folder / "units" / "S1")
    (folder / "units" / "S1" / "datapackage.json").write_text("{}")
    told = {(one.attack, one.file) for one in audit(read_release(folder)).findings}
    assert (("small", "units/S1/stratified.parquet") in told) is leaks
    assert bool(told) is leaks


OF_LEVELS = {
    ("all", "all"): (300, 150),
    ("pre_secondary", "all"): (60, 30),
    ("upper_secondary", "all"): (7, 4),
    ("post_secondary", "all"): (233, 117),
}
LEVELS = frozenset(key for key in OF_LEVELS if key[0] != "all")


@pytest.mark.parametrize("leaking", [None, 0, 1, 2, 3, 4])
def test_a_leak_is_named_where_one_unit_has_it_and_not_where_several_would(
    released, tmp_path, leaking
):
    """The folders of the first two leave the small level; nobody is handed both."""
    folder = released(stratified=rows_of(LEVELS, OF_LEVELS))
    handed = [["pre_secondary"], ["post_secondary"], [], [], []]
    if leaking is not None:
        handed[leaking] = ["upper_secondary"]
    (folder / "units").mkdir()
    for number, levels in enumerate(handed):
        told = rows_of(LEVELS - {(one, "all") for one in levels}, OF_LEVELS)
        released("unit", stratified=[row | {"disclosure_tier": "unit"} for row in told])
        (tmp_path / "unit").rename(folder / "units" / f"S{number}")
        (folder / "units" / f"S{number}" / "datapackage.json").write_text("{}")
    verdict = audit(read_release(folder))
    named = {one.file.split("/")[1] for one in verdict.findings if one.file.startswith("units/")}
    assert named == (set() if leaking is None else {f"S{leaking}"})
    assert (len(verdict.findings) > 0) is (leaking is not None)
    assert not verdict.unjudged


def data(mime, text):
    return f"data:{mime};base64,{base64.b64encode(text.encode()).decode()}"


GOOD = "<style>.n{color:#000} @media print{.p{display:none}}</style><p class='p'>5</p>"
PAGES = {
    "title": "<svg><g><title>3 of 19</title><text>..</text></g></svg>",
    "data-n": "<table><tr data-n='3'><td>..</td></tr></table>",
    "aria-label": "<svg><g aria-label='3 of 19'><text>..</text></g></svg>",
    "tr title": "<table><tr title='3'><td>..</td></tr></table>",
    "data file": f"<a href='{data('text/csv', 'Group;n' + chr(10) + 'a;3')}'>a</a>",
    "data image": f"<img src='{data('image/png', 'x')}'>",
    "class": "<style>.gone{display:none}</style><p class='gone'>3</p>",
    "template": "<template><p>3</p></template>",
    "drawn": "<svg><text opacity='0'>3</text></svg>",
    "aside": "<p style='position:absolute;left:-9999px'>3</p>",
    "meta": "<meta name='smallest' content='3'>",
    "script": "<script>const n = 3</script>",
    "field": "<input type='hidden' value='3'>",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_number_that_a_page_holds_and_does_not_show_is_found(tmp_path, name):
    (tmp_path / "index.html").write_text(GOOD)
    assert found(pages, tmp_path) == set()
    (tmp_path / "index.html").write_text(GOOD + PAGES[name])
    assert found(pages, tmp_path)


def test_a_table_within_a_page_that_has_what_the_page_shows_is_no_leak(tmp_path):
    link = data("text/csv", "Group;n;diff\na;14;-1,5\nb;..;..")
    page = f"<td>14</td><td>\N{MINUS SIGN}1,5</td><td>..</td><a href='{link}'>a</a>"
    (tmp_path / "index.html").write_text(page)
    assert found(pages, tmp_path) == set()


def add(path, name, raw):
    with zipfile.ZipFile(path, "a") as packed:
        packed.writestr(name, raw)


def remark(path):
    with zipfile.ZipFile(path, "a") as packed:
        packed.comment = b"n = 3"


def change(path, **properties):
    book = Workbook()
    for name, value in properties.items():
        setattr(book.properties, name, value)
    book.save(path)


def white(path):
    book = Workbook()
    book.active["A1"], book.active["A1"].font = 3, Font(color="FFFFFFFF")
    book.save(path)


def narrow(path):
    book = Workbook()
    book.active["B1"] = 3
    book.active.column_dimensions["B"].hidden = True
    book.save(path)


BOOKS = {
    "custom properties": lambda path: add(path, "docProps/custom.xml", "<p>3</p>"),
    "keywords": lambda path: change(path, keywords="n = 3"),
    "description": lambda path: change(path, description="hidden: 3"),
    "a sheet of no book": lambda path: add(path, "xl/worksheets/sheet9.xml", "<worksheet/>"),
    "a cache": lambda path: add(path, "xl/pivotCache/records1.xml", "<r/>"),
    "an unused text": lambda path: add(path, "xl/sharedStrings.xml", "<si>3</si>"),
    "bytes beside": remark,
    "white on white": white,
    "a hidden column": narrow,
}  # fmt: skip


@pytest.mark.parametrize("name", BOOKS)
def test_what_a_workbook_holds_in_no_cell_that_is_seen_is_found(tmp_path, name):
    path = tmp_path / "tables.xlsx"
    change(path, title="Tables", description="Run ddade693fb20")
    assert found(workbooks, tmp_path) == set()
    BOOKS[name](path)
    assert found(workbooks, tmp_path)


def test_files_and_facts_that_a_release_does_not_have_are_found(tmp_path):
    with zipfile.ZipFile(tmp_path / "gap.csv.zip", "w") as packed:
        packed.writestr("gap.csv", "n")
    field = {"name": "n", "type": "integer", "constraints": {"required": True}}
    resource = {"path": "gap.parquet", "schema": {"fields": [field]}}
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    (tmp_path / "SHA256SUMS").write_text("00  gap.csv.zip\n00  datapackage.json\n")
    assert found(metadata, tmp_path) == set()
    with zipfile.ZipFile(tmp_path / "gap.csv.zip", "a") as packed:
        packed.writestr("raw.csv", "3")
    (tmp_path / "cells.json").write_text("3")
    (tmp_path / "notes.md").write_text("3")
    field["constraints"]["minimum"] = 3
    (tmp_path / "datapackage.json").write_text(json.dumps({"resources": [resource]}))
    told = {(one.attack, one.file) for one in metadata(Attacker(Release(tmp_path, ())))}
    assert told == {
        ("extra_file", "gap.csv.zip"),
        ("extra_file", "cells.json"),
        ("extra_file", "notes.md"),
        ("metadata", "datapackage.json"),
    }


@pytest.mark.parametrize(
    ("done", "attack"),
    [
        ("delete from mart.gap where n = 3", "unreferenced_rows"),
        ("comment on column mart.gap.n is 'at least 3'", "comment"),
        ("create schema scratch; create table scratch.n as select 3", "extra_column"),
    ],
)
def test_what_a_database_holds_beside_its_rows_is_found(tmp_path, done, attack):
    with duckdb.connect(str(tmp_path / "equity.duckdb")) as connection:
        connection.execute("create schema mart")
        connection.execute("create table mart.gap as select i + 3 as n from range(3000) t(i)")
        connection.execute("comment on table mart.gap is 'Skillnad | Gap'; checkpoint")
    assert found(metadata, tmp_path) == set()
    with duckdb.connect(str(tmp_path / "equity.duckdb")) as connection:
        connection.execute(done)
    assert {one.attack for one in metadata(Attacker(Release(tmp_path, ())))} == {attack}
