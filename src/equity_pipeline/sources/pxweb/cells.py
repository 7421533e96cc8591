"""Cells of a statistical table: values, signs for missing ones, and the codes beside them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

LARGEST_CELLS = 20_000_000  # a document of some lines can claim more cells than a machine holds
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
MARK = re.compile(r"[.\-–:*…]{1,6}")  # PxWeb's and Eurostat's signs for no value


def number_of(value: object) -> float | None:
    """Return a value as a number; None where there is none.

    Raises
    ------
    ValueError
        The value is neither a number nor a sign of a missing one; decimals are never guessed.

    Examples
    --------
    >>> number_of("2762601"), number_of(".."), number_of(None), number_of(2.5)
    (2762601.0, None, None, 2.5)
    """
    if value is None or (isinstance(value, str) and (not value or MARK.fullmatch(value))):
        return None
    written = isinstance(value, str) and NUMBER.fullmatch(value)
    if written or (isinstance(value, int | float) and not isinstance(value, bool)):
        number = _finite(value)
        if number is not None:
            return number
    raise ValueError("a value is neither a number nor a sign of a missing one")


def sign_of(sign: object, value: object) -> str | None:
    """Return the sign of a cell: the one given, else the one that stands in place of its value.

    Examples
    --------
    >>> sign_of(None, ".."), sign_of("p", 5), sign_of(None, 5), sign_of("", "5")
    ('..', 'p', None, None)
    """
    if sign is not None and not isinstance(sign, str):
        raise ValueError("a sign is not a text")
    if sign:
        return sign
    return value if isinstance(value, str) and MARK.fullmatch(value) else None


def spread(held: object, count: int, *, what: str) -> list[Any]:
    """Return an array, or a sparse object laid out as one, of ``count`` places.

    Examples
    --------
    >>> spread({"1": 5}, 3, what="values")
    [None, 5, None]
    """
    if isinstance(held, Mapping):
        laid: list[Any] = [None] * count
        for place, value in held.items():
            if not (str(place).isascii() and str(place).isdecimal() and int(place) < count):
                raise ValueError(f"its {what} have a place outside the {count} cells")
            laid[int(place)] = value
        return laid
    if not isinstance(held, list) or len(held) != count:
        given = len(held) if isinstance(held, list) else 0
        raise ValueError(f"it has {given} {what} for {count} cells")
    return held


def signs_of(held: object, count: int) -> list[Any]:
    """Return a sign for each cell, from an array, an object, or one sign for all.

    Examples
    --------
    >>> signs_of("p", 2), signs_of(["a", None], 2), signs_of(None, 1)
    (['p', 'p'], ['a', None], [None])
    """
    if held is None or isinstance(held, str):
        return [held] * count
    if isinstance(held, list) and len(held) == 1:
        return held * count
    return spread(held, count, what="signs")


def code_columns(dimensions: Sequence[tuple[str, Sequence[str]]]) -> dict[str, pa.Array]:
    """Return a column of codes for each dimension, the last running fastest.

    Examples
    --------
    >>> columns = code_columns([("a", ["x", "y"]), ("b", ["1", "2"])])
    >>> columns["a"].to_pylist(), columns["b"].to_pylist()
    (['x', 'x', 'y', 'y'], ['1', '2', '1', '2'])
    """
    size = [len(codes) for _, codes in dimensions]
    columns: dict[str, pa.Array] = {}
    for place, (name, codes) in enumerate(dimensions):
        each, times = math.prod(size[place + 1 :]), math.prod(size[:place])
        indexes = np.tile(np.repeat(np.arange(size[place], dtype=np.int32), each), times)
        columns[name] = pa.array(codes, pa.string()).take(pa.array(indexes))
    return columns


def _finite(value: Any) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
