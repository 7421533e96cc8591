"""Identities become pseudonyms at the door: HMAC-SHA256 of the twelve-digit number."""

from __future__ import annotations

import hashlib
import hmac
import re
import stat
import unicodedata
from datetime import date
from pathlib import Path

from equity_pipeline.deliveries.guard import holds_personal_number
from equity_pipeline.errors import ConfigurationError

SMALLEST_KEY = 32  # bytes; shorter than the hash gives away part of its strength
INVALID = "invalid"
_FORM = re.compile(r"([0-9]{2})?([0-9]{6})([-+ ]?)([0-9]{4})")


def read_key(path: Path) -> bytes:
    """Return the key of a file that only its owner may read.

    Raises
    ------
    ConfigurationError
        If the file is not there, is open to others, or is shorter than 32 bytes.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        key = path.read_bytes().strip()
    except OSError:
        raise ConfigurationError("The key file cannot be read.", where=str(path)) from None
    if mode & 0o077:
        raise ConfigurationError(
            "The key file is open to others.", where=str(path), mend=f"chmod 600 {path}"
        )
    if len(key) < SMALLEST_KEY:
        raise ConfigurationError(
            f"The key is shorter than {SMALLEST_KEY} bytes.",
            where=str(path),
            mend="make one with `openssl rand -hex 32`",
        )
    return key


def canonical(number: str, *, as_of: date) -> str | None:
    """Return a personal number as twelve digits, or None if it is none.

    A ten-digit number belongs to the last century in which its date is not after ``as_of``;
    with a plus sign, to the one before that.

    Examples
    --------
    >>> canonical("121212+1212", as_of=date(2025, 1, 15))
    '191212121212'
    >>> canonical("701063-2391", as_of=date(2025, 1, 15))
    '197010632391'
    """
    found = _FORM.fullmatch(unicodedata.normalize("NFKC", number).strip())
    if found is None:
        return None
    century, day, sign, last = found.groups()
    if century is None:
        this = as_of.year // 100
        born = this if _not_after(day, as_of) else this - 1
        century = str(born - (sign == "+"))
    digits = f"{century}{day}{last}"
    return digits if holds_personal_number(digits) else None


def pseudonym(number: str, key: bytes, *, as_of: date) -> str:
    """Return the pseudonym of a personal number, or ``invalid`` if it is none.

    Examples
    --------
    >>> a, b = b"a" * 32, b"b" * 32
    >>> one = pseudonym("19121212-1212", a, as_of=date(2025, 1, 15))
    >>> one == pseudonym("191212121212", a, as_of=date(2025, 1, 15)), len(one)
    (True, 64)
    >>> one == pseudonym("191212121212", b, as_of=date(2025, 1, 15))
    False
    """
    digits = canonical(number, as_of=as_of)
    if digits is None:
        return INVALID
    return hmac.new(key, digits.encode("ascii"), hashlib.sha256).hexdigest()


def _not_after(day: str, as_of: date) -> bool:
    year, month, date_of_month = int(day[:2]), int(day[2:4]), int(day[4:])
    plain = date_of_month - 60 if date_of_month > 60 else date_of_month
    return (year, month, plain) <= (as_of.year % 100, as_of.month, as_of.day)
