"""How the text of a file is read as numbers, dates and truth values: SQL, NULL where it fails."""

from __future__ import annotations

import re
from dataclasses import dataclass

from equity_pipeline.deliveries.layouts.layout import FileLayout
from equity_pipeline.deliveries.layouts.quoting import literal
from equity_pipeline.deliveries.layouts.rules import shape_of

ISO_DATE = "%Y-%m-%d"
ISO_TIMESTAMP = "%Y-%m-%dT%H:%M:%S"
MOMENT = "MOMENT"  # a date or a time stamp: what a derived value may start from
_WHOLE = ("SMALLINT", "INTEGER", "BIGINT")
_TIME = r"[T ]?[0-9]{1,2}[:.][0-9]{2}.*|[T ][0-9]{2,6}.*"


@dataclass(frozen=True, slots=True)
class Reader:
    """The declared notation of one file."""

    dates: tuple[str, ...]
    timestamps: tuple[str, ...]
    decimal: str
    exponent: bool
    thousands: tuple[str, ...] = ()

    def number(self, text: str, kind: str = "DOUBLE") -> str:
        """Return SQL for a finite number in the declared notation."""
        plain = text
        for sign in self.thousands:
            plain = f"replace({plain}, {literal(sign)}, '')"
        if kind not in _WHOLE and self.decimal != ".":
            plain = f"replace({plain}, {literal(self.decimal)}, '.')"
        value = f"try_cast({plain} as {kind})"
        if kind in ("DOUBLE", "FLOAT"):
            value = f"case when isfinite({value}) then {value} end"
        return _guarded(text, self._number_shape(kind), value)

    def moment(self, text: str) -> str:
        """Return SQL for a date or a time stamp, as written."""
        return _parsed(text, self.dates + self.timestamps)

    def cast(self, text: str, kind: str) -> str:
        """Return SQL for a value of a vocabulary type, or for a moment."""
        if kind == MOMENT:
            return self.moment(text)
        if kind == "DATE":
            return f"cast({_parsed(text, self.dates)} as date)"
        if kind == "BOOLEAN":
            return f"case lower({text}) when 'true' then true when 'false' then false end"
        return text if kind == "VARCHAR" else self.number(text, kind)

    def fault(self, text: str, kind: str) -> str:
        """Return SQL for the reason why a text cannot be read as a kind."""
        if kind in ("DATE", MOMENT):
            return self._date_fault(text, with_time=kind == MOMENT)
        if kind == "BOOLEAN":
            return "'boolean_invalid'"
        written = f"regexp_full_match({text}, {literal(self._number_shape(kind))})"
        return f"case when {written} then 'out_of_range' else 'number_format' end"

    def _date_fault(self, text: str, *, with_time: bool) -> str:
        formats = self.dates + self.timestamps if with_time else self.dates
        shapes = _shapes(formats)
        return f"""case
            when regexp_full_match({text}, {literal(shapes)}) then 'date_invalid'
            when regexp_full_match({text}, {literal(f"({shapes})({_TIME})")}) then 'date_has_time'
            else 'date_format' end"""

    def _number_shape(self, kind: str) -> str:
        grouped = "".join(re.escape(sign) for sign in self.thousands)
        whole = f"([0-9]+|[0-9]{{1,3}}([{grouped}][0-9]{{3}})+)" if grouped else "[0-9]+"
        if kind in _WHOLE:
            return f"-?{whole}"
        tail = "([eE][-+]?[0-9]+)?" if self.exponent else ""
        return rf"-?{whole}([{self.decimal}][0-9]+)?{tail}"


OURS = Reader((ISO_DATE,), (ISO_TIMESTAMP,), ".", exponent=True)


def reader_of(layout: FileLayout, kind: str) -> Reader:
    """Return how a file of a layout is read; parquet and workbooks also bring their own dates."""
    if kind == "csv":
        signs = layout.thousands
        return Reader(layout.dates, layout.timestamps, layout.decimal, False, signs)
    own = (*layout.timestamps, ISO_TIMESTAMP)
    return Reader((*layout.dates, ISO_DATE), own, ".", exponent=True)


def _guarded(text: str, shape: str, value: str) -> str:
    return f"case when regexp_full_match({text}, {literal(shape)}) then {value} end"


def _shapes(formats: tuple[str, ...]) -> str:
    return "|".join(f"({shape_of(one)})" for one in formats)


def _parsed(text: str, formats: tuple[str, ...]) -> str:
    listed = ", ".join(literal(one) for one in formats)
    return _guarded(text, _shapes(formats), f"try_strptime({text}, [{listed}])")
