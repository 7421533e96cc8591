"""Where records of delimited text end: outside of quoted fields."""

from __future__ import annotations

import re
from collections.abc import Iterator

from equity_pipeline.deliveries.layouts.layout import FileLayout

PIECE = 2**20  # bytes whose rows may stand in memory as Python's own objects


def quoted_fields(layout: FileLayout) -> re.Pattern[bytes]:
    """Return the pattern of a quoted field; its group is empty where the end cuts it off."""
    # A quote opens a field only where a field begins; the end of the block may cut one off.
    sign = re.escape(layout.delimiter.encode(layout.encoding))
    return re.compile(rb"(?:\A|(?<=\n)|(?<=" + sign + rb'))"[^"]*+(?:""[^"]*+)*+("|\Z)')


def last_end(block: bytes, spans: re.Pattern[bytes]) -> int:
    """Return where the last whole record of a block ends; 0 if none does."""
    if b'"' not in block:
        return block.rfind(b"\n") + 1
    most = len(block)
    for span in reversed(list(spans.finditer(block))):
        found = block.rfind(b"\n", span.end(), most)
        if found >= 0:
            return found + 1
        most = span.start()
    return block.rfind(b"\n", 0, most) + 1


def pieces(block: bytes, spans: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield a block of whole records in parts of whole records, small where records are."""
    start, size = 0, PIECE
    while start < len(block):
        part = block[start : start + size]
        is_last = start + size >= len(block)
        end = len(part) if is_last else last_end(part, spans)
        size = PIECE if end else 2 * size
        if end:
            yield part[:end]
        start += end
