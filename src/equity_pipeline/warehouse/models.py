"""The models of ``sql/``: one file is one table; order and dependencies are read from the SQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

from equity_pipeline.bundled import bundled
from equity_pipeline.errors import WarehouseError
from equity_pipeline.vocabulary import vocabulary

SCHEMAS = {"staging": "staging", "intermediate": "intermediate", "marts": "mart"}
READS = {
    "staging": {"raw"},
    "intermediate": {"staging", "intermediate"},
    "mart": {"staging", "intermediate", "mart"},
}
LANDING = {
    *("raw.delivery", "raw.delivery_month", "raw.delivery_name"),
    *("raw.quarantine", "raw.person_surrogate"),
}
ONE_ROW = "one row"


@dataclass(frozen=True, slots=True)
class Model:
    """One table: what it is about, the columns that identify a row, its query, what it reads."""

    schema: str
    name: str
    about: str
    grain: tuple[str, ...]
    sql: str
    path: Path
    reads: frozenset[str]

    @property
    def table(self) -> str:
        """The name with its schema."""
        return f"{self.schema}.{self.name}"


def sql_folder() -> Path:
    """Return the folder of the models: of the checkout, else the one in the installed package.

    Examples
    --------
    >>> (sql_folder() / "staging").is_dir()
    True
    """
    return bundled("sql")


@cache
def discover(folder: Path | None = None) -> tuple[Model, ...]:
    """Return the models of a folder, each after those that it reads.

    Parameters
    ----------
    folder
        Holds ``staging``, ``intermediate`` and ``marts``; None takes :func:`sql_folder`.

    Raises
    ------
    WarehouseError
        If a header line is missing, a query cannot be parsed, a table is not known, a model
        reads a floor above its own, or models read each other in a circle.

    Examples
    --------
    >>> names = [model.name for model in discover()]
    >>> names.index("stg_delivered__person") < names.index("fct_person")
    True
    """
    root = folder or sql_folder()
    models = [
        read_model(path, schema)
        for place, schema in SCHEMAS.items()
        for path in sorted((root / place).glob("*.sql"))
    ]
    return in_order(models)


def read_model(path: Path, schema: str) -> Model:
    """Return one model from its file.

    Raises
    ------
    WarehouseError
        If a header line is missing or the query cannot be parsed.
    """
    text = path.read_text("utf-8")
    header = _header(text, path)
    keys = tuple(key.strip() for key in header["grain"].split(","))
    return Model(schema, path.stem, header["about"], keys, text, path, tables_read(text, str(path)))


def _header(text: str, path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines()[:2]:
        name, _, words = line.removeprefix("-- ").partition(":")
        found[name] = words.strip()
    for name in ("about", "grain"):
        if not found.get(name):
            raise WarehouseError(
                f"The model has no line '-- {name}: ...' in its head.",
                where=str(path),
                mend="begin the file with '-- about: ...' and '-- grain: key, key'",
            )
    return found


def tables_read(sql: str, where: str = "") -> frozenset[str]:
    """Return the tables that a query reads, with schema; names of its own CTEs are left out.

    Raises
    ------
    WarehouseError
        If the query cannot be parsed.

    Examples
    --------
    >>> sorted(tables_read("with a as (select * from raw.person) select * from a, mart.b"))
    ['mart.b', 'raw.person']
    """
    tree = _parse(sql, where)
    own = {entry["key"] for node in _nodes(tree) for entry in _ctes(node)}
    named = {
        (node["schema_name"], node["table_name"])
        for node in _nodes(tree)
        if node.get("type") == "BASE_TABLE"
    }
    return frozenset(
        f"{schema}.{table}" if schema else table
        for schema, table in named
        if schema or table not in own
    )


def _parse(sql: str, where: str) -> Mapping[str, Any]:
    with _parser().cursor() as connection:
        rows = connection.execute("select json_serialize_sql($1::varchar)", [sql]).fetchall()
    tree: dict[str, Any] = json.loads(rows[0][0])
    if tree.get("error", True):
        raise WarehouseError(
            f"The query cannot be parsed: {tree.get('error_message', 'no statement')}",
            where=where,
            mend="a model is one select statement",
        )
    return tree


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    # one for all models: to open a database takes ten times what to parse a query does
    return duckdb.connect(config={"threads": 1})


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for branch in tree.values():
            yield from _nodes(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _nodes(branch)


def _ctes(node: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    held = node.get("cte_map")
    return held["map"] if isinstance(held, dict) else []


def in_order(models: Sequence[Model]) -> tuple[Model, ...]:
    """Return models so that each stands after those it reads; ties by floor and name.

    Raises
    ------
    WarehouseError
        Names the unknown table, the floor that may not be read, or the circle (a -> b -> a).
    """
    known = {model.table: model for model in models}
    for model in models:
        for table in sorted(model.reads):
            _check_read(model, table, known)
    ordered: dict[str, Model] = {}
    for model in models:
        _visit(model, known, ordered, ())
    return tuple(ordered.values())


def _visit(
    model: Model, known: Mapping[str, Model], ordered: dict[str, Model], above: tuple[str, ...]
) -> None:
    if model.table in ordered:
        return
    if model.table in above:
        circle = (*above[above.index(model.table) :], model.table)
        raise WarehouseError(
            f"Models read each other in a circle: {' -> '.join(circle)}.",
            where=str(model.path),
            mend="move what both need into a model of its own",
        )
    for table in sorted(model.reads & known.keys()):
        _visit(known[table], known, ordered, (*above, model.table))
    ordered[model.table] = model


def _check_read(model: Model, table: str, known: Mapping[str, Model]) -> None:
    landed = LANDING | {f"raw.{entity}" for entity in vocabulary().entities}
    if table not in known and table not in landed:
        raise WarehouseError(
            f"The model reads {table}, which nobody makes.",
            where=str(model.path),
            mend="write schema.table of a delivered entity (raw) or of another model",
        )
    if table.partition(".")[0] not in READS[model.schema]:
        raise WarehouseError(
            f"A model of {model.schema} may not read {table}.",
            where=str(model.path),
            mend="raw is read by staging, staging by intermediate, both by marts",
        )
