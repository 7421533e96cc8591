"""The gate before any parser: bytes, encoding and header are as declared, or it is refused."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Sequence

from equity_pipeline.deliveries.guard import holds_personal_number
from equity_pipeline.deliveries.layout import FileLayout
from equity_pipeline.deliveries.verdict import Refusal

_NOT_TEXT = (
    b"\x1f\x8b",
    b"PK\x03\x04",
    b"\x80\x02",
    b"\x80\x03",
    b"\x80\x04",
    b"\x80\x05",
    b"PAR1",
)
_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
_TWICE_ENCODED = re.compile("[\u00c2\u00c3][\u0080-\u00bf\u0160\u0161\u2013-\u203a\u20ac]")
_SPEAKABLE = re.compile(r"[^\W\d][\w .%/()-]{0,39}")


def text_of(data: bytes, layout: FileLayout) -> str:
    """Return the text of a delimited file, without its byte order mark.

    Raises
    ------
    Refusal
        ``empty_file``, ``not_csv``, ``nul_byte``, ``encoding`` or ``mojibake``.
    """
    if not data.strip():
        raise Refusal("empty_file")
    if data.startswith(_NOT_TEXT) or _PAGE.match(data):
        raise Refusal("not_csv")
    rows = max(data.count(b"\n") - data.endswith(b"\n"), 0)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refusal("encoding", rows=rows)
    if b"\x00" in data:
        raise Refusal("nul_byte", rows=rows)
    text = _decode(data, layout.encoding)
    if text is None:
        raise Refusal("encoding", rows=rows)
    if not text.isascii() and _TWICE_ENCODED.search(text):
        raise Refusal("mojibake", rows=rows)
    return text


def check_header(header: Sequence[str], layout: FileLayout, *, rows: int) -> None:
    """Refuse a header that is not exactly what the layout declares, in any order.

    Nothing of a header is repeated in a reason unless most of the declared columns are in it
    and the name is a plain word: a file without a header has a person's row there.

    Raises
    ------
    Refusal
        ``header_duplicate``, ``header_unrecognised``, ``column_missing:<name>`` or
        ``column_undeclared:<name>``.
    """
    present = set(header)
    if len(present & layout.known) * 2 < len(layout.obliged):
        raise Refusal("header_unrecognised", rows=rows)
    if any(n > 1 for n in Counter(header).values()):
        raise Refusal("header_duplicate", rows=rows)
    faults = [f"column_missing:{name}" for name in sorted(layout.obliged - present)]
    strange = [name for name in header if name not in layout.known]
    faults += [f"column_undeclared:{_spoken(name, header)}" for name in strange]
    if faults:
        raise Refusal(faults[0], rows=rows, reasons=dict.fromkeys(faults, rows))


def _decode(data: bytes, encoding: str) -> str | None:
    # The error itself holds the whole file, so it must not live on as the context of another.
    name = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
    try:
        return data.decode(name, "strict")
    except UnicodeDecodeError:
        return None


def _spoken(name: str, header: Sequence[str]) -> str:
    plain = _SPEAKABLE.fullmatch(name) and not holds_personal_number(name)
    return name if plain else f"number {header.index(name) + 1}"
