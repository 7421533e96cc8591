"""Months and years as workbooks write them; what could mean two things is not read."""

from __future__ import annotations

import datetime as dt
import re
from types import MappingProxyType
from typing import Any

MONTHS = MappingProxyType(
    {
        name: number
        for number, names in enumerate(
            (
                ("januari", "jan"),
                ("februari", "feb"),
                ("mars", "mar"),
                ("april", "apr"),
                ("maj",),
                ("juni", "jun"),
                ("juli", "jul"),
                ("augusti", "aug"),
                ("september", "sep", "sept"),
                ("oktober", "okt"),
                ("november", "nov"),
                ("december", "dec"),
            ),
            start=1,
        )
        for name in names
    }
)
FIRST_YEAR, LAST_YEAR = 1990, 2100
_NUMBERS = re.compile(r"(\d{4})-?(\d{2})(?:-01)?")
_NAMED = re.compile(r"([a-zåäö]+)\.?[ -](\d{4})")
_NAMED_LAST = re.compile(r"(\d{4})[ -]([a-zåäö]+)\.?")
_YEAR = re.compile(r"(?:år )?(\d{4})")


def month_of(value: Any) -> dt.date | None:
    """Return the first day of a month, or None where the cell is not surely one month.

    A date is a month when it is the first of it. Two-digit years and bare serial numbers of
    Excel are not read.

    Examples
    --------
    >>> [str(month_of(one)) for one in ("maj 2024", "2024-05", "202405", "2024 Maj", "Maj-24")]
    ['2024-05-01', '2024-05-01', '2024-05-01', '2024-05-01', 'None']
    """
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time() else None
    if isinstance(value, dt.date):
        return value if value.day == 1 and _can_be(value.year) else None
    text = _plain(value)
    if match := _NUMBERS.fullmatch(text):
        return _month(int(match[1]), int(match[2]))
    if match := _NAMED.fullmatch(text):
        return _month(int(match[2]), MONTHS.get(match[1], 0))
    if match := _NAMED_LAST.fullmatch(text):
        return _month(int(match[1]), MONTHS.get(match[2], 0))
    return None


def year_of(value: Any) -> int | None:
    """Return a year, or None where the cell is not surely one.

    Examples
    --------
    >>> year_of("2023"), year_of(2023.0), year_of("År 2023"), year_of("2022/23")
    (2023, 2023, 2023, None)
    """
    match = _YEAR.fullmatch(_plain(value))
    return int(match[1]) if match and _can_be(int(match[1])) else None


def month_after(first: dt.date) -> dt.date:
    """Return the first day of the next month.

    Examples
    --------
    >>> str(month_after(dt.date(2024, 12, 1)))
    '2025-01-01'
    """
    return dt.date(first.year + first.month // 12, first.month % 12 + 1, 1)


def _month(year: int, month: int) -> dt.date | None:
    return dt.date(year, month, 1) if 1 <= month <= 12 and _can_be(year) else None


def _can_be(year: int) -> bool:
    return FIRST_YEAR <= year <= LAST_YEAR


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else ""
    return " ".join(str(value).casefold().split())
