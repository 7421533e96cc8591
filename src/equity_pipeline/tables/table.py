"""One table of a form: exactly the form's columns, in the vocabulary's types, one row a key.

``PersonCounts`` stands beside: who is behind each cell. The disclosure door reads it and it is
never published.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from equity_pipeline.errors import MethodError
from equity_pipeline.vocabulary import Form, vocabulary

if TYPE_CHECKING:
    import pandas as pd

ARROW_TYPES: Mapping[str, pa.DataType] = {
    "VARCHAR": pa.string(),
    "DOUBLE": pa.float64(),
    "DECIMAL(8,4)": pa.float64(),  # delivered indices beside what is reckoned
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "SMALLINT": pa.int16(),
    "DATE": pa.date32(),
    "BOOLEAN": pa.bool_(),
}
COUNT_KEYS = (
    "indicator_id",
    "period_start",
    "period_end",
    "geography_code",
    "dimension",
    "level",
    "strat2_level",
)
COUNTS = ("n_persons", "n_persons_with", "n_persons_without")
# shares of a sum: of its two largest persons, and of its two largest units
LARGEST = ("top_1", "top_2", "top_unit_1", "top_unit_2")
COUNT_SCHEMA = pa.schema(
    [(name, pa.date32() if name.startswith("period_") else pa.string()) for name in COUNT_KEYS]
    + [(name, pa.int64()) for name in COUNTS]
    + [(name, pa.float64()) for name in LARGEST]
)


def form_of(name: str) -> Form:
    """Return a form of the vocabulary.

    Raises
    ------
    MethodError
        If there is no such form.

    Examples
    --------
    >>> form_of("gap").code
    'T2'
    """
    try:
        return vocabulary().forms[name]
    except KeyError:
        raise MethodError(
            f"There is no table form {name!r}.",
            where="vocabulary/forms",
            mend=f"use one of {', '.join(vocabulary().forms)}",
        ) from None


def schema_of(name: str) -> pa.Schema:
    """Return the columns of a form in order, with their Arrow types.

    Examples
    --------
    >>> schema_of("gap").field("n_focus").type
    DataType(int64)
    """
    columns = vocabulary()
    return pa.schema([(c, ARROW_TYPES[columns.column(c).type]) for c in form_of(name).columns])


def conform(name: str, rows: pd.DataFrame | pa.Table) -> pa.Table:
    """Return rows in the shape of a form: its order, its types, absent columns NULL, by key.

    Parameters
    ----------
    name
        A form of the vocabulary.
    rows
        A frame or table with some of the form's columns; others are left out, NaN is NULL.

    Raises
    ------
    MethodError
        If a column cannot be cast; all are named.

    Examples
    --------
    >>> import pyarrow as pa
    >>> made = conform("readiness", pa.table({"indicator_id": ["VT03", "VT01"]}))
    >>> made.num_columns == len(schema_of("readiness")), made["indicator_id"].to_pylist()
    (True, ['VT01', 'VT03'])
    """
    given = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows, preserve_index=False)
    schema = schema_of(name)
    wrong: list[str] = []
    made: list[pa.ChunkedArray | pa.Array] = []
    for field in schema:
        try:
            made.append(_cast(given, field))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            wrong.append(f"{field.name}: cannot be read as {field.type}")
    _refuse(name, wrong)
    return _sorted(pa.Table.from_arrays(made, schema=schema), form_of(name).key)


@dataclass(frozen=True, slots=True)
class StratifiedTable:
    """Rows of one form before disclosure control; internal only.

    Parameters
    ----------
    form
        A form of the vocabulary.
    data
        Exactly the form's columns in its order and types, one row a key.

    Raises
    ------
    MethodError
        Lists every difference from the form, or says that keys repeat.

    Examples
    --------
    >>> import pyarrow as pa
    >>> StratifiedTable("gap", conform("gap", pa.table({"indicator_id": ["VT01"]}))).data.num_rows
    1
    """

    form: str
    data: pa.Table

    def __post_init__(self) -> None:
        _refuse(self.form, list(_differences(schema_of(self.form), self.data.schema)))
        _check_key(self.form, self.data, form_of(self.form).key)

    @classmethod
    def of(cls, form: str, rows: pd.DataFrame | pa.Table) -> StratifiedTable:
        """Return the table of any rows that can take the form's shape."""
        return cls(form, conform(form, rows))


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """Distinct persons behind each cell: all, with and without the outcome. Never published.

    Of a sum of kronor or days also the shares that its largest persons and units make.

    Parameters
    ----------
    data
        Columns of ``COUNT_SCHEMA``; ``strat2_level`` is a level of sex or ``all``.

    Raises
    ------
    MethodError
        If columns differ or a cell stands twice.
    """

    data: pa.Table

    def __post_init__(self) -> None:
        _refuse("person counts", list(_differences(COUNT_SCHEMA, self.data.schema)))
        _check_key("person counts", self.data, COUNT_KEYS)

    @classmethod
    def joined(cls, parts: Iterable[PersonCounts]) -> PersonCounts:
        """Return the counts of several makers as one.

        Raises
        ------
        MethodError
            If two of them count the same cell.
        """
        return cls(_sorted(pa.concat_tables([one.data for one in parts]), COUNT_KEYS))

    @classmethod
    def of(
        cls,
        rows: pd.DataFrame | pa.Table,
        *,
        periods: Mapping[str, tuple[date, date]] | None = None,
        geography_code: str | None = None,
    ) -> PersonCounts:
        """Return counts from rows that may name the period by code and leave out the geography.

        Parameters
        ----------
        rows
            The counts' columns, with ``LARGEST`` or without; ``period_code`` may stand for start
            and end, ``strat2`` for ``strat2_level``.
        periods
            Start and end (exclusive) of each period code.
        geography_code
            The one geography, if the rows do not name it.

        Examples
        --------
        >>> import pyarrow as pa
        >>> rows = {"indicator_id": ["VT01"], "period_code": ["y"], "dimension": ["total"],
        ...         "level": ["all"], "strat2": ["all"], "n_persons": [9], "n_persons_with": [4],
        ...         "n_persons_without": [5]}
        >>> year = {"y": (date(2024, 1, 1), date(2025, 1, 1))}
        >>> made = PersonCounts.of(pa.table(rows), periods=year, geography_code="12")
        >>> made.data["period_end"].to_pylist()
        [datetime.date(2025, 1, 1)]
        """
        given = rows if isinstance(rows, pa.Table) else pa.Table.from_pandas(rows)
        held: dict[str, object] = {name: given[name] for name in given.column_names}
        if "period_start" not in held and periods is not None:
            codes = given["period_code"].to_pylist()
            held["period_start"] = pa.array([periods[code][0] for code in codes], pa.date32())
            held["period_end"] = pa.array([periods[code][1] for code in codes], pa.date32())
        if "geography_code" not in held and geography_code is not None:
            held["geography_code"] = pa.array([geography_code] * given.num_rows, pa.string())
        if "strat2" in held:
            held.setdefault("strat2_level", held["strat2"])
        for name in LARGEST:  # a count has none
            held.setdefault(name, pa.nulls(given.num_rows, pa.float64()))
        _refuse("person counts", [f"{n}: is absent" for n in COUNT_SCHEMA.names if n not in held])
        arrays = [_as(held[field.name], field.type) for field in COUNT_SCHEMA]
        return cls(_sorted(pa.Table.from_arrays(arrays, schema=COUNT_SCHEMA), COUNT_KEYS))


def _as(values: object, kind: pa.DataType) -> pa.ChunkedArray | pa.Array:
    array = values if isinstance(values, pa.ChunkedArray | pa.Array) else pa.array(values)
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), None, array)
    return array.cast(kind)


def _cast(given: pa.Table, field: pa.Field) -> pa.ChunkedArray | pa.Array:
    if field.name not in given.column_names:
        return pa.nulls(given.num_rows, field.type)
    return _as(given[field.name], field.type)


def _sorted(table: pa.Table, key: tuple[str, ...]) -> pa.Table:
    made = table.sort_by([(name, "ascending") for name in key])
    return made.combine_chunks()


def _differences(wanted: pa.Schema, got: pa.Schema) -> list[str]:
    absent = [f"{name}: is absent" for name in wanted.names if name not in got.names]
    extra = [f"{name}: does not belong" for name in got.names if name not in wanted.names]
    types = [
        f"{field.name}: is {got.field(field.name).type}, must be {field.type}"
        for field in wanted
        if field.name in got.names and got.field(field.name).type != field.type
    ]
    order = ["the columns stand in another order"] if got.names != wanted.names else []
    return [*absent, *extra, *types] or order


def _refuse(name: str, wrong: list[str]) -> None:
    if wrong:
        raise MethodError(
            f"The rows do not have the shape of {name!r}: {'; '.join(wrong)}.",
            where="vocabulary/forms",
            mend="make the rows with conform(), and each column in the vocabulary's type",
        )


def _check_key(name: str, data: pa.Table, key: tuple[str, ...]) -> None:
    repeated = data.num_rows - data.select(list(key)).group_by(list(key)).aggregate([]).num_rows
    if repeated:
        raise MethodError(
            f"{repeated} rows of {name!r} repeat the key of another.",
            where=", ".join(key),
            mend="give one row for each key",
        )
