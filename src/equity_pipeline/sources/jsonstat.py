"""json-stat 2 (and 1.x) read by codes, never by labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from equity_pipeline.errors import SourceError

Document = Mapping[str, Any]
MEND = "the source has changed its format: compare the stored raw answer with json-stat.org"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension: its code, its categories in order (code -> label), units by category."""

    code: str
    label: str
    categories: MappingProxyType[str, str]
    units: MappingProxyType[str, str]
    extension: MappingProxyType[str, Any]

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes in the order of the values."""
        return tuple(self.categories)


@dataclass(frozen=True, slots=True)
class Cube:
    """A data set: its dimensions in order, and a table with a row for each cell.

    ``table`` has one string column for each dimension (codes), ``value`` (double, null where
    the source gives none) and ``status`` (the source's sign, such as ``..``).
    """

    label: str
    dimensions: tuple[Dimension, ...]
    table: pa.Table
    notes: tuple[str, ...] = ()


def dimensions(document: Document) -> tuple[Dimension, ...]:
    """Return the dimensions of a data set or of metadata without values, in order.

    Raises
    ------
    SourceError
        If the document is not json-stat, or its sizes do not fit its categories.
    """
    dataset = _dataset(document)
    held = dataset.get("dimension")
    names = dataset.get("id", held.get("id") if isinstance(held, Mapping) else None)
    if not isinstance(held, Mapping) or not isinstance(names, Sequence) or isinstance(names, str):
        raise _broken(document, "it has no dimensions")
    absent = [name for name in names if not isinstance(held.get(name), Mapping)]
    if absent:
        raise _broken(document, f"dimensions {absent} are named and not described")
    try:
        made = tuple(_dimension(name, held[name]) for name in names)
    except (AttributeError, KeyError, TypeError):
        raise _broken(document, "a dimension does not describe its categories") from None
    sizes = list(dataset.get("size", held.get("size", [])))
    if sizes != [len(one.categories) for one in made]:
        raise _broken(document, f"sizes {sizes} do not fit the categories")
    return made


def read(document: Document) -> Cube:
    """Return a data set as a cube: row-major values, last dimension fastest.

    Values may be an array or a sparse object, indexes a list or a map, status an array, an
    object or one sign for all.

    Raises
    ------
    SourceError
        If the document is not json-stat or holds more or fewer values than its sizes say.

    Examples
    --------
    >>> cube = read({
    ...     "class": "dataset", "version": "2.0", "id": ["kon"], "size": [2],
    ...     "dimension": {"kon": {"category": {"index": ["1", "2"]}}},
    ...     "value": {"1": 5}, "status": {"0": ".."},
    ... })
    >>> cube.table.to_pylist()
    [{'kon': '1', 'value': None, 'status': '..'}, {'kon': '2', 'value': 5.0, 'status': None}]
    """
    dataset = _dataset(document)
    made = dimensions(document)
    size = [len(one.categories) for one in made]
    count = math.prod(size)
    values = _spread(dataset.get("value"), count, document, what="values")
    signs = _signs(dataset.get("status"), count, document)
    numbers = [_number(value) for value in values]
    signs = [_sign(sign, value) for sign, value in zip(signs, values, strict=True)]
    columns = _code_columns(made, size)
    if {"value", "status"} & columns.keys():
        raise _broken(document, "a dimension is named value or status")
    columns["value"] = pa.array(numbers, pa.float64())
    columns["status"] = pa.array(signs, pa.string())
    notes = tuple(str(note) for note in dataset.get("note") or ())
    return Cube(str(dataset.get("label", "")), made, pa.table(columns), notes)


def _dataset(document: Document) -> Document:
    inner = document.get("dataset") if isinstance(document, Mapping) else None
    dataset = inner if isinstance(inner, Mapping) else document
    if not isinstance(dataset, Mapping) or "dimension" not in dataset:
        raise SourceError(
            "The answer is not json-stat: it has no dimension.", where="json-stat", mend=MEND
        )
    return dataset


def _dimension(code: str, held: Document) -> Dimension:
    category = held.get("category", {})
    labels = category.get("label") or {}
    index = category.get("index", list(labels))  # the index may be left out of a single category
    order = sorted(index, key=index.__getitem__) if isinstance(index, Mapping) else list(index)
    units = {
        name: str(unit.get("base", "")) if isinstance(unit, Mapping) else str(unit)
        for name, unit in (category.get("unit") or {}).items()
    }
    return Dimension(
        code=code,
        label=str(held.get("label", code)),
        categories=MappingProxyType({str(one): str(labels.get(one, one)) for one in order}),
        units=MappingProxyType(units),
        extension=MappingProxyType(dict(held.get("extension") or {})),
    )


def _spread(held: object, count: int, document: Document, *, what: str) -> list[Any]:
    if isinstance(held, Mapping):
        spread: list[Any] = [None] * count
        for place, value in held.items():
            if not str(place).isdecimal() or int(place) >= count:
                raise _broken(document, f"its {what} have a place outside the {count} cells")
            spread[int(place)] = value
        return spread
    if not isinstance(held, Sequence) or isinstance(held, str) or len(held) != count:
        given = len(held) if isinstance(held, Sequence) else 0
        raise _broken(document, f"it has {given} {what} for {count} cells")
    return list(held)


def _signs(held: object, count: int, document: Document) -> list[Any]:
    if held is None or isinstance(held, str):
        return [held] * count
    if isinstance(held, Sequence) and len(held) == 1:
        return [held[0]] * count
    return _spread(held, count, document, what="signs")


def _number(value: object) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sign(sign: object, value: object) -> str | None:
    if sign is not None:
        return str(sign)
    return value if isinstance(value, str) and _number(value) is None else None


def _code_columns(made: tuple[Dimension, ...], size: list[int]) -> dict[str, pa.Array]:
    columns: dict[str, pa.Array] = {}
    for place, dimension in enumerate(made):
        each = math.prod(size[place + 1 :])
        times = math.prod(size[:place])
        indexes = np.tile(np.repeat(np.arange(size[place], dtype=np.int32), each), times)
        codes = pa.array(dimension.codes, pa.string())
        columns[dimension.code] = codes.take(pa.array(indexes))
    return columns


def _broken(document: Document, why: str) -> SourceError:
    label = str(_dataset(document).get("label", ""))[:100]
    return SourceError(f"The answer cannot be read as json-stat: {why}.", where=label, mend=MEND)
