"""The guard at the door: looks through batches of a file and judges its columns as wholes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.deliveries.identity.personal_number import (
    KINDS,
    LIKELY,
    LIKELY_SIGNS,
    LONGEST_RUN_CELL,
    NO_DIGITS,
    ONE_RUN,
    SHORTEST,
    is_luhn,
    kind_of,
    kinds_of_digits,
    personal_numbers,
)

__all__ = [
    "Guard",
    "any_personal_number",
    "columns_with_personal_numbers",
    "hits",
    "holds_personal_number",
    "is_luhn",
    "personal_numbers",
]

SHARE_IN_IDS = 0.05  # one random ten-digit number in 150 has a real date and a right check digit
SHARE_OF_FORM = 0.25  # of what has form and date, one in ten has the right check digit by chance
NO_PATTERNS: Mapping[str, str] = MappingProxyType({})
PROBE = 4096  # rows that tell whether a column repeats its values


def holds_personal_number(text: str) -> bool:
    """Return whether a text holds at least one personal or coordination number.

    Examples
    --------
    >>> holds_personal_number("121212+1212"), holds_personal_number("1234567890")
    (True, False)
    """
    return bool(kind_of(text))


def any_personal_number(texts: Iterable[str]) -> bool:
    """Return whether one of several texts holds a personal number."""
    return any(holds_personal_number(text) for text in texts)


@dataclass(slots=True)
class _Seen:
    """What a column has held so far, in rows."""

    filled: int = 0
    of_form: int = 0  # written as a number, with a real day
    kinds: dict[str, int] = field(default_factory=dict)
    certain: dict[str, int] = field(default_factory=dict)  # hits that chance does not explain

    def add(self, kind: str, rows: int, *, by_chance: bool) -> None:
        self.of_form += rows
        if not kind:
            return
        self.kinds[kind] = self.kinds.get(kind, 0) + rows
        if not by_chance:
            self.certain[kind] = self.certain.get(kind, 0) + rows

    def refused(self) -> Mapping[str, int]:
        """Rows by kind, if they are too many to be chance; else only those that are certain."""
        rows = sum(self.kinds.values())
        if rows > SHARE_IN_IDS * self.filled and rows > SHARE_OF_FORM * self.of_form:
            return self.kinds
        return self.kinds if self.certain else {}


class Guard:
    """Looks at a file batch by batch; ``found`` judges each column over the whole file.

    A column whose role is ``pseudonym`` or ``code`` may hold hits by chance: up to 5 % of its
    rows, and no more than a quarter of those that have form and date, as long as they have its
    declared pattern. So may whole cells in a declared format of date and time. An ``identity``
    column is meant to hold numbers; in every other column one hit is enough.

    Parameters
    ----------
    roles
        ``identity``, ``pseudonym`` or ``code`` of the columns that have a role.
    patterns
        Regular expressions of pseudonyms and codes, by column.
    timestamps
        The formats of date and time that the file is declared to hold, as ``%Y%m%d%H%M``.

    Examples
    --------
    >>> guard = Guard({"pnr": "identity"})
    >>> guard.look(pa.table({"pnr": ["19121212-1212"], "note": ["121272-1219"]}))
    >>> guard.found()
    {'coordination_number:note': 1}
    """

    def __init__(
        self,
        roles: Mapping[str, str],
        patterns: Mapping[str, str] = NO_PATTERNS,
        timestamps: Sequence[str] = (),
    ) -> None:
        self._roles = roles
        self._patterns = patterns
        self._timestamps = timestamps
        self._seen: dict[str, _Seen] = {}

    def look(self, batch: pa.Table | pa.RecordBatch) -> None:
        """Take in the next rows; columns that are no text are read as whole numbers are written."""
        for name in batch.column_names:
            if self._roles.get(name) == "identity":
                continue
            texts = _texts(batch.column(name))
            if texts is not None:
                self._look(name, texts)

    def found(self) -> dict[str, int]:
        """Return rows by reason, ``<kind>:<column>``; empty when nothing must be refused."""
        return {
            f"{kind}:{name}": rows
            for name, seen in self._seen.items()
            for kind, rows in sorted(seen.refused().items())
        }

    def columns(self) -> list[str]:
        """Return the columns that must not be taken in."""
        return [name for name, seen in self._seen.items() if seen.refused()]

    def _look(self, name: str, texts: pa.ChunkedArray) -> None:
        seen = self._seen.setdefault(name, _Seen())
        seen.filled += len(texts) - int(texts.null_count)
        for text, rows, kind in judged(suspects(texts)):
            # Only a hit is asked whether it may be chance: most of the form are none.
            seen.add(kind, rows, by_chance=not kind or self._may_be_chance(name, text))

    def _may_be_chance(self, name: str, text: str) -> bool:
        if any(_is_time(text, given) for given in self._timestamps):
            return True
        pattern = self._patterns.get(name)
        fits = pattern is None or re.fullmatch(pattern, text.strip()) is not None
        return name in self._roles and fits


def columns_with_personal_numbers(
    table: pa.Table, roles: Mapping[str, str], patterns: Mapping[str, str] = NO_PATTERNS
) -> list[str]:
    """Return the columns of a table that must not be taken in, as :class:`Guard` judges them."""
    guard = Guard(roles, patterns)
    guard.look(table)
    return guard.columns()


def hits(values: pa.ChunkedArray) -> dict[str, int]:
    """Return the distinct values of a text column that hold a personal number, and their rows."""
    found: dict[str, int] = {}
    for text, rows, kind in judged(suspects(values)):
        if kind:
            found[text] = found.get(text, 0) + rows
    return found


def suspects(texts: pa.ChunkedArray) -> pa.StructArray:
    """Return the distinct values that may hold a number, with their rows, as arrow's counts."""
    long = texts.filter(pc.greater_equal(pc.binary_length(texts), SHORTEST))
    few = len(long) > PROBE and len(pc.unique(long.slice(0, PROBE))) < PROBE // 2
    if not few:
        return pc.value_counts(long.filter(_are_likely(long)))
    # Hashing is cheaper than searching where values repeat, dearer where they do not.
    counts = pc.value_counts(long)
    return counts.filter(_are_likely(counts.field("values")))


def judged(counts: pa.StructArray) -> Iterator[tuple[str, int, str]]:
    """Yield value, rows and kind of what has at least the form of a number and a real day.

    Cells with one run of digits are judged all at once, and those without the right check digit
    are told together, as one empty value.
    """
    plain = _have_one_run(counts.field("values"))
    digits, others = counts.filter(plain), counts.filter(pc.invert(plain))
    bare = pc.ascii_trim(digits.field("values"), characters=NO_DIGITS)
    numbers = bare.cast(pa.int64()).to_numpy(zero_copy_only=False)
    kinds = kinds_of_digits(numbers)
    yield "", int(np.sum(digits.field("counts").to_numpy()[kinds == 0])), ""
    yield from _pairs(digits.filter(pa.array(kinds > 0)), [KINDS[one] for one in kinds if one > 0])
    yield from _pairs(others, [kind_of(text) for text in others.field("values").to_pylist()])


def _have_one_run(texts: pa.Array) -> pa.Array:
    short = pc.less_equal(pc.binary_length(texts), LONGEST_RUN_CELL)
    plain = pc.and_(short, pc.string_is_ascii(texts))
    return pc.and_(plain, pc.match_substring_regex(texts, ONE_RUN))


def _pairs(counts: pa.StructArray, kinds: Sequence[str | None]) -> Iterator[tuple[str, int, str]]:
    texts, rows = (counts.field(name).to_pylist() for name in ("values", "counts"))
    for text, n, kind in zip(texts, rows, kinds, strict=True):
        if kind is not None:
            yield text, n, kind


def _are_likely(texts: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | pa.Array:
    likely = pc.match_substring_regex(texts, LIKELY)
    ascii_only = pc.string_is_ascii(texts)
    if pc.all(ascii_only).as_py():
        return likely
    signs = pc.match_substring_regex(texts, LIKELY_SIGNS)
    return pc.if_else(ascii_only, likely, signs)


def _texts(column: pa.ChunkedArray | pa.Array) -> pa.ChunkedArray | None:
    if isinstance(column, pa.Array):
        column = pa.chunked_array([column])
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _texts(column.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return column
    if pa.types.is_floating(kind):
        return _whole(column)
    if pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return column.cast(pa.string())
    return None


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # Arrow writes large floats as powers of ten, and a frame library makes whole numbers floats.
    wide = column.cast(pa.float64())
    is_whole = pc.and_(pc.equal(pc.floor(wide), wide), pc.less(pc.abs(wide), 1e15))
    return wide.filter(is_whole).cast(pa.int64()).cast(pa.string())


def _is_time(text: str, given: str) -> bool:
    try:
        datetime.strptime(text.strip(), given)
    except ValueError:
        return False
    return True
