"""Formulas of a sheet that were never calculated: their cells hold no value, and would read empty.

Whoever opens the workbook sees numbers, for the program there calculates them; a file that is
written by a library and never opened holds only the formulas.
"""

from __future__ import annotations

import re
from typing import BinaryIO

_BLOCK = 2**20
_LONGEST = 2**16  # bytes of a cell: a formula has at most 8192 signs
_CELL = re.compile(
    rb"<(?:\w+:)?c(\s[^<>]*)?>\s*<(?:\w+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
_IS_TEXT = re.compile(rb"""\st=["']str["']""")  # an empty text is a value, and so it is written


def has_formula_without_value(sheet: BinaryIO) -> bool:
    """Return whether a cell of a sheet, given as its XML, is a formula without a stored value.

    Examples
    --------
    >>> from io import BytesIO
    >>> has_formula_without_value(BytesIO(b'<c r="A1"><f>1+1</f><v></v></c>'))
    True
    >>> has_formula_without_value(BytesIO(b'<c r="A1"><f>1+1</f><v>2</v></c>'))
    False
    """
    held = b""
    while block := sheet.read(_BLOCK):
        held = held[-_LONGEST:] + block
        if any(not _IS_TEXT.search(cell.group(1) or b"") for cell in _CELL.finditer(held)):
            return True
    return False
