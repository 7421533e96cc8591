"""The guard against personal numbers: form, real date and check digit; never a bare pattern."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc

SHARE_IN_IDS = 0.05  # one random ten-digit number in 150 has a real date and a right check digit
NO_PATTERNS: Mapping[str, str] = MappingProxyType({})
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_BLANKS = re.compile(r"[^\S ]")
_ONE_WORD = r"(?:[0-9]{2})?[0-9]{6}(?: ?[-+] ?| {0,3})[0-9]{4}"
_WITH_DASHES = r"(?:[0-9]{2})?[0-9]{2}-[0-9]{2}-[0-9]{2} ?[-+ ] ?[0-9]{4}"
# The tables are searched without lookarounds, since RE2 has none; hits are judged again below.
_LIKELY = rf"(?:^|[^0-9])(?:{_ONE_WORD}|{_WITH_DASHES})(?:[^0-9]|$)"
_FORM = re.compile(rf"(?<![0-9])(?<![0-9][.,])(?=({_ONE_WORD}|{_WITH_DASHES}(?!-[0-9]))(?![0-9]))")


def personal_numbers(text: str) -> Iterator[str]:
    """Yield each personal or coordination number in a text, as its digits.

    Examples
    --------
    >>> list(personal_numbers("nr 19121212-1212, ring 08-123 456 78"))
    ['191212121212']
    >>> list(personal_numbers("19121213-1212"))
    []
    """
    for found in _FORM.finditer(_plain(text)):
        digits = re.sub("[^0-9]", "", found.group(1))
        if _is_number(digits):
            yield digits


def holds_personal_number(text: str) -> bool:
    """Return whether a text holds at least one personal or coordination number.

    Examples
    --------
    >>> holds_personal_number("121212+1212"), holds_personal_number("1234567890")
    (True, False)
    """
    return next(personal_numbers(text), None) is not None


def hits(values: pa.ChunkedArray) -> dict[str, int]:
    """Return the distinct values of a text column that hold a personal number, and their rows."""
    counts = pc.value_counts(values.drop_null())
    if not len(counts):
        return {}
    likely = pc.match_substring_regex(_plain_array(counts.field("values")), _LIKELY)
    suspects = counts.filter(likely)
    texts, rows = (suspects.field(name).to_pylist() for name in ("values", "counts"))
    pairs = zip(texts, rows, strict=True)
    return {text: n for text, n in pairs if holds_personal_number(text)}


def columns_with_personal_numbers(
    table: pa.Table, roles: Mapping[str, str], patterns: Mapping[str, str] = NO_PATTERNS
) -> list[str]:
    """Return the columns of a text table that must not be taken in.

    A column whose role is ``pseudonym`` or ``code`` may hold hits by chance, up to 5 %, as long
    as they have its declared pattern; an ``identity`` column is meant to hold them; in every
    other column one hit is enough.
    """
    found = []
    for name in table.column_names:
        role = roles.get(name)
        if role == "identity" or not _is_text(table.column(name).type):
            continue
        if _is_too_many(table.column(name), patterns.get(name), is_code=role is not None):
            found.append(name)
    return found


def _is_too_many(values: pa.ChunkedArray, pattern: str | None, *, is_code: bool) -> bool:
    found = hits(values)
    if not found or not is_code:
        return bool(found)
    if pattern and not all(re.fullmatch(pattern, text.strip()) for text in found):
        return True
    filled = len(values) - int(values.null_count)
    return sum(found.values()) > SHARE_IN_IDS * filled


def any_personal_number(texts: Iterable[str]) -> bool:
    """Return whether one of several texts holds a personal number."""
    return any(holds_personal_number(text) for text in texts)


def is_luhn(digits: str) -> bool:
    """Return whether ten digits end in the right check digit (modulus 10).

    Examples
    --------
    >>> is_luhn("1212121212"), is_luhn("1212121213")
    (True, False)
    """
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _is_number(digits: str) -> bool:
    centuries = (digits[:2],) if len(digits) == 12 else ("19", "20", "18")
    ten = digits[-10:]
    return is_luhn(ten) and any(_is_date(century + ten[:6]) for century in centuries)


def _is_date(eight: str) -> bool:
    year, month, day = int(eight[:4]), int(eight[4:6]), int(eight[6:])
    try:
        date(year, month, day - 60 if day > 60 else day)
    except ValueError:
        return False
    return 1800 <= year < 2100


def _plain(text: str) -> str:
    if text.isascii():
        return _BLANKS.sub(" ", text)
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in text)
    return _BLANKS.sub(" ", _DASHES.sub("-", text))


def _plain_array(texts: pa.Array) -> pa.Array:
    if pc.all(pc.string_is_ascii(texts)).as_py():
        return pc.replace_substring_regex(texts, r"[\t\r\n\v\f]", " ")
    return pa.array([_plain(text) for text in texts.to_pylist()], pa.string())


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
