"""The pages in a real browser without a network: quiet, whole, no wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from equity_pipeline.report.pages import write_index
from equity_pipeline.report.quality_page import write_quality
from equity_pipeline.tables.table import StratifiedTable
from equity_pipeline.vocabulary import vocabulary
from tests.described import Published
from tests.disclosed import FACTS, SHARE, disclosed_tables

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: `make test` installs it"
)
WIDTHS = (360, 1280)


def long_rows() -> list[dict[str, object]]:
    """A row for every dimension, with the labels that the dictionary has for it."""
    words = vocabulary()
    return [
        SHARE
        | {
            "dimension": name,
            **{
                f"{part}_label_{code}": getattr(label, code)
                for part, label in (
                    ("dimension", one.label),
                    ("focus", words.level_label(name, one.focus)),
                    ("reference", words.level_label(name, one.reference)),
                )
                for code in ("sv", "en")
            },
        }
        for name, one in words.dimensions.items()
        if one.focus and one.reference
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("pages")
    tables = disclosed_tables(long_rows())
    write_index(tables, FACTS, made)
    write_quality(tables, FACTS, made)
    return made


@pytest.fixture(scope="module")
def page_file(folder: Path) -> Path:
    return folder / "index.html"


@pytest.fixture(params=WIDTHS)
def seen(browser, page_file, request) -> Iterator[tuple[playwright.Page, list[str], list[str]]]:
    """The page at a width, with what was requested and what the console said."""
    context = browser.new_context(
        viewport={"width": request.param, "height": 800}, offline=True, locale="sv-SE"
    )
    page = context.new_page()
    requests: list[str] = []
    said: list[str] = []
    page.on("request", lambda one: requests.append(one.url))
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda one: said.append(str(one)))
    page.goto(page_file.as_uri())
    yield page, requests, said
    context.close()


def test_the_page_asks_for_itself_alone_and_the_console_is_silent(seen, page_file):
    _, requests, said = seen
    assert requests == [page_file.as_uri()]
    assert said == []


def test_the_page_renders_its_heading_its_figure_and_its_table(seen):
    page, _, _ = seen
    assert page.locator("h1").inner_text() == "Jämlik vård: skillnader i primärvården"
    assert page.locator("figure svg").bounding_box()["width"] > 250
    assert page.locator("details[open] tbody tr").count() == len(long_rows())


def test_nothing_is_wider_than_the_screen_also_when_all_is_unfolded(seen):
    page, _, _ = seen
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_labels_of_the_figure_are_not_cut(seen):
    page, _, _ = seen
    edge = page.locator("figure svg").bounding_box()
    for label in page.locator("figure svg text").all():
        box = label.bounding_box()
        assert box["x"] >= edge["x"] - 1
        assert box["x"] + box["width"] <= edge["x"] + edge["width"] + 1, label.text_content()


def test_a_wide_table_can_be_scrolled_with_the_keyboard(seen):
    page, _, _ = seen
    for region in page.locator(".scroll").all():
        assert region.get_attribute("tabindex") == "0"
        assert region.get_attribute("aria-label")


def test_the_start_page_prints_on_two_sheets_also_with_ten_differences(browser, tmp_path):
    gaps = StratifiedTable.of("gap", pa.Table.from_pylist(long_rows()))
    told = disclosed_tables() | {"gap": Published(gaps.data)}
    swedish, _ = write_index(told, FACTS, tmp_path)
    page = browser.new_page(offline=True)
    page.goto(swedish.as_uri())
    assert page.locator("ol.picks > li").count() == 10
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2
    page.close()


def test_the_page_of_checks_fits_the_screen_is_silent_and_leads_back(browser, folder):
    said: list[str] = []
    page = browser.new_page(viewport={"width": 360, "height": 800}, offline=True)
    page.on("console", lambda one: said.append(one.text))
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("link", name="Underlag och kontroller").first.click()
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert page.locator("h1").inner_text() == "Underlag och kontroller"
    assert page.locator("details tbody tr").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_role("link", name="Start").click()
    assert page.url == (folder / "index.html").as_uri()
    assert said == []
    page.close()
