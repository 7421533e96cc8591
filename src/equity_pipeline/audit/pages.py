"""Pages: numbers behind the sign for hidden, in parts that are not shown, in files within them."""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_to_bytes

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import Finding, Key

ATTACK = "page"
HIDDEN_SIGN = ".."
NUMBER = re.compile(r"\d")
HARMLESS = {"class", "id", "colspan", "rowspan", "scope", "headers", "href", "lang", "for", "role"}
UNSEEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![\d.])"
    r"|opacity\s*:\s*0(?![\d.])|color\s*:\s*transparent|(?:left|top|indent)\s*:\s*-\d{3}"
)
# the same in the words of a drawing
NOT_DRAWN = {"display": "none", "visibility": "hidden", "opacity": "0", "fill-opacity": "0"}
NEVER_SHOWN = {"template", "noscript", "metadata", "datalist", "object"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
# where the sign stands in a figure, and in which colour
OF_FIGURES = HARMLESS | {"x", "y", "dx", "dy", "fill", "text-anchor", "font-size", "transform"}
# the outlines of figures have numbers, but none of the svg's own parts is a cell of a table
DRAWN = {"svg"}
# what a row, or a group of a figure, lies in: it tells of more than the cell
AROUND = {"svg", "table", "tbody", "thead", "body", "section", "main", "dl", "ul", "div"}
SAID = {"title", "desc"}
META = {"viewport", "description", "generator", "author", "color-scheme"}
TABLE = "data:text/csv"
BETWEEN = re.compile(r"\s|(?<=\d),(?=\d{3}(?!\d))")  # blanks, and the comma in an English 1,234
SAME = str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"})
STYLE = re.compile(r"\.([\w-]+)\s*\{([^}]*)\}")
PRINT = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")


def attack(by: Attacker) -> list[Finding]:
    """Return what the source of a page tells and the page does not show."""
    found = []
    for path in by.release.files():
        if path.suffix in (".html", ".htm", ".svg"):
            name = path.relative_to(by.release.folder).as_posix()
            found += [Finding(ATTACK, Key(), what, name, words) for what, words in _of_page(path)]
    return found


def _of_page(path: Path) -> Iterator[tuple[str, str]]:
    page = _Page()
    page.feed(path.read_text("utf-8", errors="replace"))
    page.close()
    page.files_within()
    return iter(sorted(set(page.found)))


@dataclass
class _Open:
    """An element that is not closed yet: what it says, and whether the sign stands in it."""

    tag: str
    known: dict[str, str]
    unseen: bool
    says_number: bool = False
    has_sign: bool = False


class _Page(HTMLParser):
    """Reads a page and notes what its source tells beyond what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self.open: list[_Open] = []
        self.unseen: set[str] = set()  # classes that the page's style does not show
        self.files: list[str] = []
        self.shown: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self._look(tag, known)
        if tag not in VOID:
            self.open.append(_Open(tag, known, self._is_unseen(tag, known)))

    def _look(self, tag: str, known: dict[str, str]) -> None:
        """Note what an element tells by itself."""
        self.files += [one for one in known.values() if one.lstrip().lower().startswith("data:")]
        held = NUMBER.search(known.get("content", ""))
        if tag == "meta" and held and "name" in known and known["name"] not in META:
            self.found.append(("meta", "a fact about the page holds numbers"))
        if tag == "input" and known.get("type") == "hidden" and NUMBER.search(str(known)):
            self.found.append(("input", "a hidden field holds a number"))

    def _is_unseen(self, tag: str, known: dict[str, str]) -> bool:
        return (
            "hidden" in known
            or tag in NEVER_SHOWN
            or bool(UNSEEN.search(known.get("style", "")))
            or any(known.get(name) == value for name, value in NOT_DRAWN.items())
            or not self.unseen.isdisjoint(known.get("class", "").split())
        )

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            one = self.open.pop()
            if one.says_number and one.has_sign:
                words = "what is said of something that shows the sign for hidden holds a number"
                self.found.append((one.tag, words))
            if one.tag == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self.open or not data.strip():
            return
        tag = self.open[-1].tag
        if tag == "style":
            self.unseen |= set(_classes(data))
            return
        if data.strip() == HIDDEN_SIGN:
            self._behind_the_sign()
        if not NUMBER.search(data):
            return
        self.shown.add(_plain(data))
        if tag in SAID and len(self.open) > 1:
            self.open[-2].says_number |= self.open[-2].tag not in {*DRAWN, "head"}
        if any(one.unseen for one in self.open):
            self.found.append((tag, "a part of the page that is not shown holds numbers"))
        if tag == "script":
            self.found.append((tag, "a script holds numbers"))

    def _behind_the_sign(self) -> None:
        drawn = any(one.tag in DRAWN for one in self.open)
        for one in reversed(self.open):
            if one.tag in AROUND:
                return
            one.has_sign = True
            for name in sorted(set(one.known) - (OF_FIGURES if drawn else HARMLESS)):
                if NUMBER.search(one.known[name]):
                    words = "a cell that shows the sign for hidden has a number in its source"
                    self.found.append((name, words))

    def handle_comment(self, data: str) -> None:
        if NUMBER.search(data):
            self.found.append(("comment", "a comment of the page's source holds numbers"))

    def files_within(self) -> None:
        """Note files within the page that are no table of it, or have numbers it does not show."""
        for one in self.files:
            head, _, body = one.strip().partition(",")
            if not head.lower().startswith(TABLE):
                self.found.append(("data", "a file within the page that is no table"))
            elif {one for one in _fields(_decoded(head, body)) if NUMBER.search(one)} - self.shown:
                words = "a table within the page has numbers that the page does not show"
                self.found.append(("data", words))


def _classes(style: str) -> Iterator[str]:
    """Yield the classes that a style does not show on a screen."""
    for name, rules in STYLE.findall(PRINT.sub("", style)):
        if UNSEEN.search(rules):
            yield name


def _plain(text: str) -> str:
    """Return a number as a table within a page writes it.

    Examples
    --------
    >>> _plain("6,921"), _plain("6 921"), _plain("6,9"), _plain("1,2345")
    ('6921', '6921', '6,9', '1,2345')
    """
    return BETWEEN.sub("", text).translate(SAME).removeprefix("'")


def _fields(table: str) -> Iterator[str]:
    """Yield the fields of a table, whichever sign stands between them."""
    signs = ";" if ";" in table.partition("\n")[0] else ","
    for row in csv.reader(table.splitlines(), delimiter=signs):
        yield from (_plain(one) for one in row)


def _decoded(head: str, body: str) -> str:
    raw = unquote_to_bytes(body)
    if head.lower().endswith(";base64"):
        try:
            raw = base64.b64decode(raw)
        except binascii.Error:
            return body
    return raw.decode("utf-8", errors="replace")
