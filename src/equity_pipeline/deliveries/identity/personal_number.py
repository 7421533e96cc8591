"""Personal and coordination numbers in any written form: form, real date and check digit.

A bare pattern of digits is never enough: a number is one only if it is written as people and
systems write them, its first part is a day that exists, and its last digit checks the others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

PERSONAL, COORDINATION = "personal_number", "coordination_number"
KINDS = ("", PERSONAL, COORDINATION)
EARLIEST_YEAR, LATEST_YEAR = 1800, 2099
COORDINATION_DAYS = 60  # what a coordination number adds to the day of birth

_CENTURY = "(?:18|19|20)"
_MONTH = "(?:0[1-9]|1[0-2])"
_DAY = "(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])"
_B = "[ \t\r\n\v\f]"
_SIGN = rf"(?:{_B}?[-+]{_B}?|{_B}{{0,3}})"
_TOGETHER = f"{_CENTURY}?[0-9]{{2}}{_MONTH}{_DAY}{_SIGN}[0-9]{{4}}"
_LONG_DOT = rf"{_CENTURY}[0-9]{{2}}{_MONTH}{_DAY}\.[0-9]{{4}}"
# A date that is split within has one kind of split; blanks only where they can be no telephone.
_SPLITS = [
    rf"{_CENTURY}?[0-9]{{2}}{split}{_MONTH}{split}{_DAY}{_B}?[-+./ ]?{_B}?[0-9]{{4}}"
    for split in ("-", r"\.", "/")
]
_BLANKS = [
    rf"{_CENTURY}[0-9]{{2}}{_B}{_MONTH}{_B}{_DAY}{_B}?[-+]?{_B}?[0-9]{{4}}",
    rf"{_CENTURY}{_B}[0-9]{{2}}{_B}{_MONTH}{_B}{_DAY}{_B}?[-+]?{_B}?[0-9]{{4}}",
    rf"[0-9]{{2}}{_B}{_MONTH}{_B}{_DAY}{_B}?[-+]{_B}?[0-9]{{4}}",
]
_FORMS = "|".join((_TOGETHER, _LONG_DOT, *_SPLITS, *_BLANKS))
_POWER = r"[0-9][.,][0-9]{1,11}[eE]\+?(?:0?9|11)"
# Columns are searched by RE2, which has no lookarounds; what it finds is judged again below.
LIKELY = rf"(?:^|[^0-9])(?:{_FORMS})(?:[^0-9]|$)|(?:^|[^0-9]){_POWER}(?:[^0-9]|$)"
LIKELY_SIGNS = r"(?:\p{N}[^\p{N}]*){6}"  # signs outside ASCII: a circled one stands for two digits
SHORTEST = 10  # bytes of the shortest number
# Digits that stand together, and no other digit: for ASCII cells shorter than a hash the digits
# alone tell what kind_of would.
ONE_RUN = "^[^0-9]*(?:[0-9]{2})?[0-9]{10}[^0-9]*$"
LONGEST_RUN_CELL = 31  # bytes
NO_DIGITS = "".join(chr(one) for one in range(128) if not chr(one).isdigit())

_BEFORE = r"(?<![0-9])(?<![0-9][.,])(?<![0-9]{8}T)"
_NO_RANGE = "(?![-./][0-9]{2})"  # 2024-01-15 - 2024-02-15 is two days
_FORM = re.compile(
    rf"{_BEFORE}(?=({'|'.join((_TOGETHER, _LONG_DOT, *_BLANKS))})(?![0-9]))|"
    rf"{_BEFORE}(?=({'|'.join(_SPLITS)}){_NO_RANGE}(?![0-9]))"
)
_WRITTEN_AS_POWER = re.compile(rf"(?<![0-9.,]){_POWER}(?![0-9])")
_HASH = re.compile(r"(?<![0-9a-z])(?=[0-9]*[a-f])[0-9a-f]{32,}(?![0-9a-z])", re.IGNORECASE)
_FRACTION = re.compile(r"[.,][0-9]*[1-9]")
_DASHES = re.compile("[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d\u30fb\u00b7]")
_ANY_BLANK = re.compile(r"[^\S ]")
_NO_DIGIT = re.compile("[^0-9]")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Digits that are written as a number and begin with a real day; ``kind`` is empty if the
    check digit is wrong."""

    digits: str
    kind: str


def candidates(text: str) -> Iterator[Candidate]:
    """Yield what is written as a number and begins with a real day, numbers or not.

    Examples
    --------
    >>> [one.kind for one in candidates("19121212-1212 and 19121212-1213 and 121272-1219")]
    ['personal_number', '', 'coordination_number']
    """
    plain = plain_text(text)
    for found in _FORM.finditer(plain):
        written = found.group(1) or found.group(2)
        digits = _NO_DIGIT.sub("", written)
        is_amount = written == digits and _FRACTION.match(plain, found.end() + len(written))
        if not is_amount and _has_date(digits):
            yield Candidate(digits, _kind(digits))


def personal_numbers(text: str) -> Iterator[str]:
    """Yield each personal or coordination number in a text, as its digits.

    Examples
    --------
    >>> list(personal_numbers("nr 19121212-1212, ring 08-123 456 78"))
    ['191212121212']
    >>> list(personal_numbers("19121213-1212"))
    []
    """
    return (one.digits for one in candidates(text) if one.kind)


def kind_of(text: str) -> str | None:
    """Return what a text holds: a kind of number, "" for only the form of one, None for neither.

    Examples
    --------
    >>> kind_of("see 19121212-1212"), kind_of("19121212-1213"), kind_of("2024-01-15")
    ('personal_number', '', None)
    """
    best: str | None = None
    for one in candidates(text):
        if one.kind:
            return one.kind
        best = ""
    return best


def kinds_of_digits(numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.int8]:
    """Return, for cells of ten or twelve digits and nothing else, the place of each in ``KINDS``.

    It is what :func:`kind_of` says of them one by one; -1 stands for None.

    Examples
    --------
    >>> kinds_of_digits(np.array([191212121212, 1212121213, 1213121212])).tolist()
    [1, 0, -1]
    """
    day = numbers // 10**4 % 100
    kind = np.where(day > COORDINATION_DAYS, 2, 1).astype(np.int8)
    kind[~_are_luhn(numbers % 10**10)] = 0
    kind[~_are_dates(numbers // 10**10, numbers // 10**8 % 100, numbers // 10**6 % 100, day)] = -1
    return kind


def _are_luhn(tens: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    total = np.zeros_like(tens)
    for place in range(10):
        value = tens // 10 ** (9 - place) % 10 * (2 - place % 2)
        total += value // 10 + value % 10
    return np.asarray(total % 10 == 0)


def _are_dates(
    century: npt.NDArray[np.int64],
    year: npt.NDArray[np.int64],
    month: npt.NDArray[np.int64],
    day: npt.NDArray[np.int64],
) -> npt.NDArray[np.bool_]:
    plain = np.where(day > COORDINATION_DAYS, day - COORDINATION_DAYS, day)
    # Without a century any will do, and of those 2000 alone had a leap day in its year 00.
    no_leap = (year % 4 != 0) | ((year == 0) & np.isin(century, (18, 19)))
    longest = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] + [0] * 87)[month]
    longest -= (month == 2) & no_leap
    return np.isin(century, (0, 18, 19, 20)) & (plain >= 1) & (plain <= longest)


def plain_text(text: str) -> str:
    """Return a text with ASCII digits, plain dashes and blanks, and without invisible signs.

    Examples
    --------
    >>> plain_text("\\uff11\\uff12\\u201312\\u00ad12")
    '12-1212'
    """
    if not text.isascii():
        shown = (one for one in text if unicodedata.category(one) not in ("Cf", "Mn"))
        text = unicodedata.normalize("NFKC", "".join(shown))
        text = "".join(str(unicodedata.digit(one)) if one.isdigit() else one for one in text)
        text = _DASHES.sub("-", text)
    text = _ANY_BLANK.sub(" ", text)
    if "e" in text or "E" in text:
        text = _WRITTEN_AS_POWER.sub(_in_full, text)
    return _HASH.sub("#", text) if len(text) >= 32 else text


def is_luhn(digits: str) -> bool:
    """Return whether ten digits end in the right check digit (modulus 10).

    Examples
    --------
    >>> is_luhn("1212121212"), is_luhn("1212121213")
    (True, False)
    """
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(digits)]
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _kind(digits: str) -> str:
    if not is_luhn(digits[-10:]):
        return ""
    return COORDINATION if int(digits[-6:-4]) > COORDINATION_DAYS else PERSONAL


def _has_date(digits: str) -> bool:
    centuries = (digits[:2],) if len(digits) == 12 else ("19", "20", "18")
    return any(_is_date(century + digits[-10:-4]) for century in centuries)


def _is_date(eight: str) -> bool:
    year, month, day = int(eight[:4]), int(eight[4:6]), int(eight[6:])
    try:
        date(year, month, day - COORDINATION_DAYS if day > COORDINATION_DAYS else day)
    except ValueError:
        return False
    return EARLIEST_YEAR <= year <= LATEST_YEAR


def _in_full(found: re.Match[str]) -> str:
    value = Decimal(found.group().replace(",", "."))
    return str(int(value)) if value == int(value) else found.group()
