"""The gate before any parser: bytes, encoding and header are as declared, or it is refused."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from equity_pipeline.deliveries.identity.guard import holds_personal_number
from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.reading.rowcount import has_no_table, rows_below
from equity_pipeline.deliveries.reading.spool import BLOCK, blocks, opened
from equity_pipeline.deliveries.verdict import Refusal

_NOT_TEXT = (
    b"\x1f\x8b",  # gzip
    b"PK\x03\x04",  # zip, and so workbooks
    b"PK\x05\x06",
    b"\x80\x02",  # pickle
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"PAR1",
    b"%PDF",
    b"{\\rtf",
    b"\xd0\xcf\x11\xe0",  # workbooks of old
    b"7z\xbc\xaf\x27\x1c",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"\x28\xb5\x2f\xfd",  # zstandard
    b"ARROW1",
    b"SQLite format 3",
)
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]")
_LATER = bytes(range(0x80, 0xC0))  # what the second byte of a letter can be in UTF-8
# UTF-8 read as Western European, with its dashes, quotes and signs of four bytes; as DOS; as Mac.
_TWICE_ENCODED = re.compile(
    "[\u00c2\u00c3][\u0080-\u00bf\u0160\u0161\u2013-\u203a\u20ac]"
    "|\u00e2[\u0080\u20ac]|\u00f0[\u009f\u0178]"
    f"|\u251c[{_LATER.decode('cp437')}{_LATER.decode('cp850')}]"
    f"|\u221a[{_LATER.decode('mac_roman')}]"
)
_FIRST_SIGNS = "\u00c2\u00c3\u00e2\u00f0\u251c\u221a"
_BLANK = b" \t\r\n\v\f" + codecs.BOM_UTF8
_SPEAKABLE = re.compile(r"[^\W\d][\w .%/()-]{0,39}")
MOST_NAMED = 20  # undeclared columns; of more only the number is told
MOST_DIGITS = 4  # in the name of a column that is told: a year; of more it may be an id
_FIRST = 1024  # bytes in which a file shows what it is
# In the order in which they are told, wherever in the file they are found.
_FAULTS = ("empty_file", "not_csv", "wide", "nul_byte", "encoding", "mojibake")


def check_bytes(path: Path, encoding: str, *, block_bytes: int = BLOCK) -> int:
    """Return the number of lines below the header of a delimited file that is text as declared.

    Raises
    ------
    Refusal
        ``empty_file``, ``not_csv``, ``nul_byte``, ``encoding`` or ``mojibake``.
    """
    look = _Look(encoding)
    with opened(path) as held:
        look.first(held.read(_FIRST))
        held.seek(0)
        for block in blocks(held, block_bytes):
            look.at(block)
    look.end()
    for fault in _FAULTS:
        if fault in look.faults:
            rows = 0 if fault in ("empty_file", "not_csv") else look.lines
            counted = True if look.is_page or (look.is_zip and has_no_table(path)) else None
            raise Refusal("encoding" if fault == "wide" else fault, rows=rows, is_counted=counted)
    return look.lines


def check_header(header: Sequence[str], layout: FileLayout, *, rows: int) -> None:
    """Refuse a header that is not exactly what the layout declares, in any order.

    Nothing of a header is repeated in a reason unless most of the declared columns are in it,
    most names in it are declared, and the name is a plain word: a file without a header has a
    person's row there, and one that lost its first line end has a row behind the header.

    Raises
    ------
    Refusal
        ``header_duplicate``, ``header_unrecognised``, ``column_missing:<name>`` or
        ``column_undeclared:<name>``.
    """
    present = set(header)
    if len(present & layout.known) * 2 < len(layout.obliged):
        raise Refusal("header_unrecognised", rows=rows_below(header, layout, rows))
    if any(n > 1 for n in Counter(header).values()):
        raise Refusal("header_duplicate", rows=rows)
    faults = [f"column_missing:{name}" for name in sorted(layout.obliged - present)]
    strange = [name for name in header if not layout.takes(name)]
    is_row = len(strange) * 2 >= len(present & layout.known)
    told = [name if not is_row and _is_plain(name) else _number(name, header) for name in strange]
    faults += [f"column_undeclared:{name}" for name in told[:MOST_NAMED]]
    if len(strange) > MOST_NAMED:
        faults.append(f"column_undeclared:{len(strange) - MOST_NAMED} more")
    if faults:
        raise Refusal(faults[0], rows=rows, reasons=dict.fromkeys(faults, rows))


@dataclass(slots=True)
class _Look:
    """What the blocks of a file have shown so far."""

    encoding: str
    faults: set[str] = field(default_factory=lambda: {"empty_file"})
    breaks: int = 0
    returns: int = 0
    pairs: int = 0
    last: bytes = b""
    tail: str = ""
    is_page: bool = False
    is_zip: bool = False
    decoder: codecs.IncrementalDecoder = field(init=False)

    def __post_init__(self) -> None:
        self.decoder = codecs.getincrementaldecoder(self.encoding)("strict")

    @property
    def lines(self) -> int:
        # In wide encodings a line end has zeros beside it.
        alone = 0 if "nul_byte" in self.faults else self.returns - self.pairs
        return max(self.breaks + alone - self.last.strip(b"\x00").endswith((b"\n", b"\r")), 0)

    def first(self, start: bytes) -> None:
        self.is_page = _PAGE.match(start) is not None
        self.is_zip = start.startswith(b"PK")
        if start.startswith(_NOT_TEXT) or self.is_page or _JSON.match(start):
            self.faults.add("not_csv")
        if start.startswith(_WIDE):
            self.faults.add("wide")

    def at(self, block: bytes) -> None:
        self.breaks += block.count(b"\n")
        if b"\r" in block:
            self.returns += block.count(b"\r")
            self.pairs += block.count(b"\r\n")
        self.pairs += self.last[-1:] == b"\r" and block[:1] == b"\n"
        self.last = block[-4:]
        if "empty_file" in self.faults and block.strip(_BLANK):
            self.faults.discard("empty_file")
        if b"\x00" in block:
            self.faults.add("nul_byte")
        if "encoding" not in self.faults:
            self._decode(block)

    def end(self) -> None:
        if "encoding" not in self.faults:
            self._decode(b"", final=True)

    def _decode(self, block: bytes, *, final: bool = False) -> None:
        if not final and not self.tail and block.isascii() and self.decoder.getstate()[0] == b"":
            return
        # The error itself holds a block, so it must not live on as the context of another.
        try:
            text = self.tail + self.decoder.decode(block, final)
        except UnicodeDecodeError:
            self.faults.add("encoding")
            return
        if not text.isascii() and _is_twice_encoded(text):
            self.faults.add("mojibake")
        self.tail = "" if text[-1:].isascii() else text[-1:]


def _is_twice_encoded(text: str) -> bool:
    may_be = any(sign in text for sign in _FIRST_SIGNS)
    return may_be and _TWICE_ENCODED.search(text) is not None


def _is_plain(name: str) -> bool:
    few_digits = sum(sign.isdigit() for sign in name) <= MOST_DIGITS
    return bool(_SPEAKABLE.fullmatch(name)) and few_digits and not holds_personal_number(name)


def _number(name: str, header: Sequence[str]) -> str:
    return f"number {header.index(name) + 1}"
