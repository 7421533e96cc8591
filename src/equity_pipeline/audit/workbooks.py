"""Workbooks: hidden sheets, rows and columns, comments, names, formulas, properties, leftovers."""

from __future__ import annotations

import html
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from equity_pipeline.audit.attacker import Attacker
from equity_pipeline.audit.finding import CouldNotJudge, Finding, Key
from equity_pipeline.audit.sheets import PREFIXED, Sheet

ATTACK = "workbook"
SUFFIXES = (".xlsx", ".xlsm")
# the parts that a workbook of ours has; what else there is no sheet shows
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(core|app)\.xml"
    r"|xl/(workbook|styles|sharedStrings|theme/theme\d+|worksheets/sheet\d+|tables/table\d+)\.xml"
    r"|xl/(worksheets/)?_rels/[\w.]+\.rels"
)
COMMENTS = re.compile(r"comments?\w*\d*\.(xml|vml)$|vmlDrawing", re.I)
RELATIONS, SHEETS = "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet"
SHEET = re.compile(rb"<sheet\s([^>]*)/?>")
RELATION = re.compile(rb"<Relationship\s([^>]*)/?>")
NAME = re.compile(rb"<definedName\s([^>]*)>([^<]*)<")
ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
# names that Excel itself gives to what is printed or filtered: a range of a sheet and no more
RANGES = {"_xlnm.Print_Titles", "_xlnm.Print_Area", "_xlnm._FilterDatabase"}
RANGE = re.compile(r"[^!]+!\$?[A-Z]*\$?\d*(:\$?[A-Z]*\$?\d*)?(,[^!]+!\$?[A-Z\d$:]*)?")
FORMATS = re.compile(rb'<numFmt\s[^>]*?numFmtId="(\d+)"[^>]*?formatCode="([^"]*)"')
FONT = re.compile(rb"<font>(.*?)</font>|<font/>", re.S)
WHITE = re.compile(rb'<color\s[^>]*?(?:rgb="(?:FF|00)FFFFFF"|theme="0"(?![^>]*tint))')
STYLES = re.compile(rb"<cellXfs.*?</cellXfs>", re.S)
XF = re.compile(rb"<xf\s([^>]*)>")
NOTHING = re.compile(r'("[\s]*"|;)*;("[\s]*"|;)*')  # formats that show nothing of a number
SHARED = re.compile(rb"<si>(.*?)</si>|<si/>", re.S)
PROPERTY = re.compile(rb"<(?:\w+:)?(\w+)[^>]*>([^<]+)<")
# properties that say what the file is, and those that may have numbers of another kind
SAID = {"title", "creator", "description", "lastModifiedBy", "Application"}
COUNTED = {"created", "modified", "AppVersion", "DocSecurity", "i4", "lpstr", "revision"}
SWITCHES = {"ScaleCrop", "LinksUpToDate", "SharedDoc", "HyperlinksChanged", "TotalTime"}
NOT_COUNTS = re.compile(
    r"^\w+ [\w.+-]{5,}$|\d{4}-\d\d(-\d\d)?|\d{4}Q\d|Openpyxl [\d.]+"  # a run, days, a program
)


def attack(by: Attacker) -> list[Finding]:
    """Return what a workbook holds and does not show.

    Raises
    ------
    CouldNotJudge
        If a workbook cannot be read.
    """
    found = []
    for path in by.release.files():
        if path.suffix.lower() in SUFFIXES:
            name = path.relative_to(by.release.folder).as_posix()
            found += [Finding(ATTACK, Key(), what, name, words) for what, words in _read(path)]
    return found


def _read(path: Path) -> list[tuple[str, str]]:
    try:
        with zipfile.ZipFile(path) as packed:
            book = Book(packed)
            return sorted({*_parts(book), *_of_book(book), *_properties(book)})
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise CouldNotJudge(
            f"A workbook cannot be read ({type(error).__name__}).",
            where=path.name,
            mend="publish the release again",
        ) from None


@dataclass(frozen=True)
class Book:
    """The parts of an open workbook, read when they are asked for."""

    packed: zipfile.ZipFile

    def part(self, name: str) -> bytes:
        """Return the bytes of a part without the prefixes of its marks; empty if it is absent."""
        if name not in self.packed.namelist():
            return b""
        raw = self.packed.read(name)
        return PREFIXED.sub(rb"<\1", raw) if b"<worksheet" not in raw[:400] else raw

    @cached_property
    def sheets(self) -> Mapping[str, tuple[str, str]]:
        """The name of each sheet, with its part and whether it is shown."""
        at = {one["Id"]: one["Target"] for one in _each(RELATION, self.part(RELATIONS))}
        held = {}
        for one in _each(SHEET, self.part("xl/workbook.xml")):
            target = at[next(value for name, value in one.items() if name.endswith(":id"))]
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            held[one["name"]] = part, one.get("state", "visible")
        if not held:
            raise ValueError("a workbook without sheets")
        return held

    @cached_property
    def shared(self) -> Mapping[int, str]:
        """The texts that sheets share, by number."""
        raw = self.part("xl/sharedStrings.xml")
        plain = (re.sub(rb"<[^>]*>", b"", one) for one in SHARED.findall(raw))
        return {number: html.unescape(one.decode()) for number, one in enumerate(plain)}

    @cached_property
    def invisible(self) -> frozenset[int]:
        """The numbers of the styles that show nothing: an empty format, or white on white."""
        raw = self.part("xl/styles.xml")
        formats = {int(one): html.unescape(code.decode()) for one, code in FORMATS.findall(raw)}
        empty = {one for one, code in formats.items() if NOTHING.fullmatch(code)}
        fonts = FONT.findall(raw)
        white = {number for number, one in enumerate(fonts) if WHITE.search(one)}
        styles = STYLES.search(raw)
        held = [*_each(XF, styles.group())] if styles else []
        return frozenset(
            number
            for number, one in enumerate(held)
            if int(one.get("numFmtId", 0)) in empty
            or (int(one.get("fontId", 0)) in white and int(one.get("fillId", 0)) == 0)
        )


def _each(pattern: re.Pattern[bytes], raw: bytes) -> Iterator[dict[str, str]]:
    """Yield the attributes of each mark that a pattern finds, its first group."""
    for one in pattern.finditer(raw):
        pairs = ATTRIBUTE.findall(one.group(1))
        yield {name.decode(): html.unescape(value.decode()) for name, value in pairs}


def _parts(book: Book) -> Iterator[tuple[str, str]]:
    shown = {part for part, _ in book.sheets.values()}
    for name in book.packed.namelist():
        if COMMENTS.search(name):
            yield name, "a comment"
        elif not PARTS.fullmatch(name) or (
            name.startswith("xl/worksheets/s") and name not in shown
        ):
            yield name, "a part of the workbook that no sheet shows"
    if book.packed.comment or min(one.header_offset for one in book.packed.infolist()):
        yield "", "bytes beside the parts of the workbook"


def _of_book(book: Book) -> Iterator[tuple[str, str]]:
    for one, text in NAME.findall(book.part("xl/workbook.xml")):
        name = dict(ATTRIBUTE.findall(one))[b"name"].decode()
        if name not in RANGES or not RANGE.fullmatch(html.unescape(text.decode())):
            yield name, "a defined name"
    used: set[int] = set()
    for name, (part, state) in book.sheets.items():
        sheet = Sheet(book.packed.read(part))
        if state != "visible":
            yield name, "a sheet that is not shown"
        for place, words in sheet.unseen(book.invisible):
            yield f"{name}!{place}" if place else name, words
        used |= sheet.used() if book.shared else set()
    if set(book.shared) - used:
        yield "xl/sharedStrings.xml", "texts that no cell shows"


def _properties(book: Book) -> Iterator[tuple[str, str]]:
    for part in ("docProps/core.xml", "docProps/app.xml"):
        for name, text in ((n.decode(), t.decode()) for n, t in PROPERTY.findall(book.part(part))):
            if name in COUNTED | SWITCHES:
                continue
            if name not in SAID or re.search(r"\d", NOT_COUNTS.sub("", text)):
                yield name, "a property of the file that says more than what it is"
