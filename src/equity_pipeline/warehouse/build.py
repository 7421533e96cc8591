"""Runs the models in order as tables, and holds each to its grain."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import duckdb

from equity_pipeline.errors import WarehouseError
from equity_pipeline.machine import of_the_machine
from equity_pipeline.settings import Settings
from equity_pipeline.warehouse.models import ONE_ROW, SCHEMAS, Model, discover


@dataclass(frozen=True, slots=True)
class BuildReport:
    """Rows and seconds of each model, in the order they were built."""

    rows: Mapping[str, int]
    seconds: Mapping[str, float]


def build(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    as_of: date,
    progress: Callable[[str], None] | None = None,
    models: Sequence[Model] | None = None,
) -> BuildReport:
    """Make every table of the warehouse from the landed rows.

    Parameters
    ----------
    connection
        The person database, with the schema ``raw``.
    as_of
        The day the run is for: periods end before it, waits last until it.
    progress
        Called with the name of each model before it is built.
    models
        In building order; those of ``sql/`` if None.

    Raises
    ------
    WarehouseError
        Names the model whose query fails or whose grain is not unique.
    """
    set_variables(connection, settings, as_of)
    for schema in SCHEMAS.values():
        connection.execute(f"create schema if not exists {schema}")
    rows: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for model in discover() if models is None else models:
        if progress is not None:
            progress(model.table)
        began = time.perf_counter()
        rows[model.table] = build_one(connection, model)
        seconds[model.table] = time.perf_counter() - began
    return BuildReport(MappingProxyType(rows), MappingProxyType(seconds))


def variables(settings: Settings, as_of: date) -> Mapping[str, object]:
    """Return what models read through ``getvariable``.

    Examples
    --------
    >>> variables(Settings(), date(2025, 1, 15))["resource_weak_criteria"]
    4
    """
    return {
        "as_of": as_of,
        "period_kind": settings.periods.kind,
        "period_count": settings.periods.count,
        "period_quarters": settings.periods.quarters,
        "area_kind": settings.areas.kind,
        "region_code": settings.region.code,
        "region_name": settings.region.name,
        "worst_share": settings.areas.worst_share,
        "resource_weak_criteria": settings.areas.resource_weak_criteria,
        "partly_criteria": settings.areas.partly_criteria,
    }


def set_variables(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: date) -> None:
    """Set the variables of the models, so that any file of ``sql/`` also runs by hand."""
    for name, value in variables(settings, as_of).items():
        connection.execute(f"set variable {name} = $1", [value])


def build_one(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    """Make the table of one model, check its grain, and return its number of rows.

    Raises
    ------
    WarehouseError
        If the query fails, or two rows share the key that the model promises.
    """
    try:
        rows = _count(connection, f"create or replace table {model.table} as {model.sql}")
    except duckdb.CatalogException as error:
        raise _failed(model, error, "load the deliveries first, or correct the name") from None
    except duckdb.Error as error:
        mend = "run the file by hand: equity_pipeline sets its variables"
        raise of_the_machine(error) or _failed(model, error, mend) from None
    _check_grain(connection, model, rows)
    return rows


def _failed(model: Model, error: Exception, mend: str) -> WarehouseError:
    # What is said of names and syntax leaves; everything else may quote a value from a row.
    names = isinstance(error, duckdb.CatalogException | duckdb.BinderException | duckdb.IOException)
    is_plain = names or isinstance(error, duckdb.ParserException)
    told = str(error).splitlines()[0] if is_plain else type(error).__name__
    return WarehouseError(
        f"The model {model.table} could not be built: {told}", where=str(model.path), mend=mend
    )


def _check_grain(connection: duckdb.DuckDBPyConnection, model: Model, rows: int) -> None:
    if rows == 1 or (rows == 0 and model.grain != (ONE_ROW,)):
        return
    repeated = _count(connection, _repeated(model))
    if repeated:
        raise WarehouseError(
            f"The model {model.table} promises one row for each ({', '.join(model.grain)}), "
            f"but {repeated} keys have several.",
            where=str(model.path),
            mend="correct the joins of the model, or the grain it declares",
        )


def _repeated(model: Model) -> str:
    if model.grain == (ONE_ROW,):
        return f"select (count(*) <> 1)::integer from {model.table}"
    keys = ", ".join(model.grain)
    return (
        f"select count(*) from (select 1 as one from {model.table} "
        f"group by {keys} having count(*) > 1) as repeated"
    )


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    rows = connection.execute(query).fetchall()
    return int(rows[0][0]) if rows else 0
