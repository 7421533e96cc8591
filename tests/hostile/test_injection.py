"""Texts that are commands elsewhere stay texts: in SQL, parquet, workbook, page and log.

Names that the door lets through are delivered; those that it sets aside are added behind it, as if
they had come in. Both are then protected and published as any others, and each product is read
by a reader of its own kind.
"""

from __future__ import annotations

import json
import re
import shutil
import stat
import zipfile
from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from equity_pipeline.extracts.decision_cells import FORMULA_SIGNS
from equity_pipeline.extracts.decision_workbook import read_workbook, write_workbook
from equity_pipeline.pipeline import stages
from equity_pipeline.pipeline.run_log import RunLog
from equity_pipeline.pipeline.tabulating import Tabulated
from equity_pipeline.settings import (
    DeliverySettings,
    DisclosureSettings,
    RegionSettings,
    RunSettings,
    Settings,
)
from equity_pipeline.warehouse.database import open_person
from tests.disclosed import SHARE, before_the_door
from tests.hostile.judging import LAYOUT
from tests.hostile.more import rows, written

DAY = date(2026, 11, 1)
ALLOWED = ("Ek'); drop table raw.unit; --", 'Ek" & Ån', "Robert') or 1=1")
REFUSED = (
    "<script>fetch('//x.example')</script>",
    '"><img src=x onerror=alert(1)>',
    "</title><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    '=HYPERLINK("//x.example","a")',
    "+cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\tdirect",
    "a\nb\x1b[31m\u2028c\x9bd",
    "../../etc/passwd",
)
LOUD = ("script", "img", "iframe", "object", "embed", "link", "base", "form")


@dataclass(frozen=True)
class Made:
    """What was published of hostile texts, and the texts."""

    settings: Settings
    folder: Path
    texts: tuple[str, ...]


def delivered(settings: Settings) -> tuple[str, ...]:
    """Deliver units with names that look like SQL, and return the names that DuckDB holds."""
    assert settings.deliveries.folder is not None
    settings.deliveries.folder.mkdir()
    held = rows()
    for place, name in enumerate(ALLOWED):
        held[place] = held[place] | {"unit_name": name, "unit_id": f"U09{place}"}
    (settings.deliveries.folder / "visits.csv").write_text(written(held), "utf-8")
    stages.load(settings, DAY, None)
    with open_person(settings, read_only=True) as connection:
        names = connection.execute("select distinct unit_name from raw.unit order by 1").fetchall()
    return tuple(name for (name,) in names if name in ALLOWED)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    home = tmp_path_factory.mktemp("injection")
    settings = Settings(
        region=RegionSettings(name=REFUSED[1]),
        run=RunSettings(home=home / "out", indicators=("VT01",)),
        deliveries=DeliverySettings(
            folder=home / "in",
            layouts=(LAYOUT,),
            owner="the region",
            purpose="tests",
            legal_basis="none",
        ),
        disclosure=DisclosureSettings(reason=REFUSED[0]),
    )
    texts = (*delivered(settings), *REFUSED)
    gaps = [
        SHARE
        | {"indicator_name_sv": text, "dimension_label_sv": text, "focus_label_sv": text}
        | {"focus_level": f"level_{place}", "reference_label_sv": text}
        for place, text in enumerate(texts)
    ]
    forms, persons = before_the_door(gaps)
    sources = ({"title": REFUSED[0], "path": "https://www.kolada.se"},)
    tabulated = Tabulated(forms, persons, {"VT01": "proportion"}, sources, {}, {})
    disclosed = stages.disclose(settings, tabulated)
    return Made(settings, stages.publish(settings, DAY, "run-1", disclosed, tabulated), texts)


def test_names_that_look_like_sql_are_delivered_and_kept_as_names(made: Made) -> None:
    assert set(ALLOWED) <= set(made.texts)
    with open_person(made.settings, read_only=True) as connection:
        assert connection.execute("select count(*) from raw.contact").fetchall() == [(20,)]


def test_the_published_rows_hold_the_texts_as_they_are(made: Made) -> None:
    frame = pq.read_table(made.folder / "gap.parquet")
    assert set(frame["focus_label_sv"].to_pylist()) == set(made.texts)
    with duckdb.connect(str(made.folder / "equity.duckdb"), read_only=True) as connection:
        held = connection.execute("select distinct focus_label_sv from mart.gap").fetchall()
        facts = dict(connection.execute("from meta.run").fetchall())
        tables = connection.execute("select count(*) from duckdb_tables()").fetchall()
    assert {text for (text,) in held} == set(made.texts)
    assert facts["region_name"] == REFUSED[1] and facts["disclosure"] == REFUSED[0]
    assert tables[0][0] > 10


class Reader(HTMLParser):
    """Every element with its attributes, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("page", ["index.html", "kvalitet.html"])
def test_a_page_shows_the_texts_and_has_no_element_of_theirs(made: Made, page: str) -> None:
    reader = Reader()
    reader.feed((made.folder / page).read_text("utf-8"))
    assert [tag for tag, _ in reader.elements if tag in LOUD] == []
    loud = [name for _, held in reader.elements for name in held if name.startswith("on")]
    assert loud == []
    assert REFUSED[1] in "".join(reader.texts)
    [policy] = [held["content"] for tag, held in reader.elements if "http-equiv" in held]
    assert policy is not None
    told = dict(one.strip().split(" ", 1) for one in policy.split(";"))
    assert told["default-src"] == told["base-uri"] == told["form-action"] == "'none'"
    assert "script-src" not in told
    shown = {value for _, held in reader.elements for value in held.values() if value}
    assert not any(value.startswith(("http:", "//", "javascript:")) for value in shown)


def test_a_browser_runs_and_fetches_nothing_of_them(made: Made) -> None:
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="no playwright: `make test` installs it"
    )
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium: install chromium or google-chrome so that it is found by name")
    heard: list[str] = []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        page = browser.new_page(offline=True)
        page.on("dialog", lambda one: heard.append(one.message))
        page.on("console", lambda one: heard.append(one.text))
        page.on("request", lambda one: heard.append(one.url))
        page.goto((made.folder / "index.html").as_uri())
        text = page.locator("body").text_content()
        browser.close()
    assert heard == [(made.folder / "index.html").as_uri()]
    assert REFUSED[1] in text


def test_a_workbook_holds_texts_and_no_formula(tmp_path: Path) -> None:
    texts = [text for text in REFUSED if text.isprintable() or text.startswith("\t")]
    cases = [
        {"case_id": text, "indicator_name_sv": text, "owner": text, "unit_of_measure": "percent"}
        for text in texts
    ]
    path = write_workbook(tmp_path / "decisions.xlsx", cases, "=1+1")
    sheet = openpyxl.load_workbook(path)["Ärenden"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.value in texts]
    assert {cell.data_type for cell in cells} == {"s"} and len(cells) == 3 * len(texts)
    assert all(cell.quotePrefix for cell in cells if str(cell.value).startswith(FORMULA_SIGNS))
    with zipfile.ZipFile(path) as held:
        parts = [held.read(name) for name in held.namelist() if "worksheets" in name]
    assert [part for part in parts if b"<f>" in part] == []
    assert all(row.formulas == frozenset() for row in read_workbook(path).rows)
    assert read_workbook(path).run_id == "=1+1"


def test_a_line_of_the_log_is_one_line_whatever_stands_in_it(tmp_path: Path) -> None:
    with RunLog(tmp_path, as_of=DAY) as log:
        for text in (*ALLOWED, *REFUSED):
            log.event("warning", words=text)
    lines = log.path.read_text("utf-8").splitlines()
    assert len(lines) == 2 + len(ALLOWED) + len(REFUSED)
    told = [json.loads(line) for line in lines]
    assert [one["words"] for one in told[1:-1]] == [*ALLOWED, *REFUSED]
    assert all(line.isprintable() for line in lines)


OF_OURS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*|period=[A-Za-z0-9_-]+")


def test_no_published_name_is_made_of_a_text(made: Made) -> None:
    names = [path.name for path in made.folder.rglob("*")]
    assert [name for name in names if not OF_OURS.fullmatch(name)] == []
    files = [path for path in made.folder.iterdir() if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o640}
