"""Every page type in a real browser: accessible, quiet, nothing upon another, nothing cut."""

from __future__ import annotations

import fnmatch
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from equity_pipeline.report.accessibility.page import held_to
from tests.whole_report import whole_report

if TYPE_CHECKING:
    from playwright.sync_api import Page

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="no axe: `make test` installs it"
)
PAGES = (
    "index.html", "en/index.html", "kvalitet.html", "en/kvalitet.html", "metod.html",
    "en/metod.html", "tillganglighet.html", "en/tillganglighet.html", "indikator/index.html",
    "en/indikator/index.html", "indikator/VT01.html", "en/indikator/VT01.html",
    "enhet/index.html", "en/enhet/index.html", "enhet/SE-0003.html", "en/enhet/SE-0003.html",
    "program/index.html", "en/program/index.html", "program/program-A.html",
    "en/program/program-A.html", "program/program-A-VT01.html", "en/program/program-A-VT01.html",
    "enhet/liknande-other-large.html", "en/enhet/liknande-other-large.html",
    "vardkedjor.html", "en/vardkedjor.html", "beslut.html", "en/beslut.html",
)  # fmt: skip
WIDTHS = held_to().widths
BEYOND = "document.documentElement.scrollWidth - window.innerWidth"
UNFOLD = "document.querySelectorAll('details').forEach(one => one.open = true)"
# Pairs of texts of one figure whose boxes overlap by more than a hair, and texts cut by its edge.
FIGURES = """() => {
  const upon = [], cut = [];
  for (const figure of document.querySelectorAll('svg')) {
    const edge = figure.getBoundingClientRect();
    const boxes = [...figure.querySelectorAll('text')].map(
      one => [one.textContent, one.getBoundingClientRect()]);
    boxes.forEach(([words, a], at) => {
      if (a.left < edge.left - 1 || a.right > edge.right + 1 ||
          a.top < edge.top - 1 || a.bottom > edge.bottom + 1) cut.push(words);
      for (const [other, b] of boxes.slice(at + 1)) {
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 3) upon.push([words, other]);
      }
    });
  }
  return {upon, cut};
}"""
# Words of the page that stick out of their box: what a reader would see cut or upon another.
SPILT = """() => [...document.querySelectorAll('h1, h2, p, li, dt, dd, th, td, summary')]
  .filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0 &&
                 getComputedStyle(one).display !== 'inline')
  .map(one => one.textContent.trim().slice(0, 60))"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll('svg text')].map(
  one => parseFloat(getComputedStyle(one).fontSize) *
         one.ownerSVGElement.getBoundingClientRect().width /
         (one.ownerSVGElement.viewBox.baseVal.width ||
          one.ownerSVGElement.getBoundingClientRect().width)))"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_report(tmp_path_factory.mktemp("report"))


def test_every_type_of_page_that_is_told_to_be_tested_is_tested_in_both_languages(folder):
    told = [pattern for patterns in held_to().pages.values() for pattern in patterns]
    own = [name.removeprefix("en/") for name in PAGES]
    assert [one for one in told if len(fnmatch.filter(own, one)) < 2] == []
    written = {str(one.relative_to(folder)) for one in folder.rglob("*.html")}
    types = [str(one).removeprefix("en/") for one in written]
    assert [one for one in types if not any(fnmatch.fnmatch(one, like) for like in told)] == []


def test_what_is_told_to_be_tried_is_tried_by_a_test_of_that_name():
    assert [name for name in held_to().tried.values() if not callable(globals().get(name))] == []


@dataclass(frozen=True)
class Seen:
    """A page that is open with all unfolded, and what went wrong or out on the way."""

    page: Page
    told: list[str]

    def at(self, width: int, script: str) -> Any:
        """Return what a script says of the page on a screen of that width."""
        size = {"width": width, "height": 900}
        if self.page.viewport_size != size:
            self.page.set_viewport_size(size)
        return self.page.evaluate(script)

    def at_all(self, script: str) -> dict[int, Any]:
        """Return what a script says of the page at every width."""
        return {width: self.at(width, script) for width in WIDTHS}


@pytest.fixture(scope="module", params=PAGES)
def seen(browser, folder, request) -> Iterator[Seen]:
    """Each page, opened once for all that is asked of it."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    told: list[str] = []
    here = (folder / request.param).as_uri()
    page.on("request", lambda one: told.append(one.url) if one.url != here else None)
    page.on("console", lambda one: told.append(one.text))
    page.on("pageerror", lambda one: told.append(str(one)))
    page.goto(here)
    page.evaluate(UNFOLD)
    yield Seen(page, told)
    context.close()


def test_nothing_is_wider_than_the_screen_and_no_words_stick_out(seen):
    assert max(seen.at_all(BEYOND).values()) <= 0
    assert seen.at_all(SPILT) == {width: [] for width in WIDTHS}


def test_no_text_of_a_figure_lies_upon_another_or_is_cut(seen):
    clean: dict[str, list[str]] = {"upon": [], "cut": []}
    assert seen.at_all(FIGURES) == dict.fromkeys(WIDTHS, clean)


def test_the_smallest_letters_of_a_figure_can_be_read(seen):
    if seen.page.locator("svg text").count():
        assert min(seen.at_all(SMALLEST).values()) >= 8


def test_axe_finds_no_violation(seen):
    seen.at(1280, "1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = axe.Axe().run(seen.page).response
    found = told["violations"]
    assert len(told["passes"]) > 15  # it has looked at the page
    assert told["testEngine"]["version"] == held_to().axe
    assert [(one["id"], [n["html"][:120] for n in one["nodes"][:3]]) for one in found] == []


def test_a_printed_page_is_no_wider_than_its_paper(seen):
    """A4 within its margins is 186 mm, 703 pixels of the style sheet."""
    seen.page.emulate_media(media="print")
    beyond = seen.at(703, BEYOND)
    seen.page.emulate_media(media="screen")
    assert beyond <= 0


def test_no_request_leaves_a_page_and_its_console_is_silent(seen):
    assert seen.told == []


def test_a_page_reads_at_400_per_cent(browser, folder):
    """A screen of 1280 at 400 per cent is 320 wide: text reflows, tables scroll in themselves."""
    page = browser.new_page(viewport={"width": 320, "height": 256}, offline=True)
    page.goto((folder / "indikator/VT01.html").as_uri())
    assert page.evaluate(BEYOND) <= 0
    page.close()


def test_the_keyboard_reaches_the_content_first_and_then_each_link_and_table_in_order(
    browser, folder
):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    page.goto((folder / "indikator/VT01.html").as_uri())
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent.trim()"))
    assert reached[:6] == [
        "Hoppa till innehållet", "Start", "Alla indikatorer", "Underlag och kontroller",
        "In English", "Visa som tabell",
    ]  # fmt: skip
    page.close()


def test_the_same_page_in_the_other_language_is_one_step_away(browser, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    page.goto((folder / "indikator/VT01.html").as_uri())
    page.get_by_role("link", name="In English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() == "Medical assessment within 3 days"
    page.get_by_role("link", name="På svenska").click()
    assert page.url == (folder / "indikator/VT01.html").as_uri()
    page.close()


def test_the_style_of_a_page_is_let_in_by_its_own_policy(browser, folder):
    page = browser.new_page(viewport={"width": 1280, "height": 900}, offline=True)
    page.goto((folder / "indikator/VT01.html").as_uri())
    assert page.evaluate("getComputedStyle(document.querySelector('.grid')).display") == "grid"
    page.close()
