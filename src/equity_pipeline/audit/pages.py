"""Pages: numbers in attributes of empty cells, in hidden parts, in comments and scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import Finding, Key

ATTACK = "page"
HIDDEN_SIGN = ".."
NUMBER = re.compile(r"\d")
HARMLESS = {"class", "id", "colspan", "rowspan", "scope", "headers", "href", "lang", "for", "role"}
UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![\d.])")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# the outlines of figures have numbers, but none of the svg's own parts is a cell of a table
DRAWN = {"svg"}


def attack(by: Attacker) -> list[Finding]:
    """Return what the source of a page tells and the page does not show."""
    found = []
    for path in by.release.files():
        if path.suffix in (".html", ".htm"):
            name = path.relative_to(by.release.folder).as_posix()
            found += [Finding(ATTACK, Key(), what, name, words) for what, words in _of_page(path)]
    return found


def _of_page(path: Path) -> Iterator[tuple[str, str]]:
    page = _Page()
    page.feed(path.read_text("utf-8", errors="replace"))
    page.close()
    return iter(sorted(set(page.found)))


class _Page(HTMLParser):
    """Reads a page and notes what its source tells beyond what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.open: list[tuple[str, dict[str, str], bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        unseen = "hidden" in known or bool(UNSEEN.search(known.get("style", "")))
        if tag not in VOID:
            self.open.append((tag, known, unseen))
        elif tag == "input" and known.get("type") == "hidden" and NUMBER.search(str(known)):
            self.found.append(("input", "a hidden field holds a number"))

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.open or not data.strip():
            return
        tag, known, _ = self.open[-1]
        if data.strip() == HIDDEN_SIGN:
            for name in sorted(set(known) - HARMLESS):
                if NUMBER.search(known[name]):
                    words = "a cell that shows the sign for hidden has a number in its source"
                    self.found.append((name, words))
        if NUMBER.search(data) and any(one[2] for one in self.open):
            self.found.append((tag, "a part of the page that is not shown holds numbers"))
        if tag == "script" and re.search(r"suppressed", data):
            self.found.append((tag, "a script holds rows that are marked as hidden"))

    def handle_comment(self, data: str) -> None:
        if NUMBER.search(data):
            self.found.append(("comment", "a comment of the page's source holds numbers"))
