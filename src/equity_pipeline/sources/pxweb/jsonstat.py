"""json-stat 2 (and 1.x) read by codes, never by labels."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.cells import (
    LARGEST_CELLS,
    code_columns,
    number_of,
    sign_of,
    signs_of,
    spread,
)

Document = Mapping[str, Any]
MEND = "the source has changed its format: compare the stored raw answer with json-stat.org"


def _nothing() -> MappingProxyType[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension: its code, its categories in order (code -> label), units by category.

    ``role`` is time, geo, metric or empty; ``decimals`` says how many a category is shown with.
    """

    code: str
    label: str
    categories: MappingProxyType[str, str]
    units: MappingProxyType[str, str] = field(default_factory=_nothing)
    extension: MappingProxyType[str, Any] = field(default_factory=_nothing)
    role: str = ""
    decimals: MappingProxyType[str, int] = field(default_factory=_nothing)
    notes: tuple[str, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes in the order of the values."""
        return tuple(self.categories)


@dataclass(frozen=True, slots=True)
class Cube:
    """A data set: its dimensions in order, and a table with a row for each cell.

    ``table`` has one string column for each dimension (codes), ``value`` (double, null where
    the source gives none) and ``status`` (the source's sign, such as ``..``). ``fixed`` holds
    what every cell has in common and no column tells, such as the only measure of a table.
    """

    label: str
    dimensions: tuple[Dimension, ...]
    table: pa.Table
    notes: tuple[str, ...] = ()
    updated: str = ""
    fixed: tuple[Dimension, ...] = ()


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
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise _broken(document, "its dimensions are not named once each")
    absent = [name for name in names if not isinstance(held.get(name), Mapping)]
    if absent:
        raise _broken(document, f"dimensions {absent} are named and not described")
    made = tuple(_described(document, name, held[name], _roles(dataset, held)) for name in names)
    sizes = dataset.get("size", held.get("size", []))
    if not isinstance(sizes, list) or sizes != [len(one.categories) for one in made]:
        raise _broken(document, f"sizes {str(sizes)[:100]} do not fit the categories")
    return made


def read(document: Document) -> Cube:
    """Return a data set as a cube: row-major values, last dimension fastest.

    Values may be an array or a sparse object, indexes a list or a map, status an array, an
    object or one sign for all.

    Raises
    ------
    SourceError
        If the document is not json-stat, holds more or fewer values than its sizes say, or a
        value is neither a number nor a sign of a missing one.

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
    try:
        columns = _columns(dataset, made)
    except ValueError as error:
        raise _broken(document, str(error)) from None
    return Cube(
        label=str(dataset.get("label", "")),
        dimensions=made,
        table=pa.table(columns),
        notes=_notes(dataset),
        updated=str(dataset.get("updated", "")),
        fixed=_unnamed(document, dataset, made),
    )


def _columns(dataset: Document, made: tuple[Dimension, ...]) -> dict[str, pa.Array]:
    size = [len(one.categories) for one in made]
    count = math.prod(size)
    if count > LARGEST_CELLS:
        raise ValueError(f"its {count} cells are more than can be held")
    if {"value", "status"} & {one.code for one in made}:
        raise ValueError("a dimension is named value or status")
    values = spread(dataset.get("value"), count, what="values")
    signs = signs_of(dataset.get("status"), count)
    columns = code_columns([(one.code, one.codes) for one in made])
    columns["value"] = pa.array([number_of(value) for value in values], pa.float64())
    both = zip(signs, values, strict=True)
    columns["status"] = pa.array([sign_of(sign, value) for sign, value in both], pa.string())
    return columns


def _dataset(document: Document) -> Document:
    dataset: object = document
    if isinstance(document, Mapping) and "dimension" not in document:
        # Version 1 wraps a data set under a name of the publisher's, mostly "dataset".
        held = [one for one in document.values() if isinstance(one, Mapping) and "dimension" in one]
        dataset = held[0] if len(held) == 1 else None
    if not isinstance(dataset, Mapping):
        raise SourceError(
            "The answer is not json-stat: it has no dimension.", where="json-stat", mend=MEND
        )
    if dataset.get("class", "dataset") != "dataset":
        told = str(dataset["class"])[:50]
        raise SourceError(
            f"The answer is json-stat of class {told!r}, not a dataset.",
            where=str(dataset.get("label", ""))[:100],
            mend="ask for the data set itself",
        )
    return dataset


def _described(document: Document, name: str, held: Document, roles: Document) -> Dimension:
    try:
        return _dimension(name, held, roles)
    except (AttributeError, KeyError, TypeError):
        why = f"the dimension {name} does not describe its categories"
        raise _broken(document, why) from None
    except ValueError as error:
        raise _broken(document, f"the dimension {name} {error}") from None


def _dimension(code: str, held: Document, roles: Document) -> Dimension:
    category = held.get("category", {})
    labels = category.get("label") or {}
    index = category.get("index", list(labels))  # the index may be left out of a single category
    units = category.get("unit") or {}
    return Dimension(
        code=code,
        label=str(held.get("label", code)),
        categories=MappingProxyType({one: str(labels.get(one, one)) for one in _order(index)}),
        units=MappingProxyType({name: _unit(unit) for name, unit in units.items()}),
        extension=MappingProxyType(dict(held.get("extension") or {})),
        role=str(roles.get(code, "")),
        decimals=MappingProxyType(
            {
                name: unit["decimals"]
                for name, unit in units.items()
                if isinstance(unit, Mapping) and isinstance(unit.get("decimals"), int)
            }
        ),
        notes=_notes(held),
    )


def _order(index: object) -> list[str]:
    if isinstance(index, Mapping):
        places = list(index.values())
        if sorted(places) != list(range(len(places))):
            raise ValueError("has places that are not 0, 1, 2 ... once each")
        codes = sorted(index, key=index.__getitem__)
    else:
        if not isinstance(index, Sequence) or isinstance(index, str):
            raise TypeError
        codes = list(index)
    if not all(isinstance(one, str) for one in codes) or len(set(codes)) < len(codes):
        raise ValueError("has codes that are not texts, once each")
    return codes


def _unit(unit: object) -> str:
    return str(unit.get("base", "")) if isinstance(unit, Mapping) else str(unit)


def _roles(dataset: Document, held: Document) -> dict[str, str]:
    told = dataset.get("role", held.get("role"))
    if not isinstance(told, Mapping):
        return {}
    return {
        name: str(role)
        for role, names in told.items()
        if isinstance(names, list)
        for name in names
        if isinstance(name, str)
    }


def _notes(held: Document) -> tuple[str, ...]:
    told = held.get("note") or ()
    if isinstance(told, str):
        return (told,)
    return tuple(str(note) for note in told) if isinstance(told, Sequence) else ()


def _unnamed(
    document: Document, dataset: Document, made: tuple[Dimension, ...]
) -> tuple[Dimension, ...]:
    """Return dimensions that are described and not counted: the only measure of some answers."""
    named = {one.code for one in made}
    return tuple(
        _described(document, name, one, {})
        for name, one in dataset["dimension"].items()
        if name not in named and isinstance(one, Mapping) and "category" in one
    )


def _broken(document: Document, why: str) -> SourceError:
    label = str(_dataset(document).get("label", ""))[:100]
    return SourceError(f"The answer cannot be read as json-stat: {why}.", where=label, mend=MEND)
