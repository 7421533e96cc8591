"""Cells become figures: on a declared scale, with declared marks, or not at all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from equity_pipeline.sources.workbooks.workbook import Cell

Scale = Literal["share", "percent", "percent_text"]


class Unreadable(Exception):
    """A cell that cannot be taken; ``reason`` is a code."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, or none with the reason why as a ``value_status``."""

    value: float | None
    status: str = "shown"


@dataclass(frozen=True, slots=True)
class Writing:
    """How a publisher writes: the decimal sign, and what its marks mean.

    ``marks`` are texts, the empty one too, with the ``value_status`` that each stands for.
    """

    decimal: str = ","
    marks: Mapping[str, str] | None = None

    def marked(self, cell: Cell) -> str | None:
        """Return the status that a mark stands for, None where the cell is no mark.

        Examples
        --------
        >>> Writing(marks={"..": "suppressed"}).marked(Cell(".."))
        'suppressed'
        """
        held = cell.text.replace(" ", "").casefold()
        if cell.is_unfinished or (cell.value is not None and not isinstance(cell.value, str)):
            return None
        return {
            mark.replace(" ", "").casefold(): is_ for mark, is_ in (self.marks or {}).items()
        }.get(held)

    def number(self, text: str) -> float:
        """Return a number written as text: spaces between thousands, the declared decimal sign.

        Raises
        ------
        Unreadable
            For any other text.

        Examples
        --------
        >>> Writing(",").number("1 204,5")
        1204.5
        """
        sign = re.escape(self.decimal)
        if not re.fullmatch(rf"-?(?:\d+|\d{{1,3}}(?: \d{{3}})+)(?:{sign}\d+)?", text):
            raise Unreadable("not_a_number")
        return float(text.replace(" ", "").replace(self.decimal, "."))


def share_of(cell: Cell, scale: Scale, writing: Writing) -> Figure:
    """Return a share 0-1 from a cell on the declared scale.

    ``share`` is 0-1 (a cell formatted as per cent is one), ``percent`` is 0-100 without a sign,
    ``percent_text`` is a number followed by a sign of per cent.

    Raises
    ------
    Unreadable
        The cell contradicts the scale, lies outside it, or is no number.

    Examples
    --------
    >>> share_of(Cell(85), "percent", Writing()).value
    0.85
    >>> share_of(Cell("85,5 %"), "percent_text", Writing()).value
    0.855
    """
    status = writing.marked(cell)
    if status is not None:
        return Figure(None, status)
    _refuse_unfit(cell)
    return Figure(_inside(_share(cell, scale, writing)))


def count_of(cell: Cell, writing: Writing) -> int | None:
    """Return a count, or None for a mark.

    Raises
    ------
    Unreadable
        A negative number, a part of one, or no number.

    Examples
    --------
    >>> count_of(Cell("1 204"), Writing())
    1204
    """
    if writing.marked(cell) is not None or (cell.value is None and not cell.is_unfinished):
        return None
    _refuse_unfit(cell)
    number = _plain_number(cell, writing)
    if number < 0 or not number.is_integer() or cell.is_percent:
        raise Unreadable("not_a_count")
    return int(number)


def _refuse_unfit(cell: Cell) -> None:
    if cell.is_unfinished:
        raise Unreadable("formula_without_value")
    if cell.is_spread:
        raise Unreadable("value_in_merged_cells")
    if cell.value is None:
        raise Unreadable("empty_and_no_mark")


def _share(cell: Cell, scale: Scale, writing: Writing) -> float:
    is_number = isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
    if is_number and cell.is_percent:
        if scale == "percent":
            raise Unreadable("scale_contradicted")
        return float(cell.value)
    if scale == "percent_text":
        text = cell.text
        if is_number or not text.endswith("%"):
            raise Unreadable("scale_contradicted")
        return _hundredth(writing.number(text[:-1].rstrip()))
    if "%" in cell.text:
        raise Unreadable("scale_contradicted")
    number = _plain_number(cell, writing)
    return _hundredth(number) if scale == "percent" else number


def _hundredth(number: float) -> float:
    return round(number / 100, 12)  # 85.3 per cent is 0.853, not 0.8529999999999999


def _plain_number(cell: Cell, writing: Writing) -> float:
    if isinstance(cell.value, bool):
        raise Unreadable("not_a_number")
    if isinstance(cell.value, int | float):
        if not math.isfinite(cell.value):
            raise Unreadable("not_a_number")
        return float(cell.value)
    if isinstance(cell.value, str):
        return writing.number(cell.text)
    raise Unreadable("not_a_number")


def _inside(share: float) -> float:
    if not 0 <= share <= 1:
        raise Unreadable("outside_scale")
    return share
