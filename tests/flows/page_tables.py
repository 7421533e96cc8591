"""Reads the pages of a release as a reader does: tables by card, numbers as they are written."""

from __future__ import annotations

import base64
import csv
import html
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

CARD = re.compile(r'<section class="card[^"]*" id="([^"]+)".*?</section>', re.S)
TABLE = re.compile(r"<table>.*?</table>", re.S)
ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.S)
CELL = re.compile(r"<t[hd][^>]*>(.*?)</t[hd]>", re.S)
FILE = re.compile(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"')
NUMBER = {
    "sv": re.compile(r"[−-]?\d[\d\u00a0\u202f]*(?:,\d+)?"),
    "en": re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?"),
}
TAG = re.compile(r"<[^>]+>")
TOOLTIP = re.compile(r"<(?:title|desc)[^>]*>(.*?)</(?:title|desc)>", re.S)
ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
DIGITS = re.compile(r"\d+")
#: attributes that say where and how a thing is drawn, or lead somewhere; the files are read apart
OF_FORM = {
    *("x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "dx", "dy", "rx", "width", "height"),
    *("points", "d", "viewBox", "transform", "fill", "stroke", "stroke-width", "opacity"),
    *("stroke-dasharray", "font-size", "xmlns", "id", "class", "for", "headers", "scope"),
    *("colspan", "tabindex", "href", "download", "aria-labelledby", "aria-describedby"),
}
Lines = list[list[str]]


class Page:
    """A page, its cards by id, and what the heads of its tables are called in its language."""

    def __init__(self, path: Path, language: str, words: Mapping[str, Any]) -> None:
        self.name, self.language, self.words = f"{language} {path.stem}", language, words
        self.text = path.read_text("utf-8")
        self.cards = {found[1]: found[0] for found in CARD.finditer(self.text)}

    def lines(self, card: str) -> Iterator[Lines]:
        """Yield the tables of a card: rows of cells, the first the head."""
        for table in TABLE.findall(self.cards.get(card, "")):
            yield [
                [html.unescape(one).strip() for one in CELL.findall(row)]
                for row in ROW.findall(table)
            ]

    def file(self) -> Lines:
        """Return the lines of the file that the page carries, the first the head."""
        (packed,) = FILE.findall(self.text)
        text = io.StringIO(base64.b64decode(packed).decode("utf-8-sig"))
        return [*csv.reader(text, delimiter=";" if self.language == "sv" else ",")]

    def keys(self, head: Sequence[str], section: str = "table") -> list[str]:
        """Return what each column holds, by the words of its head."""
        known: dict[str, str] = {}
        for key, words in self.words[section].items():
            if isinstance(words, str):
                known.setdefault(words, key)
        return [known.get(one, "") for one in head]


def read_numbers(words: str, language: str) -> list[str]:
    """Return the numbers in words, each with a decimal point and nothing between thousands."""
    apart = "\u00a0\u202f" if language == "sv" else ","
    signs = str.maketrans({"−": "-", ",": "."} | dict.fromkeys(apart))
    return [one.translate(signs) for one in NUMBER[language].findall(words)]


def is_written_so(written: str, value: float, beyond: float = 0.0) -> bool:
    """Return whether a number, with a decimal point, is written so: within half its last place.

    ``beyond`` is how far the value itself may be from what was rounded.
    """
    decimals = len(written.partition(".")[2])
    near = 0.5 * 10**-decimals + beyond + 1e-9 * max(1.0, abs(value))
    return abs(float(written) - value) <= near


def told_beside(path: Path) -> list[str]:
    """Return the numbers in attributes and tooltips of a page that its readers do not see."""
    text = path.read_text("utf-8")
    body = text[text.index("<body") :]
    hidden = TOOLTIP.findall(body)
    for tag in TAG.findall(body):
        hidden += [value for name, value in ATTRIBUTE.findall(tag) if name not in OF_FORM]
    seen = {*DIGITS.findall(html.unescape(TAG.sub(" ", TOOLTIP.sub(" ", body))))}
    return sorted({one for words in hidden for one in DIGITS.findall(html.unescape(words))} - seen)
