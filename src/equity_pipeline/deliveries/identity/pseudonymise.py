"""Identities become pseudonyms at the door: HMAC-SHA256 of the twelve-digit number."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.deliveries.identity.guard import holds_personal_number
from equity_pipeline.deliveries.identity.keys import SMALLEST_KEY, Key, Keys, read_key
from equity_pipeline.deliveries.identity.personal_number import kinds_of_digits, plain_text

__all__ = ["INVALID", "SMALLEST_KEY", "Pseudonymiser", "canonical", "pseudonym", "read_key"]

INVALID = "invalid"
MOVED = pa.schema({"person_id_before": pa.string(), "person_id": pa.string()})
_SPLIT = "[-./ ]?"
_FORM = re.compile(
    rf"([0-9]{{2}})? ?([0-9]{{2}}){_SPLIT}([0-9]{{2}}){_SPLIT}([0-9]{{2}}) ?([-+./]?) ?([0-9]{{4}})"
    r"(?:\.0+)?"
)
_USUAL = "^(?:18|19|20)[0-9]{6}-?[0-9]{4}$"


class Pseudonymiser:
    """Turns columns of identities into pseudonyms, batch by batch, each distinct value once.

    While a rotation lasts, ``moved`` tells which pseudonyms the same numbers had under the key
    before, so that persons known by those are recognised.

    Examples
    --------
    >>> from equity_pipeline.deliveries.identity.keys import key_of
    >>> maker = Pseudonymiser(Keys(key_of(b"k" * 32)), as_of=date(2025, 1, 15))
    >>> made = maker.column(pa.array(["19121212-1212", "121212+1212", "T-1", " "])).to_pylist()
    >>> made[0] == made[1], made[2:]
    (True, ['invalid', None])
    """

    def __init__(self, keys: Keys, *, as_of: date) -> None:
        self._keys = keys
        self._as_of = as_of
        self._moved: list[pa.Table] = []

    @property
    def key_id(self) -> str:
        """The id of the key that the pseudonyms are made with."""
        return self._keys.current.key_id

    def column(self, values: pa.ChunkedArray | pa.Array) -> pa.Array:
        """Return a pseudonym, ``invalid`` or null (for blank) in the place of each identity."""
        if isinstance(values, pa.ChunkedArray):
            values = values.combine_chunks()
        coded = pc.dictionary_encode(values)
        numbers = canonicals(coded.dictionary, as_of=self._as_of)
        made = _with(self._keys.current, numbers)
        if self._keys.previous is not None:
            self._remember(_with(self._keys.previous, numbers), made)
        blank = pc.equal(pc.utf8_trim_whitespace(coded.dictionary), "")
        spoken = pc.if_else(blank, None, pc.coalesce(pa.array(made, pa.string()), INVALID))
        return spoken.take(coded.indices)

    def moved(self) -> pa.Table:
        """Return the pairs of pseudonyms made since the last call; none without a key before."""
        held, self._moved = self._moved, []
        return pa.concat_tables(held) if held else MOVED.empty_table()

    def _remember(self, before: Sequence[str | None], now: Sequence[str | None]) -> None:
        pairs = pa.table([before, now], schema=MOVED)
        self._moved.append(pairs.filter(pc.is_valid(pairs.column("person_id"))))


def canonicals(numbers: pa.Array, *, as_of: date) -> list[str | None]:
    """Return what :func:`canonical` returns, for many at once; most are judged as one array."""
    texts = pc.utf8_trim_whitespace(numbers)
    usual = pc.fill_null(pc.match_substring_regex(texts, _USUAL), False)
    digits = pc.replace_substring(texts.filter(usual), "-", "")
    valid = kinds_of_digits(digits.cast(pa.int64()).to_numpy(zero_copy_only=False)) > 0
    kept = iter(pc.if_else(pa.array(valid), digits, None).to_pylist())
    pairs = zip(numbers.to_pylist(), usual.to_pylist(), strict=True)
    return [next(kept) if plain else canonical(text or "", as_of=as_of) for text, plain in pairs]


def canonical(number: str, *, as_of: date) -> str | None:
    """Return a personal or coordination number as twelve digits, or None if it is none.

    A ten-digit number belongs to the last century in which its date is not after ``as_of``;
    with a plus sign, to the one before that. The 60 days of a coordination number are kept.
    Reserve numbers of regions, which hold letters or other dates, are none.

    Examples
    --------
    >>> canonical("121212+1212", as_of=date(2025, 1, 15))
    '191212121212'
    >>> canonical("701063-2391", as_of=date(2025, 1, 15))
    '197010632391'
    """
    found = _FORM.fullmatch(plain_text(number).strip())
    if found is None:
        return None
    century, *parts, sign, last = found.groups()
    day = "".join(parts)
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


def _with(key: Key, numbers: Sequence[str | None]) -> list[str | None]:
    begun = hmac.new(key.secret, digestmod=hashlib.sha256)  # a copy costs a third of a new one
    made: list[str | None] = []
    for number in numbers:
        if number is None:
            made.append(None)
            continue
        one = begun.copy()
        one.update(number.encode("ascii"))
        made.append(one.hexdigest())
    return made


def _not_after(day: str, as_of: date) -> bool:
    year, month, date_of_month = int(day[:2]), int(day[2:4]), int(day[4:])
    plain = date_of_month - 60 if date_of_month > 60 else date_of_month
    return (year, month, plain) <= (as_of.year % 100, as_of.month, as_of.day)
