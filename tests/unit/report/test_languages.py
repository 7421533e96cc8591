"""Each page stands in Swedish and in English, whole, and neither speaks the other's language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from equity_pipeline.report.speech import LANGUAGES, speech
from equity_pipeline.vocabulary import vocabulary
from tests.programmes import STEPS
from tests.whole_report import whole_report

OTHER = {"sv": "en", "en": "sv"}
VOID = {"meta", "br", "hr", "img", "link", "input"}
SPOKEN_ATTRIBUTES = ("aria-label", "title", "alt")
SHORTEST = 12  # letters; a shorter piece of a sentence can stand in both languages


class Page(HTMLParser):
    """What a page says in its own language, its links, and its ids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, bool]] = []
        self.said: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag, attrs):
        held = dict(attrs)
        other = ("lang" in held and tag != "html") or any(one for _, one in self.open)
        if tag not in VOID:
            self.open.append((tag, other or tag == "style"))
        if not other:
            self.said += [held[name] for name in SPOKEN_ATTRIBUTES if held.get(name)]
        self.links += [held["href"]] if held.get("href") else []
        self.ids += [held["id"]] if held.get("id") else []

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop()[0] == tag

    def handle_data(self, data):
        if not any(other for _, other in self.open):
            self.said.append(data)


def read(path: Path) -> Page:
    page = Page()
    page.feed(path.read_text("utf-8"))
    assert page.open == []
    return page


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_report(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def pages(report: Path) -> dict[str, dict[str, Page]]:
    """The pages of each language by their place in it."""
    english = {
        str(one.relative_to(report / "en")): read(one) for one in (report / "en").rglob("*.html")
    }
    swedish = {
        str(one.relative_to(report)): read(one)
        for one in report.rglob("*.html")
        if report / "en" not in one.parents
    }
    return {"sv": swedish, "en": english}


def pieces(words: str) -> Iterator[str]:
    """Yield what stands between the places for values."""
    for one in re.split(r"{\w*}", words):
        yield re.sub(r"\s+", " ", one).strip(" .,:;()–")


def sentences(code: str) -> set[str]:
    """Return every piece of a sentence, and every label, that is this language's alone."""
    held: dict[str, set[str]] = {}
    for language in LANGUAGES:
        words = [w for part in speech(language).words.values() for w in part.values()]
        flat = [str(one) for w in words for one in (w if isinstance(w, list) else [w])]
        labels = [one for codes in vocabulary().codes.values() for one in codes.values()]
        flat += [speech(language).word(one) for one in labels]
        held[language] = {piece for one in flat for piece in pieces(one)}
    alone = held[code] - held[OTHER[code]] - {name for name, *_ in STEPS}  # invented for a test
    return {one for one in alone if len(one) >= SHORTEST}


def test_both_languages_have_the_same_pages(pages):
    assert set(pages["sv"]) == set(pages["en"])
    assert {"index.html", "kvalitet.html", "metod.html", "tillganglighet.html"} <= set(pages["en"])


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_page_speaks_the_other_language(pages, code):
    foreign = sentences(OTHER[code])
    assert len(foreign) > 500
    found = {}
    for name, page in pages[code].items():
        said = re.sub(r"\s+", " ", " ¤ ".join(page.said))
        if wrong := sorted(one for one in foreign if one in said):
            found[name] = wrong
    assert found == {}


def test_a_page_that_speaks_the_other_language_would_be_seen(pages):
    said = " ".join(pages["sv"]["index.html"].said)
    assert any(one in said for one in sentences("sv"))


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_link_leads_to_a_file_of_the_release_or_to_a_place_of_the_page(report, pages, code):
    root = report if code == "sv" else report / "en"
    for name, page in pages[code].items():
        assert len(page.ids) == len(set(page.ids)), name
        for link in page.links:
            if link.startswith("#"):
                assert link[1:] in page.ids, (name, link)
            elif not link.startswith(("data:", "https://")):
                assert ((root / name).parent / link).resolve().is_file(), (name, link)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_page_leads_to_the_methods_the_statement_and_itself_in_the_other_language(
    report, pages, code
):
    root = report if code == "sv" else report / "en"
    other = report if code == "en" else report / "en"
    for name, page in pages[code].items():
        reached = {((root / name).parent / one).resolve() for one in page.links}
        asked = {root / "metod.html", root / "tillganglighet.html", other / name}
        assert {one.resolve() for one in asked} <= reached, name
