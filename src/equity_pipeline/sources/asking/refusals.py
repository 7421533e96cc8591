"""What a server says when it does not give data: titles, waits, and web pages in disguise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

LONGEST_TITLE = 200
LARGEST_EXCEPTION = 64 * 1024
EXCEPTION = re.compile(rb"<(?:\w+:)?(?:ExceptionText|ServiceException)\b[^>]*>\s*([^<]+?)\s*<")


def retry_after_seconds(header: str | None, *, now: datetime | None = None) -> float | None:
    """Return how many seconds a Retry-After asks for, from seconds or an HTTP date.

    None if there is no header or it cannot be read; never below zero.

    Examples
    --------
    >>> retry_after_seconds("7")
    7.0
    >>> noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    >>> retry_after_seconds("Thu, 01 Jan 2026 12:00:30 GMT", now=noon)
    30.0
    >>> retry_after_seconds("soon") is None
    True
    """
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdecimal():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - (now or datetime.now(UTC))).total_seconds())


def title_of(content: bytes) -> str:
    """Return the server's own words from an error body: JSON title or error, else its text.

    Examples
    --------
    >>> title_of(b'{"type": "Parameter error", "title": "Non-existent value", "status": 400}')
    'Non-existent value'
    >>> title_of(b'{"error": "Too many values selected"}')
    'Too many values selected'
    >>> title_of(b"<html><body>Bad gateway</body></html>")
    'a web page'
    """
    if content.lstrip()[:1] == b"<":
        return "a web page"
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        return _line(content.decode("utf-8", "replace"))
    if not isinstance(told, dict):
        return _line(str(told))
    words = [told.get(key) for key in ("title", "error", "message", "detail")]
    said = list(dict.fromkeys(str(word) for word in words if word))
    return _line(": ".join(said))


def is_html(headers: Mapping[str, str], content: bytes) -> bool:
    """Return whether an answer is a web page, by its type or its first sign.

    Examples
    --------
    >>> is_html({"content-type": "application/json"}, b"  <!doctype html>")
    True
    >>> is_html({"content-type": "application/json"}, b"{}")
    False
    """
    return "html" in headers.get("content-type", "").lower() or content.lstrip()[:1] == b"<"


def exception_of(content: bytes) -> str:
    """Return the words of a geodata service's exception, which comes as XML with status 200.

    Examples
    --------
    >>> exception_of(b"<ows:ExceptionText>No such layer</ows:ExceptionText>")
    'No such layer'
    >>> exception_of(b"<html>Maintenance</html>")
    ''
    """
    found = EXCEPTION.search(content[:LARGEST_EXCEPTION])
    return _line(unescape(found[1].decode("utf-8", "replace"))) if found else ""


def mend_of(status: int) -> str:
    """Return what to do about a refusal."""
    if status in {401, 403, 407}:
        return "the source or a proxy refuses this caller: check sources.http.proxy and the limits"
    if status in {404, 410}:
        return (
            "the table, measure or address is gone: look it up at the source and change [sources]"
        )
    return "check the codes, measures and years in [sources]; the source may have renamed them"


def _line(text: str) -> str:
    plain = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(plain.split())[:LONGEST_TITLE]
