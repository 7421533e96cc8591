"""The plain json of PxWeb v1: columns, and rows of keys with values written as texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from equity_pipeline.errors import SourceError
from equity_pipeline.sources.pxweb.cells import LARGEST_CELLS, code_columns, number_of, sign_of
from equity_pipeline.sources.pxweb.jsonstat import MEND, Cube, Dimension
from equity_pipeline.sources.pxweb.selection import cells_of

CONTENTS = "ContentsCode"
KINDS = {"d": "", "t": "time", "c": "metric"}


def read(document: Mapping[str, Any]) -> Cube:
    """Return the plain json of a table as a cube, its measures as the last dimension.

    A cell without a row is null; codes stand in the order in which they come.

    Raises
    ------
    SourceError
        The document is not of this form, or tells one cell twice.

    Examples
    --------
    >>> cube = read({
    ...     "columns": [{"code": "Kon", "text": "sex", "type": "d"},
    ...                 {"code": "N1", "text": "Population", "type": "c"}],
    ...     "data": [{"key": ["1"], "values": ["5"]}, {"key": ["2"], "values": [".."]}],
    ... })
    >>> cube.table.to_pylist()[1]
    {'Kon': '2', 'ContentsCode': 'N1', 'value': None, 'status': '..'}
    """
    try:
        keys, measures, rows = _parts(document)
        made = (*_dimensions(keys, rows), _measures(measures))
        table = _table(made, rows)
    except (AttributeError, IndexError, KeyError, TypeError):
        raise _broken("it is not columns with rows of keys and values") from None
    except ValueError as error:
        raise _broken(str(error)) from None
    about: Mapping[str, Any] = next(iter(document.get("metadata") or ()), {})
    notes = tuple(str(one.get("comment", one)) for one in document.get("comments") or ())
    return Cube(str(about.get("label", "")), made, table, notes, str(about.get("updated", "")))


Rows = dict[tuple[str, ...], list[Any]]


def _parts(document: Mapping[str, Any]) -> tuple[list[Any], list[Any], Rows]:
    columns = document["columns"]
    keys = [one for one in columns if one["type"] in ("d", "t")]
    measures = [one for one in columns if one["type"] == "c"]
    rows: Rows = {}
    for row in document["data"]:
        key = tuple(row["key"])
        if len(key) != len(keys) or len(row["values"]) != len(measures):
            raise ValueError("a row does not fit the columns")
        if key in rows:
            raise ValueError("it tells one cell twice")
        rows[key] = row["values"]
    return keys, measures, rows


def _dimensions(keys: Sequence[Any], rows: Rows) -> list[Dimension]:
    made = []
    for place, column in enumerate(keys):
        codes = dict.fromkeys(key[place] for key in rows)
        if not all(isinstance(code, str) for code in codes):
            raise TypeError
        made.append(_dimension(column, {code: code for code in codes}))
    return made


def _dimension(column: Mapping[str, Any], labels: Mapping[str, str]) -> Dimension:
    return Dimension(
        code=str(column["code"]),
        label=str(column.get("text", column["code"])),
        categories=MappingProxyType(dict(labels)),
        role=KINDS[column["type"]],
    )


def _measures(measures: Sequence[Any]) -> Dimension:
    labels = {str(one["code"]): str(one.get("text", one["code"])) for one in measures}
    return _dimension({"code": CONTENTS, "type": "c"}, labels)


def _table(made: Sequence[Dimension], rows: Rows) -> pa.Table:
    if cells_of({one.code: one.codes for one in made}) > LARGEST_CELLS:
        raise ValueError("its cells are more than can be held")
    if len({one.code for one in made} | {"value", "status"}) < len(made) + 2:
        raise ValueError("two columns have one name")
    measures = made[-1].codes
    columns = code_columns([(one.code, one.codes) for one in made])
    keys = zip(*(columns[one.code].to_pylist() for one in made[:-1]), strict=True)
    places = {code: place for place, code in enumerate(measures)}
    told = [
        rows.get(key, [None] * len(measures))[places[measure]]
        for key, measure in zip(keys, columns[CONTENTS].to_pylist(), strict=True)
    ]
    columns["value"] = pa.array([number_of(value) for value in told], pa.float64())
    columns["status"] = pa.array([sign_of(None, value) for value in told], pa.string())
    return pa.table(columns)


def _broken(why: str) -> SourceError:
    return SourceError(
        f"The answer cannot be read as PxWeb's json: {why}.", where="json", mend=MEND
    )
