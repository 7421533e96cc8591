"""The columns of the workbook of decisions, and how one cell is read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from equity_pipeline.tables.decision_faults import Fault
from equity_pipeline.tables.decision_register import JUDGED, NAMES
from equity_pipeline.vocabulary import Column, vocabulary

#: what the pipeline fills in; nobody writes there
COMPUTED = (
    "case_id", "version", "indicator_name_sv", "dimension_label_sv", "focus_label_sv",
    "reference_label_sv", "period_start", "period_end", "auto_grade", "gap_harm",
    "gap_harm_lower", "gap_harm_upper", "gap_picked_lower", "gap_picked_upper", "mid",
    "evidence_state", "n_comparisons", "n_picked", "n_need_models", "n_periods_established",
    "detectable_narrowing", "detectable_by", "importance_size", "importance_duration",
    "importance_class", "grade", "gap_then", "gap_narrowing", "gap_narrowing_lower",
    "gap_narrowing_upper", "follow_up", "evidence_ref",
)  # fmt: skip
WRITTEN = (*JUDGED, *NAMES)
LONGEST_TEXT = 2000
BOUNDS = re.compile(r"(\d)-(\d)")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
#: a text that begins so is taken for a formula by a spreadsheet that is careless
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Read:
    """One cell as read: its value, or the fault that it has."""

    value: Any = None
    fault: Fault | None = None


def heading(name: str) -> str:
    """Return the Swedish heading of a column.

    Examples
    --------
    >>> heading("verdict")
    'Granskarnas bedömning'
    """
    return vocabulary().column(name).label.sv


def choices(name: str) -> Mapping[str, str]:
    """Return the words that a column is chosen from, with their codes; empty if it is free.

    Examples
    --------
    >>> choices("verdict")["Omotiverad"]
    'unwarranted'
    """
    codes = vocabulary().column(name).codes
    if codes is None:
        return MappingProxyType({})
    return {label.sv: code for code, label in vocabulary().codes[codes].items()}


def bounds(name: str) -> tuple[int, int] | None:
    """Return the smallest and largest whole number of a column; None if it is no score.

    Examples
    --------
    >>> bounds("importance_severity"), bounds("owner")
    ((0, 3), None)
    """
    found = BOUNDS.fullmatch(vocabulary().column(name).unit)
    return (int(found[1]), int(found[2])) if found else None


def shown(name: str, value: Any) -> Any:
    """Return a value as it stands in the workbook: the word of a code, the day of a date.

    Examples
    --------
    >>> shown("verdict", "unclear"), shown("owner", None)
    ('Oklar, behöver fördjupas', None)
    """
    if value is None or value != value:
        return None
    codes = vocabulary().column(name).codes
    if codes is not None:
        return vocabulary().label(codes, str(value)).sv
    return value


def read_cell(name: str, value: Any, *, is_formula: bool) -> Read:
    """Return what people wrote in a cell, in our types.

    Parameters
    ----------
    name
        The column.
    value
        What the file holds.
    is_formula
        Whether it is a formula: then nothing is read.

    Examples
    --------
    >>> read_cell("importance_severity", 4, is_formula=False).fault.mend
    'write a whole number from 0 to 3'
    >>> read_cell("verdict", "Omotiverad", is_formula=False).value
    'unwarranted'
    """
    if is_formula:
        return _wrong(name, "A formula stands here.", "write the value itself")
    if isinstance(value, str):
        value = unicodedata.normalize("NFC", value).strip() or None
    if value is None:
        return Read()
    column = vocabulary().column(name)
    if column.codes is not None:
        return _code(name, value)
    if column.type == "INTEGER":
        return _score(name, value)
    if column.type == "DOUBLE":
        return _number(name, value)
    return _day(name, value) if column.type == "DATE" else _text(column, value)


def _wrong(name: str, what: str, mend: str) -> Read:
    return Read(fault=Fault(name, what, mend))


def _code(name: str, value: Any) -> Read:
    words = choices(name)
    if value in words:
        return Read(words[value])
    if value in words.values():
        return Read(value)
    return _wrong(name, "That is no choice of the list.", f"choose one of: {'; '.join(words)}")


def _score(name: str, value: Any) -> Read:
    least, most = bounds(name) or (0, 10**9)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
    if not whole or not least <= value <= most:
        return _wrong(name, "That is no score.", f"write a whole number from {least} to {most}")
    return Read(int(value))


def _number(name: str, value: Any) -> Read:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        return _wrong(name, "That is no number of 0 or more.", "write a number, not text")
    return Read(float(value))


def _day(name: str, value: Any) -> Read:
    if isinstance(value, datetime):
        return Read(value.date())
    if isinstance(value, date):
        return Read(value)
    try:
        return Read(date.fromisoformat(value))
    except (TypeError, ValueError):
        return _wrong(name, "That is no day.", "write the day as 2024-05-31")


def _text(column: Column, value: Any) -> Read:
    text = value if isinstance(value, str) else str(value)
    if CONTROL.search(text):
        return _wrong(column.name, "The text holds control characters.", "write it as plain text")
    if len(text) > LONGEST_TEXT:
        return _wrong(
            column.name, "The text is too long.", f"write at most {LONGEST_TEXT} characters"
        )
    return Read(text)
