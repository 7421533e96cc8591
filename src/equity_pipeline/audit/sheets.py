"""One sheet of a workbook as its file has it: what it holds and does not show, and its numbers.

A sheet may be of thirty megabytes, and what is looked for is seldom there: it is looked for in
the bytes, by pattern. No text of a cell can be taken for a mark of the sheet's own, since ``<``
stands in it as ``&lt;``.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

PREFIXED = re.compile(rb"<(/?)\w+:")
HEAD = 400  # bytes that tell how the sheet's own marks are written
BODY, END = b"<sheetData", b"</sheetData>"
ROW = re.compile(rb"<row\s[^>]*?(?:hidden=.(?:1|true)\W|\bht=.0(?:\.0*)?\W)")
COLUMN = re.compile(rb"<col\s[^>]*?(?:hidden=.(?:1|true)\W|\bwidth=.0(?:\.0*)?\W)")
FORMULA = re.compile(rb"<c\s([^>]*)><f[\s/>]")
STYLED = re.compile(rb"<c\s([^>]*)><(?:v|is)>")
PLACE = re.compile(rb"\br=.([A-Z]+\d+)")
STYLE = re.compile(rb"\bs=.(\d+)")
NUMBER = re.compile(rb'<c r="([A-Z]+)(\d+)"(?: s="\d+")?(?: t="n")?><v>([^<]*)</v>')
TEXT = re.compile(
    rb'<c r="([A-Z]+)(\d+)"[^>]*?t="(inlineStr|s|str)"[^>]*>(?:<is><t[^>]*>|<v>)([^<]*)</'
)
SHARED_USE = re.compile(rb'<c\s[^>]*?t="s"[^>]*><v>(\d+)</v>')
MARK = re.compile(rb"<(\w+)[\s/>]")
# what a sheet of ours has around its cells; none of it holds a number of a table
AROUND = frozenset(
    {
        *("worksheet", "sheetPr", "pageSetUpPr", "tabColor", "outlinePr", "dimension"),
        *("sheetViews", "sheetView", "pane", "selection", "sheetFormatPr", "cols", "col"),
        *("sheetData", "autoFilter", "hyperlinks", "hyperlink", "pageMargins", "pageSetup"),
        *("tableParts", "tablePart", "sheetProtection", "printOptions"),
        *("ignoredErrors", "ignoredError"),
    }
)
NOT_SHOWN = {
    "legacyDrawing": "a comment",
    "headerFooter": "a head or foot, which is seen in print only",
}
FIRST_ROWS = 20  # a table's headings stand in one of them


class Number(NamedTuple):
    """One number of a sheet: the letters of its column, its row, its value."""

    column: str
    row: int
    value: float


class Sheet:
    """A sheet's bytes, read by pattern.

    Examples
    --------
    >>> raw = b'<sheetData><row r="1" hidden="1"><c r="A1"><v>3</v></c></row></sheetData>'
    >>> made = Sheet(raw)
    >>> list(made.unseen(set())), next(made.numbers())
    ([('', 'rows that are not shown')], Number(column='A', row=1, value=3.0))
    """

    def __init__(self, raw: bytes) -> None:
        """Take the bytes; those that are not marked as ours are, are made so."""
        if b"\x00" in raw[:HEAD]:
            raise ValueError("a sheet that is not written in UTF-8")
        self.raw = PREFIXED.sub(rb"<\1", raw) if b":worksheet" in raw[:HEAD] else raw

    def unseen(self, invisible: Collection[int]) -> Iterator[tuple[str, str]]:
        """Yield what is not shown: where it stands, empty for the whole sheet, and in words.

        Parameters
        ----------
        invisible
            The numbers of the styles that show nothing.
        """
        yield from self._around()
        if b"<row" in self.raw and ROW.search(self.raw):
            yield "", "rows that are not shown"
        if b"<f" in self.raw:
            for one in FORMULA.finditer(self.raw):
                yield _place(one.group(1)), "a formula, which keeps what it was made of"
        for one in STYLED.finditer(self.raw) if invisible else ():
            style = STYLE.search(one.group(1))
            if style and int(style.group(1)) in invisible:
                yield _place(one.group(1)), "a number in a format that shows nothing"

    def _around(self) -> Iterator[tuple[str, str]]:
        """Yield what stands beside the cells and is not shown."""
        begin, end = self.raw.find(BODY), self.raw.rfind(END)
        around = self.raw[:begin] + self.raw[max(end, 0) :] if begin >= 0 else self.raw
        for mark in sorted({one.decode() for one in MARK.findall(around)} - AROUND):
            yield "", NOT_SHOWN.get(mark, f"a part {mark!r} that no cell shows")
        if COLUMN.search(around):
            yield "", "columns that are not shown"

    def numbers(self) -> Iterator[Number]:
        """Yield every number of the sheet."""
        for column, row, value in NUMBER.findall(self.raw):
            yield Number(column.decode(), int(row), float(value))

    def headings(self, shared: Mapping[int, str]) -> dict[int, dict[str, str]]:
        """Return the texts of the first rows: by row, then by the letters of the column.

        Parameters
        ----------
        shared
            The texts that the workbook's sheets share, by number.
        """
        end = self.raw.find(b'<row r="%d"' % (FIRST_ROWS + 1))
        found: dict[int, dict[str, str]] = {}
        for column, row, kind, raw in TEXT.findall(self.raw[: end if end >= 0 else None]):
            text = html.unescape(raw.decode())
            said = shared.get(int(text), "") if kind == b"s" else text
            found.setdefault(int(row), {})[column.decode()] = said
        return found

    def used(self) -> set[int]:
        """Return the numbers of the shared texts that some cell shows."""
        return {int(one) for one in set(SHARED_USE.findall(self.raw))}


def _place(attributes: bytes) -> str:
    found = PLACE.search(attributes)
    return found.group(1).decode() if found else ""
